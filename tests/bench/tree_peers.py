"""The same trees in other engines: treelite, LightGBM's engine, ONNX Runtime.

Each function takes a forest of one value and gives a function of an (rows, features) matrix of doubles that returns
the rows' sums, on one core. An engine that is not installed raises ImportError.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import numpy as np

from scorer.kernels import LEAF, Forest

Score = Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Node:
    """A node within its tree; `members` are the categories that go left, None at a threshold."""

    id: int
    leaf: bool
    value: float
    feature: int
    threshold: float
    members: list[int] | None
    left: int
    right: int


def nodes(forest: Forest, tree: int) -> Iterator[Node]:
    """Yield a tree's nodes; what was never seen is left to the engines' own rules, so the data must not hold it."""
    start, end = forest.starts[tree : tree + 2].tolist()
    for i in range(start, end):
        leaf = bool(forest.left[i] == LEAF)
        categorical = not leaf and np.isnan(forest.threshold[i])
        members = (
            forest.stored[forest.stored_at[i] : forest.stored_at[i + 1]].tolist() if categorical else None
        )
        left, right = int(forest.left[i]) - start, int(forest.right[i]) - start
        value, threshold = float(forest.payload[i, 0]), float(forest.threshold[i])
        yield Node(i - start, leaf, value, int(forest.feature[i]), threshold, members, left, right)


# -- treelite ----------------------------------------------------------------------------------------------------


def _treelite_model(forest: Forest):
    made = import_module("treelite.model_builder")
    count = forest.trees
    builder = made.ModelBuilder(
        threshold_type="float64",
        leaf_output_type="float64",
        metadata=made.Metadata(
            num_feature=forest.features,
            task_type="kRegressor",
            average_tree_output=False,
            num_target=1,
            num_class=[1],
            leaf_vector_shape=(1, 1),
        ),
        tree_annotation=made.TreeAnnotation(num_tree=count, target_id=[0] * count, class_id=[0] * count),
        postprocessor=made.PostProcessorFunc(name="identity"),
        base_scores=[0.0],
    )
    for tree in range(count):
        builder.start_tree()
        for node in nodes(forest, tree):
            builder.start_node(node.id)
            if node.leaf:
                builder.leaf(node.value)
            elif node.members is None:
                builder.numerical_test(
                    feature_id=node.feature,
                    threshold=node.threshold,
                    default_left=False,
                    opname="<=",
                    left_child_key=node.left,
                    right_child_key=node.right,
                )
            else:
                builder.categorical_test(
                    feature_id=node.feature,
                    default_left=False,
                    category_list=node.members,
                    category_list_right_child=False,
                    left_child_key=node.left,
                    right_child_key=node.right,
                )
            builder.end_node()
        builder.end_tree()
    return builder.commit()


def treelite(forest: Forest) -> Score:
    """Walk the trees by treelite's reference engine (GTIL)."""
    gtil = import_module("treelite.gtil")
    model = _treelite_model(forest)
    return lambda x: gtil.predict(model, x, nthread=1).reshape(-1)


def treelite_compiled(forest: Forest) -> Score:
    """Compile the trees to a C library (tl2cgen, gcc -O2)."""
    tl2cgen = import_module("tl2cgen")
    folder = tempfile.mkdtemp()
    library = Path(folder) / "trees.so"
    tl2cgen.export_lib(_treelite_model(forest), toolchain="gcc", libpath=library, params={"parallel_comp": 8})
    predictor = tl2cgen.Predictor(library, nthread=1)
    return lambda x: predictor.predict(tl2cgen.DMatrix(x, dtype="float64")).reshape(-1)


# -- LightGBM ----------------------------------------------------------------------------------------------------


