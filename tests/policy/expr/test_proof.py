"""Proofs about conditions: certain where they claim, and able to see what people get wrong."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from policy import expr
from policy.expr.machine import inward
from policy.expr.proof import Either, Prover, always, among, between, example, implies, impossible, never
from policy.expr.proof.claims import beginning
from policy.expr.proof.domains import above, below, double_key, value_of
from policy.expr.proof.ranges import both, covers, few, only, union, without
from policy.expr.row import compile_value
from policy.expr.types import DOUBLE, INT, TIMESTAMP, Enum, Variable, variables

SEEDS = st.integers(0, 2**40)

TYPES = {
    "score": "double",
    "rep": Variable(Enum(["clean", "proxy", "tor"], "rep"), optional=False),
    "n": Variable(INT, optional=False),
    "m": "int",
    "s": "string",
    "r": "string",
    "b": "bool",
    "now": Variable(TIMESTAMP, optional=False),
    "ip": "ip",
    "x": "double",
    "y": "double",
}
DOMAINS = {"score": between(DOUBLE, 0.0, 1.0, unknown=True), "n": between(INT, 0, 23)}

NEVER = [
    "score > 1.0",
    "score > 0.5 && score < 0.5",
    "score > 0.5 && score <= 0.5",
    "score >= 0.5 && score * 2.0 < 0.9",
    "score * 100.0 > 100.0",
    "n < 0",
    "n > 22 && n < 23",
    "n in [24, 25]",
    "n % 5 == 7",
    "n + 1 > 24",
    "m > 3.5 && m < 4.5 && m != 4",
    "m == 1.5",
    "m > n && n >= m",
    "m + 1 > 9223372036854775807",
    "has(m) && m == null",
    "x != x",
    "x > 3.5 && x < 3",
    "s == 'a' && s == 'b'",
    "s in ['a', 'b'] && s == 'c'",
    "s.startsWith('ab') && s < 'ab'",
    "s.startsWith('ab') && s.startsWith('b')",
    "s.matches('^a') && s == 'b'",
    "size(s) < 0",
    "size(s) > 5 && size(s) < 3",
    "rep.startsWith('q')",
    "rep != 'clean' && rep != 'tor' && rep != 'proxy'",
    "(n > 3 ? rep == 'tor' : rep == 'proxy') && rep == 'clean'",
    "b && !b",
    "ip in cidr('10.0.0.0/8') && ip == ip('11.0.0.1')",
    "ip in cidr('10.0.0.0/8') && !(ip in cidr('10.0.0.0/7'))",
    "now.getHours('Europe/Oslo') == 24",
    "now.getDayOfWeek() == 7",
    "now < timestamp('2026-01-01T00:00:00Z') && now > timestamp('2027-01-01T00:00:00Z')",
    "(b || n > 3) && !b && n < 2",
    "s.lowerAscii() == 'US'",
    "s.upperAscii() in ['us', 'no']",
    "s.trim() == 'us '",
    "ip.family() == 5",
]
ALWAYS = [
    "n >= 0",
    "n < 24 || b",
    "n + 1 > 0",
    "rep in ['clean', 'proxy', 'tor']",
    "has(score) ? score <= 1.0 : true",
    "!has(m) || m > 3 || m <= 3",
    "now.getMinutes() < 60",
    "rep == 'tor' || rep != 'tor'",
]
LIVE = [
    "score >= 1.0",
    "score == 0.0",
    "n == 23",
    "m > n && n > 20",
    "s > 'a' && s < 'aa'",
    "x == -0.0 && 1.0 / x < 0.0",
    "rep != 'clean' && rep != 'tor'",
    "x * 2.0 == x && x > 0.0",
    "ip in cidr('10.0.0.0/8') && ip != ip('10.0.0.0')",
    "!(b || n > 3)",
    "now.getFullYear('+14:00') == 10000",
    "s.lowerAscii() == 'us' && s != 'us'",
    "s.lowerAscii() in ['US', 'no']",
    "s.lowerAscii() != 'US'",
    "s.trim() > 'us '",
    "ip.family() == 6",
    "now.getFullYear('-12:00') == 0",
]


def tree(text, types=TYPES):
    return expr.compile(text, types, wanted="bool").tree


@pytest.mark.parametrize("text", NEVER)
def test_what_can_never_be_true_is_proved(text):
    """Contradictions that people write are seen."""
    assert never(tree(text), DOMAINS)


@pytest.mark.parametrize("text", ALWAYS)
def test_what_is_always_true_is_proved(text):
    """So is what holds for every value."""
    assert always(tree(text), DOMAINS)


@pytest.mark.parametrize("text", LIVE)
def test_what_can_be_true_is_never_refuted(text):
    """A condition that some values make true is left alone, and so is one that some values make false."""
    assert not never(tree(text), DOMAINS)
    assert not always(tree(text), DOMAINS)


def test_unknown_is_neither_true_nor_false():
    """What may be missing is not always true, and not always false."""
    assert not always(tree("score >= 0.0"), DOMAINS)
    assert not always(tree("m == m"), DOMAINS)
    assert impossible([(tree("score >= 0.0"), "false")], DOMAINS)
    assert not impossible([(tree("score >= 0.0"), "not true")], DOMAINS)
    assert impossible([(tree("score >= 0.0 || !has(score)"), "not true")], DOMAINS)


def test_implication_follows_values():
    """A narrower condition implies a wider one, and not the reverse."""
    narrow, wide = tree("rep == 'tor' && score > 0.5"), tree("rep in ['tor', 'proxy'] && score >= 0.3")
    assert implies(narrow, wide, DOMAINS)
    assert not implies(wide, narrow, DOMAINS)
    assert implies(tree("s == 'abc'"), tree("s.startsWith('ab')"), {})
    assert implies(tree("m > n"), tree("n < m"), {})


def test_several_conditions_can_cover_one_together():
    """No single one covers the condition, all of them do."""
    parts = [tree("rep == 'tor'"), tree("rep == 'proxy'"), tree("rep == 'clean' && n < 10"), tree("n >= 10")]
    others = [(part, "not true") for part in parts]
    assert impossible(others, DOMAINS)
    for left_out in range(4):
        assert not impossible(others[:left_out] + others[left_out + 1 :], DOMAINS)


def test_an_example_makes_the_claims_hold():
    """Where nothing is impossible, values are found that people could have written; else there are none."""
    found = example([(tree("rep == 'tor' && score > 0.5 && n >= 20"), "true")], DOMAINS)
    assert found["rep"] == "tor"
    assert 0.5 < found["score"] <= 1.0
    assert found["n"] >= 20
    options = Either((((tree("m > 3"), "true"),), ((tree("m < -3"), "true"),)))
    found = example([options, (tree("m > 0"), "not true")], DOMAINS)
    assert found["m"] < -3
    assert example([(tree("m > 3"), "not true"), (tree("m > 3"), "not false")], {})["m"] is None
    assert example([(tree("n > 23"), "true")], DOMAINS) is None
    assert impossible([options, (tree("m == 0"), "true")], {})


def test_work_is_bounded():
    """A formula with too many branches is left undecided, and the shared budget is spent."""
    names = {f"v{i}": "int" for i in range(40)}
    text = " && ".join(f"(v{i} + v{i + 1} == {i} || v{i} * v{i + 1} == {i})" for i in range(38))
    prover = Prover({}, 3_000)
    assert not prover.impossible([(tree(text, names), "true")])
    assert prover.exhausted
    assert not prover.impossible([(tree("v1 < v1", names), "true")])


def rows_of(lab, random, count):
    return [lab.row(random) for _ in range(count)]


@settings(max_examples=120, deadline=None)
@given(SEEDS)
def test_no_claim_has_a_counterexample(lab, seed):
    """Random conditions over hostile values: what is called never true is true in no row, what is always in all."""
    random = Random(seed)
    kinds = variables(lab.types)
    names = list(kinds)
    convert = {name: inward(kind.type) for name, kind in kinds.items()}
    rows = [
        [None if row[name] is None else convert[name](row[name]) for name in names]
        for row in rows_of(lab, random, 40)
    ]
    domains = seen(kinds, names, rows) if random.random() < 0.5 else {}
    trees = []
    while len(trees) < 6:
        text = lab.sentences(random).write("bool", random.randint(1, 3))
        try:
            trees.append(expr.compile(text, lab.types).tree)
        except expr.ExpressionError:
            continue
    found = [[compile_value(one, names)(*row) for row in rows] for one in trees]
    holds = {
        "true": lambda value: value is True,
        "false": lambda value: value is False,
        "not true": lambda value: value is not True,
        "not false": lambda value: value is not False,
    }
    for _ in range(12):
        picked = random.sample(range(6), random.randint(1, 3))
        modes = [random.choice(list(holds)) for _ in picked]
        if impossible([(trees[place], mode) for place, mode in zip(picked, modes, strict=True)], domains):
            for row in range(len(rows)):
                assert not all(
                    holds[mode](found[place][row]) for place, mode in zip(picked, modes, strict=True)
                )


def seen(kinds, names, rows):
    """Domains that hold just the values of these rows."""
    domains = {}
    for place, name in enumerate(names):
        type_, values = kinds[name].type, [row[place] for row in rows]
        if type_.name in ("int", "double", "bool", "string", "timestamp", "duration", "ip"):
            known = tuple(value for value in values if value is not None)
            domains[name] = among(type_, known, unknown=None in values)
    return domains


NUMBERS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(allow_nan=False))


@given(st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_keys_order_doubles_as_numbers_do(one, other):
    """A smaller double has a smaller key, equal ones the same, and a key leads back to an equal double."""
    assert (double_key(one) < double_key(other)) == (one < other)
    assert (double_key(one) == double_key(other)) == (one == other)
    assert value_of(DOUBLE, double_key(one)) == one


@given(st.sampled_from([INT, DOUBLE]), NUMBERS, NUMBERS)
def test_bounds_by_a_number_of_another_type_are_exact(type_, value, bound):
    """The first key that is not below, and the first above, split the values as comparison does."""
    value = (
        float(value)
        if type_ == DOUBLE
        else max(min(int(value), 2**63 - 1), -(2**63))
        if abs(value) < 1e30
        else 0
    )
    key = below(type_, value)
    assert (key < below(type_, bound)) == (value < bound)
    assert (key >= above(type_, bound)) == (value > bound)


RANGES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda ends: (min(ends), max(ends)))
).map(lambda found: union(tuple(found)))


@given(RANGES, RANGES)
def test_ranges_are_sets(one, other):
    """Intersection, difference, union and cover are those of the sets of keys."""
    a, b = set(few(one, 100)), set(few(other, 100))
    assert set(few(both(one, other), 100)) == a & b
    assert set(few(without(one, other), 100)) == a - b
    assert set(few(union((*one, *other)), 100)) == a | b
    assert covers(one, other) == (b <= a)


@given(st.text(max_size=4), st.text(max_size=4))
def test_texts_that_begin_alike_lie_in_one_range(prefix, text):
    """The range of a prefix holds a text if and only if it begins with it."""
    condition, equal = tree(f"s.startsWith({literal(prefix)})"), tree(f"s == {literal(text)}")
    assert implies(equal, condition, {}) == text.startswith(prefix)
    assert few(both(beginning(prefix), only(text)), 3) == ([text] if text.startswith(prefix) else [])


def literal(text):
    return '"' + "".join(f"\\U{ord(char):08x}" for char in text) + '"'
