"""Addresses of stores: `sqlite:///file.db`, `postgresql://user@host/db`, `redis://host:6379/0`."""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path
from urllib.parse import urlsplit

from policy.errors import StoreError
from policy.stores.store import Store

SECONDS = 5.0  # in which a connection must be made and a statement answered

_MODULES = {"redis": "policy.stores.redis", "rediss": "policy.stores.redis"}
_OWN = ("sqlite", "postgresql", "redis", "rediss")  # whose drivers are in `scoregate[stores]`
_SQL = "policy.stores.sql"
_SQLITE = re.compile(r"(sqlite(?:\+[a-z0-9_]+)?://)/(?!/)(.+)").fullmatch  # three slashes: a relative path
_SCHEME = re.compile(r"([a-z][a-z0-9]*)(\+[a-z0-9_]+)?:").match


def open_store(address: str, seconds: float = SECONDS) -> Store:
    """The store at an address; nothing is asked of it yet.

    seconds: the longest wait for a connection and for an answer, as far as the driver keeps it (see `Guarded`).
    Raises StoreError if the address means nothing, or its driver is not installed.
    """
    scheme = _SCHEME(address)
    if scheme is None:
        known = "sqlite:///file.db, postgresql://user@host/db, redis://host:6379/0"
        raise StoreError(f"`{shown(address)}` is no address of a store; expected one such as {known}")
    module = _MODULES.get(scheme[1], _SQL)
    try:
        made: Store = import_module(module).open_at(address, seconds)  # a lazy door: drivers are optional
    except ModuleNotFoundError as error:
        own = scheme[1] in _OWN
        way = "pip install 'scoregate[stores]'" if own else f"scoregate brings those of {', '.join(_OWN)}"
        raise StoreError(f"`{shown(address)}` needs the package `{error.name}`: {way}") from None
    return made


def beside(address: str, folder: Path) -> str:
    """The address as a policy in a folder means it: a file of SQLite is sought beside the policy."""
    found = _SQLITE(address)
    if found is None or found[2].startswith((":memory:", "file:")):
        return address
    return f"{found[1]}/{(folder / found[2]).absolute()}"


def shown(address: str) -> str:
    """The address without a password, for messages."""
    try:
        parts = urlsplit(address)
        secret = parts.password
    except ValueError:
        return address.partition(":")[0] + ":…"
    return address if secret is None else address.replace(f":{secret}@", ":***@", 1)
