"""What is allowed but doubtful: warnings and notes on a sound spec, proved where it takes a proof."""

from __future__ import annotations

from collections.abc import Collection

from policy.spec.decision import DecisionSpec
from policy.spec.lint.coverage import check_bands_covered, check_model_runs
from policy.spec.lint.pairs import check_contradictions
from policy.spec.lint.proofs import Proofs
from policy.spec.lint.rules import check_conditions, check_rules, check_segments
from policy.spec.lint.score import check_bands
from policy.spec.lint.tables import check_tables
from policy.spec.lint.unused import check_unused
from policy.spec.reader import Reader


def lint(spec: DecisionSpec, label: str | None, read: Collection[str], reader: Reader) -> None:
    """Note what is doubtful, and rules that contradict each other.

    label: the class whose probability the model's output is, if known; read: the facts that the score is made of.
    """
    check_model_runs(spec, label, reader)
    check_bands_covered(spec, reader)
    check_unused(spec, {*read, *spec.used}, reader)
    proofs = Proofs(spec)
    check_contradictions(spec, proofs, reader)
    check_segments(spec, proofs, reader)
    check_rules(spec, proofs, reader)
    check_bands(spec, proofs, reader)
    check_conditions(spec, proofs, reader)
    check_tables(proofs, reader)
