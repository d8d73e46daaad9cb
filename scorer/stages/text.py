"""Texts become tokens: Tokenizer, RegexTokenizer, StopWordsRemover, NGram."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from scorer.errors import Invalid, shown
from scorer.fields import TOKENS, Field, Kind, of_texts
from scorer.javaregex import Pattern, compile_java, split
from scorer.saved import Saved
from scorer.stage import Stage, stage

BLANK = re.compile(r"[ \t\n\x0b\f\r]")  # Java's \s is ASCII


def words(value: Any) -> list[Any]:
    """Check that a value is a list of tokens."""
    if isinstance(value, list | tuple):
        return list(value)
    raise Invalid(
        "null, where a list of tokens is needed" if value is None else f"{shown(value)} is no list of tokens"
    )


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    raise Invalid("null, where a text is needed" if value is None else f"{shown(value)} is no text")


@stage("org.apache.spark.ml.feature.Tokenizer", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class Tokenizer(Stage):
    """Lower-cased text, split at each ASCII blank; empty tokens at the end go. Source: feature.Tokenizer."""

    accepts: ClassVar[tuple[Kind, ...]] = ("string",)

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read nothing: the transformer has no parameters but its columns."""
        del saved
        return cls()

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: tokens."""
        del inputs
        return (Field(TOKENS),)

    def row(self) -> Callable[[Any], list[str]]:
        """Split one text."""

        def tokenize(value: Any) -> list[str]:
            text = _text(value).lower()
            tokens = (
                text.split(" ") if text.isprintable() else BLANK.split(text)
            )  # no other blank is printable
            if len(tokens) == 1:
                return tokens
            while tokens and not tokens[-1]:
                tokens.pop()
            return tokens

        return tokenize


@stage("org.apache.spark.ml.feature.RegexTokenizer", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class RegexTokenizer(Stage):
    """Text split at the pattern (`gaps`), or the pattern's matches. Source: feature.RegexTokenizer.

    Tokens shorter than `least` UTF-16 units go. The pattern runs on RE2, in time linear in the text.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("string",)
    pattern: Pattern
    gaps: bool
    least: int
    lower: bool

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read the parameters and compile the pattern."""
        text = saved.text("pattern", "\\s+")
        try:
            pattern = compile_java(text)
        except ValueError as e:
            raise saved.fail(f"its pattern {text!r} cannot be run: {e}") from None
        lower = saved.flag("toLowercase", default=True)
        return cls(pattern, saved.flag("gaps", default=True), saved.whole("minTokenLength", 1), lower)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: tokens."""
        del inputs
        return (Field(TOKENS),)

    def row(self) -> Callable[[Any], list[str]]:
        """Split one text."""
        pattern, gaps, least, lower = self.pattern, self.gaps, self.least, self.lower

        def tokenize(value: Any) -> list[str]:
            text = _text(value).lower() if lower else _text(value)
            tokens = split(pattern, text) if gaps else [text[low:high] for low, high in pattern.spans(text)]
            return [token for token in tokens if _units(token) >= least]

        return tokenize


def _units(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


@stage(
    "org.apache.spark.ml.feature.StopWordsRemover", inputs=("inputCol",), outputs=("outputCol",), each=True
)
@dataclass(frozen=True, slots=True)
class StopWordsRemover(Stage):
    """Tokens without the stop words. Source: feature.StopWordsRemover; a null token stays."""

    accepts: ClassVar[tuple[Kind, ...]] = ("tokens",)
    stop: frozenset[str]
    exact: bool  # upper and lower case differ

    @classmethod
    def read(cls, saved: Saved) -> Sequence[Stage]:
        """Read one stage a column; the words stand in the metadata, in full."""
        exact = saved.flag("caseSensitive", default=False)
        stop = saved.texts("stopWords")
        one = cls(frozenset(stop if exact else (word.lower() for word in stop)), exact)
        return [one] * (len(saved.texts("inputCols", ())) or 1)

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Refuse lists of numbers."""
        of_texts(inputs[0])
        return self

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: tokens."""
        del inputs
        return (Field(TOKENS),)

    def row(self) -> Callable[[Any], list[Any]]:
        """Filter one list."""
        stop, exact = self.stop, self.exact

        def remove(value: Any) -> list[Any]:
            tokens = words(value)
            return [t for t in tokens if t is None or (t if exact else t.lower()) not in stop]

        return remove


@stage("org.apache.spark.ml.feature.NGram", inputs=("inputCol",), outputs=("outputCol",))
@dataclass(frozen=True, slots=True)
class NGram(Stage):
    """Every run of n tokens, joined by a blank. Source: feature.NGram."""

    accepts: ClassVar[tuple[Kind, ...]] = ("tokens",)
    n: int

    @classmethod
    def read(cls, saved: Saved) -> Stage:
        """Read n."""
        n = saved.whole("n", 2)
        if n < 1:
            raise saved.fail(f"n should be 1 or more, not {n}")
        return cls(n)

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Refuse lists of numbers."""
        of_texts(inputs[0])
        return self

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output: tokens."""
        del inputs
        return (Field(TOKENS),)

    def row(self) -> Callable[[Any], list[str]]:
        """Join one list's runs; a null token reads `null`, as in Java."""
        n = self.n

        def grams(value: Any) -> list[str]:
            tokens = ["null" if token is None else token for token in words(value)]
            return [" ".join(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]

        return grams
