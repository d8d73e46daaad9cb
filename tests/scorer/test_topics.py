"""Topics: Spark's own start and digits, and what hostile saves and counts come to."""

from __future__ import annotations

import json
import random
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

import scorer
from scorer import twister
from scorer.digamma import digamma
from scorer.stages.topics import SEED

# What Spark 4.3's libraries answered: breeze.numerics.digamma, and draws of breeze's Gamma from one seed.
DIGAMMA = [
    (1e-300, -9.999999999999999e299),
    (0.01, -100.56088546075685),
    (0.5, -1.963510028796937),
    (1.0, -0.5772156677920679),
    (100.0, 4.600161852571429),
    (1e300, 690.7755278982137),
    (-2.5, 1.1031566378697297),
    (-100.5, 4.615124598562547),
    (0.0, -np.inf),
    (-0.0, np.inf),
    (-1.0, -np.inf),
    (np.inf, np.inf),
]
GAMMA = {
    100.0: (1.1087889344105906, 0.8618287373694173),
    2.0: (1.7465643879732167, 0.21260932584818454),
    1.0001: (2.000208113970399, 0.05000668067422417),
}


def test_digamma_has_the_digits_of_sparks():
    """The function answers bit for bit as the library that Spark calls, poles and infinities too."""
    numbers, answers = zip(*DIGAMMA, strict=True)
    assert digamma(np.array(numbers)).tolist() == list(answers)
    assert np.isnan(digamma(np.array([np.nan])))[0]
    assert digamma(np.zeros((0, 3))).shape == (0, 3)


@given(st.lists(st.floats(1e-4, 1e6), min_size=1, max_size=5))
def test_digamma_is_nearly_the_function(numbers):
    """It obeys the function's recurrence within the 3e-9 by which Spark's library is below the function."""
    x = np.array(numbers)
    assert np.allclose(digamma(x + 1.0), digamma(x) + 1.0 / x, rtol=1e-14, atol=6e-9)
    euler = 0.5772156649015329
    assert abs(digamma(np.array([1.0]))[0] + euler) < 3e-9
    assert abs(digamma(np.array([0.5]))[0] + euler + 2.0 * np.log(2.0)) < 3e-9


@pytest.mark.parametrize("seed", [SEED, 1, -1, (3 << 32) | 77, -5 - (1 << 40)])
def test_the_twister_is_the_twister(seed):
    """The words are those of Python's generator, which is seeded by the same array, the low half first there."""
    high, low = seed >> 32 & 0xFFFFFFFF, seed & 0xFFFFFFFF
    words, peer = twister._words([high, low]), random.Random(low << 32 | high)
    assert [next(words) for _ in range(1500)] == [peer.getrandbits(32) for _ in range(1500)]


def test_gamma_draws_are_those_of_spark():
    """The same seed and shape give the draws that Spark's library gives."""
    for shape, (first, second) in GAMMA.items():
        assert twister.gamma_draws(SEED, shape, 2).tolist() == [first, second]
    assert abs(twister.gamma_draws(1, 1.0, 20_000).mean() - 1.0) < 0.05
    assert len(twister.gamma_draws(SEED, 100.0, 0)) == 0


# -- models --------------------------------------------------------------------------------------------------------


def home(goldens, name):
    return next(g for g in goldens if g.folder.name == name)


@pytest.mark.parametrize("name", ["lda_em", "lda_em_wide"])
def test_a_distributed_model_is_its_local_model(goldens, compare, name):
    """A distributed model answers as Spark's `toLocal` makes of it, which always starts from the same draw."""
    distributed, local = home(goldens, f"{name}-4.3"), home(goldens, f"{name}_local-4.3")
    answered = distributed.model.batch(local.input).column("topicDistribution")
    assert compare(local.expected.column("topicDistribution"), answered, 1e-12, 1.0) == []


def test_an_answer_depends_on_the_document_alone(goldens):
    """Neither stored zeros nor the rows before it change a document's topics, bit for bit."""
    model = scorer.load(home(goldens, "lda_online-4.3").model_path)
    rows = [[2.0, 0.0, 1.0, 0.0, 0.0, 3.0], [0.0, 7.0, 0.0, 0.0, 1.0, 0.0]]
    sparse = {"type": 0, "size": 6, "indices": [0, 2, 5], "values": [2.0, 1.0, 3.0]}
    alone = [model.row({"features": row})["topicDistribution"] for row in rows]
    assert model.row({"features": sparse})["topicDistribution"] == alone[0]
    table = pa.table({"features": pa.array(rows[::-1])})
    assert model.batch(table).column("topicDistribution").to_pylist() == alone[::-1]
    assert all(abs(sum(shares) - 1.0) < 1e-15 for shares in alone)


