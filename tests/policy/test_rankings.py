"""Ranking policies from their files: the embedded one, and what can be wrong with an item table or a model."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import policy
import scorer
from policy.live import Live
from policy.runtime import load_decision, load_policy

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture
def folder(tmp_path):
    """A copy of the embedded ranking."""
    shutil.copy(CONFIGS / "recommend.yaml", tmp_path)
    shutil.copytree(CONFIGS / "recommend", tmp_path / "recommend")
    shutil.copytree(CONFIGS / "models" / "recommend", tmp_path / "models" / "recommend")
    return tmp_path


def problems(folder):
    with pytest.raises(policy.LoadError) as caught:
        policy.load(folder / "recommend.yaml")
    return caught.value.diagnostics


def edited(folder, old, new, file="recommend.yaml"):
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new, 1))
    return folder


def test_without_filters_it_is_the_models_own_order(folder):
    """Without blocks that change it the list is the model's recommendations, by the names of the item table."""
    text = (folder / "recommend.yaml").read_text().split("# Only items")[0]
    (folder / "recommend.yaml").write_text(text)
    ranking = policy.load(folder / "recommend.yaml")
    model = scorer.load(folder / "models" / "recommend")
    for user in (0, 7, 29):
        wanted = [(f"F-{1000 + item}", score) for item, score in model.recommend(user, 20)]
        assert [(item.id, item.score) for item in ranking.row({"user": user, "n": 20}).items] == wanted


def test_the_example_is_answered(folder):
    """The embedded example gets five items that every filter keeps."""
    request = json.loads((CONFIGS / "examples" / "recommend.json").read_text())
    outcome = policy.load(folder / "recommend.yaml").row(request)
    assert len(outcome.items) == request["n"] == 5
    assert [name for name, _ in outcome.left] == ["items", "in-stock", "for-kids", "licensed", "affordable"]


@pytest.mark.parametrize(
    ("old", "new", "code", "words"),
    [
        ("\n1,F-1001", "\n0,F-1001", "E187", "the number 0 stands in several rows"),
        ("\n1,F-1001", "\n,F-1001", "E187", "have no `number`"),
        ("F-1001", "F-1000", "E187", "the sku F-1000 stands in several rows"),
        (",2007,4.1,", ",2007,cheap,", "E187", "`cheap` is no double"),
        ("number,sku", "numero,sku", "E182", "no column `number`"),
    ],
)
def test_item_tables_that_are_wrong(folder, old, new, code, words):
    """Missing and repeated ids, values of another type and missing columns are named with their place."""
    found = problems(edited(folder, old, new, "recommend/items.csv"))
    assert any(one.code == code and words in one.message for one in found), found


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("recommend/items.csv", "../items.csv", "E186"),
        ("recommend/items.csv", "nowhere.csv", "E186"),
        ("models/recommend", "models/nowhere", "E185"),
        ("keep: item.in_stock", "keep: item.in_stok", "E201"),
        ("keep: item.in_stock", "keep: score > 0.3", "E201"),
        ("multiply: 1.1", "multiply: -1", "E183"),
        ("multiply: 1.1", "multiply: 1e39", "E183"),
        ("multiply: 1.1", "add: -1e39", "E183"),
        ("multiply: 1.1", "multiply: 1e12", "E183"),  # and another boost has 1.3
        ("fold_in: {reg: 0.1}", "", "E184"),
        ("by: kind", "by: countries", "E113"),
        ("key: number", "key: countries", "E182"),
        ("key: number", "key: price", "E182"),
        ("on_error: {log: refuse}", "pins: []", "E114"),
        ("kids: {type", "user: {type", "E115"),
    ],
)
def test_ranking_policies_that_are_wrong(folder, old, new, code):
    """Each mistake has a diagnostic; nothing else is raised."""
    assert code in {one.code for one in problems(edited(folder, old, new))}


def test_a_model_that_ranks_nothing(folder):
    """A model without ALS is refused where a ranking names it."""
    shutil.copytree(CONFIGS / "models" / "login", folder / "models" / "login")
    found = problems(edited(folder, "model: models/recommend", "model: models/login"))
    assert [one.code for one in found] == ["E185"]


