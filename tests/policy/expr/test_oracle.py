"""Google's own implementation as the oracle: the same answers wherever both accept an expression."""

import math
from pathlib import Path
from random import Random

import pytest

from policy import expr

cel = pytest.importorskip("cel_expr_python.cel", reason="cel-expr-python is not installed: no oracle for CEL")
ext_math = pytest.importorskip("cel_expr_python.ext.ext_math")
ext_strings = pytest.importorskip("cel_expr_python.ext.ext_strings")

ROWS = 12
BATTERY = [
    line
    for line in Path(__file__).with_name("cel.txt").read_text("utf-8").split("\n")
    if line and not line.startswith("#")
]


def environment(types):
    kind = cel.Type
    kinds = {
        "int": kind.INT,
        "double": kind.DOUBLE,
        "bool": kind.BOOL,
        "string": kind.STRING,
        "timestamp": kind.TIMESTAMP,
        "duration": kind.DURATION,
        "list(int)": kind.List(kind.INT),
        "list(string)": kind.List(kind.STRING),
    }
    extensions = [ext_strings.ExtStrings(), ext_math.ExtMath()]
    return cel.NewEnv(variables={name: kinds[type_] for name, type_ in types.items()}, extensions=extensions)


def answer(found):
    """The oracle's value; None for an error."""
    if str(found.type()) == "ERROR":
        return None
    content = found.value()
    return [answer(item) for item in content] if str(found.type()).startswith("LIST") else content


def refusals(source):
    """The codes of the errors for which the language refuses a text; none if it compiles."""
    try:
        expr.compile(source, {})
    except expr.ExpressionError as error:
        return sorted({each.code for each in error.diagnostics if each.severity == "error"})
    return []


def standing(source, env, lab):
    """How the language stands to the oracle in one expression; see cel.txt."""
    refused = refusals(source)
    try:
        program = env.compile(source)
    except RuntimeError:
        return "both" if refused else "more"
    found = program.eval(data={})
    if str(found.type()) == "ERROR":
        return "none" if refused or expr.compile(source, {}).row({}) is None else "wrong: an error of CEL"
    if refused:
        return refused[0]
    ours, theirs = lab.plain(expr.compile(source, {}).row({})), lab.plain(answer(found))
    return "same" if ours == theirs else f"wrong: {ours} for {theirs}"


def test_each_kind_of_expression_is_answered_as_cel_does_or_refused_for_a_declared_reason(lab):
    """Hundreds of expressions without names stand to Google's implementation as the file says, none of them wrong."""
    env = environment({})
    found = [f"{standing(line[5:], env, lab):4} {line[5:]}" for line in BATTERY]
    assert found == BATTERY


def whole(random, lab, types):
    """A row without nulls, NaN, or times that the oracle cannot bind."""
    while True:
        row = {name: content for name, content in lab.row(random).items() if name in types}
        values = [
            item for content in row.values() for item in (content if isinstance(content, list) else [content])
        ]
        times = [content for content in values if hasattr(content, "year")]
        if None not in values and all(2 < time.year < 9998 for time in times):
            if all(abs(row["u"].days) < 100_000 and not math.isnan(row[name]) for name in ("x", "y")):
                return row


@pytest.mark.slow
def test_answers_are_those_of_googles_implementation(lab, monkeypatch):
    """Random expressions over CEL's own types and functions: equal values, and unknown for its errors.

    Two differences are declared. A double that is not a number is unknown here. Durations of more than 9,223,372,036
    seconds are an error of the oracle's subtraction, though they fit 64 bits of nanoseconds.
    """
    types = {name: kind for name, kind in lab.types.items() if name not in ("e", "p", "ld", "r.q")}
    full = dict(lab.types)
    random, compared, equal = Random(11), 0, 0
    env = environment(types)
    lab.types.clear()
    lab.types.update(types)
    try:
        programs = []
        while len(programs) < 400:
            kind = random.choice(["bool", "bool", "bool", "int", "double", "string", "timestamp", "duration"])
            source = lab.sentences(random, core=True).write(kind, random.randint(1, 4))
            try:
                programs.append((expr.compile(source, types), env.compile(source)))
            except expr.ExpressionError:
                continue
    finally:
        lab.types.clear()
        lab.types.update(full)
    for program, theirs in programs:
        for _ in range(ROWS):
            row = whole(random, lab, types)
            ours, expected = program.row(row), answer(theirs.eval(data=row))
            compared += 1
            if (
                ours is None and expected is not None
            ):  # only a NaN on the way makes a value of theirs unknown here
                assert {"x", "y"} & program.names or "." in program.source, program.source
                continue
            if expected is None and ours is not None:
                assert "t" in program.names or "v" in program.names or "timestamp" in program.source, (
                    program.source
                )
                continue
            equal += 1
            assert lab.plain(ours) == lab.plain(expected), (program.source, row)
    assert equal > 0.95 * compared
