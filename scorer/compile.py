"""A plan becomes straight-line Python: one function of a row, one of a batch.

The source holds only names that are made here (`v7 = s4(v3)`); it is kept in `linecache`, so that a traceback
shows it. The line of an exception tells the step, and the frame tells the values: success pays nothing for it.
"""

from __future__ import annotations

import itertools
import linecache
import weakref
from bisect import bisect_left
from collections.abc import Callable, Mapping, Sequence
from math import nan
from types import TracebackType
from typing import Any

import numpy as np
import pyarrow as pa

from scorer.columns import Column, Rows, Single
from scorer.errors import ColumnError, Dropped, Invalid, RowError, ScorerError
from scorer.fields import Field
from scorer.pipeline import Raw, Selection, Step
from scorer.stage import Stage, blamed, explain
from scorer.vectors import Sparse, dense, vector_of

_K = "k"  # the prefix of column names
_counter = itertools.count()


class Source:
    """Lines of generated Python, the objects that they name, and the step of each line."""

    def __init__(self, header: str) -> None:
        self.lines = [header]
        self.names: dict[str, Any] = {}
        self.steps: dict[int, Step] = {}

    def add(self, text: str, step: Step | None = None, depth: int = 1) -> None:
        """Write a line."""
        self.lines.append("    " * depth + text)
        if step is not None:
            self.steps[len(self.lines)] = step

    def hold(self, prefix: str, value: Any) -> str:
        """Name an object that the code uses."""
        name = f"{prefix}{len(self.names)}"
        self.names[name] = value
        return name

    def function(self) -> Callable[..., Any]:
        """Compile the lines; the first one defines the function `made`. Its source is kept as long as it is."""
        text = "\n".join(self.lines) + "\n"
        file = f"<scorer pipeline {next(_counter)}>"
        linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
        code = compile(text, file, "exec")
        exec(code, self.names)
        made: Callable[..., Any] = self.names.pop("made")  # out of its own names: it goes with its last user
        weakref.finalize(made, linecache.cache.pop, file, None)
        return made


# -- one row -----------------------------------------------------------------------------------------------------


def header(source: Source, raws: Sequence[Raw], positional: Sequence[str] | None) -> None:
    """Open the function: of a mapping, or of the inputs by position."""
    if positional is None:
        source.lines[0] = "def made(facts):"
        source.add("try:")
        source.add("get = facts.get", depth=2)
        for raw in raws:
            source.add(f"v{raw.value} = get({source.hold('k', raw.name)})", depth=2)
        return
    values = {raw.name: f"v{raw.value}" for raw in raws}
    absent = [raw.name for raw in raws if raw.name not in positional]
    if absent:
        raise ColumnError(f"the model needs {', '.join(f'`{name}`' for name in absent)}")
    arguments = [values.get(name, f"_{i}") for i, name in enumerate(positional)]
    source.lines[0] = f"def made({', '.join(arguments)}):"
    source.add("try:")


def compile_row(
    selection: Selection, positional: Sequence[str] | None = None, slot: int | None = None
) -> Callable[..., Any]:
    """Compile the meaning of a row: a function of a mapping (or of values by position).

    It returns a dict of output columns (or, with `slot`, one number of the only output), or None if the row is
    dropped; it raises RowError where Spark raises.
    """
    source = Source("")
    header(source, selection.raws, positional)
    for raw in selection.raws:
        if (convert := converter(raw)) is not None:
            reader = next(
                (s for s in (*selection.steps, *selection.plan.steps) if raw.value in s.inputs), None
            )
            uid = reader.uid if reader is not None else "input"  # a column that only passes
            step = Step(Stage(), uid, (raw.value,), (), (raw.name,))
            source.add(f"v{raw.value} = {source.hold('c', convert)}(v{raw.value})", step, 2)
    for step in selection.steps:
        if not step.optional:
            source.add(call(source, step), step, 2)
        elif step.early and positional is None:  # here, since a row that is dropped raises nowhere else
            _call_if_present(source, selection, step)
    finish(source, selection, slot)
    source.add("except dropped:")
    source.add("return None", depth=2)
    source.add("except Exception as error:")
    source.add("raise locate(error, steps) from None", depth=2)
    source.names |= {"dropped": Dropped, "locate": locate, "steps": source.steps, "dense": dense}
    return source.function()