def test_a_parquet_table_ranks_as_the_csv_does(folder):
    """The item table may be Parquet."""
    before = policy.load(folder / "recommend.yaml")
    table = before.table
    pq.write_table(table, folder / "recommend" / "items.parquet")
    after = policy.load(edited(folder, "items.csv", "items.parquet") / "recommend.yaml")
    request = {"user": 3, "n": 50, "country": "SE"}
    assert [item.id for item in after.row(request).items] == [item.id for item in before.row(request).items]


def test_the_item_table_is_part_of_the_version(folder):
    """A changed price changes the version, and a reload takes it."""
    live = Live(folder)
    before = live.rankings["recommend"].version
    edited(folder, ",2007,4.1,", ",2007,4.2,", "recommend/items.csv")
    reload = live.follow() or live.follow()
    assert reload.error is None
    assert live.rankings["recommend"].version != before


def test_the_kinds_are_told_apart(folder):
    """A command for decisions refuses a ranking in a sentence."""
    with pytest.raises(policy.LoadError, match="a decision is needed"):
        load_decision(folder / "recommend.yaml")


def test_a_batch_is_a_table_of_lists(folder):
    """Many users at once give a row for each item, in order."""
    ranking = policy.load(folder / "recommend.yaml")
    out = ranking.batch(pa.table({"user": [1, 2, None], "n": [3, 3, 2]}))
    assert out["place"].to_pylist() == [1, 2, 3, 1, 2, 3, 1, 2]
    assert out["id"].to_pylist()[:3] == [item.id for item in ranking.row({"user": 1, "n": 3}).items]


def test_users_and_items_by_their_labels(tmp_path):
    """Where the model's pipeline indexes texts, requests and the item table name users and items by these texts."""
    golden = Path(__file__).parents[1] / "golden" / "spark" / "movielens_indexed-4.3" / "model"
    model = scorer.load(golden)
    rows = "".join(f"{label},{number}\n" for number, label in enumerate(reversed(model.item_labels())))
    (tmp_path / "items.csv").write_text(f"sku,place\n{rows}no-such-sku,7\n")
    (tmp_path / "shop.yaml").write_text(
        f"ranking: shop\nmodel: {golden}\nitems: {{file: items.csv, key: sku, columns: {{sku: string, place: int}}}}\n"
        "fallback: [popular]\npopular: place\n"
    )
    ranking = policy.load(tmp_path / "shop.yaml")
    for user in ("u03", "u17"):
        wanted = model.recommend(user, 20)
        assert [(item.id, item.score) for item in ranking.row({"user": user, "n": 20}).items] == wanted
        assert len(wanted) == 20
    unknown = ranking.row({"user": "nobody", "n": 2})
    assert {item.source for item in unknown.items} == {"popular"}
    assert "no-such-sku" in {item.id for item in ranking.row({"user": "nobody", "n": 1000}).items}


GOLDENS = Path(__file__).parents[1] / "golden" / "spark"
IDS = {
    "indexers": "ids: {{user: {stages}/0_StringIndexer_000000000001, item: {stages}/1_StringIndexer_000000000002}}\n",
    "tables": "ids: {{user: {{file: users.csv}}, item: {{file: items.parquet, id: sku, number: product}}}}\n",
    "mixed": "ids: {{user: {{file: users.csv}}, item: {stages}/1_StringIndexer_000000000002}}\n",
}


def named(tmp_path, version, ids):
    """The bare ALS model of a pipeline that real Spark saved, with the names of its indexers beside it."""
    golden = GOLDENS / f"movielens_indexed-{version}"
    stages = golden / "model" / "stages"
    model = scorer.load(golden / "model")
    users, items = (list(labels) for labels in (model.user_labels(), model.item_labels()))
    (tmp_path / "users.csv").write_text("id,number\n" + "".join(f"{u},{n}\n" for n, u in enumerate(users)))
    pq.write_table(pa.table({"sku": items, "product": range(len(items))}), tmp_path / "items.parquet")
    rows = "".join(f"{sku},{place}\n" for place, sku in enumerate(reversed(items)))
    (tmp_path / "catalog.csv").write_text(f"sku,place\n{rows}no-such-sku,-1\n")
    (tmp_path / "shop.yaml").write_text(
        f"ranking: shop\nmodel: {stages}/2_ALS_000000000001\n{IDS[ids].format(stages=stages)}"
        "items: {file: catalog.csv, key: sku, columns: {sku: string, place: int}}\n"
        "fallback: [fold_in, popular]\nfold_in: {reg: 0.1}\npopular: place\nexclude: [request, history]\n"
    )
    return golden, policy.load(tmp_path / "shop.yaml")


