"""Lists and tables in files beside a policy: loaded with it, part of its version, watched, and told when wrong."""

from __future__ import annotations

from random import Random

import pytest

from policy.diagnostics import errors, render
from policy.runtime import load, load_policy, references
from policy.spec.beside import MAX_ENTRIES, MAX_ROWS

POLICY = """\
decision: login
inputs: {ip: {type: ip}, failed: {type: int}, risk: {type: double, default: 0}}
score: {input: risk}
actions: {allow: , sms: , block: }
bands: {allow: 0, block: 0.9}
on_error: {score: block}
lists:
  office: {type: cidr, file: lists/office.csv, require: [owner]}
  bad: {type: ip, file: bad.txt}
rules:
  - {name: bad, when: ip in lists.bad, action: block}
  - {name: office, when: ip in lists.office, at_most: allow}
tables:
  - {name: speed, file: speed.csv}
"""
OFFICE = "value;expires;owner\n203.0.113.0/24;2027-01-31;ana\n10.0.0.0/8;;bo\n"
SPEED = "failed,ip,action\n> 10,-,block\n3..10,not lists.office,sms\n"
BEFORE, AFTER = "2027-01-30T23:59:59Z", "2027-01-31T00:00:00Z"


@pytest.fixture
def folder(tmp_path):
    """A sound policy with its files."""
    (tmp_path / "lists").mkdir()
    (tmp_path / "login.yaml").write_text(POLICY)
    (tmp_path / "lists" / "office.csv").write_text(OFFICE)
    (tmp_path / "bad.txt").write_text("192.0.2.66\n")
    (tmp_path / "speed.csv").write_text(SPEED)
    return tmp_path


def decided(decision, ip, failed=0, now=BEFORE, risk=0):
    outcome = decision.row({"ip": ip, "failed": failed, "risk": risk}, now=now)
    return outcome.action, outcome.rule


def test_a_policy_decides_by_the_files_beside_it(folder):
    """Lists and tables from files act, and an entry counts until it ends."""
    decision = load(folder / "login.yaml")
    assert decided(decision, "192.0.2.66") == ("block", "bad")
    assert decided(decision, "198.51.100.1", 11) == ("block", "speed:1")
    assert decided(decision, "198.51.100.1", 3) == ("sms", "speed:2")
    assert decided(decision, "203.0.113.9", 3) == ("allow", None)
    assert decided(decision, "203.0.113.9", 0, risk=0.95) == ("allow", "office")
    assert decided(decision, "203.0.113.9", 3, now=AFTER) == ("sms", "speed:2")
    assert decided(decision, "203.0.113.9", 0, now=AFTER, risk=0.95) == ("block", None)
    assert decision.reads_now


@pytest.mark.parametrize(
    ("file", "old", "new", "same"),
    [
        ("lists/office.csv", "10.0.0.0/8", "10.0.0.0/9", False),
        ("lists/office.csv", "2027-01-31", "2027-02-01", False),
        ("lists/office.csv", "ana", "eva", True),
        ("lists/office.csv", "10.0.0.0/8;;bo\n", "\n10.0.0.0/8; ;bo", True),
        ("bad.txt", "192.0.2.66", "192.0.2.66 # proxy", True),
        ("bad.txt", "192.0.2.66", "192.0.2.67", False),
        ("speed.csv", "> 10", "> 11", False),
        ("speed.csv", "not lists.office", "-", False),
        ("speed.csv", ",-,", ", - ,", True),
    ],
)
def test_the_version_is_that_of_all_that_can_change_a_decision(folder, file, old, new, same):
    """Entries, ends and cells count; owners, comments and blanks do not."""
    before = load(folder / "login.yaml").version
    text = (folder / file).read_text()
    assert old in text
    (folder / file).write_text(text.replace(old, new))
    assert (load(folder / "login.yaml").version == before) is same


def test_the_files_are_followed(folder):
    """A service that reloads looks at the files of lists and tables too."""
    file = folder / "login.yaml"
    names = {path.relative_to(folder).as_posix() for path in references(load(file).spec, file)}
    assert names == {"lists/office.csv", "bad.txt", "speed.csv"}


