"""The inputs of a policy as a type, into which msgspec decodes only JSON that the inputs plainly accept."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from policy.engine.lines import optional
from policy.engine.program import LIMITS
from policy.spec.inputs import InputSpec

_KINDS: dict[str, type] = {"bool": bool, "int": int, "double": float}  # the others are text at first


def facts_type(specs: Sequence[InputSpec]) -> type[msgspec.Struct]:
    """A Struct with the fields f0, f1 … for the inputs in their order, under the inputs' names in JSON.

    What does not decode may still be right, such as a null in the place of a default or a fact that no input declares;
    what decodes is right, but for texts that stand for an address or a time, and for their ranges.
    """
    names = {f"f{place}": spec.name for place, spec in enumerate(specs)}
    fields = [_field(name, spec) for name, spec in zip(names, specs, strict=True)]
    return msgspec.defstruct(
        "Facts", fields, rename=names, kw_only=True, forbid_unknown_fields=True, gc=False
    )


def _field(name: str, spec: InputSpec) -> Any:
    if optional(spec):
        return name, _type(spec) | None, None
    return (name, _type(spec)) if spec.default is None else (name, _type(spec), spec.default)


def _type(spec: InputSpec) -> Any:
    if spec.enum is not None:
        allowed = tuple(word for word in spec.enum if spec.fault(word) is None)
        return Literal[allowed] if allowed else msgspec.UnsetType  # which no JSON is
    kind: Any = _KINDS.get(spec.type, str)
    if spec.type in LIMITS:
        low, high = LIMITS[spec.type]
        low = low if spec.minimum is None else spec.minimum
        high = high if spec.maximum is None else spec.maximum
        return Annotated[kind, msgspec.Meta(ge=low, le=high)]
    return Annotated[kind, msgspec.Meta(max_length=spec.max_length)] if spec.type == "string" else kind