@pytest.mark.parametrize("version", ["3.5", "4.3"])
@pytest.mark.parametrize("ids", list(IDS))
def test_ids_map_both_ways(tmp_path, version, ids):
    """With `ids`, texts go in and out of a model of numbers: the twenty best of every user are Spark's, in order."""
    golden, ranking = named(tmp_path, version, ids)
    model = scorer.load(golden / "model")
    labels = model.user_labels()
    rows = pq.read_table(golden / "recommend_users.parquet").to_pylist()
    assert len(rows) == len(labels)
    for row in rows:
        number, *_ = (value for name, value in row.items() if name != "recommendations")
        outcome = ranking.row({"user": labels[int(number)], "n": 20})
        wanted = [tuple(one.values()) for one in row["recommendations"]]
        assert [item.id for item in outcome.items] == [model.item_labels()[item] for item, _ in wanted]
        assert [item.score for item in outcome.items] == pytest.approx([s for _, s in wanted], rel=1e-5)
    seen = [item.id for item in outcome.items[:3]]
    fresh = ranking.row({"user": "nobody", "n": 5, "history": seen, "exclude": [outcome.items[4].id]})
    assert {item.source for item in fresh.items} == {"fold_in"}
    assert not {item.id for item in fresh.items} & {*seen, outcome.items[4].id}
    assert {one["item"] for item in fresh.items for one in item.reasons[0]["items"]} <= set(seen)
    assert {item.source for item in ranking.row({"user": 3, "n": 5}).items} == {"popular"}


@pytest.mark.parametrize(
    ("ids", "code", "words"),
    [
        ("{user: nowhere}", "E189", "no names"),
        ("{user: models/recommend}", "E189", "one StringIndexer"),
        ("{user: {file: u.csv}}", "E186", "u.csv"),
        ("{user: {file: twice.csv}}", "E187", "the id a stands in several rows"),
        ("{user: {file: twice.csv, number: n}}", "E182", "no column `n`"),
        ("{user: {file: big.csv}}", "E189", "32 bits"),
        ("{users: x}", "E111", "no key `users`"),
        ("{item: {id: sku}}", "E112", "needs the key `file`"),
    ],
)
def test_ids_that_are_wrong(folder, ids, code, words):
    """Names that cannot be used are a diagnostic, with its place."""
    (folder / "twice.csv").write_text("id,number\na,1\nb,2\na,3\n")
    (folder / "big.csv").write_text("id,number\na,2147483648\n")
    found = problems(edited(folder, "model: models/recommend", f"model: models/recommend\nids: {ids}"))
    assert any(one.code == code and words in one.message for one in found), found


def test_a_pipeline_has_its_own_names(tmp_path):
    """Where the model's pipeline indexes, `ids` would be a second truth, and is refused."""
    golden, _ = named(tmp_path, "4.3", "indexers")
    text = (tmp_path / "shop.yaml").read_text().replace("/stages/2_ALS_000000000001", "")
    (tmp_path / "shop.yaml").write_text(text)
    with pytest.raises(policy.LoadError) as caught:
        policy.load(tmp_path / "shop.yaml")
    assert [one.code for one in caught.value.diagnostics] == ["E189", "E189"]
    assert golden.is_dir()


def test_names_are_part_of_the_version(tmp_path):
    """Other numbers for the names of users change the version, and a reload takes them."""
    _, before = named(tmp_path, "4.3", "tables")
    live = Live(tmp_path / "shop.yaml")
    text = (tmp_path / "users.csv").read_text()
    (tmp_path / "users.csv").write_text(text.replace(",1\n", ",0\n", 1).replace(",0\n", ",1\n", 1))
    reload = live.follow() or live.follow()
    assert reload.error is None
    assert live.rankings["shop"].version != before.version