def call(source: Source, step: Step) -> str:
    """Write one stage's call."""
    function = source.hold("s", step.stage.row())
    arguments = ", ".join(f"v{value}" for value in step.inputs)
    targets = ", ".join("_" if value is None else f"v{value}" for value in step.outputs)
    return f"{targets} = {function}({arguments})"


def _call_if_present(source: Source, selection: Selection, step: Step, depth: int = 2) -> None:
    """Write a stage that runs only where its raw column is present."""
    source.add(f"if {_present(source, selection, step, 'facts')}:", depth=depth)
    for name, value in zip(step.names, step.inputs, strict=True):
        source.add(f"v{value} = facts[{source.hold('k', name)}]", depth=depth + 1)
        convert = converter(selection.plan.raws[name])
        if convert is not None:
            source.add(f"v{value} = {source.hold('c', convert)}(v{value})", step, depth + 1)
    source.add(call(source, step), step, depth + 1)


def _present(source: Source, selection: Selection, step: Step, table: str) -> str:
    """Write the question whether a skippable stage runs."""
    tests = [f"{source.hold(_K, name)} in {table}" for name in step.names]
    made = [name for name, value in selection.optional if step.stage.yields and value in step.outputs]
    tests += [f"{source.hold(_K, name)} not in {table}" for name in made]
    return " and ".join(tests)


def finish(source: Source, selection: Selection, slot: int | None) -> None:
    """Write the result."""
    if slot is not None:
        (value,) = (v for _, v in selection.outputs)
        source.add(f"return {_slot(source, selection.plan.fields[value], value, slot)}", depth=2)
        return
    pairs = ", ".join(f"{source.hold('n', name)}: {output(selection, v)}" for name, v in selection.outputs)
    source.add(f"result = {{{pairs}}}", depth=2)
    finish_optional(source, selection, 2)
    source.add("return result", depth=2)


def _slot(source: Source, field: Field, value: int, slot: int) -> str:
    """Write a number: a scalar, or a slot of a vector, which may be sparse, null, or shorter than another row's."""
    if not field.is_vector:
        return f"v{value}"
    asked = f"{source.hold('c', slot_of)}(v{value}, {slot})"
    if field.size is None:
        return asked
    return f"v{value}[{slot}] if v{value}.__class__ is list and len(v{value}) > {slot} else {asked}"


def slot_of(vector: Any, slot: int) -> float:
    """Return a slot of a vector, NaN where there is none: a batch says the same."""
    if vector is None or slot >= len(vector):
        return nan
    if not isinstance(vector, Sparse):
        return float(vector[slot])
    place = bisect_left(vector.indices, slot)
    stored = place < len(vector.indices) and vector.indices[place] == slot
    return float(vector.values[place]) if stored else 0.0


def finish_optional(source: Source, selection: Selection, depth: int) -> None:
    """Write the results of the stages that run only where their raw column is present."""
    names = {value: name for name, value in selection.optional}
    for step in (s for s in selection.steps if s.optional):
        made = [(source.hold("n", names[value]), value) for value in step.outputs if value in names]
        if step.early and not made:
            continue
        if step.early:
            source.add(f"if {_present(source, selection, step, 'facts')}:", depth=depth)
        else:
            _call_if_present(source, selection, step, depth)
        for name, value in made:
            source.add(f"result[{name}] = {output(selection, value)}", depth=depth + 1)


def output(selection: Selection, value: int) -> str:
    """Write an output value: vectors leave as lists."""
    if selection.plan.fields[value].is_vector:
        return f"(None if v{value} is None else dense(v{value}))"
    kind = selection.plan.fields[value].type
    if kind is not None and pa.types.is_float32(kind):
        return f"(None if v{value} is None else float(v{value}))"
    return f"v{value}"


