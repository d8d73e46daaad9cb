"""SQLTransformer: a SELECT of one row's expressions, perhaps with a filter.

Each expression is a stage of its own, so that what nobody reads is not computed and its inputs are not asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from scorer.columns import Column, Rows, read, to_arrow
from scorer.errors import ColumnError, Invalid
from scorer.fields import Field, Kind
from scorer.saved import Saved, Version
from scorer.sql import duck
from scorer.sql.casts import duck_type
from scorer.sql.exprs import Expr, MistypedError
from scorer.sql.fold import constants
from scorer.sql.hints import hints
from scorer.sql.names import automatic, unmarked
from scorer.sql.nodes import Node, Statement, renumbered
from scorer.sql.parse import parse
from scorer.sql.program import compute, type_of, typed
from scorer.sql.types import VOID, Type, arrow_type, spark_type, value_type
from scorer.sql.typing import NEWEST
from scorer.stage import Part, Stage, map_rows, stage

ANSI = (4, 0)  # the first Spark whose ANSI mode is on
FEW = 64  # rows below which asking DuckDB takes longer than computing them
MAX_KINDS = 256  # combinations of types that a stage without a schema keeps compiled


@dataclass(frozen=True, slots=True)
class Expression(Stage):
    """One expression of a statement, or its filter.

    `types`: those of the columns that it reads, None if they are not known: then each row's values tell, and a null
    has the type that its use suggests.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("any",)
    caseless: ClassVar[bool] = True
    node: Node
    count: int  # of the columns that it reads
    ansi: bool
    types: tuple[Type, ...] | None = None
    filters: bool = False
    version: Version = NEWEST
    named: str | None = None  # what Spark calls it, where that is known by the types only
    _known: dict[tuple[Type, ...], Any] = field(default_factory=dict, repr=False, compare=False)

    @property
    def drops(self) -> bool:
        """Whether it is the filter."""
        return self.filters

    @property
    def label(self) -> str | None:
        """The name that the types give it."""
        return self.named

    def defaults(self) -> tuple[pa.DataType, ...]:
        """Return the type that the use of each column suggests."""
        return tuple(arrow_type(kind) for kind in hints(self.node, self.count))

    def resolve(self, inputs: tuple[Field, ...]) -> Self:
        """Learn the types of the columns; raises ColumnError for an expression that Spark refuses for them."""
        known = [one.type for one in inputs]
        if any(kind is None for kind in known):
            return self
        types = tuple(spark_type(kind) for kind in known if kind is not None)
        bound = replace(self, node=unmarked(self.node), types=types, _known={}).checked(types)
        return bound if bound.node == self.node else bound.labelled(types)

    def checked(self, types: tuple[Type, ...]) -> Self:
        """Refuse what Spark refuses for the types; what reads no column raises now or never."""
        try:
            for constant in constants(self._expr(types)):
                compute(constant, (), filters=False)()
        except MistypedError as e:
            raise ColumnError(str(e)) from None
        except Invalid as e:
            raise ColumnError(f"every row would raise: {e.reason}") from None
        return self

    def labelled(self, types: tuple[Type, ...]) -> Self:
        """Learn the name that Spark gives a sum or a comparison, which is another one for some types."""
        version = ANSI if self.ansi else (3, 0)
        name = automatic(self.node, version, lambda node: type_of(node, types, ansi=self.ansi))
        return replace(self, named=name)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe the output."""
        del inputs
        if self.filters:
            return (Field(pa.bool_()),)
        return (Field(None if self.types is None else arrow_type(self._expr(self.types).type)),)

    def row(self) -> Callable[..., Any]:
        """Compute one row."""
        if self.types is not None:
            return self._function(self.types)
        made: dict[tuple[Type | None, ...], Callable[..., Any]] = {}

        def untyped(*record: Any) -> Any:
            kinds = tuple(None if value is None else value_type(value) for value in record)
            function = made.get(kinds)
            if function is None:
                try:
                    function = self._function(self._completed(kinds))
                except MistypedError as e:
                    raise Invalid(str(e)) from None
                if len(made) < MAX_KINDS:
                    made[kinds] = function
            return function(*record)

        return untyped

    def batch(self, rows: Rows, *columns: Column) -> Any:
        """Compute a batch: by DuckDB if it can say exactly the same, or else row by row."""
        if self.types is None:
            try:
                types = self._completed([_found(to_arrow(column).type) for column in columns])
            except MistypedError as e:
                return self._refused(rows, str(e))
            return replace(self, types=types).batch(rows, *columns)
        if rows.count >= FEW and (spelt := duck.spell(self._expr(self.types))) is not None:
            made = self._asked(self.types, columns, rows.count, spelt)
            if made is not None:
                return self._taken(rows, made)
        return map_rows(self, rows, columns)

    # -- inside ---------------------------------------------------------------------------------------------

    def _completed(self, found: Sequence[Type | None]) -> tuple[Type, ...]:
        """Give nulls the type that their use suggests, or that of a written null where that one does not fit."""
        suggested = tuple(
            known or kind for known, kind in zip(found, hints(self.node, self.count), strict=True)
        )
        try:
            self._expr(suggested)
        except MistypedError:
            void = tuple(known or VOID for known in found)
            if None not in found or not self._fits(void):
                raise
            return void
        return suggested

    def _fits(self, types: tuple[Type, ...]) -> bool:
        try:
            self._expr(types)
        except MistypedError:
            return False
        return True

    def _expr(self, types: tuple[Type, ...]) -> Expr:
        found: Expr | None = self._known.get(types)
        if found is None:
            found = typed(self.node, types, ansi=self.ansi, condition=self.filters, version=self.version)
            if len(self._known) < MAX_KINDS:
                self._known[types] = found
        return found

    def _function(self, types: tuple[Type, ...]) -> Callable[..., Any]:
        return compute(self._expr(types), types, filters=self.filters)

    def _asked(
        self, types: tuple[Type, ...], columns: Sequence[Column], count: int, text: str
    ) -> pa.Array | None:
        """Ask DuckDB; None where it raises, or where a column holds what is not of its type: an unsigned number."""
        try:
            given = [_given(column, kind) for column, kind in zip(columns, types, strict=True)]
        except pa.ArrowInvalid:
            return None
        return duck.run(given, count, text)

    def _taken(self, rows: Rows, made: pa.Array) -> Column:
        if self.filters:
            rows.drop(~made.fill_null(False).to_numpy(zero_copy_only=False))
        assert self.types is not None
        return read(made.cast(arrow_type(self._expr(self.types).type)))

    def _refused(self, rows: Rows, reason: str) -> Column:
        rows.fail(np.ones(rows.count, bool), lambda _: reason)
        return read(pa.nulls(rows.count))


def _found(kind: pa.DataType) -> Type | None:
    """Return the type of a batch's column, None where it holds nothing but nulls."""
    return None if pa.types.is_null(kind) else spark_type(kind)


