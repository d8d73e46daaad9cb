"""A whole policy: 20 rules and five bands on 23 facts, beside an if-chain written by hand and other engines.

    python tests/bench/rules.py [rows]

The rules, the traffic and the peers are those of `expr.py`; every rule names an action, and where none holds the score's
band decides. Each must give the same (action, rule) on 10,000 contexts before it is timed.
"""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Callable
from typing import Any

import pyarrow as pa
from expr import CONTEXTS, PEERS, RULES, TYPES, best, hand_written, per_row, table_of

from policy import source
from policy.engine.build import build
from policy.engine.columns import read_columns
from policy.engine.decision import Decision
from policy.spec.decision import read_decision

LADDER = ("allow", "challenge", "sms", "agent", "block")
EDGES = (0.0, 0.4, 0.6, 0.75, 0.9)
ACTIONS = tuple(LADDER[1 + number % 4] for number in range(len(RULES)))
FACTS = list(inspect.signature(hand_written).parameters)

Answer = tuple[str, str | None]


def decision_of(rules: list[str]) -> Decision:
    """The policy as its file says it."""
    lines = ["decision: login", "inputs:"]
    lines += [f"  {name}: {{type: {TYPES[name]}}}" for name in FACTS]
    lines += ["score: {input: score}", "actions:", *(f"  {name}:" for name in LADDER), "bands:"]
    lines += [f"  {name}: {edge}" for name, edge in zip(LADDER, EDGES, strict=True)]
    lines += ["on_error: {score: challenge, facts: refuse, log: refuse}", *(["rules:"] if rules else [])]
    for number, rule in enumerate(rules):
        lines += [f"  - name: r{number}", f"    when: '{rule}'", f"    action: {ACTIONS[number]}"]
    root, found = source.read("\n".join(lines).encode(), "login.yaml")
    assert root is not None, found
    spec, found = read_decision(root)
    assert spec is not None, found
    decision, found = build(spec, None)
    assert decision is not None, found
    return decision


def band(score: float) -> str:
    """The action of a score's band."""
    if score < 0.4:
        return "allow"
    if score < 0.6:
        return "challenge"
    if score < 0.75:
        return "sms"
    return "agent" if score < 0.9 else "block"


def answered(found: int, score: float) -> Answer:
    """What a rule's number, -1 for none, and the score come to."""
    return (band(score), None) if found < 0 else (ACTIONS[found], f"r{found}")


def by_hand(score: float, *facts: Any) -> Answer:
    """The policy as a careful programmer writes it, for facts that are right."""
    return answered(hand_written(score, *facts), score)


def compiled(decision: Decision) -> Callable[..., Answer]:
    """The policy's own compiled parts, for values that are right, without validation and outcome."""
    judge, edges = decision.verdict.judge, decision.bands.row
    order = [FACTS.index(name) for name in judge.names]
    function, rules = judge.function, judge.rules.effects
    assert order == sorted(order) == list(range(len(FACTS))), "the rules read the facts in the order of FACTS"

    def decide(score: float, *facts: Any) -> Answer:
        hits = function(score, *facts)
        if not hits:
            return edges(score).action, None
        effect = rules[hits[0] // 2]
        return LADDER[effect.final], effect.name

    return decide


def with_bands(first: Callable[[dict[str, Any]], int]) -> Callable[[dict[str, Any]], Answer]:
    """What an engine's first rule and the score's band come to."""
    return lambda row: answered(first(row), row["score"])


def by_row(decision: Decision, plain: Decision, rows: list[dict[str, Any]]) -> None:
    """One record after the other."""
    tuples = [tuple(row.values()) for row in rows]
    expected = [by_hand(*row) for row in tuples]
    core, whole = compiled(decision), decision.row
    assert [core(*row) for row in tuples] == expected, "the compiled rules decide otherwise"
    assert [(out.action, out.rule) for out in map(whole, rows)] == expected, "the policy decides otherwise"
    hand, ours = per_row(by_hand, tuples), per_row(core, tuples)
    dicts = [(row,) for row in rows]
    entire, without = per_row(whole, dicts), per_row(plain.row, dicts)
    matched = sum(rule is not None for _, rule in expected) / len(rows)
    print(f"row: {len(RULES)} rules, {len(LADDER)} bands, {len(FACTS)} facts; {matched:.1%} match a rule")
    print(f"  if-chain by hand           {hand:8.2f} µs")
    print(
        f"  the policy, compiled       {ours:8.2f} µs   {ours / hand:.2f} times the chain (target: at most 1.5)"
    )
    print(f"  decision.row               {entire:8.2f} µs   with all facts checked, outcome and reasons")
    print(f"    without the rules        {without:8.2f} µs   the rules add {entire - without:.2f} µs")
    times = {}
    for title, module, make in PEERS:
        try:
            first = make(importlib.import_module(module))
        except ImportError:
            print(f"  {title:26s} left out: not installed")
            continue
        decide = with_bands(first)
        assert [decide(row) for row in rows] == expected, f"{title} decides otherwise"
        times[title] = per_row(decide, dicts[:500], 3)
        ratios = f"{times[title] / ours:.0f} times ours, {times[title] / entire:.0f} times decision.row"
        print(f"  {title:26s} {times[title]:8.2f} µs   {ratios}")
    if times:
        least = min(times.values())
        print(
            f"  best peer: {least / ours:.0f} times ours, {least / entire:.1f} times decision.row (target: at least 20)"
        )


def by_batch(decision: Decision, plain: Decision, table: pa.Table) -> None:
    """All rows at once, facts checked, with all columns of the outcome."""
    few = table.slice(0, CONTEXTS)
    answers = decision.batch(few)
    expected = [(out.action, out.rule) for out in map(decision.row, few.to_pylist())]
    told = zip(answers["action"].to_pylist(), answers["rule"].to_pylist(), strict=True)
    assert list(told) == expected, "the batch decides otherwise"
    reading = best(lambda: read_columns(decision.inputs, table), 3)
    whole, without = best(lambda: decision.batch(table), 3), best(lambda: plain.batch(table), 3)
    rate = table.num_rows / 1e6
    print(f"batch: {table.num_rows:,} rows")
    print(f"  decision.batch             {whole * 1e3:8.0f} ms   {rate / whole:.2f} M rows/s")
    print(f"    without the rules        {without * 1e3:8.0f} ms   {rate / without:.2f} M rows/s")
    print(f"    reading the columns       {reading * 1e3:8.0f} ms   (the rules alone: expr.py)")


def main() -> None:
    """Both parts."""
    decision, plain = decision_of(RULES), decision_of([])
    table = table_of(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000).select(FACTS)
    by_row(decision, plain, table.slice(0, CONTEXTS).to_pylist())
    by_batch(decision, plain, table)


if __name__ == "__main__":
    main()
