"""Equality, membership, and the items of lists: what may stand beside what, also where items have several types."""

from __future__ import annotations

from collections.abc import Sequence

from policy.expr import fold, problems
from policy.expr.functions import FUNCTIONS, Overload, resolve
from policy.expr.nodes import IN, SIGN, Call, ListLiteral, Literal, Node
from policy.expr.overloads import Overloads
from policy.expr.stdlib.operators import DIFFERENT, EQUAL, LISTS_EQUAL
from policy.expr.typed import FALSE, TRUE, UNKNOWN, Const, Input, Local, MakeList, Typed, list_const
from policy.expr.types import BOOL, DYN, FAULT, INT, NOTHING, NULL, Type, comparable, is_enum, mixes


class Equality(Overloads):
    """Calls of `==`, `!=`, `in` and `[ ]`, which types alone do not settle."""

    def equality(self, node: Call, args: Sequence[Typed]) -> Typed:
        """`==` or `!=` of two arguments."""
        equal = self.equal(node, node.args, args)
        if node.function == "_==_" or equal.type == FAULT:
            return equal
        left, right = args
        if NULL not in (left.type, right.type) and "list" not in (left.type.name, right.type.name):
            found = resolve(FUNCTIONS["_!=_"], [left.type, right.type])
            assert found
            assert found[0].function is DIFFERENT
            return fold.apply(found[0], (left, right), BOOL)
        return fold.negated(equal)

    def equal(self, node: Call, parts: Sequence[Node], args: Sequence[Typed]) -> Typed:
        """`==` of two parts, which `items_equal` asks of items as well."""
        left, right = args
        if NULL in (left.type, right.type):
            return self.is_null(node, parts, args)
        mixed = (
            isinstance(left, MakeList | Const) and isinstance(right, MakeList | Const) and _mixed(left, right)
        )
        if not mixed and not comparable(left.type, right.type):
            return self.no_overload(node, node.function, args)
        if any(never_known(arg) for arg in args):
            return UNKNOWN
        one, another = parts[0], parts[1]
        if any(map(is_odd, args)):
            if isinstance(one, ListLiteral) and isinstance(another, ListLiteral):
                return self.lists_equal(node, (one, another), args)
            return self.odd_list(node, left if is_odd(left) else right)
        for part, arg, other in ((parts[0], left, right), (parts[1], right, left)):
            self.enum_literal(part, arg, other.type)
        if left.type.name == "list":
            return fold.apply(_overload(LISTS_EQUAL), (left, right), BOOL)
        found = resolve(FUNCTIONS["_==_"], [left.type, right.type])
        assert found
        assert found[0].function is EQUAL
        return fold.apply(found[0], (left, right), BOOL)

    def lists_equal(self, node: Call, parts: tuple[ListLiteral, ListLiteral], args: Sequence[Typed]) -> Typed:
        """Two literals item by item, as their items may be of several types."""
        left, right = (_items(arg) for arg in args)
        if len(left) != len(right):
            return FALSE
        pairs = zip(parts[0].items, parts[1].items, left, right, strict=True)
        return fold.both(tuple(self.items_equal(node, (one, two), (a, b)) for one, two, a, b in pairs))

    def items_equal(self, node: Call, parts: tuple[Node, Node], args: tuple[Typed, Typed]) -> Typed:
        """Items of types that cannot be equal are different."""
        left, right = args
        if NULL not in (left.type, right.type) and not comparable(left.type, right.type):
            return FALSE
        return self.equal(node, parts, args)

    def is_null(self, node: Call, parts: Sequence[Node], args: Sequence[Typed]) -> Typed:
        """Whether a value is unknown: that of a name, as nothing else can be told from null."""
        left, right = args
        part, other = (parts[0], left) if right.type == NULL else (parts[1], right)
        if other.type == NULL:
            return TRUE
        if isinstance(other, Input | Local):
            if not other.optional and isinstance(other, Input):
                self.note(problems.always_known(other.name, part.start, part.end))
            return fold.negated(fold.known(other))
        if isinstance(other, Const | MakeList) and other.type != NULL:
            return UNKNOWN if never_known(other) else FALSE
        hint = "`null` compares with a name, as in `country == null`"
        return self.note(
            problems.no_overload(
                SIGN[node.function], [str(left.type), str(right.type)], (), node.at, node.at_end, [hint]
            )
        )

    def enum_literal(self, part: Node, arg: Typed, enum: Type) -> None:
        """A literal beside an enumeration must be one of its words."""
        if not is_enum(enum) or not isinstance(part, Literal) or not isinstance(arg, Const):
            return
        words = enum.words or ()
        if isinstance(arg.value, str) and arg.value not in words:
            label = enum.label or "the enumeration"
            self.note(problems.not_in_enum(arg.value, label, words, part.start, part.end))

    def membership(self, node: Call, args: Sequence[Typed]) -> Typed:
        """`in`."""
        item, container = args
        if is_odd(item):
            return self.odd_list(node.args[0], item)
        if container.type.name == "list" and isinstance(node.args[1], ListLiteral):
            return self.in_literal(node, node.args[1], item, container)
        if container.type.name == "list" and container.type.element not in (DYN, NULL):
            if not comparable(item.type, container.type.element):
                return self.no_overload(node, IN, args)
            overload = next(each for each in FUNCTIONS[IN] if each.params[1].name == "list")
            return fold.apply(overload, (item, container), BOOL)
        return self.overloaded(node, IN, args)

    def in_literal(self, node: Call, literal: ListLiteral, item: Typed, container: Typed) -> Typed:
        """Only items of the same type can match; the others are left out."""
        if never_known(container):
            return UNKNOWN
        items = _items(container)
        if any(each.type.name == "list" and has_null(each) for each in items):
            return self.odd_list(literal, container)
        for part, each in zip(literal.items, items, strict=True):
            self.enum_literal(part, each, item.type)
        alike = tuple(each for each in items if each.type != NULL and comparable(item.type, each.type))
        nulls = any(each.type == NULL for each in items)
        if items and not alike and not nulls and item.type != NULL:
            return self.no_overload(node, IN, (item, container))
        overload = next(each for each in FUNCTIONS[IN] if each.params[1].name == "list")
        found = (
            fold.apply(overload, (item, list_const(alike, item.type)), BOOL) if item.type != NULL else FALSE
        )
        if not nulls:
            return found
        null = (
            TRUE
            if item.type == NULL
            else fold.negated(fold.known(item))
            if isinstance(item, Input | Local)
            else FALSE
        )
        return fold.either((null, found))

    def odd_list(self, node: Node, tree: Typed) -> Typed:
        """The note on a list of several types, or with null, where none can stand."""
        if mixes(tree.type):
            return self.one_type(tree.type, node.start, node.end)
        return self.note(problems.null_in_list(node.start, node.end))

    def item(self, node: Call, args: Sequence[Typed]) -> Typed | None:
        """The item of a list whose items have no type in common, or are null: which one it is must be known."""
        container, index = args
        literal = isinstance(container, MakeList | Const) and not never_known(container)
        untyped = mixes(container.type) or container.type.element in (NULL, NOTHING)
        if not untyped and not (literal and has_null(container)):
            return None
        items = _items(container) if literal else ()
        if isinstance(index, Const) and index.type == INT and index.value in range(len(items)):
            return items[int(index.value)]
        return self.one_type(container.type, node.args[0].start, node.args[0].end) if untyped else None


