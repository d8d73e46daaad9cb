"""What is proved about a policy holds for every request; what is planted is found."""

from __future__ import annotations

import re
from random import Random
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from small_policy import LADDER, POLICY, SEEDS, linted, random_values

from policy import expr
from policy.expr.row import compile_value
from policy.expr.typed import inputs
from policy.spec.conditions import names_of


def rules(*lines, more=""):
    body = "\n".join(f"  - {{name: r{place}, {line}}}" for place, line in enumerate(lines))
    return f"{POLICY}{more}rules:\n{body}\n"


def told(text):
    """(code, name of the rule or word in backquotes) of each proof."""
    return {
        (one.code, re.findall(r"`([^`]+)`", one.message)[-1])
        for one in linted(text)[1]
        if one.code in ("E137", "W420", "W421", "W422", "W423", "W424")
    }


PLANTED = [
    (["when: n > 9, action: block"], {("W420", "r0")}),
    (["when: n > 3 && n < 2, at_least: sms"], {("W420", "r0")}),
    (["when: n >= 0, at_least: challenge"], {("W421", "r0"), ("W424", "allow")}),
    (["when: e == 'x', action: allow", "when: e == 'x' && b, action: block"], {("W422", "r1")}),
    (["when: e != 'x', action: allow", "when: e == 'y' && n > 2, action: block"], {("W422", "r1")}),
    (
        ["when: e == 'x', action: allow", "when: e == 'y', action: sms", "when: e == 'z', action: sms", "when: b, action: block"],
        {("W422", "r3"), *(("W424", name) for name in ("allow", "challenge", "sms", "agent", "block"))},
    ),
    (["when: e == 'x', action: allow, mode: preview", "when: e == 'x' && b, action: block"], set()),
    (["when: m > 3, action: allow", "when: m > 5, action: block, on_unknown: fire"], set()),
    (["when: m > 3, action: allow, on_unknown: fire", "when: m > 5, action: block, on_unknown: fire"], {("W422", "r1")}),
    (["when: b, at_least: block", "when: b && n > 2, at_least: sms"], {("W423", "r1")}),
    (["when: b, at_least: sms", "when: b, at_least: sms"], {("W423", "r1")}),
    (["when: score >= 0.75, at_least: sms"], {("W423", "r0")}),
    (["when: score >= 0.75, at_least: sms", "when: b, at_most: challenge"], set()),
    (["when: score >= 0.35, action: block"], {("W424", name) for name in ("challenge", "sms", "agent", "block")}),
    (["when: score < 0.5, at_least: sms"], {("W424", "allow")}),
    (["when: score >= 0.9, at_most: sms"], {("W424", "block")}),
    (["when: n > 2, at_least: agent", "when: n >= 3, at_most: sms"], {("E137", "agent")}),
    (["when: n > 2, at_least: agent", "when: n >= 4, at_most: sms"], {("W423", "agent")}),
    (["when: n > 2, at_least: agent", "when: n >= 2, at_most: sms"], set()),
    (["when: has(m) && m == null, action: block"], {("W420", "r0")}),
]  # fmt: skip


def test_parts_that_change_nothing_are_told_with_their_words():
    """A part that is always true beside `&&`, or never beside `||`, and two that exclude each other."""
    text = rules(
        "when: b && n >= 0, action: sms",
        "when: n > 7 || b, action: agent",
        "when: b && n > 3 && n < 2, action: block",
    )
    found = [one for one in linted(text)[1] if one.code in ("W420", "W421")]
    assert [(one.code, one.message, one.span.column) for one in found] == [
        ("W421", "`n >= 0` in the condition of the rule `r0` is always true", 27),
        ("W420", "`n > 7` in the condition of the rule `r1` is never true", 22),
        ("W420", "the condition of the rule `r2` is never true", 22),
    ]
    assert found[2].notes[-1] == "`n > 3` and `n < 2` are never true together"


@pytest.mark.parametrize(("lines", "expected"), PLANTED)
def test_planted_mistakes_are_found_and_nothing_else(lines, expected):
    """Rules out of reach, without effect or in contradiction are told; what can matter is left alone."""
    assert told(rules(*lines)) == expected


