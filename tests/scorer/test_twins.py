"""Row is the meaning, batch is a faster spelling of it, and so is every fused form: they answer alike on any rows."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqltext import COLUMNS

import scorer
from scorer import columns as cols
from scorer.compile import compile_row
from scorer.containers import flatten
from scorer.fast import fast_row
from scorer.pipeline import Step, resolve
from scorer.saved import open_saved
from scorer.stage import canonical, map_rows
from scorer.stages.bucket import Binarizer
from scorer.stages.encode import LegacyOneHotEncoder, OneHotEncoder
from scorer.stages.sql import Expression
from scorer.vectors import Dense, OneHot, Sparse, Vectors, active, dense, vectors_of
from scorer.wiring import wire

NAN, INF = float("nan"), float("inf")
FLOATS = [NAN, INF, -INF, 0.0, -0.0, 0.5, 1.0, 2.0, 3.0, -1.0, 1.5, 99.0, 1e16, -7.25, 5e-324]
TEXTS = ["", " ", "a", "b", "unseen ☃", "NaN", "1.0", "\0", "0", "-0.0", "1.0E16", "a b a", "A  c\t"]
NUMBERS = {
    pa.float64(): FLOATS,
    pa.float32(): [*FLOATS[:-1], 0.1, 1e-45],
    pa.int8(): [0, 1, -1, 3, 127, -128],
    pa.int32(): [0, 1, 2, -1, 99, 2**31 - 1, -(2**31)],
    pa.int64(): [0, 1, 2, -1, 2**53 + 1, 2**63 - 1, -(2**63)],
    pa.bool_(): [True, False],
    pa.decimal128(12, 3): [
        Decimal("1.500"),
        Decimal("0.000"),
        Decimal("-7.250"),
        Decimal("99.000"),
        Decimal("0.123"),
    ],
}
HARD = {str(kind): values for kind, values in COLUMNS.values()}  # of each type that statements read
HARD["timestamp[ns]"] = HARD["timestamp[us]"] = [
    v and v.replace(tzinfo=None) for v in HARD["timestamp[us, tz=UTC]"]
]
ANY = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
MANY = {"SQLTransformer": 400}  # examples of one class, 3 of the others


def pool(kind: pa.DataType) -> list[Any]:
    """Return hard values of an Arrow type, null first."""
    if kind in NUMBERS:
        return [None, *NUMBERS[kind]]
    if pa.types.is_decimal(kind):
        return [None, Decimal(0).scaleb(-kind.scale)]
    if pa.types.is_integer(kind):
        return [None, 0, 1, 2, 100]
    if pa.types.is_list(kind) and pa.types.is_floating(kind.value_type):
        return [None, [], [1.0], [NAN, 2.0]]
    if pa.types.is_list(kind):
        return [None, [], [*TEXTS[:4], None] if pa.types.is_string(kind.value_type) else [None]]
    return [None, *TEXTS] if pa.types.is_string(kind) else [None]


class Examples(defaultdict[str, list[tuple[Any, list[Any]]]]):
    """Fitted stages by class, each with what is known of its inputs."""

    def __repr__(self) -> str:
        return "…"


# -- one stage -----------------------------------------------------------------------------------------------------


def steps_of(path, schema) -> list[tuple[str, Step, Any]]:
    """Return (class, step, plan) of the stages of a saved model; a schema only for SQL, whose meaning hangs on types."""
    parts = list(flatten(open_saved(path)))
    classes = {part.uid: canonical(part.class_name) for part in parts}
    typed = any(name.endswith("SQLTransformer") for name in classes.values())
    plan = resolve([one for part in parts for one in wire(part)], schema if typed else None)
    return [(classes[step.uid], step, plan) for step in plan.steps]


@pytest.fixture(scope="session")
def examples(goldens, missing_classes):
    """Give fitted stages by class, three of each at most: from the golden models, and made by hand."""
    found = Examples(list)
    paths = {g.model_path: g for g in goldens if not missing_classes(g.model_path)}
    for path in sorted(paths, key=lambda p: (sum(f.stat().st_size for f in p.rglob("*.parquet")), p)):
        try:
            steps = steps_of(path, paths[path].whole_input.schema)
        except scorer.ColumnError:
            continue
        for name, step, plan in steps:
            described = [plan.fields[value] for value in step.inputs]
            same = any(type(step.stage) is type(stage) and step.stage == stage for stage, _ in found[name])
            kinds = {type(stage) for stage, _ in found[name]}
            if not same and (
                len(found[name]) < MANY.get(name.rpartition(".")[2], 3) or type(step.stage) not in kinds
            ):
                found[name].append((step.stage, described))
    found["org.apache.spark.ml.feature.OneHotEncoder"].append(
        (LegacyOneHotEncoder(drop_last=True, size=3), [None])
    )
    return found


def test_every_class_has_an_example(examples):
    """Each class that loads as a stage is held to the law below by a fitted stage."""
    containers = {c for c in scorer.supported() if ".PipelineModel" in c or ".tuning." in c}
    computes_nothing = {"org.apache.spark.ml.feature.ColumnPruner"}  # it only takes columns away
    assert sorted(set(scorer.supported()) - containers - computes_nothing - set(examples)) == []


def size_of(stage, described) -> int:
    """Return the number of slots that a stage wants, as far as it can be told."""
    if described is not None and described.size is not None:
        return described.size
    if described is not None and described.pattern is not None:
        return 3  # any will do
    for size in range(1, 40):
        book = cols.Rows(1)
        map_rows(stage, book, [Vectors((Dense(np.full((1, size), 0.5)),))])
        if not book.faults:
            return size
    return 3


def vectors(data, rows: int, size: int) -> Vectors:
    """Draw a batch of vectors: dense, sparse, or one-hot slots beside dense ones; some null."""
    form = data.draw(st.sampled_from(["dense", "sparse", "blocks"]), "form")
    number = st.sampled_from([*FLOATS, 0.0, 0.0, 1.0])
    valid = np.array(
        data.draw(st.lists(st.booleans() | st.just(True), min_size=rows, max_size=rows)), dtype=bool
    )
    mask = None if valid.all() else valid
    if form == "sparse":
        slots = st.dictionaries(st.integers(0, max(0, size - 1)), number, max_size=size)
        made = [data.draw(slots) for _ in range(rows)]
        sparse = [
            Sparse(size, sorted(s), [s[i] for i in sorted(s)]) if ok else None
            for s, ok in zip(made, valid, strict=True)
        ]
        return vectors_of(sparse, size)
    hot = data.draw(st.integers(1, size)) if form == "blocks" and size else 0
    codes = np.array(data.draw(st.lists(st.integers(0, hot), min_size=rows, max_size=rows)), dtype=np.int32)
    flat = data.draw(st.lists(number, min_size=rows * (size - hot), max_size=rows * (size - hot)))
    dense = Dense(np.array(flat, dtype=np.float64).reshape(rows, size - hot))
    return Vectors((OneHot(codes, hot), dense) if hot else (dense,), mask)


def column(data, stage, number: int, described, rows: int) -> Any:
    """Draw a column of a kind that the stage accepts."""
    kind = stage.accepts[min(number, len(stage.accepts) - 1)]
    is_vector = described is not None and described.is_vector
    if kind == "vector" or (kind == "numbers" and is_vector):
        size = size_of(stage, described)
        sizes = st.sampled_from([size, size, size, size, size + 1, max(0, size - 1)])
        return vectors(data, rows, size if is_vector else data.draw(sizes, "size"))
    if isinstance(stage, Expression):
        values = st.sampled_from([None, *HARD[str(described.type)]])
        return cols.read(pa.array(data.draw(st.lists(values, min_size=rows, max_size=rows)), described.type))
    labels = list(getattr(stage, "labels", ()))[:5]
    if kind == "tokens":
        values = (
            st.lists(
                st.sampled_from([*TEXTS, *getattr(stage, "vocabulary", ())][:20]) | st.none(), max_size=5
            )
            | st.none()
        )
        return pa.array(data.draw(st.lists(values, min_size=rows, max_size=rows)), pa.list_(pa.string()))
    types = {
        "number": [k for k in NUMBERS if k != pa.bool_()],
        "numbers": list(NUMBERS),
        "text": [pa.string(), pa.large_string(), *(k for k in NUMBERS if k != pa.bool_())],
    }.get(kind, [pa.string()])
    fitted = getattr(stage, "type", None)  # a stage that was resolved for a type is given that type
    chosen = data.draw(st.sampled_from([fitted] if fitted in types else types), "type")
    texts = pa.types.is_string(chosen) or pa.types.is_large_string(chosen)
    values = [None, *labels, *TEXTS] if texts else pool(chosen)
    drawn = data.draw(st.lists(st.sampled_from(values), min_size=rows, max_size=rows), "values")
    array = pa.array(drawn, chosen)
    return cols.read(array.dictionary_encode() if texts and data.draw(st.booleans(), "dictionary") else array)


def written(stage, made) -> list[list[Any]]:
    """Write a stage's outputs as rows of Python values."""
    outputs = made if isinstance(made, tuple) else (made,)
    lists = [None if output is None else cols.to_arrow(output).to_pylist() for output in outputs]
    count = next(len(values) for values in lists if values is not None)
    return [[None] * count if values is None else values for values in lists]


