"""`inputs:`, the facts that a request must bring: types, ranges, defaults, what the log may hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from policy.diagnostics import Span
from policy.scalars import resolve
from policy.source import Node, Scalar
from policy.spec.reader import Fields, Reader, kind
from policy.spec.values import CONVERT, FORM, plain

MAX_LENGTH = 10_000
MAX_INPUTS = 1_000
LOG = ("clear", "hash", "drop")

# Words of the expression language, and names that it gives to values of its own.
RESERVED = frozenset(
    (
        *("true", "false", "null", "in", "as", "break", "const", "continue", "else", "for", "function", "if"),
        *("import", "let", "loop", "package", "namespace", "return", "var", "void", "while"),
        *("now", "lists", "completed"),
    )
)

_RANGED = ("int", "double", "timestamp", "duration")
FITS = {
    "min": _RANGED,
    "max": _RANGED,
    "enum": ("int", "string"),
    "max_length": ("string",),
}
_ELSEWHERE = {  # what other languages call a type
    **dict.fromkeys(("text", "str", "varchar", "char", "keyword"), "string"),
    **dict.fromkeys(("integer", "long", "int64", "int32", "bigint"), "int"),
    **dict.fromkeys(("float", "number", "decimal", "float64", "real"), "double"),
    **dict.fromkeys(("datetime", "date", "time"), "timestamp"),
    **dict.fromkeys(("interval", "timedelta"), "duration"),
    **dict.fromkeys(("address", "ipv4", "ipv6", "inet"), "ip"),
    **dict.fromkeys(("boolean", "flag"), "bool"),
}
KEYS = ("type", "min", "max", "enum", "max_length", "optional", "default", "log", "description")


@dataclass(frozen=True, slots=True)
class InputSpec:
    """One fact of a request.

    minimum, maximum: inclusive, of the input's type; default: None without one; max_length: characters of a
    string.
    """

    name: str
    type: str
    span: Span
    minimum: Any = None
    maximum: Any = None
    enum: tuple[Any, ...] | None = None
    max_length: int = MAX_LENGTH
    optional: bool = False
    default: Any = None
    log: str = "clear"
    logged: bool = False
    description: str = ""

    @property
    def form(self) -> str:
        """The type in the words of a message."""
        return FORM[self.type]

    def convert(self, value: Any) -> Any:
        """The value as the input's type has it; None if it is of another type."""
        return CONVERT[self.type](value)

    def fault(self, value: Any) -> tuple[str, str] | None:
        """What is expected and what came, if a value of the right type lies outside what the input allows."""
        if self.enum is not None and value not in self.enum:
            words = ", ".join(str(word) for word in self.enum[:20])
            return f"one of {words}{', …' if len(self.enum) > 20 else ''}", self.shown(value)
        if self.minimum is not None and value < self.minimum:
            return f"{self.type} of at least {plain(self.minimum)}", self.shown(value)
        if self.maximum is not None and value > self.maximum:
            return f"{self.type} of at most {plain(self.maximum)}", self.shown(value)
        if self.type == "string" and len(value) > self.max_length:
            return f"string of at most {self.max_length} characters", f"{len(value)} characters"
        return None

    def shown(self, value: Any) -> str:
        """The value in a message: only where the log may hold it in clear."""
        if self.log != "clear":
            return "another value"
        return f'"{value[:80]}"' if isinstance(value, str) else str(plain(value))


def read_inputs(node: Node, reader: Reader) -> tuple[InputSpec, ...]:
    """The block `inputs:`."""
    fields = reader.fields(node, "`inputs`")
    if len(fields) > MAX_INPUTS:
        reader.note("E103", f"{len(fields):,} inputs, more than {MAX_INPUTS:,}", node.span)
        return ()
    return tuple(_read_input(key, value, reader) for key, value in fields.values())


def _read_input(key: Scalar, node: Node, reader: Reader) -> InputSpec:
    name = str(key.value)
    if reader.identifier(key, "the name of an input") and name in RESERVED:
        reader.note("E115", f"`{name}` is a word of the policy language, and cannot name an input", key.span)
    fields = reader.record(node, f"the input `{name}`", KEYS, ("type",))
    type_ = _type(fields, reader)
    if type_ is None:
        return InputSpec(name, "unknown", key.span)
    for word, types in FITS.items():
        if word in fields and type_ not in types:
            place, _ = fields.pop(word)
            reader.note(
                "E120",
                f"`{word}` has no meaning for the type {type_}",
                place.span,
                f"it is for {', '.join(types)}",
            )
    spec = InputSpec(
        name,
        type_,
        key.span,
        minimum=_value(fields, "min", type_, reader),
        maximum=_value(fields, "max", type_, reader),
        enum=_enum(fields, type_, reader),
        max_length=_max_length(fields, reader),
        optional=bool("optional" in fields and reader.boolean(fields["optional"][1], "`optional`")),
        log=_log(fields, reader),
        logged="log" in fields,
        description=_description(fields, reader),
    )
    _check_range(spec, fields, reader)
    return _with_default(spec, fields, reader)