def test_all_problems_are_told_at_once(folder):
    """What is missing or wrong in any file stands in one report, each at its place."""
    (folder / "bad.txt").unlink()
    (folder / "lists" / "office.csv").write_text(OFFICE + "10.0.0.0/99;;bo\n127.0.0.1;;\n")
    (folder / "speed.csv").write_text(SPEED + ">= x,-,blok\n")
    found = errors(load_policy(folder / "login.yaml").diagnostics)
    places = [
        (one.code, one.span.file.removeprefix(f"{folder}/"), one.span.line, one.span.column) for one in found
    ]
    assert sorted(places) == [
        ("E131", "speed.csv", 4, 8),
        ("E170", "login.yaml", 9, 25),
        ("E171", "lists/office.csv", 4, 1),
        ("E173", "lists/office.csv", 5, 12),
        ("E181", "speed.csv", 4, 4),
    ], render(found)


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/passwd", "link.txt", "lists"])
def test_no_file_outside_of_the_folder_is_read(folder, path):
    """A policy cannot show what lies elsewhere, by words or by links."""
    (folder.parent / "secret.txt").write_text("hunter2")
    (folder / "link.txt").symlink_to(folder.parent / "secret.txt")
    text = POLICY.replace("file: bad.txt", f"file: {path}").replace("type: ip, file", "type: string, file")
    (folder / "login.yaml").write_text(text)
    found = errors(load_policy(folder / "login.yaml").diagnostics)
    assert "E170" in {one.code for one in found}
    assert "hunter2" not in render(found)


def test_a_table_is_no_text_file(folder):
    """A table needs columns."""
    (folder / "login.yaml").write_text(POLICY.replace("file: speed.csv", "file: bad.txt"))
    found = errors(load_policy(folder / "login.yaml").diagnostics)
    assert [(one.code, one.span.line) for one in found] == [("E170", 14)]


def test_mutated_files_give_a_policy_or_diagnostics(folder):
    """Whatever bytes stand in the files, loading says what is wrong, and raises nothing."""
    random = Random(5)
    pieces = [
        b"\0",
        b"\xff",
        b'"',
        b";",
        b",",
        b"\n",
        b"\r",
        b"-",
        b"not ",
        b"[",
        b"..",
        b"1e999",
        b"\xef\xbb\xbf",
    ]
    loaded = 0
    for _ in range(200):
        for name, text in (("lists/office.csv", OFFICE), ("bad.txt", "192.0.2.66\n"), ("speed.csv", SPEED)):
            data = bytearray(text.encode())
            for _ in range(random.choice([0, 0, 0, 0, 1, 1, 2, 6])):
                at = random.randrange(len(data) + 1)
                data[at : at + random.randrange(4)] = random.choice(pieces)
            (folder / name).write_bytes(bytes(data))
        found = load_policy(folder / "login.yaml")
        assert (found.decision is None) == bool(errors(found.diagnostics))
        loaded += found.decision is not None
    assert 10 < loaded < 190


@pytest.mark.parametrize(("block", "file"), [("lists", "bad.txt"), ("tables", "speed.csv")])
def test_one_file_cannot_be_named_a_hundred_times(folder, block, file):
    """What all files together hold is bounded, also where it is one file under many names."""
    if block == "lists":
        (folder / file).write_text("".join(f"{n}\n" for n in range(MAX_ENTRIES // 50)))
        text = "lists:\n" + "".join(f"  l{n}: {{file: {file}}}\n" for n in range(100))
    else:
        (folder / file).write_text("failed,action\n" + "".join(f"{n},sms\n" for n in range(MAX_ROWS // 50)))
        text = "tables:\n" + "".join(f"  - {{name: t{n}, file: {file}}}\n" for n in range(100))
    (folder / "login.yaml").write_text(POLICY.partition("lists:")[0] + text)
    assert [one.code for one in errors(load_policy(folder / "login.yaml").diagnostics)] == ["E103"]
