"""Lists computed beforehand, on every store: written by the command, read by the service."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

import policy
from policy.cli.precompute import command
from policy.engine.ranking.stored import Stored
from policy.stores import Guarded, StoreError
from policy.stores.ranks import StoredLists, precompute
from policy.web import open_service
from policy.web.handler import answer
from policy.web.messages import Head

CONFIGS = Path(__file__).parents[3] / "configs"
USERS = list(range(30))


@pytest.fixture
def folder(tmp_path, name, address):
    """A ranking with a name of its own that reads the store, and another that does not."""
    text = (CONFIGS / "recommend.yaml").read_text().replace("ranking: recommend", f"ranking: {name}")
    for one in ("recommend", "models"):
        shutil.copytree(CONFIGS / one, tmp_path / one)
    store = f"score: {{store: {{url: '{address}', max_age: 1h, missing: fallback}}}}\n"
    (tmp_path / "shop.yaml").write_text(text + store)
    return tmp_path


def post(service, name, asked):
    body = json.dumps(asked).encode()
    head = Head("POST", f"/v1/rankings/{name}", str(len(body)), content_type="application/json")
    return json.loads(answer(service, head, body).body)


def test_the_service_reads_what_the_command_wrote(folder, name, address):
    """After `precompute` the stored list is served, under the filters of the request; before, the fallback."""
    service = open_service(folder / "shop.yaml")
    asked = {"user": 7, "n": 5, "kids": True, "country": "NO"}
    before = post(service, name, asked)
    assert before["reasons"][0] == {"code": "store", "missing": "there is no entry"}
    assert {item["source"] for item in before["items"]} == {"popular"}
    (folder / "users.jsonl").write_text("".join(f'{{"user": "{user}"}}\n' for user in [*USERS, 7, 4711]))
    arguments = [str(folder / "shop.yaml"), "--users", str(folder / "users.jsonl")]
    result = CliRunner().invoke(command, arguments)
    assert result.exit_code == 0, result.output
    assert "30 lists" in result.output  # and none for the user whom the model does not know
    after = post(service, name, asked)
    assert {item["source"] for item in after["items"]} == {"store"}
    assert after["filters"][-1]["left"] < 100
    plain = policy.load(folder / "shop.yaml").row({"user": 7, "n": 50})
    order = [item.id for item in plain.items]
    shown = [item["id"] for item in after["items"]]
    assert shown == sorted(shown, key=order.index)
    assert address.partition(":")[0]


def read(ranking, guard, user, now):
    """What the store holds for a user at a time."""
    return StoredLists(
        guard, ranking.name, ranking.lists_version, ranking.spec.store.max_age, lambda: now
    ).row(user)


def test_stale_entries_are_not_used(folder, name, store):
    """An entry that is too old, of another version or damaged is not used, and the answer says why."""
    ranking = policy.load(folder / "shop.yaml")
    guard = Guarded(store)
    precompute(ranking, store, USERS, 10, lambda: 1_000_000.0)
    assert read(ranking, guard, 7, 1_000_010.0).pairs
    assert read(ranking, guard, "7", 1_000_010.0).pairs
    assert "old" in read(ranking, guard, 7, 1_009_999.0).why
    text = (folder / "shop.yaml").read_text()
    (folder / "shop.yaml").write_text(text.replace("at_most: 4", "at_most: 3"))
    changed = policy.load(folder / "shop.yaml")
    assert "another version" in read(changed, guard, 7, 1_000_010.0).why
    fill = store.begin(name, ranking.lists_version)
    fill.put(0, [("7", b"{broken")], 1_000_000.0)
    fill.finish(1_000_000.0)
    assert "damaged" in read(ranking, guard, 7, 1_000_010.0).why
    assert read(ranking, guard, None, 0.0).why == "no user"


def test_a_retrained_model_makes_lists_stale(folder, store):
    """Lists of a former model are of another version, though policy and items are the same."""
    ranking = policy.load(folder / "shop.yaml")
    precompute(ranking, store, USERS, 10, lambda: 1_000_000.0)
    for part in (folder / "models" / "recommend" / "userFactors").glob("*.parquet"):
        users = pq.read_table(part)
        twice = [[2.0 * number for number in row] for row in users["features"].to_pylist()]
        again = users.set_column(
            1, users.schema.field("features"), pa.array(twice, users.schema.field("features").type)
        )
        pq.write_table(again, part)
    retrained = policy.load(folder / "shop.yaml")
    assert retrained.version == ranking.version
    assert "another version" in read(retrained, Guarded(store), 7, 1_000_010.0).why


def test_the_object_and_the_service_agree(folder, name, store):
    """`policy.load` gives a ranking that reads the store as the service does, a row and a batch at a time."""
    ranking = policy.load(folder / "shop.yaml")
    precompute(ranking, store, USERS, 50, time.time)
    asked = {"user": 7, "n": 5}
    outcome = ranking.row(asked)
    assert {item.source for item in outcome.items} == {"store"}
    assert [item["id"] for item in post(open_service(folder / "shop.yaml"), name, asked)["items"]] == [
        item.id for item in outcome.items
    ]
    out = ranking.batch(pa.table({"user": [7, 4711], "n": [5, 2]}))
    assert out["source"].to_pylist() == ["store"] * 5 + ["popular"] * 2
    assert ranking.lists.counts == {"found": 2, "missing": 1}


def test_a_list_that_ends_is_gone_on_with_live(folder, store):
    """Exactly min(n, eligible) items: where filters leave too few of a stored list, the model answers if it may."""
    text = (folder / "shop.yaml").read_text()
    (folder / "shop.yaml").write_text(text.replace("missing: fallback", "missing: live"))
    ranking = policy.load(folder / "shop.yaml")
    precompute(ranking, store, USERS, 6, time.time)
    few, many = ranking.row({"user": 7, "n": 6}), ranking.row({"user": 7, "n": 12})
    assert {item.source for item in few.items} == {"store"}
    assert {item.source for item in many.items} == {"model"}
    assert [item.id for item in many.items] == [
        item.id for item in ranking.live.row({"user": 7, "n": 12}).items
    ]
    assert many.reasons[0] == {"code": "store", "missing": "the list has 6 items that may be shown"}


def test_an_interrupted_precompute_goes_on(folder, name, store, monkeypatch):
    """A run that a failure ends is gone on with: its blocks are not computed again, and readers saw none of it."""
    ranking, users = policy.load(folder / "shop.yaml"), list(range(1_300))

    class Failing:
        """The store, until the second block is written."""

        def begin(self, *arguments):
            fill = store.begin(*arguments)
            put = fill.put

            class Fill:
                done = fill.done

                def put(self, block, entries, at):
                    if block == 2:
                        raise StoreError("the line is cut")
                    put(block, entries, at)

            return Fill()

    with pytest.raises(StoreError, match="cut"):
        precompute(ranking, Failing(), users, 3, lambda: 5.0)
    assert store.get(name, "7") is None
    assert store.begin(name, ranking.lists_version).done == {0, 1}
    put = []
    monkeypatch.setattr(
        type(store.begin(name, "other")), "put", lambda fill, block, entries, at: put.append(block)
    )
    assert (
        precompute(ranking, store, users, 3, lambda: 6.0).entries == 30
    )  # the model knows so many of the users
    assert put == [2]
    assert store.get(name, "7").at == 5.0


def test_a_store_that_is_down_is_answered_without(folder, name):
    """While the store is away requests are answered by the fallback, at once, and say so."""
    text = (folder / "shop.yaml").read_text().split("score:")[0]
    (folder / "shop.yaml").write_text(
        text + "score: {store: {url: 'redis://127.0.0.1:1/0', missing: live}}\n"
    )
    body = post(open_service(folder / "shop.yaml"), name, {"user": 7, "n": 3})
    assert body["reasons"][0]["code"] == "store"
    assert "127.0.0.1" not in json.dumps(body)  # a caller learns nothing of the store
    assert {item["source"] for item in body["items"]} == {"model"}


def test_an_address_that_means_nothing_is_found_at_load(folder):
    """A store that cannot be is a diagnostic of the policy."""
    text = (folder / "shop.yaml").read_text().split("score:")[0]
    (folder / "shop.yaml").write_text(text + "score: {store: {url: nowhere}}\n")
    with pytest.raises(policy.LoadError, match="E188"):
        policy.load(folder / "shop.yaml")


def test_the_command_refuses_in_sentences(folder):
    """Without a store, users or a ranking the command says what is missing, with exit code 1."""
    text = (folder / "shop.yaml").read_text().split("score:")[0]
    (folder / "shop.yaml").write_text(text)
    (folder / "users.csv").write_text("name\n7\n")
    for arguments, words in (
        ([], "name a store"),
        (["--to", "nowhere"], "no address"),
        (["--to", f"sqlite:///{folder}/x.db"], "no column `user`"),
    ):
        result = CliRunner().invoke(
            command, [str(folder / "shop.yaml"), "--users", str(folder / "users.csv"), *arguments]
        )
        assert (result.exit_code, words in result.output) == (1, True), result.output


def test_seen_items_come_from_a_store(folder, name, store, address):
    """What `precompute --seen` wrote is left out of a user's lists; a store that fails is said, and nothing hangs."""
    text = (folder / "shop.yaml").read_text().split("score:")[0]
    seen = f"exclude: [request, {{store: {{url: '{address}', max_age: 1h}}}}]"
    (folder / "shop.yaml").write_text(text.replace("exclude: [request, history]", seen))
    ranking = policy.load(folder / "shop.yaml")
    before = ranking.row({"user": 7, "n": 3})
    (folder / "seen.csv").write_text(
        f"user,item\n7,{before.items[0].id}\n8,F-1001\n7,{before.items[2].id}\n7,{before.items[0].id}\n7,F-1\n"
    )
    result = CliRunner().invoke(command, [str(folder / "shop.yaml"), "--seen", str(folder / "seen.csv")])
    assert (result.exit_code, "2 histories" in result.output) == (0, True), result.output
    after = ranking.row({"user": "7", "n": 3})
    assert after.items[0].id == before.items[1].id
    assert before.items[2].id not in {item.id for item in after.items}
    assert [item.id for item in ranking.row({"user": 9, "n": 2}).items]
    assert ranking.seen.counts == {"missing": 2, "found": 1}
    fill = store.begin(f"{name}/seen", "v")
    fill.put(0, [("7", b"[1.5]"), ("8", b'["F-1001"]')], time.time())
    fill.finish(0.0)
    assert ranking.row({"user": 7, "n": 3}).reasons[-1] == {"code": "seen", "missing": "the entry is damaged"}
    (folder / "shop.yaml").write_text(
        (folder / "shop.yaml").read_text().replace(address, "redis://127.0.0.1:1/0")
    )
    down = policy.load(folder / "shop.yaml").row({"user": 7, "n": 3})
    assert down.reasons[-1]["code"] == "seen"
    assert "127.0.0.1" not in down.reasons[-1]["missing"]
    assert [item.id for item in down.items] == [item.id for item in before.items]