def _given(column: Column, kind: Type) -> pa.Array | None:
    """Return a column as DuckDB takes it, None for one that it does not read."""
    if not duck_type(kind):
        return None
    array = to_arrow(column)
    array = array.dictionary_decode() if pa.types.is_dictionary(array.type) else array
    return array if array.type == arrow_type(kind) else array.cast(arrow_type(kind))


@stage("org.apache.spark.ml.feature.SQLTransformer", inputs=(), outputs=())
@dataclass(frozen=True, slots=True)
class SQLTransformer(Stage):
    """The projection of a statement, made of expressions. Source: feature.SQLTransformer, language: `scorer.sql`.

    `named`: the columns that it makes and what each is: the number of an input that passes as it is, or None for one
    that an expression makes. `star`: every other column passes, too.
    """

    accepts: ClassVar[tuple[Kind, ...]] = ("any",)
    caseless: ClassVar[bool] = True
    named: tuple[tuple[str, int | None], ...]
    star: bool

    @classmethod
    def parts(cls, saved: Saved) -> Sequence[Part]:
        """Read the statement as its filter, its expressions, and the projection of them."""
        try:
            statement = parse(saved.text("statement"), saved.behaves)
        except ValueError as e:
            raise saved.fail(str(e)) from None
        if (twice := _twice(statement, saved.behaves)) is not None:
            raise saved.fail(twice)
        return list(_parts(statement, saved.behaves))

    def passing(self) -> tuple[tuple[str, int | None], ...]:
        """Return the columns that it makes, in order."""
        return self.named

    def relabelled(self, names: Mapping[str, str]) -> Self:
        """Return the projection with other names for what expressions make."""
        made = tuple((names.get(n, n) if place is None else n, place) for n, place in self.named)
        if names and len({name.lower() for name, _ in made}) < len(made):
            columns = ", ".join(f"`{name}`" for name, _ in made)
            raise ColumnError(
                f"the statement makes two columns of one name, of {columns}; name one otherwise with AS"
            )
        return replace(self, named=made)

    @property
    def closes(self) -> bool:
        """Whether no other column passes."""
        return not self.star

    def defaults(self) -> tuple[pa.DataType, ...]:
        """Return nothing known of what passes."""
        return (pa.null(),) * len(self.named)

    def removes(self, name: str) -> bool:
        """Tell whether a column ends here."""
        return self.closes and all(name != made for made, _ in self.named)

    def fields(self, inputs: tuple[Field, ...]) -> tuple[Field, ...]:
        """Describe no output: it computes nothing."""
        del inputs
        return ()

    def row(self) -> Callable[..., Any]:
        """Do nothing."""
        return lambda *_: ()


def _parts(statement: Statement, version: Version) -> Iterator[Part]:
    if statement.where is not None:
        yield _expression(statement, statement.where, None, version)
    named: list[tuple[str, int | None]] = []
    passed: list[str] = []
    for item in statement.items:
        if item.node is None or item.name is None:
            continue
        if item.node.op == "column":
            named.append((item.name, len(passed)))
            passed.append(statement.columns[item.node.value])
        else:
            named.append((item.name, None))
            yield _expression(statement, item.node, item.name, version)
    yield SQLTransformer(tuple(named), statement.star), tuple(passed), ()


def _expression(statement: Statement, node: Node, name: str | None, version: Version) -> Part:
    """Make the stage of an expression; of the filter, which has no name."""
    own, numbers = renumbered(node)
    one = Expression(own, len(numbers), version >= ANSI, filters=name is None, version=version)
    return one, tuple(statement.columns[number] for number in numbers), (name,)


def _twice(statement: Statement, version: Version) -> str | None:
    """Tell of two columns that have one name, as far as it can be told; None if there are none."""
    made = [(item.name, item.node) for item in statement.items if item.node is not None and item.name]
    found = [(name, f"`{automatic(node, version) or 'an expression'}`") for name, node in made]
    found += [(name, "its own by *") for name in statement.columns] if statement.star else []
    seen: dict[str, str] = {}
    for name, text in found:
        if (other := seen.get(name.lower())) is not None:
            return (
                f"the statement makes two columns `{name}` ({other} and {text}); Spark gives both, of which no stage "
                "could read either: name one of them otherwise with AS"
            )
        seen[name.lower()] = text
    return None
