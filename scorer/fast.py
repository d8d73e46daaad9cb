"""The fused functions of a selection: the ordinary row in one expression, the ordinary batch in a few passes.

Each returns None where the plan has no fused form; rows that are not ordinary go to the unfused function.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import exp
from typing import Any

import numpy as np
import pyarrow as pa

from scorer.bag import Bag
from scorer.columns import Rows, read, to_arrow
from scorer.compile import Source, call, compile_batch, compile_row, finish_optional, header
from scorer.dot import Weights
from scorer.fuse import Choice, Layout, Number, Part, Table, bucketed, places, weighted
from scorer.javatext import encoded
from scorer.pipeline import Selection, Step
from scorer.stages.assemble import VectorAssembler
from scorer.stages.bucket import Bucketizer
from scorer.stages.counts import IDF, CountVectorizer
from scorer.stages.hashing import HashingTF
from scorer.stages.linear import Binomial
from scorer.vectors import Floats

Arrays = Mapping[str, pa.Array]
Term = Table | float | Callable[[pa.Array, Floats], bool]  # of a choice, a number, a bag
General = Callable[[Arrays, Rows], tuple[dict[str, pa.Array], Rows]]


@dataclass(frozen=True, slots=True)
class Fused:
    """A plan whose required outputs come from one stage, the head, over a layout.

    `before` are the steps that compute what the layout reads and that it does not stand for.
    """

    layout: Layout
    head: Step
    before: tuple[Step, ...]

    @property
    def stage(self) -> Binomial:
        """The head of a fused linear model."""
        assert isinstance(self.head.stage, Binomial)
        return self.head.stage


def fused(selection: Selection) -> Fused | None:
    """Return the fused form of a selection; None if it has none."""
    required = [step for step in selection.steps if not step.optional]
    if any(step.early for step in selection.steps):
        return None
    makers = {v: s for s in required if isinstance(s.stage, _MAKERS) for v in s.outputs}
    heads = [s for s in required if _is_head(s) and s.inputs[0] in makers]
    if len(heads) != 1:
        return None
    head = heads[0]
    layout = Layout.of(selection, makers[head.inputs[0]])
    if layout is None or (isinstance(head.stage, Binomial) and layout.size != head.stage.weights.size):
        return None
    over = head.stage.over_slots()
    if over is not None and max(over[0], default=-1) >= layout.size:
        return None
    if over is not None and any(isinstance(part, Bag) for part in layout.parts):
        return None
    before = tuple(s for s in required if id(s) not in layout.absorbed and s is not head)
    hidden = {v for s in required if id(s) in layout.absorbed for v in s.outputs}
    read = {v for s in before for v in s.inputs} | {v for _, v in selection.outputs}
    if hidden & read or not {v for _, v in selection.outputs} <= set(head.outputs):
        return None
    return Fused(layout, head, before)


_MAKERS = (VectorAssembler, IDF, HashingTF, CountVectorizer)


def _is_head(step: Step) -> bool:
    return isinstance(step.stage, Binomial) or (len(step.inputs) == 1 and step.stage.over_slots() is not None)


# -- one row -----------------------------------------------------------------------------------------------------


def fast_row(
    selection: Selection, positional: Sequence[str] | None = None, slot: int | None = None
) -> Callable[..., Any] | None:
    """Compile the fused row with the unfused one behind it; None if the plan has no fused form."""
    found = fused(selection)
    if found is None:
        return None
    source = Source("")
    header(source, selection.raws, positional)
    linear = isinstance(found.head.stage, Binomial)
    buckets = bucketed(selection, found.layout, found.before) if linear else {}
    for step in found.before:
        if step.outputs[0] not in buckets:
            source.add(call(source, step), depth=2)
    if linear:
        _linear(source, selection, found, slot, buckets)
    else:
        _slots(source, selection, found, slot)
    source.add("except Exception:", depth=1)
    source.add("pass", depth=2)
    arguments = source.lines[0].partition("(")[2].rpartition(")")[0]
    source.add(f"return slow({arguments})", depth=1)
    source.names |= {"slow": compile_row(selection, positional, slot), "exp": exp}
    return source.function()


def _slots(source: Source, selection: Selection, found: Fused, slot: int | None) -> None:
    """Write the call of a head over the values of the slots that it reads; every part is looked at."""
    over = found.head.stage.over_slots()
    assert over is not None
    values: dict[int, str] = {}
    checks = []
    for number, part in enumerate(found.layout.parts):
        if isinstance(part, Number):
            values[part.slot] = f"v{part.value}"
            checks.append(f"v{part.value}")
            continue
        assert isinstance(part, Choice)
        held, texts = places(part)
        source.add(f"h{number} = {source.hold('t', held)}[v{part.value}]", depth=2)
        checks.append(f"h{number}")
        values |= {at: text.format(f"h{number}") for at, text in texts.items()}
    source.add(f"m = {' + '.join(['0.0', *checks])}", depth=2)
    source.add("if m == m and isinstance(m, float):", depth=2)
    arguments = ", ".join(values[at] for at in over[0])
    source.add(
        f"made = {source.hold('f', over[1])}(({arguments}{',' if len(over[0]) == 1 else ''}))", depth=3
    )
    outputs = found.head.outputs
    forms = {v: "made" if len(outputs) == 1 else f"made[{i}]" for i, v in enumerate(outputs)}
    _finish(source, selection, {v: (form, ()) for v, form in forms.items()}, slot)


def _linear(
    source: Source, selection: Selection, found: Fused, slot: int | None, buckets: Mapping[int, Step]
) -> None:
    """Write the sum of a linear model and what its classes come from."""
    source.add(f"m = {_sum(source, found, buckets)} + {_literal(source, found.stage.intercept)}", depth=2)
    source.add("if m == m and isinstance(m, float):", depth=2)
    raw, probability, prediction = found.head.outputs
    stage = found.stage
    if any(v == probability for _, v in selection.outputs) or stage.route == "probability":
        source.add("z = 1.0 / (1.0 + exp(m))", depth=3)
    tests = {"raw": "m > cut", "probability": "1.0 - z > cut", "prediction": "1.0 / (1.0 + exp(-m)) > cut"}
    source.names["cut"] = stage.cut if stage.route == "raw" else stage.threshold
    forms: dict[int | None, tuple[str, tuple[str, ...]]] = {
        raw: ("[-m, m]", ("-m", "m")),
        probability: ("[z, 1.0 - z]", ("z", "1.0 - z")),
        prediction: (f"1.0 if {tests[stage.route]} else 0.0", ()),
    }
    _finish(source, selection, forms, slot)


def _finish(
    source: Source,
    selection: Selection,
    forms: Mapping[int | None, tuple[str, tuple[str, ...]]],
    slot: int | None,
) -> None:
    """Write the result: `forms` has each output as an expression, and its slots as expressions."""
    if slot is not None:
        whole, slots = forms[selection.outputs[0][1]]
        vector = selection.plan.fields[selection.outputs[0][1]].is_vector
        form = slots[slot] if slots else f"{whole}[{slot}]" if vector else whole
        source.add(f"return {form}", depth=3)
        return
    pairs = ", ".join(f"{source.hold('n', name)}: {forms[value][0]}" for name, value in selection.outputs)
    source.add(f"result = {{{pairs}}}", depth=3)
    finish_optional(source, selection, 3)
    source.add("return result", depth=3)


def _sum(source: Source, found: Fused, buckets: Mapping[int, Step]) -> str:
    weights, terms = found.stage.weights, ["0.0"]
    for part in found.layout.parts:
        value = f"v{part.value}"
        if isinstance(part, Number):
            kept = weights.stored is None or part.slot in weights.stored
            terms.append(f"{value} * {_literal(source, weights.values[part.slot] if kept else 0.0)}")
        elif isinstance(part, Bag):
            terms = [f"{source.hold('g', part.row(weights))}({value}, {' + '.join(terms)})"]
        elif (step := buckets.get(part.value)) is not None:
            assert isinstance(step.stage, Bucketizer)
            share = step.stage.among(weighted(part, weights.values, weights.stored))
            terms.append(f"{source.hold('b', share)}(v{step.inputs[0]})")
        else:
            terms.append(f"{source.hold('t', weighted(part, weights.values, weights.stored))}[{value}]")
    return " + ".join(terms)


def _literal(source: Source, number: float) -> str:
    return repr(number) if np.isfinite(number) else source.hold("w", number)


# -- a batch -----------------------------------------------------------------------------------------------------


def fast_batch(
    selection: Selection,
) -> Callable[[Arrays, int, General], tuple[dict[str, pa.Array], Rows] | None] | None:
    """Return the fused batch: of raw Arrow columns, the number of rows, and the unfused batch for odd rows."""
    found = fused(selection)
    if found is None or not isinstance(found.head.stage, Binomial):
        return None
    weights = found.stage.weights
    terms = [(part, _term(part, weights)) for part in found.layout.parts]
    names = {value: name for name, value in selection.outputs}
    raws = {raw.value: raw.name for raw in selection.plan.raws.values()}
    loose = tuple(step for step in selection.steps if step.optional)
    extra = compile_batch(Selection(selection.plan, loose, (), selection.optional)) if loose else None
    computed = {part.value for part in found.layout.parts if part.value not in raws}
    before = Selection(selection.plan, found.before, tuple((f"v{v}", v) for v in computed), ())
    prefix = compile_batch(before) if found.before else None

    def score(arrays: Arrays, count: int, general: General) -> tuple[dict[str, pa.Array], Rows] | None:
        rows, early, columns = Rows(count), Rows(count), dict[str, Any]()
        margin = np.zeros(count)
        with np.errstate(all="ignore"):
            if prefix is not None:
                columns = prefix(early, {raw.name: read(arrays[raw.name]) for raw in before.raws})
            for part, term in terms:
                column = arrays[raws[part.value]] if part.value in raws else columns[f"v{part.value}"]
                if not _add(margin, part, term, column):
                    return None
            margin += found.stage.intercept
            margin[[*early.faults, *np.flatnonzero(early.dropped)]] = np.nan
            outputs = found.stage.outputs(margin)
        pairs = zip(found.head.outputs, outputs, strict=True)
        made = {names[value]: to_arrow(column) for value, column in pairs if value in names}
        odd = np.flatnonzero(np.isnan(margin))
        if len(odd):
            _patch(made, rows, arrays, odd, general)
        made = {name: made[name] for name, _ in selection.outputs}
        if extra is not None:
            return _with_optional(made, rows, arrays, extra)
        return made, rows

    return score


def _term(part: Part, weights: Weights) -> Term:
    if isinstance(part, Bag):
        return part.batch(weights)
    if isinstance(part, Choice):
        return weighted(part, weights.values, weights.stored)
    return weights.values[part.slot] if weights.stored is None or part.slot in weights.stored else 0.0


def _add(margin: Floats, part: Part, term: Term, column: Any) -> bool:
    """Add a part's share to the margins; NaN where the unfused batch must decide. False: not of a known form."""
    if not isinstance(term, Table | float):
        return isinstance(column, pa.Array) and term(column, margin)
    if isinstance(column, pa.Array):
        if pa.types.is_nested(column.type):
            return False
        if isinstance(term, Table) and not _is_numeric(part):
            margin += _shares(column, term)
            return True
        column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
        numbers = column.to_numpy(zero_copy_only=False).astype(np.float64, copy=False)
    else:
        numbers = column.floats()
    margin += _picked(numbers, term) if isinstance(term, Table) else numbers * term
    return True


