"""What each word of a text adds to a sum, looked up by a compiled kernel, where numba is installed."""

from __future__ import annotations

import secrets
from math import nan
from typing import Any

import numpy as np

from scorer.kernels.door import compiled


class Vocabulary:
    """Words, as UTF-8, and what each adds. One that is long, or finds no place, is not kept.

    The hash has a seed of its own, so that nobody can send words that all stand in one place.
    """

    def __init__(self, kernels: Any) -> None:
        self._rows = np.zeros((kernels.ROWS, kernels.WIDTH), np.uint64)
        self._rows[0, 0] = secrets.randbits(64)
        self._sum, self._learn, self._address = kernels.sum_of, kernels.learn, self._rows.ctypes.data
        self._longest = kernels.ROOM - 16

    def sum(self, text: bytes) -> float:
        """Return the exact sum over a text's words, split at each blank; NaN if one is not known, or in doubt.

        Only A to Z are lower-cased here.
        """
        size = len(text)
        found: float = self._sum(self._address, text, size) if size < self._longest else nan
        return found

    def learn(self, word: str, share: float) -> None:
        """Keep what a word adds."""
        text = word.encode()
        if len(text) < self._longest:
            self._learn(self._address, text, len(text), share)

    def clear(self) -> None:
        """Forget all words."""
        self._rows[1:] = 0


def vocabulary() -> Vocabulary | None:
    """Return an empty one; None without numba."""
    kernels = compiled("scorer.kernels.compiled_vocabulary")
    return None if kernels is None else Vocabulary(kernels)
