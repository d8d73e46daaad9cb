"""The address to listen on: found out before any worker starts, with a reason if it cannot be."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from ipaddress import ip_address


class AddressError(Exception):
    """The address cannot be listened on; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Address:
    """A numeric address and a port that nobody listens on."""

    host: str
    port: int

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ip_address(self.host).is_loopback

    @property
    def nearby(self) -> str:
        """The host as this machine reaches it: one that means "all" is the loopback."""
        host = ip_address(self.host)
        if host.is_unspecified:
            return "127.0.0.1" if host.version == 4 else "::1"
        return self.host

    @property
    def url(self) -> str:
        """The start of a URL."""
        return f"http://{f'[{self.nearby}]' if ':' in self.nearby else self.nearby}:{self.port}"

    def answers(self) -> bool:
        """Whether somebody listens."""
        try:
            socket.create_connection((self.nearby, self.port), timeout=1).close()
        except OSError:
            return False
        return True


def resolve(host: str, port: int) -> Address:
    """The address behind a host name; port 0 finds a free one.

    Raises AddressError if it cannot be listened on.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError) as error:
        raise AddressError(f"--host {host}: this is no address of this machine ({error})") from error
    family, kind, protocol, _, address = found[0]
    # Workers listen with SO_REUSEPORT, which would share the port with a stranger: a plain bind tells.
    with socket.socket(family, kind, protocol) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise AddressError(_explain(host, port, error)) from error
        bound = probe.getsockname()
    return Address(str(bound[0]).partition("%")[0], int(bound[1]))


def _explain(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} of {host} is in use by another process; stop that, or take another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} needs rights that this user does not have; choose one from 1024 with --port"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host {host}: this machine has no such address"
    return f"cannot listen on {host} port {port}: {error.strerror or error}"
