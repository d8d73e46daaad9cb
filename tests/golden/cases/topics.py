"""LDA: what shares the topics have in a bag of words, fitted online and by EM."""

from __future__ import annotations

import random
from typing import Any

from case import case
from pyspark.ml import Pipeline
from pyspark.ml.clustering import LDA
from pyspark.ml.feature import CountVectorizer, Tokenizer
from pyspark.ml.linalg import SparseVector, Vectors
from session import Session
from values import INF, NAN, dense, sparse

F = "features:vector"
WORDS, WIDE = 6, 500
BAGS = [
    [sparse(WORDS, {0: 2.0, 1: 3.0, 2: 1.0})],
    [sparse(WORDS, {3: 4.0, 4: 1.0, 5: 2.0})],
    [sparse(WORDS, {0: 1.0, 2: 5.0})],
    [dense(0.0, 1.0, 0.0, 3.0, 1.0, 2.0)],
] * 5
PROBES = [
    *BAGS[:4],
    [sparse(WORDS, {})],
    [dense(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)],
    [sparse(WORDS, {5: 100.0})],
    [dense(1.0, 1.0, 1.0, 1.0, 1.0, 1.0)],
]
HARD = [
    [dense(1.0, 2.0)],
    [dense()],
    [sparse(2, {1: 3.0})],
    [sparse(9, {1: 3.0})],
    [sparse(9, {8: 3.0})],
    [sparse(9, {8: 0.0})],
    [sparse(9, {1: 1.0, 8: 0.0})],
    [dense(*[1.0] * 7)],
    [dense(*[1.0] * 6, 0.0)],
    [dense(*[0.0] * 7)],
    [sparse(WORDS, {2: 0.0, 3: -0.0})],
    [dense(NAN, 0.0, 0.0, 0.0, 0.0, 0.0)],
    [sparse(WORDS, {2: NAN})],
    [dense(INF, 0.0, 0.0, 0.0, 0.0, 0.0)],
    [sparse(WORDS, {2: -INF, 3: 1.0})],
    [dense(-0.1, 1.0, 1.0, 1.0, 1.0, 1.0)],
    [dense(5.0, -1.0, 0.0, 0.0, 0.0, 0.0)],
    [dense(-0.05, 0.0, 0.0, 0.0, 0.0, 0.0)],
    [dense(1e-300, 0.0, 0.0, 0.0, 0.0, 0.0)],
    [dense(*[5e-324] * 6)],
    [dense(0.25, 0.5, 1.75, 0.0, 0.0, 3.5)],
    [dense(*[1e6] * 6)],
    [sparse(WORDS, {1: 1e9})],
    [sparse(WORDS, {1: 1e12, 4: 3.0})],
    [None],
]


def _bag(chance: random.Random, words: int, low: int) -> SparseVector:
    """Give a bag of words that come of one part of the vocabulary, some often."""
    counts: dict[int, float] = {}
    for _ in range(words):
        word = (low + min(int(chance.expovariate(0.03)), WIDE // 2 - 1)) % (WIDE - 20)
        counts[word] = counts.get(word, 0.0) + 1.0
    return Vectors.sparse(WIDE, sorted(counts), [counts[word] for word in sorted(counts)])


def _bags(rows: int, seed: int) -> list[list[Any]]:
    """Give bags of four subjects, of a word up to some thousands."""
    chance = random.Random(seed)
    return [
        [_bag(chance, chance.choice((1, 5, 40, 300, 3000)), WIDE * (row % 4) // 4)] for row in range(rows)
    ]


for _optimizer in ("online", "em"):

    @case(
        f"lda_{_optimizer}",
        f"Topic shares of a bag of words ({_optimizer}); Spark starts from a seeded random draw.",
        F,
        PROBES,
        relative=5e-3 if _optimizer == "em" else None,
        tolerance="sums",
    )
    def _lda(s: Session, optimizer: str = _optimizer) -> Any:
        return LDA(k=3, seed=7, maxIter=8, optimizer=optimizer).fit(s.frame(F, BAGS))


@case(
    "lda_hard",
    "Vectors shorter and longer than the vocabulary, NaN, infinite, negative and huge counts, null.",
    F,
    HARD,
    tolerance="sums",
)
def _hard(s: Session) -> Any:
    return LDA(k=4, seed=3, maxIter=5, docConcentration=[0.1, 0.2, 0.3, 4.0]).fit(s.frame(F, BAGS))


@case(
    "lda_wide",
    "Documents of a word up to thousands, over hundreds of words and a dozen topics.",
    F,
    _bags(60, 1),
    tolerance="sums",
)
def _wide(s: Session) -> Any:
    lda = LDA(k=12, seed=11, maxIter=6, topicConcentration=0.05, optimizeDocConcentration=False)
    return lda.fit(s.frame(F, _bags(80, 2)))


@case(
    "lda_em_wide",
    "Words that no document had stand in no topic; Spark starts from a random draw.",
    F,
    [*_bags(40, 3), [sparse(WIDE, {WIDE - 1: 2.0})], [sparse(WIDE, {0: 1.0, WIDE - 1: 2.0})]],
    relative=5e-3,
    tolerance="sums",
)
def _em_wide(s: Session) -> Any:
    return LDA(k=5, seed=5, maxIter=10, optimizer="em").fit(s.frame(F, _bags(80, 2)))


for _name, _rows in (
    ("", PROBES),
    ("_wide", [*_bags(40, 3), [sparse(WIDE, {WIDE - 1: 2.0})], [sparse(WIDE, {0: 1.0, WIDE - 1: 2.0})]]),
):

    @case(
        f"lda_em{_name}_local",
        f"What toLocal makes of the model of lda_em{_name} starts from a draw that is always the same.",
        F,
        _rows,
        tolerance="sums",
    )
    def _local(s: Session, name: str = _name) -> Any:
        if name:
            return _em_wide(s).toLocal()
        return LDA(k=3, seed=7, maxIter=8, optimizer="em").fit(s.frame(F, BAGS)).toLocal()


TEXTS = ["cats purr and cats sleep", "dogs bark and dogs run", "cats and dogs", "birds sing", "dogs sleep"]


@case(
    "lda_text",
    "Topics of texts, by way of their tokens' counts; unknown words count for nothing.",
    "text:string",
    [["cats purr"], ["dogs bark at birds"], [""], ["unknown words only"], ["Cats CATS cats"], [None]],
    tolerance="sums",
)
def _text(s: Session) -> Pipeline:
    stages = [
        Tokenizer(inputCol="text", outputCol="words"),
        CountVectorizer(inputCol="words", outputCol="counts"),
        LDA(k=2, seed=1, maxIter=10, featuresCol="counts", topicDistributionCol="topics"),
    ]
    return Pipeline(stages=stages).fit(s.frame("text:string", [[text] for text in TEXTS * 3]))
