"""Where an id stands: the row of a table of factors, found without a dict of Python numbers."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int32]
Slots = npt.NDArray[np.int32]

UNKNOWN = -1
LOWEST, HIGHEST = -(1 << 31), (1 << 31) - 1
_SPARSE = 8  # a table may have so many cells for each id


class Places:
    """The slots of ids: `ids` (n,) ascend, and the slot of `ids[i]` is i.

    Ids that lie close together are looked up in a table, others are searched.
    """

    def __init__(self, ids: Ids) -> None:
        self.ids = ids
        self._low = int(ids[0]) if len(ids) else 0
        span = int(ids[-1]) - self._low + 1 if len(ids) else 0
        self._table: Slots | None = None
        if span <= _SPARSE * len(ids) + 1024:
            self._table = np.full(span, UNKNOWN, dtype=np.int32)
            self._table[ids.astype(np.int64) - self._low] = np.arange(len(ids), dtype=np.int32)

    def __len__(self) -> int:
        """Return the number of ids."""
        return len(self.ids)

    def slot(self, value: int) -> int:
        """Return the slot of one id, UNKNOWN if there is none."""
        if self._table is not None:
            at = value - self._low
            return int(self._table[at]) if 0 <= at < len(self._table) else UNKNOWN
        at = bisect_left(self.ids, value)
        return at if at < len(self.ids) and self.ids[at] == value else UNKNOWN

    def slots(self, values: Sequence[Any] | npt.NDArray[Any]) -> Slots:
        """Return the slots of ids, UNKNOWN for whatever is no id here."""
        numbers = np.asarray(values)
        if numbers.dtype.kind not in "iu" or numbers.ndim != 1:
            return np.array([self.find(value) for value in values], dtype=np.int32)
        inside = (numbers >= LOWEST) & (numbers <= HIGHEST)
        numbers = np.where(inside, numbers, 0).astype(np.int64)
        if self._table is not None:
            at = numbers - self._low
            inside &= (at >= 0) & (at < len(self._table))
            found = self._table[at * inside] if len(self._table) else np.full(len(numbers), UNKNOWN)
        else:
            found = np.searchsorted(self.ids, numbers)
            found = np.minimum(found, len(self.ids) - 1)
            inside &= self.ids[found] == numbers
        return np.where(inside, found, UNKNOWN).astype(np.int32)

    def find(self, value: Any) -> int:
        """Return the slot of a value, UNKNOWN for whatever is no id here."""
        known = isinstance(value, int | np.integer) and not isinstance(value, bool)
        return self.slot(int(value)) if known else UNKNOWN
