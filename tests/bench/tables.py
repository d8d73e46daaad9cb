"""Decision tables and lists: a table of 1,000 rows and a list of 100,000 ranges, by row and by batch.

    python tests/bench/tables.py [records]

Peers are those of zen-engine (tables) and pytricia (ranges of addresses) that are installed; each must give the same
answers before it is timed. Targets are those of the issue.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from ipaddress import ip_network
from typing import Any

import numpy as np
import pyarrow as pa

from policy import expr, sheets, source
from policy.engine.lists import Lists
from policy.engine.tables import Table
from policy.expr.columns import encode
from policy.expr.machine import address
from policy.expr.types import variables
from policy.spec import lists
from policy.spec.conditions import Names
from policy.spec.listfiles import with_file
from policy.spec.reader import Reader
from policy.spec.tables import TableSpec, read_tables, with_sheet

ROWS, RANGES = 1_000, 100_000
LADDER = ("allow", "block")
TYPES = {"country": "string", "failed": "int", "score": "double", "ip": "ip", "device": "string"}
COUNTRIES = [a + b for a in "ABCDEFGHIJKLMNOPQRST" for b in "ABCDEFGHIJKLM"]
DEVICES = ["phone", "laptop", "tablet", "emulator"]


def best(run: Callable[[], object], repeats: int = 5) -> float:
    """Seconds of one processor, of the fastest of some runs."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def cells(random: Any) -> list[list[str]]:
    """The rows of a table that seldom matches: a country, failures, an interval of scores, a device."""
    found = []
    for _ in range(ROWS):
        low = random.integers(0, 900) / 1000
        country = ", ".join(random.choice(COUNTRIES, random.integers(1, 4), replace=False))
        failed = f">= {random.integers(3, 40)}" if random.random() < 0.7 else str(random.integers(0, 9))
        device = str(random.choice(DEVICES)) if random.random() < 0.5 else "-"
        found.append([country, failed, f"[{low}, {low + 0.1:.3f})", device, "block"])
    return found


def read_table(rows: list[list[str]]) -> TableSpec:
    """The table as a spreadsheet saves it."""
    heads = ["country", "failed", "score", "device", "action"]
    data = "\n".join(";".join(row) for row in [heads, *rows]).encode()
    reader = Reader()
    root, _ = source.read(b"[{name: t, file: t.csv}]", "p.yaml")
    assert root is not None
    names = Names(variables(TYPES))
    (spec,) = read_tables(root, LADDER, names, reader)
    spec = with_sheet(spec, sheets.parse(data, "t.csv", csv=True), LADDER, names, reader)
    assert not reader.found
    return spec


def records_of(count: int, random: Any) -> pa.Table:
    """Records of a login."""
    return pa.table(
        {
            "country": random.choice(COUNTRIES, count),
            "failed": random.poisson(2, count),
            "score": random.random(count),
            "device": random.choice(DEVICES, count),
        }
    )


def zen_table(zen: Any, rows: list[list[str]]) -> Callable[[dict[str, Any]], int]:
    """The same table, first hit, as zen-engine has it: intervals are [a..b), texts in quotes."""
    fields = ["country", "failed", "score", "device"]
    content = {
        "hitPolicy": "first",
        "inputs": [{"id": name, "name": name, "type": "expression", "field": name} for name in fields],
        "outputs": [{"id": "row", "name": "row", "type": "expression", "field": "row"}],
        "rules": [
            {
                "_id": str(number),
                "country": ", ".join(f'"{one}"' for one in country.split(", ")),
                "failed": failed,
                "score": score.replace(", ", ".."),
                "device": "" if device == "-" else f'"{device}"',
                "row": str(number),
            }
            for number, (country, failed, score, device, _) in enumerate(rows)
        ],
    }
    nodes = [
        {"id": "in", "type": "inputNode", "name": "in", "content": {}},
        {"id": "table", "type": "decisionTableNode", "name": "table", "content": content},
        {"id": "out", "type": "outputNode", "name": "out", "content": {}},
    ]
    pairs = (("in", "table"), ("table", "out"))
    edges = [{"id": a, "type": "edge", "sourceId": a, "targetId": b} for a, b in pairs]
    graph = {"nodes": nodes, "edges": edges}
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {"table": graph}}})
    return lambda row: engine.evaluate("table", row)["result"].get("row", -1)


