"""Processor time of several functions, run in turns, so that a busy machine is busy for all of them."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

Work = Callable[[], object]


def processor(work: Mapping[str, tuple[Work, int]], rounds: int = 7) -> dict[str, float]:
    """Return the least seconds of processor time an item; each function comes with how many items it handles."""
    for function, _ in work.values():
        function()
    least: dict[str, float] = {}
    for _ in range(rounds):
        for name, (function, items) in work.items():
            start = time.process_time()
            function()
            spent = (time.process_time() - start) / items
            least[name] = min(spent, least.get(name, spent))
    return least


def table(title: str, seconds: Mapping[str, float], ours: str) -> None:
    """Print microseconds an item, items a second, and each one's time beside ours."""
    print(f"\n{title}")
    for name, each in sorted(seconds.items(), key=lambda pair: pair[1]):
        ratio = each / seconds[ours]
        print(f"  {name:<52} {each * 1e6:>10.3f} us {1 / each:>12,.0f} a second {ratio:>9.2f} of ours")
