"""One arrow direction: who may import whom, over both packages, read from their source."""

from __future__ import annotations

import ast
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# From the bottom up. A module belongs to the longest name that it starts with, and imports only from lines below,
# or from its own name. A name alone on the right of `|` shares its line with the others and imports none of them.
SCORER = """
scorer.errors | scorer.murmur | scorer.caches | scorer.labels | scorer.memory | scorer.tiers | scorer.inputtypes | scorer.textcodecs
scorer.chunks | scorer.thrift | scorer.vectors | scorer.javaregex | scorer.commits | scorer.mlflow | scorer.sparkr
scorer.onepage | scorer.javatrig
scorer.parquet | scorer.compare
scorer.columns | scorer.folder | scorer.location | scorer.fields | scorer.kernels | scorer.shared | scorer.twister | scorer.digamma | scorer.fourier
scorer.bundle | scorer.ledger | scorer.javatext | scorer.dot | scorer.shapley | scorer.places | scorer.foldin
scorer.ranker | scorer.sql
scorer.saved
scorer.treedata | scorer.classes
scorer.stage
scorer.treestage | scorer.wiring
scorer.stages
scorer.pipeline | scorer.bag | scorer.containers
scorer.compile | scorer.fuse | scorer.ragged
scorer.explain | scorer.fast | scorer.export | scorer.recommend | scorer.outline
scorer.tables
scorer.output
scorer.model
scorer.verify | scorer.treeview
scorer.draw
scorer
"""
POLICY = """
policy.diagnostics
policy.errors | policy.scalars | policy.catalog | policy.telemetry
policy.source | policy.sheets
policy.files
policy.expr
policy.spec
policy.engine
policy.log | policy.stores
policy.replay
policy.itemfile
policy.idmaps | policy.models | policy.companions
policy.rankings
policy.runtime
policy.live
policy.web
policy.cli
policy
"""
# The lazy doors: the only places that load a module of ours by its name, while the program runs.
DOORS = {
    "scorer.kernels.door": "compiled kernels",
    "scorer.sql.door": "sqlglot and DuckDB, which only models with a SQLTransformer need",
    "scorer": "the face: drawing and verifying",
    "policy.cli.verbs": "CLI verbs",
    "scorer.draw": "bigtree, which only drawings need",
    "policy.stores.address": "drivers of databases",
    "policy": "the face: decisions, the runtime, the web",
}
FACE = {"policy.runtime", "policy.cli"}  # what may import `scorer`, and only its face
OURS = ("scorer", "policy")


@cache
def modules() -> dict[str, ast.Module]:
    """Return the syntax tree of every module of both packages."""
    found = {}
    for package in OURS:
        for path in sorted((ROOT / package).rglob("*.py")):
            name = ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
            found[name] = ast.parse(path.read_text("utf-8"), str(path))
    return found


def imported(module, node):
    """Return the modules of ours that a statement imports."""
    if isinstance(node, ast.Import):
        names = [alias.name for alias in node.names]
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"{module} imports by a relative name"
        whole = [f"{node.module}.{alias.name}" for alias in node.names]
        names = [name if name in modules() else node.module for name in whole]
    else:
        names = []
    return [name for name in names if name.partition(".")[0] in OURS]


@cache
def edges() -> tuple[tuple[str, str], ...]:
    """Return (importer, imported) of every import statement, wherever it stands."""
    found = []
    for module, tree in modules().items():
        found += [(module, name) for node in ast.walk(tree) for name in imported(module, node)]
    return tuple(found)


def layers(table):
    return [[name.strip() for name in line.split("|")] for line in table.strip().splitlines()]


def layer(module, table):
    """Return (height, name) of the longest name in a table that a module starts with."""
    best = (-1, "")
    for height, names in enumerate(layers(table)):
        for name in names:
            if (module == name or module.startswith(name + ".")) and len(name) > len(best[1]):
                best = (height, name)
    return best


@pytest.mark.parametrize(("package", "table"), [("scorer", SCORER), ("policy", POLICY)])
def test_every_module_stands_in_the_table(package, table):
    """Each module has a layer of its own name, so that a new file is placed on purpose."""
    own = [module for module in modules() if module.split(".")[0] == package and module != package]
    assert own
    assert [module for module in own if layer(module, table)[1] == package] == []


@pytest.mark.parametrize(("package", "table"), [("scorer", SCORER), ("policy", POLICY)])
def test_imports_point_down(package, table):
    """A module imports only from layers below its own, or from its own name."""
    wrong = []
    for importer, name in edges():
        if importer.split(".")[0] == package == name.split(".")[0]:
            (high, own), (low, other) = layer(importer, table), layer(name, table)
            if own != other and low >= high:
                wrong.append(f"{importer} -> {name}")
    assert wrong == []


def test_the_scorer_never_imports_policy():
    """The scorer knows nothing of policies."""
    assert [f"{a} -> {b}" for a, b in edges() if a.startswith("scorer") and b.startswith("policy")] == []


def test_only_the_runtime_and_the_command_import_the_scorer_and_only_its_face():
    """The engine sees a protocol; `runtime` and `cli` alone import `scorer`, never a module inside it."""
    found = [(a, b) for a, b in edges() if a.startswith("policy") and b.startswith("scorer")]
    assert {layer(a, POLICY)[1] for a, _ in found} <= FACE
    assert {b for _, b in found} == {"scorer"}


def test_no_family_imports_another():
    """The families of stages know the contract and the shared parts, not each other."""
    families = [m for m in modules() if m.startswith("scorer.stages.")]
    assert len(families) >= 8
    assert [f"{a} -> {b}" for a, b in edges() if a in families and b.startswith("scorer.stages")] == []


def test_the_list_of_families_is_explicit_and_whole():
    """`scorer.stages` imports every family that stands in its folder."""
    families = {m for m in modules() if m.startswith("scorer.stages.")}
    assert {b for a, b in edges() if a == "scorer.stages"} == families


def test_functions_import_nothing_of_ours():
    """An import inside a function hides an arrow; ours stand at the top of a file."""
    wrong = []
    for module, tree in modules().items():
        for function in (
            n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        ):
            wrong += [f"{module} -> {name}" for node in ast.walk(function) for name in imported(module, node)]
    assert wrong == []


def test_the_lazy_doors_are_the_declared_ones():
    """Only the declared doors load a module by its name."""
    found = set()
    for module, tree in modules().items():
        for node in ast.walk(tree):
            name = (
                node.attr
                if isinstance(node, ast.Attribute)
                else node.id
                if isinstance(node, ast.Name)
                else ""
            )
            if name in ("import_module", "__import__", "exec_module", "spec_from_file_location"):
                found.add(module)
    assert found == set(DOORS)


def test_there_is_no_cycle():
    """No chain of imports comes back to its start, inside a package of one layer either."""
    graph = {module: {b for a, b in edges() if a == module and b != module} for module in modules()}
    done: set[str] = set()

    def walk(module, path):
        if module in path:
            raise AssertionError(" -> ".join([*path[path.index(module) :], module]))
        if module in done:
            return
        for name in sorted(graph[module]):
            walk(name, [*path, module])
        done.add(module)

    for module in graph:
        walk(module, [])
    assert done == set(graph)


def test_the_tables_name_each_layer_once():
    """A name stands on one line of one table."""
    names = sorted(name for table in (SCORER, POLICY) for line in layers(table) for name in line)
    assert [a for a, b in pairwise(names) if a == b] == []
