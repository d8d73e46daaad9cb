"""Whatever a policy file holds, it is a policy or it is told what is wrong; `make fuzz` tries many more."""

from __future__ import annotations

import importlib.util
import json
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from policy.diagnostics import render
from policy.expr.unparse import string
from policy.runtime import check

SCRIPT = Path(__file__).parents[1] / "fuzz" / "policies.py"


@pytest.fixture(scope="module")
def fuzz():
    """The fuzzer's script as a module."""
    spec = importlib.util.spec_from_file_location("fuzz_policies", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_decisions_of_random_policies_never_fail():
    """Random facts of the right types, edges of every type among them, are decided by random rules, always."""
    spec = importlib.util.spec_from_file_location("fuzz_evaluations", SCRIPT.with_name("evaluations.py"))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert module.run(20_000, each=1_000) > 10


@pytest.mark.parametrize("start", range(0, 1200, 300))
def test_random_and_mutated_files_give_a_policy_or_diagnostics(fuzz, tmp_path, start):
    """No file raises, and what is wrong can be shown in every form."""
    fuzzer = fuzz.Fuzzer()
    for seed in range(start, start + 300):
        fuzz.read(fuzzer.file(seed), tmp_path / "fuzz.yaml")


def test_files_made_to_hurt_give_diagnostics(fuzz, tmp_path):
    """Bombs of aliases, brackets without end and conditions of a megabyte are read like anything else."""
    for data in fuzz.bombs():
        fuzz.read(data, tmp_path / "fuzz.yaml")


MARK = "zzq"
HOSTILE = [
    f"{MARK}'); __import__('os').abort() #",
    f'{MARK}""" + exit() + """',
    f"{MARK}\\",
    f"{MARK}{{0}}%s",
    f"\n{MARK}\u2028",
]


def test_no_text_of_a_user_is_compiled(fuzz, tmp_path):
    """Names and strings of a policy stand in no source that Python compiles while it loads, decides and is checked."""
    text = fuzz.CORPUS[0].read_text("utf-8")
    for name in ("user", "ratio", "known", "risky", "countries", "office", "reputation"):
        text = re.sub(rf"\b{name}\b", f"{MARK}_{name}", text)
    for name in ("norway", "tor", "sms", "clean", "places", "bad-ip", "whole"):
        text = re.sub(rf"(?<!-)\b{name}\b", f"{MARK}-{name}", text)
    words = json.dumps(HOSTILE)
    conditions = "".join(
        f"  - {{name: h{place}, when: {json.dumps(f'country == {string(word)} || country.contains({string(word)})')}, "
        "action: block}\n"
        for place, word in enumerate(HOSTILE)
    )
    text = text.replace("rules:\n", f"rules:\n{conditions}").replace('["NO", "SE"]', words)
    compiled, listening = [], [True]

    def hear(event, args):
        if event == "compile" and listening:
            compiled.append(args[0])

    sys.addaudithook(hear)
    file = tmp_path / "hostile.yaml"
    file.write_text(text, "utf-8")
    loaded = check(file)
    assert loaded.decision is not None, render(loaded.diagnostics)
    facts = {f"{MARK}_user": "a", "ip": "192.0.2.1", "risk": 0.1}
    for place, word in enumerate(HOSTILE):
        outcome = loaded.decision.row({**facts, "country": word}, now="2026-01-31T12:00:00Z")
        assert outcome.rule == f"h{place}"
    rows = pa.Table.from_pylist([{**facts, "country": word} for word in HOSTILE])
    decided = loaded.decision.batch(rows, now=datetime(2026, 1, 31, tzinfo=UTC))
    assert decided["rule"].to_pylist() == [f"h{place}" for place in range(len(HOSTILE))]
    listening.clear()
    assert len(compiled) > 5
    assert [source for source in compiled if MARK in str(source)] == []
