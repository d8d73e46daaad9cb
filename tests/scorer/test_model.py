"""The public contract of a model: how it is loaded, its version, and threads."""

from __future__ import annotations

import gc
import json
import linecache
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from census_facts import MAIN

import scorer
from scorer.ledger import digest


def test_a_schema_settles_the_types(find):
    """With a schema, types are the schema's, in `inputs` and in what a row's value means."""
    path = find("string_indexer_double-4.3").model_path
    name = scorer.load(path).inputs.names[0]
    model = scorer.load(path, schema=pa.schema([(name, pa.float64())]))
    assert model.inputs.field(name).type == pa.float64()
    assert model.row({name: 1}) == model.row({name: 1.0})


def test_a_schema_that_does_not_fit_is_refused_at_load(find):
    """A schema that gives text where numbers are needed is refused with stage and column."""
    with pytest.raises(scorer.ColumnError, match="age"):
        scorer.load(find("census_lr-4.3").model_path, schema=pa.schema([("age", pa.string())]))


def test_a_column_is_cast_to_the_schema(find, people):
    """A table of another numeric type is cast to the schema; what cannot be cast is refused by name."""
    case = find("census_lr-4.3")
    model = scorer.load(case.model_path, schema=people.schema)
    wide = people.set_column(0, "age", people.column("age").cast(pa.float64()))
    assert model.batch(wide).select(MAIN).equals(model.batch(people).select(MAIN))
    with pytest.raises(scorer.ColumnError, match="age"):
        model.batch(people.set_column(0, "age", pa.array([39.5] * 1000)))


@pytest.mark.parametrize("schema", [{"age": "int"}, [("age", pa.int64())], "age", 3])
def test_a_schema_is_arrows(find, schema):
    """A schema that is none is a TypeError that says what is expected."""
    with pytest.raises(TypeError, match=r"pyarrow\.Schema"):
        scorer.load(find("census_lr-4.3").model_path, schema=schema)


@pytest.mark.parametrize("as_of", ["banana", "", "4", "x.y", ".5"])
def test_a_version_that_is_none_is_refused(find, as_of):
    """`as_of` is a Spark version with a minor number."""
    with pytest.raises(scorer.ScorerError, match="as_of"):
        scorer.load(find("census_lr-4.3").model_path, as_of=as_of)


@pytest.mark.parametrize("as_of", [3.5, 4, (3, 5)])
def test_a_version_is_text(find, as_of):
    """A version that is a number is a TypeError: 4.10 is not 4.1."""
    with pytest.raises(TypeError, match="as_of"):
        scorer.load(find("census_lr-4.3").model_path, as_of=as_of)


@pytest.mark.parametrize("path", [None, 3, [], object()])
def test_a_path_is_a_path(path):
    """A path that is none is a TypeError."""
    with pytest.raises(TypeError):
        scorer.load(path)


def test_a_path_may_be_text_bytes_a_path_or_a_uri(find, monkeypatch):
    """A model loads from a text, bytes, a Path, a relative path, and a file URI, as the same model."""
    path = find("pipeline_skip-4.3").model_path
    monkeypatch.chdir(path.parent)
    forms = (str(path), path, str(path) + "/", "model", Path("model"), f"file://{path}", str(path).encode())
    assert len({scorer.load(form).version for form in forms}) == 1


def fitted(model: Path) -> list[tuple[str, bytes]]:
    """Return the values of every table of a save."""
    found = sorted(model.rglob("*.parquet"))
    return [(str(p.parent.relative_to(model)), digest(pq.read_table(p))) for p in found]


def test_behaviour_follows_the_version_that_is_told(goldens, missing_classes, compare):
    """A save of one Spark version scored `as_of` another answers as that other version answered on the same rows."""
    by_name = {g.folder.name: g for g in goldens if not missing_classes(g.model_path)}
    told = 0
    for name, case in by_name.items():
        stem, _, version = name.rpartition("-")
        other = by_name.get(f"{stem}-4.3")
        if (
            version != "3.5"
            or other is None
            or case.facts["tolerance"] != "exact"
            or case.input.num_rows > 1000
        ):
            continue
        if not case.input.equals(other.input) or set(other.status) == {"error"}:
            continue
        if fitted(case.model_path) != fitted(other.model_path):
            continue  # what ties are broken by while fitting is another matter
        model = scorer.load(case.model_path, schema=case.input.schema, as_of="4.3")
        model = model.select(other.columns) if set(other.columns) <= set(model._plan.produced) else model
        made, status = model.try_batch(other.input)
        assert [s if s in ("ok", "dropped") else "error" for s in status.to_pylist()] == other.status, name
        kept = made.filter(pa.array([s == "ok" for s in other.status]))
        for column in other.columns:
            assert compare(other.expected.column(column), kept.column(column), 1e-12, 1.0) == [], (
                name,
                column,
            )
        told += case.status != other.status
    assert told


