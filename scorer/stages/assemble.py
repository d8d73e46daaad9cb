"""VectorAssembler: columns of numbers and vectors become one vector."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar, Self

import numpy as np

from scorer.columns import Column, Numbers, Rows
from scorer.errors import ColumnError, Dropped, Invalid, shown
from scorer.fields import MAX_DESCRIBED, Attribute, Field, Kind, Pattern, patterned, vector
from scorer.saved import Saved
from scorer.stage import Stage, stage
from scorer.vectors import Block, Dense, Mask, Sparse, Vector, Vectors, active, compressed, vector_of

_WAY_OUT = 'handleInvalid "keep" would put NaN there, "skip" would drop the row'


def _null(_: Any) -> str:
    return f"null cannot be assembled; {_WAY_OUT}"


def _nan(_: Any) -> str:
    return f"NaN cannot be assembled; {_WAY_OUT}"


@stage("org.apache.spark.ml.feature.VectorAssembler", inputs=("inputCols",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class VectorAssembler(Stage):
    """Concatenation of numbers and vectors. Source: feature.VectorAssembler.

    `invalid`: error | keep | skip; before Spark 2.4, NaN passed under `error` (`nan_passes`).
    `widths` are the slots of each input, None where the column's size is not known.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("numbers",)
    names: tuple[str, ...]
    invalid: str
    nan_passes: bool
    widths: tuple[int | None, ...] = ()

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the parameters."""
        invalid = saved.choice("handleInvalid", "error", ("error", "keep", "skip"))
        return cls(saved.texts("inputCols"), invalid, saved.behaves < (2, 4))

    @property
    def stays(self) -> bool:
        """Whether no later filter is moved before it: it is."""
        return True

    @property
    def drops(self) -> bool:
        """Whether nulls and NaN drop the row."""
        return self.invalid == "skip"

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Learn the width of each input; under `keep` a vector's must be known, as in Spark."""
        unknown = [n for n, f in zip(self.names, inputs, strict=True) if f.is_vector and not f.declared]
        if unknown and self.invalid == "keep":
            raise ColumnError(
                f'handleInvalid "keep" needs to know how many slots {", ".join(unknown)} has; '
                "give a VectorSizeHint before it, or a fixed_size_list in the schema"
            )
        return replace(self, widths=tuple(f.width for f in inputs))

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: slots are named `<column>` or `<column>_<slot>`."""
        widths = [None if described.type is None else described.width for described in inputs]
        known = [width for width in widths if width is not None]
        if sum(known) > MAX_DESCRIBED:
            return (vector(sum(known) if len(known) == len(widths) else None),)
        named = (_named(name, described) for name, described in zip(self.names, inputs, strict=True))
        return (patterned(slot for slots in named for slot in slots),)

    def row(self) -> Callable[..., Vector]:
        """Assemble one row."""
        invalid, nan_passes, widths = self.invalid, self.nan_passes, self.widths or (None,) * len(self.names)

        def missing(position: int, value: Any) -> float:
            if invalid == "skip":
                raise Dropped
            if invalid == "error" and (value is None or not nan_passes):
                raise Invalid(_null(value) if value is None else _nan(value), position)
            return float("nan")

        def assemble(*values: Any) -> Vector:
            size, indices, numbers = 0, [], []
            for position, value in enumerate(values):
                width = widths[position]
                if value is None:
                    part: Any = [missing(position, None)] * _known(width, position)
                elif isinstance(value, list | Sparse):
                    part = value
                elif isinstance(value, float | int | Decimal):
                    part = (float(value) if value == value else missing(position, value),)
                else:
                    part = _read(value, position)
                for i, x in active(part):
                    if x != 0.0:
                        indices.append(size + i)
                        numbers.append(x)
                size += len(part)
            return compressed(size, indices, numbers)

        return assemble

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Assemble columns: numbers side by side become a dense block, vectors keep their blocks."""
        blocks: list[Block] = []
        run: list[Any] = []
        for position, column in enumerate(columns):
            self._check(rows, position, column)
            if isinstance(column, Vectors):
                blocks.extend(_stacked(run))
                blocks.extend(self._filled(column))
                run = []
            else:
                run.append(column.floats())
        return Vectors((*blocks, *_stacked(run)), compressed=True)

    def _check(self, rows: Rows, position: int, column: Numbers | Vectors) -> None:
        if isinstance(column, Vectors):
            nulls, nans = (None if column.valid is None else ~column.valid), None
        else:
            nulls = None if column.valid is None else ~column.valid
            nans = np.isnan(column.values) if column.values.dtype.kind == "f" else None
        if self.invalid == "keep" or (nulls is None and nans is None):
            return
        if self.invalid == "skip":
            rows.drop(_either(nulls, nans))
            return
        if nulls is not None:
            rows.fail(nulls, _null, position)
        if nans is not None and not self.nan_passes:
            rows.fail(nans if nulls is None else nans & ~nulls, _nan, position)

    def _filled(self, column: Vectors) -> tuple[Block, ...]:
        if column.valid is None or self.invalid != "keep":
            return column.blocks
        matrix = column.matrix().copy()
        matrix[~column.valid] = np.nan
        return (Dense(matrix),)


def _named(name: str, described: Field) -> Pattern:
    """Describe the slots that an input takes; a column of unknown type may be a vector of any size."""
    if described.type is None:
        return (None,)
    if not described.is_vector:
        return ((described.attribute or Attribute()).named(name),)
    if described.pattern is not None:
        return tuple(slot and slot.named(f"{name}_{slot.name}") for slot in described.pattern)
    if described.slots is None:
        return (
            (None,)
            if described.size is None
            else tuple(Attribute(name=f"{name}_{i}") for i in range(described.size))
        )
    slots = enumerate(described.slots)
    return tuple(slot.named(f"{name}_{i if slot.name is None else slot.name}") for i, slot in slots)


def _read(value: Any, position: int) -> Vector:
    try:
        return vector_of(value)
    except (TypeError, ValueError, LookupError):
        raise Invalid(f"{shown(value)} is neither a number nor a vector", position) from None


def _known(width: int | None, position: int) -> int:
    if width is None:
        raise Invalid("null where the number of slots of the column is not known", position)
    return width


def _either(a: Mask | None, b: Mask | None) -> Mask:
    if a is None or b is None:
        found = b if a is None else a
        assert found is not None
        return found
    return a | b


def _stacked(run: list[Any]) -> list[Block]:
    return [Dense(np.stack(run, axis=1))] if run else []
