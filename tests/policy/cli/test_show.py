"""Laws of `scoregate show`, on models that real Spark saved."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from click.testing import CliRunner

import scorer
from policy.cli import main
from scorer.treeview import _word

SPARK = Path(__file__).parents[2] / "golden" / "spark"
GBT = SPARK / "census_gbt-4.3" / "model"
FOREST = SPARK / "census_forest-4.3" / "model"
TEXT = "{http://www.w3.org/2000/svg}text"


def test_a_pipeline_is_shown_as_a_tree_of_stages(scoregate):
    """Every stage stands there with the columns it reads and makes, and its sizes; nothing is cut when piped."""
    done = scoregate("show", GBT)
    assert done.returncode == 0, done.stderr
    said = done.stdout.decode()
    assert said.startswith("PipelineModel")
    assert "└── GBTClassificationModel  GBTClassifier_" in said
    assert "features → rawPrediction: vector[2], probability: vector[2], prediction: double" in said
    assert "trees 100" in said
    assert "weights 1, then 0.1" in said
    assert "workclass → workclass_index: double of " in said
    assert "features: vector[14]" in said
    assert scorer.load(GBT).version in said
    assert "\x1b" not in said


def test_the_outline_as_json_has_every_stage_of_the_save(scoregate):
    """A program gets the same tree, containers and all."""
    found = json.loads(scoregate("show", SPARK / "pipeline_nested-4.3" / "model", "--format", "json").stdout)

    def uids(node):
        yield node["uid"]
        for below in node["stages"]:
            yield from uids(below)

    saved = {json.loads(part.read_text("utf-8").splitlines()[0])["uid"]
             for part in (SPARK / "pipeline_nested-4.3" / "model").rglob("metadata/part-*")}  # fmt: skip
    assert set(uids(found)) == saved
    assert any(one["stages"] for one in found["stages"])


def test_a_tree_asks_by_the_names_of_columns_and_values(scoregate):
    """A node asks for the caller's column and its categories, and tells rows and answer; deeper ones are counted."""
    said = scoregate("show", FOREST, "--tree", "3", "--depth", "2").stdout.decode()
    assert "tree 3 of 100" in said
    assert "marital-status not in {Married-civ-spouse" in said
    assert "<=50K 9" in said
    assert " more nodes" in said
    view = scorer.tree_view(scorer.load(GBT, schema=scorer.load(GBT).inputs), 1, 30)
    leaves, waiting = [], [view.root]
    while waiting:
        node = waiting.pop()
        below = [one for one in (node.yes, node.no) if one is not None]
        assert (node.question is None) == (not below)
        assert not below or sum(one.count for one in below) == pytest.approx(node.count)
        leaves += [] if below else [node]
        waiting += below
    assert 2 * len(leaves) - 1 == view.nodes
    assert view.root.count == 32561


def test_a_drawing_holds_every_node_and_no_boxes_overlap(scoregate, tmp_path):
    """The SVG is well-formed, names the tree and its weight, and its boxes stand apart within the picture."""
    done = scoregate("show", GBT, "--tree", "1", "--svg", "out.svg", "--depth", "12")
    assert done.returncode == 0, done.stderr
    root = ET.parse(tmp_path / "out.svg").getroot()
    words = [one.text for one in root.iter(TEXT)]
    assert "Tree 1 of 100, GBTClassificationModel" in words
    assert "57 nodes, 5 deep, weight 0.1" in words
    groups = root.findall("{http://www.w3.org/2000/svg}g")
    assert len(groups) == 57
    boxes = [g.find("{http://www.w3.org/2000/svg}rect").attrib for g in groups]
    spans = [tuple(float(box[name]) for name in ("x", "y", "width", "height")) for box in boxes]
    assert all(x >= 0 and x + w <= float(root.get("width")) + 0.5 for x, _, w, _ in spans)
    for place, (x, y, w, h) in enumerate(spans):
        for a, b, c, d in spans[place + 1 :]:
            assert x + w <= a or a + c <= x or y + h <= b or b + d <= y


def test_names_of_a_model_are_text_in_the_drawing():
    """Markup and control characters in names stay text."""
    node = scorer.TreeNode(0, 1.0, "<script>\x1b[2J", 0.0)
    drawn = scorer.draw_tree(scorer.TreeView(0, 1, 1, 0, "uid", "a.<b>", node))
    assert "<script>" not in drawn
    assert "\x1b" not in drawn
    ET.fromstring(drawn)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([GBT, "--tree", "100"], b"the trees of GBTClassifier_000000000001 are 0 to 99"),
        ([SPARK / "census_lr-4.3" / "model", "--tree", "0"], b"has none"),
        ([GBT, "--svg", "x.svg"], b"--tree"),
        (["nowhere"], b"nowhere"),
        ([GBT, "--tree", "1", "--svg", "no/such/x.svg"], b"cannot be written"),
    ],
)
def test_what_cannot_be_shown_is_said(scoregate, arguments, message):
    """A tree that is not there, or a model without trees, is named, with no stack trace."""
    done = scoregate("show", *arguments)
    assert done.returncode in {1, 2}
    assert message in done.stderr
    assert b"Traceback" not in done.stderr


def test_without_the_extra_for_drawings_it_says_which(tmp_path, monkeypatch):
    """Where the package that places the boxes is not installed, the error names the extra, with no stack trace."""
    monkeypatch.setitem(sys.modules, "bigtree", None)
    done = CliRunner().invoke(main, ["show", str(GBT), "--tree", "1", "--svg", str(tmp_path / "x.svg")])
    assert done.exit_code == 1
    assert done.output.startswith("Error: drawing a tree needs bigtree: pip install 'scoregate[draw]'")


def test_a_drawing_goes_where_it_is_piped(scoregate, tmp_path):
    """A name of - is standard output, for a drawing as for a table, and makes no file."""
    done = scoregate("show", GBT, "--tree", "1", "--svg", "-")
    assert done.returncode == 0, done.stderr
    ET.fromstring(done.stdout)
    assert list(tmp_path.iterdir()) == []


def test_categories_are_told_apart_whatever_they_hold():
    """A category that holds what stands between categories is written in quotes."""
    assert [_word(one) for one in ("a b", "0, 1", "", " a", "{x}", "é")] == [
        "a b", '"0, 1"', '""', '" a"', '"{x}"', "é"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("kmeans-4.3", "clusters 3"),
        ("bisecting_kmeans-4.3", "clusters 5"),
        ("gaussian_mixture-4.3", "clusters 3"),
        ("als_drop-4.3", "users "),
        ("isotonic-4.3", "points "),
        ("one_vs_rest_logistic-4.3", "models 3"),
    ],
)
def test_a_stage_tells_how_much_was_fitted(scoregate, name, size):
    """Beside its columns stands what a stage was fitted to: clusters, users and items, points, models."""
    said = scoregate("show", SPARK / name / "model").stdout.decode()
    assert size in said
