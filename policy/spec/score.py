"""`score:`, where the number comes from: a model's output, a store, or a fact that the caller brings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from policy.diagnostics import Span
from policy.source import Node, Scalar
from policy.spec.conditions import SCORE, Condition, Names, read_condition
from policy.spec.inputs import InputSpec
from policy.spec.reader import Reader
from policy.spec.store import StoreSpec, read_store

OUTPUT = "probability[1]"

_NUMBERS = ("double", "int")
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII).fullmatch


@dataclass(frozen=True, slots=True)
class Renamed:
    """A fact, or an expression, under the model's name for it."""

    fact: str
    name_span: Span
    fact_span: Span
    formula: Condition | None = None


@dataclass(frozen=True, slots=True)
class ScoreSpec:
    """Either `model`, a path or URI, with the `output` to read, or `fact`, the input that is the score.

    inputs: the model's names of facts, where they differ. store: where scores computed beforehand are looked up first;
    with one there may be no model.
    """

    span: Span
    model: str | None = None
    output: str = OUTPUT
    inputs: Mapping[str, Renamed] = field(default_factory=dict)
    fact: str | None = None
    model_span: Span | None = None
    output_span: Span | None = None
    store: StoreSpec | None = None


def read_score(node: Node, inputs: Mapping[str, InputSpec], names: Names, reader: Reader) -> ScoreSpec:
    """The block `score:`; expressions under `inputs` read `names`, without the score."""
    fields = reader.record(node, "`score`", ("model", "output", "inputs", "input", "store"))
    if "input" in fields:
        for word in ("model", "output", "inputs", "store"):
            if word in fields:
                message = f"`score` cannot have both `input` and `{word}`"
                found = "a score comes from a fact, or from a model and a store"
                reader.note("E160", message, fields[word][0].span, found)
        return _from_fact(fields["input"][1], node, inputs, reader)
    store = None
    if "store" in fields:
        store = read_store(fields["store"][1], reader, inputs, can_score="model" in fields)
    if "model" not in fields:
        _check_without_model(node, fields, reader)
        return ScoreSpec(node.span, store=store)
    model_node = fields["model"][1]
    output = fields["output"][1] if "output" in fields else None
    return ScoreSpec(
        node.span,
        model=reader.text(model_node, "`score.model`"),
        output=OUTPUT if output is None else reader.text(output, "`score.output`") or OUTPUT,
        inputs=_renamed(fields["inputs"][1], inputs, names, reader) if "inputs" in fields else {},
        model_span=model_node.span,
        output_span=model_node.span if output is None else output.span,
        store=store,
    )


def _check_without_model(node: Node, fields: Mapping[str, tuple[Scalar, Node]], reader: Reader) -> None:
    """Only a store can do without a model, and only a model has an output and inputs."""
    if "store" in fields:
        for word in ("output", "inputs"):
            if word in fields:
                reader.note(
                    "E160", f"`score.{word}` is that of a model, and there is none", fields[word][0].span
                )
    elif fields or isinstance(getattr(node, "entries", None), tuple):
        hints = (
            "name a model with `model:`, a store with `store:`, or the input that is the score with `input:`",
        )
        reader.note("E160", "`score` needs `model`, `store` or `input`", node.span, hints=hints)


def _from_fact(node: Node, whole: Node, inputs: Mapping[str, InputSpec], reader: Reader) -> ScoreSpec:
    name = reader.choice(node, "`score.input`", tuple(inputs), code="E160")
    if name is not None and inputs[name].type not in (*_NUMBERS, "unknown"):
        found = f"`{name}` is declared {inputs[name].type} at line {inputs[name].span.line}"
        reader.note("E160", "`score.input` must name an input of the type double", node.span, found)
    return ScoreSpec(whole.span, fact=name)


def _renamed(node: Node, inputs: Mapping[str, InputSpec], names: Names, reader: Reader) -> dict[str, Renamed]:
    renamed = {}
    facts = names.without([SCORE])
    for name, (key, value) in reader.fields(node, "`score.inputs`").items():
        what = f"the fact for the model's input `{name}`"
        text = reader.text(value, what)
        if text is None:
            continue
        if text in inputs:
            renamed[name] = Renamed(text, key.span, value.span)
        elif _IDENTIFIER(text) and text not in names.variables:
            hints = reader.near(text, inputs)
            reader.note("E161", f"`{text[:80]}` is not an input of this policy", value.span, hints=hints)
            renamed[name] = Renamed(text, key.span, value.span)
        else:
            formula = read_condition(value, facts, reader, what, wanted=None)
            renamed[name] = Renamed(text, key.span, value.span, formula)
    return renamed
