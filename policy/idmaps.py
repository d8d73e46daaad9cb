"""The names of users and items beside the numbers that a model knows them by, from a saved StringIndexer or a table."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from policy.diagnostics import Diagnostic
from policy.itemfile import read_items
from policy.spec.rankings.ids import NamesSpec
from policy.spec.rankings.items import ItemsSpec

Models = Callable[[str], Any]  # the location of a model -> what has `index_labels()`

_INT32 = 2**31


@dataclass(frozen=True, slots=True)
class Names:
    """Names and their numbers, place by place; the first place of a name counts."""

    names: Sequence[str]
    numbers: Sequence[int]
    _places: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        pairs = zip(reversed(self.names), reversed(self.numbers), strict=True)
        object.__setattr__(self, "_places", dict(pairs))

    def number(self, name: Any) -> int | None:
        """The number of a name; None if it has none. A number and its text are one name."""
        is_name = isinstance(name, int | str) and not isinstance(name, bool)
        return self._places.get(str(name)) if is_name else None

    @property
    def digest(self) -> bytes:
        """A hash of all that it says."""
        digest = hashlib.sha256()
        for name, number in zip(self.names, self.numbers, strict=True):
            digest.update(f"{len(name)} {name} {number}\n".encode(errors="surrogatepass"))
        return digest.digest()


def read_names(
    folder: Path, models: Models, failures: tuple[type[Exception], ...], spec: NamesSpec
) -> tuple[Names | None, list[Diagnostic]]:
    """The names that `spec` tells of, or None, and what is wrong. failures: what loading a model may raise."""
    if spec.model is not None:
        place = spec.model if "://" in spec.model else str(folder / spec.model)
        try:
            labels = models(place).index_labels()
        except failures as error:
            return None, [Diagnostic("E189", f"these are no names: {error}", spec.span)]
        return Names(labels, range(len(labels))), []
    items = ItemsSpec(str(spec.file), spec.span, spec.span, spec.number, spec.id, {spec.id: "string"})
    table, found = read_items(items, folder)
    if table is None or found:
        return None, found
    numbers = table.column(spec.number).to_pylist()
    for number in numbers:
        if not -_INT32 <= number < _INT32:
            message = f"the number {number} is none that an ALS model knows: those have 32 bits"
            return None, [Diagnostic("E189", message, spec.span)]
    return Names(table.column(spec.id).to_pylist(), numbers), []
