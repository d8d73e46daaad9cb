"""Generated Python: source that holds only names made here, kept where tracebacks find it.

No text of a user is ever in it. Strings, patterns, zones and functions stand in the namespace under `c0`, `c1`, ….
"""

from __future__ import annotations

import itertools
import linecache
import re
import weakref
from collections.abc import Iterable, Mapping, Sequence
from types import FunctionType
from typing import Any

_SAFE = re.compile(r"[\x20-\x7e\n]*")
_numbers = itertools.count(1)


class Constants:
    """Values that generated code needs, each under one name."""

    def __init__(self) -> None:
        self.namespace: dict[str, Any] = {}
        self._names: dict[tuple[str, Any], str] = {}

    def text(self, value: Any) -> str:
        """Python text that stands for the value: itself for None, bool, int and finite double, else a name."""
        if value is None or type(value) is bool:
            return repr(value)
        if type(value) is int or (type(value) is float and -1e300 < value < 1e300):
            return f"({value!r})" if repr(value)[0] == "-" else repr(value)
        return self.name(value)

    def name(self, value: Any) -> str:
        """The name of a value."""
        key = (type(value).__name__, value if isinstance(value, str | float | frozenset) else id(value))
        if key not in self._names:
            name = f"c{len(self._names)}"
            self._names[key] = name
            self.namespace[name] = value
        return self._names[key]


class Writer:
    """Writes the body of one function: its lines, its constants, and temporaries whose names never repeat."""

    def __init__(self) -> None:
        self.constants = Constants()
        self.lines: list[str] = []
        self._numbers = itertools.count()

    def fresh(self, letter: str = "t") -> str:
        """A name that nothing else has."""
        return f"{letter}{next(self._numbers)}"

    def line(self, text: str, letter: str = "t") -> str:
        """The name of a line that holds the text's value."""
        name = self.fresh(letter)
        self.lines.append(f"{name} = {text}")
        return name

    def function(
        self, name: str, params: Iterable[str], last: Sequence[str], given: Mapping[str, Any] | None = None
    ) -> FunctionType:
        """The function of the lines so far and the last ones; `given`: what its text uses besides the constants."""
        namespace = {**(given or {}), **self.constants.namespace}
        return function(name, list(params), [*self.lines, *last], namespace)


def function(
    name: str, params: Sequence[str], body: Sequence[str], namespace: Mapping[str, Any]
) -> FunctionType:
    """A Python function of these lines, which must come from the emitters of this package."""
    source = "\n".join([f"def {name}({', '.join(params)}):", *(f"    {line}" for line in body), ""])
    assert _SAFE.fullmatch(source)
    filename = f"<policy.expr {next(_numbers)}>"
    scope: dict[str, Any] = dict(namespace)
    exec(compile(source, filename, "exec"), scope)
    made: FunctionType = scope[name]
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    weakref.finalize(made, linecache.cache.pop, filename, None)
    return made
