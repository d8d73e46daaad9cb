"""Simulated logins in the schema of the risk-based-authentication data set.

No real row, person or address is in it: all addresses lie in 10.0.0.0/8. People own one to three devices,
log in by day, mistype passwords, travel, share offices and mobile gateways, and some use a VPN or Tor. Bots
come as stuffing runs (many accounts from few addresses), as slow runs (a new address for almost every try),
as guessing runs (many tries on one or two accounts) and as single tries with a stolen password. The kinds
overlap on purpose: a model that is always sure has learnt the simulation, not the risk.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from login_rows import NO_ACCOUNT, Login, Reputation

START = datetime(2020, 2, 3, tzinfo=UTC)
DAYS = 24
USERS = 9_000
LOGINS_A_DAY = 0.55
RUNS = {"stuffing": 48, "slow": 90, "guessing": 90, "stolen": 900}
RUN_TRIES = {"stuffing": (60, 260), "slow": (20, 90), "guessing": (15, 60), "stolen": (1, 3)}

# name, browser, newest major version, system, device type, share among people, share among bots
CLIENTS = (
    ("Chrome", 80, "Windows 10", "desktop", 0.27, 0.36),
    ("Chrome", 80, "Mac OS X 10.15.3", "desktop", 0.09, 0.06),
    ("Chrome", 80, "Chrome OS 12607.82.0", "desktop", 0.02, 0.01),
    ("Firefox", 73, "Windows 10", "desktop", 0.05, 0.11),
    ("Firefox", 73, "Ubuntu", "desktop", 0.01, 0.07),
    ("Edge", 80, "Windows 10", "desktop", 0.07, 0.02),
    ("IE", 11, "Windows 7", "desktop", 0.03, 0.04),
    ("Safari", 13, "Mac OS X 10.15.3", "desktop", 0.08, 0.02),
    ("Mobile Safari", 13, "iOS 13.3", "mobile", 0.2, 0.07),
    ("Mobile Safari", 13, "iOS 13.3", "tablet", 0.03, 0.01),
    ("Chrome Mobile", 80, "Android 10", "mobile", 0.08, 0.1),
    ("Chrome Mobile WebView", 80, "Android 9", "mobile", 0.03, 0.04),
    ("Samsung Internet", 10, "Android 9", "mobile", 0.03, 0.01),
    ("Android", 4, "Android 4.4", "mobile", 0.01, 0.08),
)
PEOPLE_COUNTRIES = {
    "NO": 0.72, "SE": 0.06, "DK": 0.05, "GB": 0.04, "DE": 0.04, "US": 0.04, "PL": 0.02, "ES": 0.02,
    "TH": 0.01,
}  # fmt: skip
BOT_COUNTRIES = {
    "US": 0.2, "RU": 0.1, "BR": 0.09, "CN": 0.08, "ID": 0.07, "IN": 0.07, "VN": 0.06, "UA": 0.06, "DE": 0.07,
    "NL": 0.06, "PL": 0.04, "GB": 0.04, "NO": 0.06, "SE": 0.03, "DK": 0.02, "ES": 0.03, "TH": 0.03,
}  # fmt: skip
BY_HOUR = np.array([1, 1, 1, 1, 1, 2, 4, 7, 9, 9, 9, 9, 9, 8, 8, 8, 8, 8, 9, 9, 9, 8, 5, 3], dtype=float)
REPUTATION = Reputation([("10.8.0.0/16", "proxy"), ("10.9.0.0/16", "tor")])


@dataclass(frozen=True, slots=True)
class Client:
    """A browser on a device."""

    browser: str
    os: str
    device_type: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an account; `office` and `gateway` are addresses shared with others."""

    user: int
    country: str
    clients: tuple[Client, ...]
    home: str
    office: str
    gateway: str


def simulate(seed: int) -> list[Login]:
    """Return the attempts of DAYS days in the order of time; equal seeds give equal attempts."""
    draw = np.random.default_rng(seed)
    people = [_person(draw, number) for number in range(USERS)]
    logins = [login for person in people for login in _logins(draw, person)]
    for kind, runs in RUNS.items():
        for _ in range(runs):
            logins.extend(_run(draw, kind, people))
    return sorted(logins, key=lambda login: (login.at, login.user))