@pytest.mark.parametrize("counts", [[-1.0, 0, 0, 0, 0, 0], [0, -1e5, 0, 0, 0, 0], [0, -1e300, 0, 0, 0, 1.0]])
def test_counts_whose_topics_do_not_settle_are_refused(goldens, counts):
    """Counts below zero, of which Spark never comes to an end or dies, are refused by name."""
    model = home(goldens, "lda_online-4.3").model
    with pytest.raises(scorer.RowError, match="do not settle"):
        model.row({"features": counts})


def part(folder: Path) -> Path:
    return next(p for p in sorted(folder.iterdir()) if p.name.startswith("part-"))


def rewritten(folder: Path, change) -> None:
    """Change the rows of a table where it stands."""
    table = pq.read_table(part(folder))
    rows = table.to_pylist()
    change(rows)
    pq.write_table(pa.Table.from_pylist(rows, table.schema), part(folder))


def test_one_topic_has_it_all(goldens, tmp_path):
    """Of one topic every document has the whole; counts below zero turn its sign, as in Spark's norm."""
    model = shutil.copytree(home(goldens, "lda_online-4.3").model_path, tmp_path / "model")

    def one(rows):
        rows[0]["topicsMatrix"] |= {"numCols": 1, "values": rows[0]["topicsMatrix"]["values"][:6]}
        rows[0]["docConcentration"]["values"] = [0.5]

    rewritten(model / "data", one)
    loaded = scorer.load(model)
    shares = [
        loaded.row({"features": f})["topicDistribution"] for f in ([1.0] * 6, [0.0] * 6, [-3.0, *[0.0] * 5])
    ]
    assert shares == [[1.0], [0.0], [-1.0]]


LOCAL = [
    ("gammaShape", 0.5),
    ("gammaShape", float("nan")),
    ("topicsMatrix.values", [-1.0] * 18),
    ("topicsMatrix.values", [float("nan")] * 18),
    ("topicsMatrix.values", [1e308] * 18),
    ("topicsMatrix.numCols", 2),
    ("docConcentration.values", [1.0] * 4),
    ("docConcentration.values", []),
]


@pytest.mark.parametrize(("name", "value"), LOCAL)
def test_a_local_model_that_does_not_agree_is_refused(goldens, tmp_path, name, value):
    """Topics, concentrations and the shape must fit one another."""
    model = shutil.copytree(home(goldens, "lda_online-4.3").model_path, tmp_path / "model")

    def change(rows):
        outer, _, inner = name.partition(".")
        if inner:
            rows[0][outer][inner] = value
        else:
            rows[0][outer] = value

    rewritten(model / "data", change)
    with pytest.raises(scorer.SavedError):
        scorer.load(model)


DISTRIBUTED = [
    {"k": 4},
    {"k": 0},
    {"k": -3},
    {"k": 2**40},
    {"k": None},
    {"vocabSize": 5},
    {"vocabSize": -1},
    {"vocabSize": 2**31 - 1},
    {"vocabSize": "many"},
    {"docConcentration": [1.0]},
    {"docConcentration": 3},
    {"gammaShape": 0},
]


@pytest.mark.parametrize("change", DISTRIBUTED, ids=str)
def test_a_distributed_model_that_does_not_agree_is_refused(goldens, tmp_path, change):
    """The metadata of the older library's model must fit its graph, whatever sizes they claim."""
    model = shutil.copytree(home(goldens, "lda_em-4.3").model_path, tmp_path / "model")
    path = part(model / "oldModel" / "metadata")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    with pytest.raises(scorer.SavedError):
        scorer.load(model)


def test_words_that_no_document_had_may_be_many(goldens, tmp_path):
    """A vocabulary of which the graph holds six words loads, and its other words are in no topic."""
    model = shutil.copytree(home(goldens, "lda_em-4.3").model_path, tmp_path / "model")
    path = part(model / "oldModel" / "metadata")
    path.write_text(json.dumps(json.loads(path.read_text()) | {"vocabSize": 1 << 18}))
    loaded = scorer.load(model)
    sparse = {"type": 0, "size": 1 << 18, "indices": [0, 200_000], "values": [2.0, 1.0]}
    shares = loaded.row({"features": sparse})["topicDistribution"]
    assert abs(sum(shares) - 1.0) < 1e-15
    assert len(shares) == 3
