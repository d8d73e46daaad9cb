"""Types for a syntax tree: every name resolved, every call its overload, all problems at once.

Where a part is wrong its type is FAULT, which fits everywhere: a mistake is told once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from policy.expr import fold, hints, problems
from policy.expr.equality import Equality, is_odd, never_known
from policy.expr.functions import FUNCTIONS, names, namespaces
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
from policy.expr.overloads import MACROS, WRONG
from policy.expr.parser import RESERVED
from policy.expr.problems import UNSUPPORTED, Problem
from policy.expr.tokens import UNREAD
from policy.expr.typed import (
    TRUE,
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
    list_of,
    plain,
)
from policy.expr.units import is_fine

MAX_LOOPS = 8
MAX_NESTED_LOOPS = 2

_EQUALITY = ("_==_", "_!=_")
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
    if isinstance(tree, Const) and is_fine(tree):
        checker.note(problems.too_fine(tree.type.name, node.start, node.end))
    if wanted is not None and plain(tree.type) != plain(wanted) and tree.type != FAULT:
        checker.note(problems.wrong_result(str(wanted), str(tree.type), node.start, node.end))
    return Checked(tree, frozenset(checker.names), tuple(checker.problems))


class _Checker(Equality):
    def __init__(self, declared: Mapping[str, Variable]) -> None:
        super().__init__(declared)
        self.names: set[str] = set()
        self.loops = 0
        self.nesting = 0

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
            return WRONG  # the parser said so
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
            return WRONG  # the parser said so
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
            return WRONG
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
        if any(map(never_known, items)):
            return Const(None, list_of(element or DYN))
        if (element is None or any(item.type == NULL for item in items)) and element != NULL:
            self.only_plain(node, items)
        if element is None:
            types = sorted({str(item.type) for item in items})
            self.note(problems.mixed_list(types, node.start, node.end))
            return MakeList(items, list_of(DYN))
        return list_const(items, element)

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
        if node.receiver and node.function in MACROS:
            return self.macro(node, scope)
        if node.receiver and (missing := self.missing(node, scope)):
            return missing
        if node.receiver and node.function not in FUNCTIONS and self.binds(node, scope):
            self.check(node.args[0], scope)
            return self.unknown_function(node, node.function)
        args, function = self.arguments(node, scope)
        if node.function == NOT and args[0].type in (BOOL, FAULT):
            return fold.negated(args[0]) if args[0].type == BOOL else WRONG
        if any(arg.type == FAULT for arg in args):
            return self.after_fault(node, function)
        if node.function in _EQUALITY:
            return self.equality(node, args)
        if node.function == IN:
            return self.membership(node, args)
        lists = [arg.type for arg in args if arg.type.name == "list"]
        if node.function == INDEX and lists and (found := self.item(node, args)):
            return found
        if function != "size" and (odd := [arg for arg in args if is_odd(arg)]):
            return self.odd_list(node.args[list(args).index(odd[0]) - len(args)], odd[0])
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

    def binds(self, node: Call, scope: Scope) -> bool:
        """Whether a call looks like a macro, whose first argument is a name of its own."""
        first = node.args[1] if len(node.args) > 2 else None
        return isinstance(first, Name) and first.name not in self.declared and first.name not in scope

    def after_fault(self, node: Call, function: str) -> Typed:
        """An argument is wrong, which is told; the function may be unknown besides."""
        candidates = FUNCTIONS.get(function)
        if candidates is None:
            return self.unknown_function(node, function)
        results = {overload.result for overload in candidates}
        return Const(None, results.pop() if len(results) == 1 else FAULT)

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
        for part, each in zip(node.args[1:], (then, other), strict=True):
            if is_odd(each) and not isinstance(test, Const):
                return self.odd_list(part, each)
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

    # --- macros ---

    def macro(self, node: Call, scope: Scope) -> Typed:
        over, *parts = node.args
        macro, counts = MACROS[node.function]
        if len(parts) not in counts or not isinstance(parts[0], Name) or parts[0].root:
            usage = f"list.{node.function}(x, condition)" if node.function != "map" else "list.map(x, value)"
            return self.note(problems.call_style(node.function, usage, node.at, node.at_end))
        chained = self.check(over, scope)  # macros that follow one another do not nest
        self.loops += 1
        self.nesting += 1
        if self.loops > MAX_LOOPS or self.nesting > MAX_NESTED_LOOPS:
            what = "macros in one expression" if self.loops > MAX_LOOPS else "macros nested"
            limit = MAX_LOOPS if self.loops > MAX_LOOPS else MAX_NESTED_LOOPS
            self.nesting -= 1
            return self.note(problems.too_many(what, limit, node.at, node.at_end))
        looped = self.loop(node, macro, chained, parts[0].name, parts[1:], scope)
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
        if is_odd(over):
            return self.odd_list(node.args[0], over)
        slot = self.loops
        inner = {**scope, name: Local(slot, FAULT if item == NOTHING else item)}
        body = self.check(parts[-1], inner) if macro == "map" else None
        tests = parts if body is None else parts[:-1]
        test = self.condition(tests[0], inner, f"the condition of `{macro}`") if tests else TRUE
        type_ = BOOL if macro not in ("map", "filter") else over.type if body is None else list_of(body.type)
        if body is not None and is_odd(body):
            return self.odd_list(parts[-1], body)
        if item == NOTHING:
            made = list_of(NOTHING) if type_ == list_of(FAULT) else type_
            return Const(macro == "all" if type_ == BOOL else (), made)
        if FAULT in (item, body.type if body else BOOL):
            return Const(None, BOOL if type_ == BOOL else FAULT)
        return Loop(macro, over, slot, test, body, type_, item)
