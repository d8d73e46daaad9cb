"""The same meaning for columns: generated NumPy code over chunks that stay in the cache.

Code is generated once for each layout of columns (which are coded, which hold nulls). Answers about the distinct
values of a coded column are worked out once for a table.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from policy.expr import lookups, vectors
from policy.expr.columns import Array, Column, Columns
from policy.expr.machine import MistypedError, outward
from policy.expr.row import compile_value
from policy.expr.typed import Input, Typed, inputs
from policy.expr.types import BOOL, DYN, NOTHING, Type
from policy.expr.units import VECTORS, dtype, is_vector
from policy.expr.vector.emitter import Emitter
from policy.expr.vector.layout import Layout, Need

CHUNK = 16_384  # rows; larger chunks leave the cache, smaller ones pay Python once too often

_KEPT = 64  # layouts of columns for which generated code is kept
_PAIRS = 1 << 20  # answers kept for a part that reads several coded columns
_UNITS = {"timestamp": pa.timestamp("us", "UTC"), "duration": pa.duration("us")}
_ARROW = {
    "bool": pa.bool_(),
    "int": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "ip": pa.string(),
    "cidr": pa.string(),
    "null_type": pa.null(),
    **_UNITS,
}


def arrow_type(type_: Type) -> pa.DataType:
    """The Arrow type of a type's values. Raises MistypedError for a list of several types."""
    if type_.name == "list":
        return pa.list_(pa.null() if type_.element == NOTHING else arrow_type(type_.element))
    if type_ == DYN:
        raise MistypedError("a list of several types has no Arrow type")
    return _ARROW[type_.name]


@dataclass(slots=True)
class _Plan:
    """Generated code for one layout. `functions` are the row functions of its needs."""

    chunk: Callable[..., tuple[Any, ...]]
    names: tuple[str, ...]
    masked: tuple[str, ...]
    needs: dict[Need, Callable[..., Any]]


class _Compiled:
    """Trees with the code to evaluate them, made when a layout is first seen."""

    def __init__(self, trees: Sequence[Typed], write: Callable[[Emitter], list[str]]) -> None:
        self.names = tuple(dict.fromkeys(name for tree in trees for name in inputs(tree)))
        self._write = write
        self._plans: dict[Layout, _Plan] = {}

    def __call__(self, columns: Columns, take: Callable[[int, int, tuple[Any, ...]], None]) -> None:
        """Gives the answers for each chunk to `take`, with its first row and the row after its last."""
        plan = self._plan(columns)
        asked = _asked(plan, columns)
        data = [columns.columns[name].data for name in plan.names]
        sliced = [columns.columns[name].kind in ("number", "coded") for name in plan.names]
        masks = [columns.columns[name].valid for name in plan.masked]
        with np.errstate(all="ignore"):
            for begin in range(0, columns.rows, CHUNK):
                end = min(begin + CHUNK, columns.rows)
                values = [each[begin:end] if cut else each for each, cut in zip(data, sliced, strict=True)]
                valid = [mask[begin:end] for mask in masks if mask is not None]
                take(begin, end, plan.chunk(end - begin, begin, end, *values, *valid, *asked))

    def _plan(self, columns: Columns) -> _Plan:
        layout = tuple((name, *columns.columns[name].layout) for name in self.names)
        plan = self._plans.get(layout)
        if plan is None:
            if len(self._plans) >= _KEPT:
                self._plans.clear()
            plan = self._plans[layout] = self._made(layout)
        return plan

    def _made(self, layout: Layout) -> _Plan:
        emitter = Emitter(layout)
        answers = self._write(emitter)
        last = f"return ({''.join(f'{answer}, ' for answer in answers)})"
        chunk = emitter.function("chunk", emitter.params, [last], _NAMESPACE)
        functions = {need: _row(need, emitter.kinds) for need in emitter.needs}
        return _Plan(chunk, self.names, emitter.masked, functions)


def _pair(found: Any) -> tuple[Array, Any]:
    """What a twin gives: a column, or a column and a mask."""
    return found if isinstance(found, tuple) else (found, True)


def _double(found: Any, valid: Any) -> Array:
    """What a twin gives as doubles, NaN where a row has no value."""
    data, fits = _pair(found)
    return data if fits is True and valid is True else np.where(valid & fits, data, np.nan)


def _wide(ints: Array) -> Array:
    return ints.astype(np.int64, copy=False)


