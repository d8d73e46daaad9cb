"""A spec and a scorer to a decision, with the checks that need both."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pyarrow as pa

from policy.diagnostics import Diagnostic, errors
from policy.engine.decision import Decision
from policy.engine.entries import entries_version
from policy.engine.formula import Formula
from policy.engine.inputs import pointer
from policy.engine.kept import Kept, Lookup
from policy.engine.scorer import Scorer
from policy.engine.scoring import Argument, Scoring
from policy.spec.conditions import Condition
from policy.spec.decision import DecisionSpec
from policy.spec.inputs import InputSpec
from policy.spec.lint import lint
from policy.spec.reader import Reader
from policy.spec.store import LIVE

Shelf = Callable[
    [DecisionSpec, str], Lookup
]  # the store of a policy, of whose entries only this version counts


def build(
    spec: DecisionSpec, scorer: Scorer | None, shelf: Shelf | None = None
) -> tuple[Decision | None, list[Diagnostic]]:
    """The decision, or None, and what is wrong or doubtful.

    scorer: None if the score is a fact, or in a store alone. shelf: opens the store that a policy names; without it
    the store is not asked.
    """
    reader = Reader()
    scoring = _without_model(spec) if scorer is None else _of_model(spec, scorer, reader)
    read = {spec.inputs[one.place].name for one in scoring.arguments if one.formula is None}
    read |= {name for formula in scoring.formulas for name in formula.reads}
    if spec.score.store is not None:
        read.add(spec.score.store.key)
        scoring = _kept(spec, scoring, shelf)
    lint(spec, None if scorer is None else scorer.label, read, reader)
    return (None if errors(reader.found) else Decision(spec, scoring)), reader.found


def _kept(spec: DecisionSpec, scoring: Scoring, shelf: Shelf | None) -> Scoring:
    """The scoring with the store before it."""
    store = spec.score.store
    if store is None or shelf is None:
        return scoring
    place = [one.name for one in spec.inputs].index(store.key)
    lookup = shelf(spec, entries_version(spec, scoring))
    return replace(scoring, kept=Kept(lookup, place, store.missing == LIVE))


def _without_model(spec: DecisionSpec) -> Scoring:
    names = [one.name for one in spec.inputs]
    fact = spec.score.fact
    if fact is None and spec.score.store is not None:
        return Scoring(None, ())
    if fact is None:
        raise ValueError(f"the policy {spec.name} needs a scorer")
    place = names.index(fact)
    return Scoring(None, (Argument(fact, place, spec.inputs[place].type == "int"),), pointer(fact))


def _of_model(spec: DecisionSpec, scorer: Scorer, reader: Reader) -> Scoring:
    facts = {one.name: (place, one) for place, one in enumerate(spec.inputs)}
    arguments, withheld = [], False
    for field in scorer.inputs:
        renamed = spec.score.inputs.get(field.name)
        if renamed is not None and renamed.formula is not None:
            arguments.append(_formula(field, renamed.formula, reader))
            withheld |= any(facts[name][1].log != "clear" for name in renamed.formula.reads if name in facts)
            continue
        found = facts.get(_fact(spec, field.name))
        if found is None:
            _missing(spec, field.name, facts, reader)
            continue
        place, fact = found
        withheld |= fact.log != "clear"
        _check_type(spec, field, fact, reader)
        arguments.append(Argument(field.name, place, _becomes_double(field, fact.type)))
    _check_names(spec, scorer, reader)
    if errors(reader.found):
        return Scoring(None, tuple(arguments))  # what the model reads is told even if it cannot be scored
    return Scoring(scorer, tuple(arguments), withheld=withheld)


def _formula(field: pa.Field, formula: Condition, reader: Reader) -> Argument:
    wanted, type_ = _wanted(field), formula.program.type
    if type_ not in wanted:
        message = f"this {type_} cannot be the model's input `{field.name}`"
        notes = (f"expected {' or '.join(wanted)}, for the model has {field.type}",)
        reader.note("E303", message, formula.span, *notes)
    as_double = _becomes_double(field, type_)
    return Argument(field.name, -1, as_double, Formula(formula.tree, as_double))


def _becomes_double(field: pa.Field, type_: str) -> bool:
    return pa.types.is_floating(field.type) and type_ != "double" and not _also(field)


def _also(field: pa.Field) -> list[bytes]:
    """What a fact may be besides a text, where its own type decides: Spark indexes the text 1 for an int, not 1.0."""
    return list((field.metadata or {}).get(b"also", b"").split())


def _fact(spec: DecisionSpec, name: str) -> str:
    renamed = spec.score.inputs.get(name)
    return name if renamed is None else renamed.fact


def _missing(spec: DecisionSpec, name: str, facts: Mapping[str, Any], reader: Reader) -> None:
    span = spec.score.model_span or spec.score.span
    near = [text.replace("did you mean", "or is it") for text in reader.near(name, facts)]
    hints = [f"declare it under `inputs`, or map it: `score: {{inputs: {{{name}: …}}}}`", *near]
    reader.note("E302", f"the model's input `{name}` is given by no fact", span, hints=hints)


def _check_type(spec: DecisionSpec, field: pa.Field, fact: InputSpec, reader: Reader) -> None:
    wanted = _wanted(field)
    if fact.type in wanted:
        return
    renamed = spec.score.inputs.get(field.name)
    message = f"`{fact.name}` cannot be the model's input `{field.name}`"
    expected = f"expected {' or '.join(wanted)}" if wanted else "no type of fact fits"
    notes = (
        f"{expected}, for the model has {field.type}",
        f"`{fact.name}` is declared {fact.type} at line {fact.span.line}",
    )
    reader.note("E303", message, fact.span if renamed is None else renamed.fact_span, *notes)


def _wanted(field: pa.Field) -> tuple[str, ...]:
    """The types that fit an input of the model."""
    wanted, also = _types(field.type), _also(field)
    if not also:
        return wanted
    texts = tuple(type_ for type_ in wanted if type_ not in ("int", "double", "bool"))
    return (*texts, "int", "double", *(("bool",) if b"boolean" in also else ()))


def _types(kind: pa.DataType) -> tuple[str, ...]:
    """The types of facts that fit an Arrow type."""
    if pa.types.is_null(kind):
        return ("string", "double", "int", "bool", "ip", "timestamp", "duration")
    if pa.types.is_boolean(kind):
        return ("bool",)
    if pa.types.is_integer(kind):
        return ("int",)
    if pa.types.is_floating(kind):
        return ("double", "int", "bool")
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return ("string", "ip")
    return ("timestamp",) if pa.types.is_timestamp(kind) else ()


def _check_names(spec: DecisionSpec, scorer: Scorer, reader: Reader) -> None:
    known = scorer.inputs.names
    for name, renamed in spec.score.inputs.items():
        if name not in known:
            notes = (f"it needs {', '.join(known)}",) if known else ("it needs none",)
            message = f"the model has no input `{name[:80]}` for `{spec.score.output}`"
            reader.note("E305", message, renamed.name_span, *notes, hints=reader.near(name, known))