def tables(count: int, random: Any) -> None:
    """A table of 1,000 rows."""
    rows = cells(random)
    spec = read_table(rows)
    compiling = best(lambda: Table.of(read_table(rows)), 3)
    print(f"table: {ROWS:,} rows, 4 conditions")
    print(f"  read, checked, compiled    {compiling * 1e3:8.0f} ms   (target: at most 1,000)")
    table = Table.of(spec)
    records = records_of(count, random)
    few = records.slice(0, 10_000).to_pylist()
    tuples = [tuple(row[name] for name in table.reads) for row in few]
    expected = [table.row(*row) for row in tuples]
    ours = best(lambda: [table.row(*row) for row in tuples]) / len(few) * 1e6
    matched = sum(found >= 0 for found in expected) / len(few)
    print(f"  a row                      {ours:8.2f} µs   (target: at most 10), {matched:.0%} match")
    columns = encode(records, {name: variables(TYPES)[name].type for name in table.reads})
    batch = best(lambda: table.batch(columns))
    assert table.batch(columns)[:10_000].tolist() == expected
    print(f"  batch of {count:,}        {batch * 1e3:8.0f} ms   {count / batch / 1e6:.1f} M records/s")
    try:
        decide = zen_table(importlib.import_module("zen"), rows)
    except ImportError:
        print("  zen-engine                 left out: not installed")
        return
    assert [decide(row) for row in few[:300]] == expected[:300], "zen-engine decides otherwise"
    peer = best(lambda: [decide(row) for row in few[:300]], 3) / 300 * 1e6
    print(f"  zen-engine, first hit      {peer:8.1f} µs   {peer / ours:.0f} times ours")


def ranges(count: int, random: Any) -> None:
    """A list of 100,000 ranges of addresses, half of them with an expiry."""
    texts = [
        f"{ip_network((int(number) << 8, int(bits)), strict=False)}"
        for number, bits in zip(
            random.integers(1 << 16, 1 << 24, RANGES), random.integers(20, 29, RANGES), strict=True
        )
    ]
    lines = [f"{text},{'2027-01-31' if place % 2 else ''}" for place, text in enumerate(dict.fromkeys(texts))]
    data = "\n".join(["value,expires", *lines]).encode()

    def load() -> Lists:
        root, _ = source.read(b"office: {type: cidr, file: a.csv}", "p.yaml")
        assert root is not None
        reader = Reader()
        (spec,) = lists.read_lists(root, reader)
        spec = with_file(spec, sheets.parse(data, "a.csv", csv=True), reader)
        assert not reader.found
        return Lists.of([spec])

    loading = best(load, 1)
    now = load().edges[0] - 1
    views = load().at(now)
    program = expr.compile("ip in lists.office", {"ip": "ip", "lists.office": "set(ip)"})
    asked = [f"{a}.{b}.{c}.{d}" for a, b, c, d in random.integers(0, 256, (count // 10, 4)).tolist()]
    addresses = [address(text) for text in asked]
    view = views["lists.office"]
    expected = [one in view for one in addresses]
    ours = best(lambda: [one in view for one in addresses]) / len(asked) * 1e6
    print(f"list: {len(lines):,} ranges of addresses, half of them with an expiry")
    print(f"  read from CSV, compiled    {loading * 1e3:8.0f} ms")
    print(f"  a look-up                  {ours:8.2f} µs, {sum(expected) / len(expected):.1%} are members")
    table = pa.table({"ip": asked})
    assert program.batch(table, views).to_pylist() == expected
    columns = encode(table, {"ip": variables({"ip": "ip"})["ip"].type})
    vector = best(lambda: view.among(addresses)) / len(asked) * 1e6
    batch = best(lambda: program.batch(table, views)) / len(asked) * 1e6
    print(
        f"  in a batch                 {vector:8.2f} µs; {batch:.2f} µs with reading {columns.rows:,} texts"
    )
    try:
        trie = importlib.import_module("pytricia").PyTricia()
    except ImportError:
        print("  pytricia                   left out: not installed")
        return
    for line in lines:
        trie.insert(line.partition(",")[0], True)
    assert [text in trie for text in asked] == expected, "pytricia answers otherwise"
    peer = best(lambda: [text in trie for text in asked]) / len(asked) * 1e6
    row = best(lambda: [program.row({"ip": text, **views}) for text in asked]) / len(asked) * 1e6
    print(f"  from text, a row           {row:8.2f} µs; pytricia, without expiries, {peer:.2f} µs")


def main() -> None:
    """Both parts."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    tables(count, np.random.default_rng(7))
    ranges(count, np.random.default_rng(7))


if __name__ == "__main__":
    main()
