"""The reference of a ranking policy says what is so."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import policy
from policy.runtime import load_policy
from policy.spec.rankings.ranking import KEYS

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "policy" / "spec" / "rankings" / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
FILES = re.findall(r"^`([a-z/]+\.\w+)`:\n\n```\w+\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def test_the_blocks_together_are_a_policy(tmp_path):
    """All blocks of the page in one file are a policy that loads without a doubt, and ranks."""
    shutil.copytree(ROOT / "configs" / "recommend", tmp_path / "recommend")
    shutil.copytree(ROOT / "configs" / "models" / "recommend", tmp_path / "models" / "recommend")
    for name, content in FILES:
        (tmp_path / name).write_text(content)
    (tmp_path / "films.yaml").write_text("".join(BLOCKS))
    loaded = load_policy(tmp_path / "films.yaml")
    assert loaded.diagnostics == ()
    outcome = loaded.ranking.row({"user": "ana", "n": 5})
    assert outcome.reasons == ({"code": "store", "missing": "there is no entry"},)
    plain = policy.load(ROOT / "configs" / "recommend.yaml").row({"user": 7, "n": 5})
    assert [item.id for item in outcome.items] == [item.id for item in plain.items]
    assert {item.source for item in loaded.ranking.row({"user": "eve", "n": 5}).items} == {"popular"}


def test_every_key_is_explained():
    """The page has a block for every key that a ranking may have."""
    assert set(KEYS) <= {key for block in BLOCKS for key in re.findall(r"^(\w+):", block, re.MULTILINE)}
