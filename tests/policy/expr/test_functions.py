"""Laws of every function of the registry, and of the reference that is made of it."""

import re
from pathlib import Path

import pytest

from policy import expr
from policy.expr.functions import FUNCTIONS, REGISTERED, names
from policy.expr.nodes import SIGN
from policy.expr.reference import render

README = Path(expr.__file__).parent / "README.md"
EXAMPLES = [example for made in REGISTERED for example in made.examples]


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_are_true(example):
    """Every example of the registry is true."""
    assert expr.compile(example, {}).row({}) is True


@pytest.mark.parametrize("made", REGISTERED, ids=[f"{made.name} {made.signatures[0]}" for made in REGISTERED])
def test_a_function_says_what_it_is(made):
    """A function has a sentence and, unless it needs a set, an example that calls it."""
    assert made.doc.endswith(".")
    called = SIGN.get(made.name, f"{made.name}(").strip("[]") or "["
    assert all(called.replace("@", "") in example for example in made.examples)
    assert made.examples or "set(" in made.signatures[0]


def test_no_two_overloads_take_the_same():
    """Types alone decide which overload is meant."""
    for overloads in FUNCTIONS.values():
        keys = [(overload.style, overload.params) for overload in overloads]
        assert len(keys) == len(set(keys))


def test_the_reference_is_made_of_the_registry():
    """The table of functions in the README is what the registry renders."""
    text = README.read_text("utf-8")
    table = text.partition("<!-- functions -->\n")[2].partition("<!-- end of functions -->")[0]
    assert table == render(), "write policy.expr.reference.render() between the marks"
    for name in names():
        assert f"`{name}" in text or f".{name}(" in text


def test_the_examples_of_the_readme_are_true():
    """Every line of a CEL block of the README is an expression that is true for the inputs that the README gives."""
    text = README.read_text("utf-8")
    types = {
        "country": "string",
        "score": "double",
        "attempts": "int",
        "tags": "list(string)",
        "now": "timestamp",
        "addr": "ip",
    }
    from datetime import UTC, datetime  # noqa: PLC0415

    values = {"country": "NO", "score": 0.61, "attempts": 7, "tags": ["vpn", "new"], "addr": "10.1.2.3"}
    values["now"] = datetime(2026, 1, 31, 23, 30, tzinfo=UTC)
    lines = [
        line
        for block in re.findall(r"```cel\n(.*?)```", text, re.DOTALL)
        for line in block.splitlines()
        if line
    ]
    assert len(lines) > 15
    for line in lines:
        assert expr.compile(line, types).row(values) is True, line
