"""What is proved about decision tables holds for every request."""

from __future__ import annotations

import json
import re
from random import Random

from hypothesis import given, settings
from small_policy import LADDER, POLICY, SEEDS, linted, random_values

from policy.expr.proof import among
from policy.expr.proof.ranges import both
from policy.expr.row import compile_value

COLUMNS = ["n", "e", "b", "s", "score", "n + 1"]
CELLS = {
    "n": ["-", "0", "1, 2", "> 3", "[1, 4)", ">= 6", "not 2", "!= 5"],
    "e": ["-", "x", "x, y", "not x", "z"],
    "b": ["-", "true", "false"],
    "s": ["-", "a", "a, ab", "not a", ">= b", "lists.two", "not lists.two"],
    "score": ["-", "< 0.4", "[0.4, 0.75)", ">= 0.75", "0.4..0.9"],
    "n + 1": ["-", "> 4", "3", "[2, 5]", "> 9"],
}


def random_table(random):
    columns = random.sample(COLUMNS, random.randint(1, 3))
    rows = [
        [*(random.choice(CELLS[column]) for column in columns), random.choice(LADDER)]
        for _ in range(random.randint(1, 8))
    ]
    body = "\n".join(f"      - {json.dumps(row)}" for row in rows)
    lists = "lists: {two: [x, ab]}\n"
    return f"{POLICY}{lists}tables:\n  - name: t\n    columns: {json.dumps([*columns, 'action'])}\n    rows:\n{body}\n"


def takes(cell, column, value, members=("x", "ab")):
    """What the reference says of a cell, by the key of the value."""
    if cell.anything:
        return True
    if value is None:
        return False
    if cell.lists:
        return (value in members) != cell.negated
    return bool(both(cell.ranges, among(column.type, (value,)).ranges))


@settings(max_examples=80, deadline=None)
@given(SEEDS)
def test_what_is_said_of_tables_is_so(seed):
    """Rows called dead match first for no values; rows that overlap both match the example; a gap has no row."""
    random = Random(seed)
    spec, found = linted(random_table(random))
    (table,) = spec.tables
    functions = [compile_value(one.condition.tree, sorted(one.condition.reads)) for one in table.columns]

    def matching(values):
        keys = [
            function(*(values[name] for name in sorted(column.condition.reads)))
            for function, column in zip(functions, table.columns, strict=True)
        ]
        triples = [zip(row.cells, table.columns, keys, strict=True) for row in table.rows]
        return [place for place, cells in enumerate(triples) if all(takes(*one) for one in cells)]

    dead = {int(re.findall(r"`t:(\d+)`", one.message)[0]) - 1 for one in found if one.code == "W427"}
    whole = any(one.code == "W426" for one in found)
    for _ in range(200):
        hits = matching(random_values(random))
        assert not hits or hits[0] not in dead
    for one in found:
        if one.code == "W428":
            first, second = (int(number) - 1 for number in re.findall(r"`t:(\d+)`", one.message))
            assert {first, second} <= set(matching(example_of(one.notes[0])))
        elif one.code == "W426":
            assert matching(example_of(one.notes[0])) == []
    if not whole and not any(cell.lists for row in table.rows for cell in row.cells):
        assert all(matching(random_values(random)) for _ in range(200))


def example_of(note):
    """Values that the note of a diagnostic names; what it leaves out may be anything."""
    values = {"n": 2, "m": None, "b": False, "e": "x", "s": None, "risk": None, "score": None}
    for name, text in re.findall(r"\b(n|e|b|s|score)(?: = (\"[^\"]*\"|[-\w.]+)| unknown)", note):
        values[name] = json.loads(text) if text else None
    return values


def test_rows_that_are_out_of_reach_are_named_with_what_takes_their_place():
    """One row above that is enough is named; else the few that it takes; a cell that no value fits says so."""
    text = f"""{POLICY}tables:
  - name: t
    columns: [n, e, action]
    rows:
      - ["< 3", "-", allow]
      - [">= 3", "x, y", sms]
      - [1, x, block]
      - ["-", x, block]
      - ["> 5", "-", block]
      - ["-", "-", block]
"""
    notes = {one.message: one.notes for one in linted(text)[1] if one.code == "W427"}
    assert notes == {
        "the row `t:3` (p.yaml:19) can never match": ("`t:1` (p.yaml:17) takes all that it could match",),
        "the row `t:4` (p.yaml:20) can never match": (
            "`t:1` (p.yaml:17) and `t:2` (p.yaml:18) together take all that it could match",
        ),
        "the row `t:5` (p.yaml:21) can never match": ("`n` never has a value that its cell takes",),
    }


def test_a_thousand_rows_are_proved_within_bounds():
    """A long table is proved, too: the row that repeats another is found among a thousand."""
    rows = "\n".join(f'      - ["u{place % 999}", "-", sms]' for place in range(1_000))
    text = f"{POLICY}tables:\n  - name: t\n    columns: [s, n, action]\n    rows:\n{rows}\n"
    dead = [one.message for one in linted(text)[1] if one.code == "W427"]
    assert dead == ["the row `t:1000` (p.yaml:1016) can never match"]
