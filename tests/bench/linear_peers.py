"""Linear models elsewhere: scikit-learn's pipeline with our weights in it, and ONNX Runtime's form of that.

Each builder gives (one, many): a function of one row's dict, and one of a table, which return the probability of class 1.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np
import pyarrow as pa

from scorer.bag import Bag
from scorer.fast import Fused
from scorer.fuse import Choice

One, Many = Callable[[dict[str, Any]], float], Callable[[pa.Table], np.ndarray]


def _logistic(weights: list[float], intercept: float, features: Any) -> Any:
    """Return scikit-learn's logistic regression with weights of ours, fitted to something first."""
    labels = np.arange(features.shape[0]) % 2
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that it did not converge: its weights are replaced
        made = import_module("sklearn.linear_model").LogisticRegression(max_iter=1).fit(features, labels)
    made.coef_, made.intercept_ = np.array([weights]), np.array([intercept])
    return made


def census(found: Fused, names: dict[int, str], table: pa.Table) -> Any:
    """Build ColumnTransformer(OneHotEncoder, numbers) and a logistic regression over the parts of a layout."""
    compose, pre = import_module("sklearn.compose"), import_module("sklearn.preprocessing")
    hot = [part for part in found.layout.parts if isinstance(part, Choice)]
    plain = [part for part in found.layout.parts if not isinstance(part, Choice)]
    own = found.stage.weights.values
    weights = [own[s[0]] if s else 0.0 for part in hot for s in part.slots.values()]
    weights += [own[part.slot] for part in plain]
    encoder = pre.OneHotEncoder(categories=[list(part.slots) for part in hot], handle_unknown="ignore")
    columns = compose.ColumnTransformer(
        [
            ("hot", encoder, [names[part.value] for part in hot]),
            ("plain", "passthrough", [names[part.value] for part in plain]),
        ]
    )
    frame = table.slice(0, 200).to_pandas()
    model = _logistic(weights, found.stage.intercept, columns.fit_transform(frame))
    return import_module("sklearn.pipeline").make_pipeline(columns, model)


def words(found: Fused, table: pa.Table, column: str) -> Any:
    """Build CountVectorizer, TfidfTransformer and a logistic regression over the words of a table's texts.

    Both make lower case and leave stop words out, as ours does. ONNX Runtime's operator for that wants the locale
    en_US.UTF-8 of the system (Debian: the package locales, then `localedef -i en_US -f UTF-8 en_US.UTF-8`).
    """
    text = import_module("sklearn.feature_extraction.text")
    bag = found.layout.parts[0]
    assert isinstance(bag, Bag)
    index, split = found_slots(bag), bag.tokens()
    known = sorted({word for value in table[column].to_pylist() for word in split(value) if index(word) >= 0})
    left_out = [word for stage in bag.filters for word in sorted(stage.stop)]
    vectors = text.CountVectorizer(vocabulary=known, token_pattern=r"[^ ]+", stop_words=left_out)
    idf = text.TfidfTransformer(norm=None)
    counts = vectors.transform(table[column].to_pylist()[:200])
    weighed = idf.fit_transform(counts)
    slots = [index(word) for word in known]
    idf.idf_ = np.array([bag.scale[slot] for slot in slots])
    model = _logistic([found.stage.weights.values[slot] for slot in slots], found.stage.intercept, weighed)
    return import_module("sklearn.pipeline").make_pipeline(vectors, idf, model)


def found_slots(bag: Bag) -> Callable[[str], int]:
    """Return the function from a word to its slot, -1 for none, as the stages say."""
    filters, count = [stage.row() for stage in bag.filters], bag.counter.row()

    def slot(word: str) -> int:
        kept = [word]
        for keep in filters:
            kept = keep(kept)
        places = count(kept).indices
        return places[0] if places else -1

    return slot


def sklearn_census(pipeline: Any) -> tuple[One, Many]:
    """Ask scikit-learn with data frames, as its users do."""
    frame = import_module("pandas").DataFrame

    def one(row: dict[str, Any]) -> float:
        return pipeline.predict_proba(frame([row]))[0, 1]

    return one, lambda table: pipeline.predict_proba(table.to_pandas())[:, 1]


def sklearn_words(pipeline: Any, column: str) -> tuple[One, Many]:
    """Ask scikit-learn with lists of texts."""
    return (
        lambda row: pipeline.predict_proba([row[column]])[0, 1],
        lambda table: pipeline.predict_proba(table[column].to_pylist())[:, 1],
    )


def onnx(pipeline: Any, schema: pa.Schema) -> tuple[One, Many]:
    """Convert a pipeline (single precision, as its converter does) and ask it on one thread."""
    types = import_module("skl2onnx.common.data_types")
    runtime = import_module("onnxruntime")
    names = {field.name: re.sub(r"\W", "_", field.name) for field in schema}
    kinds = {f.name: pa.types.is_string(f.type) for f in schema}
    initial = [
        (name, types.StringTensorType([None, 1]) if kinds[name] else types.FloatTensorType([None, 1]))
        for name in names
    ]
    options = {id(pipeline.steps[-1][1]): {"zipmap": False}}
    graph = import_module("skl2onnx").convert_sklearn(pipeline, initial_types=initial, options=options)
    settings = runtime.SessionOptions()
    settings.intra_op_num_threads = settings.inter_op_num_threads = 1
    ready = runtime.InferenceSession(graph.SerializeToString(), settings, providers=["CPUExecutionProvider"])
    given = dict(zip(names, [each.name for each in ready.get_inputs()], strict=True))

    def one(row: dict[str, Any]) -> float:
        fed = {
            given[n]: np.array([[row[n]]], dtype=object if text else np.float32) for n, text in kinds.items()
        }
        return ready.run(["probabilities"], fed)[0][0, 1]

    def fed(table: pa.Table) -> dict[str, np.ndarray]:
        return {
            given[n]: np.asarray(table[n].to_numpy(), dtype=object if text else np.float32).reshape(-1, 1)
            for n, text in kinds.items()
        }

    return one, lambda table: ready.run(["probabilities"], fed(table))[0][:, 1]
