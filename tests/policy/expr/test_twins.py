"""Row is the meaning, batch a faster spelling: equal on random expressions and hostile rows."""

from random import Random

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import expr
from policy.expr.batch import CHUNK, Conditions
from policy.expr.columns import encode
from policy.expr.machine import inward
from policy.expr.parser import parse
from policy.expr.row import compile_all, compile_first
from policy.expr.types import variables

SEEDS = st.integers(0, 2**40)
RESULTS = ["bool"] * 6 + ["int", "double", "string", "timestamp", "duration", "list(int)"]


def written(lab, random, type_):
    """A random expression that compiles."""
    while True:
        source = lab.sentences(random).write(type_, random.randint(1, 5))
        try:
            return expr.compile(source, lab.types)
        except expr.ExpressionError as error:
            codes = {each.code for each in error.diagnostics if each.severity == "error"}
            assert codes <= {"E205", "E207", "E210", "E211"}, (
                source
            )  # constants without a value; else it is well-typed


def machine_rows(lab, rows, names):
    kinds = variables(lab.types)
    convert = {name: inward(kinds[name].type) for name in names}
    return [[None if row[name] is None else convert[name](row[name]) for name in names] for row in rows]


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.sampled_from(RESULTS))
def test_row_and_batch_agree(lab, seed, type_):
    """A random expression gives the same by row and by batch, whichever way strings are encoded."""
    random = Random(seed)
    program = written(lab, random, type_)
    rows = [lab.row(random) for _ in range(30)]
    by_row = [lab.plain(program.row(row)) for row in rows]
    for dictionary in (False, True):
        table = lab.table(rows, dictionary=dictionary)
        assert [lab.plain(value) for value in program.batch(table).to_pylist()] == by_row, program.source


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_many_conditions_in_one_function_agree_with_each_alone(lab, seed):
    """An ordered rule list compiled together, by row and by batch, says what its conditions say one by one."""
    random = Random(seed)
    programs = [written(lab, random, "bool") for _ in range(12)]
    rows = [lab.row(random) for _ in range(30)]
    alone = [[program.row(row) for program in programs] for row in rows]
    first = [next((place for place, found in enumerate(row) if found is True), -1) for row in alone]
    trees = [program.tree for program in programs]
    conditions = Conditions(trees)
    values = machine_rows(lab, rows, conditions.names)
    assert [compile_first(trees, conditions.names)(*row) for row in values] == first
    assert [list(compile_all(trees, conditions.names)(*row)) for row in values] == alone
    columns = encode(lab.table(rows), {name: variables(lab.types)[name].type for name in conditions.names})
    assert conditions.first(columns).tolist() == first
    states = {True: 1, False: 0, None: -1}
    found = [state.tolist() for state in conditions.states(columns)]
    assert [list(row) for row in zip(*found, strict=True)] == [
        [states[value] for value in row] for row in alone
    ]
    truths = [mask.tolist() for mask in conditions.truths(columns)]
    assert [list(row) for row in zip(*truths, strict=True)] == [
        [value is True for value in row] for row in alone
    ]


@settings(max_examples=150, deadline=None)
@given(SEEDS, st.sampled_from(RESULTS))
def test_text_of_a_tree_reads_back_as_the_tree(lab, seed, type_):
    """parse, unparse, parse is parse."""
    random = Random(seed)
    program = written(lab, random, type_)
    again = expr.compile(str(program), lab.types)
    assert (again.syntax, again.tree) == (program.syntax, program.tree)


