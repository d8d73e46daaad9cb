"""Contributions beside the `shap` package, on trees that real Spark grew."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import scorer
from scorer.explain import explain
from scorer.fields import vector
from scorer.pipeline import Plan, Raw
from scorer.shapley import shapley
from scorer.stages.tree import TreeClassifier
from scorer.treestage import TreeStage
from scorer.vectors import VECTOR

shap = pytest.importorskip("shap")
SPARK = Path(__file__).parents[1] / "golden" / "spark"
KINDS = (
    "DecisionTreeClass",
    "DecisionTreeRegr",
    "RandomForestClass",
    "RandomForestRegr",
    "GBTClass",
    "GBTRegr",
)


def ensemble(stage, values):
    """Return the trees as the arrays that shap reads; Spark's counts are the cover."""
    forest, trees = stage.forest, []
    for start, end in zip(forest.starts[:-1], forest.starts[1:], strict=True):
        part = slice(start, end)
        left, right = (
            np.where(side[part] >= 0, side[part] - start, -1) for side in (forest.left, forest.right)
        )
        trees.append(
            {
                "children_left": left, "children_right": right, "children_default": right,
                "features": forest.feature[part], "thresholds": forest.threshold[part],
                "values": values[part].reshape(-1, 1), "node_sample_weight": stage.cover[part],
            }
        )  # fmt: skip
    return shap.TreeExplainer({"trees": trees}, feature_perturbation="tree_path_dependent")


def trees_of_spark():
    """Return (class, plan, stage) of the golden models whose trees split numbers only, which is what shap reads."""
    found = []
    for path in sorted(SPARK.glob("*-4.3/model")):
        if any(word in path.parent.name for word in ("tree", "forest", "gbt")):
            plan = scorer.load(path).plan
            step = next((one for one in reversed(plan.steps) if isinstance(one.stage, TreeStage)), None)
            if step is not None and not step.stage.forest.arity.any() and step.stage.forest.nodes > 3:
                found.append((step.spark, plan, step))
    return found


def test_contributions_of_spark_trees_are_those_of_shap():
    """For trees, forests and boosted trees of both kinds, base and shares are those of the shap package."""
    rng, seen = np.random.default_rng(7), set()
    for spark, _, step in trees_of_spark():
        stage, forest = step.stage, step.stage.forest
        classes = isinstance(stage, TreeClassifier) or "RandomForestClass" in spark
        payload = stage.probability if isinstance(stage, TreeClassifier) else forest.payload
        values = payload[:, 1 if classes else 0] / (forest.trees if "RandomForest" in spark else 1.0)
        cuts = forest.threshold[~np.isnan(forest.threshold)]
        rows = rng.choice(np.concatenate([cuts, cuts - 1.0, cuts + 1.0]), (20, forest.features))
        peer = ensemble(stage, values)
        expected = peer.shap_values(rows, check_additivity=False)
        plan = Plan(steps=[step], fields=[vector(forest.features)] * 99)
        raw = Raw("features", step.inputs[0], VECTOR, known=True, kind="vector")
        plan.raws["features"] = raw
        for row, shares in zip(rows, expected, strict=True):
            why = explain(plan, {step.names[0]: row.tolist()}, 1 if classes else None)
            assert why.margin == pytest.approx(
                float(np.ravel(peer.expected_value)[0]) + shares.sum(), abs=1e-9
            )
            assert why.base == pytest.approx(float(np.ravel(peer.expected_value)[0]), abs=1e-9)
            _, ours = shapley(forest, values, stage.cover, row.tolist())
            np.testing.assert_allclose(ours, shares, rtol=1e-9, atol=1e-9)
        seen.add(next(kind for kind in KINDS if kind in spark))
    assert seen == set(KINDS)
