"""Random blocks of conditions for the twins: definitions, lists, segments, rules, tables, what actions need."""

from __future__ import annotations

import hypothesis.strategies as st

ATOMS = [
    "x > 0.5",
    "x * 2.0 < 1.0",
    "1.0 / x > 3.0",
    "n >= 2",
    "n / 0 > 1",
    "n + 9223372036854775807 > 0",
    'word == "drop"',
    'word.startsWith("l") || size(word) > 5',
    "int(word) == 1",
    "at > timestamp('2010-01-01T00:00:00Z')",
    "now.getHours() < 12",
    "now - at < duration('48h')",
    "wait > duration('60s')",
    "ip in cidr('1.2.0.0/16')",
    "ip in lists.office",
    "word in lists.words",
    "n in lists.numbers",
    "score >= 0.3",
    "score < 0.6",
    "has(score)",
    "has(x)",
    "busy",
    "!odd",
    "level > 1",
    "true",
]
CONDITIONS = st.recursive(
    st.sampled_from(ATOMS),
    lambda inner: (
        st.builds("({} && {})".format, inner, inner)
        | st.builds("({} || {})".format, inner, inner)
        | st.builds("!({})".format, inner)
        | st.builds("(({}) ? ({}) : ({}))".format, inner, inner, inner)
    ),
    max_leaves=4,
)
WITHOUT_SCORE = CONDITIONS.filter(lambda text: "score" not in text)
DEFINE = {"busy": "n > 1 && x < 5.0", "odd": "busy || word == ''", "level": "n + 1"}
LISTS = {
    "office": {
        "type": "cidr",
        "entries": [
            {"value": "1.2.3.0/24", "expires": "2026-01-01T00:00:00Z"},
            {"value": "1.2.3.4", "expires": "2027-01-01T00:00:00Z"},
            "2001:db8::/32",
        ],
    },
    "words": ["drop", "a"],
    "numbers": {"type": "int", "entries": [2, {"value": 5, "expires": "2026-06-01"}]},
}
CELLS = {
    "x": ["> 0.5", "[0, 1)", "not 0.25", "lists.numbers"],
    "1.0 / x": [">= 3", "< 0, > 1e300"],
    "n": ["2", "1..5", "not 2, 3", "lists.numbers, > 4"],
    "n / 0": ["1"],
    "word": ["drop", 'not drop, ""', "lists.words", "not lists.words"],
    "word + 'a'": ["dropa, a", ">= m"],
    "at": [">= 2010-01-01", "< 2026-01-31T12:00:00Z"],
    "wait": ["> 60s", "[0s, 2h]"],
    "ip": ["1.2.0.0/16", "lists.office", "not ::/0, lists.office"],
    "score": [">= 0.3", "[0.3, 0.6)", "not 0.5"],
    "has(score)": ["true", "false"],
    "now.getHours()": ["< 12"],
    "busy": ["true", "false"],
    "level": ["> 1"],
}
TIMES = st.sampled_from(
    [
        "2025-12-31T23:59:59.999999Z",
        "2026-01-01T00:00:00Z",
        "2026-07-01T13:00:00+02:00",
        "2030-01-01T00:00:00Z",
    ]
)


@st.composite
def rule(draw, ladder):
    """One rule."""
    made = {"when": draw(CONDITIONS)}
    if draw(st.booleans()):
        made["action"] = draw(st.sampled_from(ladder))
    else:
        low, high = sorted(draw(st.tuples(*[st.integers(0, len(ladder) - 1)] * 2)))
        which = draw(st.sampled_from(["floor", "ceiling", "both"]))
        if which != "ceiling":
            made["at_least"] = ladder[low]
        if which != "floor":
            made["at_most"] = ladder[high]
    made["mode"] = draw(st.sampled_from(["enforce", "enforce", "preview"]))
    made["on_unknown"] = draw(st.sampled_from(["skip", "skip", "fire", *ladder]))
    return made


@st.composite
def table(draw, ladder):
    """One decision table, often of more rows than fit one word of bits."""
    heads = draw(st.lists(st.sampled_from(sorted(CELLS)), min_size=1, max_size=3, unique=True))
    rows = draw(
        st.lists(
            st.tuples(*(st.sampled_from(["-", *CELLS[head]]) for head in heads), st.sampled_from(ladder)),
            min_size=1,
            max_size=4,
        )
    )
    effect = draw(st.sampled_from(["action", "at_least", "at_most"]))
    padding = [[CELLS[head][0] for head in heads]] * draw(st.sampled_from([0, 0, 70]))
    padded = [*rows[:1], *([*row, ladder[0]] for row in padding), *rows[1:]]
    mode = draw(st.sampled_from(["enforce", "enforce", "preview"]))
    return {"columns": [*heads, effect], "rows": [list(row) for row in padded], "mode": mode}


@st.composite
def blocks(draw, ladder, bands):
    """The blocks of a policy with this ladder and these bands (edges by action)."""
    rules = draw(st.lists(rule(ladder), max_size=5))
    segments = draw(st.lists(CONDITIONS, max_size=2))
    tables = draw(st.lists(table(ladder), max_size=2))
    last = list(bands)[-1]
    made = {
        "lists": LISTS,
        "define": DEFINE,
        "rules": [{"name": f"rule-{place}", **one} for place, one in enumerate(rules)],
        "tables": [{"name": f"table-{place}", **one} for place, one in enumerate(tables)],
        "segments": [
            {
                "name": f"part-{place}",
                "when": when,
                "bands": {last: (bands[last] + 1.0) / 2 if bands[last] else 0},
            }
            for place, when in enumerate(segments)
        ],
    }
    needing = draw(st.sets(st.sampled_from(ladder[1:]), max_size=2))
    actions = {
        action: {"needs": draw(WITHOUT_SCORE), "else": ladder[0]} if action in needing else None
        for action in ladder
    }
    return {**made, "actions": actions}
