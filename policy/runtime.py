"""Where everything is put together: policy files, the models beside them, and the facts of their cases.

With the command line the only place that imports scorer, its face only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa

import scorer
from policy import source
from policy.diagnostics import Diagnostic, Severity, Span, errors, in_order
from policy.engine.build import build
from policy.engine.cases import CaseResult, run_cases
from policy.engine.decision import Decision
from policy.engine.scorer import NO_SCORE, Scorer, Scores
from policy.errors import LoadError
from policy.files import read_object
from policy.spec.cases import CaseSpec
from policy.spec.decision import DecisionSpec, read_decision

Models = Callable[[str], Any]  # the location of a model -> what has `output(name)`

_ROW_NUMBER = re.compile(r"\Arow \d+, ")
_MAX_SHOWN = 500  # diagnostics of one file


@dataclass(frozen=True, slots=True)
class Loaded:
    """A policy file: the decision if it loads, diagnostics in source order, results of the cases if run."""

    path: Path
    decision: Decision | None
    diagnostics: tuple[Diagnostic, ...]
    cases: tuple[CaseResult, ...] = ()

    @property
    def sound(self) -> bool:
        """Whether the policy loads and all of its cases pass."""
        return not errors(self.diagnostics)


@dataclass(frozen=True, slots=True)
class ModelScorer:
    """One number of a scorer's model, as the engine sees it."""

    output: Any  # scorer.Output
    errors: tuple[type[Exception], ...] = (Exception,)

    @property
    def inputs(self) -> pa.Schema:
        """The columns that the number needs."""
        return self.output.inputs

    @property
    def version(self) -> str:
        """The model's content hash."""
        return str(self.output.version)

    @property
    def label(self) -> str | None:
        """The class at the output's slot."""
        label: str | None = self.output.label
        return label

    def bind(self, names: Sequence[str]) -> Callable[..., float | None]:
        """The compiled row function."""
        function: Callable[..., float | None] = self.output.bind(names)
        return function

    def batch(self, table: pa.Table) -> Scores:
        """The scores of a table, with the causes that the row function would give."""
        try:
            scores, causes = self.output.batch(table)
        except self.errors:  # a row is refused in a way that stops the table: ask row by row
            return self._rows(table)
        return scores, [None if cause is None else _of_row(cause) for cause in causes]

    def _rows(self, table: pa.Table) -> Scores:
        function = self.bind(table.column_names)
        scores = np.full(table.num_rows, np.nan)
        causes: list[str | None] = [None] * table.num_rows
        for row, values in enumerate(zip(*(column.to_pylist() for column in table.columns), strict=True)):
            scores[row], causes[row] = self._row(function, values)
        return scores, causes

    def _row(self, function: Callable[..., float | None], values: Sequence[Any]) -> tuple[float, str | None]:
        try:
            score = function(*values)
        except self.errors as error:
            return np.nan, str(error) or type(error).__name__
        return (np.nan, NO_SCORE) if score is None else (score, None)


def load(path: str | Path, models: Models | None = None) -> Decision:
    """Load a policy file with its model.

    path: a YAML file; the model's path is relative to it, unless it is a URI. models: what loads a model by
    its location, in place of `scorer.load`. Raises LoadError, a PolicyError, with every diagnostic.
    """
    loaded = load_policy(path, models)
    if loaded.decision is None:
        raise LoadError(loaded.diagnostics)
    return loaded.decision


def load_policy(path: str | Path, models: Models | None = None) -> Loaded:
    """Load a policy file; whatever is wrong with it is in the diagnostics."""
    file = Path(path)
    text, unreadable = _bytes(file)
    if text is None:
        return Loaded(file, None, (unreadable,))
    root, found = source.read(text, str(file))
    if root is None or errors(found):
        return Loaded(file, None, _first(found))
    spec, problems = read_decision(root)
    found += problems
    if spec is None:
        return Loaded(file, None, _first(found))
    spec, problems = _with_facts(spec, file.parent)
    found += problems
    wants_model = spec.score.model is not None
    one, problems = _scorer(spec, file.parent, models or scorer.load) if wants_model else (None, [])
    found += problems
    if wants_model and one is None:
        return Loaded(file, None, _first(found))
    decision, problems = build(spec, one)
    found += problems
    return Loaded(file, None if errors(found) else decision, _first(found))


def check(path: str | Path, models: Models | None = None) -> Loaded:
    """Load a policy file and run its cases; a case that fails is an error among the diagnostics."""
    loaded = load_policy(path, models)
    if loaded.decision is None:
        return loaded
    results = tuple(run_cases(loaded.decision))
    failed = [result.diagnostic() for result in results if not result.passed]
    return replace(loaded, cases=results, diagnostics=tuple(in_order([*loaded.diagnostics, *failed])))


