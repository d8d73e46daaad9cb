"""The lazy door to the compiled kernels: numba is imported when a model first needs them, if it is installed."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any


@cache
def compiled(name: str) -> Any:
    """Return a module of compiled kernels, None without numba."""
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as e:
        if e.name != "numba":
            raise
        return None
