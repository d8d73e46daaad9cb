"""From wired stages to a plan: columns become numbered values, and what nobody reads is dropped."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

import pyarrow as pa

from scorer.errors import ColumnError
from scorer.fields import DEFAULT_TYPE, Field, Kind, described, fits, scored_type
from scorer.stage import Stage, canonical
from scorer.wiring import Wired


@dataclass(frozen=True, slots=True)
class Step:
    """One stage between numbered values; an output of None is not produced."""

    stage: Stage
    uid: str
    inputs: tuple[int, ...]
    outputs: tuple[int | None, ...]
    names: tuple[str, ...]  # of the inputs, for messages
    optional: bool = False  # run only where its raw input column is present
    early: bool = (
        False  # an optional one that runs at its place, not last: a row that it refuses or drops ends there
    )
    spark: str = ""  # the Spark class


@dataclass(frozen=True, slots=True)
class Raw:
    """A column that the caller gives."""

    name: str
    value: int
    type: pa.DataType
    known: bool  # the type comes from a schema
    kind: Kind


@dataclass
class Plan:
    """A resolved pipeline. `fields[v]` describes value v, `produced` the columns that stages make, in order."""

    steps: list[Step] = field(default_factory=list)
    fields: list[Field] = field(default_factory=list)
    raws: dict[str, Raw] = field(default_factory=dict)
    current: dict[str, int] = field(default_factory=dict)
    produced: dict[str, int] = field(default_factory=dict)
    main: set[str] = field(default_factory=set)
    label: str = ""  # the column that the last model was fitted to
    since: dict[str, int] = field(
        default_factory=dict
    )  # how many steps there were when a column got its name
    closed: str = ""  # the stage after which only the columns that it names are there
    absent: list[Wired] = field(default_factory=list)  # skippable stages whose column ends before them


@dataclass(frozen=True, slots=True)
class Selection:
    """What a caller wants of a plan: the steps in order, and (column, value) pairs."""

    plan: Plan
    steps: tuple[Step, ...]
    outputs: tuple[tuple[str, int], ...]
    optional: tuple[tuple[str, int], ...]  # produced where the raw column is present

    @property
    def raws(self) -> list[Raw]:
        """The raw columns that are needed, in the order in which the pipeline reads them."""
        return self._raws((s for s in self.steps if not s.optional), {value for _, value in self.outputs})

    @property
    def optional_raws(self) -> list[Raw]:
        """The raw columns that only skippable steps read."""
        needed = {raw.name for raw in self.raws}
        return [raw for raw in self._raws(s for s in self.steps if s.optional) if raw.name not in needed]

    @property
    def inputs(self) -> pa.Schema:
        """The columns that the outputs need, with the types that they are read as."""
        raws = self.raws or ([] if self.outputs else self.optional_raws)  # a lone indexer is the model itself
        return pa.schema([(raw.name, raw.type) for raw in raws])

    @property
    def yielding(self) -> list[str]:
        """The columns that are made only where the caller gives none of the name."""
        values = {
            value for step in self.steps if step.optional and step.stage.yields for value in step.outputs
        }
        return [name for name, value in self.optional if value in values]

    def _raws(self, steps: Iterable[Step], passed: Iterable[int] = ()) -> list[Raw]:
        read = {value for step in steps for value in step.inputs}.union(passed)
        return [raw for raw in self.plan.raws.values() if raw.value in read]


def resolve(wired: Sequence[Wired], schema: pa.Schema | None = None) -> Plan:
    """Number the columns, and bind each stage to what is known of its inputs."""
    plan = Plan()
    made: dict[str, int] = {}
    labels: dict[str, str] = {}
    for one in wired:
        if _lacks(plan, one):
            plan.absent.append(one)
            continue
        inputs = tuple(_value(plan, one, name, number, schema) for number, name in enumerate(one.inputs))
        described = tuple(plan.fields[value] for value in inputs)
        try:
            stage = one.stage.resolve(described)
            stage = stage.relabelled(labels) if one.ends else stage
        except ColumnError as e:
            columns = f", column `{', '.join(one.inputs)}`" if one.inputs else ""
            raise ColumnError(f"stage {one.saved.uid}{columns}: {e}") from None
        outputs = [
            _produce(plan, n, f, made) for n, f in zip(one.outputs, stage.fields(described), strict=True)
        ]
        if outputs:
            spark = canonical(one.saved.class_name)
            plan.steps.append(Step(stage, one.saved.uid, inputs, tuple(outputs), one.inputs, spark=spark))
        if stage.label is not None and one.outputs[0] is not None:
            labels[one.outputs[0]] = stage.label
        if one.ends:
            _check_single(plan, one, stage)
            made = {labels.get(name, name): value for name, value in made.items()}
            _arrange(plan, stage, inputs, made)
            made, labels = {}, {}
        plan.main |= one.main
        plan.label = str(one.saved.params.get("labelCol", "label")) if one.main else plan.label
        _remove(plan, one, stage)
    return plan


def _lacks(plan: Plan, one: Wired) -> bool:
    """Tell whether a column of a skippable stage ended before it: Spark skips the stage."""
    return bool(plan.closed) and one.stage.skippable and any(n not in plan.current for n in one.inputs)


def _value(plan: Plan, one: Wired, name: str, number: int, schema: pa.Schema | None) -> int:
    accepts = one.stage.accepts
    kind = accepts[min(number, len(accepts) - 1)]
    given = schema.names if schema is not None else []
    if one.stage.caseless and name not in plan.current:
        name = next((n for n in (*plan.current, *given) if n.lower() == name.lower()), name)
    if name in plan.current:
        value = plan.current[name]
        raw = next((raw for raw in plan.raws.values() if raw.value == value), None)
        if raw is not None:
            _settle(plan, raw, kind, _default(one.stage, kind, number))
        return value
    if plan.closed:
        there = ", ".join(f"`{n}`" for n in plan.current)
        raise ColumnError(
            f"stage {one.saved.uid}: column `{name}` is not there after stage {plan.closed}, but {there}"
        )
    known = name in given
    typed = (
        scored_type(schema.field(name).type)
        if known and schema is not None
        else _default(one.stage, kind, number)
    )
    if not fits(typed, kind):
        raise ColumnError(
            f"stage {one.saved.uid}: column `{name}` is {typed}, where {described(kind)} are needed"
        )
    value = len(plan.fields)
    size = typed.list_size if pa.types.is_fixed_size_list(typed) else None
    open_ = kind == "numbers" or (kind == "any" and one.stage.caseless)
    kind_of = typed if known or not open_ else None
    plan.fields.append(Field(kind_of, size=size, declared=size is not None))
    plan.raws[name] = Raw(name, value, typed, known, kind)
    plan.current[name] = value
    return value


def _default(stage: Stage, kind: Kind, number: int) -> pa.DataType:
    """Return what an input is taken for where nothing tells its type."""
    defaults = stage.defaults()
    return defaults[number] if defaults else DEFAULT_TYPE[kind]


def _settle(plan: Plan, raw: Raw, kind: Kind, default: pa.DataType) -> None:
    """Several stages may read one raw column: text gives way to number, as Spark casts the number; `any` to all."""
    if raw.known:
        return
    if raw.kind == "text" and kind in ("number", "numbers"):
        plan.raws[raw.name] = replace(raw, type=DEFAULT_TYPE[kind], kind=kind)
        plan.fields[raw.value] = Field(DEFAULT_TYPE[kind])
    elif raw.kind == "any" and (kind != "any" or pa.types.is_null(raw.type)):
        plan.raws[raw.name] = replace(raw, type=default, kind=kind)


def _produce(plan: Plan, name: str | None, described: Field, made: dict[str, int]) -> int | None:
    if name is None:
        return None
    made[name] = len(plan.fields)
    plan.fields.append(described)
    return made[name]


def _check_single(plan: Plan, one: Wired, stage: Stage) -> None:
    """Refuse a class that adds columns to those that are there where one is of the same name: Spark keeps both."""
    there = {name.lower() for name in plan.current}
    for name, _ in () if stage.closes else stage.passing():
        if name.lower() in there:
            raise ColumnError(
                f"stage {one.saved.uid}: it makes a column `{name}` beside the one that * keeps; Spark gives both, of "
                "which no stage could read either: name it otherwise with AS"
            )


def _arrange(plan: Plan, stage: Stage, inputs: tuple[int, ...], made: dict[str, int]) -> None:
    """Name the values that a class made, in its order; some may be inputs that pass as they are."""
    named = {name: made[name] if place is None else inputs[place] for name, place in stage.passing()}
    for name, value in (named or made).items():
        plan.current[name] = value
        plan.produced.pop(name, None)
        plan.produced[name] = value
        plan.since[name] = len(plan.steps)


def _remove(plan: Plan, one: Wired, stage: Stage) -> None:
    """Forget the columns that end at a stage; what the caller gives stays in sight, unless the stage closes."""
    for name in [name for name in plan.produced if stage.removes(name)]:
        del plan.produced[name], plan.current[name]
        if name in plan.raws:
            plan.current[name] = plan.raws[name].value
    if stage.closes:
        plan.closed = one.saved.uid
        plan.current = {name: value for name, value in plan.current.items() if not stage.removes(name)}


def reader_kinds(selection: Selection, raw: Raw) -> set[Kind]:
    """What the stages that read a raw column take it for."""
    return {
        step.stage.accepts[min(place, len(step.stage.accepts) - 1)]
        for step in selection.steps
        for place, value in enumerate(step.inputs)
        if value == raw.value
    }


# -- what is wanted ----------------------------------------------------------------------------------------------


def select(plan: Plan, columns: Sequence[str] | None = None) -> Selection:
    """Keep the steps that the wanted columns need, and those that drop rows whoever reads them.

    By default: every prediction, probability and rawPrediction, and every column that no later stage reads;
    a skippable stage at the end (a label's indexer) runs only where its column is present.
    """
    read = {value for step in plan.steps for value in step.inputs}
    if columns is None:
        wanted = {n: v for n, v in plan.produced.items() if n in plan.main or not _read_later(plan, n, v)}
    else:
        wanted = {name: _find(plan, name) for name in columns}
    raw_values = {raw.value for raw in plan.raws.values()}
    optional: set[int] = set()
    if columns is None:
        for number, step in enumerate(plan.steps):
            ends = all(v not in read for v in step.outputs)
            if step.stage.skippable and ends and set(step.inputs) <= raw_values:
                optional.add(number)
    kept = _drops_first(plan, _closure(plan, set(wanted.values()), optional, raw_values))
    read = {value for n in kept for value in plan.steps[n].inputs} | set(wanted.values())
    early = optional & set(_before_filters(plan, kept))
    steps = [_narrowed(plan.steps[n], read, optional=n in optional, early=n in early) for n in kept]
    loose = {v for step in steps if step.optional for v in step.outputs}
    return Selection(
        plan,
        tuple(steps),
        tuple((n, v) for n, v in wanted.items() if v not in loose),
        tuple((n, v) for n, v in wanted.items() if v in loose),
    )


def _read_later(plan: Plan, name: str, value: int) -> bool:
    """Tell whether a stage reads a column after it got its name."""
    return any(value in step.inputs for step in plan.steps[plan.since[name] :])


def _closure(plan: Plan, needed: set[int], optional: set[int], raw_values: set[int]) -> list[int]:
    kept: list[int] = []
    for number in range(len(plan.steps) - 1, -1, -1):
        step = plan.steps[number]
        if step.stage.drops and not needed.intersection(v for v in step.outputs if v is not None):
            if step.stage.skippable and set(step.inputs) <= raw_values:
                optional.add(number)
        elif not needed.intersection(v for v in step.outputs if v is not None):
            continue
        kept.append(number)
        needed.update(step.inputs)
    return kept[::-1]


def _drops_first(plan: Plan, kept: list[int]) -> list[int]:
    """Put the steps that drop rows, and what they read, before the rest.

    Spark's optimizer does: a row that is dropped raises nowhere else, but in the steps before it that stay.
    """
    makers = {v: n for n in kept for v in plan.steps[n].outputs if v is not None}
    early: list[int] = []

    def need(number: int) -> None:
        for value in plan.steps[number].inputs:
            if value in makers and makers[value] not in early:
                need(makers[value])
        early.append(number)

    for number in _before_filters(plan, kept):
        if number not in early:
            need(number)
    return early + [number for number in kept if number not in early]


def _before_filters(plan: Plan, kept: list[int]) -> list[int]:
    """Return the steps that drop rows, and those that stay before one that does."""
    stages = {number: plan.steps[number].stage for number in kept}
    last = max((number for number, stage in stages.items() if stage.drops), default=-1)
    return [n for n in sorted(kept) if stages[n].drops or (stages[n].stays and n < last)]


def _narrowed(step: Step, read: set[int], *, optional: bool, early: bool) -> Step:
    stage = step.stage.narrow(tuple(value in read for value in step.outputs))
    return replace(step, stage=stage, optional=optional, early=early)


def _find(plan: Plan, name: str) -> int:
    if name in plan.produced:
        return plan.produced[name]
    near = difflib.get_close_matches(name, plan.produced, 1)
    hint = (
        f"; did you mean `{near[0]}`?" if near else f"; it makes {', '.join(f'`{n}`' for n in plan.produced)}"
    )
    raise ColumnError(f"the pipeline makes no column `{name}`{hint}")
