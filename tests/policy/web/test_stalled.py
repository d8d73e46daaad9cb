"""Connections that stop in the middle of a request."""

from __future__ import annotations

import socket
import time

import pytest

from policy.web.stalled import LEAST, Stalled

SHORT = 0.2


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def connect(listener):
    """A function that connects: the client's end and the service's."""
    ends = []

    def make():
        ends.append(socket.create_connection(listener.getsockname()))
        ends.append(listener.accept()[0])
        return ends[-2:]

    yield make
    for end in ends:
        end.close()


def test_a_connection_on_which_nothing_comes_is_ended(listener, connect):
    """Who sends nothing, or next to nothing, in the time that there is, has sent all: the reader gets the end."""
    (_, silent), (slow_client, slow) = connect(), connect()
    stalled = Stalled(listener.getsockname()[1], SHORT)
    assert stalled.look() == 0
    slow_client.sendall(b"x")
    time.sleep(2 * SHORT)
    slow_client.sendall(b"y")
    assert stalled.look() == 2
    assert silent.recv(10) == b""
    assert slow.recv(10) == b"xy"
    assert slow.recv(10) == b""


def test_a_connection_that_is_alive_stays(listener, connect):
    """Neither a long body that comes, nor a connection on which an answer has just left, is ended."""
    (client, long), (_, answered) = connect(), connect()
    stalled = Stalled(listener.getsockname()[1], SHORT)
    stalled.look()
    time.sleep(2 * SHORT)
    answered.sendall(b"an answer")
    came = 0
    while came < LEAST:
        client.sendall(b"x" * 8_192)
        came += len(long.recv(8_192))
    assert stalled.look() == 0


def test_connections_to_other_ports_are_none_of_its_business(listener, connect):
    """What this process has to do with others is not ended, however long it says nothing."""
    connect()
    with socket.create_server(("127.0.0.1", 0)) as other:
        stalled = Stalled(other.getsockname()[1], SHORT)
        stalled.look()
        time.sleep(2 * SHORT)
        assert stalled.look() == 0
