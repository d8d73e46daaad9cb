"""Row is the meaning: the table, and the compiled fast row, say the same, whatever comes."""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zlib import crc32

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
from hypothesis import HealthCheck, given, note, settings
from policy_blocks import TIMES, blocks

from policy import FactsError, source
from policy.engine.build import build
from policy.engine.kept import Held
from policy.engine.machine import moment
from policy.engine.scorer import NO_SCORE
from policy.spec.decision import read_decision


class Awkward:
    """A scorer that does all that a scorer may: it scores, drops, raises, says NaN and leaves the range."""

    def __repr__(self):
        return "Awkward"

    version, label, errors = "sha256:test", None, (ValueError,)
    inputs = pa.schema([("x", pa.float64()), ("word", pa.string())])

    def bind(self, names):
        """The score of one record."""
        order = [list(names).index(name) for name in self.inputs.names]
        return lambda *values: self._score(*(values[place] for place in order))

    def _score(self, x, word):
        assert x is None or type(x) is float
        if word == "raise" or x is None:
            raise ValueError(f"cannot score {x!r}")
        if word == "drop":
            return None
        return math.nan if word == "nan" else abs(x) % 1.3

    def batch(self, table):
        """The score of each record."""
        scores, causes = [], []
        for row in table.to_pylist():
            try:
                score = self._score(row["x"], row["word"])
                scores.append(math.nan if score is None else score)
                causes.append(NO_SCORE if score is None else None)
            except ValueError as error:
                scores.append(math.nan)
                causes.append(str(error))
        return np.array(scores, np.float64), causes


class Drawer:
    """A store that holds something for a third of the keys."""

    def row(self, key):
        if key is None:
            return Held(None, "the key is missing")
        number = crc32(str(key).encode(errors="replace"))
        return Held(None, "there is no entry") if number % 3 else Held(number % 100 / 99, "", 5.0, "v")

    def batch(self, keys):
        return [self.row(key) for key in keys]


TYPES = {
    "x": [{"type": "double"}, {"type": "int"}, {"type": "bool"}, {"type": "double", "min": -1, "max": 10}],
    "word": [
        {"type": "string"},
        {"type": "string", "max_length": 3},
        {"type": "string", "enum": ["drop", "ä", ""]},
    ],
    "n": [{"type": "int"}, {"type": "int", "min": 0, "max": 5}, {"type": "int", "enum": [1, 2, 2**62]}],
    "at": [{"type": "timestamp"}, {"type": "timestamp", "min": "2000-01-01T00:00:00Z"}],
    "wait": [{"type": "duration"}, {"type": "duration", "max": "1h"}],
    "ip": [{"type": "ip"}],
}
DEFAULTS = {
    "double": 0.25,
    "int": 2,
    "bool": True,
    "timestamp": "2026-01-31T00:00:00Z",
    "duration": "90s",
    "ip": "::1",
}


FORMULAS = [
    {},
    {"x": "now.getHours() > 11 ? x : x * 0.5"},
    {"x": "size(word)", "word": 'ip in lists.office ? "drop" : word'},
    {"word": "string(ip)", "x": "double(n) / 3.0"},
]


@st.composite
def inputs(draw):
    specs = {}
    for name, options in TYPES.items():
        spec = dict(draw(st.sampled_from(options)))
        kind = draw(st.sampled_from(["required", "optional", "default"]))
        if kind == "optional":
            spec["optional"] = True
        elif kind == "default" and not ("enum" in spec and spec["type"] == "string"):
            spec["default"] = DEFAULTS.get(spec["type"], "raise"[: spec.get("max_length", 9)])
        specs[name] = spec
    specs["word"]["log"] = draw(st.sampled_from(["clear", "hash"]))
    return specs


@st.composite
def policies(draw):
    store = {"url": "sqlite:///x.db", "key": draw(st.sampled_from(["word", "n"]))}
    live = {**store, "missing": draw(st.sampled_from(["live", "fallback"]))}
    score = draw(
        st.sampled_from([{"model": "m"}, {"input": "given"}, {"model": "m", "store": live}, {"store": store}])
    )
    specs = draw(inputs())
    if "input" in score:
        specs["given"] = {"type": draw(st.sampled_from(["double", "int"])), "optional": True}
    edges = sorted(draw(st.sets(st.floats(0.01, 1.0), max_size=3)))
    actions = ["allow", "challenge", "sms", "block"][: len(edges) + 1]
    bands = dict(zip(actions, [0, *edges], strict=True))
    text = {
        "decision": "test",
        "inputs": specs,
        "unknown_facts": draw(st.sampled_from(["ignore", "refuse"])),
        "score": score,
        "actions": dict.fromkeys([*actions, "agent"]),
        "bands": bands,
        "on_error": {
            "score": draw(st.sampled_from(actions)),
            "facts": draw(st.sampled_from(["refuse", "agent"])),
        },
    }
    if draw(st.integers(0, 2)):
        specs["x"] = {"type": "double", "optional": draw(st.booleans())}
        text |= draw(blocks([*actions, "agent"], bands))
        if "model" in score:
            text["score"] = {**score, "inputs": draw(st.sampled_from(FORMULAS))}
    root, found = source.read(json.dumps(text).encode(), "test.yaml")
    spec, more = read_decision(root)
    assert spec is not None, (found, more)
    decision, found = build(spec, Awkward() if "model" in score else None, lambda *_: Drawer())
    assert decision is not None, found
    return decision