def _person(draw: np.random.Generator, number: int) -> Person:
    return Person(
        user=int(draw.integers(-(2**63), 2**63 - 1)),
        country=_pick(draw, PEOPLE_COUNTRIES),
        clients=tuple(_client(draw, 4) for _ in range(draw.integers(1, 4))),
        home=_address(1 + number // 65_536, number % 65_536),
        office=_address(3, int(draw.integers(0, 160))),
        gateway=_address(4, int(draw.integers(0, 60))),
    )


def _logins(draw: np.random.Generator, person: Person) -> Iterator[Login]:
    for _ in range(draw.poisson(LOGINS_A_DAY * DAYS)):
        day, hour, second = int(draw.integers(DAYS)), _hour(draw), float(draw.uniform(0, 3600))
        at = START + timedelta(days=day, hours=hour, seconds=second)
        client = person.clients[0] if draw.random() < 0.7 else person.clients[-1]
        if draw.random() < 0.03:
            client = _client(draw, 4)
        elif draw.random() < 0.004:
            client = Client("Safari 13.0", "iOS 13.3", "mobile")  # "request desktop site"
        country, ip, trip = _place(draw, person)
        forgetful = draw.random() < 0.012
        for _ in range(7):
            failed = draw.random() < (0.75 if forgetful else 0.08)
            user = NO_ACCOUNT if failed and draw.random() < 0.12 else person.user
            yield _login(draw, at, user, (ip, country, trip), client, successful=not failed, bot=False)
            if not failed:
                break
            at += timedelta(seconds=float(draw.uniform(5, 60)))


def _place(draw: np.random.Generator, person: Person) -> tuple[str, str, float]:
    """Return country, address and the median round trip in milliseconds."""
    chance = draw.random()
    if chance < 0.004:
        return _pick(draw, BOT_COUNTRIES), _address(9, int(draw.integers(0, 300))), 600.0
    if chance < 0.03:
        country = person.country if draw.random() < 0.5 else _pick(draw, BOT_COUNTRIES)
        return country, _address(8, int(draw.integers(0, 600))), 190.0
    if chance < 0.05:
        country = _pick(draw, {**BOT_COUNTRIES, **PEOPLE_COUNTRIES})
        return country, _address(5, int(draw.integers(0, 65_536))), 160.0
    if chance < 0.25:
        return person.country, person.office, 35.0
    if chance < 0.5:
        return person.country, person.gateway, 85.0
    return person.country, person.home, 50.0


def _run(draw: np.random.Generator, kind: str, people: list[Person]) -> Iterator[Login]:
    start = START + timedelta(seconds=float(draw.uniform(0, DAYS * 86_400 - 40_000)))
    length = float(draw.uniform(1_200, 21_600)) if kind == "stuffing" else float(draw.uniform(7_200, 36_000))
    tries = int(draw.integers(*RUN_TRIES[kind]))
    addresses = [_bot_address(draw, kind) for _ in range(_address_count(draw, kind, tries))]
    targets = [people[i] for i in draw.integers(len(people), size=2 if kind == "guessing" else tries)]
    client = _bot_client(draw)
    for moment in np.sort(draw.uniform(0, length, tries)):
        ip, country, trip = addresses[draw.integers(len(addresses))]
        person = targets[draw.integers(len(targets))]
        user = NO_ACCOUNT if kind in ("stuffing", "slow") and draw.random() < 0.6 else person.user
        if kind in ("slow", "stolen") and draw.random() < 0.5:
            client = _bot_client(draw)
        successful = user != NO_ACCOUNT and draw.random() < (0.4 if kind == "stolen" else 0.03)
        at = start + timedelta(seconds=float(moment))
        yield _login(draw, at, user, (ip, country, trip), client, successful=successful, bot=True)


def _address_count(draw: np.random.Generator, kind: str, tries: int) -> int:
    return int(draw.integers(2, 12)) if kind in ("stuffing", "guessing") else tries


def _bot_address(draw: np.random.Generator, kind: str) -> tuple[str, str, float]:
    chance = draw.random() * (1.0 if kind == "stuffing" else 1.6)
    country = _pick(draw, BOT_COUNTRIES)
    if chance < 0.12:
        return _address(9, int(draw.integers(0, 300))), country, 650.0
    if chance < 0.7:
        return _address(8, int(draw.integers(0, 600))), country, 240.0
    return _address(6, int(draw.integers(0, 65_536))), country, 170.0


def _client(draw: np.random.Generator, column: int) -> Client:
    browser, newest, os, device_type, *_ = CLIENTS[_index(draw, [client[column] for client in CLIENTS])]
    lag = int(draw.geometric(0.55)) - 1 if column == 4 else int(draw.geometric(0.12)) - 1
    return Client(f"{browser} {max(2, newest - lag)}.0", os, device_type)


def _bot_client(draw: np.random.Generator) -> Client:
    """Return a client as a bot shows it: often outdated, sometimes impossible."""
    if draw.random() < 0.45:
        return _client(draw, 4)
    client = _client(draw, 5)
    if draw.random() < 0.25:
        other = _client(draw, 5)
        return Client(client.browser, other.os, other.device_type)
    return client


def _login(
    draw: np.random.Generator,
    at: datetime,
    user: int,
    place: tuple[str, str, float],
    client: Client,
    *,
    successful: bool,
    bot: bool,
) -> Login:
    ip, country, median_trip_ms = place
    trip = round(median_trip_ms * float(draw.lognormal(0, 0.5)), 1) if draw.random() < 0.4 else None
    return Login(
        at=at.replace(microsecond=at.microsecond // 1000 * 1000),
        user=user,
        round_trip_ms=trip,
        ip=ip,
        country=country if draw.random() > 0.02 else None,
        browser=client.browser if draw.random() > 0.01 else None,
        os=client.os,
        device_type=client.device_type,
        successful=successful,
        bot=bot,
    )


def _address(network: int, host: int) -> str:
    return f"10.{network}.{host // 256}.{host % 256}"


def _hour(draw: np.random.Generator) -> int:
    return int(draw.choice(24, p=BY_HOUR / BY_HOUR.sum()))


def _pick(draw: np.random.Generator, shares: dict[str, float]) -> str:
    return list(shares)[_index(draw, list(shares.values()))]


def _index(draw: np.random.Generator, shares: list[float]) -> int:
    edges = np.cumsum(shares)
    return int(np.searchsorted(edges, draw.random() * edges[-1], side="right"))
