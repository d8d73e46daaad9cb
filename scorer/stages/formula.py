"""RFormula, and the hidden stages of the pipeline that it saves."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from scorer.columns import Column, Numbers, Rows
from scorer.errors import Invalid
from scorer.fields import Attribute, Field, Kind, number
from scorer.saved import Saved
from scorer.stage import Stage, container, stage
from scorer.vectors import VECTOR

Names = tuple[str, ...]


@container("org.apache.spark.ml.feature.RFormulaModel")
def formula_model(saved: Saved) -> Iterable[Saved]:
    """Open the formula's pipeline; the label is cast after it, unless the pipeline makes the column."""
    inner = saved.child("pipelineModel")
    stages = list(inner.stages())
    yield from stages
    label, wanted = saved.record()["label"], saved.text("labelCol", "label")
    if not isinstance(label, str):
        raise saved.fail("its data name no label")
    made = {one.params.get("outputCol") for one in stages}
    if label and label != wanted and wanted not in made:
        yield replace(saved, params={**saved.params, "inputCol": label, "outputCol": wanted})


@stage("org.apache.spark.ml.feature.RFormulaModel", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class FormulaLabel(Stage):
    """The label as a double, where the column is present. Source: feature.RFormulaModel.transformLabel.

    A column that is named as the label's is there already stays as it is.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("number",)
    skippable: ClassVar[bool] = True
    yields: ClassVar[bool] = True

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read nothing: the container names the columns."""
        del saved
        return cls()

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        return (number(),)

    def row(self) -> Callable[[Any], float | None]:
        """Cast one label."""

        def cast(value: Any) -> float | None:
            if isinstance(value, str):
                raise Invalid("a text cannot be cast to the label")
            return None if value is None else float(value)

        return cast

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Cast a column."""
        del rows
        column: Numbers = columns[0]
        return Numbers(column.values.astype(np.float64), column.valid)


@stage("org.apache.spark.ml.feature.ColumnPruner", inputs=(), outputs=())
@dataclass(frozen=True, slots=True)
class ColumnPruner(Stage):
    """Takes columns away. Source: feature.ColumnPruner, private to RFormula."""

    names: frozenset[str]

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the columns that end here."""
        return cls(frozenset(map(str, saved.record()["columnsToPrune"])))

    def removes(self, name: str) -> bool:
        """Tell whether a column ends here."""
        return name in self.names

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe no output."""
        del inputs
        return ()

    def row(self) -> Callable[..., Any]:
        """Do nothing."""
        return lambda: ()


@stage("org.apache.spark.ml.feature.VectorAttributeRewriter", inputs=(), outputs=())
@dataclass(frozen=True, slots=True)
class SlotRenamer(Stage):
    """Gives slots the names of the formula. Source: feature.VectorAttributeRewriter, private to RFormula."""

    accepts: ClassVar[tuple[Kind, ...]] = ("vector",)
    slotwise: ClassVar[bool] = True
    prefixes: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read which prefixes become which."""
        pairs = saved.record()["prefixesToRewrite"]
        return cls(tuple((str(old), str(new)) for old, new in pairs))

    @classmethod
    def columns(cls, saved: Saved) -> tuple[Names, Names] | None:
        """Name the vector's column, which stands in the data."""
        name = str(saved.record()["vectorCol"])
        return (name,), (name,)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: the same slots, renamed."""
        slots, pattern = inputs[0].slots, inputs[0].pattern
        return (
            replace(
                inputs[0],
                type=VECTOR,
                slots=slots and tuple(map(self._renamed_slot, slots)),
                pattern=pattern and tuple(slot and self._renamed_slot(slot) for slot in pattern),
            ),
        )

    def _renamed_slot(self, slot: Attribute) -> Attribute:
        return slot if slot.name is None else slot.named(self._renamed(slot.name))

    def _renamed(self, name: str) -> str:
        """Replace what is to be replaced wherever it stands, as Spark does."""
        for old, new in self.prefixes:
            name = name.replace(old, new)
        return name

    def row(self) -> Callable[[Any], Any]:
        """Pass the vector on."""
        return lambda value: value

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Pass the vectors on."""
        del rows
        return columns[0]
