"""StringIndexer and IndexToString: labels become numbers and numbers labels again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from scorer.columns import Column, Numbers, Rows
from scorer.errors import ColumnError, Dropped, Invalid, shown
from scorer.fields import TEXT, Attribute, Field, Kind, number
from scorer.javatext import encoded, text
from scorer.labels import MANY, Finder, Labels
from scorer.saved import Saved
from scorer.stage import Stage, stage


def _unseen(value: Any) -> str:
    if isinstance(value, bool):
        return f"{value} is a boolean; Spark indexes texts and numbers only"
    what = "null" if value is None else f"the unseen label {shown(value)}"
    return f'{what}; to score such rows, fit the indexer with handleInvalid "keep" (or "skip" to drop them)'


@stage(
    "org.apache.spark.ml.feature.StringIndexerModel", inputs=("inputCol",), outputs=("outputCol",), each=True
)
@dataclass(frozen=True, slots=True)
class StringIndexer(Stage):
    """The number of a label: its place in `labels`. Source: feature.StringIndexerModel."""

    accepts: ClassVar[tuple[Kind, ...]] = ("text",)
    skippable: ClassVar[bool] = True
    labels: tuple[str, ...] | Labels
    invalid: str  # error | keep | skip
    _numbers: dict[str, float] | Finder = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Number the labels; the first place of a label wins."""
        if isinstance(self.labels, Labels):
            object.__setattr__(self, "_numbers", Finder(self.labels))
            return
        places = map(float, range(len(self.labels) - 1, -1, -1))
        object.__setattr__(self, "_numbers", dict(zip(reversed(self.labels), places, strict=True)))

    @classmethod
    def read(cls, saved: Saved) -> Sequence[Stage]:
        """Read one stage a column; `labels` before Spark 3.0, `labelsArray` since."""
        invalid = saved.choice("handleInvalid", "error", ("error", "keep", "skip"))
        table = saved.table()
        if table.num_rows != 1:
            raise saved.fail(f"`data` should hold one row, not {table.num_rows}")
        several = "labelsArray" in table.column_names and table["labelsArray"][0].values
        lists = [one.values for one in table["labelsArray"][0]] if several else [table["labels"][0].values]
        if not all(_are_texts(each) for each in lists):
            raise saved.fail("its data holds no lists of labels")
        return [cls(_held(each), invalid) for each in lists]

    @property
    def stays(self) -> bool:
        """Whether no later filter is moved before it: it is."""
        return True

    @property
    def drops(self) -> bool:
        """Whether unseen labels and nulls drop the row."""
        return self.invalid == "skip"

    def table(self) -> dict[str, float] | Finder:
        """Return each label's number, to be read only: row and batch share it."""
        return self._numbers

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: nominal, with the labels (and `__unknown` if unseen labels are kept)."""
        del inputs
        labels = self.labels
        if self.invalid == "keep":
            labels = labels.followed("__unknown") if isinstance(labels, Labels) else (*labels, "__unknown")
        return (number(Attribute("nominal", labels=labels)),)

    def row(self) -> Callable[[Any], float]:
        """Look one label up."""
        find, invalid, spare = self.table().get, self.invalid, float(len(self.labels))

        def index(value: Any) -> float:
            found = find(value if type(value) is str else text(value))  # type: ignore[arg-type]
            if found is not None:
                return found
            if isinstance(value, bool):
                raise Invalid(_unseen(value))
            if invalid == "keep":
                return spare
            if invalid == "skip":
                raise Dropped
            raise Invalid(_unseen(value))

        return index

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Look a column up through its distinct labels."""
        if isinstance(columns[0], Numbers) and columns[0].values.dtype == np.bool_:
            rows.fail(np.ones(rows.count, bool), _unseen)
        codes, labels = encoded(columns[0])
        find = self.table()
        numbers = np.array(
            [find.get(label, -1.0) if label is not None else -1.0 for label in labels] + [-1.0]
        )
        found = numbers[codes]
        bad = found < 0
        if not bad.any():
            return Numbers(found)
        if self.invalid == "skip":
            rows.drop(bad)
        elif self.invalid == "error":
            rows.fail(bad, _unseen)
        return Numbers(np.where(bad, float(len(self.labels)), found))


def _are_texts(labels: pa.Array) -> bool:
    texts = pa.types.is_string(labels.type) or pa.types.is_large_string(labels.type)
    return bool(texts and not labels.null_count)


def _held(labels: pa.Array) -> tuple[str, ...] | Labels:
    """Hold labels: few as a tuple, many in Arrow's memory."""
    return Labels(labels) if len(labels) > MANY else tuple(labels.to_pylist())


@stage("org.apache.spark.ml.feature.IndexToString", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class IndexToString(Stage):
    """The label of a number. Source: feature.IndexToString; without `labels`, the column's own are taken."""

    labels: Sequence[str]
    strict: bool = False  # since Spark 4.1 null and NaN are errors; before, null stays null and NaN is 0

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the labels parameter; it may be empty."""
        labels = saved.texts("labels", ())
        return cls(Labels.of(labels) if len(labels) > MANY else labels, saved.behaves >= (4, 1))

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Take the labels of the input column if the stage has none."""
        if self.labels:
            return self
        attribute = inputs[0].attribute
        if attribute is None or not attribute.labels:
            raise ColumnError("IndexToString has no labels, and its input column carries none")
        return replace(self, labels=attribute.labels)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: text."""
        del inputs
        return (Field(TEXT),)

    def _outside(self, value: Any) -> str:
        return f"{shown(value)} is not the number of one of {len(self.labels)} labels"

    def row(self) -> Callable[[Any], str | None]:
        """Return the label of one number; Spark cuts its fraction off."""
        labels, count, outside, strict = self.labels, len(self.labels), self._outside, self.strict

        def label(value: Any) -> str | None:
            if strict and (value is None or value != value):
                raise Invalid(outside(value))
            if value is None:
                return None
            place = 0 if value != value else max(-(2.0**31), min(2.0**31, value))
            if 0 <= int(place) < count:
                return labels[int(place)]
            raise Invalid(outside(value))

        return label

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Return the labels of a column."""
        column: Numbers = columns[0]
        places = np.trunc(np.nan_to_num(column.floats(), nan=0.0))
        bad = (places < 0) | (places >= len(self.labels))
        if self.strict:
            bad |= np.isnan(column.floats())
        rows.fail(bad if self.strict else bad & ~column.nulls(), self._outside)
        places = np.where(bad, 0, places).astype(np.int32)
        codes = pa.array(places, mask=bad | column.nulls())
        if isinstance(self.labels, Labels):
            return self.labels.column().take(codes).cast(TEXT)
        return pa.DictionaryArray.from_arrays(codes, pa.array(self.labels, TEXT)).cast(TEXT)
