"""Lists as conditions see them: objects with `in` over machine values, for a moment in time.

A list without expiries is a frozenset, or the sorted ranges of a list of addresses. One with expiries is a view: each
value with the time from which on it does not count. Between two expiries nothing changes, so that there is one view
for each such epoch, made when it is first asked for: `at` is a bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise
from math import inf
from types import MappingProxyType
from typing import Any

import numpy as np

from policy.spec.entries import Entry, ListSpec

Array = Any  # a NumPy array
Views = Mapping[str, Any]  # by the names that conditions use, such as `lists.office`

NEVER = inf  # when an entry without an expiry ends
_KEPT = 256  # epochs whose views are kept
_IPV4 = 1 << 32


class Ranges:
    """Ranges of addresses, apart from each other and in order."""

    __slots__ = ("_starts", "_stops", "_vectors")

    def __init__(self, ranges: Sequence[tuple[int, int]]) -> None:
        self._starts = [first for first, _ in ranges]
        self._stops = [last for _, last in ranges]
        self._vectors = _vectors(self._starts, self._stops)

    def __contains__(self, address: Any) -> bool:
        place = bisect_right(self._starts, address) - 1
        return place >= 0 and bool(address <= self._stops[place])

    def among(self, addresses: Sequence[int]) -> Array:
        """Whether each address lies in a range: a bool for each."""
        return _among(self, addresses, *self._vectors)


class LiveValues:
    """Values that count at a time: those that end after `since`."""

    __slots__ = ("_ends", "_since")

    def __init__(self, ends: Mapping[Any, float], since: float) -> None:
        self._ends, self._since = ends, since

    def __contains__(self, value: Any) -> bool:
        return self._ends.get(value, -inf) > self._since

    def __iter__(self) -> Iterator[Any]:
        since = self._since
        return (value for value, end in self._ends.items() if end > since)


class LiveRanges:
    """Ranges that count at a time; `ends` says for each of them when it ends."""

    __slots__ = ("_ends", "_since", "_starts", "_stops", "_vectors")

    def __init__(self, timed: TimedRanges, since: float) -> None:
        self._starts, self._stops, self._ends = timed.starts, timed.stops, timed.ends
        self._vectors, self._since = timed.vectors, since

    def __contains__(self, address: Any) -> bool:
        place = bisect_right(self._starts, address) - 1
        return place >= 0 and bool(address <= self._stops[place]) and self._ends[place] > self._since

    def among(self, addresses: Sequence[int]) -> Array:
        """Whether each address lies in a range that counts: a bool for each."""
        starts, stops, ends = self._vectors
        return _among(self, addresses, starts, stops, ends > self._since)


@dataclass(frozen=True, slots=True)
class TimedRanges:
    """Ranges apart from each other and in order, each with the latest end of the entries that cover it."""

    starts: list[int]
    stops: list[int]
    ends: list[float]
    vectors: tuple[Array, Array, Array] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        starts, stops = _vectors(self.starts, self.stops)
        ends = np.array(self.ends[: len(starts)], np.float64)
        object.__setattr__(self, "vectors", (starts, stops, ends))


@dataclass(frozen=True, slots=True)
class Lists:
    """The lists of a policy. Immutable but for the views it keeps; shared by threads.

    fixed: the lists without expiries, by name; expiring: the names of the others; edges: the times, in microseconds
    since 1970, at which an entry ends.
    """

    fixed: Views
    edges: tuple[int, ...]
    _timed: Mapping[str, dict[Any, float] | TimedRanges]
    _views: dict[int, Views] = field(default_factory=dict)

    @classmethod
    def of(cls, specs: Sequence[ListSpec]) -> Lists:
        """The lists of a policy."""
        fixed = {f"lists.{spec.name}": _fixed(spec) for spec in specs if not spec.reads_now}
        timed = {f"lists.{spec.name}": _timed(spec) for spec in specs if spec.reads_now}
        ends = {entry.expires_us for spec in specs for entry in spec.entries if entry.expires_us is not None}
        return cls(MappingProxyType(fixed), tuple(sorted(ends)), timed)

    @property
    def expiring(self) -> tuple[str, ...]:
        """The names of the lists whose content hangs on the time."""
        return tuple(self._timed)

    @property
    def reads_now(self) -> bool:
        """Whether `at` needs a time."""
        return bool(self._timed)

    def at(self, now: int | None = None) -> Views:
        """The lists at a time in microseconds since 1970, which only lists with expiries need."""
        if not self._timed:
            return self.fixed
        if now is None:
            raise ValueError("lists with expiries need a time")
        return self._epoch(bisect_right(self.edges, now))

    def groups(self, now: Array) -> Iterator[tuple[Array, Views]]:
        """For a column of times the rows of each epoch, as places in order, and the lists then."""
        epochs: Array = np.searchsorted(np.array(self.edges, np.int64), now, side="right")
        order = np.argsort(epochs, kind="stable")
        starts = np.flatnonzero(np.diff(epochs[order], prepend=-1))
        for begin, end in pairwise([*starts.tolist(), len(order)]):
            yield order[begin:end], self._epoch(int(epochs[order[begin]]))

    def _epoch(self, epoch: int) -> Views:
        views = self._views.get(epoch)
        if views is None:
            since = self.edges[epoch - 1] if epoch else -inf
            live = {name: _view(timed, since) for name, timed in self._timed.items()}
            views = MappingProxyType({**self.fixed, **live})
            if len(self._views) >= _KEPT:
                self._views.clear()
            self._views[epoch] = views
        return views


def _view(timed: dict[Any, float] | TimedRanges, since: float) -> LiveValues | LiveRanges:
    return LiveRanges(timed, since) if isinstance(timed, TimedRanges) else LiveValues(timed, since)


def _fixed(spec: ListSpec) -> frozenset[Any] | Ranges:
    if spec.type != "cidr":
        return frozenset(entry.value for entry in spec.entries)
    return Ranges(_merged((entry.value[0], entry.value[1]) for entry in spec.entries))


def _timed(spec: ListSpec) -> dict[Any, float] | TimedRanges:
    if spec.type == "cidr":
        return _flat([(entry.value[0], entry.value[1], _end(entry)) for entry in spec.entries])
    ends: dict[Any, float] = {}
    for entry in spec.entries:
        ends[entry.value] = max(_end(entry), ends.get(entry.value, -inf))
    return ends


def _end(entry: Entry) -> float:
    return NEVER if entry.expires_us is None else entry.expires_us


def _merged(ranges: Iterator[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same addresses in as few ranges as can be."""
    found: list[tuple[int, int]] = []
    for first, last in sorted(ranges):
        if found and first <= found[-1][1] + 1:
            found[-1] = found[-1][0], max(found[-1][1], last)
        else:
            found.append((first, last))
    return found