def _type(fields: Fields, reader: Reader) -> str | None:
    if "type" not in fields:
        return None
    node = fields["type"][1]
    word = str(node.value).lower() if isinstance(node, Scalar) else ""
    if word not in _ELSEWHERE:
        return reader.choice(node, "the type", tuple(CONVERT))
    expected, hint = f"expected {', '.join(CONVERT)}", f"did you mean `{_ELSEWHERE[word]}`?"
    reader.note("E113", f"the type cannot be `{word}`", node.span, expected, hints=(hint,))
    return None


def _value(fields: Fields, word: str, type_: str, reader: Reader) -> Any:
    return _converted(fields[word][1], f"`{word}`", type_, reader) if word in fields else None


def _converted(node: Node, what: str, type_: str, reader: Reader) -> Any:
    if isinstance(node, Scalar):
        value = CONVERT[type_](node.value)
        if value is not None:
            return value
    hints = _as_written(node, type_)
    reader.note(
        "E121", f"{what} must be of the type {FORM[type_]}", node.span, f"found {kind(node)}", hints=hints
    )
    return None


def _as_written(node: Node, type_: str) -> tuple[str, ...]:
    """How a scalar of another type is most likely meant."""
    if not isinstance(node, Scalar) or node.value is None:
        return ()
    if type_ == "string":
        return (f'write it in quotes: "{node.text}"',)
    bare = resolve(node.text) if isinstance(node.value, str) else node.value
    if isinstance(node.value, str) and CONVERT[type_](bare) is not None:
        return (f"write {node.text} without quotes",)
    word = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(node.text.lower())
    return (f"write {word}",) if type_ == "bool" and word else ()


def _enum(fields: Fields, type_: str, reader: Reader) -> tuple[Any, ...] | None:
    if "enum" not in fields:
        return None
    node = fields["enum"][1]
    values: dict[Any, None] = {}
    for item in reader.items(node, "`enum`"):
        value = _converted(item, "a value of `enum`", type_, reader)
        if value is not None and value in values:
            reader.note("E121", f"`{value}` stands twice in `enum`", item.span)
        values[value] = None
    values.pop(None, None)
    if not values and getattr(node, "items", None) == ():
        reader.note("E121", "`enum` must name at least one value", node.span)
    return tuple(values) or None


def _max_length(fields: Fields, reader: Reader) -> int:
    if "max_length" not in fields:
        return MAX_LENGTH
    node = fields["max_length"][1]
    value = node.value if isinstance(node, Scalar) else None
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 1_000_000:
        return value
    reader.note("E121", "`max_length` must be an int from 1 to 1000000", node.span, f"found {kind(node)}")
    return MAX_LENGTH


def _log(fields: Fields, reader: Reader) -> str:
    return (reader.choice(fields["log"][1], "`log`", LOG) or "drop") if "log" in fields else "clear"


def _description(fields: Fields, reader: Reader) -> str:
    return (reader.text(fields["description"][1], "`description`") or "") if "description" in fields else ""


def _check_range(spec: InputSpec, fields: Fields, reader: Reader) -> None:
    low, high = spec.minimum, spec.maximum
    if low is not None and high is not None and low > high:
        found = f"`min` is {plain(low)}"
        reader.note("E120", f"`max` of `{spec.name}` lies below its `min`", fields["max"][1].span, found)


def _with_default(spec: InputSpec, fields: Fields, reader: Reader) -> InputSpec:
    if "default" not in fields:
        return spec
    key, node = fields["default"]
    if spec.optional:
        found = "a fact with a default is never missing"
        reader.note("W404", f"`optional` of `{spec.name}` has no effect", key.span, found, severity="warning")
    default = _converted(node, "`default`", spec.type, reader)
    if default is None:
        return spec
    if fault := spec.fault(default):
        reader.note(
            "E121", f"`default` of `{spec.name}` is not a value it allows", node.span, f"expected {fault[0]}"
        )
    return replace(spec, default=default)
