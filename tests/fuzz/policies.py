"""Random and mutated policy files: each must give a policy or diagnostics, within a second.

python tests/fuzz/policies.py [FILES] [SEED]
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import yaml

from policy.diagnostics import github, render, to_json
from policy.engine.scorer import ConstantScorer
from policy.runtime import Loaded, check

HERE = Path(__file__).parent
CORPUS = (HERE / "whole.yaml", HERE.parents[1] / "configs" / "login.yaml")
SECONDS = 1.0  # of CPU, for one file

WORDS = (
    *(
        "true",
        "false",
        "null",
        "~",
        "yes",
        "off",
        ".nan",
        ".inf",
        "-.inf",
        "0",
        "-0.0",
        "1e999",
        "0x10",
        "0o17",
    ),
    *("9223372036854775807", "9223372036854775808", "-9223372036854775809", "1" * 400, "1_000", "2026-01-31"),
    *(
        "{}",
        "[]",
        '""',
        "''",
        "[[]]",
        "{a: {}}",
        "{? [a] : b}",
        "!!python/object:os.system x",
        "!!binary x",
        "<<: *a",
    ),
    *(
        "&a [*a]",
        "*a",
        "&a",
        "- - - -",
        ": :",
        "? ",
        "|",
        ">",
        "---",
        "...",
        "%YAML 1.1",
        "\t",
        "\r",
        "\x85",
        "\u2028",
    ),
    *(
        "\x00",
        "\x07",
        "\ufeff",
        "\ud7ff",
        "\U0001f600",
        "é",
        "\u202e",
        "#",
        " #",
        "@",
        "`",
        "%",
        "'",
        '"',
        "\\",
    ),
    *(
        "decision",
        "inputs",
        "rules",
        "refuse",
        "allow",
        "score",
        "now",
        "lists.office",
        "__import__",
        "c0",
        "v0",
    ),
)
CONDITIONS = (
    *(
        "score >= 0.3",
        "user == user",
        "failed > 3 && known",
        "!(failed > 3)",
        "ip in lists.office",
        "risky && night",
    ),
    *(
        "1 / 0 > failed",
        "0.0 / 0.0 > ratio",
        "user.matches('(a+)+$')",
        "user.matches('(')",
        "size(user) > size(user)",
    ),
    *(
        "failed",
        "'a'",
        "null",
        "[]",
        "[1, 'a', null]",
        "has(user)",
        "has(1)",
        "user in [user, user]",
        "user[0]",
    ),
    *(
        "failed in [1, 2, 3]",
        "[1].exists(x, [2].exists(y, [3].exists(z, x < y && y < z)))",
        "user.split(',').size() > 2",
    ),
    *(
        "now.getHours('Mars/Base') > 1",
        "timestamp('x') > now",
        "duration('1h') > age",
        "ip('::') == ip",
        "cidr('x') == ip",
    ),
    *(
        "(" * 500 + "known" + ")" * 500,
        "!" * 5000 + "known",
        "known" + " || known" * 400,
        "-" * 900 + "1 > failed",
    ),
    *(
        "failed > " + "1" * 3000,
        "user == '" + "x" * 4000 + "'",
        "user == 'a",
        'user == "\\u12"',
        "known ?: known",
        ";",
    ),
    *(
        "__import__('os').system('x')",
        "lambda: 0",
        "user.__class__",
        "f'{user}'",
        "exec('x')",
        "known if known else 1",
    ),
    "a" * 100_000,
    "known && " * 100_000 + "known",
    "[" * 100_000,
)


def bombs() -> Iterator[bytes]:
    """Files that are made to hurt."""
    levels = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12))
    yield f"a0: &a0 [lol, lol]\n{levels}\n".encode()
    yield b"[" * 500_000
    yield b"{a: " * 200_000
    yield b"- " * 400_000
    yield b"a: " * 300_000
    yield b"? " * 100_000
    yield b"\xff\xfe" + "decision: login".encode("utf-16-le")
    yield b"decision: \xff\xfe\x00"
    yield b"\x00" * 1_000_000
    yield b"a" * ((1 << 20) + 1)
    yield b"a: '" + b"'" * 1_000_000
    yield b'a: "' + b"\\x41" * 250_000 + b'"'
    yield b"#" * 1_000_000
    yield b"\n" * 1_000_000
    yield b"a: !!" + b"x" * 1_000_000
    yield b"".join(b"k%d: 1\n" % n for n in range(90_000))
    yield b"k: [" + b"1, " * 99_000 + b"]"
    yield b"a: &a\n  b: *a\n"
    text = CORPUS[0].read_text("utf-8")
    for old, new in (
        ("failed > 100", "failed > 100 || " * 60_000 + "known"),
        ("failed > 100", "(" * 500_000),
        ("failed > 100", "'" + "x" * 900_000 + "'"),
        ("failed > 100", "a" * 1_000_000),
        ("failed > 100", " && ".join(f"failed != {n}" for n in range(300))),
        ("failed > 100", " || ".join(f"failed > {n} && known" for n in range(150))),
        ('reputation == "tor"', "[" * 30 + "1" + "]" * 30 + " == 1"),
        ('["NO", "SE"]', json.dumps([f"c{n}" for n in range(20_000)])),
        ("[1, 3]", str(list(range(20_000)))),
        ("[clean, proxy, tor]", json.dumps([f"w{n}" for n in range(5_000)])),
    ):
        yield text.replace(old, new).encode()
    yield rules(400, "failed > {n} && reputation == 'tor'").encode()
    yield rules(
        400, "(failed == {n} || ratio > 0.{n}) && (known || failed != {n}) && user != 'u{n}'"
    ).encode()
    yield rules(2_000, "failed == {n}").encode()
    yield rules(300, "user in ['a{n}', 'b', 'c{n}'] || ip == ip('10.0.0.1') && ratio > 0.{n}").encode()
    yield rules(1_000, "nosuch{n} > 1").encode()
    yield table(1_000)
    yield table(5_000)
    chain = "\n".join(f"  d{n}: d{n - 1} && d{n - 1} || !d{n - 1}" for n in range(1, 60))
    yield text.replace("define:", f"define:\n  d0: failed > 1 && known\n{chain}").encode()
    ring = "\n".join(f"  d{n}: d{(n + 1) % 200} || known" for n in range(200))
    yield text.replace("define:", f"define:\n{ring}").encode()
    needs = ", ".join(f"a{n}: {{needs: known, else: a{(n + 1) % 150}}}" for n in range(150))
    yield re.sub(
        r"actions:\n(  .*\n)+", f"actions: {{allow: , challenge: , sms: , agent: , block: , {needs}}}\n", text
    ).encode()
    segments = "\n".join(
        f"  - {{name: s{n}, when: failed > {n}, bands: {{block: 0.9{n}}}}}" for n in range(500)
    )
    yield text.replace("segments:", f"segments:\n{segments}").encode()


def table(count: int) -> bytes:
    """The whole policy with a table of so many rows, in which much overlaps."""
    random = Random(count)
    rows = "\n".join(
        f'      - ["> {random.randrange(900)}", "< {random.random():.3f}", "[{n % 300}, {n % 300 + 400}]", sms]'
        for n in range(count)
    )
    head = f'  - name: big\n    columns: [failed, ratio, "failed * 2", at_least]\n    rows:\n{rows}\n'
    return CORPUS[0].read_text("utf-8").replace("tables:\n", f"tables:\n{head}", 1).encode()


def rules(count: int, condition: str) -> str:
    """The whole policy with so many more rules."""
    more = "\n".join(
        f'  - {{name: r{n}, when: "{condition.format(n=n)}", action: block}}' for n in range(count)
    )
    return CORPUS[0].read_text("utf-8").replace("rules:", f"rules:\n{more}", 1)


class Fuzzer:
    """Writes files, from one seed each."""

    def __init__(self) -> None:
        self.texts = [path.read_text("utf-8") for path in CORPUS]
        self.trees = [yaml.safe_load(text) for text in self.texts]
        self.words = sorted({word for text in self.texts for word in re.split(r"(\w+)|\s+", text) if word})

    def file(self, seed: int) -> bytes:
        """The file of a seed."""
        random = Random(seed)
        kind = random.random()
        if kind < 0.3:
            return self.mutated(random).encode("utf-8", "surrogatepass")
        if kind < 0.9:
            return self.replanted(random).encode("utf-8", "surrogatepass")
        return self.torn(random)

    def mutated(self, random: Random) -> str:
        """A text with pieces taken out, doubled, swapped or put in."""
        text = random.choice(self.texts)
        for _ in range(random.choice((1, 1, 1, 2, 3, 8))):
            at, to = sorted((random.randrange(len(text) + 1), random.randrange(len(text) + 1)))
            to = min(to, at + random.choice((1, 5, 30, 300)))
            piece = text[at:to]
            match random.randrange(6):
                case 0:
                    piece = ""
                case 1:
                    piece *= random.choice((2, 3, 20))
                case 2:
                    piece = random.choice(WORDS)
                case 3:
                    piece += random.choice(CONDITIONS[:-3])
                case 4:
                    piece = piece[::-1]
                case 5:
                    lines = text.split("\n")
                    one, other = random.randrange(len(lines)), random.randrange(len(lines))
                    lines[one], lines[other] = lines[other], lines[one]
                    text, piece = "\n".join(lines), ""
                    at = to = 0
            text = text[:at] + piece + text[to:]
        return text

    def replanted(self, random: Random) -> str:
        """A tree of data with parts changed, taken out, moved or made anew, and written again."""
        tree = json.loads(json.dumps(random.choice(self.trees), default=_moment))
        gently = random.random() < 0.7
        for _ in range(random.choice((1, 1, 2, 4, 12) if not gently else (1, 1, 2))):
            holder, key = self.place(tree, random)
            if gently:
                holder[key] = self.nudged(holder[key], random)
                continue
            match random.randrange(7):
                case 0:
                    holder.pop(key)
                case 1:
                    holder[key] = self.value(random, 3)
                case 2:
                    _, other = self.place(tree, random)
                    if isinstance(holder, dict):
                        holder[other if isinstance(other, str) else "x"] = holder.pop(key)
                case 3:
                    other, name = self.place(tree, random)
                    holder[key] = json.loads(json.dumps(other[name]))
                case 4 | 5:
                    holder[key] = random.choice(CONDITIONS if random.random() < 0.02 else CONDITIONS[:-3])
                case 6:
                    holder[key] = random.choice(WORDS)
        if random.random() < 0.3:
            return json.dumps(tree)
        return yaml.safe_dump(
            tree, sort_keys=False, allow_unicode=True, default_flow_style=random.random() < 0.5
        )

    def place(self, tree: Any, random: Random) -> tuple[Any, Any]:
        """A container somewhere in the tree, and one of its keys; the root always has one."""
        if not tree:
            tree["x"] = None
        holder, key = tree, random.choice(list(tree))
        while isinstance(holder[key], dict | list) and holder[key] and random.random() < 0.8:
            holder = holder[key]
            key = random.choice(list(holder)) if isinstance(holder, dict) else random.randrange(len(holder))
        return holder, key

    def nudged(self, value: Any, random: Random) -> Any:
        """A value much like another: a number moved, a text with a sign or word exchanged."""
        if isinstance(value, bool) or value is None:
            return random.choice((True, False, None))
        if isinstance(value, int | float):
            return random.choice((value + 1, -value, value / 2, 0, 1, 0.5))
        if isinstance(value, str):
            words = re.split(r"(\W+)", value)
            words[random.randrange(len(words))] = random.choice(self.words)
            return "".join(words)
        if isinstance(value, list):
            return random.sample(value, random.randint(0, len(value)))
        return dict(random.sample(sorted(value.items()), random.randint(0, len(value))))

    def value(self, random: Random, depth: int) -> Any:
        """Random data."""
        if depth == 0 or random.random() < 0.5:
            return random.choice(
                (None, True, 0, -1, 0.5, 1.0, 2**70, "", "allow", "score > 0.1", "é", "x" * 300)
            )
        if random.random() < 0.5:
            return [self.value(random, depth - 1) for _ in range(random.randrange(4))]
        keys = (
            "name",
            "when",
            "action",
            "at_least",
            "type",
            "value",
            "bands",
            "file",
            "default",
            "x",
            "needs",
        )
        return {random.choice(keys): self.value(random, depth - 1) for _ in range(random.randrange(4))}

    def torn(self, random: Random) -> bytes:
        """Bytes changed, cut and glued."""
        data = bytearray(random.choice(self.texts).encode())
        for _ in range(random.choice((1, 3, 30))):
            data[random.randrange(len(data))] = random.randrange(256)
        cut = random.randrange(len(data))
        return (
            bytes(data[:cut] + data[random.randrange(len(data)) :]) if random.random() < 0.5 else bytes(data)
        )


def _moment(value: Any) -> str:
    """What YAML 1.1 takes for a time, as text."""
    return str(value.isoformat()).replace("+00:00", "Z")


class AnyModel(ConstantScorer):
    """A model that takes what the embedded policy gives it by other names."""

    inputs = pa.schema([("failedLogins", pa.int64()), ("roundTrip", pa.float64()), ("country", pa.string())])


def read(data: bytes, file: Path) -> Loaded:
    """The file's policy with its cases run, or what is wrong, in every way of showing it."""
    file.write_bytes(data)
    loaded = check(file, lambda _: AnyModel(0.3))
    assert loaded.decision is not None or loaded.diagnostics
    for show in (render, github):
        show(loaded.diagnostics)
    json.dumps([to_json(one) for one in loaded.diagnostics])
    return loaded


def main(files: int, seed: int) -> int:
    """Read so many files; return how many failed."""
    fuzzer, failed, slowest, at = Fuzzer(), 0, 0.0, ""
    seen: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "fuzz.yaml"
        extra = [(f"bomb {number}", data) for number, data in enumerate(bombs())]
        for name, data in (*extra, *((str(one), None) for one in range(seed, seed + files))):
            content = fuzzer.file(int(name)) if data is None else data
            begin = time.process_time()
            try:
                loaded = read(content, file)
                seen.update({one.code for one in loaded.diagnostics} or {"sound"})
                seen["decisions"] += loaded.decision is not None
            except Exception as error:  # noqa: BLE001
                failed += 1
                print(f"{name}: {type(error).__name__}: {error}"[:500], flush=True)
            took = time.process_time() - begin
            if took > slowest:
                slowest, at = took, name
            if took > SECONDS:
                failed += 1
                print(f"{name}: {took:.2f} s", flush=True)
    print(
        f"{files:,} files, {failed} failed, slowest {slowest:.2f} s of CPU ({at}); "
        + ", ".join(f"{k} {v}" for k, v in sorted(seen.items()))
    )
    return failed


if __name__ == "__main__":
    sys.exit(
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
        > 0
    )
