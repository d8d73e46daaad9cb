"""Types for a syntax tree: every name resolved, every call its overload, all problems at once.

Where a part is wrong its type is FAULT, which fits everywhere: a mistake is told once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policy.expr import fold, hints, problems
from policy.expr.functions import FUNCTIONS, Overload, RefusedError, names, namespaces, resolve
from policy.expr.nodes import (
    AND,
    IF,
    IN,
    INDEX,
    NOT,
    OR,
    SIGN,
    Call,
    ListLiteral,
    Literal,
    Name,
    Node,
    Select,
    dotted,
)
from policy.expr.parser import RESERVED
from policy.expr.problems import UNSUPPORTED, Problem
from policy.expr.stdlib.operators import DIFFERENT, EQUAL, LISTS_EQUAL
from policy.expr.tokens import UNREAD
from policy.expr.typed import (
    FALSE,
    TRUE,
    UNKNOWN,
    Const,
    Input,
    Local,
    Loop,
    Macro,
    MakeList,
    Typed,
    is_computed,
    list_const,
)
from policy.expr.types import (
    BOOL,
    DOUBLE,
    DYN,
    FAULT,
    INT,
    NOTHING,
    NULL,
    STRING,
    Type,
    Variable,
    common,
    comparable,
    is_enum,
    list_of,
    mixes,
    plain,
)

MAX_LOOPS = 8
MAX_NESTED_LOOPS = 2

_MACROS: dict[str, tuple[Macro, tuple[int, ...]]] = {
    "all": ("all", (2,)),
    "exists": ("exists", (2,)),
    "exists_one": ("exists_one", (2,)),
    "filter": ("filter", (2,)),
    "map": ("map", (2, 3)),
}
_EQUALITY = ("_==_", "_!=_")
_WRONG = Const(None, FAULT)
_CONSTANT_TYPES = {bool: BOOL, int: INT, float: DOUBLE, str: STRING, type(None): NULL}

Scope = Mapping[str, Local]


@dataclass(frozen=True, slots=True)
class Checked:
    """The typed tree, folded, with the names that the text reads and what is wrong with it."""

    tree: Typed
    names: frozenset[str]
    problems: tuple[Problem, ...]


def check(node: Node, declared: Mapping[str, Variable], *, wanted: Type | None = None) -> Checked:
    """The tree's types, for names declared with these types; `wanted` is the type that the whole must have."""
    checker = _Checker(declared)
    tree = checker.check(node, {})
    if isinstance(tree, Const) and tree.type.name in ("timestamp", "duration") and (tree.value or 0) % 1000:
        checker.note(problems.too_fine(tree.type.name, node.start, node.end))
    if wanted is not None and plain(tree.type) != plain(wanted) and tree.type != FAULT:
        checker.note(problems.wrong_result(str(wanted), str(tree.type), node.start, node.end))
    return Checked(tree, frozenset(checker.names), tuple(checker.problems))


