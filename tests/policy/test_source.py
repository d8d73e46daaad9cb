"""YAML 1.2 with places: what a scalar means, what is refused, and where."""

from __future__ import annotations

import json
import math

import hypothesis.strategies as st
import pytest
import yaml
from hypothesis import given, settings

from policy import source
from policy.diagnostics import Diagnostic
from policy.source import Mapping, Scalar, Sequence, plain, read


def value(text):
    node, found = read(f"x: {text}".encode(), "f.yaml")
    assert found == []
    return plain(node)["x"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("1e-3", 0.001),
        ("1E3", 1000.0),
        ("0.4", 0.4),
        (".5", 0.5),
        ("5.", 5.0),
        ("-17", -17),
        ("+3", 3),
        ("017", 17),
        ("0o17", 15),
        ("0x1F", 31),
        ("0b11", "0b11"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("NO", "NO"),
        ("y", "y"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("null", None),
        ("~", None),
        ("", None),
        ("nULL", "nULL"),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("inf", "inf"),
        ("'1'", "1"),
        ('"true"', "true"),
        ("!!str 1", "1"),
        ("! 1", "1"),
        ("!!float 1", 1),
        ("-", [None]),
        ("+", "+"),
        (".", "."),
        ("1e", "1e"),
        ("=", "="),
        ("[1, {a: b}]", [1, {"a": "b"}]),
    ],
)
def test_scalars_follow_the_core_schema_of_yaml_1_2(text, wanted):
    """A plain scalar means what YAML 1.2.2, section 10.3.2, says."""
    got = value(text) if text != "-" else [value("")]
    assert got == wanted
    assert type(got) is type(wanted)


def test_nan_is_a_number():
    """`.nan` is a double."""
    assert math.isnan(value(".nan"))


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3", "E102", 3, 1),
        ("a: {b: 1, b: 2}", "E102", 1, 11),
        ("a: [1\nb: 2", "E101", 2, 2),
        ("\ta: 1", "E101", 1, 1),
        ("a: 'x", "E101", 1, 4),
        ("a: b\0", "E101", 1, 5),
        ("a: \x1b[31m", "E101", 1, 4),
        ("a: 1\n---\nb: 2", "E103", 2, 1),
        ("", "E103", 1, 1),
        ("# nothing", "E103", 1, 1),
        ("a: !thing x", "E104", 1, 4),
        ("a: !!int x", "E104", 1, 4),
        ("a: !!python/object:os.system x", "E104", 1, 4),
        ("a: &n {b: 1}\nc: {<<: *n}", "E104", 2, 5),
        ("a: *n", "E104", 1, 4),
        ("a: &n [*n]", "E104", 1, 8),
        ("? [1]\n: 2", "E104", 1, 3),
        ("a: " + "9" * 5000, "E103", 1, 4),
        ("a: " + "[" * 100 + "]" * 100, "E103", 1, 67),
    ],
)
def test_what_is_refused_is_refused_at_its_place(text, code, line, column):
    """Each thing that a policy file may not hold gives its code at its line and column."""
    _, found = read(text.encode(), "f.yaml")
    assert [(one.code, one.span.line, one.span.column) for one in found] == [(code, line, column)]


@pytest.mark.parametrize(
    ("text", "line", "way"),
    [
        ("a:\n  - b: 1\n     c: 2\n", 3, "same column"),
        ("a:\n  - b: 1\n   c: 2\n", 3, "same column"),
        ("a: b: c\n", 1, "a text that holds a colon"),
        ("score: {model: m, output: probability[1]}\n", 1, 'output: "probability[1]"'),
        ("a: {when: n in [1]}\n", 1, "the condition in single quotes"),
        ("a: 1\nb: 'x\nc: 2\nd: 3\n", 2, "close it"),
        ('a: "x\\q"\n', 1, "backslash"),
        ("a:\n\tb: 1\n", 2, "never with tabs"),
    ],
)
def test_what_is_not_yaml_is_told_a_way_out(text, line, way):
    """Each slip that is usual in YAML is placed at its line, with what mends it."""
    _, (found,) = read(text.encode(), "f.yaml")
    assert (found.code, found.span.line) == ("E101", line)
    assert any(way in hint for hint in found.help), found.help


