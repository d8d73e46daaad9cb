"""A checked tree as straight-line NumPy over the columns of one chunk.

`truth` and `falsity` are masks, as in `policy.expr.rowcode`; a number is a pair of an array and a mask of the rows that
have one. Parts that stand twice, in one condition or in two, are worked out once.
"""

from __future__ import annotations

from policy.expr.stdlib.operators import IN_SET, MEMBER
from policy.expr.typed import And, Apply, Const, If, Input, Known, Not, Or, Typed, can_be_unknown
from policy.expr.types import BOOL, DOUBLE, INT
from policy.expr.units import dtype, in_column, is_fine, is_vector
from policy.expr.vector import arithmetic, relations
from policy.expr.vector.layout import Mode, Need, Sources
from policy.expr.vector.masks import Number


class Emitter(Sources):
    """Writes the body of a function over one chunk, whose columns come as the layout tells."""

    # --- conditions ---

    def truth(self, node: Typed) -> str:
        """The mask of rows where the bool is definitely true."""
        return str(self.once("truth", node, self._condition, "truth"))

    def falsity(self, node: Typed) -> str:
        """The mask of rows where the bool is definitely false."""
        return str(self.once("falsity", node, self._condition, "falsity"))

    def _condition(self, node: Typed, mode: Mode) -> str:
        """Truth, or falsity: of the two, `form` is what is asked for."""
        true = mode == "truth"
        form, opposite = (self.truth, self.falsity) if true else (self.falsity, self.truth)
        if isinstance(node, Const):
            return str(node.value is true)
        if column := self.coded(node):
            return self.looked_up(mode, node, column)
        match node:
            case And(args=args):
                return (self.both if true else self.either)([form(arg) for arg in args])
            case Or(args=args):
                return (self.either if true else self.both)([form(arg) for arg in args])
            case Not(arg=arg):
                return opposite(arg)
            case If(test=test, then=then, other=other):
                yes = self.both([self.truth(test), form(then)])
                return self.either([yes, self.both([self.falsity(test), form(other)])])
            case Known(arg=Input() as arg) if self.is_number(arg):
                return self.definite(self.known(self.column(arg)), true=true)
            case Input(name=name) if self.is_number(node):
                return self.both([self.definite(self.data(name), true=true), self.valid(name)])
            case Apply() if found := self._apply(node, true=true):
                return found
        truth, falsity = self.mapped(node)
        return truth if true else falsity

    def _apply(self, node: Apply, *, true: bool) -> str | None:
        """A strict function that gives a bool; None if it has no vector code."""
        function = node.overload.function
        if function is IN_SET:
            return self._in_set(node, true=true)
        if function is MEMBER:
            return self._member(node, true=true)
        if not all(map(is_vector, node.args)):
            return None
        if function.name in relations.RELATIONS:
            sign = relations.RELATIONS[function.name]
            return self._relation(sign if true else relations.OPPOSITE[sign], *node.args)
        if function.vector is None:
            return None
        found = arithmetic.called(self, node, [self._operand(arg) for arg in node.args])
        return self.both([self.definite(found.data, true=true), found.valid])

    def _relation(self, sign: str, left: Typed, right: Typed) -> str:
        if isinstance(left, Const):
            return self._relation(relations.MIRRORED[sign], right, left)
        one = self.number(left)
        if isinstance(right, Const):
            return relations.against(self, sign, one, right)
        return relations.between(self, sign, one, self.number(right))

    def _member(self, node: Apply, *, true: bool) -> str | None:
        """`in` a list of constant numbers."""
        item, container = node.args
        if not isinstance(container, Const) or is_fine(item):
            return None
        members = relations.members(item.type, container.value)
        if members is None:
            return None
        number = self.number(item)
        return self._found(relations.among(self, number, members), number, true=true)

    def _in_set(self, node: Apply, *, true: bool) -> str | None:
        """`in` a set of numbers."""
        item, container = node.args
        if not isinstance(container, Input) or item.type not in (INT, DOUBLE):
            return None
        need = self.need(Need("members", item, container.name))
        number = self.number(item)
        return self._found(self.line(f"{need}({number.data})"), number, true=true)

    def _found(self, found: str, number: Number, *, true: bool) -> str:
        """Where a number is among others, or where it is not."""
        known = self.known(number)
        return self.both([self.definite(found, true=true), known])

    # --- numbers ---

    def number(self, node: Typed) -> Number:
        """The array of a part, and where it has a value."""
        found: Number = self.once("number", node, self._number)
        return found

    def _number(self, node: Typed) -> Number:
        type_ = node.type
        if isinstance(node, Const):
            return self._constant(node)
        if is_fine(node):
            return Number(type_, *self.mapped(node))
        if type_ == BOOL:
            true = self.truth(node)
            valid = self.either([true, self.falsity(node)]) if can_be_unknown(node) else "True"
            return Number(BOOL, self.line(f"masked({true}, rows)"), valid)
        match node:
            case Input() if self.is_number(node):
                return self.column(node)
            case If():
                return self._chosen(node)
        if column := self.coded(node):
            data = self.looked_up("number", node, column)
            return Number(type_, data, "True" if type_ == DOUBLE else self.looked_up("known", node, column))
        if isinstance(node, Apply) and all(map(is_vector, node.args)):
            function = node.overload.function
            if function.vector is not None:
                return arithmetic.called(self, node, [self._operand(arg) for arg in node.args])
            if function.name in arithmetic.OPERATORS:
                return arithmetic.calculated(self, node, [self._operand(arg) for arg in node.args])
        return Number(type_, *self.mapped(node))

    def _constant(self, node: Const) -> Number:
        zero = "nan" if node.type == DOUBLE else "0"
        text = zero if node.value is None else self._literal(node)
        kind = self.constants.name(dtype(node.type))
        return Number(node.type, f"full(rows, {text}, {kind})", str(node.value is not None))

    def _literal(self, node: Const) -> str:
        return self.constants.text(in_column(node.type, node.value))

    def _operand(self, node: Typed) -> Number:
        """A number to calculate with, constants as they are."""
        if isinstance(node, Const) and node.value is not None:
            return Number(node.type, self._literal(node))
        number = self.number(node)
        if node.type == INT and isinstance(node, Input | If):  # a column may come in fewer bytes
            wide = self.once("wide", node, lambda _: self.line(f"wide({number.data})"))
            return Number(INT, wide, number.valid)
        return number

    def _chosen(self, node: If) -> Number:
        true, false = self.truth(node.test), self.falsity(node.test)
        then, other = self.number(node.then), self.number(node.other)
        data = self.line(f"where({true}, {then.data}, {other.data})")
        if node.type == DOUBLE:
            known = self.either([true, false])
            return Number(DOUBLE, data if known == "True" else self.line(f"where({known}, {data}, nan)"))
        valid = self.either([self.both([true, then.valid]), self.both([false, other.valid])])
        return Number(node.type, data, valid)
