"""What goes wrong with tables, for the person at the terminal."""

from __future__ import annotations


class TableError(Exception):
    """A file or stream cannot be read or written; the message names the place: file:line and column."""