class _Checker:
    def __init__(self, declared: Mapping[str, Variable]) -> None:
        self.declared = declared
        self.problems: list[Problem] = []
        self.names: set[str] = set()
        self.loops = 0
        self.nesting = 0

    def note(self, problem: Problem) -> Const:
        self.problems.append(problem)
        return _WRONG

    def check(self, node: Node, scope: Scope) -> Typed:
        match node:
            case Literal():
                return self.literal(node)
            case Name():
                return self.name(node, scope)
            case Select():
                return self.select(node, scope)
            case ListLiteral():
                return self.list(node, scope)
            case Call():
                return self.call(node, scope)

    # --- values and names ---

    def literal(self, node: Literal) -> Typed:
        if node.value is UNREAD:
            return _WRONG  # the parser said so
        return Const(node.value, _CONSTANT_TYPES[type(node.value)])

    def name(self, node: Name, scope: Scope) -> Typed:
        if node.name in scope and not node.root:
            return scope[node.name]
        if node.name in self.declared:
            return self.input(node.name)
        if node.name in FUNCTIONS:
            return self.note(problems.is_function(node.name, node.start, node.end))
        if node.name in UNSUPPORTED:
            return self.note(problems.unsupported(node.name, node.start, node.end))
        if node.name in RESERVED or node.name in ("true", "false", "null"):
            return _WRONG  # the parser said so
        known = [*self.declared, *([] if node.root else scope)]
        return self.note(problems.unknown_name(node.name, known, node.start, node.end))

    def input(self, name: str) -> Input:
        variable = self.declared[name]
        self.names.add(name)
        return Input(name, variable.type, variable.optional)

    def select(self, node: Select, scope: Scope) -> Typed:
        """A declared name with dots; nothing else has members."""
        words = dotted(node)
        if words and ".".join(words) in self.declared and words[0] not in scope:
            return self.input(".".join(words))
        if words and words[0] not in scope and not self.prefix_declared(words):
            if ".".join(words) in FUNCTIONS:
                return self.note(problems.is_function(".".join(words), node.start, node.end))
            known = [*self.declared, *scope]
            return self.note(problems.unknown_name(".".join(words), known, node.start, node.end))
        operand = self.check(node.operand, scope)
        if operand.type == FAULT:
            return _WRONG
        start = node.end - len(node.member)
        return self.note(problems.no_member(str(operand.type), node.member, start, node.end))

    def prefix_declared(self, words: Sequence[str]) -> bool:
        return any(".".join(words[:count]) in self.declared for count in range(1, len(words)))

    def list(self, node: ListLiteral, scope: Scope) -> Typed:
        items = tuple(self.check(item, scope) for item in node.items)
        element: Type | None = FAULT if items else NOTHING
        for item in items:
            if item.type != NULL:
                element = common(element, item.type) if element else None
        if element == FAULT:  # only nulls, or only faults
            element = NULL if all(item.type == NULL for item in items) else FAULT
        if any(map(_never_known, items)):
            return Const(None, list_of(element or DYN))
        if (element is None or any(item.type == NULL for item in items)) and element != NULL:
            self.only_plain(node, items)
        if element is None:
            types = sorted({str(item.type) for item in items})
            self.note(problems.mixed_list(types, node.start, node.end))
            return MakeList(items, list_of(DYN))
        return list_const(items, element)

    def one_type(self, type_: Type, start: int, end: int) -> Typed:
        """The note on a list of several types where every item must be of one."""
        return self.note(problems.not_a_type("a list of one type", str(type_), "this", start, end))

    def item(self, node: Call, args: Sequence[Typed]) -> Typed | None:
        """The item of a list whose items have no type in common, or are null: which one it is must be known."""
        container, index = args
        literal = isinstance(container, MakeList | Const) and not _never_known(container)
        untyped = mixes(container.type) or container.type.element in (NULL, NOTHING)
        if not untyped and not (literal and _has_null(container)):
            return None
        items = _items(container) if literal else ()
        if isinstance(index, Const) and index.type == INT and index.value in range(len(items)):
            return items[int(index.value)]
        return self.one_type(container.type, node.args[0].start, node.args[0].end) if untyped else None

    def only_plain(self, node: ListLiteral, items: Sequence[Typed]) -> None:
        """In a list of several types, or with nulls, items are compared one by one, and must not fail."""
        for part, item in zip(node.items, items, strict=True):
            if is_computed(item):
                self.note(problems.computed_item(part.start, part.end))

    # --- calls ---

    def call(self, node: Call, scope: Scope) -> Typed:
        if node.function in (AND, OR):
            return self.logic(node, scope)
        if node.function == IF:
            return self.choice(node, scope)
        if not node.receiver and node.function == "has":
            return self.presence(node, scope)
        if node.receiver and node.function in _MACROS:
            return self.macro(node, scope)
        if node.receiver and (missing := self.missing(node, scope)):
            return missing
        args, function = self.arguments(node, scope)
        if node.function == NOT and args[0].type in (BOOL, FAULT):
            return fold.negated(args[0]) if args[0].type == BOOL else _WRONG
        if any(arg.type == FAULT for arg in args):
            return self.after_fault(node, function)
        if node.function in _EQUALITY:
            return self.equality(node, args)
        if node.function == IN:
            return self.membership(node, args)
        lists = [arg.type for arg in args if arg.type.name == "list"]
        if node.function == INDEX and lists and (found := self.item(node, args)):
            return found
        if function != "size" and any(map(mixes, lists)):
            part = node.args[-len(args)]
            return self.one_type(next(filter(mixes, lists)), part.start, part.end)
        return self.overloaded(node, function, args)

    def arguments(self, node: Call, scope: Scope) -> tuple[tuple[Typed, ...], str]:
        """The arguments, and the function's name with its namespace (`ip.isCanonical`)."""
        args = node.args
        if node.receiver and (words := dotted(args[0])) and words[0] not in scope:
            qualified = ".".join((*words, node.function))
            if qualified in FUNCTIONS and (
                ".".join(words) not in self.declared or node.function not in FUNCTIONS
            ):
                return tuple(self.check(arg, scope) for arg in args[1:]), qualified
        return tuple(self.check(arg, scope) for arg in args), node.function

    def missing(self, node: Call, scope: Scope) -> Typed | None:
        """The note on a function of a namespace, `math.cbrt`, that does not exist."""
        words = dotted(node.args[0])
        if not words or words[0] in scope or words[0] in self.declared or self.prefix_declared(words):
            return None
        if words[0] in UNSUPPORTED:
            return self.note(problems.unsupported(words[0], node.args[0].start, node.args[0].end))
        name = ".".join((*words, node.function))
        if ".".join(words) not in namespaces() or name in FUNCTIONS:
            return None
        start, known = node.args[0].start, names()
        return self.note(problems.unknown_function(name, known, start, node.at_end))

    def after_fault(self, node: Call, function: str) -> Typed:
        """An argument is wrong, which is told; the function may be unknown besides."""
        candidates = FUNCTIONS.get(function)
        if candidates is None:
            return self.unknown_function(node, function)
        results = {overload.result for overload in candidates}
        return Const(None, results.pop() if len(results) == 1 else FAULT)

    def unknown_function(self, node: Call, function: str) -> Typed:
        if function in UNSUPPORTED:
            return self.note(problems.unsupported(function, node.at, node.at_end))
        known = [*names(), *_MACROS, "has"]
        return self.note(problems.unknown_function(function, known, node.at, node.at_end))

    def logic(self, node: Call, scope: Scope) -> Typed:
        args = tuple(self.condition(arg, scope, f"a side of `{SIGN[node.function]}`") for arg in node.args)
        return fold.both(args) if node.function == AND else fold.either(args)

    def condition(self, node: Node, scope: Scope, what: str) -> Typed:
        """A part that must be bool."""
        tree = self.check(node, scope)
        if tree.type not in (BOOL, FAULT):
            way_out = hints.side(node) if what.startswith("a side") else []
            self.note(problems.not_a_type("bool", str(tree.type), what, node.start, node.end, *way_out))
        return tree if tree.type == BOOL else Const(None, BOOL)

    def choice(self, node: Call, scope: Scope) -> Typed:
        test = self.condition(node.args[0], scope, "the test of `? :`")
        then, other = (self.check(arg, scope) for arg in node.args[1:])
        type_ = common(then.type, other.type)
        if type_ is None:
            types = [str(then.type), str(other.type)]
            hint = hints.numbers(node.args[1:], (then, other))
            start, end = node.args[1].start, node.args[2].end
            return self.note(problems.no_overload("? :", types, ["both of one type"], start, end, hint))
        if mixes(type_) and not isinstance(test, Const):
            return self.one_type(type_, node.args[1].start, node.args[2].end)
        return fold.chosen(test, then, other, type_)

    def presence(self, node: Call, scope: Scope) -> Typed:
        args = node.args
        tree = self.check(args[0], scope) if len(args) == 1 else None
        if isinstance(tree, Input | Local):
            if not tree.optional and isinstance(tree, Input):
                self.note(problems.always_known(tree.name, node.start, node.end))
            return fold.known(tree)
        if tree is not None and tree.type == FAULT:
            return Const(None, BOOL)
        return self.note(problems.call_style("has", "has(name of an input)", node.at, node.at_end))

    # --- equality and membership ---

    def equality(self, node: Call, args: Sequence[Typed]) -> Typed:
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
        left, right = args
        if NULL in (left.type, right.type):
            return self.is_null(node, parts, args)
        mixed = (
            isinstance(left, MakeList | Const) and isinstance(right, MakeList | Const) and _mixed(left, right)
        )
        if not mixed and not comparable(left.type, right.type):
            return self.no_overload(node, node.function, args)
        if any(_never_known(arg) for arg in args):
            return UNKNOWN
        one, another = parts[0], parts[1]
        if any(mixes(arg.type) or _has_null(arg) for arg in args):
            if isinstance(one, ListLiteral) and isinstance(another, ListLiteral):
                return self.lists_equal(node, (one, another), args)
            if any(mixes(arg.type) for arg in args):
                return self.one_type(left.type if mixes(left.type) else right.type, node.start, node.end)
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
            return UNKNOWN if _never_known(other) else FALSE
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
        item, container = args
        if mixes(item.type):
            return self.one_type(item.type, node.args[0].start, node.args[0].end)
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
        if _never_known(container):
            return UNKNOWN
        items = _items(container)
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

    # --- overloads ---

    def overloaded(self, node: Call, function: str, args: Sequence[Typed]) -> Typed:
        candidates = FUNCTIONS.get(function)
        if candidates is None:
            return self.unknown_function(node, function)
        receiver = node.receiver and function == node.function
        operator = function in SIGN
        style = "operator" if operator else "receiver" if receiver else "call"
        usable = [overload for overload in candidates if overload.style == style]
        if not usable:
            usage = " or ".join(overload.usage for overload in candidates[:4])
            return self.note(problems.call_style(function, usage, node.at, node.at_end))
        found = resolve(usable, [arg.type for arg in args])
        if found is None:
            return self.no_overload(node, function, args)
        return self.applied(node, found[0], tuple(args), found[1])

    def no_overload(self, node: Call, function: str, args: Sequence[Typed]) -> Typed:
        given = [plain(arg.type) for arg in args]
        near = [
            overload for overload in FUNCTIONS[function] if any(type_ in overload.params for type_ in given)
        ]
        near.sort(
            key=lambda overload: (len(set(overload.params)) > 1, overload.params[:1] != tuple(given[:1]))
        )
        usages = [overload.usage for overload in near or FUNCTIONS[function]]
        types = [str(type_) for type_ in given]
        parts = node.args[-len(args) :] if args else ()
        hint = hints.for_call(function, parts, args, self.declared)
        sign = SIGN.get(function, function)
        return self.note(problems.no_overload(sign, types, usages, node.at, node.at_end, hint))

    def applied(self, node: Call, overload: Overload, args: tuple[Typed, ...], type_: Type) -> Typed:
        for place, what in overload.function.literal.items():
            if place >= len(args):
                continue
            prepared = self.prepared(node, overload, args, place, what)
            if prepared is None:
                return Const(None, type_ if type_ != FAULT else FAULT)
            args = (*args[:place], prepared, *args[place + 1 :])
        made = fold.apply(overload, args, type_)
        if isinstance(made, Const) and made.value is None:
            self.without_value(node, overload, args)
        return made

    def prepared(
        self, node: Call, overload: Overload, args: tuple[Typed, ...], place: int, what: str
    ) -> Const | None:
        """A literal argument in the form that the function wants."""
        arg = args[place]
        part = node.args[place - len(args)]
        if not isinstance(arg, Const):
            self.note(problems.not_literal(overload.function.name, what, part.start, part.end))
            return None
        if arg.value is None or overload.function.prepared is None:
            return arg if arg.value is not None else None
        try:
            return Const(overload.function.prepared(arg.value), arg.type)
        except RefusedError as refused:
            name, extra = overload.function.name, (refused.hint,) if refused.hint else ()
            self.note(problems.refused_literal(name, str(refused), part.start, part.end, *extra))
            return None

    def without_value(self, node: Call, overload: Overload, args: Sequence[Typed]) -> None:
        """A call of constants without a value: a mistake, but that CEL lets `1/0` stand where it does not matter."""
        values = [arg.value for arg in args if isinstance(arg, Const)]
        if None in values or len(values) < len(args):
            return
        if overload.style != "operator":
            shown = ", ".join(repr(value) for value in values)
            self.note(
                problems.refused_literal(
                    overload.function.name, f"no value for {shown[:60]}", node.start, node.end
                )
            )
        elif overload.result == DOUBLE:
            self.note(problems.not_a_number(node.start, node.end))
        else:
            self.note(problems.never_known(SIGN[overload.function.name], node.start, node.end))

    # --- macros ---

    def macro(self, node: Call, scope: Scope) -> Typed:
        over, *parts = node.args
        macro, counts = _MACROS[node.function]
        if len(parts) not in counts or not isinstance(parts[0], Name) or parts[0].root:
            usage = f"list.{node.function}(x, condition)" if node.function != "map" else "list.map(x, value)"
            return self.note(problems.call_style(node.function, usage, node.at, node.at_end))
        self.loops += 1
        self.nesting += 1
        if self.loops > MAX_LOOPS or self.nesting > MAX_NESTED_LOOPS:
            what = "macros in one expression" if self.loops > MAX_LOOPS else "macros nested"
            limit = MAX_LOOPS if self.loops > MAX_LOOPS else MAX_NESTED_LOOPS
            self.nesting -= 1
            return self.note(problems.too_many(what, limit, node.at, node.at_end))
        looped = self.loop(node, macro, self.check(over, scope), parts[0].name, parts[1:], scope)
        self.nesting -= 1
        return looped

    def loop(
        self, node: Call, macro: Macro, over: Typed, name: str, parts: Sequence[Node], scope: Scope
    ) -> Typed:
        if over.type.name != "list" and over.type != FAULT:
            what = f"what stands before `.{node.function}`"
            start, end = node.args[0].start, node.args[0].end
            return self.note(problems.not_a_type("a list", str(over.type), what, start, end))
        item = over.type.element if over.type.name == "list" else FAULT
        if mixes(item):
            return self.one_type(over.type, node.args[0].start, node.args[0].end)
        slot = self.loops
        inner = {**scope, name: Local(slot, FAULT if item == NOTHING else item)}
        body = self.check(parts[-1], inner) if macro == "map" else None
        tests = parts if body is None else parts[:-1]
        test = self.condition(tests[0], inner, f"the condition of `{macro}`") if tests else TRUE
        type_ = BOOL if macro not in ("map", "filter") else over.type if body is None else list_of(body.type)
        if mixes(type_):
            return self.one_type(type_, parts[-1].start, parts[-1].end)
        if item == NOTHING:
            made = list_of(NOTHING) if type_ == list_of(FAULT) else type_
            return Const(macro == "all" if type_ == BOOL else (), made)
        if FAULT in (item, body.type if body else BOOL):
            return Const(None, BOOL if type_ == BOOL else FAULT)
        return Loop(macro, over, slot, test, body, type_, item)


def _overload(function: object) -> Overload:
    return next(each for each in FUNCTIONS["_==_"] if each.function is function)


def _never_known(tree: Typed) -> bool:
    """Whether a part is a constant without a value, such as 1 / 0."""
    return isinstance(tree, Const) and tree.value is None and tree.type != NULL


def _has_null(tree: Typed) -> bool:
    """Whether a list literal, or one in it, holds `null`."""
    if tree.type.name != "list" or not isinstance(tree, MakeList | Const):
        return tree.type == NULL
    return any(map(_has_null, _items(tree)))


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
