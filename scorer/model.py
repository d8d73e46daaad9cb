"""Model: a loaded pipeline that scores rows and batches.

`row` and `batch` follow Spark's transform: the same columns, values, nulls, dropped rows and errors.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import pyarrow as pa

from scorer.compile import compile_row
from scorer.containers import flatten
from scorer.errors import ColumnError, ScorerError
from scorer.explain import Explanation, explain
from scorer.fast import fast_row
from scorer.folder import Folder
from scorer.location import Origin, Place
from scorer.memory import give_back
from scorer.output import Output, find_output
from scorer.pipeline import Plan, resolve, select
from scorer.ranker import Ranker
from scorer.recommend import Recommender, find_ranker, find_recommender
from scorer.saved import open_model, spark_version
from scorer.stages.index import StringIndexer
from scorer.tables import TableScorer
from scorer.wiring import Wired, wire


def load(path: str | os.PathLike[str], schema: pa.Schema | None = None, as_of: str | None = None) -> Model:
    """Load a pipeline or a stage that Spark MLlib saved.

    `path`: a local path, or a URI that `pyarrow.fs` knows, of a folder of Spark's or MLflow's or a bundle. `schema`:
    the types of the input columns (a save carries none; a signature of MLflow's, which a bundle keeps, serves
    unless one is given);
    without it a row's int means a long and its float a double. `as_of`: a Spark version, such as
    "3.5", whose values, nulls and errors to follow in place of the version that saved the model.

    Raises ScorerError: SavedError for a directory that is missing or damaged, UnsupportedError for a class that
    is not known, ColumnError where the stages or the schema do not fit together.
    """
    if not isinstance(schema, pa.Schema | None):
        raise TypeError(f"a schema is a pyarrow.Schema, not {type(schema).__name__}")
    if not isinstance(as_of, str | None):
        raise TypeError(f'as_of is a Spark version such as "3.5", not {as_of!r}')
    place, saved = open_model(path, spark_version(as_of) if as_of is not None else None)
    wired = [one for stage in flatten(saved) for one in wire(stage)]
    model = Model(_planned(wired, schema, place), place.origin, saved.ledger.version())
    if isinstance(saved.folder, Folder):
        give_back(saved.folder.budget.read)
    return model


def _planned(wired: Sequence[Wired], schema: pa.Schema | None, place: Place) -> Plan:
    """Wire the stages to the types given, or else to those of MLflow's signature."""
    if schema is not None or place.schema is None:
        return resolve(wired, schema)
    try:
        return resolve(wired, place.schema)
    except ColumnError as e:
        raise ColumnError(
            f"{e} (says the signature of MLflow; a `schema` given to load goes before it)"
        ) from None


