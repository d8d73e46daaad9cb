"""Decision tables: the first row whose cells all take their values, by row, by batch and by reading the cells."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from policy_blocks import TIMES, blocks, table

from policy import source
from policy.diagnostics import render
from policy.engine import tables
from policy.engine.build import build
from policy.engine.lists import Lists
from policy.engine.tables import Table, effects
from policy.engine.trace import trace
from policy.expr import Enum, compile
from policy.expr.columns import encode
from policy.expr.machine import address, nanoseconds, time_of
from policy.expr.types import variables
from policy.sheets import parse
from policy.spec import lists as list_specs
from policy.spec.conditions import Names
from policy.spec.decision import read_decision
from policy.spec.reader import Reader
from policy.spec.tables import read_tables, with_sheet

LADDER = ("allow", "challenge", "sms", "agent", "block")
DECLARED = {
    "country": Enum(["NO", "SE", "DK", "US"], "country"),
    "city": "string",
    "failed": "int",
    "risk": "double",
    "vpn": "bool",
    "seen": "timestamp",
    "age": "duration",
    "ip": "ip",
}
LISTS = """\
office: {type: cidr, entries: [10.0.0.0/8, "2001:db8::/32"]}
eu: [NO, SE, DK]
ports: {type: int, entries: [22, 80]}
odds: {type: double, entries: [0.5, 7]}
vip: {entries: [{value: Oslo, expires: 2026-06-01}, Bergen]}
"""
NOW = time_of(datetime(2026, 1, 1, tzinfo=UTC)) // 1000

VALUES = {
    "country": [None, "NO", "SE", "DK", "US"],
    "city": [None, "", "Oslo", "Bergen", "a, b", "-", "é😀"],
    "failed": [None, 0, 1, 3, 7, 22, -(2**63), 2**63 - 1],
    "risk": [None, 0.0, -0.0, 0.4, 0.5, 0.6, 7.0, 1e308, float("inf"), float("-inf"), float("nan")],
    "vpn": [None, True, False],
    "seen": [None, datetime(2026, 1, 1, tzinfo=UTC), datetime(2025, 12, 31, 23, 59, 59, 999999, tzinfo=UTC)],
    "age": [None, timedelta(0), timedelta(hours=1), timedelta(microseconds=-1)],
    "ip": [None, "10.1.2.3", "11.0.0.0", "::1", "2001:db8::7", "255.255.255.255"],
}
# Each cell with the condition that it stands for, `x` being the head of the column.
CELLS = {
    "country": [
        ("NO", "x == 'NO'"),
        ("NO, SE", "x in ['NO', 'SE']"),
        ("not NO", "x != 'NO'"),
        ("!= US", "x != 'US'"),
        ("lists.eu", "x in lists.eu"),
        ("not lists.eu, US", "!(x in lists.eu || x == 'US')"),
        ("NO, lists.eu", "x == 'NO' || x in lists.eu"),
        ('"SE"', "x == 'SE'"),
    ],
    "city": [
        ("Oslo", "x == 'Oslo'"),
        ('"a, b", Bergen', "x == 'a, b' || x == 'Bergen'"),
        ("'-'", "x == '-'"),
        ("lists.vip", "x in lists.vip"),
        ("not lists.vip", "!(x in lists.vip)"),
        (">= Oslo", "x >= 'Oslo'"),
        ("< a", "x < 'a'"),
        ("not Oslo, Bergen", "!(x in ['Oslo', 'Bergen'])"),
    ],
    "failed": [
        ("3", "x == 3"),
        ("-9223372036854775808, 9223372036854775807", "x in [-9223372036854775808, 9223372036854775807]"),
        (">= 3", "x >= 3"),
        ("\u2264 1", "x <= 1"),
        ("[1, 7)", "x >= 1 && x < 7"),
        ("0..3", "x >= 0 && x <= 3"),
        ("not 0..3", "!(x >= 0 && x <= 3)"),
        ("<> 7", "x != 7"),
        ("lists.ports, < 0", "x in lists.ports || x < 0"),
        ("lists.odds", "x in lists.odds"),
    ],
    "risk": [
        ("0", "x == 0"),
        ("[0.4, 0.6)", "x >= 0.4 && x < 0.6"),
        ("(0.4..0.6]", "x > 0.4 && x <= 0.6"),
        ("0.4..0.6", "x >= 0.4 && x <= 0.6"),
        ("> 0.6", "x > 0.6"),
        ("< -1e300, 0.5", "x < -1e300 || x == 0.5"),
        ("not > 0.4", "!(x > 0.4)"),
        ("lists.odds", "x in lists.odds"),
        ("not lists.ports", "!(x in lists.ports)"),
    ],
    "vpn": [("true", "x"), ("FALSE", "!x"), ("true, false", "x || !x"), ("not true", "!x")],
    "seen": [
        (">= 2026-01-01", "x >= timestamp('2026-01-01T00:00:00Z')"),
        ("< 2025-12-31T23:59:59.9999995Z", "x < timestamp('2025-12-31T23:59:59.9999995Z')"),
        ("2026-01-01", "x == timestamp('2026-01-01T00:00:00Z')"),
    ],
    "age": [("> 59m", "x > duration('59m')"), ("[0s, 1h]", "x >= duration('0s') && x <= duration('1h')")],
    "ip": [
        ("10.0.0.0/8", "x in cidr('10.0.0.0/8')"),
        ("::1, 11.0.0.0", "x == ip('::1') || x == ip('11.0.0.0')"),
        ("lists.office", "x in lists.office"),
        ("not lists.office, ::/0", "!(x in lists.office || x in cidr('::/0'))"),
    ],
    "failed + 1": [("> 3", "x > 3"), ("not 1, 4", "!(x in [1, 4])")],
    "risk * 2.0": [("[1, 1.2)", "x >= 1 && x < 1.2"), ("not 1", "x != 1")],
    "city + 'x'": [("Oslox", "x == 'Oslox'"), ("not lists.vip", "!(x in lists.vip)")],
    "city + string(failed)": [("Oslo3, Bergen0", "x in ['Oslo3', 'Bergen0']")],
    "failed > 1 && vpn": [("true", "x"), ("false", "!x")],
    "has(city)": [("true", "x"), ("false", "!x")],
}


def names():
    """The names that the tables may read, and the lists."""
    root, _ = source.read(LISTS.encode(), "lists.yaml")
    reader = Reader()
    lists = list_specs.read_lists(root, reader)
    assert reader.found == []
    return Names({**variables(DECLARED), **list_specs.variables(lists)}), Lists.of(lists)


NAMES, MADE = names()
VIEWS = MADE.at(NOW)


def table_of(heads, rows):
    """The compiled table of these heads and rows of cells, all rows with one action."""
    quoted = [
        ",".join('"' + cell.replace('"', '""') + '"' for cell in [*row, "block"]) for row in [heads, *rows]
    ]
    quoted[0] = quoted[0].replace('"block"', '"action"')
    reader = Reader()
    root, _ = source.read(b"[{name: t, file: t.csv}]", "p.yaml")
    (spec,) = read_tables(root, LADDER, NAMES, reader)
    spec = with_sheet(spec, parse("\n".join(quoted).encode(), "t.csv", csv=True), LADDER, NAMES, reader)
    assert reader.found == [], render(reader.found)
    return spec


def machine(name, value):
    if value is None or value != value:
        return None
    convert = {"seen": time_of, "age": nanoseconds, "ip": address}.get(name)
    return convert(value) if convert else value


KINDS = {"double": pa.float64(), "int": pa.int64()}


def columns_of(rows, reads):
    kinds = {"country": pa.string(), "city": pa.string(), "failed": pa.int64(), "risk": pa.float64()}
    kinds |= {
        "vpn": pa.bool_(),
        "seen": pa.timestamp("us", "UTC"),
        "age": pa.duration("us"),
        "ip": pa.string(),
    }
    table = pa.table({name: pa.array([row[name] for row in rows], kind) for name, kind in kinds.items()})
    return encode(table, {name: NAMES.variables[name].type for name in reads}, VIEWS)


def found_by_row(table, rows):
    values = [{**{name: machine(name, value) for name, value in row.items()}, **VIEWS} for row in rows]
    return [table.row(*(value[name] for name in table.reads)) for value in values]


def drawn(random, heads, count):
    """Random rows of cells, with the conditions that they stand for."""
    rows, conditions = [], []
    for _ in range(count):
        cells, texts = [], []
        for head in heads:
            cell, text = random.choice([("-", "true"), ("", "true"), *CELLS[head]])
            cells.append(cell)
            texts.append("(" + text.replace("x ", f"({head}) ").replace("!x", f"!({head})") + ")")
            if text == "x":
                texts[-1] = f"({head})"
        rows.append(cells)
        conditions.append(" && ".join(texts))
    return rows, conditions


@settings(max_examples=150, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(1, 5),
    st.sampled_from([1, 2, 5, 70, 130]),
    st.sampled_from([2, 64, 1024]),
)
def test_a_table_finds_the_first_row_whose_conditions_hold(seed, width, count, block):
    """By bit masks, by words of them over columns, and by the conditions that the cells stand for, one by one."""
    random = Random(seed)
    heads = random.sample(sorted(CELLS), width)
    cells, conditions = drawn(random, heads, count)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tables, "BLOCK", block)
        table = Table.of(table_of(heads, cells), offset=3)
    rows = [{name: random.choice(values) for name, values in VALUES.items()} for _ in range(20)]
    found = found_by_row(table, rows)
    assert table.batch(columns_of(rows, table.reads)).tolist() == found
    if count > 5:
        return
    programs = [compile(text, NAMES.variables) for text in conditions]
    for row, place in zip(rows, found, strict=True):
        holds = [program.row({**row, **VIEWS}) is True for program in programs]
        assert place == (holds.index(True) + 3 if True in holds else -1), (cells, row)


def test_a_column_that_is_finer_than_a_microsecond_is_compared_exactly():
    """A time made of a text has nanoseconds, in a batch too."""
    table = Table.of(table_of(["timestamp(city)"], [["> 2026-01-01T00:00:00.0000005Z"]]))
    rows = [
        {**dict.fromkeys(VALUES), "city": f"2026-01-01T00:00:00.{fraction}Z"}
        for fraction in ("0000005", "000000501", "000001")
    ]
    assert found_by_row(table, rows) == [-1, 0, 0]
    assert table.batch(columns_of(rows, table.reads)).tolist() == [-1, 0, 0]


def test_a_batch_of_several_chunks_and_of_none():
    """Where a chunk ends makes no difference, and no records give no rows."""
    table = Table.of(table_of(["failed", "city"], [["3", "-"], ["-", "Oslo"]]))
    few = [
        {**dict.fromkeys(VALUES), "failed": n % 5, "city": "Oslo" if n % 7 == 0 else None} for n in range(35)
    ]
    expected = found_by_row(table, few)
    assert table.batch(columns_of(few * 1000, table.reads)).tolist() == expected * 1000
    assert table.batch(columns_of([], table.reads)).tolist() == []


def test_a_row_has_the_effect_of_a_rule():
    """The row's action, floor and ceiling as places on the ladder, under the name of table and row."""
    text = """\
- name: v
  columns: [failed, name, action, at_least, at_most]
  rows:
    - [1, a, sms, "", "-"]
    - [2, "", "", sms, agent]
    - {failed: ">= 3", action: block}
"""
    root, found = source.read(text.encode(), "p.yaml")
    reader = Reader(found)
    (spec,) = read_tables(root, LADDER, Names(variables({"failed": "int"})), reader)
    assert [one.message for one in reader.found] == []
    assert effects(spec, LADDER) == [
        ("v:a", 2, -1, -1, False),
        ("v:2", -1, 2, 3, False),
        ("v:3", 4, -1, -1, False),
    ]


