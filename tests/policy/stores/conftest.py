"""Stores on real servers, each test with a name of its own; a server that cannot be reached is a loud skip."""

from __future__ import annotations

import os
import uuid

import pytest

from policy.stores import StoreError, open_store

ADDRESSES = {
    "sqlite": "sqlite:///{folder}/store.db",
    "postgresql": os.environ.get("SCOREGATE_TEST_POSTGRESQL", "postgresql://postgres@127.0.0.1:5432/test"),
    "redis": os.environ.get("SCOREGATE_TEST_REDIS", "redis://127.0.0.1:6379/0"),
}


@pytest.fixture(params=list(ADDRESSES))
def address(request, tmp_path):
    """The address of a store that answers."""
    found = ADDRESSES[request.param].format(folder=tmp_path)
    store = open_store(found)
    try:
        store.current("probe")
    except StoreError as error:
        message = f"needs {request.param} at {found}: {error}"
        if os.environ.get("SCOREGATE_INSIST"):
            pytest.fail(message)
        pytest.skip(message)
    finally:
        store.close()
    return found


@pytest.fixture
def store(address):
    """An open store."""
    opened = open_store(address)
    yield opened
    opened.close()


@pytest.fixture
def name():
    """The name of a policy that no other test has."""
    return f"test-{uuid.uuid4().hex}"
