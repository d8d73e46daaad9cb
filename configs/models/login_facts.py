"""From login attempts to the facts that a service knows at the moment of a login.

Every fact looks only backwards: at earlier attempts, never at the outcome of the attempt itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

import pyarrow as pa
from login_rows import NO_ACCOUNT, Login, Reputation

SCHEMA = pa.schema(
    [
        ("failedLogins", pa.int64()),
        ("logins_ip_1h", pa.int64()),
        ("users_ip_1h", pa.int64()),
        ("roundTrip", pa.float64()),
        ("ip_reputation", pa.string()),
        ("country", pa.string()),
        ("device_type", pa.string()),
        ("browser", pa.string()),
        ("os", pa.string()),
        ("browser_versions_behind", pa.int64()),
        ("browser_mismatch", pa.bool_()),
        ("new_device", pa.bool_()),
        ("new_country", pa.bool_()),
        ("hour", pa.int64()),
        ("bot", pa.string()),
    ]
)
"""The model's columns in order; `bot`, the last, is the label: `human` or `bot`."""

HOUR = timedelta(hours=1)
SETTLED = 20
"""So many logins make a browser version count as out: a forged `Chrome 999` must not age everybody."""

APPLE, DROID, DESKTOP = {"iOS"}, {"Android"}, {"Windows", "Mac OS X", "Linux", "Ubuntu", "Chrome OS"}
RUNS_ON: dict[str, set[str]] = {
    "Android": DROID,
    "Chrome": DESKTOP,
    "Chrome Mobile": DROID,
    "Chrome Mobile WebView": DROID,
    "Chrome Mobile iOS": APPLE,
    "Edge": DESKTOP,
    "Firefox": DESKTOP,
    "Firefox Mobile": DROID,
    "Firefox iOS": APPLE,
    "IE": {"Windows"},
    "Mobile Safari": APPLE,
    "Mobile Safari UI/WKWebView": APPLE,
    "Safari": {"Mac OS X"},
    "Samsung Internet": DROID,
}
"""The systems for which a browser exists; of a browser that is not here nothing is claimed."""


def facts(logins: Iterable[Login], reputation: Reputation) -> Iterator[dict[str, object]]:
    """Yield one row of SCHEMA for each attempt. `logins` must be in the order of time."""
    history = History(reputation)
    for login in logins:
        yield history.facts(login)
        history.add(login)


class Window:
    """Events of the last hour by key; memory is bounded by the attempts of one hour."""

    def __init__(self) -> None:
        self._events: deque[tuple[datetime, object, object]] = deque()
        self._counts: defaultdict[object, Counter[object]] = defaultdict(Counter)

    def add(self, at: datetime, key: object, value: object) -> None:
        """Count an event; `at` must not lie before that of the last one."""
        self._events.append((at, key, value))
        self._counts[key][value] += 1

    def forget(self, before: datetime) -> None:
        """Drop what lies before that time."""
        while self._events and self._events[0][0] < before:
            _, key, value = self._events.popleft()
            counts = self._counts[key]
            counts[value] -= 1
            if not counts[value]:
                del counts[value]
            if not counts:
                del self._counts[key]

    def total(self, key: object) -> int:
        """Return how many events the key has."""
        return self._counts[key].total() if key in self._counts else 0

    def distinct(self, key: object) -> int:
        """Return how many different values the key has."""
        return len(self._counts[key]) if key in self._counts else 0


class History:
    """What is remembered: the last hour by account and address, the accounts' devices and countries."""

    def __init__(self, reputation: Reputation) -> None:
        self._reputation = reputation
        self._failures = Window()
        self._addresses = Window()
        self._devices: defaultdict[int, set[object]] = defaultdict(set)
        self._countries: defaultdict[int, set[str | None]] = defaultdict(set)
        self._versions: Counter[tuple[str, int]] = Counter()
        self._newest: dict[str, int] = {}

    def facts(self, login: Login) -> dict[str, object]:
        """Return the facts of an attempt, as the attempts before it tell them."""
        self._failures.forget(login.at - HOUR)
        self._addresses.forget(login.at - HOUR)
        browser, version = split_version(login.browser)
        os, _ = split_version(login.os)
        return {
            "failedLogins": self._failures.total(login.user),
            "logins_ip_1h": self._addresses.total(login.ip),
            "users_ip_1h": self._addresses.distinct(login.ip),
            "roundTrip": login.round_trip_ms,
            "ip_reputation": self._reputation.of(login.ip),
            "country": login.country,
            "device_type": login.device_type,
            "browser": browser,
            "os": os,
            "browser_versions_behind": self._behind(browser, version),
            "browser_mismatch": browser in RUNS_ON and os is not None and os not in RUNS_ON[browser],
            "new_device": (login.device_type, os, browser) not in self._devices.get(login.user, ()),
            "new_country": login.country not in self._countries.get(login.user, ()),
            "hour": login.at.hour,
            "bot": "bot" if login.bot else "human",
        }

    def add(self, login: Login) -> None:
        """Remember an attempt. Only a successful one makes a device or a country known."""
        browser, version = split_version(login.browser)
        os, _ = split_version(login.os)
        self._addresses.add(login.at, login.ip, login.user)
        self._see(browser, version)
        if login.user == NO_ACCOUNT:
            return
        if not login.successful:
            self._failures.add(login.at, login.user, None)
            return
        self._devices[login.user].add((login.device_type, os, browser))
        self._countries[login.user].add(login.country)

    def _see(self, browser: str | None, version: int | None) -> None:
        if browser is None or version is None:
            return
        self._versions[browser, version] += 1
        if self._versions[browser, version] >= SETTLED:
            self._newest[browser] = max(version, self._newest.get(browser, version))

    def _behind(self, browser: str | None, version: int | None) -> int | None:
        if browser is None or version is None or browser not in self._newest:
            return None
        return max(0, self._newest[browser] - version)


def split_version(text: str | None) -> tuple[str | None, int | None]:
    """Split `Mobile Safari 13.1` into the family and the major version.

    >>> split_version("Mobile Safari 13.1"), split_version("Linux")
    (('Mobile Safari', 13), ('Linux', None))
    """
    family, blank, version = (text or "").rpartition(" ")
    if not blank or not version[:1].isdigit():
        return text, None
    major = version.split(".")[0]
    return family, int(major) if major.isdecimal() else None
