"""The page of every code, and the example on it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

import policy
from policy import catalog
from policy.catalog import PAGES, explain, near
from policy.runtime import check_all
from policy.spec.decision import KEYS

FOLDER = Path(policy.__file__).parent
SOUND = {
    "decision": "decision: login",
    "inputs": """\
inputs:
  user: {type: string}
  risk: {type: double, min: 0, max: 1}
  failed: {type: int, default: 0}
  country: {type: string, optional: true}
  reputation: {type: string, enum: [clean, proxy, tor], default: clean}""",
    "score": "score: {input: risk}",
    "actions": "actions: {allow: , challenge: , block: }",
    "bands": "bands: {allow: 0, challenge: 0.4, block: 0.9}",
    "on_error": "on_error: {score: block}",
}


def named():
    """The codes that the source of the package can emit."""
    files = [file for file in FOLDER.rglob("*.py") if "catalog" not in file.parts]
    return {code for file in files for code in re.findall(r'"([EW]\d\d\d)"', file.read_text("utf-8"))}


def test_every_code_has_a_page_and_every_page_a_code():
    """The catalog holds exactly the codes that the source text of the package names."""
    assert sorted(PAGES) == sorted(named())


def test_no_code_has_two_pages():
    """The parts of the catalog share no code, so that one means one thing."""
    parts = [
        getattr(catalog, name).PAGES for name in dir(catalog) if hasattr(getattr(catalog, name), "PAGES")
    ]
    assert sum(map(len, parts)) == len(PAGES)


def test_a_page_says_what_why_and_instead():
    """`explain` gives the page of a code in any case of letters, and proposes a near code otherwise."""
    text = explain("e102")
    assert text is not None
    words = ["E102", "What", "Why", "Instead", "Example"]
    assert re.findall(rf"^({'|'.join(words)})\b", text, re.MULTILINE) == words
    assert explain("E999") is None
    assert near("E1O2") != ()


def completed(example):
    """An example with the sound blocks that it does not have."""
    if re.search(r"^ranking:", example, re.MULTILINE):
        return example  # a policy of another kind, which stands there as a whole
    own = set(re.findall(r"^(\w+):", example, re.MULTILINE))
    return "\n".join([example, *(text for word, text in SOUND.items() if word not in own), ""])


def produced(example, folder):
    """The diagnostics of an example; `# name.yaml` begins a file of a folder, other blocks are made sound."""
    (folder / "models").symlink_to(FOLDER.parent / "configs" / "models")
    if found := re.fullmatch(r'policy\.load\("(.+)"\)', example):
        with pytest.raises(policy.PolicyError) as raised:
            policy.load(folder / found[1])
        return raised.value.diagnostics
    parts = re.split(r"^# (\S+)\n", example, flags=re.MULTILINE)
    files = dict(zip(parts[1::2], parts[2::2], strict=True)) or {"login.yaml": example}
    for name, text in files.items():
        is_policy = name.endswith(".yaml") and ".cases." not in name
        (folder / name).write_text(completed(text) if is_policy else text, "utf-8")
    return check_all(folder, at=datetime(2026, 1, 31, tzinfo=UTC))[1]


def test_the_sound_blocks_are_sound(tmp_path):
    """Without an example nothing is wrong, so that what an example shows is its own."""
    assert [one for one in produced("", tmp_path) if one.severity == "error"] == []


def readable(code):
    """Whether this version reads the block that the code is about."""
    block = {"2": "rules", "17": "lists", "18": "tables", "43": "tables"}
    return all(word in KEYS for start, word in block.items() if code[1:].startswith(start))


@pytest.mark.parametrize("code", sorted(filter(readable, PAGES)))
def test_the_example_of_a_page_produces_its_code(code, tmp_path):
    """Who reads a page sees the least that is wrong in this way."""
    found = produced(PAGES[code].example, tmp_path)
    assert code in {one.code for one in found}, [f"{one.code} {one.message}" for one in found]