_NAMESPACE: Mapping[str, Any] = {
    "where": np.where,
    "invert": np.logical_not,
    "full": np.full,
    "masked": vectors.masked,
    "nan": np.nan,
    "pair": _pair,
    "wide": _wide,
    "double": _double,
}


def _row(need: Need, kinds: Mapping[str, str]) -> Callable[..., Any]:
    """The row function of a part: the coded column first, or the inputs in their order."""
    names = list(inputs(need.node))
    if need.column is not None and need.mode != "members":
        names = [need.column, *(name for name in names if kinds[name] == "set")]
    return compile_value(need.node, names)


def _asked(plan: _Plan, columns: Columns) -> list[Any]:
    """The look-ups and row functions that the code takes, for these columns."""
    answers: dict[Typed, list[Any]] = {}
    asked: list[Any] = []
    for need, function in plan.needs.items():
        if need.mode == "members":
            asked.append(lookups.members(columns.columns[str(need.column)].data, need.node.type))
            continue
        if need.column is None:
            asked.append(_mapper(need.node, function, columns))
            continue
        if need.node not in answers:
            sets = [column.data for column in _read(need.node, columns) if column.kind == "set"]
            answers[need.node] = lookups.answers(need.node, columns.columns[need.column], function, sets)
        asked.append(lookups.lookup(need.mode, answers[need.node], need.node.type))
    return asked


def _read(node: Typed, columns: Columns) -> list[Column]:
    return [columns.columns[name] for name in inputs(node)]


def _mapper(
    node: Typed, function: Callable[..., Any], columns: Columns
) -> Callable[[int, int], tuple[Array, Array]]:
    """The row function over the rows of a chunk: two masks of a bool, or numbers and a mask."""
    values = rows_of(node, function, columns)
    type_ = node.type

    def mapped(begin: int, end: int) -> tuple[Array, Array]:
        found = values(begin, end)
        if type_ == BOOL:
            return np.array([each is True for each in found], bool), np.array(
                [each is False for each in found], bool
            )
        return lookups.numbers(found, type_)

    return mapped


def rows_of(node: Typed, function: Callable[..., Any], columns: Columns) -> Callable[[int, int], list[Any]]:
    """The row function over some rows, to machine values; for coded columns alone, once for each combination."""
    read = _read(node, columns)
    if len(read) > 1 and all(column.kind == "coded" for column in read):
        return _combined(read, function)
    if not read:
        return lambda begin, end: [function()] * (end - begin)
    return lambda begin, end: list(map(function, *(column.machine(begin, end) for column in read)))


def _combined(read: Sequence[Column], function: Callable[..., Any]) -> Callable[[int, int], list[Any]]:
    known: dict[tuple[int, ...], Any] = {}
    tables = [column.values or [] for column in read]

    def values(begin: int, end: int) -> list[Any]:
        if len(known) > _PAIRS:
            known.clear()
        found = []
        for codes in zip(*(column.data[begin:end].tolist() for column in read), strict=True):
            if codes not in known:
                known[codes] = function(*(table[code_] for table, code_ in zip(tables, codes, strict=True)))
            found.append(known[codes])
        return found

    return values


class Values:
    """One expression over columns, to an Arrow array."""

    def __init__(self, tree: Typed) -> None:
        self.tree = tree
        self.vector = tree.type.name in VECTORS
        if self.vector:
            self._compiled = _Compiled([tree], self._write)
        else:
            self._names = list(inputs(tree))
            self._function = compile_value(tree, self._names)

    def _write(self, emitter: Emitter) -> list[str]:
        if self.tree.type.name == "bool":
            return [emitter.truth(self.tree), emitter.falsity(self.tree)]
        number = emitter.number(self.tree)
        return [number.data, number.valid]

    def __call__(self, columns: Columns) -> pa.Array:
        """The value of every row, null where unknown."""
        return self._vectors(columns) if self.vector else self._others(columns)

    def numbers(self, columns: Columns) -> tuple[Array, Array]:
        """The values of a tree of a type with vector code, times in microseconds, and where there is one."""
        name = self.tree.type.name
        data: Array = np.empty(columns.rows, dtype(self.tree.type))
        valid = np.empty(columns.rows, bool)

        def take(begin: int, end: int, found: tuple[Any, ...]) -> None:
            data[begin:end] = found[0]
            valid[begin:end] = found[0] | found[1] if name == "bool" else found[1]

        self._compiled(columns, take)
        if name == "double":
            valid &= data == data
        return data, valid

    def _vectors(self, columns: Columns) -> pa.Array:
        name = self.tree.type.name
        data, valid = self.numbers(columns)
        array = pa.array(data, mask=~valid)
        return array.cast(_UNITS[name]) if name in _UNITS else array

    def _others(self, columns: Columns) -> pa.Array:
        kind = arrow_type(self.tree.type)
        show = outward(self.tree.type) or (lambda value: value)
        read = _read(self.tree, columns)
        if isinstance(self.tree, Input) or [column.kind for column in read] == ["coded"]:
            column = read[0]
            if column.values is not None:
                function = lookups.guarded(self.tree, self._function)
                found = [function(value) for value in column.values]
                shown = pa.array([None if value is None else show(value) for value in found], kind)
                return shown.take(pa.array(column.data.astype(np.int64)))
        values = rows_of(self.tree, self._function, columns)(0, columns.rows)
        return pa.array([None if value is None else show(value) for value in values], kind)