def test_items_of_a_list_are_left_out(folder):
    """`exclude` takes lists of items, text or CSV, whose entries may end; the version covers them."""
    edited(
        folder,
        "exclude: [request, history]",
        "exclude: [request, {list: gone.txt}, {list: recommend/gone.csv}]",
    )
    before = policy.load(CONFIGS / "recommend.yaml").row({"user": 7, "n": 4})
    first, second, third, _ = (item.id for item in before.items)
    (folder / "gone.txt").write_text(f"# withdrawn\n{first}\nF-9999\n")
    (folder / "recommend" / "gone.csv").write_text(f"value,expires\n{second},2026-02-01\n")
    ranking = policy.load(folder / "recommend.yaml")
    assert ranking.reads_now
    january = ranking.row({"user": 7, "n": 4}, now="2026-01-31T23:59:59Z")
    february = ranking.row({"user": 7, "n": 4, "exclude": [third]}, now="2026-02-01T00:00:00Z")
    assert january.items[0].id == third
    assert february.items[0].id == second
    assert third not in {item.id for item in february.items}
    assert january.left[:2] == (("items", 100), ("exclude", 98))
    (folder / "gone.txt").write_text(f"{third}\n")
    assert policy.load(folder / "recommend.yaml").version != ranking.version


@pytest.mark.parametrize(
    ("exclude", "code", "words"),
    [
        ("[{list: nowhere.txt}]", "E170", "nowhere.txt"),
        ("[{list: ../x.txt}]", "E170", "beside the policy"),
        ("[{}]", "E183", "a word, a list or a store"),
        ("[seen]", "E113", "cannot be `seen`"),
        ("[{store: {url: nowhere}}]", "E188", "no address"),
        ("[{store: {url: 'sqlite:///a.db', missing: live}}]", "E111", "no key `missing`"),
    ],
)
def test_exclusions_that_are_wrong(folder, exclude, code, words):
    """What to exclude must be there, and be one of the three."""
    found = problems(edited(folder, "exclude: [request, history]", f"exclude: {exclude}"))
    assert any(one.code == code and words in one.message for one in found), found


def test_unknown_items_are_said(folder):
    """Items of a request that the table does not have change nothing, and the answer names them."""
    ranking = policy.load(folder / "recommend.yaml")
    outcome = ranking.row({"user": 7, "n": 3, "exclude": ["F-1", "F-1047"], "history": ["F-2", "F-1"]})
    assert {"code": "unknown_items", "items": ["F-1", "F-2"], "count": 2} in outcome.reasons
    assert "F-1047" not in {item.id for item in outcome.items}


def test_why_there_are_fewer(folder):
    """More items than the policy or the table has: all that are eligible come, and the answer says why no more."""
    text = (folder / "recommend.yaml").read_text().replace("caps:\n  - {by: kind, at_most: 4}", "caps: []")
    (folder / "recommend.yaml").write_text(text.replace("max: 50", "max: 500"))
    table = (folder / "recommend" / "items.csv").read_text()
    row = next(line for line in table.splitlines() if line.startswith("4,F-1004,"))
    (folder / "recommend" / "items.csv").write_text(
        table + row.replace("4,F-1004,", "5004,F-5004,", 1) + "\n"
    )
    ranking = policy.load(folder / "recommend.yaml")
    outcome = ranking.row({"user": 7, "n": 1_000_000})
    eligible = outcome.left[-1][1]
    assert outcome.reasons == (
        {"code": "most", "asked": 1_000_000, "most": 500},
        {"code": "fewer", "eligible": eligible, "asked": 500, "without_score": 1},
    )
    assert len(outcome.items) == eligible - 1
    assert ranking.row({"user": 7, "n": 0}).items == ()


def test_a_catalog_of_no_use_is_told(folder):
    """An empty item table, and one of which the model knows nothing, load with a warning."""
    table = (folder / "recommend" / "items.csv").read_text()
    head, *rows = table.splitlines()
    for lines in ([head], [head, *(f"9000{row}" for row in rows)]):
        (folder / "recommend" / "items.csv").write_text("\n".join(lines) + "\n")
        loaded = load_policy(folder / "recommend.yaml")
        assert [one.code for one in loaded.diagnostics] == ["W434"]
        assert loaded.ranking.row({"user": 7, "n": 3}).items == ()


def test_a_negative_number_of_items(folder):
    """What was asked for stands in the problem."""
    with pytest.raises(policy.FactsError, match="expected int of at least 0, got -3"):
        policy.load(folder / "recommend.yaml").row({"user": 7, "n": -3})
