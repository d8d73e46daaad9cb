"""Rankings of ALS models: Spark's order and scores, Spark's own factors for a history, and clear answers to bad input."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import scorer

GOLDEN = Path(__file__).parents[1] / "golden"
RANKED = sorted(path.parent for path in GOLDEN.glob("spark/*/recommend_users.parquet"))
PLAIN = [folder for folder in RANKED if "indexed" not in folder.name]
TRAINED = {  # how each case was trained
    "explicit": {"reg": 0.1},
    "implicit": {"reg": 0.05, "alpha": 4.0, "implicit": True},
    "ties": {"reg": 0.2, "nonnegative": True},
}
FOLDED = [(folder, name) for folder in RANKED for name in TRAINED if f"movielens_{name}-" in folder.name]


def name(folder):
    return folder.name if isinstance(folder, Path) else str(folder)


@pytest.fixture(scope="module")
def explicit():
    return scorer.load(GOLDEN / "spark/movielens_explicit-4.3/model")


@pytest.fixture(scope="module")
def ranker(explicit):
    return explicit.ranker()


def ratings(kind):
    """Return what a case was trained on: users, items, ratings."""
    table = pq.read_table(GOLDEN / "data" / "movielens.parquet")
    users, items, given = (table[column].to_numpy() for column in ("user", "item", "rating"))
    if kind == "ties":
        users, given = np.tile(users, 2), np.tile(given, 2)
        items = np.concatenate([items, items + 1000])
    return users, items, given - 2 if kind == "implicit" else given


# -- as Spark ranks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", PLAIN, ids=name)
def test_every_user_is_ranked_as_spark_ranks(folder):
    """The items of each user stand in Spark's order, and their scores are within 1e-5 of Spark's."""
    model = scorer.load(folder / "model")
    expected = pq.read_table(folder / "recommend_users.parquet").to_pylist()
    assert len(expected) >= 10
    for row in expected:
        (column,) = set(row) - {"recommendations"}
        best = row["recommendations"]
        (item,) = set(best[0]) - {"rating"}
        answered = model.recommend(row[column], len(best))
        assert [i for i, _ in answered] == [one[item] for one in best]
        assert [s for _, s in answered] == pytest.approx([one["rating"] for one in best], rel=1e-5, abs=0)


@pytest.mark.parametrize("version", ["3.5", "4.3"])
def test_ties_go_by_the_higher_id(version):
    """Items that were rated alike have one score to the bit, and the higher id goes first, or the lower if asked."""
    ranker = scorer.load(GOLDEN / f"spark/movielens_ties-{version}/model").ranker()
    for user in ranker.users[:5]:
        vector = ranker.user(user)
        slots, scores = ranker.top(vector, 20)
        items = ranker.items[slots]
        assert (items[::2] - items[1::2] == 1000).all()
        assert (scores[::2] == scores[1::2]).all()
        lower = ranker.items[ranker.top(vector, 20, ties="asc")[0]]
        assert (lower[1::2] - lower[::2] == 1000).all()


@pytest.mark.parametrize("version", ["3.5", "4.3"])
def test_a_pipeline_names_users_and_items_by_its_labels(version):
    """Users and items that are texts are asked for and answered as texts."""
    folder = GOLDEN / f"spark/movielens_indexed-{version}"
    model = scorer.load(folder / "model")
    users, items = (step.stage.labels for step in model._plan.steps[:2])
    for row in pq.read_table(folder / "recommend_users.parquet").to_pylist():
        expected = [(items[one["item"]], one["rating"]) for one in row["recommendations"]]
        answered = model.recommend(users[row["user"]], 20)
        assert [i for i, _ in answered] == [i for i, _ in expected]
        assert [s for _, s in answered] == pytest.approx([s for _, s in expected], rel=1e-5)
    assert model.recommend("nobody", 5) == model.recommend(None, 5) == []


def test_a_score_is_the_rating_of_transform_to_the_bit(explicit, ranker):
    """What `top` and `scores` give is what `batch` and `row` give for the pair of user and item."""
    user = int(ranker.users[3])
    slots, scores = ranker.top(ranker.user(user), 100)
    items = ranker.items[slots]
    table = pa.table({"user": pa.array([user] * len(items)), "item": pa.array(items)})
    rated = explicit.batch(table).column("prediction").to_numpy()
    assert rated.tobytes() == scores.tobytes()
    assert ranker.scores(ranker.user(user), slots).tobytes() == scores.tobytes()
    assert explicit.row({"user": user, "item": int(items[0])})["prediction"] == scores[0]


@pytest.mark.parametrize("slots", [None, [3, 4, 90, -1, 4]])
def test_many_users_are_ranked_as_one_by_one(ranker, slots):
    """`top_of_each` gives each of many users what `top` gives alone, with filters and boosts."""
    vectors, known = ranker.vectors([0, 999, *range(1, 30)])
    assert known.tolist() == [True, False, *[True] * 29]
    mask = np.arange(100) % 3 > 0
    boost = np.where(np.arange(100) % 7 == 0, 1.5, 1.0)
    for options in ({}, {"mask": mask}, {"multiply": boost, "add": -boost, "ties": "asc"}):
        many = ranker.top_of_each(vectors, 7, slots=slots, **options)
        for vector, found, scores, count in zip(vectors, *many, strict=True):
            alone = ranker.top(vector, 7, slots=slots, **options)
            assert found[:count].tolist() == alone[0].tolist()
            assert scores[:count].tobytes() == alone[1].tobytes()
    with pytest.raises(ValueError, match="vectors of 10 numbers"):
        ranker.top_of_each(vectors[0], 5)


# -- fold-in -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("folder", "kind"), FOLDED, ids=name)
def test_a_history_gives_sparks_own_factors(folder, kind):
    """The users' factors that Spark saved come back from their ratings and the items' factors, within 1e-6.

    Spark solves the users last in each iteration, so what it saved is one half-step from the items that it saved.
    """
    ranker = scorer.load(folder / "model").ranker()
    users, items, given = ratings(kind)
    assert len(ranker.users) >= 28
    for user in ranker.users:
        own = users == user
        folded = ranker.fold_in(ranker.slots(items[own]), given[own], **TRAINED[kind])
        saved = ranker.user(user)
        assert folded.dtype == np.float32
        assert np.abs(folded - saved).max() <= 1e-6 * np.abs(saved).max()
        assert ranker.top(folded, 20)[0].tolist() == ranker.top(saved, 20)[0].tolist()
    other = ranker.fold_in(ranker.slots(items[own]), given[own], **(TRAINED[kind] | {"reg": 0.01}))
    assert np.abs(other - saved).max() > 1e-3 * np.abs(saved).max()


@pytest.mark.parametrize("kind", ["explicit", "implicit"])
def test_the_contributions_of_a_history_add_up_to_the_score(kind):
    """Each item of the history has its share, unknown ones none, and the sum is the folded-in user's score."""
    ranker = scorer.load(GOLDEN / f"spark/movielens_{kind}-4.3/model").ranker()
    users, items, given = ratings(kind)
    own = users == ranker.users[0]
    slots = np.append(ranker.slots(items[own]), -1)
    history = np.append(given[own], 5.0)
    vector = ranker.fold_in(slots, history, **TRAINED[kind])
    for slot in ranker.top(vector, 5)[0].tolist():
        shares = ranker.contributions(slots, history, slot, **TRAINED[kind])
        assert shares.shape == slots.shape
        assert shares[-1] == 0
        assert np.count_nonzero(shares) >= 5
        assert shares.sum() == pytest.approx(float(ranker.scores(vector, [slot])[0]), rel=1e-5, abs=1e-5)
    assert ranker.contributions(slots, history, -1, **TRAINED[kind]).tolist() == [0.0] * len(slots)