def _overload(function: object) -> Overload:
    return next(each for each in FUNCTIONS["_==_"] if each.function is function)


def never_known(tree: Typed) -> bool:
    """Whether a part is a constant without a value, such as 1 / 0."""
    return isinstance(tree, Const) and tree.value is None and tree.type != NULL


def is_odd(tree: Typed) -> bool:
    """Whether a part is a list of several types, or a literal that holds `null`."""
    return tree.type.name == "list" and (mixes(tree.type) or has_null(tree))


def has_null(tree: Typed) -> bool:
    """Whether a list literal, or one in it, holds `null`."""
    if tree.type.name != "list" or not isinstance(tree, MakeList | Const) or never_known(tree):
        return tree.type == NULL
    return any(map(has_null, _items(tree)))


def _mixed(left: Typed, right: Typed) -> bool:
    """Whether two lists are compared of which one holds several types."""
    types = left.type, right.type
    return all(type_.name == "list" for type_ in types) and any(type_.element == DYN for type_ in types)


def _items(tree: Typed) -> tuple[Typed, ...]:
    """The items of a list literal."""
    if isinstance(tree, MakeList):
        return tree.items
    assert isinstance(tree, Const)
    return tuple(Const(value, NULL if value is None else tree.type.element) for value in tree.value)