def test_a_version_is_a_hash_of_what_decides(find, tmp_path):
    """The version does not depend on the place, names of part files, times or hidden files, and says its algorithm."""
    source = find("pipeline_skip-4.3").model_path
    version = scorer.load(source).version
    assert version.startswith("sha256:")
    assert len(version) == len("sha256:") + 64
    copy = Path(shutil.copytree(source, tmp_path / "elsewhere"))
    for number, path in enumerate(sorted(copy.rglob("part-*"), reverse=True)):
        if path.suffix == ".txt":
            path.write_text(json.dumps(json.loads(path.read_text()) | {"timestamp": number}, indent=None))
        path.rename(path.with_name(f"part-0000{number % 7}{path.suffix}"))
    (copy / "metadata" / "_SUCCESS").write_text("")
    assert scorer.load(copy).version == version


def test_any_content_changes_the_version(find, tmp_path):
    """A changed parameter, label or coefficient, in any stage, is another version."""
    source = find("pipeline_skip-4.3").model_path
    seen = {scorer.load(source).version}
    for number, part in enumerate(sorted(source.rglob("part-*"))):
        copy = Path(shutil.copytree(source, tmp_path / str(number)))
        path = copy / part.relative_to(source)
        if path.suffix == ".txt":
            meta = json.loads(path.read_text())
            path.write_text(json.dumps(meta | {"paramMap": {**meta["paramMap"], "added": 1}}))
        else:
            table = pq.read_table(path)
            pq.write_table(table.append_column("added", pa.array([1] * table.num_rows)), path)
        seen.add(scorer.load(copy).version)
    assert len(seen) == 1 + len(list(source.rglob("part-*")))


def test_a_nudged_coefficient_changes_the_version(find, tmp_path):
    """The last bit of one coefficient is another model."""
    source = find("pipeline_skip-4.3").model_path
    copy = Path(shutil.copytree(source, tmp_path / "model"))
    path = next((copy / "stages" / "6_LogisticRegression_000000000001" / "data").glob("part-*"))
    table = pq.read_table(path)
    row = table.to_pylist()[0]
    numbers = row["coefficientMatrix"]["values"]
    numbers[0] = float(np.nextafter(numbers[0], 9.0))
    pq.write_table(pa.Table.from_pylist([row], table.schema), path)
    assert scorer.load(copy).version != scorer.load(source).version


@pytest.mark.parametrize("name", ["census_lr-4.3", "census_gbt-4.3"])
def test_threads_get_the_same_answers(find, people, name):
    """Eight threads that share one model, rows and batches mixed, get what one thread gets."""
    model = scorer.load(find(name).model_path)
    rows, table = people.slice(0, 100).to_pylist(), people.slice(0, 300)
    expected = [model.row(facts) for facts in rows], model.batch(table)

    def work(number):
        fresh = model.select(["probability", "prediction"]) if number % 2 else model
        fresh.row(rows[0])
        return [model.row(facts) for facts in rows], model.batch(table)

    with ThreadPoolExecutor(8) as pool:
        for some, batch in pool.map(work, range(16)):
            assert some == expected[0]
            assert batch.equals(expected[1])


def test_generated_source_lives_as_long_as_its_functions(find, people):
    """A traceback shows generated code while a model lives; when models and their selections go, so does the code."""

    def kept():
        gc.collect()
        return {name for name in linecache.cache if name.startswith("<scorer ")}

    before = kept()
    for name in ("census_lr-4.3", "pipeline_skip-4.3", "census_gbt-4.3"):
        model = scorer.load(find(name).model_path)
        few = model.select([model.outputs.names[0]])
        if name.startswith("census"):
            model.batch(people.slice(0, 3))
            few.row(people.to_pylist()[0])
        row = few._row
        made = kept() - before
        assert len(made) >= 4
        assert all(linecache.getlines(file)[0].startswith("def made(") for file in made)
        del model, few
        assert row.__code__.co_filename in kept() < before | made
        del row
        assert kept() == before


def test_a_model_shows_what_it_is(census):
    """The text of a model names its outputs."""
    assert "probability" in repr(census)
    assert "Model" in repr(census)


def test_an_infinite_score_leaves_what_its_version_leaves(find):
    """Beside an infinite score stand zeros as Spark 3.1.3 gave, and NaN as 3.2.4 and all later ones give."""
    case, row = find("pipeline_skip-4.3"), {"town": "Lima", "x": float("inf"), "y": 3}
    for version, others in (("2.4", 0.0), ("3.1", 0.0), ("3.2", float("nan")), ("4.3", float("nan"))):
        model = scorer.load(case.model_path, schema=case.input.schema, as_of=version).select(["probability"])
        whole = model.batch(pa.table({name: [value] for name, value in row.items()}))[
            "probability"
        ].to_pylist()
        for found in (model.row(row)["probability"], whole[0]):
            assert max(x for x in found if x == x) == 1.0
            assert [str(x) for x in found].count(str(others)) == 2
