"""A policy file and what stands beside it: its cases, the facts of cases, the files of its lists and tables."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from policy import source
from policy.diagnostics import Diagnostic, Span
from policy.files import UnreadableError, check_regular, inside, read_object, read_sheet
from policy.sheets import Sheet
from policy.spec.beside import Files, paths
from policy.spec.cases import CaseSpec, read_cases_file
from policy.spec.decision import DecisionSpec, words
from policy.spec.reader import Reader


def content(file: Path, what: str = "the policy") -> tuple[bytes | None, Diagnostic]:
    """The bytes of a file, as many as a policy may have and one more; None if it cannot be read, and why."""
    try:
        check_regular(file)
        with file.open("rb") as stream:
            data = stream.read(source.MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        return None, Diagnostic("E100", f"cannot read {what}: {reason}", Span(str(file), 1, 1, 1))
    return data, Diagnostic("E100", "", Span(str(file), 1, 1, 1))


def cases_file(policy: Path) -> Path:
    """Where the cases of a policy may stand, besides the policy itself: `login.cases.yaml` for `login.yaml`."""
    return policy.with_name(f"{policy.stem}.cases{policy.suffix}")


def with_cases(spec: DecisionSpec, file: Path) -> tuple[DecisionSpec, list[Diagnostic]]:
    """The spec with the cases of the file beside the policy, if there is one."""
    beside = cases_file(file)
    if not beside.exists():
        return spec, []
    text, unreadable = content(beside, "the cases")
    if text is None:
        return spec, [unreadable]
    root, found = source.read(text, str(beside))
    if root is None:
        return spec, found
    reader = Reader()
    cases = read_cases_file(root, words(spec), reader)
    return replace(spec, cases=(*spec.cases, *cases)), [*found, *reader.found]


def sheets(root: source.Node, folder: Path) -> Files:
    """What the files hold that lists and tables name, or why one cannot be read."""
    return {path: _sheet(folder, path) for path in paths(root)}


def _sheet(folder: Path, path: str) -> Sheet | str:
    try:
        return read_sheet(folder, path)
    except UnreadableError as error:
        return str(error)


def with_facts(spec: DecisionSpec, folder: Path) -> tuple[DecisionSpec, list[Diagnostic]]:
    """The spec with the facts of its cases read from their files."""
    found: list[Diagnostic] = []
    cases = tuple(case if case.path is None else _read_facts(case, folder, found) for case in spec.cases)
    return replace(spec, cases=cases), found


def _read_facts(case: CaseSpec, folder: Path, found: list[Diagnostic]) -> CaseSpec:
    try:
        facts = read_object(inside(folder, str(case.path)))
    except (OSError, ValueError, UnreadableError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        message = f"cannot read the facts `{case.path}`: {reason}"
        found.append(Diagnostic("E150", message, case.facts_span))
        return case
    return replace(case, facts=facts)
