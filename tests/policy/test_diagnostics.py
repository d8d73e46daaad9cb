"""How a problem is shown."""

from __future__ import annotations

import re

from policy.diagnostics import Diagnostic, Span, did_you_mean, github, in_order, render, to_json

LINE = "    when: country > 3"
OVERLOAD = Diagnostic(
    "E203",
    "no overload of `>` for (string, int)",
    Span("configs/login.yaml", 14, 19, 20, LINE),
    ("expected (int, int), (double, double)",),
    ("`country` is declared string at line 5",),
)


def test_text_has_place_line_caret_notes_and_help():
    """A diagnostic reads as the design draws it, to the letter."""
    assert render([OVERLOAD]) == (
        "configs/login.yaml:14:19: E203 no overload of `>` for (string, int)\n"
        "   |\n"
        "14 |     when: country > 3\n"
        "   |                   ^\n"
        "   = expected (int, int), (double, double)\n"
        "   = help: `country` is declared string at line 5"
    )


def test_a_span_is_underlined_as_far_as_it_goes():
    """There are as many carets as the span has columns, wide characters counting twice."""
    found = Diagnostic("E111", "unknown", Span("f", 1, 4, 6, "- {日本: 1}"))
    assert render([found]).splitlines()[-1] == "  |    ^^^^"


def test_warnings_and_notes_say_that_they_are():
    """Only an error goes without its severity."""
    found = Diagnostic("W401", "no case runs the model", Span("f", 1, 1, 2, "x"), severity="warning")
    assert render([found]).startswith("f:1:1: W401 warning: no case")


def test_problems_come_in_source_order_and_once():
    """Diagnostics are sorted by file, line and column; equal ones are shown once."""
    late = Diagnostic("E102", "late", Span("f", 2, 1, 2))
    early = Diagnostic("E111", "early", Span("f", 1, 9, 10))
    assert in_order([late, early, late]) == [early, late]


def test_long_lines_are_cut_around_the_place():
    """A line of a megabyte does not fill the terminal, and the caret stands under its character."""
    text = "x" * 500_000 + "!" + "x" * 500_000
    *_, shown, carets = render([Diagnostic("E101", "bad", Span("f", 1, 500_001, 500_002, text))]).splitlines()
    assert len(shown) < 140
    assert shown[carets.index("^")] == "!"


def test_control_characters_cannot_steer_a_terminal():
    """Escape sequences in names and lines are shown, not sent."""
    found = Diagnostic(
        "E111", "no key `\x1b[31m`", Span("a\x07", 1, 1, 2, "\x1b[31m: \u202e"), ("\x9b",), ("\x00",)
    )
    for text in (render([found]), github([found])):
        assert re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", text) is None


def test_annotations_escape_what_github_reads():
    """Line ends, percent signs, colons and commas cannot end a workflow command early."""
    found = Diagnostic("E101", "50%\n::error::x", Span("a,b:c.yaml", 3, 1, 2))
    assert github([found]) == (
        "::error file=a%2Cb%3Ac.yaml,line=3,col=1,endColumn=2,title=E101::50%25%0A::error::x"
    )


def test_json_holds_all_that_the_text_says():
    """A script sees code, severity, place, notes and help."""
    assert to_json(OVERLOAD) == {
        "code": "E203",
        "severity": "error",
        "message": "no overload of `>` for (string, int)",
        "file": "configs/login.yaml",
        "line": 14,
        "column": 19,
        "end_column": 20,
        "notes": ["expected (int, int), (double, double)"],
        "help": ["`country` is declared string at line 5"],
    }


def test_the_nearest_word_is_proposed():
    """A near miss gets a proposal, nonsense gets none."""
    assert did_you_mean("chalenge", ["allow", "challenge"]) == ("did you mean `challenge`?",)
    assert did_you_mean("zzz", ["allow", "challenge"]) == ()


def test_a_style_paints_without_changing_the_words():
    """What a style adds can be taken away again."""
    painted = render([OVERLOAD], lambda role, text: f"<{role}>{text}</>")
    assert re.sub(r"<[^>]*>", "", painted) == re.sub(r"<[^>]*>", "", render([OVERLOAD]))
    assert "<caret>^</>" not in render([OVERLOAD])