def test_the_rules_that_mask_are_named_with_their_places():
    """The note names what decides first: one rule if one is enough, else as few as it takes."""
    text = rules(
        "when: n == 1, action: sms",
        "when: e == 'x', action: allow",
        "when: e == 'y', action: sms",
        "when: e in lists.two && e != 'z' && b, action: block",
        "when: e == 'x' && n > 2, action: block",
        more="lists: {two: [x, y]}\n",
    ).replace("e in lists.two && e != 'z' && b", "e != 'z' && b && s in lists.two")
    found = {one.message: one for one in linted(text)[1] if one.code == "W422"}
    first, second = found["the rule `r3` can never fire"], found["the rule `r4` can never fire"]
    assert first.notes == ("wherever it could, `r1` (p.yaml:16) and `r2` (p.yaml:17) together decide first",)
    assert first.span.line == 18
    assert second.notes == ("wherever it could, `r1` (p.yaml:16) decides first",)


def test_segments_and_their_bands_are_proved_too():
    """A segment behind a wider one, and a band of a segment that a rule takes away."""
    more = """\
segments:
  - {name: many, when: n > 2, bands: {block: 0.95}}
  - {name: most, when: n > 4, bands: {block: 0.97}}
  - {name: odd, when: n < 0, bands: {block: 0.97}}
"""
    text = rules("when: n > 2 && score >= 0.95, action: sms", more=more)
    assert told(text) == {("W422", "most"), ("W420", "odd"), ("W424", "block")}
    (band,) = [one for one in linted(text)[1] if one.code == "W424"]
    assert band.span.line == 14


def test_what_nothing_reads_is_told():
    """Inputs, lists and definitions that neither the score nor a condition reads; not those kept for the log."""
    more = "define: {many: n > 2, few: n < 2}\nlists: {two: [x, y], three: [x]}\n"
    text = rules("when: few && s in lists.two, action: sms", more=more).replace(
        "type: bool,", "type: bool, log: hash,"
    )
    found = {(one.code, re.findall(r"`([^`]+)`", one.message)[0]) for one in linted(text)[1]}
    assert found == {("W410", "m"), ("W410", "e"), ("W411", "three"), ("W412", "many")}


# --- soundness -------------------------------------------------------------------------------------------------


def condition(random, depth):
    """A random condition over a few values, so that conditions often meet."""
    if depth and random.random() < 0.6:
        sign = random.choice([" && ", " || "])
        parts = sign.join(condition(random, depth - 1) for _ in range(random.choice((2, 2, 3))))
        return f"!({parts})" if random.random() < 0.15 else f"({parts})"
    sign = random.choice(["<", "<=", ">", ">=", "==", "!="])
    return random.choice(
        [
            f"n {sign} {random.randint(-1, 6)}",
            f"m {sign} {random.choice([-1, 0, 1, 2])}",
            f"m {sign} n",
            f"n + 1 {sign} {random.randint(0, 7)}",
            "b",
            "!b",
            f"e {random.choice(['==', '!='])} '{random.choice('xyz')}'",
            f"e in ['{random.choice('xyz')}', '{random.choice('xyz')}']",
            f"s == '{random.choice(['a', 'ab', 'b'])}'",
            f"s.startsWith('{random.choice(['a', 'ab', ''])}')",
            f"score {sign} {random.choice([0.0, 0.3, 0.4, 0.6, 0.7, 0.75, 0.9, 1.0])}",
            f"risk * 10.0 {sign} {random.choice([3.0, 7.5, 9.0])}",
            "has(m)",
            "s == null",
        ]
    )


def random_policy(random):
    lines = []
    for _ in range(random.randint(1, 6)):
        one, two = sorted(random.choices(LADDER, k=2), key=LADDER.index)
        effect = random.choice(
            [
                f"action: {one}",
                f"action: {two}",
                f"at_least: {one}",
                f"at_most: {two}",
                f"at_least: {one}, at_most: {two}",
            ]
        )
        mode = random.choice(["", "", "", ", mode: preview"])
        unknown = random.choice(["", "", ", on_unknown: fire", f", on_unknown: {one}"])
        lines.append(f'when: "{condition(random, 2)}", {effect}{mode}{unknown}')
    more = ""
    if random.random() < 0.4:
        more = f'segments:\n  - {{name: seg, when: "{condition(random, 1)}", bands: {{block: 0.95, sms: 0.5}}}}\n'
    return rules(*lines, more=more)


