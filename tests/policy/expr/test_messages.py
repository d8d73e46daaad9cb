"""What a person reads who wrote an expression wrong."""

import pytest

from policy import expr
from policy.diagnostics import Span

# expression, code, the marked text, a part of the message, a part of the help
WRONG = [
    ("scroe > 1.0", "E201", "scroe", "unknown name `scroe`", "did you mean `score`?"),
    ("device.os2 == 1", "E201", "device.os2", "unknown name `device.os2`", "did you mean `device.os`?"),
    ("n.part", "E201", "part", "no member `part`", ""),
    ("size > 1", "E201", "size", "is a function", "size(…)"),
    ("s.startswith('a')", "E202", "startswith", "unknown function", "did you mean `startsWith`?"),
    ("lower(s)", "E202", "lower", "unknown function `lower`", "write `x.lowerAscii()`"),
    ("starts_with(s, 'a')", "E202", "starts_with", "unknown function", "startsWith"),
    ("s.STARTSWITH('a')", "E202", "STARTSWITH", "unknown function", "did you mean `startsWith`?"),
    ("abs(n) > 1", "E202", "abs", "unknown function", "write `math.abs(x)`"),
    ("startsWith(s, 'a')", "E203", "startsWith", "called another way", ""),
    (
        "country > 3",
        "E203",
        ">",
        "no overload of `>` for (string, int)",
        "`country` is declared string at line 5",
    ),
    ("score >= '0.3'", "E203", ">=", "no overload of `>=` for (double, string)", "write 0.3 without quotes"),
    ("score * 100", "E203", "*", "no overload of `*` for (double, int)", "write 100.0"),
    ("n + score", "E203", "+", "no overload", "double(…)"),
    ("1 < n < 3", "E203", "<", "for (bool, int)", "does not chain"),
    ("t > '2026-01-31'", "E203", ">", "(timestamp, string)", "write timestamp('2026-01-31T00:00:00Z')"),
    ("t > 'noon'", "E203", ">", "(timestamp, string)", "write timestamp('2026-01-31T23:30:00Z')"),
    ("ip in '10.0.0.0/8'", "E203", "in", "(ip, string)", "in cidr('10.0.0.0/8')"),
    ("ip in ['10.0.0.1']", "E203", "in", "(ip, list(string))", "ip('…')"),
    ("'tor' in s", "E203", "in", "(string, string)", ".contains("),
    ("n in 3", "E203", "in", "(int, int)", "[a, b]"),
    ("n in lists.office", "E203", "in", "(int, set(ip))", ""),
    ("ip == lists.office", "E203", "==", "(ip, set(ip))", "write `x in lists.office`"),
    ("lists.office.contains(s)", "E203", "contains", "(set(ip), string)", "write `x in lists.office`"),
    ("ip in lists.offise", "E201", "lists.offise", "unknown name", "did you mean `lists.office`?"),
    ("b == 'true'", "E203", "==", "(bool, string)", "write true without quotes"),
    ("b && n", "E203", "n", "must be bool, not int", ""),
    ("n ? 1 : 2", "E203", "n", "must be bool, not int", ""),
    ("b ? 1 : 'a'", "E203", "1 : 'a'", "no overload of `? :`", ""),
    ("n.exists(x, x > 1)", "E203", "n", "must be a list, not int", ""),
    ("l.exists(x)", "E203", "exists", "called another way", ""),
    ("n == null + 1", "E203", "+", "no overload", ""),
    ("(n + 1) == null", "E203", "==", "no overload", "`null` compares with a name"),
    ("has(n > 1)", "E203", "has", "called another way", ""),
    ("s.charAt('1')", "E203", "charAt", "for (string, string)", ""),
    ("reputation == 'Tor'", "E210", "'Tor'", "is not a value of reputation", "did you mean `tor`?"),
    ("reputation in ['clean', 'TOR']", "E210", "'TOR'", "is not a value", "did you mean `tor`?"),
    ("s.matches('(')", "E207", "'('", "not a pattern of RE2", "syntax"),
    ("s.matches(s)", "E208", "s", "the pattern of `matches` must be a literal", ""),
    ("t.getHours('Oslo')", "E207", "'Oslo'", "no time zone", "Europe/Oslo"),
    ("t.getHours('../../etc/passwd')", "E207", "'../../etc/passwd'", "no time zone", ""),
    ("t > timestamp('2026-13-01T00:00:00Z')", "E207", "timestamp('2026-13-01T00:00:00Z')", "no value", ""),
    ("ip in cidr('10.0.0.0/33')", "E207", "cidr('10.0.0.0/33')", "no value", ""),
    ("score > 0.0 / 0.0", "E211", "0.0 / 0.0", "never a number", ""),
    ("n == 1u", "E206", "1u", "unsigned", "write an int"),
    ("s == b'a'", "E206", "b'a'", "byte strings", ""),
    ("{'a': 1}.a == 1", "E206", "{", "maps", ""),
    ("Msg{a: 1}", "E206", "{", "maps", ""),
    ("dyn(n) == 1", "E206", "dyn", "not supported", ""),
    ("type(n) == int", "E206", "type", "not supported", ""),
    ("n = 3", "E200", "=", "unexpected `=`", "did you mean `==`?"),
    ("n <> 3", "E200", "<>", "unexpected `<>`", "did you mean `!=`?"),
    ("b and n > 1", "E200", "and", "unexpected `and`", "did you mean `&&`?"),
    ("b | b", "E200", "|", "unexpected", "did you mean `||`?"),
    ("not b", "E200", "not", "unexpected `not`", "did you mean `!`?"),
    ("n not in [1]", "E200", "not", "unexpected `not`", "!(a in b)"),
    ("(n > 1", "E200", "(", "never closed", ""),
    ("n > [1, 2", "E200", "[", "never closed", ""),
    ("n > 1)", "E200", ")", "expected an operator", ""),
    ("n >", "E200", "", "expected a value, found the end", ""),
    ("s == tor exit", "E200", "exit", "expected an operator", "strings stand in quotes"),
    ("b ? b ? 1 : 2 : 3", "E200", "?", "expected `:`", "parentheses"),
    ("if", "E200", "if", "reserved word", ""),
    ("  ", "E200", " ", "empty", ""),
    ("n > 1 # why", "E200", "#", "unexpected `#`", ""),
    ("naïve > 1", "E200", "ï", "unexpected", ""),
    ("s == 'abc", "E204", "'", "never closed", ""),
    (r"s == 'C:\Windows'", "E204", r"\W", "is not an escape", "raw string"),
    (r"s == '\ud800'", "E204", r"\ud800", "not a Unicode character", ""),
    ("n > 9223372036854775808", "E204", "9223372036854775808", "out of range for int", ""),
    ("score > 1e999", "E204", "1e999", "out of range for double", ""),
    ("n > 5min", "E204", "5min", "cannot follow the number", ""),
    ("u > 5m", "E204", "5m", "cannot follow the number", "duration('5m')"),
    ("s matches '^a'", "E200", "matches", "expected an operator", "write `text.matches('part')`"),
    ("n between 1 and 3", "E200", "between", "expected an operator", "write `a <= x && x <= b`"),
    ("s is null", "E200", "is", "expected an operator", "write `x == null`"),
    ("n gt 3", "E200", "gt", "expected an operator", "write `a > b`"),
    ("if n > 3 then b else b", "E200", "if", "reserved word", "write `condition ? one : other`"),
    ("n > 1,000", "E200", ",", "expected an operator", "write 1000 for 1,000"),
    ("score > 50%", "E200", "", "expected a value", "write 0.5 for 50 %"),
    ("s == nil", "E201", "nil", "unknown name `nil`", "write `null`"),
    ("b == TRUE", "E201", "TRUE", "unknown name `TRUE`", "write `true`"),
    ("s == NO", "E201", "NO", "unknown name `NO`", ""),
    ("s == 'NO' || 'SE'", "E203", "'SE'", "must be bool, not string", "x in [a, b]"),
    ("u > 30", "E203", ">", "(duration, int)", "write duration('30s')"),
    ("t > '2026-01-01'", "E203", ">", "(timestamp, string)", "write timestamp('2026-01-01T00:00:00Z')"),
    ("t.getHour() > 3", "E202", "getHour", "unknown function", "did you mean `getHours`?"),
    (
        "math.flor(score) > 1.0",
        "E202",
        "math.flor",
        "unknown function `math.flor`",
        "did you mean `math.floor`?",
    ),
    ("math.abs > 1", "E201", "math.abs", "is a function", "math.abs(…)"),
    ("math.greatest(n, 2.5) > 1.0", "E203", "greatest", "no overload", "double(…)"),
    ("l.any(x, x > 1)", "E202", "any", "unknown function `any`", "write `list.exists(x, condition)`"),
    ("n in (1, 2)", "E200", ",", "expected `)`", "a list stands in square brackets"),
    ("n in {1, 2}", "E206", "{", "maps", "a list stands in square brackets"),
    ("s == “tor”", "E204", "“tor”", "a string stands in ' or", ""),
    ("s ~ '^a'", "E200", "~", "unexpected `~`", "write `text.matches('pattern')`"),
    ("b == 1", "E203", "==", "(bool, int)", "write true"),
    ("t.year == 2026", "E201", "year", "no member `year`", "call it: `.getFullYear()`"),
    ("t > today()", "E202", "today", "unknown function", "write `now`"),
    ("s[0] == 'a'", "E203", "[0]", "no overload of `[]`", "text.charAt(0)"),
    ("optional.of(n)", "E206", "optional", "optional values", "has(x)"),
    ("[1, 'a'][n] == 1", "E203", "[1, 'a']", "must be a list of one type", ""),
    ("(b ? [1, 'a'] : ['b', 2]) == []", "E203", "[1, 'a']", "must be a list of one type", ""),
    ("[1, null].exists(x, x == 1)", "E203", "[1, null]", "holds `null`", "as it is written"),
]