def converter(raw: Raw) -> Callable[[Any], Any] | None:
    """Return what makes a caller's value one that stages take; None if every value passes as it is."""
    if raw.kind == "vector" or (raw.known and raw.kind == "numbers" and not _is_scalar(raw.type)):
        return _vector
    if raw.kind == "numbers" and not raw.known:
        return _number_or_vector
    if raw.known and pa.types.is_floating(raw.type):
        return _single if pa.types.is_float32(raw.type) else _double
    return _plain


def _is_scalar(kind: pa.DataType) -> bool:
    return not (pa.types.is_nested(kind))


def _vector(value: Any) -> Any:
    return None if value is None else vector_of(value)


def _number_or_vector(value: Any) -> Any:
    if value is None or type(value) is float or type(value) is int:
        return value
    return vector_of(value) if isinstance(value, Mapping) else _plain(value)


def _double(value: Any) -> Any:
    return float(value) if isinstance(value, int | float) else _plain(value)


def _single(value: Any) -> Any:
    if isinstance(value, int | float | np.floating):
        with np.errstate(over="ignore"):
            return Single(np.float32(value))
    return _plain(value)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def locate(error: Exception, steps: Mapping[int, Step]) -> Exception:
    """Turn what a stage raised into a RowError that names stage, column and value."""
    if isinstance(error, ScorerError):
        return error
    frame = _generated(error.__traceback__)
    step = steps.get(frame[0]) if frame is not None else None
    if frame is None or step is None:
        return (
            TypeError("a row is a mapping of column names to values")
            if isinstance(error, AttributeError)
            else error
        )
    record = [frame[1].get(f"v{value}") for value in step.inputs]
    position = _position(error, record)
    reason = error.reason if isinstance(error, Invalid) else explain(error, record)
    return RowError(step.uid, step.names[position], record[position], reason)


def _generated(trace: TracebackType | None) -> tuple[int, dict[str, Any]] | None:
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "made":
            return trace.tb_lineno, trace.tb_frame.f_locals
        trace = trace.tb_next
    return None


def _position(error: Exception, record: Sequence[Any]) -> int:
    if isinstance(error, Invalid):
        return error.position
    return blamed(record)


# -- a batch -----------------------------------------------------------------------------------------------------


def compile_batch(selection: Selection) -> Callable[[Rows, Mapping[str, Column]], dict[str, Column]]:
    """Compile the batch: a function of the book of rows and the raw columns, giving the output columns."""
    source = Source("def made(rows, table):")
    for raw in selection.raws:
        source.add(f"v{raw.value} = table[{source.hold('k', raw.name)}]")
    numbers = {id(step): number for number, step in enumerate(selection.steps)}
    for step in selection.steps:
        if not step.optional:
            source.add(_batch_call(source, step, numbers[id(step)]), step)
        elif step.early:
            _batch_if_present(source, selection, step, numbers[id(step)])
    pairs = ", ".join(f"{source.hold('n', name)}: v{value}" for name, value in selection.outputs)
    source.add(f"result = {{{pairs}}}")
    names = {value: name for name, value in selection.optional}
    for step in (s for s in selection.steps if s.optional):
        made = [value for value in step.outputs if value in names]
        if not step.early:
            _batch_if_present(source, selection, step, numbers[id(step)])
        elif made:
            source.add(f"if {_present(source, selection, step, 'table')}:")
        for value in made:
            source.add(f"result[{source.hold('n', names[value])}] = v{value}", depth=2)
    source.add("return result")
    return source.function()


def _batch_if_present(source: Source, selection: Selection, step: Step, number: int) -> None:
    source.add(f"if {_present(source, selection, step, 'table')}:")
    for name, value in zip(step.names, step.inputs, strict=True):
        source.add(f"v{value} = table[{source.hold('k', name)}]", depth=2)
    source.add(_batch_call(source, step, number), step, 2)


def _batch_call(source: Source, step: Step, number: int) -> str:
    function = source.hold("b", step.stage.batch)
    arguments = "".join(f"v{value}, " for value in step.inputs)
    targets = ", ".join("_" if value is None else f"v{value}" for value in step.outputs)
    return f"{targets} = {function}(rows.at({number}, ({arguments})), {arguments})"