class Meaning:
    """The reference's words on rules, as a program: slow and plain."""

    def __init__(self, spec):
        self.spec = spec
        self.functions = {}
        self.parts = {}

    def value(self, when, values):
        if id(when) not in self.functions:
            names = sorted(when.reads)
            self.functions[id(when)] = names, compile_value(when.tree, names)
        names, function = self.functions[id(when)]
        return function(*(values[name] for name in names))

    def part(self, text):
        """A part of a condition by its words, which W420 and W421 may blame."""
        if text not in self.parts:
            tree = expr.compile(text, names_of(self.spec.inputs).variables).tree
            self.parts[text] = SimpleNamespace(tree=tree, reads=frozenset(inputs(tree)))
        return self.parts[text]

    def base(self, values):
        segment = next((one for one in self.spec.segments if self.value(one.when, values) is True), None)
        bands = self.spec.bands if segment is None else segment.bands
        if values["score"] is None:
            return LADDER.index(self.spec.on_error.score), None
        band = [one for one in bands if one.lower <= values["score"]][-1]
        return LADDER.index(band.action), band

    def decide(self, values, left_out=None, preview=()):
        """(rank of the action, name of the final rule or None)."""
        base, _ = self.base(values)
        floor, ceiling = 0, len(LADDER) - 1
        for rule in self.spec.rules:
            if rule is left_out or (rule.mode == "preview" and rule not in preview):
                continue
            held = self.value(rule.when, values)
            if held is None and rule.on_unknown not in ("skip", "fire"):
                floor = max(floor, LADDER.index(rule.on_unknown))
            elif held or (held is None and rule.on_unknown == "fire"):
                if rule.action:
                    return LADDER.index(rule.action), rule
                floor = max(floor, LADDER.index(rule.at_least or "allow"))
                ceiling = min(ceiling, LADDER.index(rule.at_most or "block"))
        return max(min(base, ceiling), floor), None


@settings(max_examples=100, deadline=None)
@given(SEEDS)
def test_no_live_rule_is_called_dead(seed):
    """Random policies and requests: whatever is claimed of a rule, segment or band is so in each of them."""
    random = Random(seed)
    spec, found = linted(random_policy(random))
    meaning = Meaning(spec)
    rules_ = {rule.name: rule for rule in spec.rules}
    claims = [(one.code, one.message, one.span) for one in found]
    for _ in range(150):
        values = random_values(random)
        for code, message, span in claims:
            name = re.findall(r"`([^`]+)`", message)[-1]
            when = next(
                (one.when for one in (*spec.rules, *spec.segments) if f"`{one.name}`" in message), None
            )
            if code in ("W420", "W421"):
                whole = message.startswith("the condition")
                part = when if whole else meaning.part(re.findall(r"`([^`]+)`", message)[0])
                assert meaning.value(part, values) is (code == "W421") or (
                    code == "W420" and meaning.value(part, values) is None
                )
            elif code == "W422" and name in rules_:
                assert meaning.decide(values, preview=[rules_[name]])[1] is not rules_[name]
            elif code == "W423" and name in rules_:
                rule = rules_[name]
                assert meaning.decide(values, left_out=rule)[0] == meaning.decide(values, preview=[rule])[0]
            elif code == "W424":
                base, band = meaning.base(values)
                if band is not None and band.span == span:
                    assert without_rules_that_bound(meaning, values, base)


def without_rules_that_bound(meaning, values, base):
    """Whether some rule takes a hand in the outcome, so that the band alone is not what decides."""
    action, final = meaning.decide(values)
    return final is not None or action != base or bounded(meaning, values, base)


def bounded(meaning, values, base):
    """Whether a ceiling lies below the base, or a floor above."""
    for rule in meaning.spec.rules:
        held = meaning.value(rule.when, values)
        fires = held or (held is None and rule.on_unknown == "fire")
        if rule.mode == "enforce" and fires:
            if rule.at_most and LADDER.index(rule.at_most) < base:
                return True
            if rule.at_least and LADDER.index(rule.at_least) > base:
                return True
    return False


def test_proofs_about_many_rules_end(monkeypatch):
    """A policy of hundreds of rules is proved as far as the work allowed goes, and no further."""
    random = Random(5)
    lines = [f'when: "{condition(random, 3)}", action: block' for _ in range(300)]
    _, found = linted(rules(*lines))
    assert any(one.code == "W422" for one in found)


# --- tables ----------------------------------------------------------------------------------------------------
