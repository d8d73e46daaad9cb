"""Policies that follow their files: one snapshot, replaced as a whole, or kept when the next one is not sound.

Nothing here waits or starts a thread: `follow` is called again and again by who serves (`policy.web.watch`).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from policy.diagnostics import Diagnostic, errors
from policy.engine.decision import Decision
from policy.engine.ranking.ranking import Ranking
from policy.errors import LoadError
from policy.models import Models
from policy.runtime import Runtime, load_model, policy_files

Stamp = tuple[tuple[str, int, int, int], ...]  # (path, inode, size, modification in nanoseconds) of each file

_MOST = 10_000  # files of one place that are looked at
_SHOWN = 5  # problems that a status keeps
_GRAIN = 20_000_000  # nanoseconds by which a file's time may lag behind the clock
_DOUBT: Stamp = (("", 0, 0, 0),)  # is like no file, and not like the lack of one
_GONE = "no file holds the served policy {} any more: put it back, or start the service anew to take it away"


@dataclass(frozen=True, slots=True)
class Status:
    """How the snapshot stands to the files. Times are seconds since 1970.

    loaded_at: when it was loaded; failed_at: since when the files are not sound, None if they are; problems: the
    first errors, as places and codes, or what else it is.
    """

    loaded_at: float
    failed_at: float | None = None
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reload:
    """What came of an attempt: `error` is None if the snapshot was replaced."""

    runtime: Runtime
    status: Status
    error: str | None = None


class Live:
    """The policies of a file or folder, as their files last were sound. Shared by threads.

    Raises LoadError with every diagnostic if they are not sound at the start.
    """

    def __init__(
        self, configs: str | Path, models: Models | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._configs, self._clock = Path(configs), clock
        self._models = _Models(models or load_model)
        self._lock = threading.Lock()
        began = time.time_ns()
        self._runtime = Runtime.load(configs, self._models)
        self._status = Status(clock())
        self._rested = self._tried = _doubted(self._look(), began)

    @property
    def runtime(self) -> Runtime:
        """The snapshot; ask once for one answer."""
        return self._runtime

    @property
    def decisions(self) -> Mapping[str, Decision]:
        """The decisions of the snapshot, by name."""
        return self._runtime.decisions

    @property
    def rankings(self) -> Mapping[str, Ranking]:
        """The rankings of the snapshot, by name."""
        return self._runtime.rankings

    @property
    def status(self) -> Status:
        """How the snapshot stands to the files."""
        return self._status

    def follow(self) -> Reload | None:
        """Reload if a file has changed since the last attempt and has come to rest; None if there is no need."""
        seen = self._look()
        rested, self._rested = self._rested == seen, seen
        return self.reload() if rested and seen != self._tried else None

    def reload(self, *, anew: bool = False) -> Reload:
        """Load, check and run the cases; then replace the snapshot, or keep it and say why.

        A model is loaded only if its files have changed; `anew`: also if nobody can see whether they have.
        """
        with self._lock:
            began = time.time_ns()
            known = self._tried = self._look()
            if anew:
                self._models.forget_remote()
            try:
                fresh = Runtime.load(self._configs, self._models)
            except LoadError as error:
                return self._failed(str(error).strip(), error.diagnostics)
            except Exception as error:  # noqa: BLE001 - a service goes on with what it has, whatever comes
                return self._failed(f"{type(error).__name__}: {error}", shown=type(error).__name__)
            gone = [name for name in self._runtime.files if name not in fresh.files]
            if gone:
                message = _GONE.format(", ".join(gone))
                return self._failed(message, shown=message)
            self._runtime, self._status = fresh, Status(self._clock())
            self._models.keep_used()
            seen = _doubted(self._look(), began)
            self._rested = self._tried = {path: known.get(path, stamp) for path, stamp in seen.items()}
            return Reload(fresh, self._status)

    def _failed(self, error: str, diagnostics: Iterable[Diagnostic] = (), shown: str = "") -> Reload:
        """Keep the snapshot. `shown`: what the status says where there are no places."""
        since = self._status.failed_at or self._clock()
        places = [
            f"{one.span.file}:{one.span.line}:{one.span.column}: {one.code}" for one in errors(diagnostics)
        ]
        self._status = Status(self._status.loaded_at, since, tuple(places[:_SHOWN]) or (shown,))
        return Reload(self._runtime, self._status, error)

    def _look(self) -> dict[Path, Stamp]:
        """What the file system says of every file that the snapshot was made of, or the next one would be."""
        files = set(policy_files(self._configs))
        files |= {*self._runtime.files.values(), *self._runtime.references}
        return {file: _stamp(file) for file in files}


class _Models:
    """Loads models, and keeps each while its files stay as they are."""

    def __init__(self, load: Models) -> None:
        self._load = load
        self._kept: dict[str, tuple[Stamp, Any]] = {}
        self._used: set[str] = set()

    def __call__(self, location: str) -> Any:
        """The model at the location. Raises what loading raises."""
        stamp = () if _is_remote(location) else _stamp(Path(location))
        kept = self._kept.get(location)
        if kept is None or kept[0] != stamp:
            kept = self._kept[location] = (stamp, self._load(location))
        self._used.add(location)
        return kept[1]

    def forget_remote(self) -> None:
        """Load models again whose files cannot be looked at."""
        self._kept = {location: kept for location, kept in self._kept.items() if not _is_remote(location)}

    def keep_used(self) -> None:
        """Forget models that the policies no longer name."""
        self._kept = {location: kept for location, kept in self._kept.items() if location in self._used}
        self._used.clear()


def _is_remote(location: str) -> bool:
    return "://" in location


def _stamp(place: Path) -> Stamp:
    """The files at a place, be it one or a folder; empty if there is none."""
    try:
        files = sorted(place.rglob("*"))[:_MOST] if place.is_dir() else [place]
        states = [(str(file), file.stat()) for file in files]
    except OSError:
        return ()
    return tuple((name, state.st_ino, state.st_size, state.st_mtime_ns) for name, state in states)


def _doubted(seen: Mapping[Path, Stamp], began: int) -> dict[Path, Stamp]:
    """What was seen after loading; a file that was written meanwhile counts as not seen, so it is loaded again."""
    return {
        path: _DOUBT if any(one[3] >= began - _GRAIN for one in stamp) else stamp
        for path, stamp in seen.items()
    }