def _is_numeric(part: Part) -> bool:
    """Whether the part is decided by the number of a category."""
    return isinstance(part, Choice) and part.numeric


def _picked(numbers: Floats, table: Table) -> Floats:
    shares = np.array([table.get(float(place), np.nan) for place in range(len(table) - 1)] + [np.nan])
    known = (numbers >= 0) & (numbers < len(shares) - 1) & (numbers == np.trunc(numbers))
    picked: Floats = shares[np.where(known, numbers, len(shares) - 1).astype(np.int32)]
    return picked


def _shares(array: pa.Array, table: Mapping[Any, float]) -> Floats:
    codes, labels = encoded(array)
    shares = np.array([*(table[label] for label in labels), table[None]])
    found: Floats = shares.take(codes, mode="wrap")
    return found


def _patch(made: dict[str, pa.Array], rows: Rows, arrays: Arrays, odd: Any, general: General) -> None:
    """Score the odd rows by the unfused batch, and put its answers in their places."""
    few, inner = general({name: array.take(pa.array(odd)) for name, array in arrays.items()}, Rows(len(odd)))
    for number, fault in inner.faults.items():
        rows.faults[int(odd[number])] = fault
    rows.dropped[odd[inner.dropped]] = True
    order = np.arange(rows.count)
    order[odd] = rows.count + np.arange(len(odd))
    for name, array in made.items():
        made[name] = pa.concat_arrays([array, few[name].cast(array.type)]).take(pa.array(order))


def _with_optional(
    made: dict[str, pa.Array], rows: Rows, arrays: Arrays, extra: Any
) -> tuple[dict[str, pa.Array], Rows] | None:
    book = Rows(rows.count)
    columns = extra(book, {name: read(array) for name, array in arrays.items()})
    if book.faults or book.dropped.any():
        return None
    return {**made, **{name: to_arrow(column) for name, column in columns.items()}}, rows
