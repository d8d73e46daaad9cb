"""Expressions of a statement: sqlglot's nodes become nodes of the subset, each checked with all its arguments."""

from __future__ import annotations

import re
from typing import Any

from scorer.errors import Invalid
from scorer.sql.dates import parsed
from scorer.sql.literals import type_of, written_number
from scorer.sql.names import EXTRACT
from scorer.sql.nodes import Node
from scorer.sql.signatures import FUNCTIONS, REFUSED
from scorer.sql.types import BOOLEAN, DATE, STRING, VOID
from scorer.sql.words import (
    BINARY,
    BITS,
    COMPARE,
    EXTRACTS,
    FIELDS,
    FLAGS,
    NAMES,
    PREDICATE,
    UnknownError,
    spaced,
    written,
)

MAX_DEPTH = 100
TABLE = "__THIS__"


class Expressions:
    """Reads expressions; `columns` are the columns that they read, by their names in small letters."""

    def __init__(self, text: str) -> None:
        """Read expressions of this text, over the table's own name until FROM gives another."""
        self.text = text
        self.columns: dict[str, str] = {}
        self.table = {TABLE.lower()}

    def node(self, one: Any, depth: int) -> Node:
        """Read an expression; raises UnknownError for what is outside the subset."""
        if depth > MAX_DEPTH:
            raise UnknownError(f"an expression of more than {MAX_DEPTH} levels is not supported")
        kind = type(one).__name__
        if kind == "Paren":
            return self.node(one.this, depth + 1)
        if kind in COMPARE:
            self._unmixed(one)
        if kind in BINARY:
            return self._binary(one, kind, depth)
        read = getattr(self, f"_{kind.lower()}", None) if kind in _READERS else None
        if read is None:
            raise UnknownError(f"{NAMES.get(kind, spaced(kind))} is not supported{self._place(one)}")
        found: Node = read(one, depth)
        return found

    def _all(self, many: Any, depth: int) -> tuple[Node, ...]:
        """Read several; what one of them lacks does not hide what the next one lacks."""
        out, lacks = [], []
        for one in many:
            try:
                out.append(self.node(one, depth + 1))
            except UnknownError as e:
                lacks.append(str(e))
        if lacks:
            raise UnknownError("; ".join(lacks))
        return tuple(out)

    def _binary(self, one: Any, kind: str, depth: int) -> Node:
        _only(one, "this", "expression")
        sides = type(one.this).__name__, type(one.expression).__name__
        mixed = (
            sides[0] in BITS and sides[0] != kind if kind in BITS else sides[0] in BITS and kind == "DPipe"
        )
        if mixed or (kind in BITS and sides[1] in BITS):
            raise UnknownError("different operators of & ^ | || beside each other need parentheses")
        if kind == "DPipe" and sides[1] in ("Add", "Sub"):
            return self._from_left(one, depth)
        return Node(BINARY[kind], self._all((one.this, one.expression), depth))

    def _from_left(self, one: Any, depth: int) -> Node:
        """Read `a || b + c`, which Spark takes from the left and sqlglot by rank."""
        terms, below = [], one.expression
        while type(below).__name__ in ("Add", "Sub"):
            _only(below, "this", "expression")
            terms.append((BINARY[type(below).__name__], below.expression))
            below = below.this
        if depth + len(terms) > MAX_DEPTH:
            raise UnknownError(f"an expression of more than {MAX_DEPTH} levels is not supported")
        made = Node("||", self._all((one.this, below), depth + len(terms)))
        for symbol, term in reversed(terms):
            made = Node(symbol, (made, *self._all((term,), depth)))
        return made

    def _unmixed(self, one: Any) -> None:
        """Spark takes comparisons and predicates from the left, sqlglot by rank: only parentheses mean one thing."""
        for side in (one.this, one.expression):
            if type(side).__name__ in COMPARE | PREDICATE:
                raise UnknownError("a comparison of a comparison or predicate needs parentheses")

    def _neq(self, one: Any, depth: int) -> Node:
        _only(one, "this", "expression")
        return Node("not", (Node("=", self._all((one.this, one.expression), depth)),))

    def _and(self, one: Any, depth: int) -> Node:
        return self._chain(one, "and", depth)

    def _or(self, one: Any, depth: int) -> Node:
        return self._chain(one, "or", depth)

    def _chain(self, one: Any, op: str, depth: int) -> Node:
        kind, parts = type(one), []
        while type(one) is kind:
            _only(one, "this", "expression")
            parts.append(one.expression)
            one = one.this
        return Node(op, self._all([one, *reversed(parts)], depth))

    def _not(self, one: Any, depth: int) -> Node:
        _only(one, "this")
        (below,) = self._all((one.this,), depth)
        if type(one.this).__name__ == "Is":  # `IS NOT`; NOT (… IS …) has its parentheses
            return Node(f"is not {below.op[3:]}", below.args)
        return Node("not", (below,))

    def _neg(self, one: Any, depth: int) -> Node:
        _only(one, "this")
        if type(one.this).__name__ == "Literal" and not one.this.is_string:
            return written_number(one.this.this, "-")
        return Node("negative", self._all((one.this,), depth))

    def _bitwisenot(self, one: Any, depth: int) -> Node:
        _only(one, "this")
        return Node("~", self._all((one.this,), depth))

    def _bracket(self, one: Any, depth: int) -> Node:
        """Read `split(…)[0]`."""
        _only(one, "this", "expressions")
        if len(one.expressions) != 1:
            raise UnknownError("one number is needed in [ ]")
        return Node("[ ]", self._all((one.this, *one.expressions), depth))

    def _extract(self, one: Any, depth: int) -> Node:
        _only(one, "this", "expression")
        field = str(one.this.name)
        if field.lower() not in EXTRACTS:
            raise UnknownError(f"EXTRACT({field[:30]} FROM …) is not supported, but of {', '.join(FIELDS)}")
        return Node(
            EXTRACTS[field.lower()],
            self._all((one.expression,), depth),
            value=EXTRACT,
            text=self._written(field),
        )

    def _written(self, field: str) -> str:
        """Return a field of EXTRACT as the statement writes it, empty if it does so in two ways."""
        ways = set(re.findall(rf"(?i)\bextract\s*\(\s*({re.escape(field)})\b", self.text))
        return ways.pop() if len(ways) == 1 else ""

    def _trim(self, one: Any, depth: int) -> Node:
        _only(one, "this", "expression", "position")
        name = {"LEADING": "ltrim", "TRAILING": "rtrim"}.get(str(one.args.get("position")).upper(), "trim")
        letters = one.args.get("expression")
        parts = (one.this,) if letters is None else (letters, one.this)
        return Node(name, self._all(parts, depth), text="trim")

    def _is(self, one: Any, depth: int) -> Node:
        _only(one, "this", "expression")
        kind = type(one.expression).__name__
        word = "null" if kind == "Null" else "" if kind != "Boolean" else str(one.expression.this).lower()
        if not word:
            raise UnknownError(f"IS {written(one.expression)} is not supported")
        return Node(f"is {word}", self._all((one.this,), depth))

    def _between(self, one: Any, depth: int) -> Node:
        _only(one, "this", "low", "high")
        return Node("between", self._all((one.this, one.args["low"], one.args["high"]), depth))

    def _in(self, one: Any, depth: int) -> Node:
        _only(one, "this", "expressions", but={"query": "IN (SELECT …)"})
        return Node("in", self._all((one.this, *one.expressions), depth))

    def _like(self, one: Any, depth: int) -> Node:
        return self._pattern(one, Node("like", self._all((one.this, one.expression), depth)))

    def _regexplike(self, one: Any, depth: int) -> Node:
        return self._pattern(one, Node("rlike", self._all((one.this, one.expression), depth), text="RLIKE"))

    def _pattern(self, one: Any, node: Node) -> Node:
        _only(one, "this", "expression", "negate")
        return Node("not", (node,)) if one.args.get("negate") else node

    def _case(self, one: Any, depth: int) -> Node:
        _only(one, "this", "ifs", "default")
        subject = one.args.get("this")
        parts = [part for branch in one.args["ifs"] for part in (branch.this, branch.args.get("true"))]
        parts += [one.args["default"]] if one.args.get("default") is not None else []
        if subject is None:
            return Node("case", self._all(parts, depth))
        return Node("case of", self._all((subject, *parts), depth))

    def _if(self, one: Any, depth: int) -> Node:
        _only(one, "this", "true", "false")
        if one.args.get("false") is None:
            raise UnknownError("IF takes three arguments")
        return Node("if", self._all((one.this, one.args["true"], one.args["false"]), depth))

    def _trycast(self, one: Any, depth: int) -> Node:
        _only(one, "this", "to", but={"format": "a FORMAT of CAST", "default": "a DEFAULT of CAST"})
        wanted = type_of(one.args["to"])
        return Node("try_cast" if one.args.get("safe") else "cast", self._all((one.this,), depth), wanted)

    def _cast(self, one: Any, depth: int) -> Node:
        """Read a literal such as DATE'2024-01-01', which sqlglot takes for a cast."""
        del depth
        _only(one, "this", "to")
        name = one.args["to"].this.name
        if name != "DATE" or type(one.this).__name__ != "Literal":
            raise UnknownError(f"a literal {written(one)} is not supported")
        try:
            day = parsed(one.this.this)
        except Invalid as e:
            raise UnknownError(f"DATE {e.reason}") from None
        if day is None:
            raise UnknownError(f"DATE '{one.this.this[:50]}' is no date")
        return Node("literal", value=day, type=DATE, text=f"DATE '{day.isoformat()}'")

    def _literal(self, one: Any, depth: int) -> Node:
        del depth
        if not one.is_string:
            return written_number(one.this)
        return Node("literal", value=one.this, type=STRING, text=one.this)

    def _rawstring(self, one: Any, depth: int) -> Node:
        del depth
        return Node("literal", value=one.this, type=STRING, text=one.this)

    def _concat(self, one: Any, depth: int) -> Node:
        """Read adjacent literals, which are one."""
        _only(one, "expressions")
        parts = self._all(one.expressions, depth)
        if any(part.op != "literal" or part.type != STRING for part in parts):
            raise UnknownError("literals beside each other must be texts")
        whole = "".join(part.value for part in parts)
        return Node("literal", value=whole, type=STRING, text=whole)

    def _boolean(self, one: Any, depth: int) -> Node:
        del depth
        return Node("literal", value=bool(one.this), type=BOOLEAN, text="true" if one.this else "false")

    def _null(self, one: Any, depth: int) -> Node:
        del one, depth
        return Node("literal", type=VOID, text="NULL")

    def _column(self, one: Any, depth: int) -> Node:
        del depth
        _only(one, "this", "table", but={"db": "a field of a struct", "catalog": "a field of a struct"})
        table = one.table
        if table and table.lower() not in self.table:
            raise UnknownError(
                f"`{table}.{one.name}` is no column of {TABLE}; a name with a dot stands in backticks"
            )
        name = one.this.this
        if not isinstance(name, str):
            raise UnknownError("* is not supported inside an expression")
        first = self.columns.setdefault(name.lower(), name)
        return Node("column", value=list(self.columns).index(first.lower()), text=name)

    def _anonymous(self, one: Any, depth: int) -> Node:
        _only(one, "this", "expressions")
        written = one.this if isinstance(one.this, str) else one.name
        name = written.lower()
        place = self._place(one)
        if name in REFUSED:
            raise UnknownError(f"{REFUSED[name]} `{name}` is not supported{place}")
        if name not in FUNCTIONS:
            raise UnknownError(f"function `{name}` is not supported{place}")
        low, high = FUNCTIONS[name]
        if name == "position" and len(one.expressions) == 1 and type(one.expressions[0]).__name__ == "In":
            return self._position(one.expressions[0], depth)
        if not low <= len(one.expressions) <= high:
            takes = str(low) if low == high else f"{low} or more" if high > 9 else f"{low} to {high}"
            raise UnknownError(
                f"function `{name}` takes {takes} arguments, not {len(one.expressions)}{place}"
            )
        return Node(name, self._all(one.expressions, depth), text=written)

    def _position(self, one: Any, depth: int) -> Node:
        """Read `position(part IN text)`."""
        _only(
            one,
            "this",
            "field",
            but={"query": "IN (SELECT …)", "expressions": "parentheses after IN of position"},
        )
        return Node("position", self._all((one.this, one.args["field"]), depth), text="IN")

    def _place(self, one: Any) -> str:
        start = one.meta.get("start")
        if start is None:
            return ""
        line = self.text.count("\n", 0, start) + 1
        return f" (line {line}, column {start - self.text.rfind(chr(10), 0, start)})"


_READERS = frozenset(
    [
        "And",
        "Or",
        "Not",
        "Neg",
        "BitwiseNot",
        "Bracket",
        "Extract",
        "Trim",
        "NEQ",
        "Is",
        "Between",
        "In",
        "Like",
        "RegexpLike",
        "Case",
        "If",
        "TryCast",
        "Cast",
        "Literal",
        "RawString",
        "Concat",
        "Boolean",
        "Null",
        "Column",
        "Anonymous",
    ]
)


def _only(one: Any, *known: str, but: dict[str, str] | None = None) -> None:
    """Refuse a node that has an argument beyond those known."""
    for name, value in one.args.items():
        if value and name not in known and name not in FLAGS:
            raise UnknownError(
                f"{(but or {}).get(name, f'{spaced(type(one).__name__)} with {name}')} is not supported"
            )