TYPES = {
    "lists.office": "set(ip)",
    "score": "double",
    "n": "int",
    "b": "bool",
    "s": "string",
    "t": "timestamp",
    "u": "duration",
    "ip": "ip",
    "l": "list(int)",
    "device.os": "string",
    "reputation": expr.Enum(["clean", "proxy", "tor"], "reputation"),
    "country": expr.Variable(expr.Enum(["NO", "SE"]), where="declared string at line 5"),
}


def refused(source, **options):
    with pytest.raises(expr.ExpressionError) as caught:
        expr.compile(source, TYPES, **options)
    return list(caught.value.diagnostics)


@pytest.mark.parametrize(
    ("source", "code", "marked", "message", "hint"), WRONG, ids=[line[0] for line in WRONG]
)
def test_a_mistake_is_named_placed_and_mended(source, code, marked, message, hint):
    """A wrong expression is told once: its code, the very text, what is wrong and the way out."""
    first = refused(source)[0]
    assert (first.code, first.span.text[first.span.column - 1 : first.span.end - 1]) == (code, marked)
    assert message in first.message
    assert hint in "\n".join(first.help)


def test_all_mistakes_are_told_at_once_in_the_order_written():
    """Every problem of an expression stands in one error, each once."""
    found = refused("scroe >= '0.3' && s.startswith('a') && s.charAt(0) > 3 && n = 'x'")
    assert [(each.code, each.span.column) for each in found] == [
        ("E201", 1),
        ("E202", 21),
        ("E203", 52),
        ("E200", 61),
        ("E203", 61),
    ]


