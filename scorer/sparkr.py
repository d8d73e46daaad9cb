"""Models that SparkR saved: a wrapper's own metadata in `rMetadata`, and the model that scores beside it.

Source: org.apache.spark.ml.r.*Wrapper. ALS and FPGrowth are saved as `model`, all others as `pipeline`.
"""

from __future__ import annotations

import posixpath
from typing import Any

import pyarrow as pa
from pyarrow import fs as pafs

FOLDERS = ("pipeline", "model")


def unwrapped(system: Any, path: str) -> str:
    """Return the folder of the model that a wrapper holds; `path` itself if no wrapper stands there."""
    names = [posixpath.join(path, name) for name in ("metadata", "rMetadata", *FOLDERS)]
    try:
        here, wrapper, *inner = (info.type == pafs.FileType.Directory for info in system.get_file_info(names))
    except (OSError, pa.ArrowException):
        return path  # what cannot be opened is told where it is read
    if here or not wrapper:
        return path
    return next((name for name, found in zip(names[2:], inner, strict=True) if found), path)
