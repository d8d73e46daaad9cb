"""What every diagnostic's code means, why it is one, what to do instead: the text of `scoregate explain`."""

from __future__ import annotations

from textwrap import fill, indent

from policy.catalog import blocks, doubts, expressions, files, models, proofs, rankings, rules, sheets
from policy.catalog.page import Page
from policy.diagnostics import did_you_mean

__all__ = ["PAGES", "Page", "explain", "near"]

_WIDTH = 100  # columns of the text

PAGES: dict[str, Page] = {
    **files.PAGES,
    **blocks.PAGES,
    **rules.PAGES,
    **expressions.PAGES,
    **rankings.PAGES,
    **sheets.PAGES,
    **models.PAGES,
    **doubts.PAGES,
    **proofs.PAGES,
}


def explain(code: str) -> str | None:
    """The page of a code as text; None for a code that does not exist."""
    page = PAGES.get(code.upper())
    if page is None:
        return None
    parts = (("What", page.what), ("Why", page.why), ("Instead", page.instead))
    text = "\n".join(_filled(word, part) for word, part in parts)
    return f"{code.upper()} {page.title}\n\n{text}\n\nExample\n{indent(page.example, '    ')}\n"


def _filled(word: str, text: str) -> str:
    return fill(text, _WIDTH, initial_indent=word.ljust(9), subsequent_indent=" " * 9)


def near(code: str) -> tuple[str, ...]:
    """A help line with the code nearest to one that does not exist."""
    return did_you_mean(code.upper(), PAGES)
