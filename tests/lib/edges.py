"""Values of every type of the expression language, most of them at an edge."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

MIN, MAX = -(2**63), 2**63 - 1

INTS = [
    0,
    1,
    -1,
    2,
    3,
    5,
    7,
    -7,
    10,
    100,
    2**31,
    2**53,
    2**53 + 1,
    -(2**53) - 1,
    MAX,
    MAX - 1,
    MIN,
    MIN + 1,
    3037000500,
]
DOUBLES = [
    0.0,
    -0.0,
    0.5,
    1.0,
    -1.5,
    2.5,
    3.0,
    1e-300,
    1e300,
    -1e308,
    2.0**53,
    2.0**63,
    -(2.0**63),
    math.inf,
    -math.inf,
]
STRINGS = [
    "",
    "a",
    "tor",
    "clean",
    "Tor",
    "abc",
    "a,b",
    "  x ",
    "7",
    "-3.5",
    "true",
    "é€😀",
    "10.1.2.3",
    "2026-01-31T23:30:00Z",
]
TIMES = [
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    datetime(2024, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2025, 3, 30, 0, 59, 59, tzinfo=UTC),
    datetime(2025, 3, 30, 1, 0, tzinfo=UTC),
    datetime(2025, 10, 26, 0, 30, 15, 250000, tzinfo=UTC),
    datetime(1883, 11, 18, 17, 0, tzinfo=UTC),
]
DURATIONS = [
    timedelta(0),
    timedelta(seconds=1),
    timedelta(hours=-36, microseconds=1),
    timedelta(microseconds=-1),
    timedelta(days=365 * 292),
    timedelta(microseconds=9_223_372_036_854_775),
    timedelta(microseconds=-9_223_372_036_854_775),
]
ADDRESSES = ["10.1.2.3", "255.255.255.255", "0.0.0.0", "::1", "2001:db8::7", "::ffff:10.1.2.3", "fe80::1"]
ZONES = ["UTC", "Europe/Oslo", "America/St_Johns", "+05:30", "-11:00", "Australia/Lord_Howe"]
PATTERNS = ["^a", "b$", "^tor$", "a|b", "o", "[0-9]+", "(?i)TOR", "^.{2,3}$", "a\\\\.b"]


def random_value(random: Random, type_: str) -> Any:
    """A value of the type, often at an edge, or None."""
    if random.random() < 0.2:
        return None
    match type_:
        case "int":
            return random.choice(INTS) if random.random() < 0.6 else random.randint(-10, 10)
        case "double":
            return random.choice([*DOUBLES, math.nan]) if random.random() < 0.6 else random.uniform(-3, 3)
        case "bool":
            return random.random() < 0.5
        case "string":
            return random.choice(STRINGS)
        case "timestamp":
            return random.choice(TIMES)
        case "duration":
            return random.choice(DURATIONS)
        case "ip":
            return random.choice(ADDRESSES)
    kind = type_[5:-1]
    return [random_value(random, kind) for _ in range(random.randint(0, 3))]
