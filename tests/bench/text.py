"""Text: 20 words from a dict through words, stop words, hashes (2^18 slots), IDF and a logistic regression.

Beside it scikit-learn's equivalent with the same weights (CountVectorizer over the same words, TfidfTransformer,
LogisticRegression), ONNX Runtime's form of that, and Spark local. Install scikit-learn, skl2onnx, onnxruntime and
pyspark 4.3 beside the lock; who is missing is named.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import linear_peers
import pyarrow as pa
import pyarrow.parquet as pq
import spark_local
from census import line
from clock import processor
from peers import compare

import scorer
from scorer.compile import compile_row
from scorer.fast import Fused, fused

CASE = Path(__file__).parent.parent / "golden" / "spark" / "text_wide-4.3"
TEXTS, COPIES = 100, 200  # the case's ordinary texts, and how often they are scored


def main() -> int:
    """Measure."""
    texts = pq.read_table(CASE / "input.parquet", columns=["t"]).slice(0, TEXTS)
    assert {len(text.split()) for text in texts["t"].to_pylist()} == {20}
    model = scorer.load(CASE / "model").select(["probability"])
    found = fused(model._selection)
    assert isinstance(found, Fused)
    rows = pa.concat_tables([texts] * COPIES).combine_chunks()

    def pipeline() -> Any:
        return linear_peers.words(found, texts, "t")

    peers = {
        "scikit-learn": lambda: linear_peers.sklearn_words(pipeline(), "t"),
        "ONNX Runtime, converted from it": lambda: linear_peers.onnx(pipeline(), rows.schema),
    }
    ours = compare("20 words", model, rows, peers)
    line("model.row, 20 words from a dict", ours[0] * 1e6, 20.0, "us")
    plain, facts = compile_row(model._selection), texts.to_pylist()
    unfused = processor({"": (lambda: [plain(row) for row in facts], len(facts))})[""]
    print(f"{'the same, stage after stage':<58} {unfused * 1e6:>9.2f} us")
    print("\nSpark itself, the same save")
    spark_local.report({"text": (CASE / "model", texts)}, {"text": ours})
    return 0


if __name__ == "__main__":
    sys.exit(main())
