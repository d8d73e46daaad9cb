"""A checked tree as straight-line Python over the local variables of one row.

Logic is three-valued, and comes in three forms: `truth` (definitely true), `falsity` (definitely false), and `value`,
where None is unknown. The first two need no None at all: `a > 1 && b` is `v0 is not None and v0 > 1 and v1`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from policy.expr.code import Writer
from policy.expr.loops import LOOPS, taken
from policy.expr.stdlib.operators import EQUAL, MEMBER
from policy.expr.strict import Strict, all_of, any_of, depth
from policy.expr.typed import (
    TRUE,
    And,
    Apply,
    Const,
    If,
    Input,
    Known,
    Local,
    Loop,
    MakeList,
    Not,
    Or,
    Typed,
    can_be_unknown,
    inputs,
    is_computed,
    walk,
)

_STRICT = frozenset(("_<_", "_<=_", "_>_", "_>=_", "_+_", "_-_", "_*_", "-_"))
_DEEPEST = 30  # brackets in one line of generated code; Python's own limit is 200


class Emitter(Writer):
    """Writes Python text for checked trees into one function body.

    names: the local variable of each input. Lines that a text needs first are added to `lines`. Texts of several trees
    can stand in one function. Without `guarded`, None in arithmetic or in `<` is left to raise TypeError, on which the
    caller must fall back to guarded text.
    """

    def __init__(self, names: Sequence[str], *, guarded: bool = True) -> None:
        super().__init__()
        self.names = {name: f"v{place}" for place, name in enumerate(names)}
        self.guarded = guarded

    # --- the three forms of a condition ---

    def truth(self, node: Typed) -> str:
        """Text that is true if the bool is definitely true."""
        match node:
            case And() | Apply():
                return self._shallow(all_of(list(dict.fromkeys(self._conjuncts(node)))))
            case Or(args=args):
                return self._shallow(any_of([self.truth(arg) for arg in args]))
            case Not(arg=arg):
                return self.falsity(arg)
            case If():
                return self._choice(node, self.truth)
        return self.value(node)  # a name, a constant or a macro: None counts as false

    def falsity(self, node: Typed) -> str:
        """Text that is true if the bool is definitely false."""
        match node:
            case And(args=args):
                return self._shallow(any_of([self.falsity(arg) for arg in args]))
            case Or(args=args):
                return self._shallow(all_of([self.falsity(arg) for arg in args]))
            case Not(arg=arg):
                return self.truth(arg)
            case If():
                return self._choice(node, self.falsity)
            case Apply():
                strict = self._apply(node)
                raw = f"{strict.operand} is False" if strict.partial else f"not {strict.operand}"
                return all_of([*strict.guards, raw])
        return f"{self._atom(node)} is False"

    def value(self, node: Typed) -> str:
        """Text of the value, None if unknown."""
        match node:
            case Const(value=value):
                return self.constants.text(value)
            case Input(name=name):
                return self.names[name]
            case Local(slot=slot):
                return f"x{slot}"
            case Known(arg=arg):
                return f"({self.value(arg)} is not None)"
            case And(args=args):
                return self._shallow(self._joined(args, "False", "True"))
            case Or(args=args):
                return self._shallow(self._joined(args, "True", "False"))
            case Not(arg=arg):
                return self._shallow(self._negated(arg))
            case If():
                return self._shallow(self._chosen(node))
        strict = self._computed(node)
        return self._shallow(strict.value())

    # --- logic ---

    def _conjuncts(self, node: Typed) -> list[str]:
        """Texts that all hold if the bool is definitely true; the same guard may stand among them twice."""
        if isinstance(node, And):
            return [text for arg in node.args for text in self._conjuncts(arg)]
        if isinstance(node, Apply):
            strict = self._apply(node, truth=True)
            return [*strict.guards, f"{strict.operand} is True" if strict.partial else strict.raw]
        return [self.truth(node)]

    def _joined(self, args: Sequence[Typed], absorbing: str, neutral: str) -> str:
        """Three-valued `and` (absorbing False) or `or`."""
        texts = [self.value(arg) for arg in args]
        if not any(map(can_be_unknown, args)):
            return all_of(texts) if absorbing == "False" else any_of(texts)
        temps = [self.fresh() for _ in texts]
        found = " or ".join(
            f"({temp} := {text}) is {absorbing}" for temp, text in zip(temps, texts, strict=True)
        )
        unknown = " or ".join(
            f"{temp} is None" for temp, arg in zip(temps, args, strict=True) if can_be_unknown(arg)
        )
        return f"({absorbing} if {found} else None if {unknown} else {neutral})"

    def _negated(self, arg: Typed) -> str:
        if not can_be_unknown(arg):
            return f"(not {self.value(arg)})"
        temp = self.fresh()
        return f"(None if ({temp} := {self.value(arg)}) is None else not {temp})"

    def _choice(self, node: If, form: Callable[[Typed], str]) -> str:
        if not can_be_unknown(node.test):
            return self._shallow(f"({form(node.then)} if {self.truth(node.test)} else {form(node.other)})")
        temp = self.fresh()
        test = f"({temp} := {self.value(node.test)})"
        return self._shallow(f"({form(node.then)} if {test} else {temp} is False and {form(node.other)})")

    def _chosen(self, node: If) -> str:
        then, other = self.value(node.then), self.value(node.other)
        if not can_be_unknown(node.test):
            return f"({then} if {self.truth(node.test)} else {other})"
        temp = self.fresh()
        return f"({then} if ({temp} := {self.value(node.test)}) else {other} if {temp} is False else None)"

    # --- strict parts ---

    def _strict(self, node: Typed, *, guarded: bool = True) -> Strict:
        """A part as an argument: known once its guards have held."""
        match node:
            case Apply() | Loop() | MakeList():
                return self._known(self._computed(node))
            case Const() | Input() | Local():
                text = self.value(node)
                guards = [f"{text} is not None"] if guarded and can_be_unknown(node) else []
                return Strict(guards, text, atomic=True)
        text = self.value(node)
        if not can_be_unknown(node):
            return Strict([], text, atomic=text.isidentifier())
        return self._known(Strict([], text, atomic=False, partial=True))

    def _computed(self, node: Apply | Loop | MakeList) -> Strict:
        if isinstance(node, MakeList):
            return self._list(node)
        return self._apply(node) if isinstance(node, Apply) else self._loop(node)

    def _list(self, node: MakeList) -> Strict:
        """Guards for items that are computed; names may be unknown items."""
        parts = [self._strict(item) if is_computed(item) else None for item in node.items]
        guards = [guard for part in parts if part for guard in part.guards]
        texts = [part.raw if part else self.value(item) for part, item in zip(parts, node.items, strict=True)]
        return Strict(guards, f"({''.join(f'{text}, ' for text in texts)})", atomic=False)

    def _known(self, strict: Strict) -> Strict:
        """With a guard that the raw text is not None."""
        if not strict.partial:
            return strict
        temp = self.fresh()
        return Strict([*strict.guards, f"({temp} := {strict.raw}) is not None"], temp, atomic=True)

    def _apply(self, node: Apply, *, truth: bool = False) -> Strict:
        """A call; `truth` if nothing hangs on the difference between false and unknown."""
        function = node.overload.function
        if function is MEMBER and (found := self._member(node, guarded=self.guarded or not truth)):
            return found
        guarded = self.guarded or not (_raises(node) or (truth and _is_const_test(node)))
        parts = [self._strict(arg, guarded=guarded) for arg in node.args]
        guards = [guard for part in parts for guard in part.guards]
        if function.template is None:
            args = ", ".join(part.raw for part in parts)
            raw = f"{self.constants.name(function.row)}({args})"
            return Strict(guards, raw, atomic=False, partial=function.partial)
        texts = []
        for place, part in enumerate(parts):
            if not part.atomic and function.template.count(f"{{{place}}}") > 1:
                guards.append(f"[{(temp := self.fresh())} := {part.raw}]")  # binds, and is true
                texts.append(temp)
            else:
                texts.append(part.operand)
        return self._bounded(guards, function.template.format(*texts), function.bounds)

    def _bounded(self, guards: list[str], raw: str, bounds: tuple[int, ...] | None) -> Strict:
        if bounds is None:
            return Strict(guards, raw, atomic=raw.isidentifier())
        temp = self.fresh()
        bound = f"({temp} := {raw})"
        guards.append(f"{bounds[0]} <= {bound} <= {bounds[1]}" if bounds else f"{bound} == {temp}")
        return Strict(guards, temp, atomic=True)

    def _member(self, node: Apply, *, guarded: bool) -> Strict | None:
        """`in` a list of known constants: a look-up."""
        item, container = node.args
        if not isinstance(container, Const) or item.type.name == "list" or None in container.value:
            return None
        part = self._strict(item, guarded=guarded)
        return Strict(
            part.guards, f"{part.operand} in {self.constants.name(frozenset(container.value))}", atomic=False
        )

    def _loop(self, node: Loop) -> Strict:
        over = self._strict(node.over)
        args = [over.raw, self._inner(node, node.test)]
        if node.body is not None:
            args.append(self._inner(node, node.body))
        names = node.macro == "map" and node.body is not None and not is_computed(node.body)
        raw = f"{self.constants.name(taken if names else LOOPS[node.macro])}({', '.join(args)})"
        return Strict(over.guards, raw, atomic=False, partial=True)

    def _inner(self, node: Loop, body: Typed) -> str:
        """A function of one item; what it reads from outside comes as defaults, which are fast locals."""
        if body == TRUE:
            return self.constants.name(_always)
        outer, self.lines = self.lines, []
        text = self.value(body)
        lines, self.lines = self.lines, outer
        name = self.fresh("p")
        reads = sorted({self.names[read] for read in inputs(body)} | _outer_locals(node, body))
        params = ", ".join([f"x{node.slot}", *(f"{read}={read}" for read in reads)])
        self.lines += [f"def {name}({params}):", *(f"    {line}" for line in lines), f"    return {text}"]
        return name

    # --- texts ---

    def _atom(self, node: Typed) -> str:
        text = self.value(node)
        return text if text.isidentifier() or text[0] == "(" else f"({text})"

    def _shallow(self, text: str) -> str:
        """The text, or the name of a line that holds it where brackets nest too deep."""
        return text if depth(text) <= _DEEPEST else self.line(text, "s")


def _always(_item: Any) -> bool:
    return True


def _outer_locals(node: Loop, body: Typed) -> set[str]:
    """The variables of macros that the body reads from further out."""
    own = {node.slot} | {each.slot for each in walk(body) if isinstance(each, Loop)}
    return {f"x{each.slot}" for each in walk(body) if isinstance(each, Local) and each.slot not in own}


def _raises(node: Apply) -> bool:
    """Whether the text of a call raises TypeError for None: order and arithmetic."""
    function = node.overload.function
    return function.template is not None and function.name in _STRICT


def _is_const_test(node: Apply) -> bool:
    """Whether a call is `==` with a constant, which is false for None."""
    return node.overload.function is EQUAL and any(isinstance(arg, Const) for arg in node.args)