POLICY = {
    "decision": "test",
    "inputs": {
        "x": {"type": "double", "optional": True},
        "n": {"type": "int", "optional": True},
        "word": {"type": "string", "optional": True},
        "at": {"type": "timestamp", "optional": True},
        "wait": {"type": "duration", "optional": True},
        "ip": {"type": "ip", "optional": True},
        "risk": {"type": "double", "optional": True},
    },
    "score": {"input": "risk"},
    "bands": {"allow": 0, "challenge": 0.3, "sms": 0.5, "block": 0.9},
    "on_error": {"score": "challenge"},
}
FACTS = st.fixed_dictionaries(
    {
        "x": st.sampled_from([None, 0.0, 0.25, 0.7, -1e301, 2.0]),
        "n": st.none() | st.integers(0, 6),
        "word": st.sampled_from([None, "drop", "a", "long text"]),
        "at": st.sampled_from([None, "2009-01-01T00:00:00Z", "2026-01-31T12:00:00Z"]),
        "wait": st.sampled_from([None, "60s", "61s", "3h"]),
        "ip": st.sampled_from([None, "1.2.3.4", "1.2.9.9", "2001:db8::1", "::1"]),
        "risk": st.sampled_from([None, 0.1, 0.3, 0.55, 0.95]),
    }
)