def test_bytes_that_are_not_utf8_are_placed():
    """A byte that is not UTF-8 is named with its line and column."""
    _, (found,) = read("é: 1\né: x".encode() + b"\xff\n", "f.yaml")
    assert (found.code, found.span.line, found.span.column) == ("E100", 2, 5)
    assert "0xff" in found.message


def test_all_duplicates_are_named_at_once():
    """Reading goes on after a key that stands twice."""
    _, found = read(b"a: 1\na: 2\nb: {c: 1, c: 2}\n", "f.yaml")
    assert [(one.span.line, one.message) for one in found] == [
        (2, "the key `a` stands twice"),
        (3, "the key `c` stands twice"),
    ]


def test_keys_of_different_types_differ():
    """`1` and `"1"` are two keys."""
    assert plain(read(b"1: a\n'1': b", "f.yaml")[0]) == {1: "a", "1": "b"}


def test_an_alias_repeats_its_anchor():
    """An alias is the value of its anchor."""
    assert plain(read(b"a: &n [1, 2]\nb: *n", "f.yaml")[0]) == {"a": [1, 2], "b": [1, 2]}


def test_a_bomb_of_aliases_stops_at_the_limit_of_values():
    """Nine levels of nine aliases would be 400 million values; reading stops early and says so."""
    lines = ["l0: &l0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 9)]
    node, (found,) = read("\n".join(lines).encode(), "f.yaml")
    assert node is None
    assert found.code == "E103"


def test_a_file_beyond_a_mebibyte_is_not_read():
    """Size is checked before anything else."""
    node, (found,) = read(b"a: " + b"x" * source.MAX_BYTES, "f.yaml")
    assert (node, found.code) == (None, "E103")


def test_every_node_knows_its_place():
    """Keys and values carry line, column, end and the text of the line."""
    root, _ = read("# first\nä: {b: [1, 'x y']}\n".encode(), "f.yaml")
    ((outer, inner),) = root.entries
    ((key, items),) = inner.entries
    places = [(one.span.line, one.span.column, one.span.end) for one in (outer, key, *items.items)]
    assert places == [(2, 1, 2), (2, 5, 6), (2, 9, 10), (2, 12, 17)]
    assert outer.span.text == "ä: {b: [1, 'x y']}"


ALPHABET = "ab: -#'\"\n\t\\é\u2028"


def trees(alphabet):
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(alphabet, max_size=6)
    keys = st.text("ab", max_size=2)
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3)
    )


def same(left, right):
    return json.dumps(left) == json.dumps(right)


@settings(max_examples=100, deadline=None)
@given(trees(ALPHABET))
def test_json_reads_as_itself(tree):
    """JSON is YAML 1.2 and means the same, but for NaN, the infinite and pairs of surrogate escapes."""
    text = json.dumps(tree).replace("NaN", ".nan").replace("Infinity", ".inf")
    node, found = read(text.encode(), "f.json")
    assert found == []
    assert same(plain(node), tree)


@settings(max_examples=150, deadline=None)
@given(trees(ALPHABET + "𝄞"), st.booleans())
def test_both_parsers_give_the_same_nodes(tree, flow):
    """The C parser and the pure one give equal nodes, places included."""
    text = yaml.safe_dump(tree, default_flow_style=flow, allow_unicode=True).encode()
    assert outcome_of(text, pure=False) == outcome_of(text, pure=True)


@pytest.mark.parametrize("pure", [False, True])
def test_half_of_a_surrogate_pair_is_refused(pure):
    """A string that UTF-8 cannot hold is an error with either parser."""
    assert outcome_of(b'a: "\\udc00"', pure=pure) == ("None", ["E101"])


def outcome_of(text, *, pure):
    with pytest.MonkeyPatch.context() as patch:
        if pure:
            patch.delattr(yaml, "CSafeLoader")
        node, found = read(text, "f.yaml")
    return repr(node), [one.code for one in found]


@settings(max_examples=300, deadline=None)
@given(
    st.binary(max_size=60)
    | st.text("{}[]&*!|>'\"%@`-?:,# \n\tab01.~<\u0085\ufeff", max_size=40).map(str.encode)
)
def test_any_bytes_give_nodes_or_diagnostics(data):
    """Whatever the bytes, the answer is a node or an error, never an exception."""
    node, found = read(data, "f.yaml")
    assert isinstance(node, Scalar | Sequence | Mapping | None)
    assert node is not None or found
    assert all(isinstance(one, Diagnostic) and one.span.line >= 1 and one.span.column >= 1 for one in found)
