"""The embedded default: the login bot detector and its policy."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

import policy
import scorer
from policy import runtime

ROOT = Path(__file__).parent.parent
CONFIGS = ROOT / "configs"
GOLDEN = ROOT / "tests" / "golden" / "login"


@pytest.fixture(scope="module")
def golden():
    """Return the rows that Spark scored, and its probabilities."""
    rows = pq.read_table(GOLDEN / "input.parquet")
    expected = pq.read_table(GOLDEN / "expected.parquet")
    assert expected["_row"].to_pylist() == rows["_row"].to_pylist()
    return rows.drop_columns(["_row"]), np.array(expected["probability"].to_pylist())


def test_the_login_model_gives_sparks_probabilities(golden):
    """The embedded model's probabilities are Spark's, NaN where Spark has NaN."""
    rows, expected = golden
    model = scorer.load(CONFIGS / "models" / "login", schema=rows.schema)
    made = np.array(model.batch(rows)["probability"].to_pylist())
    np.testing.assert_allclose(made, expected, rtol=1e-12, atol=0, equal_nan=True)
    by_row = [model.row(facts)["probability"] for facts in rows.to_pylist()]
    np.testing.assert_allclose(by_row, expected, rtol=1e-12, atol=0, equal_nan=True)


def test_the_shipped_policies_check_without_a_word():
    """Every shipped policy loads without a diagnostic, and all of its cases pass."""
    loaded, found = runtime.check_all(CONFIGS)
    assert not found
    assert all(one.sound and (one.cases or one.ranking) for one in loaded)


def test_the_bands_are_the_promised_ones():
    """The login policy's bands begin at 0, 0.40, 0.60, 0.75 and 0.90; each is half-open, but the last."""
    bands = yaml.safe_load((CONFIGS / "login.yaml").read_text("utf-8"))["bands"]
    assert bands == {"allow": 0, "challenge": 0.40, "sms": 0.60, "agent": 0.75, "block": 0.90}
    decision = policy.load(CONFIGS / "login.yaml")
    facts = json.loads((CONFIGS / "examples" / "login.json").read_text("utf-8"))
    for action, edge in bands.items():
        assert decision.row(facts, score=float(edge)).action == action
    assert decision.row(facts, score=1.0).action == "block"
    assert decision.row(facts, score=np.nextafter(0.4, 0)).action == "allow"


def test_all_five_bands_are_used(golden):
    """Among the simulated logins every band has some."""
    _, expected = golden
    decision = policy.load(CONFIGS / "login.yaml")
    scores = expected[~np.isnan(expected[:, 1]), 1]
    facts = json.loads((CONFIGS / "examples" / "login.json").read_text("utf-8"))
    table = pa.table({name: [value] * len(scores) for name, value in facts.items()})
    actions = set(decision.batch(table, score=pa.array(scores))["action"].to_pylist())
    assert actions == {"allow", "challenge", "sms", "agent", "block"}


def test_the_example_login_fires_no_rule():
    """The facts that are ready to send meet no rule, in preview neither: their band alone decides."""
    decision = policy.load(CONFIGS / "login.yaml")
    facts = json.loads((CONFIGS / "examples" / "login.json").read_text())
    assert len(decision.spec.rules) >= 4
    for score in (None, 0.0, 0.4, 0.6, 0.75, 0.9, 1.0):
        outcome = decision.row(facts, score=score)
        assert [reason["code"] for reason in outcome.reasons] == ["band"]
        assert outcome.action == outcome.band.action
