"""A file of planted mistakes: what `check` says of each is enough for a stranger to mend it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from policy.cli.check import command
from policy.diagnostics import errors
from policy.runtime import check

FILE = Path(__file__).parent / "planted" / "login.yaml"

# line, what stands there, what to write, and the words of `check` that say so
PLANTED = [
    (6, "defualt", "default", "did you mean `default`?"),
    (7, "integer", "int", "did you mean `int`?"),
    (9, '"0.5"', "0.5", "write 0.5 without quotes"),
    (10, "default: 4", "default: 1", "expected one of 1, 2, 3"),
    (11, "default: no", "default: false", "write false"),
    (13, "refused", "refuse", "did you mean `refuse`?"),
    (14, "risc", "risk", "did you mean `risk`?"),
    (18, "has_phone", "known", "known: country, failed, ip, known, level"),
    (19, "needs: known", "needs: known, else: block", "`agent: {needs: condition, else: action}`"),
    (24, '"0.60"', "0.60", "write 0.60 without quotes"),
    (25, "90", "0.9", "write 0.9 for 90 %"),
    (28, "country == NO", 'country == "NO"', 'a text stands in quotes: "NO"'),
    (28, "blok", "block", "did you mean `block`?"),
    (30, "nightly || level > 2", "level > 2", "`risky` → `nightly` → `risky`"),
    (37, "/33", "/24", "after the slash stands a number up to 32"),
    (38, "tomorrow", "2099-01-31T00:00:00Z", "write a time such as 2027-01-31T00:00:00Z"),
    (39, "192.0.2.0/24", "{value: 192.0.2.0/24, owner: ana}", "this entry of `office` needs `owner`"),
    (41, '"Tor"', '"tor"', "did you mean `tor`?"),
    (42, "level = 2", "level == 2", "did you mean `==`?"),
    (43, "contry", "country", "did you mean `country`?"),
    (44, 'level > "2"', "level > 2", "write 2 without quotes"),
    (45, "lists.ofice", "lists.office", "did you mean `lists.office`?"),
    (46, "known and", "known &&", "did you mean `&&`?"),
    (47, "startswith", "startsWith", "did you mean `startsWith`?"),
    (48, "blokc", "block", "did you mean `block`?"),
    (49, "at_least: block, at_most: sms", "at_least: sms, at_most: block", "`block` is stricter than `sms`"),
    (50, "when: known}", "when: known, at_most: sms}", "a rule needs `action`, `at_least` or `at_most`"),
    (51, "previw", "preview", "did you mean `preview`?"),
    (52, "when: rtt", "when: rtt > 0.5", "compare it with a number: `… > 0.5`"),
    (52, "ignore", "skip", "expected skip, fire, allow"),
    (57, '">> 2"', '"> 2"', "`> 2` is not a whole number"),
    (58, "alow", "allow", "did you mean `allow`?"),
    (59, "{facts", "{score: block, facts", "`on_error` needs the key `score`"),
    (61, "torr", "tor", "did you mean `tor`?"),
    (62, "yesterday", "2026-01-31T12:00:00Z", "RFC 3339, such as 2026-01-31T12:00:00Z"),
    (62, "allowed", "allow", "did you mean `allow`?"),
]
# What only shows once the rest is mended.
LATER = [
    (31, '"Oslo"', '"Europe/Oslo"', "Europe/Oslo"),
    (51, "name: none", "name: none-either", "a second rule has the name `none`"),
]


@pytest.fixture(scope="module")
def told():
    """What `check` says about each line: its diagnostics as text."""
    output = CliRunner().invoke(command, [str(FILE)]).output
    found = {}
    for part in re.split(r"^(?=\S+:\d+:\d+: )", output, flags=re.MULTILINE):
        if line := re.match(r"\S+:(\d+):\d+: ", part):
            found[int(line[1])] = found.get(int(line[1]), "") + part
    return found


@pytest.mark.parametrize(("line", "wrong", "right", "words"), PLANTED, ids=lambda value: str(value)[:20])
def test_each_mistake_is_told_at_its_line_with_the_way_out(line, wrong, right, words, told):
    """The words that name what to write stand in the diagnostic of the line."""
    assert wrong in FILE.read_text("utf-8").splitlines()[line - 1]
    assert words in told[line]


def test_nothing_else_is_blamed(told):
    """No line without a mistake has an error: one mistake does not make others."""
    assert set(told) == {line for line, *_ in PLANTED}


def mended(tmp_path, repairs):
    """The file with repairs made, checked."""
    lines = FILE.read_text("utf-8").splitlines()
    for line, wrong, right, _ in repairs:
        assert wrong in lines[line - 1]
        lines[line - 1] = lines[line - 1].replace(wrong, right)
    (tmp_path / "login.yaml").write_text("\n".join(lines), "utf-8")
    return check(tmp_path / "login.yaml")


def test_a_file_mended_by_these_words_loads(tmp_path):
    """With every repair made, but for what then shows, and that mended too, the policy loads."""
    shown = errors(mended(tmp_path, PLANTED).diagnostics)
    assert [one.span.line for one in shown] == [line for line, *_ in LATER]
    assert all(words in f"{one.message} {one.help}" for one, (*_, words) in zip(shown, LATER, strict=True))
    loaded = mended(tmp_path, [*PLANTED, *LATER])
    assert loaded.decision is not None
    assert {one.code for one in errors(loaded.diagnostics)} <= {"E151"}