def test_a_history_of_nothing_known_gives_zeros(ranker):
    """No history, or one of unknown items, folds in to zeros: there is nothing to rank by."""
    for slots in ([], [-1, -1]):
        for implicit in (False, True):
            vector = ranker.fold_in(slots, [5.0] * len(slots), reg=0.1, implicit=implicit)
            assert vector.tolist() == [0.0] * ranker.rank


@pytest.mark.parametrize("rating", [np.nan, np.inf, -np.inf, 1e300, 0.0])
@pytest.mark.parametrize("nonnegative", [False, True])
def test_no_history_is_too_odd_to_fold_in(ranker, rating, nonnegative):
    """Whatever the ratings, without regularization too, the factors are finite."""
    for reg in (0.0, 0.1):
        for implicit in (False, True):
            vector = ranker.fold_in(
                [0, 1, 1], [rating, 3.0, rating], reg=reg, implicit=implicit, nonnegative=nonnegative
            )
            assert np.isfinite(vector).all()
            assert not nonnegative or (vector >= 0).all()


# -- bad input -----------------------------------------------------------------------------------------------------


def test_who_is_not_known_gets_nothing(explicit, ranker):
    """An unknown user has no ranking and no factors, whatever it is; unknown items have the slot -1."""
    for user in (999, -1, 1 << 40, 0.5, float("nan"), float("inf"), "7", None, True, b"x", (1,)):
        assert explicit.recommend(user, 5) == []
        assert ranker.user(user) is None
    assert explicit.recommend(7.0, 5) == explicit.recommend(7, 5) == explicit.recommend(np.int32(7), 5) != []
    assert ranker.slots([3, 999, "x", None, 1 << 70, -1]).tolist() == [3, -1, -1, -1, -1, -1]
    assert ranker.slots([]).tolist() == []


def test_there_are_as_many_as_asked_for_or_as_there_are(explicit, ranker):
    """Asked for none gives none, for more than the catalog the catalog; less than nothing is refused."""
    assert explicit.recommend(7, 0) == []
    assert len(explicit.recommend(7, 10**12)) == len(ranker.items) == 100
    for n in (-1, True, 2.5, "3", None):
        with pytest.raises((ValueError, TypeError), match="whole number"):
            explicit.recommend(7, n)


