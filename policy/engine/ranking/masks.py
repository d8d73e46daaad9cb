"""For which items a condition is definitely true: worked out once where it does not hang on the request."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa

from policy.engine.ranking.items import Items
from policy.expr.batch import Conditions
from policy.expr.checker import MAX_LOOPS, MAX_NESTED_LOOPS
from policy.expr.columns import Column, Columns, encode
from policy.expr.definitions import substitute
from policy.expr.typed import And, Const, Input, Typed, inputs
from policy.expr.types import Type
from policy.spec.conditions import Condition
from policy.spec.rankings.items import ITEM

Array = Any  # a NumPy array

_BROADCAST = frozenset(("bool", "int", "double", "timestamp", "duration"))
_KEPT_BYTES = 64 << 20  # of masks kept for values of requests


@dataclass(frozen=True, slots=True)
class Mask:
    """One condition. fixed: the items that meet the conjuncts without the request, None if there are none."""

    items: Items
    fixed: Array | None
    numeric: tuple[tuple[Typed, Conditions], ...]
    worded: tuple[Typed, ...]
    _kept: OrderedDict[Any, Array] = field(default_factory=OrderedDict)

    @classmethod
    def of(cls, condition: Condition, items: Items) -> Mask:
        """Take a condition apart at its outermost `&&`."""
        tree = condition.tree
        parts = tree.args if isinstance(tree, And) else (tree,)
        own = [part for part in parts if all(name.startswith(ITEM) for name in inputs(part))]
        asking = [part for part in parts if part not in own]
        numeric = [part for part in asking if all(one.type.name in _BROADCAST for one in _asked(part))]
        return cls(
            items,
            _all(Conditions(own).truths(items.columns)) if own else None,
            tuple((part, Conditions([part])) for part in numeric),
            tuple(part for part in asking if part not in numeric),
        )

    @property
    def is_fixed(self) -> bool:
        """Whether the request has no say."""
        return not self.numeric and not self.worded

    def row(self, values: Mapping[str, Any]) -> Array:
        """The items for one request, by the machine values of its facts; not to be written to."""
        masks = [] if self.fixed is None else [self.fixed]
        masks += [conditions.truths(self._beside(part, values))[0] for part, conditions in self.numeric]
        masks += [self._filled(part, values) for part in self.worded]
        return _all(masks) if masks else np.ones(len(self.items), bool)

    def _beside(self, part: Typed, values: Mapping[str, Any]) -> Columns:
        """The items' columns and, as columns that never change, the values of the request."""
        asked = {one.name: one.type for one in _asked(part)}
        columns = {name: one for name, one in self.items.columns.columns.items() if name in inputs(part)}
        rows = len(self.items)
        columns |= {name: _constant(name, type_, values.get(name), rows) for name, type_ in asked.items()}
        return Columns(rows, columns)

    def _filled(self, part: Typed, values: Mapping[str, Any]) -> Array:
        """With the values of the request in the places of their names; kept for the next request that has them."""
        asked = _asked(part)
        key = part, tuple((one.name, values.get(one.name)) for one in asked)
        mask = self._kept.get(key)
        if mask is None:
            meanings = {one.name: Const(values.get(one.name), one.type) for one in asked}
            tree = substitute(part, meanings, loops=MAX_LOOPS, nested=MAX_NESTED_LOOPS)
            mask = Conditions([tree]).truths(self.items.columns)[0]
            while self._kept and (len(self._kept) + 1) * len(self.items) > _KEPT_BYTES:
                self._kept.popitem(last=False)
            self._kept[key] = mask
        return mask


def _asked(part: Typed) -> list[Input]:
    """What a condition reads of the request."""
    return [one for name, one in inputs(part).items() if not name.startswith(ITEM)]


def _all(masks: Sequence[Array]) -> Array:
    found = masks[0]
    for mask in masks[1:]:
        found = found & mask
    return found


def _constant(name: str, type_: Type, value: Any, rows: int) -> Column:
    """A value as a column that takes no space. Machine times are nanoseconds, those of columns microseconds."""
    if value is not None and type_.name in ("timestamp", "duration"):
        kind = pa.timestamp("us", "UTC") if type_.name == "timestamp" else pa.duration("us")
        array = pa.array([value // 1000], pa.int64()).cast(kind)
    else:
        kinds = {"bool": pa.bool_(), "int": pa.int64(), "double": pa.float64()}
        array = pa.array([value], kinds.get(type_.name, pa.timestamp("us", "UTC")))
    one = encode(pa.table({name: array}), {name: type_}).columns[name]
    valid = None if one.valid is None else np.broadcast_to(one.valid, rows)
    return Column(one.kind, one.type, np.broadcast_to(one.data, rows), valid)
