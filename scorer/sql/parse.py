"""A statement's text becomes nodes of the subset; whatever is not of it is refused by name, all at once.

The text is hostile: sqlglot reads it within bounds, each of its nodes and each of their arguments must be one that is
known here, and nothing of the text goes further than names, numbers and literals.
"""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from scorer.sql import door
from scorer.sql.expressions import TABLE, Expressions
from scorer.sql.names import automatic, marked
from scorer.sql.nodes import Item, Node, Statement
from scorer.sql.tokens import dialect, first_line, tokenize
from scorer.sql.words import CLAUSES, UnknownError, spaced, written

_WRITTEN = ("CAST", "TRY_CAST", "EXTRACT", "TRIM")  # functions with words between their arguments


@cache
def _parser() -> Any:
    """Make a parser that leaves every function as it is written, so that names and arguments stay Spark's."""
    base = dialect().parser_class
    own = {name: made for name, made in base.FUNCTION_PARSERS.items() if name in _WRITTEN}
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
        self.version = version
        self.problems: list[str] = []
        self.expressions = Expressions(text)

    def statement(self, select: Any) -> Statement:
        """Read the projection and the filter."""
        kind = type(select).__name__
        if kind != "Select":
            raise ValueError(f"{spaced(kind)} is not supported, but a SELECT from {TABLE}")
        for name, value in select.args.items():
            if value and name not in ("expressions", "from", "from_", "where"):
                self.problems.append(f"{CLAUSES.get(name, name.upper())} is not supported")
        self._source(select.args.get("from_") or select.args.get("from"))
        items = [item for one in select.expressions for item in self._item(one)]
        where = select.args.get("where")
        condition = self._tried(where.this) if where is not None else None
        if not items and not self.problems:
            self.problems.append("the statement selects nothing")
        return Statement(tuple(items), condition, tuple(self.expressions.columns.values()))

    def _source(self, source: Any) -> None:
        if source is None:
            self.problems.append(f"the statement has no FROM {TABLE}")
            return
        table = source.this
        plain = type(table).__name__ == "Table" and type(table.this).__name__ == "Identifier"
        if not plain or table.this.name != TABLE or table.args.get("db"):
            self.problems.append(f"only the table {TABLE} is known, not {written(table)}")
            return
        for name, value in table.args.items():
            if value and name not in ("this", "alias"):
                self.problems.append(f"{CLAUSES.get(name, name.upper())} is not supported")
        alias = table.args.get("alias")
        if alias is not None:
            if alias.args.get("columns"):
                self.problems.append("names of columns in FROM are not supported")
            self.expressions.table = {alias.name.lower()}

    def _item(self, one: Any) -> list[Item]:
        kind = type(one).__name__
        if kind == "Star" or (kind == "Column" and type(one.this).__name__ == "Star"):
            star = one if kind == "Star" else one.this
            if any(star.args.values()):
                self.problems.append("* EXCEPT is not supported; name the columns")
            if kind == "Column" and one.table.lower() not in self.expressions.table:
                self.problems.append(f"`{one.table}` names no table here")
            return [Item(None, None)]
        named = kind == "Alias" and type(one.args.get("alias")).__name__ == "Identifier"
        node = self._tried(one.this if named else one)
        if node is None:
            return []
        name = one.args["alias"].this if named else automatic(node, self.version)
        if name is None:
            self.problems.append(
                f"the name that Spark gives {written(one)} is not known here; give it one with AS"
            )
        return [Item(name, node if named else marked(node))]

    def _tried(self, one: Any) -> Node | None:
        try:
            return self.expressions.node(one, 0)
        except UnknownError as e:
            self.problems.append(str(e))
            return None
