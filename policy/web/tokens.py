"""Bearer tokens (RFC 6750): read from a file that only its owner can read, compared in constant time."""

from __future__ import annotations

import hmac
import stat
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Self

_SHORTEST = 16  # characters; a shorter token can be guessed
_LARGEST_FILE = 65_536


class TokenError(Exception):
    """A token file cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens that open the service, as digests; no tokens at all leave it open."""

    digests: tuple[bytes, ...] = field(default=(), repr=False)

    @classmethod
    def of(cls, tokens: Iterable[str]) -> Self:
        """The tokens themselves, such as a test holds them."""
        return cls(tuple(_digest(token.encode()) for token in tokens))

    @classmethod
    def read(cls, path: Path) -> Self:
        """A token a line; empty lines and lines that start with `#` are skipped.

        Several let a token be rotated.
        """
        try:
            _check_mode(path)
            with path.open("rb") as file:
                text = file.read(_LARGEST_FILE).decode("ascii")
        except OSError as error:
            raise TokenError(f"{path}: the token file cannot be read: {error.strerror or error}") from error
        except UnicodeDecodeError as error:
            raise TokenError(f"{path}: the token file must be ASCII text, a token a line") from error
        lines = [line.strip() for line in text.splitlines()]
        return cls.of(_checked(path, [line for line in lines if line and not line.startswith("#")]))

    def admit(self, authorization: str) -> bool:
        """Whether an Authorization header opens the service.

        Every token is compared, so that time tells nothing.
        """
        if not self.digests:
            return True
        scheme, _, token = authorization.partition(" ")
        given = _digest(token.strip().encode("latin-1", "replace"))
        hits = [hmac.compare_digest(given, digest) for digest in self.digests]
        return scheme.lower() == "bearer" and any(hits)


def _digest(token: bytes) -> bytes:
    return sha256(token).digest()


def _check_mode(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o027:
        raise TokenError(
            f"{path}: the token file must not be readable by everyone nor writable by its group "
            f"(its mode is {mode:04o}); run: chmod 600 {path}"
        )


def _checked(path: Path, tokens: list[str]) -> list[str]:
    if not tokens:
        raise TokenError(
            f"{path}: the token file holds no token; write one with: openssl rand -hex 32 > {path}"
        )
    if any(len(token) < _SHORTEST or not token.isprintable() or " " in token for token in tokens):
        raise TokenError(f"{path}: a token must be at least {_SHORTEST} printable characters without spaces")
    return tokens