def _first(found: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The first diagnostics in source order, and whether there are more."""
    ordered = in_order(found)
    if len(ordered) <= _MAX_SHOWN:
        return tuple(ordered)
    kept, left_out = ordered[:_MAX_SHOWN], ordered[_MAX_SHOWN:]
    severity: Severity = "error" if errors(left_out) else "note"
    message = "further problems are not shown; mend those above first"
    return (*kept, Diagnostic("E103", message, kept[-1].span, severity=severity))


def policy_files(configs: str | Path) -> list[Path]:
    """The policy files of a folder, or the one file that is named."""
    folder = Path(configs)
    if not folder.is_dir():
        return [folder]
    files = (file for suffix in ("*.yaml", "*.yml") for file in folder.glob(suffix))
    return sorted(file for file in files if not file.name.startswith(".") and ".cases." not in file.name)


@dataclass(frozen=True, slots=True)
class Runtime:
    """An immutable snapshot of all policies of a folder, by name."""

    decisions: Mapping[str, Decision]
    files: Mapping[str, Path]
    diagnostics: tuple[Diagnostic, ...] = ()

    @classmethod
    def load(cls, configs: str | Path, models: Models | None = None) -> Runtime:
        """Load and check every policy of a folder, or one file, each model once.

        Raises LoadError with every diagnostic if one does not load or one of its cases fails.
        """
        loaded, found = check_all(configs, models)
        if errors(found):
            raise LoadError(found)
        named = {one.decision.name: one for one in loaded if one.decision is not None}
        return cls(
            MappingProxyType({name: one.decision for name, one in named.items() if one.decision is not None}),
            MappingProxyType({name: one.path for name, one in named.items()}),
            tuple(found),
        )


def check_all(configs: str | Path, models: Models | None = None) -> tuple[list[Loaded], list[Diagnostic]]:
    """Check every policy of a folder, each model loaded once; and all diagnostics, the folder's too."""
    files = policy_files(configs)
    cached = Cached(models or scorer.load)
    loaded = [check(file, cached) for file in files]
    found = [diagnostic for one in loaded for diagnostic in one.diagnostics]
    if not files:
        nowhere = Span(str(configs), 1, 1, 1)
        hints = ("`scoregate init DIR` writes a folder to start from",)
        found.append(Diagnostic("E100", "the folder holds no policy file (*.yaml)", nowhere, help=hints))
    return loaded, in_order([*found, *_same_names(loaded)])


@dataclass(slots=True)
class Cached:
    """Loads each model once, however many policies use it."""

    models: Models
    loaded: dict[str, Any] = field(default_factory=dict)

    def __call__(self, location: str) -> Any:
        """The model at the location."""
        if location not in self.loaded:
            self.loaded[location] = self.models(location)
        return self.loaded[location]


def _of_row(cause: str) -> str:
    """What the scorer says of a row of a table as it would say it of a single row."""
    return NO_SCORE if cause == "dropped" else _ROW_NUMBER.sub("", cause)


def _same_names(loaded: Sequence[Loaded]) -> list[Diagnostic]:
    first: dict[str, Decision] = {}
    found = []
    for one in loaded:
        if one.decision is None:
            continue
        before = first.setdefault(one.decision.name, one.decision)
        if before is not one.decision:
            note = f"the first is {before.spec.span.file}"
            message = f"a second policy has the name `{one.decision.name}`"
            found.append(Diagnostic("E116", message, one.decision.spec.name_span, (note,)))
    return found


def _bytes(file: Path) -> tuple[bytes | None, Diagnostic]:
    try:
        with file.open("rb") as stream:
            data = stream.read(source.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, Diagnostic("E100", f"cannot read the policy: {reason}", Span(str(file), 1, 1, 1))
    return data, Diagnostic("E100", "", Span(str(file), 1, 1, 1))


def _scorer(spec: DecisionSpec, folder: Path, models: Models) -> tuple[Scorer | None, list[Diagnostic]]:
    score = spec.score
    location = str(score.model)
    place = location if "://" in location else str(folder / location)
    try:
        model = models(place)
    except scorer.ScorerError as error:
        return None, [Diagnostic("E301", f"the model does not load: {error}", score.model_span or score.span)]
    if isinstance(model, Scorer):
        return model, []
    try:
        return ModelScorer(model.output(score.output)), []
    except scorer.ScorerError as error:
        return None, [Diagnostic("E304", str(error), score.output_span or score.span)]


def _with_facts(spec: DecisionSpec, folder: Path) -> tuple[DecisionSpec, list[Diagnostic]]:
    """The spec with the facts of its cases read from their files."""
    found: list[Diagnostic] = []
    cases = tuple(case if case.path is None else _read_facts(case, folder, found) for case in spec.cases)
    return replace(spec, cases=cases), found


def _read_facts(case: CaseSpec, folder: Path, found: list[Diagnostic]) -> CaseSpec:
    file = folder / str(case.path)
    try:
        facts = read_object(file)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"cannot read the facts `{case.path}`: {reason}"
        found.append(Diagnostic("E150", message, case.facts_span))
        return case
    return replace(case, facts=facts)
