"""The contract of a stage, and the registry of Spark classes.

A stage knows values, never column names. `row` gives a function of one row's values: the meaning. `batch` is a
faster spelling over columns; without it, `row` is mapped. Names are wired by the decorator:

    @stage("org.apache.spark.ml.feature.Binarizer", inputs=("inputCol",), outputs=("outputCol",), each=True)

`each=True`: the class may have many columns (`inputCols`, `outputCols`); then `read` returns one stage a column.
To add a class: write the stage in the file of its family, import that file in `scorer/stages/__init__.py`.

This module is public: a class of your own, such as a transformer written in Python, is registered in the same way
before its model is loaded (see "Classes of your own" in the README beside this).
"""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self, TypeVar

import pyarrow as pa

from scorer.columns import Column, Numbers, Rows, gather, values
from scorer.errors import Dropped, Invalid, UnsupportedError, shown
from scorer.fields import TEXT, TOKENS, Field, Kind, number, vector
from scorer.saved import Saved

__all__ = [  # the public names: what a stage is made of, and where it is registered
    "TEXT",
    "TOKENS",
    "Column",
    "Dropped",
    "Field",
    "Invalid",
    "Kind",
    "Numbers",
    "Rows",
    "Saved",
    "Stage",
    "container",
    "number",
    "stage",
    "supported",
    "vector",
]


class Stage:
    """One fitted transformer over values; subclasses are frozen dataclasses.

    `accepts`: the kind of each input (the last repeats). `skippable`: Spark skips the stage when its input
    column is absent. `yields`: the output gives way to a column of its name that the caller gives. `slotwise`: each
    slot of the output comes of the same slot of the only input. `caseless`: its columns are names of SQL, whose
    letters' case does not matter. `drops`: the stage may drop rows, so it runs even if nobody reads its output.
    `stays`: later stages that drop rows are not moved before it, since Spark calls its function not deterministic.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("number",)
    skippable: ClassVar[bool] = False
    yields: ClassVar[bool] = False
    slotwise: ClassVar[bool] = False
    caseless: ClassVar[bool] = False

    @property
    def stays(self) -> bool:
        """Whether no later filter is moved before it."""
        return False

    @property
    def drops(self) -> bool:
        """Whether a row may be dropped (`handleInvalid="skip"`)."""
        return False

    @property
    def sizes(self) -> Mapping[str, int]:
        """How much was fitted, by what it is of, for those who look at a model: `{"clusters": 3}`."""
        return {}

    @classmethod
    def read(cls, saved: Saved) -> Stage | Sequence[Stage]:
        """Build the stage from what Spark saved."""
        raise NotImplementedError

    @classmethod
    def columns(cls, saved: Saved) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Name the inputs and outputs of a class whose columns stand in its data; None: its parameters name them."""
        del saved
        return None

    @classmethod
    def parts(cls, saved: Saved) -> Sequence[Part] | None:
        """Read a class that is several stages at once, the last of which arranges their columns; None for one stage.

        All of them see the columns that were there before the first.
        """
        del saved
        return None

    def passing(self) -> tuple[tuple[str, int | None], ...]:
        """Return the columns that a last part arranges: the number of its input that passes as it is, None if made."""
        return ()

    @property
    def label(self) -> str | None:
        """The name of what a part makes, if the types of its inputs change it."""
        return None

    def relabelled(self, names: Mapping[str, str]) -> Self:
        """Return the last part with other names for what the parts before it make."""
        del names
        return self

    @property
    def closes(self) -> bool:
        """Whether only the columns that are arranged here are there afterwards, whatever the caller gives."""
        return False

    def defaults(self) -> tuple[pa.DataType, ...]:
        """Return what each input of kind `any` is taken for where nothing tells; empty: text."""
        return ()

    def removes(self, name: str) -> bool:
        """Tell whether a column ends here, so that no later stage sees it."""
        del name
        return False

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Return the stage bound to what is known of its inputs; raises ScorerError if too little is known."""
        del inputs
        return self

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the outputs."""
        raise NotImplementedError

    def row(self) -> Callable[..., Any]:
        """Return the function of one row: a value, or a tuple of values if there are several outputs.

        The function raises `Invalid` where Spark would raise, and `Dropped` where Spark drops the row.
        """
        raise NotImplementedError

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Compute the outputs of a batch: a column, or a tuple of columns."""
        return map_rows(self, rows, columns)

    def narrow(self, wanted: tuple[bool, ...]) -> Self:
        """Return the stage without the work for outputs that nobody wants; it may leave None in their place."""
        del wanted
        return self

    def over_slots(self) -> tuple[Sequence[int], Callable[[Sequence[float]], Any]] | None:
        """Return the slots of its vector that matter, and `row` as a function of their values alone.

        For stages that read a few slots of one vector, so that fusion need not build the vector; else None.
        """
        return None


def map_rows(stage: Stage, rows: Rows, columns: Sequence[Column]) -> Any:
    """Spell a batch as its rows: the meaning of every `batch`."""
    function = stage.row()
    described = stage.fields(tuple(Field(None) for _ in columns))
    several = len(described) > 1
    empty = (None,) * len(described) if several else None
    results: list[Any] = []
    records = zip(*map(values, columns), strict=True) if columns else itertools.repeat((), rows.count)
    for place, record in enumerate(records):
        try:
            results.append(function(*record))
        except Dropped:
            rows.dropped[place] = True
            results.append(empty)
        except Invalid as e:
            rows.note(place, e.reason, e.position)
            results.append(empty)
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as e:
            rows.note(place, explain(e, record), blamed(record))
            results.append(empty)
    if not several:
        return gather(results, described[0].type, described[0].size)
    outputs = zip(*results, strict=True) if results else [()] * len(described)
    return tuple(gather(out, f.type, f.size) for out, f in zip(outputs, described, strict=True))


def blamed(record: Sequence[Any]) -> int:
    """Return which input to name when a stage fails on a record: the first null, or else the first."""
    return next((i for i, value in enumerate(record) if value is None), 0)


def explain(error: Exception, record: Sequence[Any]) -> str:
    """Say in one sentence what a stage could not do with its values."""
    if any(value is None for value in record):
        return "null, where a value is needed"
    return f"cannot be computed from {', '.join(map(shown, record))} ({error})"


Part = tuple[
    Stage, tuple[str, ...], tuple[str | None, ...]
]  # a stage, the names of its inputs and its outputs


# -- the registry ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One Spark class: how it is read and which parameters name its columns."""

    stage: type[Stage]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    each: bool
    defaults: dict[str, str]


