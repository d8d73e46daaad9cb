"""`rules:`, conditions that change the action."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from policy.diagnostics import Span
from policy.source import Node
from policy.spec.conditions import Condition, Names, read_condition
from policy.spec.reader import Fields, Reader, place

MAX_RULES = 2_000
MODES = ("enforce", "preview")
SKIP, FIRE = "skip", "fire"
EFFECTS = ("action", "at_least", "at_most")
KEYS = ("name", "when", *EFFECTS, "mode", "on_unknown", "description")


@dataclass(frozen=True, slots=True)
class RuleSpec:
    """A rule: `action` is final; or a floor `at_least`, a ceiling `at_most`, or both.

    mode: "enforce", or "preview", which counts the rule and does not apply it. on_unknown: what to do where the
    condition is unknown: "skip" the rule, "fire" it, or take the action named here for a floor.
    """

    name: str
    when: Condition
    span: Span
    name_span: Span
    action: str | None = None
    at_least: str | None = None
    at_most: str | None = None
    mode: str = "enforce"
    on_unknown: str = SKIP
    description: str = ""

    @property
    def preview(self) -> bool:
        """Whether the rule is only counted."""
        return self.mode == "preview"


def read_rules(node: Node, ladder: Sequence[str], names: Names, reader: Reader) -> tuple[RuleSpec, ...]:
    """The block `rules:`."""
    items = reader.items(node, "`rules`")
    if len(items) > MAX_RULES:
        message = f"{len(items):,} rules, more than {MAX_RULES:,}"
        reader.note("E103", message, node.span, hints=("a decision table (`tables:`) holds more",))
        return ()
    rules = [rule for item in items if (rule := _read_rule(item, ladder, names, reader))]
    check_unique([(rule.name, rule.name_span) for rule in rules], "rule", reader)
    return tuple(rules)


def check_unique(named: Sequence[tuple[str, Span]], what: str, reader: Reader) -> None:
    """Note names that stand twice: the log and the reasons tell one from the other by name."""
    first: dict[str, Span] = {}
    for name, span in named:
        if (before := first.setdefault(name, span)) is not span:
            found = f"the first stands at {place(before)}"
            reader.note("E142", f"a second {what} has the name `{name}`", span, found)


def _read_rule(node: Node, ladder: Sequence[str], names: Names, reader: Reader) -> RuleSpec | None:
    fields = reader.record(node, "a rule", KEYS, ("name", "when"))
    if not fields:
        return None
    name_node = fields["name"][1] if "name" in fields else None
    name = None if name_node is None else reader.name(name_node, "the name of a rule")
    said = f"the condition of `{name}`" if name else "the condition of a rule"
    when = read_condition(fields["when"][1], names, reader, said) if "when" in fields else None
    effects = read_effects(fields, node, ladder, reader)
    mode = reader.choice(fields["mode"][1], "`mode`", MODES) if "mode" in fields else None
    unknown = None
    if "on_unknown" in fields:
        unknown = reader.choice(fields["on_unknown"][1], "`on_unknown`", (SKIP, FIRE, *ladder), code="E131")
    described = reader.text(fields["description"][1], "`description`") if "description" in fields else None
    if name is None or name_node is None or when is None or effects is None:
        return None
    return RuleSpec(
        name,
        when,
        node.span,
        name_node.span,
        *effects,
        mode=mode or "enforce",
        on_unknown=unknown or SKIP,
        description=described or "",
    )


def read_effects(
    fields: Fields, node: Node, ladder: Sequence[str], reader: Reader
) -> tuple[str | None, str | None, str | None] | None:
    """`action`, `at_least` and `at_most`; None, and a diagnostic, if they make no sense together."""
    given = {word: fields[word][1] for word in EFFECTS if word in fields}
    chosen = {word: reader.choice(one, f"`{word}`", ladder, code="E131") for word, one in given.items()}
    if not given:
        hints = ("`action` decides for good; `at_least` and `at_most` bound what the score says",)
        reader.note("E140", "a rule needs `action`, `at_least` or `at_most`", node.span, hints=hints)
        return None
    if "action" in given and len(given) > 1:
        other = next(word for word in given if word != "action")
        found = f"`action` is final, so `{other}` could never act"
        reader.note("E140", f"a rule cannot have both `action` and `{other}`", fields[other][0].span, found)
        return None
    floor, ceiling = chosen.get("at_least"), chosen.get("at_most")
    if floor and ceiling and ladder.index(floor) > ladder.index(ceiling):
        message = f"nothing is at least `{floor}` and at most `{ceiling}`"
        found = f"`{floor}` is stricter than `{ceiling}` on the ladder {', '.join(ladder)}"
        reader.note("E141", message, given["at_most"].span, found)
        return None
    if None in chosen.values():
        return None
    return chosen.get("action"), floor, ceiling