MOMENTS = st.integers(0, 2**42).map(lambda ms: datetime.fromtimestamp(ms / 1000, UTC).replace(tzinfo=None))
TEXTS = st.sampled_from(
    [
        "",
        "a",
        "ä",
        "drop",
        "raise",
        "nan",
        "long text",
        "1.2.3.4",
        "::ffff:1.2.3.4",
        "01.2.3.4",
        "fe80::1%x",
        "90s",
        "2h",
        "2026-01-31T12:00:00Z",
        "2026-01-31T12:00:00+02:00",
        "2026-13-31T12:00:00Z",
        "true",
        "1",
        "0.5",
        "inf",
    ]
)
DOUBLES = st.floats() | st.sampled_from([0.0, -0.0, 0.4, 1.0, 1e308, math.nan, math.inf, -math.inf])
COLUMNS = st.sampled_from(
    [
        (pa.float64(), DOUBLES),
        (pa.float32(), st.floats(width=32)),
        (pa.float16(), st.floats(width=16).map(np.float16)),
        (pa.int64(), st.integers(-(2**63), 2**63 - 1) | st.integers(-2, 7)),
        (pa.int8(), st.integers(-2, 7)),
        (pa.uint64(), st.integers(0, 2**64 - 1)),
        (pa.bool_(), st.booleans()),
        (pa.string(), TEXTS),
        (pa.large_string(), TEXTS),
        (pa.string_view(), TEXTS),
        (pa.dictionary(pa.int8(), pa.string()), TEXTS),
        (pa.dictionary(pa.int32(), pa.int64()), st.integers(-2, 7)),
        (pa.binary(), st.binary(max_size=3)),
        (pa.timestamp("us", "UTC"), MOMENTS),
        (pa.timestamp("ns", "Europe/Oslo"), MOMENTS),
        (pa.timestamp("ms"), MOMENTS),
        (pa.duration("us"), st.timedeltas(timedelta(days=-2), timedelta(days=2))),
        (pa.duration("ns"), st.timedeltas(timedelta(days=-2), timedelta(days=2))),
        (pa.decimal128(10, 2), st.integers(-999, 999).map(lambda n: Decimal(n) / 100)),
        (pa.date32(), st.dates(date(1990, 1, 1), date(2100, 1, 1))),
        (pa.list_(pa.int64()), st.lists(st.integers(0, 3), max_size=2)),
        (pa.struct([("a", pa.int64())]), st.fixed_dictionaries({"a": st.integers(0, 3)})),
        (pa.null(), st.none()),
    ]
)
FITTING = {
    "x": (pa.float64(), DOUBLES),
    "word": (pa.string(), TEXTS),
    "n": (pa.int64(), st.integers(-2, 7)),
    "at": (pa.timestamp("us", "UTC"), MOMENTS),
    "wait": (pa.string(), TEXTS),
    "ip": (pa.string(), TEXTS),
    "given": (pa.float64(), DOUBLES),
}


@st.composite
def columns(draw, kinds, rows):
    kind, values = draw(kinds)
    return pa.array(draw(st.lists(st.none() | values, min_size=rows, max_size=rows)), kind)


