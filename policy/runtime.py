"""Where everything is put together: policy files, the models beside them, and the facts of their cases.

With the command line the only place that imports scorer, its face only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from types import MappingProxyType

import scorer
from policy import source
from policy.companions import content, sheets, with_cases, with_facts
from policy.diagnostics import Diagnostic, Severity, Span, errors, in_order
from policy.engine.build import build
from policy.engine.cases import CaseResult, run_cases
from policy.engine.coverage import uncovered
from policy.engine.decision import Decision
from policy.engine.ranking.ranking import Ranking
from policy.engine.scorer import Scorer
from policy.errors import LoadError
from policy.models import Cached, Models, ModelScorer
from policy.rankings import is_ranking, load_ranking
from policy.rankings import references as ranks
from policy.spec.decision import DecisionSpec, model_of, read_decision
from policy.spec.lint.expiry import expiries
from policy.spec.score import ScoreSpec
from policy.stores.scores import shelf
from policy.stores.shared import check_store

load_model: Models = scorer.load

_MAX_SHOWN = 500  # diagnostics of one file


@dataclass(frozen=True, slots=True)
class Loaded:
    """A policy file: the decision if it loads, diagnostics in source order, results of the cases if run."""

    path: Path
    decision: Decision | None
    diagnostics: tuple[Diagnostic, ...]
    cases: tuple[CaseResult, ...] = ()
    ranking: Ranking | None = None

    @property
    def policy(self) -> Decision | Ranking | None:
        """The decision or the ranking."""
        return self.decision or self.ranking

    @property
    def sound(self) -> bool:
        """Whether the policy loads and all of its cases pass."""
        return not errors(self.diagnostics)


def load(path: str | Path, models: Models | None = None) -> Decision | Ranking:
    """Load a policy file with its model: a Decision, or a Ranking if it says `ranking:`.

    path: a YAML file; the model's path is relative to it, unless it is a URI. models: what loads a model by
    its location, in place of `scorer.load`. Raises LoadError, a PolicyError, with every diagnostic.
    """
    loaded = load_policy(path, models)
    if loaded.policy is None:
        raise LoadError(loaded.diagnostics)
    return loaded.policy


def load_decision(path: str | Path, models: Models | None = None) -> Decision:
    """Load a policy that decides. Raises LoadError; of a ranking, too."""
    loaded = load_policy(path, models)
    if loaded.decision is None:
        raise _wrong_kind(loaded, "decision")
    return loaded.decision


def load_ranks(path: str | Path, models: Models | None = None) -> Ranking:
    """Load a policy that ranks. Raises LoadError; of a decision, too."""
    loaded = load_policy(path, models)
    if loaded.ranking is None:
        raise _wrong_kind(loaded, "ranking")
    return loaded.ranking


def _wrong_kind(loaded: Loaded, kind: str) -> LoadError:
    if loaded.policy is None:
        return LoadError(loaded.diagnostics)
    message = f"a {kind} is needed here, and this policy is none"
    hints = ("`scoregate rank` takes rankings, `decide` and `batch` decisions",)
    return LoadError([Diagnostic("E116", message, loaded.policy.spec.name_span, help=hints)])


def load_policy(path: str | Path, models: Models | None = None) -> Loaded:
    """Load a policy file; whatever is wrong with it is in the diagnostics."""
    file = Path(path)
    text, unreadable = content(file)
    if text is None:
        return Loaded(file, None, (unreadable,))
    root, found = source.read(text, str(file))
    if root is None:
        return Loaded(file, None, _first(found))
    if is_ranking(root):
        ranking, problems = load_ranking(root, file.parent, models or load_model, (scorer.ScorerError,))
        found += _elsewhere(problems, found)
        return Loaded(file, None, _first(found), ranking=None if errors(found) else ranking)
    spec, problems = read_decision(root, sheets(root, file.parent))
    found += _elsewhere(problems, found)
    if spec is None:
        found += _wrong_with_model(root, file.parent, models or load_model)
        return Loaded(file, None, _first(found))
    spec, problems = with_cases(spec, file)
    found += problems
    spec, problems = with_facts(spec, file.parent)
    found += problems
    unusable = check_store(spec.score.store, file.parent)
    found += unusable
    wants_model = spec.score.model is not None
    one, problems = _scorer(spec.score, file.parent, models or load_model) if wants_model else (None, [])
    found += problems
    if wants_model and one is None:
        return Loaded(file, None, _first(found))
    decision, problems = build(spec, one, None if unusable else partial(shelf, file.parent))
    found += problems
    return Loaded(file, None if errors(found) else decision, _first(found))


def _elsewhere(problems: Sequence[Diagnostic], told: Sequence[Diagnostic]) -> list[Diagnostic]:
    """Those that are not about a value that is no proper YAML in the first place."""
    places = {one.span for one in told}
    return [one for one in problems if one.span not in places]


def check(path: str | Path, models: Models | None = None) -> Loaded:
    """Load a policy file and run its cases; a case that fails is an error among the diagnostics."""
    loaded = load_policy(path, models)
    if loaded.decision is None:
        return loaded
    results = tuple(run_cases(loaded.decision.live))  # what a store holds today proves nothing of the policy
    failed = [result.diagnostic() for result in results if not result.passed]
    found = in_order([*loaded.diagnostics, *failed, *uncovered(loaded.decision.spec, results)])
    return replace(loaded, cases=results, diagnostics=tuple(found))


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


def references(spec: DecisionSpec, file: Path) -> set[Path]:
    """The files beside a policy file that can change what it does; the model's folder, if it is a local one."""
    folder, model = file.parent, spec.score.model
    named = {one.path for one in spec.cases} | {one.path for one in spec.lists}
    named |= {one.path for one in spec.tables}
    found = {folder / path for path in named if path is not None}
    return found | ({folder / model} if model is not None and ":/" not in model else set())