def classes() -> list[str]:
    return [c for c in scorer.supported() if ".PipelineModel" not in c and ".tuning." not in c]


@pytest.mark.parametrize("name", classes(), ids=lambda c: c.rpartition(".")[2])
@ANY
@given(data=st.data())
def test_batch_is_row(name, examples, compare, data):
    """For every class, `batch` gives the values, faults and drops that `row` gives, whatever the columns hold."""
    if not examples[name]:
        pytest.skip(f"no golden model holds {name}")
    stage, described = data.draw(st.sampled_from(examples[name]), "stage")
    rows = data.draw(st.integers(0, 5), "rows")
    columns = [column(data, stage, i, d, rows) for i, d in enumerate(described)]
    one, other = cols.Rows(rows), cols.Rows(rows)
    meant = written(stage, map_rows(stage, one.at(0, columns), columns))
    with np.errstate(all="ignore"):
        spelt = written(stage, stage.batch(other.at(0, columns), *columns))
    assert {n: f.position for n, f in other.faults.items()} == {n: f.position for n, f in one.faults.items()}
    assert other.dropped.tolist() == one.dropped.tolist()
    kept = [n for n in range(rows) if n not in one.faults and not one.dropped[n]]
    for a, b in zip(meant, spelt, strict=True):
        assert compare([a[n] for n in kept], [b[n] for n in kept], 1e-12, 1.0) == []


