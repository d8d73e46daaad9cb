"""A statement's text is hostile: what it computes is bounded, whatever it nests, repeats, or matches."""

from __future__ import annotations

import os
import signal

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scorer.errors import Invalid
from scorer.sql import duck, texts
from scorer.sql.exprs import MAX_SIZE, Expr, MistypedError
from scorer.sql.parse import parse
from scorer.sql.program import compute, typed
from scorer.sql.types import BIGINT, STRING, Type

ROWS = 1000


def expression(text: str, *columns: Type, version: tuple[int, int] = (4, 0)) -> Expr:
    """Type an expression over columns."""
    node = parse(f"SELECT {text} AS made FROM __THIS__", version).items[0].node
    assert node is not None
    return typed(node, columns, ansi=version >= (4, 0), condition=False)


def value(text: str, *row: str, version: tuple[int, int] = (4, 0)) -> object:
    """Compute an expression over texts."""
    columns = (STRING,) * len(row)
    return compute(expression(text, *columns, version=version), columns, filters=False)(*row)


@pytest.mark.parametrize(
    "written",
    [
        "nullif({}, 1)",
        "nanvl({}, 1)",
        "CASE {} WHEN 1 THEN 1 WHEN 2 THEN 2 ELSE 3 END",
        "IF({} BETWEEN 1 AND 2, 1, 2)",
    ],
)
def test_an_operand_that_is_read_twice_does_not_double_for_ever(written):
    """Nested operators that read an operand twice are refused beyond so many steps, and no name of theirs grows."""
    text = "a"
    for _ in range(13):
        text = written.format(text)
    with pytest.raises(MistypedError, match=f"more than {MAX_SIZE} steps"):
        expression(text, BIGINT)
    with pytest.raises(ValueError, match="give it one with AS"):
        parse(f"SELECT {'CASE ' * 13} a {'WHEN 1 THEN 1 WHEN 2 THEN 2 END ' * 13} FROM __THIS__", (4, 0))


@pytest.mark.parametrize(
    "text",
    [
        "replace(repeat('a', 3000), 'a', repeat('b', 3000))",
        "concat(s, " + ", ".join(["repeat('a', 1000000)"] * 5) + ")",
        "concat_ws(repeat(',', 1000000), s, s, s, s, s)",
        "regexp_replace(repeat('a', 3000), 'a', '" + "b" * 3000 + "')",
        "lpad(s, 2000000000)",
        "rpad(s, 2000000000, 'ab')",
        "repeat(s, 2000000000)",
    ],
)
def test_a_text_that_a_function_makes_is_bounded(text):
    """A function that would make a longer text raises before it makes it."""
    with pytest.raises(Invalid, match="characters is longer than"):
        value(text, "x") if "s" in text.replace("repeat", "") else value(text)


def test_a_batch_makes_no_longer_text_than_a_row():
    """DuckDB is not asked where a text could be longer than what a row may make."""
    half = pa.array(["x" * (texts.MAX_GROWN // 2 + 1)])
    spelt = duck.spell(expression("concat(s, s)", STRING))
    assert spelt is not None
    assert duck.run([half], 1, spelt) is None
    made = duck.run([pa.array(["x"])], 1, spelt)
    assert made is not None
    assert made.to_pylist() == ["xx"]


@settings(deadline=None)
@given(pattern=st.text("ab%_", max_size=8), text=st.text("ab\n", max_size=8))
def test_like_finds_what_trying_everything_finds(pattern, text):
    """LIKE, which never goes back, and DuckDB where it is asked, answer as a search of every way does."""

    def matches(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "%":
            return any(matches(pattern[1:], text[i:]) for i in range(len(text) + 1))
        return bool(text) and pattern[0] in ("_", text[0]) and matches(pattern[1:], text[1:])

    assert value(f"s LIKE '{pattern}'", text) is matches(pattern, text)
    spelt = duck.spell(expression(f"s LIKE '{pattern}'", STRING))
    if spelt is not None:
        made = duck.run([pa.array([text])], 1, spelt)
        assert made is not None
        assert made.to_pylist() == [matches(pattern, text)]


def test_a_pattern_of_many_any_texts_takes_time_in_line_with_the_text():
    """A pattern that a search of every way could not finish is answered."""
    pattern = "%a" * 40 + "%b_"
    assert value(f"s LIKE '{pattern}'", "a" * 5000) is False
    assert duck.spell(expression(f"s LIKE '{pattern}'", STRING)) is None


@pytest.mark.parametrize("text", ["9" * 5000, "1" + "0" * 300, "CAST(1 AS DECIMAL(1, 2, 3))"])
def test_a_number_of_any_length_is_refused_in_words(text):
    """A literal or type that no Spark type holds is a ValueError that says so."""
    with pytest.raises(ValueError, match=r"number|decimal|DECIMAL|cannot be read"):
        parse(f"SELECT {text} AS v FROM __THIS__", (4, 0))


def test_half_of_a_character_is_no_text():
    """A statement with a lone surrogate, which no column can hold, is refused."""
    with pytest.raises(ValueError, match="half of a character"):
        parse("SELECT '\ud800' AS v FROM __THIS__", (4, 0))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_process_computes_with_an_engine_of_its_own():
    """A process that is forked after a batch answers, and ends."""
    spelt = duck.spell(expression("a + 1", BIGINT))
    assert spelt is not None
    column = pa.array(range(ROWS), pa.int64())
    assert duck.run([column], ROWS, spelt) is not None
    child = os.fork()
    if child == 0:
        signal.alarm(60)
        made = duck.run([column], ROWS, spelt)
        os._exit(0 if made is not None and made.to_pylist() == list(range(1, ROWS + 1)) else 1)
    assert os.waitpid(child, 0)[1] == 0
