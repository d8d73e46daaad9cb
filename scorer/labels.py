"""Many labels in little memory: the bytes of all texts side by side, and a table of hashes that finds them.

A Python text and its place in a dict take ten times the bytes of a short label. Here a label takes its own bytes, its
offset, and eight bytes of the table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, overload

import numpy as np
import pyarrow as pa

MANY = 1 << 16  # labels; fewer are a tuple and a dict, which answer faster
_BLOCK = 1 << 16  # labels that are made into Python's values at a time
_TEXT = pa.large_string()
_HALF = np.uint64(32)  # bits


@dataclass(frozen=True, slots=True, eq=False)
class Labels(Sequence[str]):
    """A sequence of texts: those of an Arrow array without nulls, and `more` after them.

    `data` are the texts in UTF-8, `ends` (n + 1,) where each starts and the last one ends.
    """

    texts: pa.Array
    more: tuple[str, ...] = ()
    data: memoryview = field(init=False, repr=False)
    ends: memoryview = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Look into the array; what else shares its memory stays where it is."""
        texts = self.texts
        _, offsets, data = texts.buffers()
        ends = memoryview(offsets).cast("B").cast("q" if pa.types.is_large_string(texts.type) else "i")
        object.__setattr__(self, "data", memoryview(data if data is not None else b"").cast("B"))
        object.__setattr__(self, "ends", ends[texts.offset : texts.offset + len(texts) + 1])

    @classmethod
    def of(cls, texts: Sequence[str]) -> Labels:
        """Hold texts."""
        return cls(pa.array(texts, _TEXT))

    def followed(self, more: str) -> Labels:
        """Return these labels and one more."""
        return Labels(self.texts, (*self.more, more))

    def __len__(self) -> int:
        return len(self.texts) + len(self.more)

    def __iter__(self) -> Iterator[str]:
        for start in range(0, len(self.texts), _BLOCK):
            yield from self.texts.slice(start, _BLOCK).to_pylist()
        yield from self.more

    @overload
    def __getitem__(self, at: int) -> str: ...

    @overload
    def __getitem__(self, at: slice) -> list[str]: ...

    def __getitem__(self, at: int | slice) -> str | list[str]:
        if isinstance(at, slice):
            return [self[i] for i in range(*at.indices(len(self)))]
        place = at + len(self) if at < 0 else at
        if not 0 <= place < len(self):
            raise IndexError(at)
        if place >= len(self.texts):
            return self.more[place - len(self.texts)]
        return str(self.data[self.ends[place] : self.ends[place + 1]], "utf-8")

    def column(self) -> pa.Array:
        """Return all labels as an Arrow array."""
        return (
            pa.concat_arrays([self.texts, pa.array(self.more, self.texts.type)]) if self.more else self.texts
        )


class Finder:
    """Where a label stands among `labels`: the first place of each text, as a float.

    The texts are parted into buckets by Python's own hash of their bytes, which differs from process to process, so
    that nobody can choose labels that collide. `places` holds the places bucket after bucket, each ascending.
    """

    def __init__(self, labels: Labels) -> None:
        self._data, self._ends = labels.data, labels.ends
        count = len(labels.texts)
        bits = max(1, count.bit_length())
        self._mask = (1 << bits) - 1
        # bucket and place as one number each: sorted where they lie, with no second array of their size
        keys = np.empty(count, dtype=np.uint64)
        for start in range(0, count, _BLOCK):
            end = min(start + _BLOCK, count)
            buckets = np.array(self._buckets(start, end), dtype=np.uint64)
            keys[start:end] = buckets << _HALF | np.arange(start, end, dtype=np.uint64)
        keys.sort()
        starts = np.empty(self._mask + 2, dtype=np.uint32)
        for low in range(0, len(starts), _BLOCK):
            asked = np.arange(low, min(low + _BLOCK, len(starts)), dtype=np.uint64)
            starts[low : low + _BLOCK] = np.searchsorted(keys, asked << _HALF)
        self._places = keys.astype(np.uint32).data  # the lower half
        self._starts = starts.data

    def _buckets(self, low: int, high: int) -> list[int]:
        ends = self._ends[low : high + 1].tolist()
        start, mask = ends[0], self._mask
        data = bytes(self._data[start : ends[-1]])
        return [hash(data[a - start : b - start]) & mask for a, b in pairwise(ends)]

    def get(self, label: Any, default: float | None = None) -> float | None:
        """Return the place of a text, `default` for whatever is none of the labels."""
        if not isinstance(label, str):
            return default
        try:
            key = label.encode()
        except UnicodeEncodeError:  # half a character is no label
            return default
        bucket = hash(key) & self._mask
        data, ends, places = self._data, self._ends, self._places
        for i in range(self._starts[bucket], self._starts[bucket + 1]):
            at = places[i]
            if data[ends[at] : ends[at + 1]] == key:
                return float(at)
        return default
