"""`define:`, expressions with a name, which conditions use as if they were inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from policy.diagnostics import Span
from policy.expr import Variable
from policy.expr.nodes import Name, walk
from policy.expr.parser import parse
from policy.expr.types import FAULT
from policy.source import Node, Scalar
from policy.spec.conditions import LISTS, NOW, SCORE, Condition, Names, can_lack, read_condition
from policy.spec.inputs import RESERVED
from policy.spec.reader import Fields, Reader, place

MAX_DEFINITIONS = 500


@dataclass(frozen=True, slots=True)
class Definition:
    """A name and what it means."""

    name: str
    meaning: Condition
    span: Span


def read_definitions(node: Node, names: Names, reader: Reader) -> tuple[Definition, ...]:
    """The block `define:`. Each may use the others, above and below; their names are added to `names`."""
    fields = reader.fields(node, "`define`")
    if len(fields) > MAX_DEFINITIONS:
        reader.note("E103", f"{len(fields):,} definitions, more than {MAX_DEFINITIONS}", node.span)
        return ()
    sound = {name: entry for name, entry in fields.items() if _check_name(name, entry[0], names, reader)}
    found = []
    for name in _in_order(sound, reader):
        key, value = sound[name]
        where = f"defined at {place(key.span)}"
        meaning = read_condition(value, names, reader, f"the definition `{name}`", wanted=None)
        if meaning is None:
            names.variables[name] = Variable(FAULT, where=where)  # told here, and not again at every use
            continue
        names.variables[name] = Variable(meaning.program.tree.type, can_lack(meaning), where)
        names.meanings[name] = meaning.tree
        found.append(Definition(name, meaning, key.span))
    order = list(sound)
    names.variables |= {name: Variable(FAULT) for name in order if name not in names.variables}  # of a circle
    return tuple(sorted(found, key=lambda one: order.index(one.name)))


def _check_name(name: str, key: Scalar, names: Names, reader: Reader) -> bool:
    if reader.identifier(key, "the name of a definition") is None:
        return False
    if name in RESERVED or name in (SCORE, NOW, LISTS.rstrip(".")):
        reader.note("E115", f"`{name}` is a word of the language, and cannot name a definition", key.span)
        return False
    if name in names.variables:
        found = names.variables[name].where
        reader.note("E142", f"`{name}` is a name already", key.span, *([f"it is {found}"] if found else []))
        return False
    return True


def _in_order(fields: Fields, reader: Reader) -> list[str]:
    """The names, each after those that it uses; of a circle, none."""
    uses = {name: _used(value, fields) for name, (_, value) in fields.items()}
    done: dict[str, bool] = {}  # whether its meaning can be made
    order: list[str] = []

    def visit(name: str, path: tuple[str, ...]) -> bool:
        if name in path:
            circle = " → ".join(f"`{one}`" for one in (*path[path.index(name) :], name))
            message = f"the definition `{name}` uses itself"
            reader.note("E143", message, fields[name][0].span, *([circle] if len(path) > 1 else []))
            return False
        if name not in done:
            known = [visit(other, (*path, name)) for other in uses[name]]  # all of them, to name every circle
            done[name] = all(known)
            if done[name]:
                order.append(name)
        return done[name]

    for name in fields:
        visit(name, ())
    return order


def _used(value: Node, fields: Mapping[str, object]) -> list[str]:
    """The definitions that a text names."""
    if not isinstance(value, Scalar) or not isinstance(value.value, str):
        return []
    syntax, _ = parse(value.value)
    found = [] if syntax is None else [each.name for each in walk(syntax) if isinstance(each, Name)]
    return [name for name in dict.fromkeys(found) if name in fields]