@st.composite
def tables(draw):
    rows = draw(st.integers(0, 6))
    made = {}
    for name, fitting in FITTING.items():
        shape = draw(st.sampled_from(["fitting", "fitting", "any", "absent"]))
        if shape != "absent":
            made[name] = draw(columns(st.just(fitting) if shape == "fitting" else COLUMNS, rows))
    made["row"] = pa.array(range(rows), pa.int64())
    if draw(st.booleans()):
        made["wrod"] = pa.array(["?"] * rows, pa.string())
    table = pa.table(made)
    return (
        table
        if draw(st.booleans())
        else pa.concat_tables([table.slice(0, rows // 2), table.slice(rows // 2)])
    )


def as_row(decision, facts, **how):
    """What the outcome's columns must hold for one record."""
    try:
        outcome = decision.row(facts, **how)
    except FactsError as error:
        return {
            "action": None,
            "score": None,
            "band": None,
            "reason": None,
            "rule": None,
            "without_rules": None,
            "segment": None,
            "degraded": None,
            "problem": str(error),
            "store": None,
        }
    degraded = "; ".join(f"{one['pointer'] or '(facts)'}: {one['cause']}" for one in outcome.degraded)
    json.dumps([outcome.to_dict()["reasons"], outcome.facts])
    return {
        "action": outcome.action,
        "score": outcome.score,
        "band": None if outcome.band is None else outcome.band.action,
        "reason": outcome.reasons[-1]["code"],
        "rule": outcome.rule,
        "without_rules": outcome.without_rules,
        "segment": outcome.segment,
        "degraded": degraded or None,
        "problem": None,
        "store": None if outcome.store is None else outcome.store.get("missing", "found"),
    }


COLUMNS_OF_AN_OUTCOME = (
    ["action", "score", "band", "reason", "rule", "without_rules", "segment", "degraded", "problem"]
)  # fmt: skip
NOW = "2026-03-01T10:00:00Z"


def compare(decision, table, per_row, now=NOW, **how):
    times = [now] * table.num_rows if isinstance(now, str) else now.to_pylist()
    per_row = [{"now": time, **more} for time, more in zip(times, per_row, strict=True)]
    out = decision.batch(table, now=now, **how)
    assert out.num_rows == table.num_rows
    assert out.column_names[: table.num_columns] == table.column_names
    kept = decision.scoring.kept is not None
    assert ("store" in out.column_names) == kept
    got = out.select([*COLUMNS_OF_AN_OUTCOME, *(["store"] if kept else [])]).to_pylist()
    wanted = [as_row(decision, facts, **more) for facts, more in zip(table.to_pylist(), per_row, strict=True)]
    wanted = wanted if kept else [{name: one[name] for name in COLUMNS_OF_AN_OUTCOME} for one in wanted]
    note(f"{decision.spec}\n{table.to_pylist()}")
    assert got == wanted


SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@SETTINGS
@given(policies(), tables())
def test_a_table_gets_what_its_rows_get(decision, table):
    """Every row of a table gets the action, score, band, reason and problems that it would get alone."""
    compare(decision, table, [{}] * table.num_rows)


@SETTINGS
@given(policies(), st.data())
def test_given_scores_replace_the_models_row_by_row(decision, data):
    """A given score means the same in a table and in a row; null asks the model."""
    table = data.draw(tables())
    scores = data.draw(columns(COLUMNS, table.num_rows))
    compare(decision, table, [{"score": score} for score in scores.to_pylist()], score=scores)


@SETTINGS
@given(policies(), st.data())
def test_completed_actions_count_row_by_row(decision, data):
    """Completed actions mean the same in a table and in a row, unknown ones too."""
    table = data.draw(tables())
    names = st.lists(st.sampled_from(["allow", "challenge", "sms", "block", "agent", "nonsense"]), max_size=3)
    passed = data.draw(st.lists(names, min_size=table.num_rows, max_size=table.num_rows))
    compare(
        decision,
        table,
        [{"completed": one} for one in passed],
        completed=pa.array(passed, pa.list_(pa.string())),
    )


@SETTINGS
@given(policies(), st.data())
def test_the_time_counts_row_by_row(decision, data):
    """A column of times means the same as the time of each row, on both sides of every expiry."""
    table = data.draw(tables())
    times = data.draw(st.lists(TIMES, min_size=table.num_rows, max_size=table.num_rows))
    compare(decision, table, [{}] * table.num_rows, now=pa.array(times, pa.string()))


VALUES = (
    st.none() | st.booleans() | st.integers() | DOUBLES | TEXTS | MOMENTS
    | st.datetimes(timezones=st.just(UTC)) | st.timedeltas() | st.lists(st.integers(), max_size=1)
    | st.integers(-2, 7).map(np.int64) | DOUBLES.map(np.float64) | st.just("\ud800") | st.just(10**400)
)  # fmt: skip
RIGHT = {
    "x": st.floats(-1, 10) | st.integers(0, 9),
    "word": st.sampled_from(["", "ä", "drop"]),
    "n": st.integers(1, 2),
    "at": st.just("2026-01-31T12:00:00Z"),
    "wait": st.just("90s"),
    "ip": st.sampled_from(["1.2.3.4", "2001:db8::1"]),
    "given": st.floats(0, 1),
}


@settings(SETTINGS, max_examples=250)
@given(policies(), st.data())
def test_the_fast_row_is_the_slow_row(decision, data):
    """The compiled row gives the outcome, or the error, of the meaning that it stands for."""
    facts = data.draw(
        st.fixed_dictionaries(
            {}, optional={**{name: VALUES | right | right for name, right in RIGHT.items()}, "more": VALUES}
        )
    )
    score = data.draw(st.none() | VALUES)
    now = moment(data.draw(TIMES))

    def tried(decide):
        try:
            return decide(facts, score, (), now)
        except FactsError as error:
            return error.problems

    fast, slow = tried(decision._fast), tried(decision._decide)
    assert repr(fast) == repr(slow)
