"""A store in a SQL database, through SQLAlchemy: SQLite, PostgreSQL, and what else it speaks."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sql
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from policy.errors import StoreError
from policy.stores.address import shown
from policy.stores.store import LONGEST_KEY, Current, Entry

_meta = sql.MetaData()
_key = sql.String(LONGEST_KEY)
_sets = sql.Table(
    "scoregate_sets",
    _meta,
    sql.Column("id", sql.String(32), primary_key=True),
    sql.Column("name", _key, nullable=False, index=True),
    sql.Column("version", _key, nullable=False),
    sql.Column("at", sql.Double),  # when it was put in place; null while it is filled
)
_jobs = sql.Table(  # of sets that are being filled
    "scoregate_jobs",
    _meta,
    sql.Column("set_id", sql.String(32), primary_key=True),
    sql.Column("job", _key, nullable=False),
)
_blocks = sql.Table(
    "scoregate_blocks",
    _meta,
    sql.Column("set_id", sql.String(32), primary_key=True),
    sql.Column("block", sql.Integer, primary_key=True, autoincrement=False),
    sql.Column("entries", sql.Integer, nullable=False),
)
_entries = sql.Table(
    "scoregate_entries",
    _meta,
    sql.Column("set_id", sql.String(32), primary_key=True),
    sql.Column("key", _key, primary_key=True),
    sql.Column("block", sql.Integer, nullable=False),
    sql.Column("value", sql.LargeBinary, nullable=False),
    sql.Column("at", sql.Double, nullable=False),
)
_current = sql.Table(
    "scoregate_current",
    _meta,
    sql.Column("name", _key, primary_key=True),
    sql.Column("set_id", sql.String(32), nullable=False),
)

# One statement: the set in place and its entry are seen at one moment.
_GET = (
    sql.select(_entries.c.key, _entries.c.value, _entries.c.at, _sets.c.version)
    .select_from(_current.join(_sets, _sets.c.id == _current.c.set_id))
    .join(_entries, _entries.c.set_id == _current.c.set_id)
    .where(
        _current.c.name == sql.bindparam("name"), _entries.c.key.in_(sql.bindparam("keys", expanding=True))
    )
)


def open_at(address: str, seconds: float) -> SqlStore:
    """The store at an address of SQLAlchemy's form; `postgresql:` means psycopg 3."""
    try:
        url = sql.make_url(address)
        if url.drivername == "postgresql":
            url = url.set(drivername="postgresql+psycopg")
        arguments, options = _driver(url.get_backend_name(), seconds)
        engine = sql.create_engine(url, connect_args=arguments, **options)
    except (SQLAlchemyError, ValueError) as error:
        raise StoreError(f"`{shown(address)}` is no address of a database: {error}") from None
    if engine.dialect.name == "sqlite":
        sql.event.listen(engine, "connect", _prepare_sqlite)
    return SqlStore(engine, shown(address))