S = TypeVar("S", bound="Stage")
Expansion = Callable[[Saved], Iterable[Saved]]
_STAGES: dict[str, Entry] = {}
_CONTAINERS: dict[str, Expansion] = {}

DEFAULT_COLUMNS = {
    "featuresCol": "features",
    "predictionCol": "prediction",
    "probabilityCol": "probability",
    "rawPredictionCol": "rawPrediction",
    "userCol": "user",
    "itemCol": "item",
    "topicDistributionCol": "topicDistribution",
}


def stage(
    *classes: str,
    inputs: tuple[str, ...],
    outputs: tuple[str, ...],
    each: bool = False,
    defaults: dict[str, str] | None = None,
) -> Callable[[type[S]], type[S]]:
    """Register a stage under its Spark classes, with the parameters that name its columns.

    A parameter with `?` at the end names an optional input. `defaults` names columns that a save may not name.
    Raises ValueError for a class that another stage answers for; the same one may be registered again.
    """

    def register(cls: type[S]) -> type[S]:
        for name in classes:
            known = _STAGES.get(name)
            if known is not None and _name(known.stage) != _name(cls):  # a cell of a notebook runs again
                raise ValueError(f"{name} is registered twice: by {_name(known.stage)} and by {_name(cls)}")
            _STAGES[name] = Entry(cls, inputs, outputs, each, {**DEFAULT_COLUMNS, **(defaults or {})})
        return cls

    return register


def _name(cls: type[Stage]) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


def container(*classes: str) -> Callable[[Expansion], Expansion]:
    """Register a class that only holds other stages: the function yields them in order."""

    def register(function: Expansion) -> Expansion:
        for name in classes:
            _CONTAINERS[name] = function
        return function

    return register


def supported() -> list[str]:
    """Return the names of the Spark classes that load, sorted."""
    return sorted({*_STAGES, *_CONTAINERS})


def canonical(class_name: str) -> str:
    """Return the JVM's name of a class that Python's writer may have saved under its own."""
    if class_name.startswith("pyspark.ml.") and class_name.count(".") >= 3:
        parts = class_name.split(".")
        module = parts[2:-2] if len(parts) == 4 else parts[2:-1]
        return ".".join(["org.apache.spark.ml", *module, parts[-1]])
    return class_name


def expansion(class_name: str) -> Expansion | None:
    """Return what opens a class that only holds other stages; None for a stage that scores by itself."""
    return _CONTAINERS.get(canonical(class_name))


def lookup(saved: Saved) -> Entry:
    """Find the entry of a saved class; raises UnsupportedError."""
    entry = _STAGES.get(canonical(saved.class_name))
    if entry is not None:
        return entry
    name = saved.class_name.rpartition(".")[2]
    known = {each.rpartition(".")[2]: None for each in supported()}
    near = difflib.get_close_matches(name, known, 3, 0.6) or difflib.get_close_matches(name, known, 1, 0.0)
    raise UnsupportedError(
        f"{saved.folder.path} (stage {saved.uid}): {saved.class_name} is not supported; known relatives: "
        f'{", ".join(near)}; to score it, register a stage before loading: `@stage("{saved.class_name}", …)` of '
        "`scorer.stage` (see Classes of your own in scorer/README.md)"
    )
