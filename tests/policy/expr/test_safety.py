"""No text of a user is ever run."""

import gc
import linecache
import re
from random import Random

import pytest

from policy import expr
from policy.expr import code
from policy.expr.batch import Conditions
from policy.expr.columns import encode
from policy.expr.row import compile_first
from policy.expr.unparse import string

HOSTILE = [
    "__import__('os').system('touch /tmp/pwned')",
    "'''\nimport os\n'''",
    '"""; raise SystemExit #',
    "\\",
    "\n    raise SystemExit",
    "{0.__class__}",
    "{}",
    "%s",
    "c0",
    "v0",
    "t1",
    "x1",
    "None",
    "lambda: 0",
    "\u202e\u2028\x00\x7f",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_strings_are_values(text, lab):
    """A string is compared as what it is, whatever it looks like."""
    source = f"s == {string(text)} || s.matches({string(re.escape(text) if text.isprintable() else 'z')})"
    program = expr.compile(source, lab.types)
    assert program.row({"s": text}) is True
    assert program.row({"s": "other"}) is False
    assert program.batch(lab.table([{**dict.fromkeys(lab.types), "s": text}])).to_pylist() == [True]


@pytest.mark.parametrize(
    "name", ["c0", "v0", "t0", "x1", "exec", "__builtins__", "def", "None", "lambda", "rows", "where", "l0"]
)
def test_hostile_names_are_names(name):
    """An input may be called like anything that generated code contains."""
    program = expr.compile(
        f"{name} > 1 && [1].exists(k, {name} > k) && [2].exists({name}, {name} == 2)", {name: "int"}
    )
    assert [program.row({name: value}) for value in (1, 2, None)] == [False, True, None]


def test_names_with_any_characters_are_only_looked_up():
    """A declared name that no expression can spell harms nobody."""
    program = expr.compile("a > 1", {"a": "int", "); import os #": "int"})
    assert program.row({"a": 2}) is True


def test_generated_source_holds_only_generated_names(lab):
    """Every line of generated code consists of keywords, numbers and names of a letter and a number."""
    allowed = re.compile(
        r"(?:(?:def|return|if|elif|else|for|in|is|not|and|or|try|except|TypeError|None|True|False|rows|begin|end|nan|full|where|"
        r"invert|masked|pair|double|wide|startswith|endswith|len|expression|first|careful|chunk|everything|e|[cvmltxsprl][0-9]+)\b"
        r"|[0-9.]+|[-+*/%<>=!&|~():,.\[\] \n]|:=)*"
    )
    random = Random(5)
    programs = []
    while len(programs) < 150:
        try:
            programs.append(expr.compile(lab.sentences(random).write("bool", 4), lab.types))
        except expr.ExpressionError:
            continue
    trees = [program.tree for program in programs]
    conditions = Conditions(trees)
    kept = [program.function for program in programs] + [compile_first(trees, conditions.names)]
    conditions.first(
        encode(lab.table([lab.row(random)]), {name: program_type(lab, name) for name in conditions.names})
    )
    files = [name for name in linecache.cache if name.startswith("<policy.expr ")]
    assert len(files) > len(kept)
    for file in files:
        source = "".join(linecache.getlines(file))
        assert allowed.fullmatch(source), source


def program_type(lab, name):
    return expr.compile(name, lab.types).variables[name].type


def test_a_traceback_shows_generated_code():
    """Generated source is kept as long as its function, and no longer."""
    function = code.function("broken", ["v0"], ["return 1 // v0"], {})
    file = function.__code__.co_filename
    with pytest.raises(ZeroDivisionError) as caught:
        function(0)
    assert str(caught.traceback[-1].statement).strip() == "return 1 // v0"
    del function, caught
    gc.collect()
    assert file not in linecache.cache
