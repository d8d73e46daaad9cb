"""SQLTransformer: statements of one row, typed and refused as Spark does, safe whatever their text holds."""

from __future__ import annotations

import json
import random
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqltext import COLUMNS, Writer

import scorer
from scorer.errors import Invalid
from scorer.sql import duck
from scorer.sql.exprs import MistypedError
from scorer.sql.parse import parse
from scorer.sql.program import compute, typed
from scorer.sql.types import arrow_type, spark_type
from scorer.stages import sql
from scorer.stages.sql import Expression

FAMILIES = ("number", "number", "text", "boolean", "boolean", "date")
SCHEMA = pa.schema([(name, kind) for name, (kind, _) in COLUMNS.items()])
QUICK = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def saved(folder, statement, version="4.0.0"):
    """Write a SQLTransformer as Spark saves it."""
    meta = {
        "class": "org.apache.spark.ml.feature.SQLTransformer", "timestamp": 0, "sparkVersion": version, "uid": "sql_1",
        "paramMap": {"statement": statement}, "defaultParamMap": {},
    }  # fmt: skip
    (folder / "metadata").mkdir(parents=True, exist_ok=True)
    (folder / "metadata" / "part-00000").write_text(json.dumps(meta), "utf-8")
    return folder


@pytest.fixture
def load(tmp_path):
    """Give the function that loads a statement."""
    return lambda text, version="4.0.0", schema=None: scorer.load(saved(tmp_path, text, version), schema)


# -- row and batch -------------------------------------------------------------------------------------------------


@QUICK
@given(
    chance=st.randoms(use_true_random=False),
    family=st.sampled_from(FAMILIES),
    depth=st.integers(1, 4),
    ansi=st.booleans(),
)
def test_what_duckdb_answers_is_what_the_row_answers(compare, chance, family, depth, ansi):
    """Where DuckDB spells a random expression and does not raise, it gives every row the value that `row` gives."""
    text = Writer(chance).write(family, depth)
    statement = parse(f"SELECT {text} AS made FROM __THIS__", (4, 0) if ansi else (3, 5))
    types = tuple(spark_type(COLUMNS[name][0]) for name in statement.columns)
    try:
        made = typed(statement.items[0].node, types, ansi=ansi, condition=False)
    except MistypedError:
        return
    spelt = duck.spell(made)
    if spelt is None:
        return
    function = compute(made, types, filters=False)
    rows = [[chance.choice(COLUMNS[name][1]) for name in statement.columns] for _ in range(12)]
    for row in rows:
        arrays = [
            pa.array([value], COLUMNS[name][0]) for name, value in zip(statement.columns, row, strict=True)
        ]
        answer = duck.run(arrays, 1, spelt)
        if answer is not None:
            record = [
                value if not pa.types.is_float32(a.type) else single(a)
                for value, a in zip(row, arrays, strict=True)
            ]
            assert compare([function(*record)], answer.cast(arrow_type(made.type)).to_pylist(), 0.0) == [], (
                text,
                row,
            )


def single(array):
    """Return the only value of a column of floats as rows have it."""
    (value,) = scorer.columns.read(array).rows()
    return value


@QUICK
@given(
    chance=st.randoms(use_true_random=False),
    family=st.sampled_from(FAMILIES),
    depth=st.integers(1, 3),
    ansi=st.booleans(),
)
def test_a_batch_is_its_rows(compare, tmp_path_factory, chance, family, depth, ansi):
    """A random statement gives a table what it gives each row: values, types, errors with their words, drops."""
    writer = Writer(chance)
    statement = f"SELECT *, {writer.write(family, depth)} AS made FROM __THIS__ WHERE {writer.boolean(2)}"
    folder = saved(tmp_path_factory.mktemp("sql"), statement, "4.0.0" if ansi else "3.5.0")
    try:
        model = scorer.load(folder, SCHEMA)
    except scorer.ColumnError:
        return
    count = sql.FEW + 6
    table = pa.table(
        {n: pa.array([chance.choice(v) for _ in range(count)], k) for n, (k, v) in COLUMNS.items()}
    )
    made, status = model.try_batch(table)
    for number, (facts, said) in enumerate(zip(table.to_pylist(), status.to_pylist(), strict=True)):
        try:
            answer = model.row(facts)
        except scorer.RowError as e:
            assert said == f"row {number}, {e}", (statement, facts)
            continue
        assert said == ("dropped" if answer is None else "ok"), (statement, facts)
        if answer is not None:
            assert compare([answer["made"]], [made.column("made")[number].as_py()], 1e-12, 1.0) == [], (
                statement,
                facts,
            )


