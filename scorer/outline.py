"""Outline: what a saved model is made of, as a tree of stages with their columns and sizes."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from scorer.containers import children
from scorer.fields import Field
from scorer.pipeline import Step, resolve
from scorer.saved import Saved, open_model, spark_version
from scorer.stage import canonical
from scorer.stages.boosted import BoostedClassifier, BoostedRegressor
from scorer.stages.index import StringIndexer
from scorer.treedata import read_weights
from scorer.treestage import TreeStage
from scorer.wiring import Wired, wire


@dataclass(frozen=True, slots=True)
class Made:
    """A column that a stage makes. `type`: in words; `size`: of its vectors; `labels`: how many values it may have."""

    name: str
    type: str
    size: int | None = None
    labels: int | None = None


@dataclass(slots=True)
class Outline:
    """One stage, or a container of `stages`. `facts` are sizes: trees, nodes, labels, and settings that matter."""

    uid: str
    spark: str
    version: str
    inputs: list[str] = field(default_factory=list)
    outputs: list[Made] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    stages: list[Outline] = field(default_factory=list)


def outline(
    path: str | os.PathLike[str], schema: pa.Schema | None = None, as_of: str | None = None
) -> Outline:
    """Return what a saved model is made of. Arguments and errors are those of `scorer.load`."""
    place, saved = open_model(path, spark_version(as_of) if as_of is not None else None)
    leaves: list[tuple[Outline, Saved, list[Wired]]] = []
    root = _outlined(saved, leaves)
    plan = resolve(
        [one for _, _, wired in leaves for one in wired], place.schema if schema is None else schema
    )
    steps = iter(plan.steps)
    for node, own, wired in leaves:
        for one in wired:
            node.inputs += [name for name in one.inputs if name not in node.inputs]
            if not one.outputs or any(one is skipped for skipped in plan.absent):
                continue
            step = next(steps)
            pairs = zip(one.outputs, step.outputs, strict=True)
            node.outputs += [_made(name, plan.fields[v]) for name, v in pairs if name and v is not None]
            node.facts.update(_facts(step, own))
    return root


def _outlined(saved: Saved, leaves: list[tuple[Outline, Saved, list[Wired]]], depth: int = 0) -> Outline:
    node = Outline(saved.uid, canonical(saved.class_name), ".".join(map(str, saved.version)))
    below = children(saved) if depth <= 32 else None
    if below is None:
        leaves.append((node, saved, wire(saved)))
        return node
    for child in below:
        if child.place == saved.place:  # what a container does itself after its stages
            own = Outline(child.uid, canonical(child.class_name), node.version)
            leaves.append((own, child, wire(child)))
            node.stages.append(own)
        else:
            node.stages.append(_outlined(child, leaves, depth + 1))
    return node


def _made(name: str, described: Field) -> Made:
    kind = "vector" if described.is_vector else str(described.type or "double or vector")
    labels = described.attribute.categories if described.attribute is not None else None
    return Made(name, kind, described.size, labels)


def _facts(step: Step, saved: Saved) -> dict[str, Any]:
    return dict(_told(step, saved))


def _told(step: Step, saved: Saved) -> Iterator[tuple[str, Any]]:
    stage = step.stage
    if isinstance(stage, TreeStage):
        forest = stage.forest
        yield "trees", forest.trees
        yield "nodes", forest.nodes
        yield "depth", int(forest.level.max())
        yield "features", forest.features
        if isinstance(stage, BoostedClassifier | BoostedRegressor):
            yield "weights", read_weights(saved, forest.trees).tolist()
    yield from stage.sizes.items()
    if isinstance(stage, StringIndexer):
        yield "labels", len(stage.labels)
    for name in (
        "handleInvalid",
        "thresholds",
        "threshold",
        "withMean",
        "withStd",
        "dropLast",
        "family",
        "link",
    ):
        value = saved.params.get(name)
        if value is not None and value != "error" and not isinstance(value, dict):
            yield name, value
