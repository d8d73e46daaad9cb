"""A saved stage is built, and its columns are named: by its parameters, by its data, or by its parts."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import pyarrow as pa

from scorer.saved import Saved
from scorer.stage import Entry, Stage, lookup

_DAMAGE = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError, MemoryError)
MAIN_COLUMNS = ("predictionCol", "probabilityCol", "rawPredictionCol")


@dataclass(frozen=True, slots=True)
class Wired:
    """A stage with the names of its columns; an output of None is not produced.

    `main` are the outputs that a caller always wants: prediction, probability and rawPrediction. `ends`: the last
    part of its class; the outputs of the parts before it take their names there.
    """

    stage: Stage
    saved: Saved
    inputs: tuple[str, ...]
    outputs: tuple[str | None, ...]
    main: frozenset[str] = frozenset()
    ends: bool = True


def wire(saved: Saved) -> list[Wired]:
    """Build a saved stage and name its columns."""
    entry = lookup(saved)
    with damaged(saved):
        parts = entry.stage.parts(saved)
    if parts is not None:
        last = len(parts) - 1
        return [Wired(s, saved, i, o, ends=n == last) for n, (s, i, o) in enumerate(parts)]
    built = _read(entry, saved)
    with damaged(saved):
        named = entry.stage.columns(saved)
    if named is not None and isinstance(built, Stage):
        return [Wired(built, saved, *named)]
    if not entry.each:
        if not isinstance(built, Stage):
            raise saved.fail(
                f"`{entry.stage.__name__}.read` gave several stages, and is registered for one (`each`)"
            )
        outputs = tuple(_outputs(saved, entry))
        main = {
            name for name, param in zip(outputs, entry.outputs, strict=True) if name and param in MAIN_COLUMNS
        }
        return [Wired(built, saved, _names(saved, entry, entry.inputs), outputs, frozenset(main))]
    stages = [built] if isinstance(built, Stage) else list(built)
    pairs = _pairs(saved, entry)
    if len(pairs) != len(stages):
        raise saved.fail(f"names {len(pairs)} columns but holds {len(stages)}")
    return [Wired(s, saved, (i,), (o,)) for s, (i, o) in zip(stages, pairs, strict=True)]


def build(saved: Saved) -> Stage:
    """Build the one stage of a sub-model, for stages that hold stages."""
    built = _read(lookup(saved), saved)
    if isinstance(built, Stage):
        return built
    raise saved.fail("holds several columns where one is expected")


def _read(entry: Entry, saved: Saved) -> Stage | Sequence[Stage]:
    """Let a class read its data within `damaged`."""
    with damaged(saved):
        return entry.stage.read(saved)


@contextmanager
def damaged(saved: Saved) -> Iterator[None]:
    """Turn whatever damaged data make a class raise into a SavedError."""
    try:
        yield
    except KeyError as e:
        raise saved.fail(f"its data lack {_lacking(e)}") from None
    except (*_DAMAGE, pa.ArrowException) as e:
        raise saved.fail(f"its data do not fit the class: {e or type(e).__name__}") from None


def _lacking(error: KeyError) -> str:
    """Name what is not there: a key, or the column of a sentence of Arrow's."""
    found = re.fullmatch(r'Field "(.*)" does not exist in schema', str(error.args[0]) if error.args else "")
    return f"the column `{found[1]}`" if found else str(error)


def _pairs(saved: Saved, entry: Entry) -> list[tuple[str, str | None]]:
    one_in, one_out = entry.inputs[0], entry.outputs[0]
    if saved.params.get(one_in + "s"):
        ins = saved.texts(one_in + "s")
        outs = saved.texts(one_out + "s", ())
        if len(outs) != len(ins):
            raise saved.fail(f"{len(ins)} input columns but {len(outs)} output columns")
        return list(zip(ins, outs, strict=True))
    return [(_names(saved, entry, (one_in,))[0], next(iter(_outputs(saved, entry))))]


def _names(saved: Saved, entry: Entry, params: tuple[str, ...]) -> tuple[str, ...]:
    out: list[str] = []
    for param in params:
        name = param.removesuffix("?")
        if param != name and not saved.params.get(name):
            continue  # an optional column that is not set
        if name.endswith("Cols") and (names := saved.texts(name)):
            out.extend(names)
        elif not name.endswith("Cols") and (value := saved.text(name, entry.defaults.get(name, ""))):
            out.append(value)
        else:
            raise saved.fail(f"parameter `{name}` names no column")
    return tuple(out)


def _outputs(saved: Saved, entry: Entry) -> Iterable[str | None]:
    for name in entry.outputs:
        default = f"{saved.uid}__output" if name == "outputCol" else entry.defaults.get(name, "")
        yield saved.text(name, default) or None