def test_the_core_is_computed_by_duckdb(load):
    """Arithmetic, comparisons, CASE, logic and COALESCE of numbers are spelt for DuckDB."""
    text = "SELECT a + b * 2 AS p, x / 2 AS q, CASE WHEN x > 1 AND NOT f THEN 1 ELSE coalesce(a, 0) END AS c, x IN (1, 2) AS i FROM __THIS__ WHERE f OR x IS NOT NULL"
    for version in ("3.5.0", "4.0.0"):
        stages = [step.stage for step in load(text, version, SCHEMA).plan.steps]
        assert len(stages) == 5
        for stage in stages:
            assert isinstance(stage, Expression)
            assert duck.spell(stage._expr(stage.types)) is not None


# -- what is refused -----------------------------------------------------------------------------------------------

REFUSED = {
    "SELECT a FROM __THIS__ GROUP BY a": "GROUP BY",
    "SELECT DISTINCT a FROM __THIS__": "DISTINCT",
    "SELECT a FROM __THIS__ ORDER BY a LIMIT 3": "ORDER BY is not supported",
    "SELECT a FROM __THIS__ HAVING a > 1": "HAVING",
    "SELECT a FROM __THIS__ JOIN other ON a = b": "JOIN",
    "SELECT a FROM __THIS__, other": "JOIN",
    "SELECT a FROM other": "only the table __THIS__",
    "SELECT a FROM __this__": "only the table __THIS__",
    "SELECT a FROM db.__THIS__": "only the table __THIS__",
    "SELECT a FROM (SELECT * FROM __THIS__)": "only the table __THIS__",
    "SELECT a FROM __THIS__ LATERAL VIEW explode(v) t AS e": "LATERAL VIEW",
    "SELECT a FROM __THIS__ UNION SELECT b FROM __THIS__": "UNION",
    "WITH t AS (SELECT 1) SELECT a FROM __THIS__": "WITH",
    "SELECT (SELECT 1) AS a FROM __THIS__": "a subquery",
    "SELECT a IN (SELECT 1) AS b FROM __THIS__": "IN (SELECT",
    "SELECT sum(a) OVER () AS a FROM __THIS__": "a window function",
    "SELECT max(a) AS m, rand() AS r FROM __THIS__": "the aggregate `max` is not supported (line 1, column 8); the function of chance or time `rand`",
    "SELECT current_timestamp() AS t FROM __THIS__": "`current_timestamp`",
    "SELECT current_date AS t FROM __THIS__": "CURRENT DATE",
    "SELECT nope(a) AS n FROM __THIS__": "function `nope` is not supported (line 1, column 8)",
    "SELECT upper(a, b) AS n FROM __THIS__": "function `upper` takes 1 arguments, not 2",
    "SELECT read_csv('/etc/passwd') AS n FROM __THIS__": "function `read_csv`",
    "SELECT a[0] AS n FROM __THIS__": "an element or field by [ ]",
    "SELECT a.b.c AS n FROM __THIS__": "a field of a struct",
    "SELECT other.a AS n FROM __THIS__": "`other.a` is no column",
    "SELECT a = b = c AS n FROM __THIS__": "needs parentheses",
    "SELECT a | b & c AS n FROM __THIS__": "need parentheses",
    "SELECT EXTRACT(SECOND FROM t) AS n FROM __THIS__": "EXTRACT(SECOND FROM …) is not supported, but of year",
    "SELECT d - d AS n FROM __THIS__": "write datediff",
    "SELECT d + 1, 1 + d FROM __THIS__": "makes two columns of one name, of `date_add(d, 1)`",
    "SELECT concat(CAST(NULL AS STRING), s) > CAST(1 / 0 AS STRING) AS r FROM __THIS__": "division by zero",
    "SELECT a + 1 / 0 AS r FROM __THIS__": "every row would raise: division by zero",
    "SELECT TRANSFORM(a) USING 'cat' FROM __THIS__": "",
    "SELECT a + 1 AS b, a AS B FROM __THIS__": "two columns `B` (`(a + 1)` and `a`)",
    "SELECT *, a + 1 AS A FROM __THIS__": "two columns `a` (`(a + 1)` and its own by *)",
    "SELECT * EXCEPT (a) FROM __THIS__": "EXCEPT",
    "SELECT +a AS b FROM __THIS__": "a + before a value",
    "SELECT extract(YEAR FROM a), extract(year FROM a) FROM __THIS__": "give it one with AS",
    "SELECT a": "no FROM",
    "DROP TABLE __THIS__": "DROP",
    "SELECT a FROM __THIS__; SELECT b FROM __THIS__": "one statement",
    "SELECT 'a": "",
    "": "",
    "SELECT " + "(" * 2000 + "a" + ")" * 2000 + " FROM __THIS__": "nested more than 30 deep",
    "SELECT " + "NOT " * 5000 + "a AS b FROM __THIS__": "",
    "SELECT " + "- " * 3000 + "a AS b FROM __THIS__": "nested more than",
    "SELECT " + "a + " * 2000 + "a AS b FROM __THIS__": "more than 100 levels",
    "SELECT " + "a" * 60_000 + " FROM __THIS__": "characters",
    "SELECT 'a' RLIKE '(' AS r FROM __THIS__": "the pattern '('",
    "SELECT CAST('x' AS INT) AS r FROM __THIS__": "cannot be cast to int",
    "SELECT 1 / 0 AS r FROM __THIS__": "every row would raise: division by zero",
    "SELECT NULL AS `x\0'; DROP` , CAST(a AS BINARY) AS b FROM __THIS__": "CAST to BINARY",
}  # fmt: skip


