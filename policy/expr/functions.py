"""The registry of functions and operators: what each is called, takes, gives and means.

A function is its `row`: machine values (see `policy.expr.machine`) to a machine value. Arguments are known, for an
unknown argument makes the call unknown; None as the answer means that the call has no value. `batch` is the same over
columns, and may be absent.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from policy.expr.types import NOTHING, Type, common, fits, parse_type

Style = Literal["call", "receiver", "operator"]
Row = Callable[..., Any]

_SIGNATURE = re.compile(r"(?:(?P<receiver>[^.]+)\.)?\((?P<params>.*)\) -> (?P<result>.+)")
_VARIABLES = ("A", "B")


class RefusedError(Exception):
    """A literal argument that a function cannot read; the text says why, `hint` what to do."""

    def __init__(self, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.hint = hint


@dataclass(slots=True, eq=False)
class Function:
    """One meaning of a name, with all of its signatures.

    partial: the value may be None. template: Python text of what row computes, `{0}` and so on for the arguments;
    bounds: an int outside of them is no value, and (): NaN is none. literal: positions whose argument is a literal,
    read once at load by `prepare`, and what it is called.
    """

    name: str
    row: Row
    signatures: tuple[str, ...]
    doc: str
    examples: tuple[str, ...]
    partial: bool
    template: str | None = None
    bounds: tuple[int, ...] | None = None
    literal: Mapping[int, str] = field(default_factory=dict)
    vector: Row | None = None
    prepared: Callable[[Any], Any] | None = None

    def __call__(self, *args: Any) -> Any:
        """The row."""
        return self.row(*args)

    def batch(self, vector: Row) -> Row:
        """Sets the twin: columns for the arguments that vary, machine values for those that do not.

        Columns are NumPy arrays (times in microseconds), strings a pyarrow StringArray, all without nulls. It gives a
        column, or a pair of a column and a mask of the rows that have a value; NaN gives NaN if the result is a double.
        """
        self.vector = vector
        return vector

    def prepare(self, read: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """Sets what turns the literal argument into what row gets. It raises RefusedError."""
        self.prepared = read
        return read


@dataclass(frozen=True, slots=True, eq=False)
class Overload:
    """One signature of a function. `params` begins with the receiver, if there is one."""

    function: Function
    style: Style
    params: tuple[Type, ...]
    result: Type
    usage: str


FUNCTIONS: dict[str, list[Overload]] = {}
REGISTERED: list[Function] = []


def function(
    name: str,
    *signatures: str,
    doc: str,
    examples: Sequence[str],
    partial: bool = False,
    literal: Mapping[int, str] | None = None,
    template: str | None = None,
) -> Callable[[Row], Function]:
    """Registers a row as a function: `string.(int) -> bool` is called as `text.f(1)`, `(int) -> bool` as `f(1)`."""

    def register(row: Row) -> Function:
        made = Function(name, row, signatures, doc, tuple(examples), partial, template, literal=literal or {})
        return _register(made, "call")

    return register


def operator(
    name: str,
    *signatures: str,
    row: Row,
    doc: str,
    examples: Sequence[str],
    template: str | None = None,
    bounds: tuple[int, ...] | None = None,
    partial: bool = False,
) -> Function:
    """Registers an operator."""
    made = Function(
        name, row, signatures, doc, tuple(examples), partial or bounds is not None, template, bounds
    )
    return _register(made, "operator")


def _register(made: Function, style: Style) -> Function:
    REGISTERED.append(made)
    for signature in made.signatures:
        FUNCTIONS.setdefault(made.name, []).append(_overload(made, signature, style))
    return made


def _overload(made: Function, signature: str, style: Style) -> Overload:
    found = _SIGNATURE.fullmatch(signature)
    assert found, signature
    receiver, inner = found["receiver"], found["params"]
    texts = [*([receiver] if receiver else []), *(inner.split(", ") if inner else [])]
    params = tuple(_type(text) for text in texts)
    if style == "operator":
        usage = f"({', '.join(texts)})"
    elif receiver:
        style, usage = "receiver", f"{receiver}.{made.name}({inner})"
    else:
        usage = f"{made.name}({inner})"
    return Overload(made, style, params, _type(found["result"]), usage)


def _type(text: str) -> Type:
    if text in _VARIABLES:
        return Type(text)
    name, _, inner = text[:-1].partition("(")
    if inner in _VARIABLES:
        return Type(name, (Type(inner),))
    return parse_type(text)


def resolve(candidates: Sequence[Overload], args: Sequence[Type]) -> tuple[Overload, Type] | None:
    """The overload for arguments of these types, and the type of its result."""
    for overload in candidates:
        bound: dict[str, Type] = {}
        if len(overload.params) == len(args) and all(map(_Binder(bound), args, overload.params)):
            return overload, _bind(overload.result, bound)
    return None


class _Binder:
    """Whether an argument's type fits a parameter's, and what that makes of type variables."""

    def __init__(self, bound: dict[str, Type]) -> None:
        self.bound = bound

    def __call__(self, arg: Type, param: Type) -> bool:
        if param.name in _VARIABLES:
            before = self.bound.get(param.name, NOTHING)
            both = arg if before == NOTHING else before if arg == NOTHING else common(before, arg)
            if both is not None:
                self.bound[param.name] = both
            return both is not None
        if param.params and arg.name == param.name:
            empty = arg.element == NOTHING and param.element.name not in _VARIABLES
            return empty or self(arg.element, param.element)
        return not param.params and fits(arg, param)


def _bind(type_: Type, bound: Mapping[str, Type]) -> Type:
    if type_.params:
        return Type(type_.name, (_bind(type_.element, bound),))
    return bound.get(type_.name, type_)


def namespaces() -> set[str]:
    """What stands before the last dot of a function's name: `math`."""
    return {name.rpartition(".")[0] for name in FUNCTIONS if "." in name}


def names(style: Style | None = None) -> list[str]:
    """The names of functions, for suggestions; operators are not among them."""
    wanted = (style,) if style else ("call", "receiver")
    return [name for name, all_ in FUNCTIONS.items() if any(each.style in wanted for each in all_)]
