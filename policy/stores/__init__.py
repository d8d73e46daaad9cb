"""Answers computed beforehand, keyed by user: probabilities and rankings in a database."""

from __future__ import annotations

from policy.errors import StoreError
from policy.stores.address import open_store
from policy.stores.guard import Guarded
from policy.stores.store import Current, Entry, Fill, Store, key_of

__all__ = ["Current", "Entry", "Fill", "Guarded", "Store", "StoreError", "key_of", "open_store"]
