"""What the scorer's tests share: the golden cases of real Spark, and how two answers are compared."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import scorer
from scorer.saved import open_source
from scorer.stage import canonical

GOLDEN = Path(__file__).parents[1] / "golden"
NO_STAGES = ("org.apache.spark.ml.Pipeline",)


def classes(model: Path) -> Iterator[str]:
    """Yield the class of every saved stage below a folder that scores."""
    yield canonical(json.loads(open_source(model)[1].metadata())["class"])
    for below in sorted([*model.glob("stages/*"), *model.glob("bestModel"), *model.glob("model_*")]):
        if (below / "metadata").is_dir():
            yield from classes(below)


@cache
def unsupported(model: Path) -> tuple[str, ...]:
    """Return the classes of a saved model that have no stage here."""
    return tuple(sorted(set(classes(model)) - set(scorer.supported())))


@dataclass(frozen=True)
class Golden:
    """One case that real Spark answered: what it was given, what it answered, which rows it refused."""

    folder: Path

    @cached_property
    def facts(self) -> dict[str, Any]:
        return json.loads((self.folder / "case.json").read_text("utf-8"))

    @cached_property
    def model_path(self) -> Path:
        return GOLDEN / self.facts["model"] if "model" in self.facts else self.folder / "model"

    @cached_property
    def whole_input(self) -> pa.Table:
        own = self.folder / "input.parquet"
        return pq.read_table(own if own.exists() else GOLDEN / self.facts["input"]).replace_schema_metadata(
            None
        )

    @cached_property
    def input(self) -> pa.Table:
        every = self.facts.get("every", 1)
        numbers = self.whole_input.column("_row").to_numpy()
        return self.whole_input.filter(pa.array(numbers % every == 0))

    @cached_property
    def expected(self) -> pa.Table:
        return pq.read_table(self.folder / "expected.parquet")

    @property
    def columns(self) -> list[str]:
        return [name for name in self.expected.column_names if name != "_row"]

    @cached_property
    def errors(self) -> frozenset[int]:
        path = self.folder / "errors.json"
        return frozenset(map(int, json.loads(path.read_text("utf-8")))) if path.exists() else frozenset()

    @cached_property
    def status(self) -> list[str]:
        """What Spark did with each row of the input: ok, dropped or error."""
        kept = set(self.expected.column("_row").to_pylist())
        numbers = self.input.column("_row").to_pylist()
        return ["error" if n in self.errors else "ok" if n in kept else "dropped" for n in numbers]

    @property
    def relative(self) -> float:
        return self.facts.get("relative") or (1e-12 if self.facts["tolerance"] == "sums" else 0.0)

    @cached_property
    def model(self) -> scorer.Model:
        """The model with the input's types, cut down to the columns that Spark's answer holds."""
        model = scorer.load(self.model_path, schema=self.input.schema)
        made = {*model.outputs.names, *(name for name, _ in model._selection.optional)}
        return model if set(self.columns) <= made else model.select(self.columns)

    def in_order(self, name: str, values: Any) -> Any:
        """Return a column's values as they are compared: lists whose order means nothing in Spark are sorted."""
        if name not in self.facts.get("unordered", ()):
            return values
        values = values.to_pylist() if isinstance(values, pa.ChunkedArray) else values
        return [sorted(v) if isinstance(v, list) else v for v in values]

    def rows(self, *names: str) -> list[dict[str, Any]]:
        """Return the input as rows of Python values, `_row` left out."""
        return self.input.select([n for n in self.input.column_names if n != "_row"]).to_pylist()


