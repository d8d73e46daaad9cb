"""What a caller's value must be to enter a statement as a value of a Spark type."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from scorer.columns import Single
from scorer.errors import Invalid, shown
from scorer.sql.dates import utc
from scorer.sql.decimals import rounded
from scorer.sql.numbers import single
from scorer.sql.types import WHOLE, Type

Admit = Callable[[Any], Any]
_CLASSES: dict[str, tuple[type, ...]] = {
    "boolean": (bool,),
    "string": (str,),
    "date": (date,),
}


def admission(kind: Type, place: int) -> tuple[str, Admit]:
    """Return the question (of `{v}`) whether a value needs a look, and the function that takes it or raises Invalid."""
    if kind.name in ("other", "void"):
        return "", lambda value: value
    if kind.whole:
        half = 1 << (WHOLE[kind.name] - 1)
        test = f"{{v}} is not None and ({{v}}.__class__ is not int or not {-half} <= {{v}} < {half})"
        return test, _taking(kind, place, _refuse)
    if kind.real:
        word = "float" if kind.name == "double" else Single.__name__
        return f"{{v}} is not None and {{v}}.__class__.__name__ != '{word}'", _taking(
            kind, place, _real(kind)
        )
    if kind.name == "decimal":
        return "{v} is not None", _taking(kind, place, _decimal(kind))
    if kind.name == "timestamp":
        return "{v} is not None", _taking(kind, place, lambda v: utc(v) if isinstance(v, datetime) else None)
    classes = _CLASSES[kind.name]
    word = classes[0].__name__
    return f"{{v}} is not None and {{v}}.__class__.__name__ != '{word}'", _taking(
        kind, place, _instance(classes)
    )


def _taking(kind: Type, place: int, take: Admit) -> Admit:
    def taken(value: Any) -> Any:
        made = take(value)
        if made is None:
            raise Invalid(f"{shown(value)} is no {kind}", place)
        return made

    return taken


def _refuse(value: Any) -> None:
    del value


def _real(kind: Type) -> Admit:
    def take(value: Any) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        try:
            return float(value) if kind.name == "double" else single(value)
        except OverflowError:
            return None

    return take


def _decimal(kind: Type) -> Admit:
    def take(value: Any) -> Decimal | None:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return None
        made = rounded(Decimal(value), kind)
        return made if made == value else None

    return take


def _instance(classes: tuple[type, ...]) -> Admit:
    return lambda value: value if isinstance(value, classes) else None