class Computed:
    """One expression over columns, to a column to compute with."""

    def __init__(self, tree: Typed) -> None:
        self.tree = tree
        self._values = Values(tree) if is_vector(tree) else None
        self._function = compile_value(tree, list(inputs(tree)))

    def __call__(self, columns: Columns) -> Column:
        """The column. The values of a coded one may stand there twice, or be None."""
        tree = self.tree
        if isinstance(tree, Input):
            return columns.columns[tree.name]
        if self._values is not None:
            return Column("number", tree.type, *self._values.numbers(columns))
        read = _read(tree, columns)
        if [column.kind for column in read] == ["coded"]:
            known = lookups.guarded(tree, self._function)
            values = [known(value) for value in read[0].values or ()]
            return Column("coded", tree.type, read[0].data, None, values)
        return Column("object", tree.type, rows_of(tree, self._function, columns)(0, columns.rows))


class Conditions:
    """Many conditions over the same columns, compiled together."""

    def __init__(self, trees: Sequence[Typed]) -> None:
        self.count = len(trees)
        self._truths = _Compiled(trees, lambda emitter: [emitter.truth(tree) for tree in trees])
        self._both = _Compiled(
            trees, lambda emitter: [form(tree) for tree in trees for form in (emitter.truth, emitter.falsity)]
        )
        self.names = self._truths.names

    def first(self, columns: Columns) -> Array:
        """The place of the first condition that is definitely true, -1 if none is: int16, or int32 beyond 32,767."""
        kind = np.uint8 if self.count < 255 else np.uint16 if self.count < 65_535 else np.uint32
        result = np.empty(columns.rows, np.int16 if self.count <= 32_767 else np.int32)
        weights = [kind(self.count - place) for place in range(self.count)]

        def take(begin: int, end: int, found: tuple[Any, ...]) -> None:
            best = np.zeros(end - begin, kind)
            for mask, weight in zip(found, weights, strict=True):
                if isinstance(mask, np.ndarray):
                    np.maximum(best, mask.view(np.uint8) * weight, out=best)
                elif mask:
                    np.maximum(best, weight, out=best)
            np.subtract(self.count, best, out=result[begin:end], casting="unsafe")

        self._truths(columns, take)
        result[result == self.count] = -1
        return result

    def truths(self, columns: Columns) -> list[Array]:
        """For each condition the mask of rows where it is definitely true."""
        masks = [np.empty(columns.rows, bool) for _ in range(self.count)]

        def take(begin: int, end: int, found: tuple[Any, ...]) -> None:
            for mask, each in zip(masks, found, strict=True):
                mask[begin:end] = each

        self._truths(columns, take)
        return masks

    def states(self, columns: Columns) -> list[Array]:
        """For each condition an int8 for every row: 1 true, 0 false, -1 unknown."""
        states = [np.empty(columns.rows, np.int8) for _ in range(self.count)]

        def take(begin: int, end: int, found: tuple[Any, ...]) -> None:
            for state, true, false in zip(states, found[::2], found[1::2], strict=True):
                part = state[begin:end]  # 2 * true + false - 1
                np.add(_number(true), _number(true), out=part)
                part += _number(false)
                part -= 1

        self._both(columns, take)
        return states


def _number(mask: Any) -> Any:
    """A mask, or one truth for all rows, as int8."""
    return mask.view(np.int8) if isinstance(mask, np.ndarray) else np.int8(mask)
