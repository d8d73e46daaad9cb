"""YAML text to nodes that know their place. The only file that imports yaml.

The scalars are those of the core schema of YAML 1.2.2 (section 10.3.2): `1e-3` and `0o17` are numbers,
`off`, `no`, `1_000` and `2026-01-31` are strings. Stricter than YAML: a key stands once and is a scalar; one
document a file; tags only of the core schema. Merge keys (`<<`) are not in YAML 1.2 and are refused; aliases
are read, and count against the limit of nodes as often as they stand. `read` never raises: what is wrong is
a diagnostic.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn

import yaml
from msgspec import Struct
from yaml import events as ev

from policy.diagnostics import Diagnostic, Span
from policy.scalars import is_endless, resolve

MAX_BYTES = 1 << 20
MAX_DEPTH = 64
MAX_NODES = 100_000

_SURROGATE = re.compile("[\ud800-\udfff]").search
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
_CONDITION = re.compile(r"\b(when|needs)\s*:|&&|\|\||==|!=|>=|<=").search
_FIRST_KEY = re.compile(r"\s*(- +)*[^\s:]+\s*").fullmatch
_FORBIDDEN = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_TAG = "tag:yaml.org,2002:"
_REST = "the rest of the file is not checked until this is mended"
_KINDS: dict[str, tuple[type, ...]] = {
    f"{_TAG}null": (type(None),),
    f"{_TAG}bool": (bool,),
    f"{_TAG}int": (int,),
    f"{_TAG}float": (float, int),
}


class Scalar(Struct, frozen=True):
    """A string, bool, int, float or None; `text` as written, `plain` if it stands without quotes."""

    value: Any
    span: Span
    text: str = ""
    plain: bool = True


class Sequence(Struct, frozen=True):
    """A list of nodes."""

    items: tuple[Node, ...]
    span: Span


class Mapping(Struct, frozen=True):
    """Keys and values in the order written."""

    entries: tuple[tuple[Scalar, Node], ...]
    span: Span


Node = Scalar | Sequence | Mapping


def plain(node: Node) -> Any:
    """The node as Python data: dict, list and scalars."""
    if isinstance(node, Mapping):
        return {key.value: plain(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [plain(item) for item in node.items]
    return node.value


def read(data: bytes, file: str) -> tuple[Node | None, list[Diagnostic]]:
    """The one document of a YAML file, or None, and what is wrong with it; `file` is the name to show."""
    if len(data) > MAX_BYTES:
        span = Span(file, 1, 1, 1)
        return None, [Diagnostic("E103", f"the file has {len(data):,} bytes, more than {MAX_BYTES:,}", span)]
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        return None, [_not_utf8(data, error, file)]
    lines = _BREAK.split(text)
    if found := _FORBIDDEN.search(text):
        return None, [_forbidden(text, found.start(), lines, file)]
    return _Composer(text, lines, file).document()


def _not_utf8(data: bytes, error: UnicodeDecodeError, file: str) -> Diagnostic:
    before = data[: error.start].decode("utf-8-sig")
    lines = _BREAK.split(before)
    shown = _BREAK.split(data[error.start - len(lines[-1].encode()) :].decode(errors="replace"))[0]
    column = len(lines[-1]) + 1
    span = Span(file, len(lines), column, column + 1, shown)
    return Diagnostic(
        "E100", f"byte 0x{data[error.start]:02x} is not UTF-8", span, help=("save the file as UTF-8",)
    )


def _forbidden(text: str, index: int, lines: list[str], file: str) -> Diagnostic:
    before = _BREAK.split(text[:index])
    line, column = len(before), len(before[-1]) + 1
    span = Span(file, line, column, column + 1, lines[line - 1])
    help_ = ('write it as an escape in double quotes, such as "\\u0007"',)
    return Diagnostic(
        "E101", f"the character U+{ord(text[index]):04X} may not stand in YAML", span, help=help_
    )


class _StopError(Exception):
    """Reading cannot go on; the diagnostic is already noted."""


def _in_quotes(line: str) -> tuple[str, ...]:
    """What to do with a condition that YAML takes for something of its own."""
    if not _CONDITION(line):
        return ()
    what = "put the condition in single quotes if it holds brackets, braces or commas, or begins with `!` or a quote"
    return (f'{what}: when: \'country in ["NO", "SE"]\'',)


def _way_out(problem: str, line: str, column: int) -> tuple[str, ...]:
    """What most likely mends a line that is not YAML."""
    if "\t" in line[:column]:
        return ("indent with spaces, never with tabs",)
    if "never closed" in problem:
        return ("close it at the end of the text; within single quotes, a quote is written twice",)
    if "escape character" in problem:
        return ("in double quotes a backslash begins an escape: write two, or take single quotes",)
    colon = "mapping values are not allowed" in problem
    if (colon and _FIRST_KEY(line[: column - 1])) or "while parsing a block" in problem:
        return ("begin all keys of one block in the same column; this one stands further right, or left",)
    if colon:
        return ("put a text that holds a colon and a space in quotes",)
    if "while parsing a flow" in problem and not _CONDITION(line) and line[column - 1 : column] in ("[", "{"):
        return ('between braces, put what holds brackets in quotes: output: "probability[1]"',)
    return _in_quotes(line)


@dataclass(slots=True)
class _Anchor:
    node: Node | None  # None while it is being read
    size: int


@dataclass(slots=True)
class _Composer:
    """Parser events to nodes, one document, within the limits."""

    text: str
    lines: list[str]
    file: str
    found: list[Diagnostic] = field(default_factory=list)
    anchors: dict[str, _Anchor] = field(default_factory=dict)
    nodes: int = 0

    def document(self) -> tuple[Node | None, list[Diagnostic]]:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        try:
            return self._document(iter(yaml.parse(self.text, Loader=loader))), self.found
        except _StopError:
            return None, self.found
        except yaml.MarkedYAMLError as error:
            return None, [*self.found, self._syntax(error)]
        except (yaml.YAMLError, ValueError, IndexError, RecursionError) as error:
            return None, [*self.found, Diagnostic("E101", f"not YAML: {error}", self._line(1))]

    def _document(self, events: Iterator[ev.Event]) -> Node | None:
        root: Node | None = None
        for event in events:
            if isinstance(event, ev.DocumentStartEvent):
                if root is not None:
                    self._fail("E103", "a second document begins here; a file holds one", event)
                root = self._node(next(events), events, 1)
        if root is None:
            self.found.append(Diagnostic("E103", "the file is empty", self._line(1)))
        return root

    def _node(self, event: ev.Event, events: Iterator[ev.Event], depth: int) -> Node:
        if isinstance(event, ev.AliasEvent):
            return self._alias(event)
        self._count(1, event)
        if depth > MAX_DEPTH:
            self._fail("E103", f"nested deeper than {MAX_DEPTH} levels", event)
        before = self.nodes
        anchor = self._anchor(event)
        node: Node
        if isinstance(event, ev.ScalarEvent):
            node = self._scalar(event)
        elif isinstance(event, ev.SequenceStartEvent):
            node = self._sequence(event, events, depth)
        else:
            node = self._mapping(event, events, depth)
        if anchor is not None:
            anchor.node, anchor.size = node, self.nodes - before + 1
        return node

    def _anchor(self, event: ev.Event) -> _Anchor | None:
        name = getattr(event, "anchor", None)
        if name is None:
            return None
        self.anchors[name] = anchor = _Anchor(None, 0)
        return anchor

    def _alias(self, event: ev.AliasEvent) -> Node:
        anchor = self.anchors.get(event.anchor or "")
        if anchor is None:
            self._fail("E104", f"no anchor `&{event.anchor}` stands above this alias", event)
        if anchor.node is None:
            self._fail("E104", f"the alias `*{event.anchor}` stands inside what it repeats", event)
        self._count(anchor.size, event)
        return anchor.node

    def _count(self, size: int, event: ev.Event) -> None:
        self.nodes += size
        if self.nodes > MAX_NODES:
            self._fail(
                "E103", f"more than {MAX_NODES:,} values, aliases counted as often as they stand", event
            )

    def _sequence(self, event: ev.SequenceStartEvent, events: Iterator[ev.Event], depth: int) -> Sequence:
        self._tag(event, f"{_TAG}seq")
        items = []
        while not isinstance(item := next(events), ev.SequenceEndEvent):
            items.append(self._node(item, events, depth + 1))
        return Sequence(tuple(items), self._span(event))

    def _mapping(self, event: ev.Event, events: Iterator[ev.Event], depth: int) -> Mapping:
        self._tag(event, f"{_TAG}map")
        entries: list[tuple[Scalar, Node]] = []
        places: dict[tuple[type, Any], Scalar] = {}
        while not isinstance(item := next(events), ev.MappingEndEvent):
            key = self._node(item, events, depth + 1)
            value = self._node(next(events), events, depth + 1)
            if self._accepts(key, places, item) and isinstance(key, Scalar):
                entries.append((key, value))
        return Mapping(tuple(entries), self._span(event))

    def _accepts(self, key: Node, places: dict[tuple[type, Any], Scalar], event: ev.Event) -> bool:
        if not isinstance(key, Scalar):
            self._note("E104", "a key must be a single word or number", event)
            return False
        if key.plain and key.text == "<<":
            help_ = "write the keys out, or repeat a whole value with an alias"
            self._note("E104", "merge keys (`<<`) are not part of YAML 1.2", event, help_)
            return False
        first = places.setdefault((type(key.value), key.value), key)
        if first is not key:
            note = f"it stands first at line {first.span.line}, column {first.span.column}"
            self.found.append(
                Diagnostic("E102", f"the key `{key.text}` stands twice", self._span(event), (note,))
            )
            return False
        return True

    def _scalar(self, event: ev.ScalarEvent) -> Scalar:
        is_plain = event.style in (None, "")
        span, text = self._span(event), event.value
        if not is_plain and _SURROGATE(text):  # libyaml refuses these escapes, the pure parser does not
            self._fail("E101", "an escape for half of a surrogate pair; write \\U and eight digits", event)
        tag = event.tag
        if tag in ("!", f"{_TAG}str") or (tag is None and not is_plain):
            return Scalar(text, span, text, plain=False)
        value = self._value(text, event)
        if tag is not None:
            self._typed(tag, value, event)
        return Scalar(value, span, text, plain=is_plain)

    def _value(self, text: str, event: ev.Event) -> Any:
        if is_endless(text):
            self._note("E103", f"a number of {len(text):,} characters", event)
            return text
        return resolve(text)

    def _typed(self, tag: str, value: Any, event: ev.Event) -> None:
        kinds = _KINDS.get(tag)
        if kinds is None:
            hints = _in_quotes(self._span(event).text) or ("leave the tag out",)
            self._note("E104", f"the tag `{tag}` is not known here", event, *hints)
        elif type(value) not in kinds:
            self._note("E104", f"the tag `!!{tag.removeprefix(_TAG)}` does not fit this value", event)

    def _tag(self, event: ev.Event, wanted: str) -> None:
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", wanted):
            self._note("E104", f"the tag `{tag}` is not known here", event, "leave the tag out")

    def _span(self, event: ev.Event) -> Span:
        start, end = event.start_mark, event.end_mark
        assert start is not None
        assert end is not None
        line = self.lines[start.line] if start.line < len(self.lines) else ""
        column = start.column + 1
        last = end.column + 1 if end.line == start.line else len(line.rstrip()) + 1
        return Span(self.file, start.line + 1, column, max(last, column), line)

    def _line(self, number: int) -> Span:
        text = self.lines[number - 1]
        return Span(self.file, number, 1, max(len(text.rstrip()) + 1, 1), text)

    def _note(self, code: str, message: str, event: ev.Event, *help_: str) -> None:
        self.found.append(Diagnostic(code, message, self._span(event), help=help_))

    def _fail(self, code: str, message: str, event: ev.Event) -> NoReturn:
        self._note(code, message, event)
        raise _StopError

    def _syntax(self, error: yaml.MarkedYAMLError) -> Diagnostic:
        mark = error.problem_mark or error.context_mark
        if mark is None:
            return Diagnostic("E101", f"not YAML: {error.problem}", self._line(1))
        problem = str(error.problem)
        if "quoted scalar" in str(error.context) and "end of stream" in problem and error.context_mark:
            mark, problem = error.context_mark, "a quote that opens here is never closed"
        number = min(mark.line, len(self.lines) - 1)
        text = self.lines[number]
        column = min(mark.column, len(text)) + 1
        notes: tuple[str, ...] = ()
        if error.context and mark is not error.context_mark:
            where = f" (line {error.context_mark.line + 1})" if error.context_mark else ""
            notes = (f"{error.context}{where}",)
        notes += (_REST,)
        help_ = _way_out(f"{error.context} {problem}", text, column)
        return Diagnostic(
            "E101",
            f"not YAML: {problem}",
            Span(self.file, number + 1, column, column + 1, text),
            notes,
            help_,
        )
