"""Spark MLlib pipelines without a JVM.

import scorer
model = scorer.load("models/login")
model.row({"age": 39, "workclass": "Private"})["probability"]
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from scorer import stages as stages
from scorer.errors import ColumnError, RowError, SavedError, ScorerError, UnsupportedError
from scorer.export import export
from scorer.model import Model, load
from scorer.outline import Outline, outline
from scorer.output import Output
from scorer.ranker import Ranker
from scorer.stage import supported

if TYPE_CHECKING:
    from scorer.draw import draw_tree
    from scorer.treeview import TreeNode, TreeView, tree_view
    from scorer.verify import Verdict, Verifier

__all__ = [
    "ColumnError",
    "Model",
    "Outline",
    "Output",
    "Ranker",
    "RowError",
    "SavedError",
    "ScorerError",
    "TreeNode",
    "TreeView",
    "UnsupportedError",
    "Verdict",
    "Verifier",
    "draw_tree",
    "export",
    "load",
    "outline",
    "supported",
    "tree_view",
]

_HOMES = {  # what a service never asks for is imported when it is first used; no module has such a name
    "TreeNode": "scorer.treeview",
    "TreeView": "scorer.treeview",
    "Verdict": "scorer.verify",
    "Verifier": "scorer.verify",
    "draw_tree": "scorer.draw",
    "tree_view": "scorer.treeview",
}


def __getattr__(name: str) -> Any:
    """The lazy door: import what the name stands for, once."""
    if name not in _HOMES:
        raise AttributeError(f"module `scorer` has no attribute `{name}`")
    value = globals()[name] = getattr(import_module(_HOMES[name]), name)
    return value