def test_what_cannot_be_ranked_is_refused_in_words(ranker):
    """Vectors, masks, boosts and slots that do not fit the catalog raise ValueError."""
    vector = ranker.user(7)
    for wrong in (
        {"vector": vector[:-1]},
        {"mask": np.ones(5, np.uint8)},
        {"mask": np.ones(100)},
        {"multiply": [1.0]},
        {"add": np.ones((100, 2))},
        {"slots": [100]},
        {"slots": [-2]},
        {"slots": [0.5]},
        {"ties": "up"},
    ):
        with pytest.raises(ValueError, match=r"needed|mask|numbers|slots|ties"):
            ranker.top(**({"vector": vector, "n": 3} | wrong))
    with pytest.raises(ValueError, match="as many ratings"):
        ranker.fold_in([1, 2], [3.0], reg=0.1)
    with pytest.raises(ValueError, match="not below zero"):
        ranker.fold_in([1], [3.0], reg=-0.1)


def test_a_model_without_als_has_no_ranking():
    """Other pipelines are refused in words."""
    model = scorer.load(GOLDEN / "spark/census_lr-4.3/model")
    for ask in (model.ranker, lambda: model.recommend(1, 1)):
        with pytest.raises(scorer.ScorerError, match="needs one ALS model"):
            ask()


def saved(tmp_path, *, items=None, rank=None):
    """Copy a model, with another table of items or another rank."""
    home = tmp_path / "model"
    shutil.copytree(GOLDEN / "spark/movielens_explicit-4.3/model", home)
    if items is not None:
        for part in (home / "itemFactors").glob("part-*"):
            part.unlink()
        pq.write_table(items, home / "itemFactors" / "part-00000.parquet")
    if rank is not None:
        (part,) = (home / "metadata").glob("part-*")
        meta = json.loads(part.read_text())
        part.write_text(json.dumps(meta | {"rank": rank}))
    return home


def factors(ids, rows):
    return pa.table({"id": pa.array(ids, pa.int32()), "features": pa.array(rows, pa.list_(pa.float32()))})


@pytest.mark.parametrize(
    ("items", "words"),
    [
        (factors([1, 2], [[1.0] * 10, [float("nan")] * 10]), "not a finite number"),
        (factors([1, 2], [[1.0] * 10, [float("inf")] * 10]), "not a finite number"),
        (factors([1, 2], [[1.0] * 10, [None] * 10]), "not a finite number"),
        (factors([1, 2], [[1.0] * 10, [1.0] * 9]), "the rank is 10"),
        (factors([1, 2], [[1.0] * 10, None]), "the rank is 10"),
        (factors([1, 1], [[1.0] * 10, [2.0] * 10]), "an id twice"),
        (factors([1, None], [[1.0] * 10, [2.0] * 10]), "none of them null"),
        (pa.table({"id": [1], "features": [1.0]}), "32 bits"),
        (pa.table({"id": pa.array([1], pa.int32()), "features": [1.0]}), "lists of numbers"),
        (pa.table({"id": pa.array([1], pa.int32())}), "the columns `id` and `features`"),
    ],
)
def test_factors_that_cannot_be_are_refused_at_load(tmp_path, items, words):
    """NaN, uneven lengths, repeated or missing ids: a ScorerError that names the table."""
    with pytest.raises(scorer.ScorerError, match=words) as caught:
        scorer.load(saved(tmp_path, items=items))
    assert "itemFactors" in str(caught.value)


@pytest.mark.parametrize("rank", [None, 0, -1, "ten", 2.5, True, 10**9])
def test_a_rank_that_cannot_be_is_refused_at_load(tmp_path, rank):
    """The rank in the metadata is a whole number above zero, and that of the factors."""
    with pytest.raises(scorer.ScorerError, match="rank"):
        scorer.load(saved(tmp_path, rank=rank if rank is not None else "none"))


def test_an_empty_catalog_ranks_nothing(tmp_path):
    """A model without items loads, knows its users, and has no item for them."""
    model = scorer.load(saved(tmp_path, items=factors([], [])))
    ranker = model.ranker()
    assert model.recommend(7, 5) == []
    assert len(ranker.items) == 0
    assert ranker.slots([1, 2]).tolist() == [-1, -1]
    assert not ranker.fold_in([-1], [3.0], reg=0.1, implicit=True).any()
    assert ranker.top(ranker.user(7), 5, mask=np.ones(0, np.uint8), slots=[])[0].tolist() == []


def test_a_bundle_ranks_as_its_folder(tmp_path):
    """What `export` writes has the version, the order and the scores of the folder."""
    folder = GOLDEN / "spark/movielens_implicit-4.3/model"
    bundle = tmp_path / "als.json"
    bundle.write_bytes(scorer.export(folder))
    one, other = scorer.load(folder), scorer.load(bundle)
    assert one.ranker().version == other.ranker().version == one.version
    for user in one.ranker().users.tolist():
        assert one.recommend(user, 20) == other.recommend(user, 20)


def test_threads_share_a_ranker(ranker):
    """Many threads ask one ranker at once, and each gets what it would get alone."""
    users = [int(u) for u in ranker.users] * 10

    def best(user):
        slots, scores = ranker.top(ranker.user(user), 10)
        return slots.tolist(), scores.tolist()

    alone = [best(user) for user in users]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(best, users)) == alone