@pytest.mark.parametrize("text", REFUSED, ids=lambda t: t[:40])
def test_what_is_outside_the_subset_is_refused_by_name(load, text):
    """A statement with anything unknown is refused at load; the message names the stage, and all that is refused."""
    with pytest.raises(scorer.ScorerError) as caught:
        load(text, schema=SCHEMA)
    assert "sql_1" in str(caught.value)
    assert REFUSED[text] in str(caught.value)


def test_a_column_beside_one_of_an_earlier_stage_is_refused(tmp_path):
    """Where * keeps a column that a stage made or read, another one of its name is refused with its stage and name."""
    meta = {"class": "org.apache.spark.ml.PipelineModel", "uid": "p", "timestamp": 0, "sparkVersion": "4.0.0"}
    meta |= {"paramMap": {"stageUids": ["sql_1", "sql_1"]}, "defaultParamMap": {}}
    for second, said in (
        ("SELECT *, a AS X", "makes a column `X`"),
        ("SELECT *, x AS a", "makes a column `a`"),
    ):
        folder = tmp_path / said[-2]
        (folder / "metadata").mkdir(parents=True)
        (folder / "metadata" / "part-00000").write_text(json.dumps(meta), "utf-8")
        saved(folder / "stages" / "0_sql_1", "SELECT *, a + 1 AS x FROM __THIS__")
        saved(folder / "stages" / "1_sql_1", f"{second} FROM __THIS__")
        with pytest.raises(scorer.ColumnError, match=f"sql_1.*{said}.*with AS"):
            scorer.load(folder)


def test_statements_that_gather_rows_are_refused(gathering):
    """The golden statements that are no row's business name their aggregates."""
    assert gathering
    for case in gathering:
        with pytest.raises(scorer.ScorerError, match=r"the aggregate `max` is not supported.*`count`"):
            scorer.load(case.model_path)


