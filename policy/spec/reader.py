"""Nodes to typed values, with a diagnostic for whatever does not fit; nothing is raised.

A block of the policy file is a function that takes its node and a `Reader`. It returns as much as it could
read, so that the blocks after it can still be checked; whether the whole is sound, the diagnostics alone
say.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from math import isfinite

from policy.diagnostics import Diagnostic, Severity, Span, did_you_mean
from policy.scalars import resolve
from policy.source import Mapping as MappingNode
from policy.source import Node, Scalar
from policy.source import Sequence as SequenceNode

NAME = r"[a-z][a-z0-9_-]{0,63}"
IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]{0,63}"
_KEY = re.compile(r"[\w -]+").fullmatch
_NAME, _IDENTIFIER = re.compile(NAME).fullmatch, re.compile(IDENTIFIER).fullmatch

_SHORT = 40  # characters of a number that is repeated in a message
_HINTS = 50
_MOST = 2_000  # diagnostics kept; more than the warnings that a file can earn, so an error is among them

_HABITS = {  # keys by other names
    **dict.fromkeys(("if", "condition", "expression", "where"), "when"),
    **dict.fromkeys(("then", "effect", "result", "decision"), "action"),
    **dict.fromkeys(("id", "title"), "name"),
    **dict.fromkeys(("values", "items"), "entries"),
    **dict.fromkeys(("otherwise", "fallback"), "else"),
}

Fields = dict[str, tuple[Scalar, Node]]


def kind(node: Node) -> str:
    """What a node is, in the words of a message."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if isinstance(node, SequenceNode):
        return "a list"
    value = node.value
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return f"`{node.text}`, a bool"
    if isinstance(value, int | float):
        return f"the number {node.text[:40]}"
    return f'the string "{node.text[:40]}"'


def _as_mapping(node: Node) -> tuple[str, ...]:
    """How a list is written as a mapping, which it was most likely meant to be."""
    if not isinstance(node, SequenceNode) or not node.items:
        return ()
    if all(isinstance(item, MappingNode) and len(item.entries) == 1 for item in node.items):
        return ("leave out the dashes: these are keys of one mapping",)
    if all(isinstance(item, Scalar) for item in node.items):
        return ("write each as a key, with a colon behind it",)
    return ()


def place(span: Span) -> str:
    """A place in the same file, in the words of a message."""
    return f"line {span.line}"


