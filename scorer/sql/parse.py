"""A statement's text becomes nodes of the subset; whatever is not of it is refused by name, all at once.

The text is hostile: sqlglot reads it within bounds, each of its nodes and each of their arguments must be one that is
known here, and nothing of the text goes further than names, numbers and literals.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from scorer.javatext import text as java_text
from scorer.sql import door
from scorer.sql.dates import parsed
from scorer.sql.names import automatic
from scorer.sql.nodes import Item, Node, Statement
from scorer.sql.signatures import FUNCTIONS, REFUSED
from scorer.sql.tokens import dialect, first_line, tokenize
from scorer.sql.types import BIGINT, BOOLEAN, DATE, DOUBLE, FLOAT, INT, SMALLINT, STRING, TINYINT, VOID, Type
from scorer.sql.words import BINARY, CASTABLE, CLAUSES, COMPARE, FLAGS, NAMES, PREDICATE

MAX_DEPTH = 100
TABLE = "__THIS__"


class _UnknownError(Exception):
    """Something outside the subset: `reason` names it."""


@cache
def _parser() -> Any:
    """Make a parser that leaves every function as it is written, so that names and arguments stay Spark's."""
    base = dialect().parser_class
    own = {name: made for name, made in base.FUNCTION_PARSERS.items() if name in ("CAST", "TRY_CAST")}
    return type("SparkAsWritten", (base,), {"FUNCTIONS": {}, "FUNCTION_PARSERS": own})


@lru_cache(64)
def parse(text: str, version: tuple[int, int]) -> Statement:
    """Read a statement as a Spark version reads it; raises ValueError with everything that is refused in it."""
    tokens = tokenize(text, doubled=version >= (4, 1))
    errors = door.parser().errors
    try:
        found = _parser()(dialect=dialect(), error_level=door.parser().ErrorLevel.RAISE).parse(tokens, text)
    except (errors.SqlglotError, RecursionError, ValueError, TypeError, AttributeError, LookupError) as e:
        raise ValueError(f"the statement cannot be read: {first_line(e) or type(e).__name__}") from None
    statements = [one for one in found if one is not None]
    if len(statements) != 1:
        raise ValueError(f"one statement is needed, not {len(statements)}")
    reader = _Reader(text, version)
    statement = reader.statement(statements[0])
    if reader.problems:
        raise ValueError("; ".join(dict.fromkeys(reader.problems)))
    return statement


