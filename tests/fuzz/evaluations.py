"""Random policies decide random facts of the right types: no exception, ever.

python tests/fuzz/evaluations.py [evaluations] [seed]
"""

from __future__ import annotations

import json
import math
import sys
import time
from pathlib import Path
from random import Random
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "lib"))

from policy_blocks import ATOMS, DEFINE, LISTS

from policy import source
from policy.engine.build import build
from policy.engine.decision import Decision
from policy.spec.decision import read_decision

EACH = 20_000  # records for each policy
POOL = 997  # distinct values of each fact; a prime, so that their combinations do not repeat
LADDER = ["allow", "challenge", "sms", "agent", "block"]
TYPES = {
    "x": "double", "word": "string", "n": "int", "at": "timestamp", "wait": "duration", "ip": "ip", "given": "double"
}  # fmt: skip
EDGES = {
    "double": [
        0.0,
        -0.0,
        1e-320,
        5e-324,
        1.7976931348623157e308,
        -1.7976931348623157e308,
        0.1,
        1 / 3,
        2.0**53,
        1e16,
    ],
    "int": [0, 1, -1, 2, 5, 2**63 - 1, -(2**63), 2**53, -(2**53) - 1],
    "string": ["", "drop", "a", "1", "-0", "ä", "🚀", "\x00", "ﬃ", "l" * 300, "9" * 40, "١٢"],
    "timestamp": [
        "0001-01-01T00:00:00Z",
        "9999-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00Z",
        "2026-01-01T00:00:00Z",
    ],
    "duration": ["0s", "-1ns", "2562047h", "-87660000h", "87660000h", "1us", "60s"],
    "ip": ["0.0.0.0", "255.255.255.255", "::", "::1", "1.2.3.4", "::ffff:1.2.3.4", "2001:db8::1", "ffff::"],
}


def number(random: Random, type_: str) -> Any:
    """A random value of a type."""
    if random.random() < 0.4:
        return random.choice(EDGES[type_])
    match type_:
        case "double":
            return random.choice(
                [
                    random.random(),
                    random.uniform(-1e3, 1e3),
                    math.ldexp(random.random(), random.randint(-1000, 1000)),
                ]
            )
        case "int":
            return random.choice([random.randint(-5, 9), random.randint(-(2**63), 2**63 - 1)])
        case "string":
            return "".join(random.choices("adlopr0195.-ä\n", k=random.randint(0, 9)))
        case "timestamp":
            return f"{random.randint(1, 9999):04}-{random.randint(1, 12):02}-28T{random.randint(0, 23):02}:59:00Z"
        case "duration":
            return f"{random.randint(-(10**6), 10**6)}s"
    return ".".join(str(random.randint(0, 255)) for _ in range(4))


def condition(random: Random, depth: int = 0) -> str:
    """A random condition."""
    kind = random.random() if depth < 3 else 1.0
    if kind > 0.55:
        return random.choice(ATOMS)
    parts = [condition(random, depth + 1) for _ in range(3)]
    forms = ["({0} && {1})", "({0} || {1})", "!({0})", "(({0}) ? ({1}) : ({2}))"]
    return random.choice(forms).format(*parts)


def rule(random: Random, place: int) -> dict[str, Any]:
    """A random rule."""
    low, high = sorted((random.randrange(5), random.randrange(5)))
    effects = [
        {"action": LADDER[low]}, {"at_least": LADDER[low]}, {"at_most": LADDER[high]},
        {"at_least": LADDER[low], "at_most": LADDER[high]},
    ]  # fmt: skip
    return {
        "name": f"rule-{place}",
        "when": condition(random),
        **random.choice(effects),
        "mode": random.choice(["enforce", "enforce", "preview"]),
        "on_unknown": random.choice(["skip", "skip", "fire", *LADDER]),
    }


def policy(random: Random) -> Decision:
    """A random policy over all types, with definitions, lists, segments, rules and needs."""
    edges = sorted(random.uniform(0.01, 1.0) for _ in range(4))
    facts = [text for text in ATOMS if "score" not in text]
    text = {
        "decision": "fuzz",
        "inputs": {
            name: {"type": type_, "optional": random.random() < 0.5 or name == "given"}
            for name, type_ in TYPES.items()
        },
        "score": {"input": "given"},
        "actions": {
            name: None if name == "allow" else {"needs": random.choice(facts), "else": "allow"}
            for name in LADDER
        },
        "bands": dict(zip(LADDER, [0, *edges], strict=True)),
        "define": DEFINE,
        "lists": LISTS,
        "segments": [{"name": "part", "when": condition(random), "bands": {"block": (edges[-1] + 1) / 2}}],
        "rules": [rule(random, place) for place in range(random.randint(1, 12))],
        "on_error": {"score": random.choice(LADDER), "facts": random.choice(LADDER)},
    }
    root, found = source.read(json.dumps(text).encode(), "fuzz.yaml")
    assert root is not None, found
    spec, found = read_decision(root)
    assert spec is not None, found
    decision, found = build(spec, None)
    if decision is None:  # by chance a ceiling and a floor that never agree: rightly refused
        assert {one.code for one in found if one.severity == "error"} == {"E137"}, found
        return policy(random)
    return decision


def run(evaluations: int, seed: int = 0, each: int = EACH) -> int:
    """Decide so many records; an exception is let through. The number of different actions and rules seen."""
    random, seen = Random(seed), set[tuple[str, str | None]]()
    pools = {
        name: [number(random, type_) for _ in range(POOL - place)]
        for place, (name, type_) in enumerate(TYPES.items())
    }
    done = 0
    while done < evaluations:
        decision, now = policy(random), random.choice(EDGES["timestamp"])
        optional = {one.name for one in decision.spec.inputs if one.optional}
        for turn in range(min(each, evaluations - done)):
            facts = {name: pool[(turn * 7 + done) % len(pool)] for name, pool in pools.items()}
            if turn % 3 == 0:
                for name in random.sample(sorted(optional), k=min(len(optional), turn % 5)):
                    del facts[name]
            outcome = decision.row(facts, now=now)
            seen.add((outcome.action, outcome.rule))
            if turn % 50 == 0:
                json.dumps(outcome.to_dict())
        done += each
    return len(seen)


if __name__ == "__main__":
    many = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000
    began = time.time()
    kinds = run(many, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
    print(
        f"{many:,} evaluations, no exception, {kinds} pairs of action and rule, {time.time() - began:.0f} s"
    )
