"""The saved nodes of trees are data from outside: whatever is wrong with them is one sentence, never a wrong score."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import scorer

GOLDEN = Path(__file__).parents[1] / "golden" / "spark"
VECTORS = [[0.3, -0.2, 1.1], [1.0, 2.0, 3.0], [-1.0, 0.0, 0.5], [float("nan"), 0.1, -2.0]]


@pytest.fixture
def saved(tmp_path):
    """Give a function that copies a golden's model; its tables and metadata may be rewritten in the copy."""

    def copy(name: str) -> Copy:
        shutil.copytree(GOLDEN / name / "model", tmp_path / "model")
        return Copy(tmp_path / "model")

    return copy


class Copy:
    """A saved model that is about to be changed."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def rows(self, table: str) -> list[dict]:
        return pq.read_table(self.path / table).to_pylist()

    def write(self, table: str, rows: list[dict], parts: int = 1) -> None:
        schema = pq.read_schema(next((self.path / table).glob("part-*.parquet"))).remove_metadata()
        shutil.rmtree(self.path / table)
        (self.path / table).mkdir()
        for i in range(parts):
            part = pa.Table.from_pylist(rows[i::parts], schema=schema)
            pq.write_table(part, self.path / table / f"part-{i:05d}.parquet")

    def tell(self, **extras: object) -> None:
        (part,) = (self.path / "metadata").glob("part-*")
        meta = json.loads(part.read_text("utf-8"))
        part.write_text(json.dumps({**meta, **extras}), "utf-8")
        for check in (self.path / "metadata").glob(".*.crc"):
            check.unlink()

    def scores(self) -> list:
        model = scorer.load(self.path)
        return model.batch(pa.table({"features": VECTORS})).drop_columns(["features"]).to_pylist()


ALONE = [p.name for p in sorted(GOLDEN.glob("*_alone-*")) if p.name.startswith(("tree", "forest", "gbt"))]


@pytest.mark.parametrize("name", ALONE)
def test_the_order_of_saved_rows_means_nothing(saved, name):
    """Nodes shuffled among part files give the same model, as Spark writes them in any order."""
    copy = saved(name)
    before = copy.scores()
    rows = copy.rows("data")
    copy.write("data", [rows[i] for i in np.random.default_rng(1).permutation(len(rows))], parts=3)
    assert copy.scores() == before


def test_the_columns_of_an_ensembles_metadata_are_read_by_position(saved):
    """`treesMetadata` scores the same under the names of Spark 4.0 and of Spark 4.1."""
    copy = saved("gbt_regressor_alone-4.3")
    before = copy.scores()
    table = pq.read_table(copy.path / "treesMetadata").replace_schema_metadata(None)
    shutil.rmtree(copy.path / "treesMetadata")
    (copy.path / "treesMetadata").mkdir()
    renamed = table.rename_columns(["treeID", "metadata", "weights"])
    pq.write_table(renamed, copy.path / "treesMetadata" / "part-0.parquet")
    assert copy.scores() == before


def nodes(change):
    """Make a change of an ensemble's saved nodes."""

    def apply(copy: Copy) -> None:
        rows = copy.rows("data")
        change(rows)
        copy.write("data", rows)

    return apply


def _loop(rows):
    inner = [row["nodeData"] for row in rows if row["treeID"] == 0 and row["nodeData"]["leftChild"] > 0]
    inner[-1]["leftChild"] = 0


def _weights(copy: Copy) -> None:
    copy.write("treesMetadata", copy.rows("treesMetadata")[1:])


BROKEN = {
    "a node that is missing": (nodes(lambda rows: rows.pop(1)), "ids do not count from 0"),
    "a tree that is missing": (
        nodes(lambda rows: rows.__setitem__(slice(None), [r for r in rows if r["treeID"] != 2])),
        "are not those of the trees 0 to",
    ),
    "a tree that is not announced": (lambda copy: copy.tell(numTrees=3), "are not those of the trees 0 to 2"),
    "a billion trees": (lambda copy: copy.tell(numTrees=10**9), "1000000000 trees but"),
    "trees below zero": (lambda copy: copy.tell(numTrees=-1), "numTrees as -1"),
    "no number of features": (lambda copy: copy.tell(numFeatures="3"), "numFeatures as '3'"),
    "too few features": (lambda copy: copy.tell(numFeatures=1), "but the model has 1 features"),
    "a child above": (nodes(_loop), "tree 0, node"),
    "a weight that is missing": (_weights, "does not name the trees"),
    "a NaN threshold": (
        nodes(lambda rows: rows[0]["nodeData"]["split"].update(leftCategoriesOrThreshold=[float("nan")])),
        "tree 0, node 0: the threshold is NaN",
    ),
    "a category beyond": (
        nodes(
            lambda rows: rows[0]["nodeData"]["split"].update(numCategories=2, leftCategoriesOrThreshold=[2.0])
        ),
        "tree 0, node 0: a category is not a whole number",
    ),
}


@pytest.mark.parametrize(("change", "reason"), BROKEN.values(), ids=BROKEN)
def test_broken_ensembles_are_refused_by_name(saved, change, reason):
    """A save whose nodes do not agree raises SavedError with the stage and what is wrong."""
    copy = saved("gbt_classifier_alone-4.3")
    change(copy)
    with pytest.raises(scorer.ScorerError) as caught:
        scorer.load(copy.path)
    assert reason in str(caught.value)
    assert str(copy.path) in str(caught.value)


def test_classes_and_counts_must_agree(saved):
    """A classifier whose leaves count other classes than its metadata say is refused."""
    copy = saved("forest_classifier_alone-4.3")
    copy.tell(numClasses=5)
    with pytest.raises(scorer.ScorerError, match="its nodes count 2 classes of 5"):
        scorer.load(copy.path)


def test_a_vector_is_refused_only_where_a_split_reads_beyond_its_end(saved):
    """A short vector is scored if its way through the trees never needs the slots that it lacks."""
    copy = saved("tree_regressor_alone-4.3")
    rows = [row for row in copy.rows("data") if row["id"] < 3]
    rows[0].update(leftChild=1, rightChild=2)
    rows[0]["split"].update(featureIndex=0, leftCategoriesOrThreshold=[0.0], numCategories=-1)
    for row in rows[1:]:
        row.update(leftChild=-1, rightChild=-1)
        row["split"].update(featureIndex=-1, leftCategoriesOrThreshold=[])
    copy.write("data", rows)
    model = scorer.load(copy.path)
    assert model.row({"features": [-1.0]}) == {"prediction": rows[1]["prediction"]}
    with pytest.raises(scorer.RowError, match="a vector of 0 slots"):
        model.row({"features": []})