@st.composite
def decisions(draw):
    """Policies with one to three decision tables among all other blocks."""
    text = POLICY | draw(blocks(list(LADDER), POLICY["bands"]))
    drawn = draw(st.lists(table(list(LADDER)), min_size=1, max_size=3))
    text["tables"] = [{"name": f"table-{place}", **one} for place, one in enumerate(drawn)]
    root, _ = source.read(json.dumps(text).encode(), "test.yaml")
    spec, found = read_decision(root)
    assert spec is not None, render(found)
    decision, found = build(spec, None)
    assert decision is not None, render(found)
    return decision


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(decisions(), st.lists(FACTS, min_size=1, max_size=12), TIMES)
def test_a_row_of_a_table_acts_like_a_rule_in_a_row_as_in_a_batch(decision, facts, now):
    """The compiled row, its meaning and the batch agree about actions, names and reasons."""
    given_ = [{name: value for name, value in row.items() if value is not None} for row in facts]
    columns = ["action", "rule", "without_rules", "segment", "reason"]
    schema = pa.schema(
        [(name, KINDS.get(spec["type"], pa.string())) for name, spec in POLICY["inputs"].items()]
    )
    batch = decision.batch(pa.Table.from_pylist(facts, schema), now=now).select(columns).to_pylist()
    for row, came in zip(given_, batch, strict=True):
        fast = decision.row(row, now=now)
        assert fast == decision.row(row, now=now, strict=True)
        assert fast.reasons == decision.row(row, now=now, strict=True).reasons
        got = [fast.action, fast.rule, fast.without_rules, fast.segment, fast.reasons[-1]["code"]]
        assert list(came.values()) == got


