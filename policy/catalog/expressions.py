"""The conditions of a policy: E200 to E299, W250 to W299."""

from __future__ import annotations

from policy.catalog.page import Page


def _page(title: str, what: str, why: str, instead: str, condition: str) -> Page:
    """A page whose example is a rule with a condition."""
    return Page(
        title, what, why, instead, f"rules:\n  - {{name: example, action: block, when: '{condition}'}}"
    )


PAGES: dict[str, Page] = {
    "E200": _page(
        "not an expression",
        "The text of a condition breaks the grammar: a bracket or quote stays open, a word is left over,"
        " a side is missing.",
        "A parser that guesses what was meant decides something else than what was meant.",
        "Mend the place under the caret: `&&` `||` `!` for and, or, not; `==` for equal; every bracket "
        "closed.",
        "risk > 0.5 and failed > 3",
    ),
    "E201": _page(
        "an unknown name",
        "A condition reads a name that is no input, list or definition of the policy, or a part of a "
        "value that has none.",
        "A mistyped name would be unknown in every request, and the rule would never fire.",
        "Take the name that is proposed, or declare it: under `inputs` for a fact, `lists` for a list, "
        "`define` for a condition. A text stands in quotes.",
        "rsk > 0.5",
    ),
    "E202": _page(
        "an unknown function",
        "A condition calls a function that the language does not have.",
        "Only functions that are known to end, and never fail, may run in a decision.",
        "Take the function that is proposed; policy/expr/README.md lists them all.",
        'user.startwith("bot")',
    ),
    "E203": _page(
        "types that do not go together",
        "An operator or function stands between values of types that it is not made for, or a part has "
        "another type than its place needs.",
        'Nothing is converted silently: in many systems `"7" > 3` is true, false or empty, and nobody is'
        " told.",
        "Write the literal in the type of the other side, or convert: `double(n)`, `string(n)`, "
        '`ip("…")`, `timestamp("…")`, `duration("1h")`.',
        "user > 3",
    ),
    "E204": _page(
        "a literal that cannot be read",
        "A number is out of range or has a suffix, or a text is never closed or holds an escape that "
        "does not exist.",
        "A literal that is cut or changed compares with something else than what is written.",
        "Mend the literal; for many backslashes take a raw text: r'\\d+'.",
        "failed > 10k",
    ),
    "E205": _page(
        "beyond the limits of an expression",
        "A condition has more than 4,096 characters, 60 levels, 1,500 parts, 256 items in a list, or 8 "
        "macros.",
        "A policy is read within a second and decides within microseconds, whoever wrote it.",
        "Put long lists under `lists`, and parts under a name in `define`.",
        "((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((failed > "
        "3))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))",
    ),
    "E206": _page(
        "a part of CEL that is not supported",
        "Unsigned integers, byte strings, maps, messages, `dyn`, `type` and `format` are left out of "
        "this language.",
        "What it cannot represent exactly it refuses, rather than answering otherwise than CEL.",
        "Write an int for an unsigned one, a string for bytes, one input for each member of a map.",
        "failed > 3u",
    ),
    "E207": _page(
        "a literal that its function cannot read",
        "A pattern, time zone, time, duration, address or range is not written as its function reads it.",
        "Found in a request, it would leave the condition unknown for ever.",
        "Mend the literal: RFC 3339 for times, `1h30m` for durations, Europe/Oslo for zones, RE2 for "
        "patterns.",
        'user.matches("(bot")',
    ),
    "E208": _page(
        "an argument that must be a literal",
        "The pattern of `matches`, or the time zone of a part of a time, is computed.",
        "Both are read once, when the policy loads; a pattern from a request could be anything.",
        "Write the text itself; for a choice of several, join conditions with `||`.",
        "user.matches(country)",
    ),
    "E209": _page(
        "an expression of another type",
        "The whole expression has another type than the block needs; `when` and `needs` must be bool.",
        "A rule fires if its condition is true, and no other value is true.",
        "Compare the value with something: `failed > 3` in place of `failed`.",
        "failed + 1",
    ),
    "E210": _page(
        "not a value of the enumeration",
        "A text is compared with an input whose `enum` does not hold it.",
        "The comparison could never be true: a rule with a mistyped word is silently off.",
        "Take the word that is proposed, or add it to the input's `enum`.",
        'reputation == "Tor"',
    ),
    "E211": _page(
        "a constant that is not a value",
        "A constant part of the condition is not a number, or is a time finer than a microsecond.",
        "Not-a-number is unknown, so that the part could never be true or false.",
        "Write the number that was meant.",
        "risk > 0.0 / 0.0",
    ),
    "W250": _page(
        "a list of several types",
        "A list literal holds items of several types.",
        "Only items of the type of the other side can ever match.",
        "Write all items in one type.",
        'user in ["a", 1]',
    ),
    "W251": _page(
        "a part that never has a value",
        "A constant part, such as a division by zero, is always unknown.",
        "The condition hangs on its other parts alone.",
        "Mend or remove the part.",
        "failed > 1 / 0",
    ),
    "W252": _page(
        "a question whose answer is known",
        "`has(x)` or `x == null` asks whether an input is there that always is.",
        "It is always true, or always false: the condition is shorter without it, or the input is meant "
        "to be optional.",
        "Remove the question, or declare the input `optional: true`.",
        "has(user) && failed > 3",
    ),
}
