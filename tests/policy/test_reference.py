"""The reference of the policy file says what is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import policy
from policy.diagnostics import errors
from policy.runtime import check
from policy.spec.decision import KEYS

TEXT = (Path(policy.__file__).parent / "README.md").read_text("utf-8")
BLOCKS = re.findall(r"^```yaml\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)
FILES = re.findall(r"^`([a-z/]+\.\w+)`:\n\n```\w+\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


def keys(block):
    return set(re.findall(r"^(\w+):", block, re.MULTILINE))


def first(words):
    """The first block of the page for each of these keys that a policy needs."""
    chosen = {}
    for block in BLOCKS:
        for word in keys(block):
            chosen.setdefault(word, block)
    return [chosen[word] for word in words]


def sound(text, folder):
    """The policy must load, and its cases pass."""
    (folder / "lists").mkdir()
    for name, content in FILES:
        (folder / name).write_text(content)
    (folder / "login.yaml").write_text(text)
    found = errors(check(folder / "login.yaml").diagnostics)
    assert found == [], found


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.split(":")[0])
def test_each_block_is_a_piece_of_a_sound_policy(block, tmp_path):
    """Every block of the page loads in the policy that the page's other needed blocks make."""
    needed = ["decision", "inputs", "score", "actions", "bands", "rules", "on_error", "define"]
    rest = [one for one in dict.fromkeys(first(needed)) if not keys(one) & keys(block)]
    sound("".join([block, *rest]), tmp_path)


def test_the_blocks_together_are_a_policy(tmp_path):
    """All first blocks of the page in one file are a policy that passes its own cases."""
    seen, chosen = set(), []
    for block in BLOCKS:
        if not keys(block) & seen:
            chosen.append(block)
            seen |= keys(block)
    sound("".join(chosen), tmp_path)


def test_every_key_is_explained():
    """The page has a block for every key that a policy file may have."""
    shown = {key for block in BLOCKS for key in keys(block)}
    assert set(KEYS) <= shown