def _lightgbm_tree(forest: Forest, tree: int) -> str:
    every = list(nodes(forest, tree))
    inner = {node.id: i for i, node in enumerate(n for n in every if not n.leaf)}
    leaves = {node.id: i for i, node in enumerate(n for n in every if n.leaf)}
    place = {**inner, **{i: ~leaf for i, leaf in leaves.items()}}
    splits = [node for node in every if not node.leaf]
    thresholds, boundaries, words = [], [0], []
    for node in splits:
        if node.members is None:
            thresholds.append(repr(node.threshold))
            continue
        thresholds.append(str(len(boundaries) - 1))
        bits = [0] * (max(node.members, default=0) // 32 + 1)
        for member in node.members:
            bits[member // 32] |= 1 << member % 32
        words += bits
        boundaries.append(len(words))
    many = len(splits)
    lines = {
        "num_leaves": len(leaves),
        "num_cat": len(boundaries) - 1,
        "split_feature": [n.feature for n in splits],
        "split_gain": [1] * many,
        "threshold": thresholds,
        "decision_type": [8 if n.members is None else 9 for n in splits],  # 8: NaN is missing, and goes right
        "left_child": [place[n.left] for n in splits],
        "right_child": [place[n.right] for n in splits],
        "leaf_value": [repr(n.value) for n in every if n.leaf],
        "leaf_weight": [1] * len(leaves),
        "leaf_count": [1] * len(leaves),
        "internal_value": [0] * many,
        "internal_weight": [1] * many,
        "internal_count": [1] * many,
    }
    if words:
        lines |= {"cat_boundaries": boundaries, "cat_threshold": words}
    lines |= {"is_linear": 0, "shrinkage": 1}
    text = [f"{k}={' '.join(map(str, v)) if isinstance(v, list) else v}" for k, v in lines.items()]
    return "\n".join([f"Tree={tree}", *text, "\n"])


def lightgbm(forest: Forest) -> Score:
    """Load the trees as a LightGBM text model."""
    engine = import_module("lightgbm")
    names = " ".join(f"f{i}" for i in range(forest.features))
    header = (
        "tree\nversion=v4\nnum_class=1\nnum_tree_per_iteration=1\nlabel_index=0\n"
        f"max_feature_idx={forest.features - 1}\nobjective=regression\nfeature_names={names}\n"
        f"feature_infos={' '.join(['[-1e300:1e300]'] * forest.features)}\n"
    )
    trees = [_lightgbm_tree(forest, tree) for tree in range(forest.trees)]
    sizes = f"tree_sizes={' '.join(str(len(tree)) for tree in trees)}\n\n"
    booster = engine.Booster(model_str=header + sizes + "".join(trees) + "end of trees\n")
    return lambda x: booster.predict(x, raw_score=True, num_threads=1)


# -- ONNX Runtime ------------------------------------------------------------------------------------------------

LEQ, MEMBER = 0, 6


def onnx_double(forest: Forest) -> Score:
    """Build the ensemble in double precision."""
    return _onnx(forest, np.float64)


def onnx_single(forest: Forest) -> Score:
    """Build the ensemble in single precision, as its converters do; the caller's matrix is cast beforehand."""
    return _onnx(forest, np.float32)


def _onnx(forest: Forest, kind: type) -> Score:
    """Build an ONNX TreeEnsemble (ai.onnx.ml 5), sets as sets."""
    onnxruntime, helper = import_module("onnxruntime"), import_module("onnx.helper")
    numpy_helper, types = import_module("onnx.numpy_helper"), import_module("onnx").TensorProto
    double = types.DOUBLE if kind is np.float64 else types.FLOAT
    columns: dict[str, list] = {name: [] for name in ("features", "modes", "splits", "true", "true_leaf")}
    columns |= {name: [] for name in ("false", "false_leaf", "members", "roots", "values")}
    for tree in range(forest.trees):
        every = {node.id: node for node in nodes(forest, tree)}
        base = len(columns["features"])
        inner = {n.id: base + i for i, n in enumerate(n for n in every.values() if not n.leaf)}
        columns["roots"].append(base)

        def child(node: Node, side: str, inner: dict[int, int] = inner) -> None:
            columns[f"{side}_leaf"].append(int(node.leaf))
            columns[side].append(len(columns["values"]) if node.leaf else inner[node.id])
            if node.leaf:
                columns["values"].append(node.value)

        for node in every.values():
            if node.leaf:
                continue
            columns["features"].append(node.feature)
            columns["modes"].append(LEQ if node.members is None else MEMBER)
            columns["splits"].append(node.threshold if node.members is None else 0.0)
            if node.members is not None:
                columns["members"] += [*map(float, node.members), np.nan]
            child(every[node.left], "true")
            child(every[node.right], "false")

    def doubles(name: str):
        return numpy_helper.from_array(np.array(columns[name], dtype=kind), name)

    optional = {"membership_values": doubles("members")} if columns["members"] else {}
    made = helper.make_node(
        "TreeEnsemble",
        ["x"],
        ["y"],
        domain="ai.onnx.ml",
        n_targets=1,
        aggregate_function=1,
        post_transform=0,
        tree_roots=columns["roots"],
        nodes_featureids=columns["features"],
        nodes_modes=numpy_helper.from_array(np.array(columns["modes"], dtype=np.uint8), "modes"),
        nodes_splits=doubles("splits"),
        nodes_truenodeids=columns["true"],
        nodes_trueleafs=columns["true_leaf"],
        nodes_falsenodeids=columns["false"],
        nodes_falseleafs=columns["false_leaf"],
        leaf_targetids=[0] * len(columns["values"]),
        leaf_weights=doubles("values"),
        **optional,
    )
    graph = helper.make_graph(
        [made],
        "trees",
        [helper.make_tensor_value_info("x", double, [None, forest.features])],
        [helper.make_tensor_value_info("y", double, [None, 1])],
    )
    opsets = [helper.make_opsetid("", 21), helper.make_opsetid("ai.onnx.ml", 5)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=10)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    return lambda x: session.run(None, {"x": x if x.dtype == kind else x.astype(kind)})[0].reshape(-1)


PEERS: dict[str, Callable[[Forest], Score]] = {
    "treelite, compiled to C": treelite_compiled,
    "treelite, GTIL": treelite,
    "LightGBM's engine": lightgbm,
    "ONNX Runtime, doubles": onnx_double,
    "ONNX Runtime, single precision": onnx_single,
}
