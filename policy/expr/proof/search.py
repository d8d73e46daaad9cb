"""Whether a formula can hold: facts are narrowed, branches tried, until one is left standing or none.

What is refuted cannot happen. What is left standing may still be impossible, for terms are only as well understood
as `images` does: it is no witness.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import product
from typing import Any

from policy.expr.proof.claims import All, Budget, Fact, Formula, OneOf, Order, Term, Terms
from policy.expr.proof.domains import Domain, Domains, among, has_keys, of_type, value_of
from policy.expr.proof.images import image
from policy.expr.proof.ranges import both, covers, few
from policy.expr.row import compile_value
from policy.expr.typed import Apply, Const, Input, Typed, inputs, walk
from policy.expr.types import DOUBLE, Type

_FEW = 64  # values of an input that are tried one by one
_FEW_TOGETHER = 256  # likewise of several
_ROUNDS = 3

State = dict[int, Domain]  # by the number of the term


@dataclass(slots=True)
class Search:
    """A search for a way in which formulas hold, over inputs of these domains."""

    terms: Terms
    domains: Domains
    budget: Budget
    _whole: dict[int, Domain] = field(default_factory=dict)

    def holds(self, formulas: Iterable[Formula]) -> State | None:
        """The domains of the terms in a way that is left standing, or None: there is none.

        Raises ExhaustedError.
        """
        return self._search(list(formulas), {})

    def whole(self, number: int) -> Domain:
        """What a term can be before anything is claimed."""
        if number not in self._whole:
            term = self.terms.terms[number]
            self._whole[number] = (
                image(term, self._declared) if not isinstance(term, Input) else self._input(term)
            )
        return self._whole[number]

    def _input(self, node: Input) -> Domain:
        declared = self.domains.get(node.name)
        whole = of_type(node.type, unknown=node.optional)
        return whole if declared is None else whole.narrowed(declared)

    def _declared(self, term: Term) -> Domain | None:
        return self._input(term) if isinstance(term, Input) else None

    def left(self, node: Input, state: State) -> Domain:
        """What an input can still be in a state."""
        return self._now(self.terms.number(node), state)

    # --- branches ---

    def _search(self, todo: list[Formula], state: State) -> State | None:
        choices = self._settle(todo, [], state)
        if choices is None or not self._possible(state):
            return None
        if not choices:
            return state
        choices.sort(key=len)
        first, rest = choices[0], [OneOf(tuple(parts)) for parts in choices[1:]]
        for part in first:
            found = self._search([part, *rest], dict(state))
            if found is not None:
                return found
        return None

    def _settle(
        self, todo: list[Formula], choices: list[list[Formula]], state: State
    ) -> list[list[Formula]] | None:
        """Take in facts until only choices of two or more are left; None if nothing can hold."""
        while todo:
            if not self._take(todo, choices, state):
                return None
            left: list[list[Formula]] = []
            for parts in choices:
                if any(self._certain(part, state) for part in parts):
                    continue
                open_ = [part for part in parts if self._open(part, state)]
                if not open_:
                    return None
                if len(open_) == 1:
                    todo.append(open_[0])
                else:
                    left.append(open_)
            choices = left
        return choices

    def _take(self, todo: list[Formula], choices: list[list[Formula]], state: State) -> bool:
        """Narrow by what is to do; choices are put aside."""
        while todo:
            self.budget.spend()
            match todo.pop():
                case Fact(term=term, domain=domain):
                    narrowed = self._now(term, state).narrowed(domain)
                    if narrowed.empty:
                        return False
                    state[term] = narrowed
                    if not narrowed.unknown:
                        todo.extend(self._parts_known(term, state))
                case All(parts=parts):
                    todo.extend(parts)
                case OneOf(parts=parts):
                    choices.append(list(parts))
        return True

    def _parts_known(self, number: int, state: State) -> list[Formula]:
        """If a call is known, its arguments are."""
        term = self.terms.terms[number]
        if isinstance(term, Order):
            parts: tuple[Typed, ...] = (term.left, term.right)
        elif isinstance(term, Apply):
            parts = term.args
        else:
            return []
        found: list[Formula] = []
        for part in parts:
            if isinstance(part, Const):
                continue
            inner = self.terms.number(part)
            before = self._now(inner, state)
            if before.unknown:
                found.append(Fact(inner, Domain(before.ranges, unknown=False)))
        return found

    def _now(self, number: int, state: State) -> Domain:
        found = state.get(number)
        return self.whole(number) if found is None else found

    def _open(self, formula: Formula, state: State) -> bool:
        """Whether a formula may still hold, at a glance."""
        self.budget.spend()
        match formula:
            case Fact(term=term, domain=domain):
                return not self._now(term, state).narrowed(domain).empty
            case All(parts=parts):
                return all(self._open(part, state) for part in parts)
        return any(self._open(part, state) for part in formula.parts)

    def _certain(self, formula: Formula, state: State) -> bool:
        """Whether a formula holds whatever else does, at a glance."""
        self.budget.spend()
        match formula:
            case Fact(term=term, domain=domain):
                now = self._now(term, state)
                return (domain.unknown or not now.unknown) and covers(domain.ranges, now.ranges)
            case All(parts=parts):
                return all(self._certain(part, state) for part in parts)
        return any(self._certain(part, state) for part in formula.parts)

    # --- terms that hang together ---

    def _possible(self, state: State) -> bool:
        """Whether computed terms can be what is claimed of them; inputs are narrowed to what they need."""
        for _ in range(_ROUNDS):
            before = dict(state)
            for number in before:
                term = self.terms.terms[number]
                if isinstance(term, Input):
                    continue
                self.budget.spend()
                narrowed = state[number].narrowed(image(term, self._claimed(state)))
                if narrowed.empty:
                    return False
                state[number] = narrowed
                if not isinstance(term, Order) and not self._tried(term, narrowed, state):
                    return False
            if before == state:
                break
        return True

    def _claimed(self, state: State) -> Callable[[Term], Domain | None]:
        def known(term: Term) -> Domain | None:
            number = self.terms.known(term)
            found = None if number is None else state.get(number)
            return found if found is not None else self._declared(term)

        return known

    def _tried(self, term: Typed, domain: Domain, state: State) -> bool:
        """Whether some values of the inputs, if they have few, give what is claimed of the term."""
        if not has_keys(term.type) or any(each.type.name == "set" for each in walk(term)):
            return True
        read = list(inputs(term).values())
        options = [self._options(each, state) for each in read]
        size = 1
        for values in options:
            size *= len(values) if values is not None else _FEW_TOGETHER + 1
        if not read or size > _FEW_TOGETHER:
            return True
        self.budget.spend(size)
        function = compiled(term)
        rows = product(*(values or () for values in options))
        fitting = [row for row in rows if holds(function(*row), term.type, domain)]
        if len(read) == 1 and fitting:
            self._keep(read[0], [row[0] for row in fitting], state)
        return bool(fitting)

    def _options(self, node: Input, state: State) -> list[Any] | None:
        now = self._now(self.terms.number(node), state)
        keys = few(now.ranges, _FEW) if has_keys(node.type) else None
        if keys is None:
            return None
        values = [value_of(node.type, key) for key in keys]
        if node.type == DOUBLE and 0 in keys:
            values.append(-0.0)  # shares its key with 0.0
        return [*values, None] if now.unknown else values

    def _keep(self, node: Input, values: list[Any], state: State) -> None:
        number = self.terms.number(node)
        known = tuple(value for value in values if value is not None)
        state[number] = self._now(number, state).narrowed(among(node.type, known, unknown=None in values))


def holds(value: Any, type_: Type, domain: Domain) -> bool:
    """Whether a machine value, or None, lies in a domain."""
    if value is None:
        return domain.unknown
    return bool(both(domain.ranges, among(type_, (value,)).ranges))


@lru_cache(256)
def compiled(node: Typed) -> Callable[..., Any]:
    """The part as a function of machine values, in the order of `inputs`."""
    return compile_value(node, list(inputs(node)))
