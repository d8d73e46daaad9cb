"""Rules, segments, definitions and what actions need: E140 to E149."""

from __future__ import annotations

from policy.catalog.page import Page

PAGES: dict[str, Page] = {
    "E140": Page(
        "a rule without an effect, or with two that exclude each other",
        "A rule has `action`, which is final, or `at_least` and `at_most`, which bound what the score says.",
        "A rule that changes nothing is a mistake, and beside a final action a bound could never act.",
        "Write `action: block`, or `at_least: sms`, or `at_least: sms` with `at_most: agent`.",
        "rules:\n  - {name: odd, when: failed > 3, action: block, at_least: challenge}",
    ),
    "E141": Page(
        "a floor above its ceiling",
        "The action after `at_least` is stricter than the one after `at_most` of the same rule.",
        "No action is both.",
        "Exchange the two, or leave one out.",
        "rules:\n  - {name: odd, when: failed > 3, at_least: block, at_most: challenge}",
    ),
    "E142": Page(
        "a name that stands twice",
        "Two rules, two segments, two lists, or a definition and an input have the same name.",
        "Reasons, the log and cases tell them apart by name.",
        "Give one of them another name.",
        "rules:\n  - {name: odd, when: failed > 3, action: block}\n"
        "  - {name: odd, when: failed > 9, action: block}",
    ),
    "E143": Page(
        "a definition that uses itself",
        "The meaning of a definition needs the definition, by way of others or at once.",
        "It would have no end.",
        "Write out one of them.",
        "define:\n  busy: failed > 3 || odd\n  odd: busy && failed < 9",
    ),
    "E144": Page(
        "`has()` of a definition",
        "`has()`, `== null` and `!= null` ask whether a fact is there; a definition is no fact.",
        "What a definition means may be unknown for many reasons.",
        "Ask for the facts that the definition reads.",
        'define:\n  abroad: country != "NO"\nrules:\n  - {name: odd, when: has(abroad), action: block}',
    ),
    "E145": Page(
        "an expression that grows too large",
        "With definitions in the places of their names the expression has too many parts, or goes through "
        "lists too often or too deep.",
        "Every decision is made in bounded time.",
        "Use fewer definitions in each other, or split the rule.",
        "define:\n"
        + "".join(f"  d{n}: d{n + 1} && failed > {n} || failed < {n} && d{n + 1}\n" for n in range(16))
        + "  d16: failed > 3",
    ),
    "E146": Page(
        "`needs` without `else`, or a circle of them",
        "An action with a prerequisite names the action in its place, and that must not lead back.",
        "There must be an action left for everybody.",
        "Write `sms: {needs: has_phone, else: agent}`; the last in line needs nothing.",
        "actions: {allow: , challenge: {needs: failed < 9}, block: }",
    ),
}
