"""What can be wrong with an expression, one small function a problem: the words that a person reads.

A Problem knows offsets in the text; `policy.expr.places` turns it into a diagnostic with file, line and column.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from policy.diagnostics import Severity, did_you_mean
from policy.expr.habits import FUNCTIONS, LIST, MEMBERS, SIGNS, constant

_SHOWN = 60  # characters of a quoted piece of the text


@dataclass(frozen=True, slots=True)
class Problem:
    """A diagnostic whose place is offsets in the text of the expression."""

    code: str
    message: str
    start: int
    end: int
    notes: tuple[str, ...] = ()
    help: tuple[str, ...] = ()
    severity: Severity = "error"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else text[:_SHOWN] + "…"


# --- E200: the text is not an expression -----------------------------------------------------------------------


def unexpected(text: str, start: int, end: int, meant: str = "") -> Problem:
    """A piece that cannot stand here."""
    hint = (f"did you mean `{meant}`?",) if meant else (SIGNS[text],) if text in SIGNS else ()
    return Problem("E200", f"unexpected `{_cut(text)}`", start, end, help=hint)


def expected(wanted: str, found: str, start: int, end: int, *hints: str) -> Problem:
    """Something else had to stand here."""
    shown = f"`{_cut(found)}`" if found else "the end"
    return Problem("E200", f"expected {wanted}, found {shown}", start, max(end, start + 1), help=hints)


def never_closed(bracket: str, start: int) -> Problem:
    """An opening bracket without its partner."""
    return Problem("E200", f"`{bracket}` is never closed", start, start + 1)


def reserved(word: str, start: int, end: int) -> Problem:
    """A word that CEL keeps for itself."""
    hint = (f"write `{FUNCTIONS[word]}`",) if word in FUNCTIONS else ()
    return Problem("E200", f"`{word}` is a reserved word and cannot be a name", start, end, help=hint)


def empty() -> Problem:
    """No expression at all."""
    return Problem("E200", "the expression is empty", 0, 1)


# --- E204: a literal is not written right ----------------------------------------------------------------------


def number_suffix(number: str, suffix: str, start: int, end: int) -> Problem:
    """`7u`, `10k`, `5min`."""
    if suffix in ("u", "U"):
        return unsupported("uint", start, end)
    hint = f"write `duration('{number}{suffix}')`" if suffix in ("h", "m", "s", "ms", "us", "ns") else ""
    message = f"`{_cut(suffix)}` cannot follow the number {_cut(number)}"
    return Problem("E204", message, start, end, help=(hint,) if hint else ())


def number_too_large(number: str, kind: str, start: int, end: int) -> Problem:
    """A number outside of its type."""
    span = "-9223372036854775808 to 9223372036854775807" if kind == "int" else "up to 1.7976931348623157e308"
    return Problem("E204", f"{_cut(number)} is out of range for {kind}", start, end, (f"expected {span}",))


def string_not_closed(quote: str, start: int, end: int) -> Problem:
    """The closing quote is missing."""
    hint = () if len(quote) == 3 else (f"a string ends on its line; {quote * 3} opens one of several lines",)
    return Problem("E204", f"the string is never closed with {quote}", start, end, help=hint)


def other_quotes(start: int, end: int) -> Problem:
    """Quotes as word processors and shells write them."""
    return Problem("E204", "a string stands in ' or \"", start, end)


def bad_escape(text: str, start: int, end: int) -> Problem:
    """A backslash that starts no escape, or no character."""
    if text[1:2] in ("u", "U", "x", "X") and len(text) > 2:
        return Problem("E204", f"`{text}` is not a Unicode character", start, end)
    hint = ("write `\\\\` for a backslash, or a raw string: r'…'",)
    expected_ = (
        "expected one of \\a \\b \\f \\n \\r \\t \\v \\\\ \\? \\\" \\' \\` \\xHH \\uHHHH \\UHHHHHHHH \\OOO"
    )
    return Problem("E204", f"`{text}` is not an escape", start, end, (expected_,), hint)


# --- E205: too much --------------------------------------------------------------------------------------------


def too_long(length: int, limit: int) -> Problem:
    """The text is longer than any condition needs."""
    hint = ("put long lists under `lists`, and parts under a name",)
    return Problem("E205", f"the expression has {length:,} characters, more than {limit:,}", 0, 1, help=hint)


def too_deep(limit: int, start: int, end: int) -> Problem:
    """Nested, or chained, too deep."""
    return Problem("E205", f"the expression is nested more than {limit} levels deep", start, end)


def too_many(what: str, limit: int, start: int, end: int, *hints: str) -> Problem:
    """Too many of something."""
    return Problem("E205", f"more than {limit} {what}", start, end, help=hints)


# --- E206: CEL, but not here -----------------------------------------------------------------------------------

UNSUPPORTED = {
    "uint": ("unsigned integers are not supported", "write an int"),
    "bytes": ("byte strings are not supported", "write a string"),
    "map": ("maps and messages are not supported", LIST),
    "dyn": ("`dyn` is not supported: every type is known before an expression runs", ""),
    "type": ("`type` is not supported: every type is known before an expression runs", ""),
    "format": ("`format` is not supported: a condition makes no text for people", ""),
    "optional": ("optional values are not supported", "`has(x)` asks whether x is known"),
    "cel": ("`cel.bind` is not supported", "a policy names parts of conditions under `define`"),
    "base64": ("byte strings are not supported, and so is no base64", ""),
}


def unsupported(what: str, start: int, end: int) -> Problem:
    """A part of CEL that this language leaves out."""
    message, hint = UNSUPPORTED[what]
    return Problem("E206", message, start, end, help=(hint,) if hint else ())


def unknown_type(reason: str) -> Problem:
    """A name is declared with a type that the language does not have."""
    return Problem("E206", reason, 0, 1)


# --- names and types -------------------------------------------------------------------------------------------


def unknown_name(name: str, known: Iterable[str], start: int, end: int) -> Problem:
    """A name that nothing declares."""
    names = sorted(known)
    meant = constant(name)
    hint = (f"write `{meant}`",) if meant else did_you_mean(name, names)
    if not hint and names:
        shown = ", ".join(names[:12])
        hint = (f"known: {shown}{', …' if len(names) > 12 else ''}",)
        if "." not in name:
            hint = (*hint, f'a text stands in quotes: "{_cut(name)}"')
    return Problem("E201", f"unknown name `{_cut(name)}`", start, end, help=hint)


def no_member(type_: str, member: str, start: int, end: int) -> Problem:
    """`x.y` where x has no parts."""
    message = f"a value of type {type_} has no member `{_cut(member)}`"
    called = MEMBERS.get(member.lower())
    return Problem("E201", message, start, end, help=(f"call it: `.{called}`",) if called else ())


def is_function(name: str, start: int, end: int) -> Problem:
    """A function without its call."""
    return Problem(
        "E201", f"`{name}` is a function, not a value", start, end, help=(f"call it: `{name}(…)`",)
    )


def unknown_function(name: str, known: Iterable[str], start: int, end: int) -> Problem:
    """A function that does not exist."""
    folded = name.lower().replace("_", "").removeprefix("math.")
    same = [each for each in known if each.lower() == folded]
    if same:
        hint: tuple[str, ...] = (f"did you mean `{same[0]}`?",)
    elif folded in FUNCTIONS:
        hint = (f"write `{FUNCTIONS[folded].format(folded)}`",)
    else:
        hint = did_you_mean(name, known)
    return Problem("E202", f"unknown function `{_cut(name)}`", start, end, help=hint)


def no_overload(
    sign: str, types: Sequence[str], wanted: Sequence[str], start: int, end: int, hints: Sequence[str] = ()
) -> Problem:
    """The function exists, but not for these types."""
    shown = " | ".join(wanted[:8]) + (" | …" if len(wanted) > 8 else "")
    notes = (f"expected {shown}",) if shown else ()
    message = f"no overload of `{sign}` for ({', '.join(types)})"
    return Problem("E203", message, start, end, notes, tuple(hints))


def call_style(name: str, usage: str, start: int, end: int) -> Problem:
    """`f(x)` for `x.f()`, or the other way round."""
    return Problem("E203", f"`{name}` is called another way", start, end, (f"expected {usage}",))


def not_a_type(wanted: str, found: str, what: str, start: int, end: int, *hints: str) -> Problem:
    """A value of the wrong type at a place with one right type."""
    return Problem("E203", f"{what} must be {wanted}, not {found}", start, end, help=hints)


def wrong_result(wanted: str, found: str, start: int, end: int) -> Problem:
    """The whole expression has the wrong type."""
    message = f"expected an expression of type {wanted}, this one is {found}"
    hint = _QUESTIONS.get(found, "") if wanted == "bool" else ""
    return Problem("E209", message, start, end, help=(hint,) if hint else ())


_QUESTIONS = {  # how a value of another type becomes a condition
    "int": "compare it with a number: `… > 3`",
    "double": "compare it with a number: `… > 0.5`",
    "string": "compare it with a text: `… == 'NO'`",
    "ip": "compare it with a range: `… in cidr('10.0.0.0/8')`",
    "timestamp": "compare it with a time: `… > timestamp('2026-01-31T00:00:00Z')`",
    "duration": "compare it with a duration: `… > duration('1h')`",
}


def not_in_enum(word: str, name: str, words: Sequence[str], start: int, end: int) -> Problem:
    """A literal that the enumeration does not hold."""
    shown = ", ".join(f'"{each}"' for each in words[:12]) + (", …" if len(words) > 12 else "")
    near = did_you_mean(word, words)
    if not near:
        folded = [each for each in words if each.lower() == word.lower()]
        near = (f"did you mean `{folded[0]}`?",) if folded else ()
    return Problem(
        "E210", f'"{_cut(word)}" is not a value of {name}', start, end, (f"expected {shown}",), near
    )


# --- literal arguments and constants ---------------------------------------------------------------------------


def refused_literal(function: str, reason: str, start: int, end: int, *hints: str) -> Problem:
    """A literal that the function cannot read: a broken pattern, zone, time or range."""
    return Problem("E207", f"`{function}`: {reason}", start, end, help=hints)


def not_literal(function: str, what: str, start: int, end: int) -> Problem:
    """An argument that must be known before anything runs."""
    return Problem("E208", f"{what} of `{function}` must be a literal", start, end)


def not_a_number(start: int, end: int) -> Problem:
    """A constant that is NaN."""
    return Problem("E211", "this is never a number", start, end, ("not-a-number is not a value here",))


def too_fine(kind: str, start: int, end: int) -> Problem:
    """A result that datetime cannot hold."""
    return Problem("E211", f"a {kind} that leaves an expression holds whole microseconds", start, end)


def never_known(sign: str, start: int, end: int) -> Problem:
    """A constant part that has no value."""
    message = f"`{sign}` never has a value here, so it is always unknown"
    return Problem("W251", message, start, end, severity="warning")


def mixed_list(types: Sequence[str], start: int, end: int) -> Problem:
    """A list of several types."""
    message = f"the list mixes {', '.join(types)}; only equal types can ever match"
    return Problem("W250", message, start, end, severity="warning")


def null_in_list(start: int, end: int) -> Problem:
    """`null` in a list that something is done with."""
    hint = "it stands as it is written on a side of `==`, `!=` or `in`, or is the result"
    return Problem("E203", "nothing can be done with a list that holds `null`", start, end, help=(hint,))


def computed_item(start: int, end: int) -> Problem:
    """Something computed in a list of several types."""
    return Problem("E203", "a list of several types, or with null, holds only literals and names", start, end)


def always_known(name: str, start: int, end: int) -> Problem:
    """`has` of an input that is always there."""
    return Problem("W252", f"`{name}` is never missing, so this is constant", start, end, severity="warning")
