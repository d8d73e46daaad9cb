"""What Spark saved, as `Saved` values, whether it stands in Spark's directories or in a bundle of one file.

A stage has metadata (class, uid, parameters), tables of its fitted values, and perhaps stages below it. All of
it is data from outside: nothing is executed, and what does not fit raises SavedError with its place.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast

import pyarrow as pa

from scorer.bundle import Bundle, Source
from scorer.errors import SavedError
from scorer.folder import Folder
from scorer.ledger import Ledger, digest
from scorer.location import Origin, Place, locate
from scorer.vectors import Matrix, Sparse, Vector, matrix_of, vector_of

MAX_VALUES = 1 << 22  # of a stage's metadata: a list in JSON takes two bytes, and sixty in memory
Version = tuple[int, int]
_ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".7z", ".jar")
_WORDS = {  # how Spark's versions write a double that JSON cannot hold
    "nan": math.nan,
    **dict.fromkeys(("inf", "infinity"), math.inf),
    **dict.fromkeys(("-inf", "-infinity"), -math.inf),
}


@dataclass(frozen=True, slots=True)
class Saved:
    """One saved stage: its class, parameters, extras, and the way to its tables and sub-stages."""

    class_name: str
    uid: str
    version: Version
    params: Mapping[str, Any]
    extras: Mapping[str, Any]
    place: str
    folder: Source = field(repr=False)
    ledger: Ledger = field(repr=False, compare=False)
    as_of: Version | None = None

    @property
    def behaves(self) -> Version:
        """The Spark version whose values, nulls and errors to follow."""
        return self.as_of or self.version

    def fail(self, reason: str) -> SavedError:
        """Make the error that names this stage; the caller raises it."""
        return SavedError(self.folder.path, reason, self.uid)

    # -- parameters ---------------------------------------------------------------------------------------

    def text(self, name: str, default: str | None = None) -> str:
        """Return a parameter that is text."""
        value = self.params.get(name, default)
        if not isinstance(value, str):
            raise self.fail(f"parameter `{name}` should be text, not {value!r}")
        return value

    def flag(self, name: str, default: bool | None = None) -> bool:
        """Return a parameter that is true or false."""
        value = self.params.get(name, default)
        if not isinstance(value, bool):
            raise self.fail(f"parameter `{name}` should be true or false, not {value!r}")
        return value

    def number(self, name: str, default: float | None = None) -> float:
        """Return a parameter that is a double; Spark writes NaN and infinities as text."""
        return self._number(name, self.params.get(name, default))

    def whole(self, name: str, default: int | None = None) -> int:
        """Return a parameter that is a whole number."""
        value = self._number(name, self.params.get(name, default))
        if not value.is_integer():
            raise self.fail(f"parameter `{name}` should be a whole number, not {value!r}")
        return int(value)

    def numbers(self, name: str, default: Sequence[float] | None = None) -> tuple[float, ...]:
        """Return a parameter that is a list of doubles."""
        return self.numbers_in(name, self.params.get(name, default))

    def numbers_in(self, name: str, value: Any) -> tuple[float, ...]:
        """Read a list of doubles that stands inside a parameter."""
        if not isinstance(value, list | tuple):
            raise self.fail(f"parameter `{name}` should be a list of numbers, not {value!r}")
        return tuple(self._number(name, item) for item in value)

    def texts(self, name: str, default: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return a parameter that is a list of texts."""
        value = self.params.get(name, default)
        if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
            raise self.fail(f"parameter `{name}` should be a list of texts, not {value!r}")
        return tuple(value)

    def choice(self, name: str, default: str, allowed: Sequence[str]) -> str:
        """Return a parameter that is one of a few words."""
        value = self.text(name, default)
        if value not in allowed:
            raise self.fail(f"parameter `{name}` is {value!r}; expected one of {', '.join(allowed)}")
        return value

    def _number(self, name: str, value: Any) -> float:
        number = _WORDS.get(value.lower()) if isinstance(value, str) else value
        if isinstance(number, bool) or not isinstance(number, int | float):
            raise self.fail(f"parameter `{name}` should be a number, not {value!r}")
        return float(number)

    def claim(self, size: int) -> None:
        """Count bytes that the stage needs for what no file holds; raises SavedError if they are too many."""
        try:
            self.ledger.claim(size)
        except ValueError as e:
            raise self.fail(str(e)) from None

    # -- tables -------------------------------------------------------------------------------------------

    def table(self, name: str = "data") -> pa.Table:
        """Read a folder of Parquet below this stage."""
        try:
            table = self.folder.child(name).table()
        except SavedError as e:
            raise SavedError(e.place, e.reason, self.uid) from None
        self.ledger.note(f"{self.place}/{name}", digest(table))
        return table

    def nested(self, *names: str) -> pa.Table:
        """Read a table some folders deeper, where the older library's models keep theirs."""
        folder = self.folder
        for name in names:
            folder = folder.child(name)
        table = folder.table()
        self.ledger.note("/".join((self.place, *names)), digest(table))
        return table

    def record(self, name: str = "data") -> dict[str, Any]:
        """Read a table that must hold exactly one row."""
        table = self.table(name)
        if table.num_rows != 1:
            raise self.fail(f"`{name}` should hold one row, not {table.num_rows}")
        return cast("dict[str, Any]", table.to_pylist()[0])

    def vector(self, value: Any, name: str) -> Vector:
        """Decode Spark's struct of a vector."""
        try:
            found = vector_of(value)
            if isinstance(found, Sparse):
                self.ledger.claim(8 * found.size, 12 * len(found.values))
        except (ValueError, TypeError, KeyError) as e:
            raise self.fail(f"`{name}` is not a vector: {e}") from None
        return found

    def matrix(self, value: Any, name: str) -> Matrix:
        """Decode Spark's struct of a matrix."""
        try:
            if value["type"] == 0:
                self.ledger.claim(
                    9 * int(value["numRows"]) * int(value["numCols"]), 12 * len(value["values"])
                )
            return matrix_of(value)
        except (ValueError, TypeError, KeyError) as e:
            raise self.fail(f"`{name}` is not a matrix: {e}") from None

    def inner(self, name: str) -> Mapping[str, Any]:
        """Read metadata of the older library's form, which a model may keep one folder deeper."""
        source = self.folder.child(name)
        meta = _json(source)
        if not isinstance(meta, dict):
            raise SavedError(source.path, "the metadata should be a JSON object", self.uid)
        self.ledger.note(f"{self.place}/{name}/metadata", json.dumps(meta, sort_keys=True).encode())
        return meta

    # -- sub-stages ---------------------------------------------------------------------------------------

    def child(self, name: str) -> Saved:
        """Read the stage saved in a folder below this one."""
        return read(self.folder.child(name), f"{self.place}/{name}", self.ledger, self.as_of)

    def stages(self) -> Iterator[Saved]:
        """Read the stages of a pipeline, in order."""
        uids = self.texts("stageUids")
        folder = self.folder.child("stages")
        present = folder.names() if uids else []
        width = len(str(len(uids)))
        for number, uid in enumerate(uids):
            name = f"{number:0{width}d}_{uid}"
            if name not in present:
                name = next((n for n in present if n.partition("_")[2] == uid), name)
            if name not in present:
                raise self.fail(f"stage {number} of {len(uids)}, `{uid}`, is not in {folder.path}")
            yield read(folder.child(name), f"{self.place}/stages/{number}", self.ledger, self.as_of)