@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
@given(chance=st.randoms(use_true_random=False))
def test_a_hostile_text_is_refused_or_typed(chance):
    """Whatever the text, parsing ends in a statement or in ValueError."""
    words = [
        "SELECT",
        "*",
        "FROM",
        "__THIS__",
        "WHERE",
        "a",
        "b",
        "(",
        ")",
        ",",
        ".",
        "'x'",
        '"y"',
        "`z`",
        "1",
        "1.5D",
        "--",
        "/*",
        "*/",
        ";",
        "\\",
        "CASE",
        "WHEN",
        "END",
        "AND",
        "OR",
        "NOT",
        "IN",
        "LIKE",
        "IS",
        "NULL",
        "CAST",
        "AS",
        "INT",
        "+",
        "-",
        "||",
        "::",
        "[",
        "]",
        "{",
        "}",
        "?",
        ":",
        "@",
        "$1",
        "\x00",
        "☃",
        "INTERVAL",
        "OVER",
        "sum",
        "SELECT",
    ]
    text = " ".join(chance.choice(words) for _ in range(chance.randrange(1, 30)))
    try:
        parse(chance.choice(["SELECT ", ""]) + text + chance.choice([" FROM __THIS__", ""]), (4, 0))
    except ValueError:
        return


def test_the_engine_reads_no_file_and_takes_no_setting():
    """The embedded engine has no way out: no files, no settings, no extensions."""
    connection = duck._engine(pytest.importorskip("duckdb"))
    for text in (
        "SELECT * FROM read_csv('/etc/passwd')", "COPY (SELECT 1) TO '/tmp/x'", "SET enable_external_access = true",
        "SET memory_limit = '8GB'", "ATTACH '/tmp/x.db'", "INSTALL httpfs", "LOAD httpfs",
    ):  # fmt: skip
        with pytest.raises(Exception, match=r"disabled|locked|restrict|not allowed|Permission|Cannot"):
            connection.execute(text)


# -- columns -------------------------------------------------------------------------------------------------------


def test_a_model_asks_only_for_what_the_statement_reads(load):
    """The inputs of a selection are the columns of its expressions, with the types that their use suggests."""
    model = load("SELECT *, a / 2 AS h, upper(s) AS u, f AND g AS k FROM __THIS__")
    assert model.inputs.names == ["a", "s", "f", "g"]
    assert [str(kind) for kind in model.inputs.types] == ["double", "string", "bool", "bool"]
    assert model.select(["u"]).inputs.names == ["s"]


def test_without_a_schema_the_values_tell_the_types(load):
    """A row's int is a bigint, its float a double; a table's columns are of their own types."""
    model = load("SELECT a + 1 AS p, a / 2 AS h FROM __THIS__")
    assert model.row({"a": 3}) == {"p": 4, "h": 1.5}
    assert model.row({"a": 0.5}) == {"p": 1.5, "h": 0.25}
    assert model.row({"a": None}) == {"p": None, "h": None}
    assert model.batch(pa.table({"a": pa.array([3], pa.int32())})).schema.field("p").type == pa.int32()
    with pytest.raises(scorer.RowError, match=r"column `a`: `\+` of boolean and int"):
        model.row({"a": True})


def test_a_sum_of_a_date_has_sparks_name_where_its_type_is_known(load):
    """A sum without an alias is named for numbers, and for a date once the schema tells; without one it is refused."""
    text = "SELECT (d - 1) + 2, a - 1 FROM __THIS__"
    assert load(text, schema=SCHEMA).outputs.names == ["date_add(date_sub(d, 1), 2)", "(a - 1)"]
    untyped = load(text)
    assert untyped.outputs.names == ["((d - 1) + 2)", "(a - 1)"]
    assert untyped.row({"d": 5, "a": 1}) == {"((d - 1) + 2)": 6, "(a - 1)": 0}
    with pytest.raises(scorer.RowError, match=r"with AS, or give the types .* \(`schema`\)"):
        untyped.row({"d": date(2024, 2, 29), "a": 1})


def test_a_decimal_with_a_suffix_is_not_a_cast(load):
    """`2BD` is a literal, `CAST(2 AS DECIMAL)` a cast, each with its own name and type."""
    model = load("SELECT CAST(2 AS DECIMAL), -2.50BD, CAST(-2.5D AS DECIMAL(12,3)), 3S FROM __THIS__")
    assert model.outputs.names == ["CAST(2 AS DECIMAL(10,0))", "-2.50", "CAST(-2.5 AS DECIMAL(12,3))", "3"]
    assert model.row({}) == dict(
        zip(model.outputs.names, [Decimal(2), Decimal("-2.50"), Decimal("-2.500"), 3], strict=True)
    )
    typed = load("SELECT CAST(2 AS DECIMAL), -2.50BD, 3S FROM __THIS__", schema=SCHEMA)
    assert typed.outputs.types == [pa.decimal128(10, 0), pa.decimal128(3, 2), pa.int16()]


