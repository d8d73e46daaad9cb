"""The JSON Schema says of a policy's shape what the spec says."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import jsonschema
import pytest

from policy import source
from policy.spec import cases, decision, entries, inputs, lists, rules, segments, tables
from policy.spec.decision import read_decision
from policy.spec.rankings import ranking
from policy.spec.schema import FILE, schema

ROOT = Path(__file__).parents[3]
SCRIPT = ROOT / "tests" / "fuzz" / "policies.py"
WHOLE = ROOT / "tests" / "fuzz" / "whole.yaml"
POLICIES = [*sorted((ROOT / "configs").glob("*.yaml")), *([WHOLE] if "lists" in decision.KEYS else [])]


@pytest.fixture(scope="module")
def valid():
    """A function that tells whether data fits the schema."""
    found = schema()
    jsonschema.Draft7Validator.check_schema(found)
    return jsonschema.Draft7Validator(found).is_valid


def keys(*path):
    """The keys of a record of the schema."""
    node = schema()["else"]
    for step in path:
        node = node[step]
    assert node["additionalProperties"] is False
    return tuple(node["properties"])


def test_the_schema_that_is_shipped_is_the_schema():
    """The file beside the policies is what `scoregate schema` prints."""
    assert json.loads((ROOT / "configs" / FILE).read_text("utf-8")) == schema()


@pytest.mark.parametrize("file", sorted((ROOT / "configs").glob("*.yaml")), ids=lambda file: file.name)
def test_every_policy_names_the_schema_beside_it(file):
    """An editor finds the schema by the first line, in a checkout as in a folder that `init` writes."""
    assert file.read_text("utf-8").splitlines()[0] == f"# yaml-language-server: $schema={FILE}"
    assert (file.parent / FILE).is_file()


def test_records_have_the_keys_that_the_spec_reads():
    """No key is missing, none is too many."""
    assert sorted(keys()) == sorted(decision.KEYS)
    assert keys("properties", "inputs", "additionalProperties") == inputs.KEYS
    assert keys("properties", "cases", "items") == cases.KEYS
    assert keys("properties", "cases", "items", "properties", "expect", "oneOf", 1) == cases.EXPECT_KEYS
    assert keys("properties", "rules", "items") == rules.KEYS
    assert keys("properties", "segments", "items") == segments.KEYS
    assert keys("properties", "tables", "items") == tables.KEYS
    assert keys("properties", "lists", "additionalProperties", "oneOf", 1) == lists.KEYS
    entry = ("properties", "lists", "additionalProperties", "oneOf", 0, "items", "oneOf", 1)
    assert keys(*entry) == entries.COLUMNS
    assert schema()["else"]["required"] == list(decision.REQUIRED)
    ranks = schema()["then"]
    assert (sorted(ranks["properties"]), ranks["required"]) == (sorted(ranking.KEYS), list(ranking.REQUIRED))


@pytest.mark.parametrize("file", POLICIES, ids=lambda file: file.name)
def test_policies_are_valid(file, valid):
    """A policy as people write it fits."""
    assert valid(source.plain(source.read(file.read_bytes(), str(file))[0]))


def test_every_policy_that_loads_is_valid(valid):
    """Of thousands of mutated policies those that the spec takes fit the schema."""
    spec = importlib.util.spec_from_file_location("fuzz_policies", SCRIPT)
    fuzz = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fuzz)
    fuzzer, taken = fuzz.Fuzzer(), 0
    for seed in range(600):
        root, found = source.read(fuzzer.file(seed), "fuzz.yaml")
        if root is not None and not found and read_decision(root)[0] is not None:
            taken += 1
            assert valid(source.plain(root)), seed
    assert taken > 15


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("unknown_facts: refuse", "unknown_fact: refuse"),
        ("unknown_facts: refuse", "unknown_facts: yes"),
        ("type: string, log: hash", "type: text, log: hash"),
        ("type: string, log: hash", "type: string, log: hide"),
        ("type: int, min: 0, max: 1000", "type: int, min: a, max: 1000"),
        ("type: bool, default: false", "type: bool, default: no"),
        ("type: bool, default: false", "type: bool, min: 3"),
        ("score: {input: risk}", "score: {}"),
        ("score: {input: risk}", "score: {input: risk, model: models/login}"),
        ("  block: 0.90", "  block: 90"),
        ("  block: 0.90", "  Block: 0.90"),
        ("score: challenge, facts", "scores: challenge, facts"),
        ("expect: allow}", "expected: allow}"),
        ("known, else: agent", "known, or: agent"),
        ("at_most: agent, on", "at_mots: agent, on"),
        ("at_most: agent, on", "action: agent, on"),
        ("mode: preview", "mode: shadow"),
        ("rules:\n", "rules:\n  - {name: odd, when: known}\n"),
        ("bands: {challenge: 0.2}", "bands: {challenge: 2}"),
    ],
)
def test_what_an_editor_can_see_is_not_valid(old, new, valid):
    """Mistakes of shape are marked while they are written."""
    text = WHOLE.read_text("utf-8")
    assert old in text
    assert not valid(source.plain(source.read(text.replace(old, new, 1).encode(), "p.yaml")[0]))
