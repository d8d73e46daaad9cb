"""Where a model stands: a local path or a URI, a folder of Spark's, a folder of MLflow's, or a bundle.

What `pyarrow.fs` reads is read in place (`file`, `s3`, `gs`, `abfss`, `hdfs`). A name that only another program can
resolve (`models:/`, `runs:/`, `dbfs:/`) is refused with the command that fetches what it names.
"""

from __future__ import annotations

import os
import posixpath
import re
import shlex
from dataclasses import dataclass
from typing import Any, Self

import pyarrow as pa
from pyarrow import fs as pafs

from scorer import mlflow, sparkr
from scorer.errors import SavedError

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):/")  # two letters or more: not a drive
_HADOOP = {"s3a": "s3", "s3n": "s3"}  # Hadoop's names for one and the same store
_FETCH = {
    **dict.fromkeys(
        ("models", "runs", "mlflow-artifacts"),
        "mlflow artifacts download --artifact-uri {uri} --dst-path model",
    ),
    "dbfs": "databricks fs cp --recursive {uri} model",
    **dict.fromkeys(("http", "https"), "curl --fail --location --remote-name {uri}"),
    **dict.fromkeys(("wasb", "wasbs", "adl"), "azcopy copy {uri} model --recursive"),
}
_PATIENCE, PATIENCE = (
    "retry_limit_seconds",
    30,
)  # Google's client waits a quarter of an hour for a store that is silent
_HINTS = {
    "dbfs": "; on Databricks itself the same files stand below /dbfs",
    "wasb": "; abfss:// is read in place",
    "wasbs": "; abfss:// is read in place",
}


class Origin(str):
    """Where a model came from, as text; `run_id` names the MLflow run that logged it, if one did."""

    __slots__ = ("run_id",)
    run_id: str | None

    def __new__(cls, text: str, run_id: str | None = None) -> Self:
        """Name the run beside the place."""
        made = super().__new__(cls, f"{text} (MLflow run {run_id})" if run_id else text)
        made.run_id = run_id
        return made


@dataclass(frozen=True, slots=True)
class Place:
    """What was found: a file system of `pyarrow.fs`, the path there, the folder that no link may leave.

    `schema` holds the types of the inputs that a signature of MLflow states, or None.
    """

    system: Any
    path: str
    root: str
    is_folder: bool
    origin: Origin
    schema: pa.Schema | None = None


def locate(location: str | os.PathLike[str]) -> Place:
    """Find what stands at a local path or a URI; raises SavedError where nothing does."""
    text = os.fsdecode(location)
    found = _SCHEME.match(text)
    scheme = found[1].lower() if found is not None else ""
    shown = without_secrets(text)
    if scheme in _FETCH:
        command = _FETCH[scheme].format(uri=shlex.quote(shown))
        raise SavedError(shown, f"is not read from here; `{command}` fetches it{_HINTS.get(scheme, '')}")
    try:
        system, path = _system(text, scheme)
        kind = system.get_file_info(path).type
    except (OSError, ValueError, pa.ArrowException) as e:
        reason = " ".join(without_secrets(str(e)).split())[:300]
        raise SavedError(shown, f"cannot be opened: {reason}") from None
    if kind == pafs.FileType.NotFound:
        raise SavedError(shown, "no such file or folder")
    if kind == pafs.FileType.File:
        return Place(system, path, path, is_folder=False, origin=Origin(shown))
    return _folder(system, path, shown)


def _system(text: str, scheme: str) -> tuple[Any, str]:
    if scheme in ("", "file"):
        path = text if not scheme else _local(text)
        return pafs.LocalFileSystem(), os.path.realpath(path)
    uri = _HADOOP.get(scheme, scheme) + text[len(scheme) :]
    if scheme in ("gs", "gcs") and _PATIENCE not in uri:
        uri += f"{'&' if '?' in uri else '?'}{_PATIENCE}={PATIENCE}"
    system, path = pafs.FileSystem.from_uri(uri)
    return system, path.rstrip("/")


def _local(uri: str) -> str:
    """Return the path of a `file` URI, also as Hadoop writes them: `file:/x`, and with characters left unescaped."""
    rest = re.sub("^//(localhost)?(?=/)", "", uri[len("file:") :])
    try:
        return str(pafs.FileSystem.from_uri(f"file://{rest}" if rest.startswith("/") else uri)[1])
    except pa.ArrowInvalid:
        if rest.startswith("/") and not rest.startswith("//"):
            return rest
        raise


def without_secrets(text: str) -> str:
    """Return a URI without the password that may stand before its host."""
    return re.sub(r"(://[^/@:\s]*):[^/@\s]*@", r"\1:…@", text)


def _folder(system: Any, path: str, shown: str) -> Place:
    description = _described(system, path)
    if description is None:
        return Place(system, sparkr.unwrapped(system, path), path, is_folder=True, origin=Origin(shown))
    inner = path
    for name in description.folder:
        if name in ("", ".", "..") or "\\" in name or "\0" in name:
            raise SavedError(posixpath.join(path, mlflow.NAME), f"the folder {name!r} would leave the model")
        inner = posixpath.join(inner, name)
    origin = Origin(shown, description.run_id)
    return Place(system, inner, path, is_folder=True, origin=origin, schema=description.schema)


def _described(system: Any, path: str) -> mlflow.Description | None:
    """Read the folder's `MLmodel`, if it has one."""
    file = posixpath.join(path, mlflow.NAME)
    try:
        if system.get_file_info(file).type != pafs.FileType.File:
            return None
        if isinstance(system, pafs.LocalFileSystem) and os.path.realpath(file) != file:
            raise SavedError(file, "is a link that leaves the model's folder")
        with system.open_input_stream(file, compression=None) as stream:
            return mlflow.describe(stream.read(mlflow.MAX_BYTES + 1))
    except (OSError, ValueError, pa.ArrowException) as e:
        raise SavedError(file, f"{e}") from None