def test_a_mistake_inside_a_call_is_told_once():
    """What stands around a wrong part is not blamed for it."""
    assert [each.code for each in refused("size(nope.trim()) + 1 > 2 && [nope2] == l")] == ["E201", "E201"]


def test_the_text_shows_line_and_caret():
    """An error's text is the line, a caret under the place, what was expected and the way out."""
    with pytest.raises(expr.ExpressionError) as caught:
        expr.compile("n > 1 &&\n  country > 3", TYPES)
    assert str(caught.value) == (
        "\n<expression>:2:11: E203 no overload of `>` for (string, int)\n"
        "  |\n"
        "2 |   country > 3\n"
        "  |           ^\n"
        "  = expected (string, string) | (int, int) | (int, double) | (double, int)\n"
        "  = help: write '3' in quotes\n"
        "  = help: `country` is declared string at line 5"
    )


def test_an_expression_inside_a_file_is_blamed_at_its_place_in_the_file():
    """The columns of an expression in a line of YAML are columns of that line."""
    text = '    when: "country > 3"   # why'
    span = Span("login.yaml", 14, 11, 24, text)
    found = refused("country > 3", place=expr.embedded(span, "country > 3"))[0].span
    assert (found.file, found.line, found.column, found.end, found.text) == ("login.yaml", 14, 20, 21, text)


def test_an_expression_of_several_lines_in_a_file_is_blamed_as_a_whole():
    """Where columns cannot be told the whole text is marked, never a wrong place."""
    span = Span("login.yaml", 14, 11, 12, "    when: |")
    assert refused("n >\ncountry", place=expr.embedded(span, "n >\ncountry"))[0].span == span


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("s in ['a', 1]", "W250"),
        ("b || 1 / 0 > 1", "W251"),
        ("n / 0 > 1", "W251"),
        ("b && n % 0 == 1", "W251"),
        ("has(k)", "W252"),
        ("k == null", "W252"),
    ],
)
def test_what_is_odd_but_right_is_a_warning(source, code):
    """An expression that says something odd compiles, and says so."""
    program = expr.compile(
        source, {**TYPES, "k": expr.Variable(expr.list_of(expr.Type("int")), optional=False)}
    )
    assert [(each.code, each.severity) for each in program.warnings] == [(code, "warning")]


def test_the_wanted_type_is_checked():
    """A condition must be bool."""
    assert [each.code for each in refused("n + 1", wanted="bool")] == ["E209"]


def test_a_type_that_does_not_exist_is_refused_by_name():
    """A declaration with an unknown type is an error of the expression language too."""
    with pytest.raises(expr.ExpressionError, match=r"unknown type `text`.*at `a`"):
        expr.compile("true", {"a": "text"})