def test_a_filter_drops_what_lacks_a_value_before_it_computes(load):
    """Where a column that a condition needs is null the row is dropped, though the condition would raise before."""
    model = load("SELECT a FROM __THIS__ WHERE 1 / a > x AND 1 / b > 0", schema=SCHEMA)
    assert model.row({"a": 0, "x": None, "b": 0}) is None
    assert model.row({"a": 1, "x": 5.0, "b": 0}) is None
    with pytest.raises(scorer.RowError, match="division by zero"):
        model.row({"a": 0, "x": 1.0, "b": 1})


def test_a_filter_computes_what_spark_does_not_know_to_be_null(load):
    """Joined, trimmed and rounded values are computed beside a null, unless another condition asks for the column."""
    facts = {"a": 0, "b": None, "s": None}
    for text in (
        "concat(1 / a, s) > 'q'",
        "1 / a > trim(s)",
        "round(1 / a + b) > 0",
        "right(1 / a, b) > 'q'",
    ):
        with pytest.raises(scorer.RowError, match="division by zero"):
            load(f"SELECT a FROM __THIS__ WHERE {text}", schema=SCHEMA).row(facts)
        later = load(f"SELECT a FROM __THIS__ WHERE {text} AND s > 'a' AND b IS NOT NULL", schema=SCHEMA)
        assert later.row(facts) is None


def test_a_constant_that_raises_refuses_every_row_unless_it_stands_in_a_branch(load):
    """Spark computes constants before rows, beside a null column too; those of a branch only where it is taken."""
    with pytest.raises(scorer.ScorerError, match="every row would raise: 'zz' cannot be cast to int"):
        load("SELECT a + CAST('zz' AS INT) AS r FROM __THIS__", schema=SCHEMA)
    model = load("SELECT IF(a > 0, a, a + CAST('zz' AS INT)) AS r FROM __THIS__", schema=SCHEMA)
    assert model.row({"a": 3}) == {"r": 3}
    with pytest.raises(scorer.RowError, match="'zz' cannot be cast to int"):
        model.row({"a": -3})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("(1 / a) + nvl2(lower('A'), nullif(1, 1), 2)", None),
        ("1 / a > 0 AND isnull('a')", False),
        ("isnotnull('a') OR 1 / a > 0", True),
        ("coalesce(NULL, length('ab'), 1 / a)", 2),
        ("CASE WHEN lower('A') = 'b' THEN 1 / a WHEN length('') = 0 THEN 7 ELSE 1 / a END", 7),
        ("upper(coalesce(lower('A'), CAST(1 / a AS STRING)))", "A"),
        ("coalesce(nullif(1, 1), nullif('b', 'b'))", None),
    ],
)
def test_what_reads_no_column_is_a_value_before_a_row_is_seen(load, text, value):
    """Beside a null, or behind a condition, that only literals make, nothing is computed that would raise."""
    model = load(f"SELECT {text} AS r FROM __THIS__", schema=SCHEMA)
    assert model.row({"a": 0}) == {"r": value}
    assert model.batch(pa.table({"a": pa.array([0] * 2 * sql.FEW, pa.int32())}))[
        "r"
    ].unique().to_pylist() == [value]


@pytest.mark.parametrize("version", ["3.5.0", "4.0.0"])
def test_a_date_beyond_the_years_is_refused_and_not_taken_for_none(load, version):
    """A text that is a date of Spark's but of no year from 1 to 9999 refuses the row, where no date gives null."""
    model = load("SELECT a, try_cast(s AS DATE) AS r FROM __THIS__", version, schema=SCHEMA)
    assert model.row({"a": 1, "s": "12345-02-30"})["r"] is None
    for text in ("12345-02-28", "0000-01-01"):
        with pytest.raises(scorer.RowError, match=f"column `s`: '{text}' is beyond the years 1 to 9999"):
            model.row({"a": 1, "s": text})
    with pytest.raises(scorer.ScorerError, match="beyond the years"):
        load("SELECT DATE'12345-01-01' AS r FROM __THIS__")