def test_chunks_make_no_difference(lab):
    """A table of several chunks gives what its rows give, at every edge."""
    random = Random(3)
    few = [lab.row(random) for _ in range(50)]
    rows = few * (2 * CHUNK // 50 + 3)
    table = lab.table(rows)
    for source in (
        "i + 1 > j || s == 'tor'",
        "t.getHours('Europe/Oslo')",
        "ls.exists(k, k == s)",
        "r.q + s",
        "x / y",
    ):
        program = expr.compile(source, lab.types)
        expected = [lab.plain(program.row(row)) for row in few]
        found = [lab.plain(value) for value in program.batch(table).to_pylist()]
        assert found == (expected * (len(rows) // 50)), source


def test_an_empty_table_gives_an_empty_array(lab):
    """No rows, no answers, but the right type."""
    for source, kind in (
        ("i > 1", pa.bool_()),
        ("x", pa.float64()),
        ("s + s", pa.string()),
        ("t", pa.timestamp("us", "UTC")),
    ):
        found = expr.compile(source, lab.types).batch(lab.table([]))
        assert (len(found), found.type) == (0, kind)


def test_an_absent_column_is_unknown(lab):
    """A column that the table does not have is null throughout, whatever its type."""
    table = pa.table({"other": [1, 2]})
    for name in lab.types:
        assert expr.compile(f"has({name})", lab.types).batch(table).to_pylist() == [False, False]


def test_narrow_and_wide_columns_of_a_type_are_one(lab):
    """Ints of any width, floats of any width, strings of any layout, times of any unit give the same."""
    program = expr.compile("i * j > 300 && x < 2.5 && s == 'tor' && t > timestamp(0)", lab.types)
    plain = {"i": [100, -1], "j": [4, 2], "x": [2.0, 0.5], "s": ["tor", "tor"]}
    times = pa.array([1, 2], pa.timestamp("s", "UTC"))
    for width, real, text in (
        (pa.int8(), pa.float32(), pa.large_string()),
        (pa.uint16(), pa.float64(), pa.dictionary(pa.int8(), pa.string())),
        (pa.int64(), pa.int32(), pa.string_view()),
    ):
        i = pa.array(plain["i"], width) if width != pa.uint16() else pa.array([100, 0], width)
        x = pa.array(plain["x"], real) if real != pa.int32() else pa.array([2, 0], real)
        table = pa.table(
            {
                "i": i,
                "j": pa.array(plain["j"], width),
                "x": x,
                "s": pa.array(plain["s"]).cast(text),
                "t": times,
            }
        )
        assert program.batch(table).to_pylist() == [True, False]


@pytest.mark.parametrize(
    ("name", "column"),
    [
        ("i", pa.array([1.5])),
        ("i", pa.array(["1"])),
        ("i", pa.array([2**63], pa.uint64())),
        ("x", pa.array([2**53 + 1])),
        ("x", pa.array(["1"])),
        ("b", pa.array([1])),
        ("s", pa.array([1])),
        ("t", pa.array([1], pa.timestamp("us"))),
        ("t", pa.array([1], pa.timestamp("ns", "UTC"))),
        ("t", pa.array([2**62], pa.timestamp("us", "UTC"))),
        ("u", pa.array([2**62], pa.duration("us"))),
        ("p", pa.array(["10.1"])),
        ("li", pa.array([["a"]])),
        ("s", pa.Array.from_buffers(pa.string(), 1, [None, *pa.array([b"\xff"]).buffers()[1:]])),
    ],
)
def test_a_column_of_a_wrong_type_is_refused_by_name(lab, name, column):
    """What a row refuses a batch refuses too, and names the column."""
    with pytest.raises(expr.ValueOfWrongTypeError, match=f"in column `{name}`"):
        expr.compile(f"has({name})", lab.types).batch(pa.table({name: column}))


def test_members_of_a_set_are_asked_at_run_time():
    """A set is any object with `in`, by row and by batch, over strings and numbers."""
    types = {"s": "string", "n": "int", "words": "set(string)", "numbers": "set(int)"}
    trees = [expr.compile(source, types).tree for source in ("s in words", "!(n in numbers)")]
    conditions = Conditions(trees)
    sets = {"words": {"tor"}, "numbers": range(10, 20)}
    table = pa.table({"s": ["tor", "a", None], "n": [1, 12, None]})
    kinds = {name: variable.type for name, variable in variables(types).items()}
    states = conditions.states(encode(table, kinds, sets))
    assert [state.tolist() for state in states] == [[1, 0, -1], [1, 0, -1]]
    row = compile_all(trees, list(types))
    assert row("tor", 12, *sets.values()) == (True, False)


def test_the_syntax_tree_is_that_of_the_text():
    """Precedence is CEL's: unary, then * / %, + -, relations, &&, ||, ? :."""
    tree, found = parse("a || b && !c == -d * e + f ? g : h ? i : j")
    assert not found
    same, _ = parse("((a || (b && ((!c) == (((-d) * e) + f)))) ? g : (h ? i : j))")
    assert tree == same