def open_source(location: str | os.PathLike[str]) -> tuple[Place, Source]:
    """Open a folder of Spark's or a bundle at a local path or a URI that `pyarrow.fs` knows.

    What MLflow said of a model stands in the place, be it found in the model's folder or kept by a bundle.
    """
    place = locate(location)
    if place.is_folder:
        return place, Folder(place.system, place.path, place.root)
    if place.path.lower().endswith(_ARCHIVES):
        raise SavedError(
            place.origin, "is an archive: unpack it, and name the folder in it that holds `metadata/`"
        )
    if not place.path.endswith(".json"):
        raise SavedError(
            place.origin,
            "is a file; a saved Spark model is a folder that holds `metadata/`, or a bundle named *.json",
        )
    bundle = Bundle.open(place.system, place.path)
    return replace(place, origin=Origin(str(place.origin), bundle.run_id), schema=bundle.schema), bundle


def open_saved(location: str | os.PathLike[str], as_of: Version | None = None) -> Saved:
    """Read the metadata of the stage or pipeline that was saved at `location`."""
    return open_model(location, as_of)[1]


def open_model(location: str | os.PathLike[str], as_of: Version | None = None) -> tuple[Place, Saved]:
    """Find the stage or pipeline that was saved at `location`, and read its metadata."""
    place, source = open_source(location)
    return place, read(source, "", Ledger(), as_of)


def read(source: Source, place: str, ledger: Ledger, as_of: Version | None) -> Saved:
    """Read the metadata of one stage; `place` is where it stands in the model, whatever the folders' names."""
    saved = _saved(_json(source), source, place, ledger, as_of)
    content = {
        "class": saved.class_name,
        "spark": list(saved.version),
        "params": saved.params,
        "extras": saved.extras,
    }
    ledger.note(f"{place}/metadata", json.dumps(content, sort_keys=True).encode())
    return saved


def _json(source: Source) -> Any:
    text, path = source.metadata(), f"{source.path}/metadata"
    if text.count(",") + text.count("[") + text.count("{") > MAX_VALUES:
        raise SavedError(path, f"the metadata holds more than {MAX_VALUES:,} values")
    try:
        meta = json.loads(text)
        json.dumps(meta, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise SavedError(path, "the metadata holds half a character (a lone surrogate)") from None
    except (ValueError, RecursionError) as e:
        raise SavedError(path, f"the metadata is not JSON: {e}") from None
    return meta


def _saved(meta: Any, folder: Source, place: str, ledger: Ledger, as_of: Version | None) -> Saved:
    known = ("class", "uid", "sparkVersion", "paramMap", "defaultParamMap", "timestamp")
    maps = (
        [meta.get(name) or {} for name in ("defaultParamMap", "paramMap")] if isinstance(meta, dict) else []
    )
    if not maps or not all(isinstance(m, dict) for m in maps):
        raise SavedError(
            folder.path, "the metadata should be a JSON object with `class`, `uid` and `paramMap`"
        )
    for name in ("class", "uid", "sparkVersion"):
        if not isinstance(meta.get(name), str):
            raise SavedError(folder.path, f"the metadata has no `{name}`")
    return Saved(
        class_name=meta["class"],
        uid=meta["uid"],
        version=spark_version(meta["sparkVersion"], folder.path),
        params={**maps[0], **maps[1]},
        extras={name: value for name, value in meta.items() if name not in known},
        place=place,
        folder=folder,
        ledger=ledger,
        as_of=as_of,
    )


def spark_version(text: str, place: str = "as_of") -> Version:
    """Return (major, minor) of a version such as `3.5.1`, `2.4.0.cloudera2` or `4.0.0-preview1`."""
    head = text.split(".")
    digits = ["".join(c for c in part[:4] if c in "0123456789") for part in head[:2]]
    if len(digits) < 2 or not all(digits):
        raise SavedError(
            place,
            f"cannot tell the Spark version from {text!r}: expected major and minor, such as 3.5 or 4.0, since what "
            "Spark answers changes with each",
        )
    return int(digits[0]), int(digits[1])