def test_reasons_name_the_row_and_what_it_read(make_table):
    """A row that fires is named by table and row, with the values of the table's columns."""
    outcome = make_table("mode: enforce").row({"failed": 12, "user": "ana"})
    assert (outcome.action, outcome.rule, outcome.without_rules) == ("block", "speed:fast", "allow")
    assert outcome.reasons[-1] == {
        "code": "rule",
        "rule": "speed:fast",
        "action": "block",
        "acted": True,
        "values": {"failed": 12},
    }
    assert make_table("mode: enforce").row({"failed": 5, "user": "ana"}).rule == "speed:2"


def test_a_table_in_preview_is_counted_though_a_rule_decides(make_table):
    """What the table would have done is told, and not done."""
    outcome = make_table("mode: preview").row({"failed": 12, "user": "eve"})
    assert (outcome.action, outcome.rule) == ("allow", "eve")
    codes = [(reason["code"], reason.get("rule"), reason.get("would")) for reason in outcome.reasons[1:]]
    assert codes == [("preview", "speed:fast", "allow"), ("rule", "eve", None)]
    outcome = make_table("mode: preview").row({"failed": 12, "user": "ana"})
    assert (outcome.action, outcome.reasons[-1]["would"]) == ("allow", "block")


def test_a_trace_shows_the_row_that_matches_masked_or_not(make_table):
    """Each table is in the trace: with its first row and what that came to, or without one."""
    decision = make_table("mode: enforce")

    def traced(facts):
        (found,) = [one for one in trace(decision, decision.row(facts)) if one.name.startswith("speed")]
        return found.name, found.verdict, found.source, found.span.line

    assert traced({"failed": 12, "user": "ana"}) == ("speed:fast", "decided", "failed: > 10", 14)
    assert traced({"failed": 12, "user": "eve"}) == (
        "speed:fast",
        "masked by an earlier rule",
        "failed: > 10",
        14,
    )
    assert traced({"failed": 0, "user": "ana"}) == ("speed", "not met", "no row matches", 10)


def test_a_list_that_nothing_reads_asks_for_no_time(make_table):
    """Only lists that conditions read count: an expiry elsewhere needs no `now`."""
    unread = "lists: {old: {entries: [{value: a, expires: 2026-01-01}]}, vip: [eve]}"
    decision = make_table("mode: enforce", unread, "user in lists.vip")
    assert decision.row({"failed": 0, "user": "eve"}).rule == "eve"


@pytest.fixture
def make_table():
    """A function (mode, more, condition) -> Decision: a table of two rows behind a final rule."""

    def make(mode, more="", when='user == "eve"'):
        text = f"""\
decision: login
inputs: {{user: {{type: string}}, failed: {{type: int}}, risk: {{type: double, default: 0}}}}
score: {{input: risk}}
actions: {{allow: , sms: , block: }}
bands: {{allow: 0, block: 0.9}}
on_error: {{score: block}}
rules:
  - {{name: eve, when: '{when}', action: allow}}
tables:
  - name: speed
    {mode}
    columns: [failed, name, action, at_least]
    rows:
      - ["> 10", fast, block, ""]
      - ["> 3", "", "", sms]
{more}
"""
        root, _ = source.read(text.encode(), "login.yaml")
        spec, found = read_decision(root)
        assert spec is not None, render(found)
        return build(spec, None)[0]

    return make