def test_a_column_that_is_not_selected_ends(tmp_path, load):
    """Without * only the columns selected are there afterwards."""
    model = load("SELECT a, x AS w FROM __THIS__", schema=SCHEMA)
    assert model.outputs.names == ["a", "w"]
    assert model.row({"a": 1, "x": 2.0}) == {"a": 1, "w": 2.0}
    assert model.plan.closed == "sql_1"


def test_names_have_no_case(load):
    """A column is found whatever the case of its letters, and has the name that the statement gives it."""
    model = load("SELECT A, X * 2 AS y FROM __THIS__ t WHERE T.B > 0", schema=SCHEMA)
    assert model.inputs.names == ["b", "x", "a"] or set(model.inputs.names) == {"a", "b", "x"}
    assert model.row({"a": 1, "x": 2.0, "b": 1}) == {"A": 1, "y": 4.0}
    assert model.row({"a": 1, "x": 2.0, "b": 0}) is None


@pytest.mark.parametrize(
    ("kind", "value"),
    [("a", 2**31), ("a", True), ("a", 1.5), ("a", "1"), ("x", "1"), ("s", 5), ("d", "2024-01-01"), ("t", date(2024, 1, 1)), ("m", Decimal("0.001")), ("m", 1.5), ("f", 1), ("l", 2**63)],
)  # fmt: skip
def test_a_value_of_another_type_is_refused(load, kind, value):
    """A value that the column's type cannot hold raises RowError, which names stage, column and value."""
    model = load(f"SELECT coalesce({kind}, {kind}) AS v FROM __THIS__", schema=SCHEMA)
    with pytest.raises(scorer.RowError) as caught:
        model.row({kind: value})
    assert (caught.value.stage, caught.value.column, caught.value.value) == ("sql_1", kind, value)


def test_ansi_mode_follows_the_version_or_as_of(tmp_path):
    """A save of Spark 3 wraps and gives null; a save of Spark 4 raises; `as_of` overrides either."""
    folder = saved(tmp_path, "SELECT a + 1 AS p, a / b AS q FROM __THIS__", "3.5.1")
    top, schema = {"a": 2**31 - 1, "b": 0}, SCHEMA
    assert scorer.load(folder, schema).row(top) == {"p": -(2**31), "q": None}
    with pytest.raises(scorer.RowError, match=r"column `a`: 2147483647 \+ 1 overflows int"):
        scorer.load(folder, schema, as_of="4.0").row(top)
    with pytest.raises(scorer.RowError, match="column `a`: division by zero"):
        scorer.load(folder, schema, as_of="4.0").select(["q"]).row(top)


def test_timestamps_are_shown_in_utc(load):
    """A timestamp's fields are those of UTC, whatever zone the value comes in; without one it is in UTC."""
    model = load("SELECT hour(t) AS h FROM __THIS__", schema=SCHEMA)
    assert model.row({"t": datetime(2024, 1, 1, 5, tzinfo=UTC)}) == {"h": 5}
    assert model.row({"t": datetime(2024, 1, 1, 5)}) == {"h": 5}  # noqa: DTZ001


def test_random_statements_reach_every_operator():
    """The writer of random expressions is no narrower than the laws above suppose."""
    chance = random.Random(1)
    texts = " ".join(Writer(chance).write(family, 4) for family in FAMILIES * 40)
    for word in (
        "+",
        "-",
        "*",
        "/",
        "%",
        " IN ",
        "CASE",
        "BETWEEN",
        "LIKE",
        "RLIKE",
        "<=>",
        "coalesce",
        "CAST",
        "try_cast",
    ):
        assert word in texts


def test_an_error_outside_any_input_is_impossible():
    """What reads no column raises at load, never in a row."""
    with pytest.raises(Invalid):
        compute(
            typed(
                parse("SELECT 2147483647 + 1 AS x FROM __THIS__", (4, 0)).items[0].node,
                (),
                ansi=True,
                condition=False,
            ),
            (),
            filters=False,
        )()
