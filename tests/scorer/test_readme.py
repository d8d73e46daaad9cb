"""The table of Spark classes in scorer/README.md."""

from __future__ import annotations

import re
from pathlib import Path

import scorer

README = Path(scorer.__file__).parent / "README.md"


def test_the_table_lists_exactly_what_loads():
    """The table names every Spark class that loads, and no other."""
    listed = re.findall(
        r"^\| `(org\.apache\.spark[\w.]+)` \| (equal|sums) \|", README.read_text(), re.MULTILINE
    )
    assert sorted(name for name, _ in listed) == scorer.supported()
