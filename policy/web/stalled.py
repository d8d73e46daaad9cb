"""Connections on which a request stops coming are ended: each would hold a thread of its worker for ever.

A WSGI server reads a body while its thread waits. A client that promises a body and never sends it, or dies
halfway, gives no error of its own. Linux tells of each connection what came and when something left (TCP_INFO).
"""

from __future__ import annotations

import os
import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

SECONDS = 30.0  # in which an answer must leave, or LEAST bytes must come
LEAST = 65_536

_OPEN = Path("/proc/self/fd")
_TICKS = 4  # looks in that time
_INFO = struct.Struct("=44xI80xQ")  # struct tcp_info: tcpi_last_data_sent in ms, tcpi_bytes_received


@dataclass(slots=True)
class Stalled:
    """Looks at the connections of this process to its port `port`. seconds: as SECONDS."""

    port: int
    seconds: float = SECONDS
    _came: dict[int, tuple[float, int]] = field(default_factory=dict)  # inode -> when, bytes by then

    def look(self) -> int:
        """End what has stalled; how many that were."""
        now, came, ended = time.monotonic(), {}, 0
        for inode, connection in _connections(self.port):
            with connection:
                info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
                if len(info) < _INFO.size:  # not the whole structure: no Linux of today
                    continue
                silent, received = _INFO.unpack(info)
                since, before = self._came.get(inode, (now, received))
                if received - before >= LEAST:
                    since, before = now, received
                if now - since >= self.seconds and silent >= self.seconds * 1000:
                    with suppress(OSError):  # it has just gone by itself
                        connection.shutdown(socket.SHUT_RD)
                    ended += 1
                came[inode] = since, before
        self._came = came
        return ended


def _connections(port: int) -> Iterator[tuple[int, socket.socket]]:
    """The sockets of this process that somebody has connected to the port, each by its inode, to be closed."""
    for entry in list(_OPEN.iterdir()) if _OPEN.exists() else ():
        file = int(entry.name)
        try:
            inode = os.fstat(file).st_ino
            connection = socket.socket(fileno=os.dup(file))
        except OSError:  # closed meanwhile, or no socket
            continue
        try:
            ours = connection.family in {socket.AF_INET, socket.AF_INET6} and (
                connection.getsockname()[1] == port and connection.getpeername()
            )
        except OSError:  # nobody is connected
            ours = None
        if ours:
            yield inode, connection
        else:
            connection.close()


def end_stalled(port: int, seconds: float = SECONDS) -> threading.Thread:
    """Look at the connections of this process until it ends."""
    stalled = Stalled(port, seconds)
    thread = threading.Thread(target=_run, args=(stalled,), name="end-stalled", daemon=True)
    thread.start()
    return thread


def _run(stalled: Stalled) -> None:
    while True:
        time.sleep(stalled.seconds / _TICKS)
        with suppress(OSError):  # out of file descriptors, most likely: the next look finds some
            stalled.look()
