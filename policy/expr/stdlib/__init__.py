"""The functions of the language, a file for each theme. Importing this package registers them all.

`zones` registers none: it reads the time zones of `timeparts`.
"""

from policy.expr.stdlib import (
    bits,
    lists,
    maths,
    net,
    numbers,
    operators,
    patterns,
    strings,
    text,
    time,
    timeparts,
)

__all__ = [
    "bits",
    "lists",
    "maths",
    "net",
    "numbers",
    "operators",
    "patterns",
    "strings",
    "text",
    "time",
    "timeparts",
]