@cache
def golden_cases(*, whole: bool = True) -> tuple[Golden, ...]:
    """Return every golden case, whether its classes are supported or not; or those that are no row's business."""
    found = tuple(Golden(p.parent) for p in sorted((GOLDEN / "spark").glob("*/case.json")))
    return tuple(g for g in found if g.facts.get("notes", "").startswith("batch only") != whole)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `case` on every golden case."""
    if "case" in metafunc.fixturenames:
        cases = golden_cases()
        metafunc.parametrize("case", cases, ids=[c.folder.name for c in cases], indirect=True)


@pytest.fixture
def case(request: pytest.FixtureRequest) -> Golden:
    """Give one golden case; skip it, by name, if its classes are not supported yet."""
    found: Golden = request.param
    if missing := unsupported(found.model_path):
        pytest.skip(f"not yet supported: {', '.join(missing)}")
    return found


@pytest.fixture(scope="session")
def goldens() -> tuple[Golden, ...]:
    """Give all golden cases."""
    return golden_cases()


@pytest.fixture(scope="session")
def gathering() -> tuple[Golden, ...]:
    """Give the golden cases whose statement gathers rows, which no row can answer."""
    return golden_cases(whole=False)


@pytest.fixture(scope="session")
def missing_classes() -> Callable[[Path], tuple[str, ...]]:
    """Give the function that names what is not supported of a saved model."""
    return unsupported


# -- comparing -----------------------------------------------------------------------------------------------------


def same(a: Any, b: Any, relative: float = 0.0, floor: float = 0.0) -> bool:
    """Tell whether two values are one: NaN is NaN, numbers within a relative distance (of at least `floor`)."""
    if isinstance(a, np.generic):
        a = a.item()
    if isinstance(b, np.generic):
        b = b.item()
    if isinstance(a, list | tuple):
        return (
            isinstance(b, list | tuple)
            and len(a) == len(b)
            and all(same(x, y, relative, floor) for x, y in zip(a, b, strict=True))
        )
    if isinstance(a, float) or isinstance(b, float):
        if not isinstance(a, float | int) or not isinstance(b, float | int):
            return False
        return (
            a == b
            or (a != a and b != b)
            or abs(a - b) <= relative * max(abs(a), abs(b), floor) < float("inf")
        )
    return type(a) is type(b) and a == b


def differences(
    a: Sequence[Any], b: Sequence[Any], relative: float = 0.0, floor: float = 0.0
) -> list[tuple[int, Any, Any]]:
    """Return (place, a, b) of the first ten places where two columns differ."""
    assert len(a) == len(b)
    return [(i, x, y) for i, (x, y) in enumerate(zip(a, b, strict=True)) if not same(x, y, relative, floor)][
        :10
    ]


def column_differences(
    a: pa.ChunkedArray, b: pa.ChunkedArray, relative: float = 0.0, floor: float = 0.0
) -> list[tuple[int, Any, Any]]:
    """Return what `differences` returns for two Arrow columns; quickly for many numbers and vectors of one size."""
    if len(a) > 1000 and (flat := _flat(a)) is not None and (other := _flat(b)) is not None:
        if flat.shape == other.shape and _close(flat, other, relative, floor):
            return []
    return differences(a.to_pylist(), b.to_pylist(), relative, floor)


def _flat(column: pa.ChunkedArray) -> np.ndarray | None:
    array = column.combine_chunks()
    if pa.types.is_list(array.type):
        lengths = set(array.value_lengths().to_pylist())
        array = array.flatten() if len(lengths) == 1 else pa.array([None])
    if array.null_count or not pa.types.is_floating(array.type):
        return None
    return array.to_numpy(zero_copy_only=False)


def _close(a: np.ndarray, b: np.ndarray, relative: float, floor: float) -> bool:
    with np.errstate(all="ignore"):
        near = np.abs(a - b) <= relative * np.maximum(np.maximum(np.abs(a), np.abs(b)), floor)
    return bool(np.all((a == b) | (np.isnan(a) & np.isnan(b)) | near))


@pytest.fixture(scope="session")
def compare() -> Callable[..., list[tuple[int, Any, Any]]]:
    """Give `differences`: of two lists of values, or of two Arrow columns."""

    def either(a: Any, b: Any, relative: float = 0.0, floor: float = 0.0) -> list[tuple[int, Any, Any]]:
        of_columns = isinstance(a, pa.ChunkedArray) and isinstance(b, pa.ChunkedArray)
        return (column_differences if of_columns else differences)(a, b, relative, floor)

    return either


# -- models that many tests ask -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def find(goldens):
    """Give the golden case of a name."""
    return lambda name: next(g for g in goldens if g.folder.name == name)


@pytest.fixture(scope="module")
def census(find):
    """The census pipeline, loaded without a schema."""
    return scorer.load(find("census_lr-4.3").model_path)


@pytest.fixture(scope="module")
def people(find):
    """A thousand census rows."""
    return find("census_lr-4.3").whole_input.drop_columns(["_row"]).slice(0, 1000)


@pytest.fixture(scope="module")
def skipping(find):
    """A small pipeline that drops rows with an unseen town."""
    return scorer.load(find("pipeline_skip-4.3").model_path)


@pytest.fixture(scope="module")
def scaler(find):
    """One stage that takes a vector of three slots."""
    return scorer.load(find("standard_scaler_mean_std-4.3").model_path)
