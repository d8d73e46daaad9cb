"""At most so many items of a kind: exact, for the sorted stream of items is followed until the list is full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from policy.engine.ranking.items import Items
from policy.spec.rankings.blocks import CapSpec

Array = Any  # a NumPy array

_LEAST = 64  # items that are looked at first, where a cap may keep some out


@dataclass(frozen=True, slots=True)
class Caps:
    """The caps of a ranking; codes: of each cap a number for each row's value, -1 without one."""

    specs: tuple[CapSpec, ...]
    codes: tuple[Array, ...]

    @classmethod
    def of(cls, specs: Sequence[CapSpec], items: Items) -> Self:
        """The caps over these items."""
        codes = []
        for spec in specs:
            column = items.table.column(spec.by).combine_chunks()
            encoded = pc.dictionary_encode(column)
            indices = encoded.indices.fill_null(pa.scalar(-1, encoded.indices.type))
            codes.append(indices.to_numpy(zero_copy_only=False).astype(np.int64))
        return cls(tuple(specs), tuple(codes))

    def __bool__(self) -> bool:
        return bool(self.specs)

    def ahead(self, n: int) -> int:
        """How many items to look at first for a list of n: more, where some may be kept out."""
        return max(2 * n, _LEAST) if self.specs else n

    def start(self) -> Count:
        """The counts of one list."""
        return Count(self, [Counter() for _ in self.specs], Counter())


@dataclass(slots=True)
class Count:
    """How many of each kind one list holds; skipped: by column, how many items a cap kept out."""

    caps: Caps
    counts: list[Counter[int]]
    skipped: Counter[str] = field(default_factory=Counter)

    def taken(self, rows: Iterable[int], needed: int) -> list[int]:
        """The places, in the order of the rows, of the first that no cap keeps out; no more are looked at."""
        kept: list[int] = []
        for place, row in enumerate(rows):
            if len(kept) >= needed:
                break
            if self._fits(row):
                kept.append(place)
        return kept

    def _fits(self, row: int) -> bool:
        kinds = [int(codes[row]) for codes in self.caps.codes]
        for spec, kind, count in zip(self.caps.specs, kinds, self.counts, strict=True):
            if kind >= 0 and count[kind] >= spec.at_most:
                self.skipped[spec.by] += 1
                return False
        for kind, count in zip(kinds, self.counts, strict=True):
            count[kind] += 1
        return True