def _driver(backend: str, seconds: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the driver and the pool are told, so that none waits longer."""
    pool = {"pool_timeout": seconds, "pool_recycle": 1800}
    if backend == "sqlite":
        return {"timeout": seconds}, {}
    if backend == "postgresql":
        milliseconds = max(1, round(seconds * 1000))
        limits = f"-c statement_timeout={milliseconds} -c lock_timeout={milliseconds}"
        return {
            "connect_timeout": max(2, round(seconds)),  # libpq takes no less than two seconds
            "tcp_user_timeout": milliseconds,
            "options": limits,
        }, pool
    return {}, pool


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Readers go on while a set is filled (write-ahead log)."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


@dataclass(frozen=True, slots=True)
class SqlStore:
    """Sets of entries in five tables `scoregate_…`, which the first fill makes."""

    engine: sql.Engine
    address: str

    def get(self, name: str, key: str) -> Entry | None:
        """The entry of a key in the set that is in place."""
        return self.many(name, [key]).get(key)

    def many(self, name: str, keys: Sequence[str]) -> dict[str, Entry]:
        """The entries of keys in the set that is in place."""
        try:
            with self._connection() as connection:
                rows = connection.execute(_GET, {"name": name, "keys": list(keys)}).all()
        except StoreError:
            if self._is_empty():
                return {}
            raise
        return {row.key: Entry(bytes(row.value), row.at, row.version) for row in rows}

    def current(self, name: str) -> Current | None:
        """The set that is in place."""
        counted = sql.select(sql.func.coalesce(sql.func.sum(_blocks.c.entries), 0))
        chosen = (
            sql.select(_sets.c.id, _sets.c.version, _sets.c.at)
            .join(_current, _current.c.set_id == _sets.c.id)
            .where(_current.c.name == name)
        )
        if self._is_empty():
            return None
        with self._connection() as connection:
            row = connection.execute(chosen).one_or_none()
            if row is None:
                return None
            entries = connection.execute(counted.where(_blocks.c.set_id == row.id)).scalar_one()
        return Current(row.version, int(entries), row.at)

    def begin(self, name: str, version: str, job: str = "") -> SqlFill:
        """Start a set, or go on with an unfinished one of the same version and job."""
        unfinished = (
            sql.select(_sets.c.id)
            .join(_jobs, _jobs.c.set_id == _sets.c.id)
            .where(_sets.c.name == name, _sets.c.version == version, _jobs.c.job == job, _sets.c.at.is_(None))
        )
        with self.errors():
            _meta.create_all(self.engine)
        with self.transaction() as connection:
            found = connection.execute(unfinished.limit(1)).scalar_one_or_none()
            if found is None:
                found = uuid.uuid4().hex
                connection.execute(_sets.insert().values(id=found, name=name, version=version))
                connection.execute(_jobs.insert().values(set_id=found, job=job))
            done = connection.execute(sql.select(_blocks.c.block).where(_blocks.c.set_id == found)).scalars()
            return SqlFill(self, name, found, frozenset(done))

    def _is_empty(self) -> bool:
        """Whether there are no tables yet: a database that was never filled."""
        with self.errors():
            return not sql.inspect(self.engine).has_table(_current.name)

    def close(self) -> None:
        """Close the pool of connections."""
        self.engine.dispose()

    @contextmanager
    def _connection(self) -> Iterator[sql.Connection]:
        with self.errors(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def transaction(self) -> Iterator[sql.Connection]:
        """A transaction that is committed at the end. Raises StoreError."""
        with self.errors(), self.engine.begin() as connection:
            yield connection

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what the database raises into StoreError, without the statement and its values."""
        try:
            yield
        except DBAPIError as error:
            said = str(error.orig).strip().partition("\n")[0]
            raise StoreError(f"{self.address}: {said}") from error
        except SQLAlchemyError as error:
            raise StoreError(f"{self.address}: {error}") from error


@dataclass(frozen=True, slots=True)
class SqlFill:
    """A set that is being filled; see `policy.stores.store.Fill`."""

    store: SqlStore
    name: str
    set_id: str
    done: frozenset[int]

    def put(self, block: int, entries: Sequence[tuple[str, bytes]], at: float) -> None:
        """Add a block in one transaction; a block that is there already is replaced."""
        common = {"set_id": self.set_id, "block": block, "at": at}
        rows = [{**common, "key": key, "value": value} for key, value in entries]
        mine = _blocks.c.set_id == self.set_id
        with self.store.transaction() as connection:
            self._hold(connection)
            if connection.execute(_blocks.delete().where(mine, _blocks.c.block == block)).rowcount:
                former = _entries.c.set_id == self.set_id, _entries.c.block == block
                connection.execute(_entries.delete().where(*former))
            if rows:
                connection.execute(_entries.insert(), rows)
            connection.execute(_blocks.insert().values(set_id=self.set_id, block=block, entries=len(rows)))

    def finish(self, at: float) -> Current:
        """Point the name at this set; then remove the former ones."""
        with self.store.transaction() as connection:
            self._hold(connection)
            connection.execute(_sets.update().where(_sets.c.id == self.set_id).values(at=at))
            moved = _current.update().where(_current.c.name == self.name).values(set_id=self.set_id)
            if not connection.execute(moved).rowcount:
                connection.execute(_current.insert().values(name=self.name, set_id=self.set_id))
        self._sweep()
        found = self.store.current(self.name)
        if found is None:
            raise StoreError(f"{self.store.address}: the set of `{self.name}` was removed meanwhile")
        return found

    def _hold(self, connection: sql.Connection) -> None:
        """Keep the set from being removed until the transaction ends. Raises StoreError if it is gone already."""
        own = sql.select(_sets.c.id).where(_sets.c.id == self.set_id).with_for_update()
        if connection.execute(own).scalar_one_or_none() is None:
            message = f"another run put a set of `{self.name}` in place, and removed this one: start it again"
            raise StoreError(f"{self.store.address}: {message}")

    def _sweep(self) -> None:
        """Remove the sets of this name that are not in place, unfinished ones too."""
        in_place = sql.select(_current.c.set_id)
        old = sql.select(_sets.c.id).where(_sets.c.name == self.name, _sets.c.id.not_in(in_place))
        with self.store.transaction() as connection:
            gone = list(connection.execute(old.with_for_update()).scalars())
            for table, column in (
                (_entries, _entries.c.set_id),
                (_blocks, _blocks.c.set_id),
                (_jobs, _jobs.c.set_id),
                (_sets, _sets.c.id),
            ):
                if gone:
                    connection.execute(table.delete().where(column.in_(gone)))
