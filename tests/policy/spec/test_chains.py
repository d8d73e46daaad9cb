"""Definitions that read one another: each part is looked at once, and no chain is deeper than code may be."""

from __future__ import annotations

import pyarrow as pa
import pytest

from policy.runtime import load_policy

POLICY = """\
decision: chained
inputs: {{n: {{type: int, optional: true}}, risk: {{type: double, min: 0, max: 1}}}}
define:
{links}
score: {{input: risk}}
actions: {{allow: , block: }}
bands: {{allow: 0, block: 0.5}}
rules: [{{name: large, when: 'd{last} > {bound}', action: block}}]
on_error: {{score: block}}
"""


def loaded(folder, links, terms):
    """A policy whose last definition is n + links × terms, each definition made of the one before."""
    names = ["n", *(f"d{number}" for number in range(links))]
    lines = (f"  d{number}: '{names[number]}{' + 1' * terms}'" for number in range(links))
    text = POLICY.format(links="\n".join(lines), last=links - 1, bound=links * terms + 3)
    (folder / "chained.yaml").write_text(text)
    return load_policy(folder / "chained.yaml")


@pytest.mark.parametrize(("links", "terms"), [(1, 50), (2, 40), (4, 20), (40, 2)])
def test_a_chain_of_definitions_is_decided_in_a_row_as_in_a_batch(links, terms, tmp_path):
    """What stands in many levels of definitions is checked, proved about and decided like any expression."""
    one = loaded(tmp_path, links, terms)
    assert (one.sound, one.diagnostics) == (True, ())
    facts = [{"n": 3, "risk": 0.1}, {"n": 4, "risk": 0.1}, {"risk": 0.1}, {"n": 2**63 - 1, "risk": 0.1}]
    wanted = ["allow", "block", "allow", "allow"]
    assert [one.decision.row(each).action for each in facts] == wanted
    assert one.decision.batch(pa.Table.from_pylist(facts)).column("action").to_pylist() == wanted


@pytest.mark.parametrize(("links", "terms"), [(3, 45), (12, 50), (200, 1)])
def test_a_chain_that_is_too_deep_is_refused_in_words(links, terms, tmp_path):
    """More levels than code can be written for are a diagnostic, whatever the length of the chain."""
    one = loaded(tmp_path, links, terms)
    assert one.decision is None
    assert {each.code for each in one.diagnostics} == {"E145"}
