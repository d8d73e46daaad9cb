"""Words under linear weights: the tokens of one text become slots, and a table of shares makes their sum.

A `Bag` stands for tokens → stop words → counts by hash or vocabulary → inverse document frequency, below a linear
model. Each token that was met keeps its slot; the stages themselves say which. A row adds what each token adds, in an
exact sum, so that the order of the words does not matter: a compiled kernel's, where it knows all words, else Python's.
Whatever is no ordinary text (null, a token that is no text) is left to the unfused function.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import fsum
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from scorer.dot import Weights
from scorer.errors import Invalid
from scorer.kernels.vocabulary import Vocabulary, vocabulary
from scorer.stage import Stage
from scorer.stages.counts import CountVectorizer
from scorer.stages.hashing import HashingTF
from scorer.stages.text import StopWordsRemover, Tokenizer
from scorer.vectors import Floats

Places = npt.NDArray[np.int64]
Adder = Callable[[Any, float], float]  # of a raw value and a sum: the sum with what the value adds
REMEMBERED = 1 << 15  # tokens whose slot is kept; a compiled kernel has twice as many places
_NONE = 0  # stands for no slot: a stop word, or a word outside the vocabulary; a slot is its number and one


class Slots(dict[str, int]):
    """The slot of each token, from 1 on, as the stages give it; it starts again when it is full."""

    def __init__(self, filters: Sequence[StopWordsRemover], counter: HashingTF | CountVectorizer) -> None:
        super().__init__()
        self._filters, self._count = [stage.row() for stage in filters], counter.row()

    def __missing__(self, token: Any) -> int:
        if type(token) is not str:
            raise KeyError(token)
        kept = [token]
        for keep in self._filters:
            kept = keep(kept)
        found = self._count(kept).indices
        if len(self) >= REMEMBERED:
            self.clear()
        self[token] = slot = found[0] + 1 if found else _NONE
        return slot


class Shares(dict[str, float]):
    """What each token adds to a sum, remembered as its slot is; a vocabulary is `taught` it."""

    def __init__(self, slots: Slots, shares: array[float], taught: Vocabulary | None) -> None:
        super().__init__()
        self._slots, self._shares, self._taught = slots, shares, taught

    def __missing__(self, token: Any) -> float:
        share = self._shares[self._slots[token]]
        # remembered here first, and forgotten here last, so that threads at once leave no token untaught
        if len(self) >= REMEMBERED:
            if self._taught is not None:
                self._taught.clear()
            self.clear()
        self[token] = share
        if self._taught is not None:
            self._taught.learn(token, share)
        return share


@dataclass(frozen=True, slots=True)
class Bag:
    """Assembled slots, `size` from `start` on, that count the tokens of one raw value.

    `lists` make its tokens (none: it holds tokens), `filters` and `counter` take each token by itself, and `scale`
    (size,) is multiplied in, None if nothing is.
    """

    value: int
    start: int
    size: int
    lists: tuple[Stage, ...]
    filters: tuple[StopWordsRemover, ...]
    counter: HashingTF | CountVectorizer
    scale: tuple[float, ...] | None

    def shares(self, weights: Weights) -> Floats:
        """Return what one token of each slot adds: (size + 1,), zero where no slot is."""
        scale, own = np.ones(self.size + 1), np.zeros(self.size + 1)
        if self.scale is not None:
            scale[1:] = self.scale[: self.size]
        own[1:] = weights.values[self.start : self.start + self.size]
        with np.errstate(all="ignore"):
            shares: Floats = scale * own
        if weights.stored is not None:  # a weight that is not stored is never multiplied
            kept = np.zeros(self.size + 1, bool)
            kept[[s - self.start + 1 for s in weights.stored if 0 <= s - self.start < self.size]] = True
            shares[~kept] = 0.0
        return shares

    def tokens(self) -> Callable[[Any], Any]:
        """Return the function from the raw value to its tokens, before the filters; raises Invalid."""
        if not self.lists:
            return _listed
        first, *others = [stage.row() for stage in self.lists]
        if not others:
            return first

        def chain(value: Any) -> Any:
            value = first(value)
            for function in others:
                value = function(value)
            return value

        return chain

    @property
    def plain(self) -> bool:
        """Whether the tokens are what stands between blanks."""
        return len(self.lists) == 1 and isinstance(self.lists[0], Tokenizer)

    def row(self, weights: Weights) -> Adder:
        """Return the function that adds the share of one value to a sum; it raises for what is not ordinary."""
        slots, shares = Slots(self.filters, self.counter), array("d", self.shares(weights).tobytes())
        if self.counter.binary:
            return _distinct(self.tokens(), slots, shares)
        known = vocabulary() if self.plain else None
        each = _each(self.tokens(), Shares(slots, shares, known).__getitem__)
        return each if known is None else _known(known.sum, each)

    def batch(self, weights: Weights) -> Callable[[pa.Array, Floats], bool]:
        """Return the function that adds the shares of a column to sums: NaN for rows that are not ordinary.

        It returns False for a column of another kind.
        """
        shares = self.shares(weights)
        slots, binary = Slots(self.filters, self.counter), self.counter.binary
        one, plain = self.row(weights), self.plain

        def add(column: pa.Array, sums: Floats) -> bool:
            column = column.dictionary_decode() if pa.types.is_dictionary(column.type) else column
            if not _is_text(column.type) and (self.lists or not _holds_texts(column.type)):
                return False
            split = plain and _is_text(column.type)
            alone = _unusual(column) if split else np.ones(len(column), bool)
            if not alone.all():
                starts, found = _slots(column.filter(pa.array(~alone)), slots)
                sums[~alone] += _shares(starts, found, shares, binary=binary)
            for i in np.flatnonzero(alone).tolist():
                try:
                    sums[i] = one(column[i].as_py(), float(sums[i]))
                except (Invalid, LookupError, TypeError, AttributeError, ValueError, OverflowError):
                    sums[i] = np.nan
            return True

        return add


def _listed(value: Any) -> Any:
    if type(value) is not list:
        raise TypeError(value)
    return value


def _known(total_of: Callable[[bytes], float], each: Adder) -> Adder:
    """Ask the kernel first, which lower-cases A to Z alone; where it knows all words its sum is the same."""

    def add(value: Any, total: float) -> float:
        found = total_of((value if value.isascii() else value.lower()).encode())
        return total + found if found == found else each(value, total)

    return add


def _each(tokens: Callable[[Any], Any], find: Callable[[str], float]) -> Adder:
    return lambda value, total: total + fsum(map(find, tokens(value)))


def _distinct(tokens: Callable[[Any], Any], slots: Slots, shares: array[float]) -> Adder:
    find = slots.__getitem__
    return lambda value, total: total + fsum(shares[slot] for slot in {*map(find, tokens(value))})


# -- a batch -----------------------------------------------------------------------------------------------------


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _holds_texts(kind: pa.DataType) -> bool:
    return bool(pa.types.is_list(kind) and _is_text(kind.value_type))


def _unusual(column: pa.Array) -> npt.NDArray[np.bool_]:
    """Tell (rows,) the nulls, the texts that hold another blank than a space, and those that end in one."""
    odd = pc.or_(pc.match_substring_regex(column, "[\t\n\x0b\f\r]"), pc.ends_with(column, " "))
    return np.asarray(odd.fill_null(pa.scalar(True)).to_numpy(zero_copy_only=False))


def _slots(column: pa.Array, slots: Slots) -> tuple[Places, Places]:
    """Split texts at each space: (rows + 1,) where each one's tokens start, and the slots of all tokens.

    A token is lower-cased by itself, which gives what lower-casing its text does: no blank is part of a letter's
    context.
    """
    lists = pc.split_pattern(column, " ")
    coded = lists.flatten().dictionary_encode()
    found = np.array([slots[token.lower()] for token in coded.dictionary.to_pylist()], dtype=np.int64)
    starts = lists.offsets.to_numpy(zero_copy_only=False).astype(np.int64)
    return starts - starts[0], found[coded.indices.to_numpy(zero_copy_only=False)]


def _shares(starts: Places, found: Places, shares: Floats, *, binary: bool) -> Floats:
    """Return (rows,) the sum of what each row's tokens add; with `binary`, of what each of its slots adds once."""
    rows = len(starts) - 1
    row = np.repeat(np.arange(rows), np.diff(starts))
    if binary:
        row, found = np.divmod(np.unique(row * len(shares) + found), len(shares))
    sums = np.zeros(rows)
    sums += np.bincount(row, weights=shares[found], minlength=rows)
    return sums