@dataclass(slots=True)
class Reader:
    """Reads nodes and collects what is wrong with them."""

    found: list[Diagnostic] = field(default_factory=list)
    compared: int = 0

    def note(
        self,
        code: str,
        message: str,
        span: Span,
        *notes: str,
        hints: Iterable[str] = (),
        severity: Severity = "error",
    ) -> None:
        """Add a diagnostic, unless there are thousands; `hints` become its help lines."""
        if len(self.found) < _MOST:
            self.found.append(Diagnostic(code, message, span, notes, tuple(hints), severity))

    def take(self, diagnostic: Diagnostic) -> None:
        """Add a diagnostic of another reader, unless there are thousands."""
        if len(self.found) < _MOST:
            self.found.append(diagnostic)

    def near(self, word: str, known: Iterable[str]) -> tuple[str, ...]:
        """A help line with the known word nearest to a wrong one; only for the first of many wrong ones."""
        self.compared += 1
        return did_you_mean(word, known) if self.compared <= _HINTS else ()

    def fields(self, node: Node, what: str) -> Fields:
        """The entries of a mapping whose keys are strings."""
        if not isinstance(node, MappingNode):
            found = f"found {kind(node)}"
            self.note("E110", f"{what} must be a mapping", node.span, found, hints=_as_mapping(node))
            return {}
        fields: Fields = {}
        for key, value in node.entries:
            if isinstance(key.value, str):
                fields[key.value] = (key, value)
            else:
                hints = (f'write it in quotes: "{key.text[:40]}"',)
                if isinstance(key.value, int | float) and isinstance(value, Scalar) and value.value is None:
                    hints = ("a comma begins a new key: a decimal number has a point, as 0.4",)
                self.note("E110", "a key must be a string", key.span, f"found {kind(key)}", hints=hints)
        return fields

    def record(
        self,
        node: Node,
        what: str,
        known: Collection[str],
        required: Collection[str] = (),
        later: Mapping[str, str] | None = None,
    ) -> Fields:
        """The entries of a mapping with the known keys only.

        `later` names keys that this version does not read, with what they are for.
        """
        fields = self.fields(node, what)
        missing = (
            {name for name in required if name not in fields} if isinstance(node, MappingNode) else set()
        )
        for name in [name for name in fields if name not in known]:
            key, value = fields.pop(name)
            if later and name in later:
                self.note("E114", f"`{name}` ({later[name]}) is not supported by this version", key.span)
                continue
            meant = _HABITS.get(name.lower())
            hints = (f"did you mean `{meant}`?",) if meant in known else self.near(name, known)
            if not _KEY(name) and isinstance(value, Scalar) and value.value is None:
                hints = ("a comma between braces begins a new key: put the text before it in single quotes",)
            expected = f"expected {', '.join(known)}"
            self.note("E111", f"{what} has no key `{name}`", key.span, expected, hints=hints)
            missing -= {one for one in missing if f"`{one}`" in "".join(hints)}  # told with its wrong name
        for name in required:
            if name in missing:
                self.note("E112", f"{what} needs the key `{name}`", node.span)
        return fields

    def items(self, node: Node, what: str) -> tuple[Node, ...]:
        """The items of a list."""
        if isinstance(node, SequenceNode):
            return node.items
        self.note("E110", f"{what} must be a list", node.span, f"found {kind(node)}")
        return ()

    def text(self, node: Node, what: str) -> str | None:
        """A string."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return node.value
        self.note("E110", f"{what} must be a string", node.span, f"found {kind(node)}")
        return None

    def boolean(self, node: Node, what: str) -> bool | None:
        """A bool."""
        if isinstance(node, Scalar) and isinstance(node.value, bool):
            return node.value
        words = {"yes": "true", "on": "true", "no": "false", "off": "false"}
        word = words.get(str(node.value).lower()) if isinstance(node, Scalar) else None
        hints = (f"write {word}",) if word else ()
        self.note("E110", f"{what} must be true or false", node.span, f"found {kind(node)}", hints=hints)
        return None

    def number(self, node: Node, what: str) -> float | None:
        """A finite number, as a double."""
        value = node.value if isinstance(node, Scalar) else None
        if isinstance(value, int | float) and not isinstance(value, bool):
            try:
                double = float(value)
            except OverflowError:
                double = float("inf")
            if isfinite(double):
                return double
        text = node.value if isinstance(node, Scalar) and isinstance(node.value, str) else ""
        bare = isinstance(resolve(text), int | float) and not isinstance(resolve(text), bool)
        hints = (f"write {text} without quotes",) if bare and len(text) <= _SHORT else ()
        self.note("E110", f"{what} must be a number", node.span, f"found {kind(node)}", hints=hints)
        return None

    def choice(self, node: Node, what: str, options: Collection[str], code: str = "E113") -> str | None:
        """One of the words."""
        word = self.text(node, what)
        if word is None or word in options:
            return word
        if not options and code == "E131":
            return None  # there are no actions to name, which is told where they should stand
        expected = f"expected {', '.join(options)}" if options else "there is none to name"
        self.note(
            code, f"{what} cannot be `{word[:80]}`", node.span, expected, hints=self.near(word, options)
        )
        return None

    def name(self, scalar: Node, what: str) -> str | None:
        """A name for paths and addresses: lower-case letters, digits, `-` and `_`, at most 64."""
        word = self.text(scalar, what)
        if word is None or _NAME(word):
            return word
        expected = (
            "expected a lower-case letter, then lower-case letters, digits, `-` or `_`, at most 64 in all"
        )
        self.note("E115", f"{what} cannot be `{word[:80]}`", scalar.span, expected)
        return None

    def identifier(self, scalar: Node, what: str) -> str | None:
        """A name for expressions: letters, digits and `_`, at most 64."""
        word = self.text(scalar, what)
        if word is None or _IDENTIFIER(word):
            return word
        expected = "expected a letter or `_`, then letters, digits or `_`, at most 64 in all"
        self.note("E115", f"{what} cannot be `{word[:80]}`", scalar.span, expected)
        return None