@dataclass(frozen=True, slots=True)
class Runtime:
    """An immutable snapshot of all policies of a folder, by name."""

    decisions: Mapping[str, Decision]
    files: Mapping[str, Path]
    diagnostics: tuple[Diagnostic, ...] = ()
    rankings: Mapping[str, Ranking] = field(default_factory=dict)

    @property
    def versions(self) -> dict[str, str]:
        """The version of every policy, by name."""
        decided = {name: one.version for name, one in self.decisions.items()}
        return decided | {name: one.version for name, one in self.rankings.items()}

    @property
    def references(self) -> set[Path]:
        """The files that policies name, beside their own."""
        decided = {name: references(one.spec, self.files[name]) for name, one in self.decisions.items()}
        ranked = {name: ranks(one.spec, self.files[name]) for name, one in self.rankings.items()}
        return set().union(*decided.values(), *ranked.values())

    @classmethod
    def load(cls, configs: str | Path, models: Models | None = None) -> Runtime:
        """Load and check every policy of a folder, or one file, each model once.

        Raises LoadError with every diagnostic if one does not load or one of its cases fails.
        """
        loaded, found = check_all(configs, models)
        if errors(found):
            raise LoadError(found)
        decisions = {one.decision.name: one.decision for one in loaded if one.decision is not None}
        rankings = {one.ranking.name: one.ranking for one in loaded if one.ranking is not None}
        files = {one.policy.name: one.path for one in loaded if one.policy is not None}
        return cls(
            MappingProxyType(decisions), MappingProxyType(files), tuple(found), MappingProxyType(rankings)
        )


def check_all(
    configs: str | Path, models: Models | None = None, at: datetime | None = None
) -> tuple[list[Loaded], list[Diagnostic]]:
    """Check every policy of a folder, each model loaded once; and all diagnostics, the folder's too.

    at: a time; entries of lists that have expired by then are among the diagnostics.
    """
    files = policy_files(configs)
    cached = Cached(models or load_model)
    loaded = [check(file, cached) for file in files]
    found = [diagnostic for one in loaded for diagnostic in one.diagnostics]
    if not files:
        nowhere = Span(str(configs), 1, 1, 1)
        hints = ("`scoregate init DIR` writes a folder to start from",)
        found.append(Diagnostic("E100", "the folder holds no policy file (*.yaml)", nowhere, help=hints))
    if at is not None:
        found += [one for each in loaded if each.decision for one in expiries(each.decision.spec, at)]
    return loaded, in_order([*found, *_same_names(loaded), *_without_policy(Path(configs))])


def _same_names(loaded: Sequence[Loaded]) -> list[Diagnostic]:
    first: dict[str, Decision | Ranking] = {}
    found = []
    for one in loaded:
        if one.policy is None:
            continue
        before = first.setdefault(one.policy.name, one.policy)
        if before is not one.policy:
            note = f"the first is {before.spec.span.file}"
            message = f"a second policy has the name `{one.policy.name}`"
            found.append(Diagnostic("E116", message, one.policy.spec.name_span, (note,)))
    return found


def _without_policy(folder: Path) -> list[Diagnostic]:
    """Files of cases that stand beside no policy."""
    found = []
    files = (file for suffix in ("*.cases.yaml", "*.cases.yml") for file in folder.glob(suffix))
    for file in sorted(files) if folder.is_dir() else ():
        name = file.name.replace(".cases.", ".")
        if not file.with_name(name).exists():
            message = f"there is no policy `{name}` for these cases"
            found.append(Diagnostic("W405", message, Span(str(file), 1, 1, 1), severity="warning"))
    return found


def _wrong_with_model(root: source.Node, folder: Path, models: Models) -> list[Diagnostic]:
    """What is wrong with the model of a policy that does not load: all problems are named at once."""
    score = model_of(root)
    return [] if score is None else _scorer(score, folder, models)[1]


def _scorer(score: ScoreSpec, folder: Path, models: Models) -> tuple[Scorer | None, list[Diagnostic]]:
    location = str(score.model)
    place = location if ":/" in location else str(folder / location)
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
