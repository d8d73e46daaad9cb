"""The meaning of checked trees, one row at a time: functions of machine values, made of generated Python."""

from __future__ import annotations

from collections.abc import Sequence
from types import FunctionType

from policy.expr.rowcode import Emitter
from policy.expr.typed import Typed


def compile_value(tree: Typed, names: Sequence[str]) -> FunctionType:
    """A function of machine values in the order of the names, which gives the machine value or None."""
    emitter = Emitter(names)
    text = emitter.value(tree)
    return emitter.function("expression", emitter.names.values(), [f"return {text}"])


def compile_first(conditions: Sequence[Typed], names: Sequence[str]) -> FunctionType:
    """A function of machine values that gives the place of the first condition that is definitely true, or -1.

    It takes all values for known, and starts anew with guards if Python finds that one is not.
    """
    careful, swift = Emitter(names), Emitter(names, guarded=False)
    for emitter in (careful, swift):
        for place, condition in enumerate(conditions):
            text = emitter.truth(condition)
            emitter.lines += [f"if {text}:", f"    return {place}"]
        emitter.lines.append("return -1")
    params = careful.names.values()
    again = f"{swift.constants.name(careful.function('careful', params, []))}({', '.join(params)})"
    swift.lines = ["try:", *(f"    {line}" for line in swift.lines)]
    return swift.function("first", params, ["except TypeError:", f"    return {again}"])


def compile_all(conditions: Sequence[Typed], names: Sequence[str]) -> FunctionType:
    """A function of machine values that gives True, False or None for every condition, as a tuple."""
    emitter = Emitter(names)
    texts = []
    for place, condition in enumerate(conditions):
        text = emitter.value(condition)
        emitter.lines.append(f"r{place} = {text}")
        texts.append(f"r{place}, ")
    return emitter.function("everything", emitter.names.values(), [f"return ({''.join(texts)})"])