class Model:
    """A loaded pipeline, or a selection of its output columns (see `select`). Immutable, safe among threads."""

    def __init__(self, plan: Plan, source: Origin, version: str, wanted: Sequence[str] | None = None) -> None:
        self._plan = plan
        self._selection = select(plan, wanted)
        self._row = fast_row(self._selection) or compile_row(self._selection)
        self._tables = TableScorer(self._selection)
        self._selected: dict[tuple[str, ...], Model] = {}
        self.source, self.version = source, version

    def __repr__(self) -> str:
        """Show what is scored and what comes of it."""
        return f"<scorer.Model of {len(self._plan.steps)} stages: {', '.join(self.outputs.names)}>"

    @property
    def plan(self) -> Plan:
        """The whole pipeline, with its columns as numbered values: for the tools of this package."""
        return self._plan

    @property
    def inputs(self) -> pa.Schema:
        """The columns that the selected outputs need, with the types that they are read as."""
        return self._selection.inputs

    @property
    def outputs(self) -> pa.Schema:
        """The columns that the model makes (not those of stages that run only if their column is present)."""
        fields, chosen = self._plan.fields, self._selection
        made = chosen.outputs or chosen.optional
        return pa.schema([(name, fields[value].type or pa.float64()) for name, value in made])

    def select(self, columns: Sequence[str]) -> Model:
        """Return the model that makes just these columns; compiled once for each set of columns."""
        if not isinstance(columns, list | tuple) or not all(isinstance(name, str) for name in columns):
            raise TypeError(f"columns are a list of column names, not {columns!r}")
        key = tuple(columns)
        if key not in self._selected:
            self._selected[key] = Model(self._plan, self.source, self.version, key)
        return self._selected[key]

    def row(self, facts: Mapping[str, Any], columns: Sequence[str] | None = None) -> dict[str, Any] | None:
        """Score one row: a mapping of input columns (a missing key is null).

        Returns the output columns (vectors as lists of floats), or None if the row is dropped. Raises RowError
        where Spark raises.
        """
        if columns is not None:
            return self.select(columns).row(facts)
        found: dict[str, Any] | None = self._row(facts)
        return found

    def batch(self, table: pa.Table | pa.RecordBatch, columns: Sequence[str] | None = None) -> pa.Table:
        """Score a table: its columns and then the outputs; vectors as `list<double>`, dropped rows left out.

        Raises RowError for the first row on which Spark would raise, ColumnError if a column is missing.
        """
        if columns is not None:
            return self.select(columns).batch(table)
        return self._tables.batch(table)

    def try_batch(
        self, table: pa.Table | pa.RecordBatch, columns: Sequence[str] | None = None
    ) -> tuple[pa.Table, pa.Array]:
        """Score a table row for row: no row is left out and none stops the others.

        Returns the table with the outputs appended (null where a row has none), and a status for each row:
        `ok`, `dropped`, or the sentence of the error.
        """
        if columns is not None:
            return self.select(columns).try_batch(table)
        return self._tables.try_batch(table)

    def explain(self, facts: Mapping[str, Any], slot: int | None = None) -> Explanation | None:
        """Say what each input column contributes to the score of one row: see `scorer.explain`.

        Exact for linear models, Shapley values for trees; None if the row is dropped. `slot` chooses the class.
        """
        return explain(self._plan, facts, slot)

    def output(self, name: str) -> Output:
        """Return one number of the outputs, such as `probability[1]` or `prediction`, for callers that decide."""
        return find_output(self._plan, name, self.labels(), self.version)

    def recommend(self, user: Any, n: int) -> list[tuple[Any, float]]:
        """Return the n best items of a user as [(item, score), …], in Spark's order; none if the user is unknown.

        For ALS models, also at the end of a pipeline: `user` is what its user column takes, and items are named as
        the item column's values are. Equal scores: the higher id first. Raises ScorerError for other models.
        """
        return self._recommender.best(user, n)

    def ranker(self) -> Ranker:
        """Return the users and items of the ALS model, by their ids; raises ScorerError if the model holds none."""
        return self._ranker

    def user_id(self, user: Any) -> Any:
        """Return the id that the ALS model has for a user as its column names them, None if it cannot know the user."""
        return self._recommender.user_id(user)

    def user_labels(self) -> Sequence[str] | None:
        """Return the names of the ALS model's users by their ids, None if the ids are the caller's own."""
        return self._recommender.user

    def item_labels(self) -> Sequence[str] | None:
        """Return the names of the ALS model's items by their ids, None if the ids are the caller's own."""
        return self._recommender.item

    def index_labels(self) -> Sequence[str]:
        """Return the labels of a model that is one StringIndexer of one column; raises ScorerError for others."""
        stages = [step.stage for step in self._plan.steps]
        if len(stages) != 1 or not isinstance(stages[0], StringIndexer):
            raise ScorerError(
                f"names need one StringIndexer of one column; this model has {len(stages)} stages"
            )
        return stages[0].labels

    def labels(self) -> Sequence[str] | None:
        """Return the labels of the classes: those of the indexer that made the last model's label, or None."""
        label = self._plan.produced.get(self._plan.label)
        made = (s.stage for s in self._plan.steps if label is not None and label in s.outputs)
        stage = next(made, None)
        return stage.labels if isinstance(stage, StringIndexer) else None

    # -- inside ---------------------------------------------------------------------------------------------

    @cached_property
    def _ranker(self) -> Ranker:
        return find_ranker(self._plan, self.version)

    @cached_property
    def _recommender(self) -> Recommender:
        return find_recommender(self._plan, self._ranker)