# -- whole pipelines -----------------------------------------------------------------------------------------------

ODD = [*FLOATS, *TEXTS, None, 0, 1, True, 10**30, Decimal(1), [1.0], {}, np.float64(2.0), np.str_("a"), b"a"]
SEEDS = (1, 2)
COUNT = 60  # rows of a random table


def pools(case) -> dict[str, list[Any]]:
    """Return values to draw for each input column: the case's own, and, less often, hard ones of its type."""
    few = case.whole_input.slice(0, 40)
    kinds = {f.name: f.type for f in few.schema if f.name != "_row"}
    return {n: [*pool(k), *few.column(n).to_pylist() * 2] for n, k in kinds.items()}


def whole(case):
    """Return the model without the rows' numbers, which a statement may select."""
    try:
        model = case.model
    except scorer.ColumnError:
        pytest.skip("the types of its columns are refused at load")
    rest = [name for name in model.outputs.names if name != "_row"]
    return model.select(rest) if rest != model.outputs.names else model


def random_table(case, seed: int) -> pa.Table:
    """Draw a table of the case's columns; half of its rows differ from a row of the case in a few values only."""
    chance, values = random.Random(seed), pools(case)
    kinds = {f.name: f.type for f in case.whole_input.schema}
    own = case.whole_input.slice(0, 40).to_pylist()
    rows = []
    for _ in range(COUNT):
        wild = {n: chance.choice(v) for n, v in values.items()}
        few = chance.sample(sorted(values), k=min(len(values), chance.randint(0, 2)))
        rows.append(wild if chance.random() < 0.5 else chance.choice(own) | {n: wild[n] for n in few})
    return pa.table({n: pa.array([row[n] for row in rows], kinds[n]) for n in values})


def outcome(function, *arguments) -> tuple[Any, ...]:
    """Return what a row function does: its answer, or where and why it refuses."""
    try:
        return "answer", function(*arguments)
    except scorer.RowError as e:
        return "error", e.stage, e.column, e.reason


def flat(result: tuple[Any, ...]) -> list[Any]:
    answer = result[1]
    return [result[0], *([*answer, *answer.values()] if isinstance(answer, dict) else result[1:])]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_pipeline_answers_a_table_as_its_rows(case, compare, seed):
    """A whole pipeline gives a table what it gives each row: values, errors with their words, drops."""
    model, table = whole(case), random_table(case, seed)
    made, status = model.try_batch(table)
    own = model.outputs.names
    more = [n for n in made.column_names if n not in table.column_names and n not in own]
    answers = made.select([*(n for n in own if n in made.column_names), *more]).to_pylist()
    for number, (facts, said, answer) in enumerate(
        zip(table.to_pylist(), status.to_pylist(), answers, strict=True)
    ):
        result = outcome(model.row, facts)
        if result[0] == "error":
            assert said == f"row {number}, stage {result[1]}, column `{result[2]}`: {result[3]}", facts
            assert set(answer.values()) <= {None}
        elif result[1] is None:
            assert said == "dropped", facts
        else:
            assert said == "ok", facts
            assert list(result[1]) == list(answer)
            assert compare(list(result[1].values()), list(answer.values()), 1e-12, 1.0) == [], facts


