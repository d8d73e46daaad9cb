"""Login attempts in the schema of the public risk-based-authentication data set, read from its CSV file.

Source of the schema: Wiefling, Jørgensen, Thunem, Lo Iacono, "Pump Up Password Security! Evaluating and
Enhancing Risk-Based Authentication on a Real-World Large-Scale Online Service", ACM TOPS 2022; data under
CC BY 4.0.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from pathlib import Path

NO_ACCOUNT = -4324475583306591935
"""The one user ID that the data set gives to every attempt on a name that is no account."""

COLUMNS = (
    "index",
    "Login Timestamp",
    "User ID",
    "Round-Trip Time [ms]",
    "IP Address",
    "Country",
    "Region",
    "City",
    "ASN",
    "User Agent String",
    "Browser Name and Version",
    "OS Name and Version",
    "Device Type",
    "Login Successful",
    "Is Attack IP",
    "Is Account Takeover",
)
USED = tuple(COLUMNS[i] for i in (1, 2, 3, 4, 5, 10, 11, 12, 13, 14))


@dataclass(frozen=True, slots=True)
class Login:
    """One attempt to log in. Empty cells and the data set's `-` are None."""

    at: datetime
    user: int
    round_trip_ms: float | None
    ip: str
    country: str | None
    browser: str | None
    os: str | None
    device_type: str | None
    successful: bool
    bot: bool
    """The data set's `Is Attack IP`: the address stood on a list of known attackers."""


def read(path: Path) -> Iterator[Login]:
    """Yield the attempts of a CSV file in the file's order.

    Raises ValueError that names file and line if a column is missing, a cell cannot be read, or time runs
    backwards.
    """
    with path.open(newline="", encoding="utf-8") as file:
        reader = csv.DictReader(file)
        missing = [name for name in USED if name not in (reader.fieldnames or ())]
        if missing:
            raise ValueError(f"{path}: the header lacks {', '.join(missing)}")
        before = datetime.min.replace(tzinfo=UTC)
        for cells in reader:
            try:
                login = _login(cells)
            except (ValueError, TypeError) as error:
                raise ValueError(f"{path}:{reader.line_num}: {error}") from error
            if login.at < before:
                place = f"{path}:{reader.line_num}"
                raise ValueError(f"{place}: earlier than the row above: sort by `Login Timestamp`")
            before = login.at
            yield login


def write(path: Path, logins: Iterable[Login]) -> None:
    """Write attempts in the data set's columns; what a Login does not hold stays `-` or empty."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for index, login in enumerate(logins):
            writer.writerow(_cells(index, login))


def _login(cells: dict[str, str]) -> Login:
    round_trip = cells["Round-Trip Time [ms]"]
    return Login(
        at=datetime.fromisoformat(cells["Login Timestamp"]).replace(tzinfo=UTC),
        user=int(cells["User ID"]),
        round_trip_ms=float(round_trip) if round_trip else None,
        ip=cells["IP Address"],
        country=_known(cells["Country"]),
        browser=_known(cells["Browser Name and Version"]),
        os=_known(cells["OS Name and Version"]),
        device_type=_known(cells["Device Type"]),
        successful=_truth(cells["Login Successful"]),
        bot=_truth(cells["Is Attack IP"]),
    )


def _cells(index: int, login: Login) -> tuple[object, ...]:
    at = login.at.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds")
    agent = f"Mozilla/5.0 ({login.os or '-'}) {login.browser or '-'}"
    device = (agent, login.browser or "-", login.os or "-", login.device_type or "")
    place = (login.ip, login.country or "-", "-", "-", "")
    round_trip = "" if login.round_trip_ms is None else login.round_trip_ms
    return (index, at, login.user, round_trip, *place, *device, login.successful, login.bot, False)


def _known(cell: str) -> str | None:
    return cell if cell not in ("", "-") else None


def _truth(cell: str) -> bool:
    if cell not in ("True", "False"):
        raise ValueError(f"expected True or False, got {cell!r}")
    return cell == "True"


class Reputation:
    """What is known of networks: an address is `proxy` or `tor` if a listed network holds it, else `clean`.

    The data set has no such column; the caller brings the list.
    """

    def __init__(self, networks: Iterable[tuple[str, str]]) -> None:
        self._listed: dict[tuple[int, int], dict[int, str]] = {}
        for text, kind in networks:
            network = ip_network(text)
            key = (network.version, network.max_prefixlen - network.prefixlen)
            self._listed.setdefault(key, {})[int(network.network_address) >> key[1]] = kind
        self._smallest_first = sorted(self._listed)
        self.of = lru_cache(maxsize=100_000)(self._look_up)

    @classmethod
    def read(cls, path: Path) -> Reputation:
        """Read lines of `network,proxy` or `network,tor`. Raises ValueError that names the line."""
        networks = []
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            network, comma, kind = line.partition(",")
            if not comma or kind not in ("proxy", "tor"):
                raise ValueError(f"{path}:{number}: expected `network,proxy` or `network,tor`, got {line!r}")
            networks.append((network, kind))
        return cls(networks)

    def _look_up(self, ip: str) -> str:
        address: IPv4Address | IPv6Address = ip_address(ip)
        for version, host_bits in self._smallest_first:
            if version == address.version:
                kind = self._listed[version, host_bits].get(int(address) >> host_bits)
                if kind is not None:
                    return kind
        return "clean"