def test_lists_of_elsewhere(folder, name, store, address):
    """Without a model every list is one of the store, as it was computed elsewhere, under the filters of the request."""
    text = (
        (folder / "shop.yaml")
        .read_text()
        .replace("model: models/recommend", "")
        .replace("fold_in: {reg: 0.1}", "")
    )
    text = text.replace("[fold_in, popular, empty]", "[popular, empty]").replace(", missing: fallback", "")
    (folder / "shop.yaml").write_text(text)
    ranking = policy.load(folder / "shop.yaml")
    table = "user,item,score\nana,F-1003,0.5\nana,F-1003,0.1\nana,F-1047,0.9\nbo,F-1001,1\nana,F-1052,-2\nana,F-1010,\n"
    (folder / "lists.csv").write_text(table)
    result = CliRunner().invoke(command, [str(folder / "shop.yaml"), "--lists", str(folder / "lists.csv")])
    assert (result.exit_code, "2 lists" in result.output) == (0, True), result.output
    outcome = ranking.row({"user": "ana", "n": 3})
    assert [(item.id, item.score, item.source) for item in outcome.items] == [
        ("F-1047", 0.9, "store"),
        ("F-1003", 0.5, "store"),
        ("F-1052", -2.0, "store"),
    ]
    twice = Stored([("F-1003", 0.5), ("F-1003", 0.4), ("F-1047", 0.3)])
    shown = ranking.row({"n": 3}, stored=twice)  # an item that a store names twice is shown once
    assert [(item.id, item.score) for item in shown.items] == [("F-1003", 0.5), ("F-1047", 0.3)]
    assert ranking.row({"user": "ana", "n": 3, "exclude": ["F-1047"]}).items[0].id == "F-1003"
    assert {item.source for item in ranking.row({"user": "eve", "n": 3}).items} == {"popular"}
    post(open_service(folder / "shop.yaml"), name, {"user": "ana", "n": 2})
    for arguments, words in ((["--users"], "no model"), (["--lists", "x", "--seen"], "a job of its own")):
        result = CliRunner().invoke(
            command, [str(folder / "shop.yaml"), *arguments, str(folder / "lists.csv")]
        )
        assert (result.exit_code, words in result.output) == (1, True), result.output
    (folder / "shop.yaml").write_text(
        text.replace("score: {store: {url", "score: {store: {missing: live, url")
    )
    with pytest.raises(policy.LoadError, match="needs a model"):
        policy.load(folder / "shop.yaml")
    (folder / "shop.yaml").write_text(text.split("score:")[0])
    with pytest.raises(policy.LoadError, match="needs the key `model`, or `score`"):
        policy.load(folder / "shop.yaml")
