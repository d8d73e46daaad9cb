"""The expression language: a documented, typed, total subset of Google CEL. It has never heard of policies."""

from policy.expr.places import embedded
from policy.expr.program import ExpressionError, Program, ValueOfWrongTypeError, compile
from policy.expr.types import Enum, Type, Variable, list_of, set_of

__all__ = [
    "Enum",
    "ExpressionError",
    "Program",
    "Type",
    "ValueOfWrongTypeError",
    "Variable",
    "compile",
    "embedded",
    "list_of",
    "set_of",
]
