"""A store in Redis: a hash for each set, and a key that names the one in place.

Keys: `scoregate:{<name>}:current` holds the id of the set in place, `scoregate:{<name>}:set:<id>` its entries,
`…:done:<id>` its blocks, `…:fill:<version>:<job>` the id of an unfinished set. The braces keep the keys of a name on
one node of a cluster.
"""

from __future__ import annotations

import struct
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from redis import Redis
from redis.exceptions import RedisError

from policy.errors import StoreError
from policy.stores.address import shown
from policy.stores.store import Current, Entry

_UNFINISHED = 7 * 24 * 3600  # seconds after which a fill that nobody goes on with is forgotten
_TIME = struct.Struct(">d")

# Runs as a whole: between the two reads no set is put in place or removed.
_GET = """
local set = redis.call('GET', KEYS[1])
if not set then return false end
local base = table.remove(ARGV, 1)
local values = redis.call('HMGET', base .. ':set:' .. set, unpack(ARGV))
return {values, redis.call('HGET', base .. ':about:' .. set, 'version')}
"""
# Nor is there a moment at which a set is in place and can still be gone on with.
_SWITCH = """
local former = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], ARGV[2])
redis.call('UNLINK', KEYS[2], ARGV[1] .. ':done:' .. ARGV[2])
for _, part in ipairs({':set:', ':about:'}) do redis.call('PERSIST', ARGV[1] .. part .. ARGV[2]) end
if former and former ~= ARGV[2] then
  for _, part in ipairs({':set:', ':about:', ':done:'}) do redis.call('UNLINK', ARGV[1] .. part .. former) end
end
"""


def open_at(address: str, seconds: float) -> RedisStore:
    """The store at an address such as `redis://host:6379/0`."""
    try:
        client = Redis.from_url(address, socket_timeout=seconds, socket_connect_timeout=seconds)
    except (RedisError, ValueError) as error:
        raise StoreError(f"`{shown(address)}` is no address of a Redis server: {error}") from None
    return RedisStore(client, shown(address))


@dataclass(frozen=True, slots=True)
class RedisStore:
    """Sets of entries as hashes."""

    client: Any  # redis.Redis: its methods are typed for two modes at once
    address: str

    def get(self, name: str, key: str) -> Entry | None:
        """The entry of a key in the set that is in place."""
        return self.many(name, [key]).get(key)

    def many(self, name: str, keys: Sequence[str]) -> dict[str, Entry]:
        """The entries of keys in the set that is in place."""
        if not keys:
            return {}
        base = _base(name)
        with self.errors():
            found = self.client.eval(_GET, 1, f"{base}:current", base, *keys)
        if not found:
            return {}
        values, version = found[0], (found[1] or b"").decode()
        return {
            key: Entry(value[_TIME.size :], _TIME.unpack_from(value)[0], version)
            for key, value in zip(keys, values, strict=True)
            if value is not None and len(value) >= _TIME.size
        }

    def current(self, name: str) -> Current | None:
        """The set that is in place."""
        base = _base(name)
        with self.errors():
            found = self.client.get(f"{base}:current")
            if found is None:
                return None
            about = self.client.hgetall(f"{base}:about:{found.decode()}")
            entries = self.client.hlen(f"{base}:set:{found.decode()}")
        return Current(about.get(b"version", b"").decode(), entries, float(about.get(b"at", 0)))

    def begin(self, name: str, version: str, job: str = "") -> RedisFill:
        """Start a set, or go on with an unfinished one of the same version and job."""
        base = _base(name)
        with self.errors():
            mark = f"{base}:fill:{version}:{job}"
            self.client.set(mark, uuid.uuid4().hex, nx=True, ex=_UNFINISHED)
            found = self.client.get(mark).decode()
            done = self.client.smembers(f"{base}:done:{found}")
        return RedisFill(self, name, version, mark, found, frozenset(int(block) for block in done))

    def close(self) -> None:
        """Close the pool of connections."""
        self.client.close()

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Turn what the client raises into StoreError."""
        try:
            yield
        except RedisError as error:
            raise StoreError(f"{self.address}: {error or type(error).__name__}") from error


@dataclass(frozen=True, slots=True)
class RedisFill:
    """A set that is being filled; see `policy.stores.store.Fill`."""

    store: RedisStore
    name: str
    version: str
    mark: str
    set_id: str
    done: frozenset[int]

    def put(self, block: int, entries: Sequence[tuple[str, bytes]], at: float) -> None:
        """Add a block in one transaction; a block that is there already is replaced."""
        base, stamp = _base(self.name), _TIME.pack(at)
        with self.store.errors(), self.store.client.pipeline(transaction=True) as steps:
            if entries:
                steps.hset(
                    f"{base}:set:{self.set_id}", mapping={key: stamp + value for key, value in entries}
                )
            steps.sadd(f"{base}:done:{self.set_id}", block)
            steps.hset(f"{base}:about:{self.set_id}", "version", self.version)
            for part in ("set", "done", "about"):
                steps.expire(f"{base}:{part}:{self.set_id}", _UNFINISHED)
            steps.execute()

    def finish(self, at: float) -> Current:
        """Point the name at this set and remove the former one, in one step."""
        base = _base(self.name)
        with self.store.errors():
            about = {"version": self.version, "at": repr(at)}
            self.store.client.hset(f"{base}:about:{self.set_id}", mapping=about)
            self.store.client.eval(_SWITCH, 2, f"{base}:current", self.mark, base, self.set_id)
        found = self.store.current(self.name)
        if found is None:
            raise StoreError(f"{self.store.address}: the set of `{self.name}` was removed meanwhile")
        return found


def _base(name: str) -> str:
    return f"scoregate:{{{name}}}"
