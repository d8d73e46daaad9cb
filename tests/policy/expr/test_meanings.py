"""What expressions mean, by rows of a table that anyone can read."""

import json
from datetime import datetime
from pathlib import Path

import pytest

from policy import expr

LINES = [
    line.split(" ;; ")
    for line in (Path(__file__).parent / "meanings.txt").read_text("utf-8").splitlines()
    if line and not line.startswith("#")
]


def values(text):
    return {
        name: datetime.fromisoformat(value) if name in "tv" else value
        for name, value in json.loads(text).items()
    }


@pytest.mark.parametrize(("source", "inputs", "answer"), LINES, ids=[" ".join(line[:2]) for line in LINES])
def test_row_and_batch_answer_as_the_table_says(lab, source, inputs, answer):
    """A line of meanings.txt holds by row and by batch."""
    program = expr.compile(source, lab.types)
    row = {**dict.fromkeys(lab.types), **values(inputs)}
    expected = json.loads(answer)
    assert lab.plain(program.row(row)) == lab.plain(expected)
    assert [lab.plain(value) for value in program.batch(lab.table([row] * 2)).to_pylist()] == [
        lab.plain(expected)
    ] * 2


def test_a_missing_key_is_unknown(lab):
    """A name that a row does not hold is unknown, as is a null."""
    assert expr.compile("i > 3", lab.types).row({}) is None


def test_names_that_are_not_read_may_hold_anything(lab):
    """A value of a wrong type is no error where nothing reads it."""
    assert expr.compile("i > 3", lab.types).row({"i": 4, "x": object()}) is True


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("i", True),
        ("i", 1.0),
        ("i", "1"),
        ("i", 2**63),
        ("b", 1),
        ("x", "1"),
        ("x", True),
        ("x", 2**53 + 1),
        ("s", 1),
        ("s", b"a"),
        ("s", "\ud800"),
        ("t", datetime(2026, 1, 1)),  # noqa: DTZ001
        ("t", "2026-01-01T00:00:00Z"),
        ("u", 1),
        ("p", "10.1"),
        ("p", "10.1.2.3\0"),
        ("li", [1.5]),
        ("li", "12"),
        ("li", [0] * 1001),
    ],
)
def test_a_value_of_a_wrong_type_is_refused_by_name(lab, name, value):
    """Nothing coerces silently: a wrong type is an error that names the input."""
    program = expr.compile(f"has({name})", lab.types)
    with pytest.raises(expr.ValueOfWrongTypeError, match=f"at `{name}`"):
        program.row({name: value})


def test_an_int_is_a_double_where_it_is_one_exactly(lab):
    """JSON writes 1.0 as 1, so an int that a double holds is taken."""
    assert expr.compile("x + 0.5", lab.types).row({"x": 1}) == 1.5


def test_the_type_is_told_as_cel_tells_it(lab):
    """`type` names the type of the value."""
    found = [
        expr.compile(source, lab.types).type
        for source in ("i > 1", "e", "li", "[[1.5]]", "[]", "t - v", "null")
    ]
    assert found == [
        "bool",
        "string",
        "list(int)",
        "list(list(double))",
        "list(dyn)",
        "duration",
        "null_type",
    ]


def test_names_are_those_that_the_text_reads(lab):
    """`names` holds what is read, also where folding drops it; `reads` only what the value needs."""
    program = expr.compile("(i > 1 || true) && r.q == s && li.all(i, i > 0)", lab.types)
    assert program.names == {"i", "r.q", "s", "li"}
    assert set(program.reads) == {"r.q", "s", "li"}


def test_the_variable_of_a_macro_hides_an_input_but_for_a_leading_dot(lab):
    """Inside a macro its variable goes first; `.i` is the input."""
    assert expr.compile("[1].exists(i, i == 1 && .i == 5)", lab.types).row({"i": 5}) is True
