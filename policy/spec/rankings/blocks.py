"""`filters:`, `boosts:`, `caps:`, `fallback:`, `fold_in:` and `n:` of a ranking."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod

from policy.diagnostics import Span
from policy.source import Node
from policy.spec.conditions import Condition, Names, read_condition
from policy.spec.reader import Reader
from policy.spec.rules import check_unique

MAX_BLOCKS = 500
SOURCES = ("fold_in", "popular", "empty")
MOST = 1e12  # of a factor, or of what is added: scores are floats, which end at 3.4e38


@dataclass(frozen=True, slots=True)
class FilterSpec:
    """A named condition on items: those for which it is definitely true are kept."""

    name: str
    keep: Condition
    span: Span


@dataclass(frozen=True, slots=True)
class BoostSpec:
    """What a condition does to the score of an item: score · multiply + add, where it is definitely true."""

    name: str
    when: Condition
    span: Span
    multiply: float = 1.0
    add: float = 0.0


@dataclass(frozen=True, slots=True)
class CapSpec:
    """At most so many items with the same value of a column; items without a value are not counted."""

    by: str
    at_most: int
    span: Span


@dataclass(frozen=True, slots=True)
class FoldInSpec:
    """The parameters with which the model was trained: Spark's regParam, alpha and implicitPrefs."""

    reg: float
    alpha: float = 1.0
    implicit: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """How many items are asked for: without `n` in the request, and at most."""

    default: int = 10
    max: int = 1_000


def read_filters(node: Node, names: Names, reader: Reader) -> tuple[FilterSpec, ...]:
    """The block `filters:`."""
    found = []
    for item in reader.items(node, "`filters`")[:MAX_BLOCKS]:
        fields = reader.record(item, "a filter", ("name", "keep", "description"), ("name", "keep"))
        name = reader.name(fields["name"][1], "the name of a filter") if "name" in fields else None
        said = f"the condition of `{name}`"
        keep = read_condition(fields["keep"][1], names, reader, said) if "keep" in fields else None
        if name is not None and keep is not None:
            found.append(FilterSpec(name, keep, item.span))
    check_unique([(one.name, one.span) for one in found], "filter", reader)
    return tuple(found)


def read_boosts(node: Node, names: Names, reader: Reader) -> tuple[BoostSpec, ...]:
    """The block `boosts:`."""
    found = []
    known = ("name", "when", "multiply", "add", "description")
    for item in reader.items(node, "`boosts`")[:MAX_BLOCKS]:
        fields = reader.record(item, "a boost", known, ("name", "when"))
        name = reader.name(fields["name"][1], "the name of a boost") if "name" in fields else None
        said = f"the condition of `{name}`"
        when = read_condition(fields["when"][1], names, reader, said) if "when" in fields else None
        multiply = _number(fields["multiply"][1], "`multiply`", reader) if "multiply" in fields else 1.0
        add = reader.number(fields["add"][1], "`add`") if "add" in fields else 0.0
        if "multiply" not in fields and "add" not in fields:
            reader.note("E183", "a boost needs `multiply` or `add`", item.span)
        if name is not None and when is not None and multiply is not None and add is not None:
            found.append(BoostSpec(name, when, item.span, multiply, add))
    check_unique([(one.name, one.span) for one in found], "boost", reader)
    together = prod(max(one.multiply, 1.0) for one in found), sum(abs(one.add) for one in found)
    if max(together) > MOST:
        reader.note("E183", f"all boosts together must not multiply or add more than {MOST:g}", node.span)
    return tuple(found)


def read_caps(node: Node, columns: Mapping[str, str], reader: Reader) -> tuple[CapSpec, ...]:
    """The block `caps:`; `columns` are those of the item table."""
    found = []
    for item in reader.items(node, "`caps`")[:MAX_BLOCKS]:
        fields = reader.record(item, "a cap", ("by", "at_most"), ("by", "at_most"))
        single = [name for name, type_ in columns.items() if not type_.startswith("list(")]
        by = reader.choice(fields["by"][1], "`by`", single) if "by" in fields else None
        most = (
            _whole(fields["at_most"][1], "`at_most`", 1, 1_000_000, reader) if "at_most" in fields else None
        )
        if by is not None and most is not None:
            found.append(CapSpec(by, most, item.span))
    return tuple(found)


def read_fallback(node: Node, reader: Reader) -> tuple[str, ...]:
    """The block `fallback:`, what to try for a user whom the model does not know, in order."""
    chosen = [reader.choice(item, "a fallback", SOURCES) for item in reader.items(node, "`fallback`")]
    return tuple(one for one in dict.fromkeys(chosen) if one is not None)


def read_fold_in(node: Node, reader: Reader) -> FoldInSpec | None:
    """The block `fold_in:`."""
    fields = reader.record(node, "`fold_in`", ("reg", "alpha", "implicit"), ("reg",))
    reg = _number(fields["reg"][1], "`fold_in.reg`", reader) if "reg" in fields else None
    alpha = _number(fields["alpha"][1], "`fold_in.alpha`", reader) if "alpha" in fields else 1.0
    implicit = reader.boolean(fields["implicit"][1], "`fold_in.implicit`") if "implicit" in fields else False
    return None if reg is None or alpha is None else FoldInSpec(reg, alpha, bool(implicit))


def read_limits(node: Node, reader: Reader) -> Limits:
    """The block `n:`."""
    fields = reader.record(node, "`n`", ("default", "max"))
    most = _whole(fields["max"][1], "`n.max`", 1, 100_000, reader) if "max" in fields else 1_000
    default = _whole(fields["default"][1], "`n.default`", 1, most or 1, reader) if "default" in fields else 10
    return Limits(min(default or 10, most or 1_000), most or 1_000)


def _number(node: Node, what: str, reader: Reader) -> float | None:
    number = reader.number(node, what)
    if number is not None and not 0 <= number <= MOST:
        reader.note("E183", f"{what} must lie from 0 to {MOST:g}", node.span)
        return None
    return number


def _whole(node: Node, what: str, least: int, most: int, reader: Reader) -> int | None:
    number = reader.number(node, what)
    if number is not None and not (number.is_integer() and least <= number <= most):
        reader.note("E183", f"{what} must be a whole number from {least:,} to {most:,}", node.span)
        return None
    return None if number is None else int(number)