def _flat(ranges: Sequence[tuple[int, int, float]]) -> TimedRanges:
    """Ranges that may lie in each other as pieces, each with the latest end of those that cover it."""
    starts = sorted({first for first, _, _ in ranges} | {last + 1 for _, last, _ in ranges})
    entering = sorted(ranges, key=lambda one: one[0], reverse=True)
    open_: list[tuple[float, int]] = []  # a heap of (-end, last): the latest end first
    found: list[tuple[int, int, float]] = []
    for first, after in pairwise(starts):
        while entering and entering[-1][0] <= first:
            _, last, end = entering.pop()
            heappush(open_, (-end, last))
        while open_ and open_[0][1] < first:
            heappop(open_)
        if not open_:
            continue
        end = -open_[0][0]
        if found and found[-1][1] + 1 == first and found[-1][2] == end:
            found[-1] = found[-1][0], after - 1, end
        else:
            found.append((first, after - 1, end))
    return TimedRanges([one[0] for one in found], [one[1] for one in found], [one[2] for one in found])


def _vectors(starts: Sequence[int], stops: Sequence[int]) -> tuple[Array, Array]:
    """The ranges of IPv4 addresses, which come first."""
    count = bisect_right(starts, _IPV4 - 1)
    return np.array(starts[:count], np.int64), np.array(stops[:count], np.int64)


def _among(
    ranges: Ranges | LiveRanges,
    addresses: Sequence[int],
    starts: Array,
    stops: Array,
    alive: Array | None = None,
) -> Array:
    """IPv4 addresses by a search over all at once, the others one by one."""
    numbers = np.array([address if address < _IPV4 else -1 for address in addresses], np.int64)
    places = np.searchsorted(starts, numbers, side="right") - 1
    found = places >= 0
    if starts.size:
        found &= numbers <= stops.take(places, mode="clip")
        if alive is not None:
            found &= alive.take(places, mode="clip")
    for place in np.flatnonzero(numbers < 0).tolist():
        found[place] = addresses[place] in ranges
    return found
