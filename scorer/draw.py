"""A decision tree as SVG: boxes placed by the tidy algorithm of Reingold, Tilford and Walker (from bigtree)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import Any
from xml.sax.saxutils import escape

from scorer.errors import ScorerError
from scorer.treeview import TreeNode, TreeView

_CHAR, _LINE, _PAD = 7.4, 16, 9  # of 12 px letters: their width, a line's height, what is left around
_LONGEST = 34  # letters of a line
_LEVEL, _GAP, _TOP = 58, 18, 58
_FONTS = "ui-sans-serif, system-ui, Helvetica, Arial, sans-serif"


@dataclass(frozen=True, slots=True)
class _Box:
    node: TreeNode
    lines: tuple[str, ...]
    x: float
    y: float


def draw_tree(view: TreeView, weight: float | None = None) -> str:
    """Draw a tree as SVG. `weight`: of the tree in its ensemble, for the title.

    Raises ScorerError if bigtree is not installed.
    """
    lines = {one.number: _lines(one, view.root.count) for one in _nodes(view.root)}
    width = max(len(line) for each in lines.values() for line in each) * _CHAR + 2 * _PAD
    height = max(map(len, lines.values())) * _LINE + 2 * _PAD - 4
    places = _places(view.root)
    left, step = min(x for x, _ in places.values()), width + _GAP
    boxes = {
        one.number: _Box(
            one, lines[one.number], (places[one.number][0] - left) * step + _GAP,
            _TOP + places[one.number][1] * (height + _LEVEL),
        )
        for one in _nodes(view.root)
    }  # fmt: skip
    title = f"Tree {view.number} of {view.trees}, {view.spark.rpartition('.')[2]}"
    under = f"{view.nodes} node{'s' * (view.nodes != 1)}, {view.depth} deep" + (
        f", weight {weight:.6g}" if weight is not None else ""
    )
    total = max(max(box.x for box in boxes.values()) + width + _GAP, len(title) * 9.5 + 2 * _GAP)
    bottom = max(box.y for box in boxes.values()) + height + _GAP
    body = [*_edges(view.root, boxes, width), *_boxes(view.root, boxes, width)]
    size = f'viewBox="0 0 {total:.0f} {bottom:.0f}" width="{total:.0f}" height="{bottom:.0f}"'
    head = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{_FONTS}" font-size="12">',
        f"<title>{_text(title)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
        f'<text x="{_GAP}" y="26" font-size="16" font-weight="600" fill="#1f2933">{_text(title)}</text>',
        f'<text x="{_GAP}" y="44" fill="#616e7c">{_text(under)}</text>',
    ]
    return "\n".join([*head, *body, "</svg>\n"])


def _nodes(root: TreeNode) -> Iterator[TreeNode]:
    yield root
    for below in (root.yes, root.no):
        if below is not None:
            yield from _nodes(below)


def _lines(node: TreeNode, total: float) -> tuple[str, ...]:
    share = f" ({node.count / total:.1%})" if total else ""
    number = f"{node.count:,.6g}" if node.count < 1e6 else f"{node.count:,.0f}"
    count = f"{number} row{'s' * (node.count != 1)}{share}"
    answer = node.answer if node.share is None else f"{node.answer}  {node.share:.1%}"
    if node.question is None:
        return _cut(answer), count
    name, word, rest = _parted(node.question)
    question = (_cut(f"{name}{word}".strip()), _cut(rest)) if rest else (_cut(name),)
    return *question, _cut(answer), count, *([f"… {node.hidden} more nodes"] if node.hidden else [])


def _parted(question: str) -> tuple[str, str, str]:
    """Part a long question before its categories."""
    for word in (" not in ", " in "):
        if f"{word}{{" in question and len(question) > _LONGEST:
            return question.partition(word)
    return question, "", ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _places(root: TreeNode) -> dict[int, tuple[float, int]]:
    """Return (x, level) of every node, by its number; boxes are one wide."""
    bigtree = _placer()
    top = bigtree.Node(str(root.number))
    levels = {root.number: 0}
    drawn, waiting = {root.number: top}, [(root, top)]
    while waiting:
        node, own = waiting.pop()
        for below in (node.yes, node.no):
            if below is not None:
                drawn[below.number] = bigtree.Node(str(below.number), parent=own)
                levels[below.number] = levels[node.number] + 1
                waiting.append((below, drawn[below.number]))
    bigtree.reingold_tilford(top, sibling_separation=1.0, subtree_separation=1.0)
    return {number: (float(one.get_attr("x")), levels[number]) for number, one in drawn.items()}


def _placer() -> Any:
    """Load the library that places trees, which nothing else needs."""
    try:
        return import_module("bigtree")
    except ImportError:
        raise ScorerError("drawing a tree needs bigtree: pip install 'scoregate[draw]'") from None


def _tall(box: _Box) -> float:
    return len(box.lines) * _LINE + 2 * _PAD - 4


def _edges(node: TreeNode, boxes: dict[int, _Box], width: float) -> Iterator[str]:
    own = boxes[node.number]
    x, y = own.x + width / 2, own.y + _tall(own)
    for word, below in (("yes", node.yes), ("no", node.no)):
        if below is None:
            continue
        to = boxes[below.number]
        end, middle = to.x + width / 2, (y + to.y) / 2
        thick = 1.0 + 5.0 * (below.count / node.count if node.count else 0.0)
        yield (
            f'<path d="M{x:.1f} {y:.1f} C{x:.1f} {middle:.1f} {end:.1f} {middle:.1f} {end:.1f} {to.y:.1f}" '
            f'fill="none" stroke="#9aa5b1" stroke-width="{thick:.1f}"/>'
        )
        yield (
            f'<text x="{(x + end) / 2:.1f}" y="{middle + 4:.1f}" text-anchor="middle" fill="#3e4c59" '
            f'stroke="#ffffff" stroke-width="4" paint-order="stroke">{word}</text>'
        )
        yield from _edges(below, boxes, width)


def _boxes(root: TreeNode, boxes: dict[int, _Box], width: float) -> Iterator[str]:
    values = [one.value for one in _nodes(root)]
    low, high = min(values), max(values)
    for box in boxes.values():
        node = box.node
        tall = _tall(box)
        fill = "#ffffff" if node.question else _colour(node, low, high)
        whole = node.question or node.answer
        dash = ' stroke-dasharray="5 3"' if node.hidden else ""
        yield f"<g><title>{_text(f'node {node.number}: {whole}')}</title>"
        yield (
            f'<rect x="{box.x:.1f}" y="{box.y:.1f}" width="{width:.1f}" height="{tall:.1f}" rx="6" fill="{fill}" '
            f'stroke="{"#3e4c59" if node.question else "#7b8794"}"{dash}/>'
        )
        for place, line in enumerate(box.lines):
            bold = ' font-weight="600"' if place == 0 else ""
            yield (
                f'<text x="{box.x + width / 2:.1f}" y="{box.y + _PAD + 10 + place * _LINE:.1f}" '
                f'text-anchor="middle" fill="#1f2933"{bold}>{_text(line)}</text>'
            )
        yield "</g>"


_PALE = ((222, 235, 247), (254, 230, 206), (229, 245, 224), (239, 237, 245), (253, 224, 221), (240, 240, 240))
_FULL = ((107, 174, 214), (253, 174, 107), (116, 196, 118), (158, 154, 200), (250, 159, 181), (189, 189, 189))


def _colour(node: TreeNode, low: float, high: float) -> str:
    """Colour a leaf: its class, the deeper the surer; or from blue to orange by its number."""
    if node.share is not None:
        place = int(node.value) % len(_PALE)
        return _mixed(_PALE[place], _FULL[place], max(0.0, 2.0 * node.share - 1.0))
    share = (node.value - low) / (high - low) if high > low else 0.5
    return _mixed(_FULL[0], _FULL[1], share if 0.0 <= share <= 1.0 else 0.5)  # NaN beside infinities


def _mixed(a: tuple[int, int, int], b: tuple[int, int, int], share: float) -> str:
    return "#" + "".join(f"{round(x + (y - x) * share):02x}" for x, y in zip(a, b, strict=True))


def _text(text: str) -> str:
    return escape("".join(c if c.isprintable() else "\ufffd" for c in text))
