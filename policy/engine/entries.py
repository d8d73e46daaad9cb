"""The version of scores computed beforehand."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from policy.engine.scoring import Scoring
from policy.spec.conditions import LISTS
from policy.spec.decision import DecisionSpec
from policy.spec.values import plain


def entries_version(spec: DecisionSpec, scoring: Scoring) -> str:
    """The version of scores computed beforehand: a hash of all that a score hangs on, and not of bands and rules.

    "" without a model: whatever version a store holds counts.
    """
    if scoring.scorer is None:
        return ""
    read: list[Any] = []
    for one in scoring.arguments:
        if one.formula is None:
            fact = spec.inputs[one.place]
            read.append([one.name, one.as_double, fact.name, fact.type, plain(fact.default)])
        else:
            read.append([one.name, one.as_double, spec.score.inputs[one.name].fact])
    formulas = scoring.formulas
    if formulas:
        read.append([[one.name, one.meaning.source] for one in spec.definitions])
    if any(name.startswith(LISTS) for one in formulas for name in one.reads):
        read.append(spec.version)
    text = json.dumps([scoring.scorer.version, spec.score.output, read])
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
