"""Whatever is written, reading it ends soon and ends well."""

import random
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import expr
from policy.expr.parser import MAX_DEPTH, MAX_ITEMS, MAX_LENGTH, parse
from policy.expr.unparse import unparse

TYPES = {"a": "int", "s": "string", "b": "bool", "l": "list(int)"}


def outcome(source):
    """The codes of the diagnostics, [] if it compiles."""
    try:
        expr.compile(source, TYPES)
    except expr.ExpressionError as error:
        return [each.code for each in error.diagnostics]
    return []


@pytest.mark.parametrize(
    "piece", ["(", "[", "!", "-", "a+", "a?b:", "f(", "l[", "a.", "!(", "b&&(", "[[", "l.map(a,", "''+", "a<"]
)
def test_a_megabyte_of_nesting_is_a_diagnostic(piece):
    """A text of a million characters is refused, and so is the longest allowed, whatever it nests."""
    assert outcome(piece * (1_000_000 // len(piece))) == ["E205"]
    assert outcome(piece * (MAX_LENGTH // len(piece))) != []


@pytest.mark.parametrize("pattern", ["({})", "!{}", "[{}][0]", "(b ? {} : b)"])
def test_the_deepest_allowed_nesting_compiles_and_runs(pattern):
    """Nesting right up to the limit is code that Python accepts."""
    deepest, source = 0, "b"
    for depth in range(1, MAX_DEPTH + 5):
        source = pattern.format(source)
        if len(source) > MAX_LENGTH or outcome(source):
            break
        deepest = depth
        program = expr.compile(source, TYPES)
        assert program.row({"b": True}) is (depth % 2 == 0 if pattern[0] == "!" else True)
    assert deepest >= 25


def test_what_cel_demands_of_every_implementation_fits():
    """32 terms of && and ||, 24 of +, 24 relations, 32 list items, 24 ternaries and 12 nested calls compile."""
    assert (
        not outcome(" && ".join(["b"] * 32))
        + outcome(" || ".join(["b"] * 32))
        + outcome(" + ".join(["a"] * 25))
    )
    assert not outcome(f"[{','.join(['a'] * 32)}] == l") + outcome("b ? a : " * 24 + "a")
    assert not outcome("string(" * 12 + "a" + ")" * 12) + outcome("[" * 12 + "]" * 12)
    assert not outcome("a == 1" + " == b" * 24)


def test_long_lists_are_refused():
    """A list literal has a limit, and says where long lists belong."""
    assert outcome(f"a in [{','.join(['1'] * MAX_ITEMS)}]") == []
    assert outcome(f"a in [{','.join(['1'] * (MAX_ITEMS + 1))}]") == ["E205"]


def test_a_condition_with_very_many_parts_is_one_function():
    """Hundreds of joined comparisons compile to Python that runs."""
    program = expr.compile(" || ".join(f"a == {number}" for number in range(300)), TYPES)
    assert [program.row({"a": value}) for value in (299, 300)] == [True, False]


@pytest.mark.parametrize(
    "source",
    [
        "['xx'].map(x, x + x)" + ".map(x, x + x)" * 7,
        "'x'" + ".replace('x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx')" * 30 + " == s",
        "l.map(x, l.map(y, x * y)).map(z, z + z + z + z)",
    ],
)
def test_values_do_not_grow_without_end(source):
    """Doubling and doubling again ends in unknown, or in an error at load, never in a full memory."""
    try:
        program = expr.compile(source, TYPES)
    except expr.ExpressionError:
        return
    program.row({"l": list(range(100)), "s": "x"})


def test_macros_are_bounded():
    """More macros than anyone needs, or nested deeper than two, are refused."""
    assert outcome("l.all(x, l.all(y, l.all(z, z > x)))") == ["E205"]
    assert outcome(" && ".join(["l.all(x, x > 1)"] * 9)) == ["E205"]
    assert outcome("l.map(x, x + 1).filter(y, y > 2).map(z, l.map(w, w * z)).exists(v, v == [])") == []


@pytest.mark.parametrize("pattern", ["(((a{100}){100}){100})", "((a{999}){999})", "x{1001}"])
def test_a_monstrous_pattern_is_refused(pattern):
    """A pattern that would need much memory is an error at load."""
    assert outcome(f"s.matches('{pattern}')") == ["E207"]


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=60))
def test_random_text_is_refused_or_compiles(source):
    """Text of any characters gives a program or diagnostics, and nothing else."""
    outcome(source)


PIECES = [
    "a",
    "s",
    "b",
    "l",
    "1",
    "2.5",
    "'x'",
    "true",
    "null",
    "(",
    ")",
    "[",
    "]",
    ",",
    ".",
    "?",
    ":",
    "!",
    "-",
    "+",
    "*",
]
PIECES += [
    "&&",
    "||",
    "==",
    "<",
    "in",
    "has",
    "size",
    "exists",
    "x",
    "matches",
    "'('",
    "timestamp",
    "//",
    "\n",
    "'",
    "\\",
    "{",
]


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14).map(" ".join))
def test_random_words_of_the_language_are_refused_or_compile(source):
    """Scrambled tokens give a program or diagnostics; what parses reads back from its own text as the same tree."""
    tree, found = parse(source)
    outcome(source)
    if tree is not None and not found:
        again, faults = parse(unparse(tree))
        assert (unparse(again), faults) == (unparse(tree), [])


@pytest.mark.slow
def test_mutated_expressions_never_raise_anything_else(lab):
    """Correct expressions with characters changed, dropped or doubled give a program or diagnostics."""
    chance = random.Random(7)
    for _ in range(3000):
        source = list(lab.sentences(chance).write("bool", 3))
        for _ in range(chance.randint(1, 4)):
            place = chance.randrange(len(source))
            source[place] = chance.choice([source[place] * 2, "", chance.choice(string.printable)])
        outcome("".join(source))
