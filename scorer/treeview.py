"""TreeView: one decision tree with names: what each node asks, how many rows came to it, what it answers.

`count` is the weight of the training rows in a node. A forest's tree answers with its share of each class, a
boosted tree with what it adds to the sum: its prediction times its weight.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from scorer.errors import ScorerError, UnsupportedError
from scorer.explain import origins
from scorer.fields import Attribute
from scorer.kernels.forest import LEAF, Forest
from scorer.model import Model
from scorer.stages.forest import ForestClassifier
from scorer.stages.tree import TreeClassifier
from scorer.treestage import TreeStage

DEPTH = 5  # levels below the root that are shown
_NAMES = 4  # categories that are written out


@dataclass(frozen=True, slots=True)
class TreeNode:
    """A node: `question` (None at a leaf) sends a row to `yes` or `no`. `hidden`: nodes below that are not shown.

    `answer`: what a leaf answers, or would; `share` (0 to 1): of the likeliest class, None where numbers are predicted.
    """

    number: int
    count: float
    answer: str
    value: float
    share: float | None = None
    question: str | None = None
    yes: TreeNode | None = None
    no: TreeNode | None = None
    hidden: int = 0


@dataclass(frozen=True, slots=True)
class TreeView:
    """Tree `number` of `trees`; `nodes` and `depth` are those of the whole tree."""

    number: int
    trees: int
    nodes: int
    depth: int
    uid: str
    spark: str
    root: TreeNode


def tree_view(model: Model, number: int = 0, depth: int = DEPTH) -> TreeView:
    """Return one tree of a model, at most `depth` levels below its root.

    Raises UnsupportedError if the model has no trees, ScorerError if it has no such tree.
    """
    plan = model.plan
    step = next((one for one in reversed(plan.steps) if isinstance(one.stage, TreeStage)), None)
    if step is None or not isinstance(step.stage, TreeStage):
        raise UnsupportedError("only models of decision trees can be drawn; this one has none")
    forest = step.stage.forest
    if not 0 <= number < forest.trees:
        raise ScorerError(f"there is no tree {number}: the trees of {step.uid} are 0 to {forest.trees - 1}")
    slots = plan.fields[step.inputs[0]].slots or ()
    froms = origins(plan, step.inputs[0], forest.features)
    names = _names(slots, froms) if len(slots) == forest.features else _numbered(froms)
    reader = _Reader(step.stage, names, slots, model.labels(), depth)
    start, end = forest.starts[number].item(), forest.starts[number + 1].item()
    deep = int(forest.level[start:end].max())
    root = reader.node(start, start)
    return TreeView(number, forest.trees, end - start, deep, step.uid, step.spark, root)


def _names(slots: Sequence[Attribute], froms: list[tuple[str, ...]]) -> list[str]:
    """Name slots: by the column that the caller gives where its own values are written out, else as Spark does."""
    numbered = zip(slots, _numbered(froms), strict=True)
    return [name if slot.labels else slot.name or name for slot, name in numbered]


def _numbered(froms: list[tuple[str, ...]]) -> list[str]:
    """Name slots by the columns that they come of, numbered where several come of the same."""
    out, seen = [], dict[tuple[str, ...], int]()
    for one in froms:
        place = seen[one] = seen.get(one, -1) + 1
        out.append(" & ".join(one) if froms.count(one) == 1 else f"{' & '.join(one)}[{place}]")
    return out


@dataclass(frozen=True, slots=True)
class _Reader:
    stage: TreeStage
    names: list[str]
    slots: Sequence[Attribute]
    labels: Sequence[str] | None
    depth: int

    def node(self, node: int, start: int) -> TreeNode:
        forest = self.stage.forest
        count = float(self.stage.cover[node])
        answer, value, share = self._answer(node)
        left, right = int(forest.left[node]), int(forest.right[node])
        if left == LEAF:
            return TreeNode(node - start, count, answer, value, share)
        question = self._question(forest, node)
        if forest.level[node] >= self.depth:
            return TreeNode(node - start, count, answer, value, share, question, hidden=_below(forest, node))
        yes, no = self.node(left, start), self.node(right, start)
        return TreeNode(node - start, count, answer, value, share, question, yes, no)

    def _answer(self, node: int) -> tuple[str, float, float | None]:
        stage = self.stage
        if not isinstance(stage, TreeClassifier | ForestClassifier):
            value = float(stage.forest.payload[node, 0])
            return f"{value:.6g}", value, None
        shares = stage.probability[node] if isinstance(stage, TreeClassifier) else stage.forest.payload[node]
        best = int(shares.argmax())
        known = self.labels is not None and best < len(self.labels)
        return (
            (self.labels[best] if self.labels and known else f"class {best}"),
            float(best),
            float(shares[best]),
        )

    def _question(self, forest: Forest, node: int) -> str:
        slot = int(forest.feature[node])
        name, arity = self.names[slot], int(forest.arity[node])
        if not arity:
            return f"{name} <= {float(forest.threshold[node]):.6g}"
        stored = forest.stored[forest.stored_at[node] : forest.stored_at[node + 1]].tolist()
        if len(stored) <= arity // 2:
            return f"{name} in {self._set(slot, stored)}"
        kept = set(stored)
        return f"{name} not in {self._set(slot, [x for x in range(arity) if x not in kept])}"

    def _set(self, slot: int, categories: list[int]) -> str:
        labels = self.slots[slot].labels if slot < len(self.slots) else None
        shown = [_word(labels[x]) if labels and x < len(labels) else str(x) for x in categories[:_NAMES]]
        more = [f"… {len(categories) - _NAMES} more"] if len(categories) > _NAMES else []
        return f"{{{', '.join([*shown, *more])}}}"


def _word(label: str) -> str:
    """Write a category so that it is told from those beside it: in quotes, if it holds what stands between them."""
    plain = label and label == label.strip() and not set(label) & set(',{}"')
    return label if plain else json.dumps(label, ensure_ascii=False)


def _below(forest: Forest, node: int) -> int:
    """Count the nodes below a node."""
    count, waiting = 0, [node]
    while waiting:
        one = waiting.pop()
        if forest.left[one] != LEAF:
            waiting += [int(forest.left[one]), int(forest.right[one])]
            count += 2
    return count