class _Reader:
    """Walks sqlglot's tree of one statement, and gathers what is refused."""

    def __init__(self, text: str, version: tuple[int, int]) -> None:
        self.text, self.version = text, version
        self.problems: list[str] = []
        self.columns: dict[str, str] = {}  # by their names in small letters
        self.table = {TABLE.lower()}

    def statement(self, select: Any) -> Statement:
        """Read the projection and the filter."""
        kind = type(select).__name__
        if kind != "Select":
            raise ValueError(f"{_words(kind)} is not supported, but a SELECT from {TABLE}")
        for name, value in select.args.items():
            if value and name not in ("expressions", "from", "from_", "where"):
                self.problems.append(f"{CLAUSES.get(name, name.upper())} is not supported")
        self._source(select.args.get("from_") or select.args.get("from"))
        items = [item for one in select.expressions for item in self._item(one)]
        where = select.args.get("where")
        condition = self._tried(where.this) if where is not None else None
        if not items and not self.problems:
            self.problems.append("the statement selects nothing")
        return Statement(tuple(items), condition, tuple(self.columns.values()))

    def _source(self, source: Any) -> None:
        if source is None:
            self.problems.append(f"the statement has no FROM {TABLE}")
            return
        table = source.this
        plain = type(table).__name__ == "Table" and type(table.this).__name__ == "Identifier"
        if not plain or table.this.name != TABLE or table.args.get("db"):
            self.problems.append(f"only the table {TABLE} is known, not {_sql(table)}")
            return
        for name, value in table.args.items():
            if value and name not in ("this", "alias"):
                self.problems.append(f"{CLAUSES.get(name, name.upper())} is not supported")
        alias = table.args.get("alias")
        if alias is not None:
            if alias.args.get("columns"):
                self.problems.append("names of columns in FROM are not supported")
            self.table = {alias.name.lower()}

    def _item(self, one: Any) -> list[Item]:
        kind = type(one).__name__
        if kind == "Star" or (kind == "Column" and type(one.this).__name__ == "Star"):
            star = one if kind == "Star" else one.this
            if any(star.args.values()):
                self.problems.append("* EXCEPT is not supported; name the columns")
            if kind == "Column" and one.table.lower() not in self.table:
                self.problems.append(f"`{one.table}` names no table here")
            return [Item(None, None)]
        named = kind == "Alias" and type(one.args.get("alias")).__name__ == "Identifier"
        node = self._tried(one.this if named else one)
        if node is None:
            return []
        name = one.args["alias"].this if named else automatic(node, self.version)
        if name is None:
            self.problems.append(
                f"the name that Spark gives {_sql(one)} is not known here; give it one with AS"
            )
        return [Item(name, node)]

    def _tried(self, one: Any) -> Node | None:
        try:
            return self._node(one, 0)
        except _UnknownError as e:
            self.problems.append(str(e))
            return None

    # -- expressions --------------------------------------------------------------------------------------

    def _node(self, one: Any, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise _UnknownError(f"an expression of more than {MAX_DEPTH} levels is not supported")
        kind = type(one).__name__
        if kind == "Paren":
            return self._node(one.this, depth + 1)
        if kind in COMPARE:
            self._unmixed(one)
        if kind in BINARY:
            return self._binary(one, kind, depth)
        read = getattr(self, f"_{kind.lower()}", None) if kind in _READERS else None
        if read is None:
            raise _UnknownError(f"{NAMES.get(kind, _words(kind))} is not supported{self._place(one)}")
        found: Node = read(one, depth)
        return found

    def _all(self, many: Any, depth: int) -> tuple[Node, ...]:
        """Read several; what one of them lacks does not hide what the next one lacks."""
        out, lacks = [], []
        for one in many:
            try:
                out.append(self._node(one, depth + 1))
            except _UnknownError as e:
                lacks.append(str(e))
        if lacks:
            raise _UnknownError("; ".join(lacks))
        return tuple(out)

    def _binary(self, one: Any, kind: str, depth: int) -> Node:
        _only(one, "this", "expression")
        if kind == "DPipe" and type(one.expression).__name__ in ("Add", "Sub"):
            raise _UnknownError("|| beside + or - needs parentheses, for Spark takes them from the left")
        return Node(BINARY[kind], self._all((one.this, one.expression), depth))

    def _unmixed(self, one: Any) -> None:
        """Spark takes comparisons and predicates from the left, sqlglot by rank: only parentheses mean one thing."""
        for side in (one.this, one.expression):
            if type(side).__name__ in COMPARE | PREDICATE:
                raise _UnknownError("a comparison of a comparison or predicate needs parentheses")

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
            return _number("-" + one.this.this)
        if type(one.this).__name__ == "TryCast" and (suffixed := self._suffixed(one.this, "-")) is not None:
            return suffixed
        return Node("negative", self._all((one.this,), depth))

    def _is(self, one: Any, depth: int) -> Node:
        _only(one, "this", "expression")
        kind = type(one.expression).__name__
        word = "null" if kind == "Null" else "" if kind != "Boolean" else str(one.expression.this).lower()
        if not word:
            raise _UnknownError(f"IS {_sql(one.expression)} is not supported")
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
        head, *read = self._all((subject, *parts), depth)
        pairs = len(read) // 2 * 2
        made = [Node("=", (head, node)) if i < pairs and i % 2 == 0 else node for i, node in enumerate(read)]
        return Node("case", tuple(made))

    def _if(self, one: Any, depth: int) -> Node:
        _only(one, "this", "true", "false")
        if one.args.get("false") is None:
            raise _UnknownError("IF takes three arguments")
        return Node("if", self._all((one.this, one.args["true"], one.args["false"]), depth))

    def _trycast(self, one: Any, depth: int) -> Node:
        _only(one, "this", "to", but={"format": "a FORMAT of CAST", "default": "a DEFAULT of CAST"})
        value = one.this
        if type(value).__name__ == "Literal" and not value.is_string:
            suffixed = self._suffixed(one)
            if suffixed is not None:
                return suffixed
        wanted = self._type(one.args["to"])
        return Node("try_cast" if one.args.get("safe") else "cast", self._all((value,), depth), wanted)

    def _suffixed(self, cast: Any, sign: str = "") -> Node | None:
        """Read a literal such as `1.5D`, which sqlglot takes for a cast; None if it is one."""
        start, end = cast.this.meta.get("start"), cast.this.meta.get("end")
        written = self.text[start : end + 1] if start is not None else ""
        found = re.fullmatch(r"(.+?)(BD|[LSYDF])", written.upper())
        return _number(sign + found[1], found[2]) if found and found[1][-1:] in "0123456789." else None

    def _type(self, kind: Any) -> Type:
        name = kind.this.name if hasattr(kind.this, "name") else str(kind.this)
        if name == "DECIMAL":
            sizes = [int(part.this.this) for part in kind.expressions]
            precision, scale = (*sizes, 0) if len(sizes) == 1 else tuple(sizes) or (10, 0)
            if not (0 < precision <= 38 and 0 <= scale <= precision):
                raise _UnknownError(f"decimal({precision},{scale}) is no type of Spark's")
            return Type("decimal", precision, scale)
        if name not in CASTABLE or kind.expressions:
            raise _UnknownError(f"CAST to {_sql(kind)} is not supported")
        return CASTABLE[name]

    def _cast(self, one: Any, depth: int) -> Node:
        """Read a literal such as DATE'2024-01-01', which sqlglot takes for a cast."""
        del depth
        _only(one, "this", "to")
        name = one.args["to"].this.name
        if name != "DATE" or type(one.this).__name__ != "Literal":
            raise _UnknownError(f"a literal {_sql(one)} is not supported")
        day = parsed(one.this.this)
        if day is None:
            raise _UnknownError(f"DATE '{one.this.this[:50]}' is no date")
        return Node("literal", value=day, type=DATE, text=f"DATE '{day.isoformat()}'")

    def _literal(self, one: Any, depth: int) -> Node:
        del depth
        if not one.is_string:
            return _number(one.this)
        return Node("literal", value=one.this, type=STRING, text=one.this)

    def _rawstring(self, one: Any, depth: int) -> Node:
        del depth
        return Node("literal", value=one.this, type=STRING, text=one.this)

    def _concat(self, one: Any, depth: int) -> Node:
        """Read adjacent literals, which are one."""
        _only(one, "expressions")
        parts = self._all(one.expressions, depth)
        if any(part.op != "literal" or part.type != STRING for part in parts):
            raise _UnknownError("literals beside each other must be texts")
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
            raise _UnknownError(
                f"`{table}.{one.name}` is no column of {TABLE}; a name with a dot stands in backticks"
            )
        name = one.this.this
        if not isinstance(name, str):
            raise _UnknownError("* is not supported inside an expression")
        first = self.columns.setdefault(name.lower(), name)
        return Node("column", value=list(self.columns).index(first.lower()), text=name)

    def _anonymous(self, one: Any, depth: int) -> Node:
        _only(one, "this", "expressions")
        written = one.this if isinstance(one.this, str) else one.name
        name = written.lower()
        place = self._place(one)
        if name in REFUSED:
            raise _UnknownError(f"{REFUSED[name]} `{name}` is not supported{place}")
        if name not in FUNCTIONS:
            raise _UnknownError(f"function `{name}` is not supported{place}")
        low, high = FUNCTIONS[name]
        if not low <= len(one.expressions) <= high:
            takes = str(low) if low == high else f"{low} or more" if high > 9 else f"{low} to {high}"
            raise _UnknownError(
                f"function `{name}` takes {takes} arguments, not {len(one.expressions)}{place}"
            )
        return Node(name, self._all(one.expressions, depth), text=written)

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
            raise _UnknownError(
                f"{(but or {}).get(name, f'{_words(type(one).__name__)} with {name}')} is not supported"
            )


def _number(written: str, suffix: str = "") -> Node:
    """Read a number as Spark types it: int, bigint or decimal by its size; a double if it has an exponent."""
    plain = written.replace("_", "")
    if suffix in ("D", "F") or (not suffix and "e" in plain.lower()):
        kind = FLOAT if suffix == "F" else DOUBLE
        return Node("literal", value=float(plain), type=kind, text=java_text(float(plain)) or "")
    if suffix == "BD" or "." in plain:
        value = Decimal(plain)
        digits, exponent = value.as_tuple()[1:]
        scale = -int(exponent)
        precision = max(len(digits), scale)
        if precision > 38:
            raise _UnknownError(f"the number {written[:50]} has more than 38 digits")
        return Node("literal", value=value, type=Type("decimal", precision, scale), text=str(value))
    number = int(plain)
    kind = {"L": BIGINT, "S": SMALLINT, "Y": TINYINT}.get(
        suffix, INT if -(1 << 31) <= number < 1 << 31 else BIGINT
    )
    if not -(1 << 63) <= number < 1 << 63:
        raise _UnknownError(f"the number {written[:50]} is larger than a bigint")
    return Node("literal", value=number, type=kind, text=str(number))


def _words(kind: str) -> str:
    """Write a node's class as words: `GroupingSets` as GROUPING SETS."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", kind).upper()


def _sql(one: Any) -> str:
    """Write a part of the statement for a message."""
    made: Callable[..., str] = one.sql
    try:
        text = made(dialect="spark")
    except (ValueError, RecursionError, AttributeError, TypeError):
        text = type(one).__name__
    return text if len(text) <= 60 else text[:59] + "…"
