"""Google's conformance cases of CEL: every answer is CEL's, or the expression is refused for a declared reason."""

import json
import os
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from policy import expr

FOLDER = Path(os.environ.get("SCOREGATE_CASES", Path(__file__).parents[4] / "shared" / "cases"))

# Where the language differs from CEL. It may refuse what CEL takes, for these reasons; it never answers otherwise.
DECLARED = {
    "E201": "no protocol buffer messages: only declared names, no fields, packages or containers",
    "E202": "no functions that a condition has no use for",
    "E203": "types are checked at load, also where CEL leaves that to the run time (disable_check)",
    "E204": "a number beyond its type is refused, also where CEL makes it infinite",
    "E205": "bounded: lengths, depths and macros",
    "E206": "no uint, bytes, maps, messages, dyn, type values, optional values and format",
    "E207": "a literal that a function cannot read is refused at load, also where its value would not matter",
    "E208": "patterns and time zones are literals",
    "E211": "not-a-number is no value, and times leave an expression in whole microseconds",
}


def cases():
    path = FOLDER / "cel.json"
    if not path.exists():
        reason = f"no cases by others: {FOLDER} is absent (set SCOREGATE_CASES)"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    return [
        pytest.param(case, id=f"{case['file']}/{case['section']}/{case['name']}")
        for case in json.loads(path.read_text("utf-8"))["cases"]
    ]


def value(tagged):
    ((kind, content),) = tagged.items()
    match kind:
        case "double":
            return float(content)
        case "list":
            return [value(item) for item in content]
        case "timestamp":
            return datetime.fromisoformat(content)
        case "duration":
            return timedelta(seconds=float(content.removesuffix("s")))
    return content


@pytest.mark.cases
@pytest.mark.parametrize("case", cases())
def test_a_conformance_case_is_answered_as_cel_does_or_refused_for_a_declared_reason(case, lab):
    """Equal answers; an error of CEL is unknown or a refusal; other refusals are declared."""
    try:
        program = expr.compile(case["expr"], case.get("types"))
    except expr.ExpressionError as error:
        codes = {each.code for each in error.diagnostics if each.severity == "error"}
        assert "error" in case or codes <= DECLARED.keys(), str(error)
        assert case.get("disable_check") or "error" in case or "E203" not in codes, str(error)
        return
    if "deduced_type" in case:
        assert program.type == case["deduced_type"]
        return
    bindings = {name: value(tagged) for name, tagged in case.get("bindings", {}).items()}
    expected = None if "error" in case else value(case["expected"])
    assert lab.plain(program.row(bindings)) == lab.plain(expected)