@pytest.fixture(scope="session")
def fusable(goldens, missing_classes):
    """Give (case, its model with the outputs that are made by default) where that has a fused form."""
    found = []
    for case in goldens:
        if not missing_classes(case.model_path) and set(case.status) != {"error"}:
            model = scorer.load(case.model_path, schema=case.whole_input.schema)
            if fast_row(model._selection) is not None:
                found.append((case, model))
    return found


def test_the_pipelines_of_the_main_job_are_fused(fusable):
    """The census models have a fused form, so that the laws below are about something."""
    names = {case.folder.name for case, _ in fusable}
    wanted = {f"census_{kind}-4.3" for kind in ("lr", "lr_keep", "lr_skip", "gbt", "forest")}
    assert wanted <= names


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fused_row_is_the_unfused_row(fusable, compare, seed):
    """The fused row function answers and refuses as the unfused one does, on values of any type, missing keys too."""
    for case, model in fusable:
        fused, plain = fast_row(model._selection), compile_row(model._selection)
        chance = random.Random(seed)
        for facts in random_table(case, seed).to_pylist():
            for name in chance.sample(sorted(facts), k=min(len(facts), chance.choice([0, 0, 0, 1, 2]))):
                facts[name] = chance.choice(ODD)
            if chance.random() < 0.2:
                del facts[chance.choice(sorted(facts))]
            meant, spelt = flat(outcome(plain, facts)), flat(outcome(fused, facts))
            assert compare(meant, spelt, 1e-12, 1.0) == [], (case.folder.name, facts)


@pytest.mark.parametrize("labelled", [False, True])
@pytest.mark.parametrize("dictionaries", [False, True])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_fused_batch_is_the_unfused_batch(fusable, compare, seed, dictionaries, labelled):
    """The fused batch gives the columns, faults and drops that the unfused one gives."""
    compared = 0
    for case, model in fusable:
        table = random_table(case, seed)
        raws = [*model._selection.raws, *(model._selection.optional_raws if labelled else [])]
        arrays = {r.name: table.column(r.name).combine_chunks() for r in raws if r.name in table.column_names}
        if dictionaries:
            arrays = {
                n: a.dictionary_encode() if pa.types.is_string(a.type) else a for n, a in arrays.items()
            }
        made = (
            model._tables._fast(arrays, table.num_rows, model._tables._general)
            if model._tables._fast is not None
            else None
        )
        if made is not None:
            alike(case, compare, model._tables._general(arrays, cols.Rows(table.num_rows)), made)
            compared += 1
    assert labelled or compared >= 5


def alike(case, compare, meant, spelt) -> None:
    """Check that two scored batches hold the same answers, faults and drops."""
    (columns, book), (others, other) = meant, spelt
    name = case.folder.name
    assert faults(other) == faults(book), name
    assert other.dropped.tolist() == book.dropped.tolist(), name
    assert list(others) == list(columns), name
    kept = pa.array([n not in book.faults and not book.dropped[n] for n in range(book.count)])
    for column_name, values in columns.items():
        a, b = values.filter(kept).to_pylist(), others[column_name].filter(kept).to_pylist()
        assert compare(a, b, 1e-12, 1.0) == [], (name, column_name)


def faults(book: cols.Rows) -> dict[int, tuple[Any, ...]]:
    return {n: (f.step, f.position, f.reason) for n, f in book.faults.items()}


def test_one_hot_vectors_are_sparse_in_a_batch_as_in_a_row():
    """What an encoder makes has the same form in both, so that what hangs on it (Spark 2's Binarizer) answers alike."""
    encoder, book = OneHotEncoder(3, keep=False, drop_last=True), cols.Rows(3)
    made = encoder.batch(book, cols.Numbers(np.arange(3.0)))
    forms = [(type(v), len(v), list(active(v))) for v in made.rows()]
    assert forms == [(Sparse, 2, list(active(encoder.row()(x)))) for x in (0.0, 1.0, 2.0)]
    binarizer = Binarizer(-0.5, null_stays=True, stored_only=True, of_vector=True)
    alone = [binarizer.row()(vector) for vector in made.rows()]
    assert [dense(v) for v in binarizer.batch(book, made).rows()] == [dense(v) for v in alone]
