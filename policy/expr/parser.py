"""Tokens to a syntax tree, by the grammar of CEL's language definition.

Bounded: the text, the depth, the nodes and the items of a list are capped, and no input makes Python recurse
deeper than the cap. The grammar is CEL's; operators are read by precedence from a table.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NoReturn

from policy.expr import problems
from policy.expr.habits import LIST, infix
from policy.expr.nodes import (
    AND,
    BINARY,
    IF,
    INDEX,
    NEGATE,
    NOT,
    OR,
    Call,
    ListLiteral,
    Literal,
    Name,
    Node,
    Select,
    children,
)
from policy.expr.problems import Problem
from policy.expr.tokens import UNREAD, WORDS, Token, Tokenizer

MAX_LENGTH = 4096
MAX_DEPTH = 60
MAX_NODES = 1500
MAX_ITEMS = 256

_RELATION, _SUM, _PRODUCT = 1, 2, 3
_LEVEL = {
    **dict.fromkeys(("==", "!=", "<", "<=", ">", ">=", "in"), _RELATION),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys("*/%", _PRODUCT),
}
_CONSTANTS = {"true": True, "false": False, "null": None}
RESERVED = frozenset(
    (
        *("as", "break", "const", "continue", "else", "for", "function", "if", "import", "let", "loop"),
        *("package", "namespace", "return", "var", "void", "while"),
    )
)


Operand = Callable[[], Node]


class _StopError(Exception):
    """The rest of the text cannot be read; the reason stands among the problems."""


def parse(source: str) -> tuple[Node | None, list[Problem]]:
    """The tree of an expression, None if there is none, and what is wrong with the text."""
    if len(source) > MAX_LENGTH:
        return None, [problems.too_long(len(source), MAX_LENGTH)]
    read = Tokenizer(source)
    if len(read.tokens) == 1 and not read.problems:
        return None, [problems.empty()]
    parser = _Parser(read.tokens, read.problems)
    try:
        return parser.whole(), read.problems
    except _StopError:
        return None, read.problems


class _Parser:
    def __init__(self, tokens: list[Token], found: list[Problem]) -> None:
        self.tokens = tokens
        self.problems = found
        self.at = 0
        self.nested = 0
        self.nodes = 0
        self.heights: dict[int, int] = {}
        self.kept: list[Node] = []  # so that no id is used twice

    # --- tokens ---

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take(self) -> Token:
        token = self.tokens[self.at]
        self.at += token.kind != "end"
        return token

    def sees(self, *texts: str) -> bool:
        return self.token.kind in ("operator", "word") and self.token.text in texts

    def accept(self, text: str) -> Token | None:
        return self.take() if self.sees(text) else None

    def stop(self, problem: Problem) -> NoReturn:
        self.problems.append(problem)
        raise _StopError

    def close(self, opening: Token, closing: str) -> Token:
        token = self.accept(closing)
        if token is None and self.token.kind == "end":
            self.stop(problems.never_closed(opening.text, opening.start))
        return token or self.unexpected(f"`{closing}`")

    def unexpected(self, wanted: str) -> NoReturn:
        token = self.token
        text = token.text
        before = self.tokens[self.at - 1].end if self.at else 0
        if any(before <= problem.start and problem.end <= token.start for problem in self.problems):
            raise _StopError  # a piece that could not be read stood here, and was reported
        self.stop(problems.expected(wanted, text, token.start, token.end, *self.way_out(wanted)))

    def way_out(self, wanted: str) -> tuple[str, ...]:
        """What the writer of an unexpected token may have meant."""
        token, before = self.token, self.tokens[self.at - 1] if self.at else None
        if token.kind == "word" and wanted.startswith("an operator"):
            return (infix(token.text),)
        if token.text == "," and before is not None:
            after = self.tokens[min(self.at + 1, len(self.tokens) - 1)]
            one = before.kind == "int" == after.kind and (before.end, token.end) == (token.start, after.start)
            return ("a number has no commas: write 1000 for 1,000 and 0.4 for 0,4" if one else LIST,)
        if before is not None and before.text == "%" and wanted == "a value":
            return ("`%` is the remainder of a division: write 0.5 for 50 %",)
        return ()

    # --- nodes ---

    def made(self, node: Node) -> Node:
        """Counts a new node; every node passes here."""
        height = 1 + max((self.heights[id(child)] for child in children(node)), default=0)
        self.heights[id(node)] = height
        self.kept.append(node)
        self.nodes += 1
        if height > MAX_DEPTH:
            self.stop(problems.too_deep(MAX_DEPTH, node.start, node.end))
        if self.nodes > MAX_NODES:
            self.stop(problems.too_many("parts in one expression", MAX_NODES, 0, node.end))
        return node

    def call(self, function: str, args: tuple[Node, ...], sign: Token) -> Node:
        start = min(sign.start, args[0].start)
        end = max(sign.end, args[-1].end)
        return self.made(Call(function, args, start=start, end=end, at=sign.start, at_end=sign.end))

    # --- grammar ---

    def whole(self) -> Node:
        node = self.expression()
        if self.token.kind != "end":
            self.unexpected("an operator or the end")
        return node

    def expression(self) -> Node:
        """Expr = ConditionalOr ["?" ConditionalOr ":" Expr]."""
        self.nested += 1
        if self.nested > MAX_DEPTH:
            self.stop(problems.too_deep(MAX_DEPTH, self.token.start, self.token.end))
        node = self.disjunction()
        if sign := self.accept("?"):
            then = self.disjunction()
            if self.sees("?"):
                token = self.token
                hint = "put the inner `? :` in parentheses"
                self.stop(problems.expected("`:`", "?", token.start, token.end, hint))
            if not self.accept(":"):
                self.unexpected("`:`")
            node = self.call(IF, (node, then, self.expression()), sign)
        self.nested -= 1
        return node

    def disjunction(self) -> Node:
        return self.joined("||", OR, self.conjunction)

    def conjunction(self) -> Node:
        return self.joined("&&", AND, lambda: self.binary(_RELATION))

    def joined(self, sign: str, function: str, operand: Operand) -> Node:
        """`a && b && c` is one node of three."""
        node = operand()
        if not (first := self.joint(sign)):
            return node
        items = [node, operand()]
        while self.joint(sign):
            items.append(operand())
        return self.call(function, tuple(items), first)

    def joint(self, sign: str) -> Token | None:
        if self.token.kind == "word" and WORDS.get(self.token.text) == sign:
            token = self.take()
            self.problems.append(problems.unexpected(token.text, token.start, token.end, sign))
            return token
        return self.accept(sign)

    def binary(self, level: int) -> Node:
        """Left-associative operators of this level; higher levels bind tighter."""
        if level > _PRODUCT:
            return self.unary()
        node = self.binary(level + 1)
        while sign := self.operator(level):
            node = self.call(BINARY[sign.text], (node, self.binary(level + 1)), sign)
        return node

    def operator(self, level: int) -> Token | None:
        token = self.token
        if level == _RELATION and self.sees("not") and self.tokens[self.at + 1].text == "in":
            self.take()
            hint = problems.unexpected("not", token.start, token.end, "!(a in b)")
            self.problems.append(hint)
        return self.take() if self.sees(*_LEVEL) and _LEVEL[self.token.text] == level else None

    def unary(self) -> Node:
        signs = []
        while self.sees("!", "-") or self.negation():
            signs.append(self.take())
        node = self.number(signs) or self.member()
        for sign in reversed(signs):
            node = self.call(NEGATE if sign.text == "-" else NOT, (node,), sign)
        return node

    def negation(self) -> bool:
        """`not x`, by habit."""
        token, after = self.token, self.tokens[min(self.at + 1, len(self.tokens) - 1)]
        if (
            token.kind == "word"
            and WORDS.get(token.text) == "!"
            and (after.kind in ("word", "int") or after.text == "(")
        ):
            self.problems.append(problems.unexpected(token.text, token.start, token.end, "!"))
            return True
        return False

    def number(self, signs: list[Token]) -> Node | None:
        """A number with its sign, as -9223372036854775808 has no positive counterpart."""
        token = self.token
        if token.kind not in ("int", "double"):
            return None
        self.take()
        negative = bool(signs) and signs[-1].text == "-" and not self.sees(".", "[")
        value = token.value
        if negative:
            start = signs.pop().start
            return self.made(Literal(value if value is UNREAD else -value, start, token.end))
        if value == 2**63 and token.kind == "int":
            self.problems.append(problems.number_too_large(token.text, "int", token.start, token.end))
            value = UNREAD
        literal = self.made(Literal(value, token.start, token.end))
        return self.members(literal)

    def member(self) -> Node:
        return self.members(self.primary())

    def members(self, node: Node) -> Node:
        """`.name`, `.name(…)` and `[…]` after a primary."""
        while True:
            if self.accept("."):
                node = self.selected(node)
            elif opening := self.accept("["):
                index = self.expression()
                closing = self.close(opening, "]")
                made = Call(
                    INDEX,
                    (node, index),
                    start=node.start,
                    end=closing.end,
                    at=opening.start,
                    at_end=closing.end,
                )
                node = self.made(made)
            elif self.sees("{"):
                self.stop(problems.unsupported("map", self.token.start, self.token.end))
            else:
                return node

    def selected(self, node: Node) -> Node:
        word = self.token
        if word.kind != "word" or word.text in (*_CONSTANTS, "in"):
            self.unexpected("a name after `.`")
        self.take()
        if not self.sees("("):
            return self.made(Select(node, word.text, node.start, word.end))
        args, end = self.arguments()
        made = Call(
            word.text, (node, *args), receiver=True, start=node.start, end=end, at=word.start, at_end=word.end
        )
        return self.made(made)

    def primary(self) -> Node:
        token = self.token
        if token.kind == "string":
            self.take()
            return self.made(Literal(token.value, token.start, token.end))
        if token.kind == "word":
            return self.named()
        if opening := self.accept("("):
            node = self.expression()
            self.close(opening, ")")
            return node
        if opening := self.accept("["):
            return self.list(opening)
        if self.accept("."):
            return self.named(root=True)
        if self.sees("{"):
            self.stop(problems.unsupported("map", token.start, token.end))
        return self.unexpected("a value")

    def named(self, *, root: bool = False) -> Node:
        word = self.token
        if word.kind != "word" or word.text == "in":
            self.unexpected("a name" if root else "a value")
        self.take()
        if word.text in _CONSTANTS and not root:
            return self.made(Literal(_CONSTANTS[word.text], word.start, word.end))
        if word.text in RESERVED or word.text in _CONSTANTS:
            self.problems.append(problems.reserved(word.text, word.start, word.end))
            if word.text == "if":
                raise _StopError  # what follows is another language
        if not self.sees("("):
            return self.made(Name(word.text, root, word.start, word.end))
        args, end = self.arguments()
        made = Call(word.text, args, start=word.start, end=end, at=word.start, at_end=word.end)
        return self.made(made)

    def arguments(self) -> tuple[tuple[Node, ...], int]:
        opening = self.take()
        items: list[Node] = []
        while not self.sees(")") or items:
            items.append(self.expression())
            if not self.accept(","):
                break
        return tuple(items), self.close(opening, ")").end

    def list(self, opening: Token) -> Node:
        items: list[Node] = []
        while not self.sees("]"):
            items.append(self.expression())
            if not self.accept(","):
                break
        closing = self.close(opening, "]")
        if len(items) > MAX_ITEMS:
            hint = "put long lists under `lists`"
            self.stop(problems.too_many("items in one list", MAX_ITEMS, opening.start, closing.end, hint))
        return self.made(ListLiteral(tuple(items), opening.start, closing.end))
