"""RFormula with its hidden stages, and SQLTransformer."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from case import case
from pyspark.ml import Pipeline
from pyspark.ml.classification import LogisticRegression
from pyspark.ml.feature import RFormula, SQLTransformer, VectorAssembler
from session import Session
from values import INF, NAN

SCHEMA = "town:string size:string x:double n:int y:double"
TRAIN = [
    ["Oslo", "L", 1.0, 1, 1.0], ["Rome", "M", 2.0, 2, 0.0], ["Oslo", "S", -1.0, 3, 1.0], ["Lima", "L", 0.5, 4, 0.0], ["Rome", "L", 7.0, 5, 1.0], ["Oslo", "M", 3.0, 6, 0.0],
]  # fmt: skip
ROWS = [
    ["Oslo", "L", 1.5, 2, 1.0],
    ["Rome", "S", NAN, 1, 0.0],
    ["Bonn", "L", 1.0, 1, 0.0],
    [None, "M", 1.0, 1, 0.0],
    ["Lima", "XL", 1.0, 1, 0.0],
    ["Lima", "M", None, None, None],
    ["Lima", "M", INF, -7, 1.0],
]
FORMULAS = {
    "plain": "y ~ town + x",
    "dot": "y ~ .",
    "minus": "y ~ . - town",
    "interaction": "y ~ town:x + n",
    "cross": "y ~ town * size",
    "three": "y ~ town:size:x",
    "power": "y ~ (x + n)^2",
    "no_intercept": "y ~ town + x - 1",
    "text_label": "size ~ x + n",
}
for _name, _formula in FORMULAS.items():
    for _mode in ("error", "keep") if _name in ("plain", "cross", "text_label") else ("keep",):

        @case(
            f"r_formula_{_name}_{_mode}",
            f"The formula {_formula} under handleInvalid={_mode}.",
            SCHEMA,
            ROWS,
            tolerance="sums",
        )
        def _formula_case(s: Session, formula: str = _formula, mode: str = _mode) -> Any:
            return RFormula(formula=formula, handleInvalid=mode).fit(s.frame(SCHEMA, TRAIN))


@case("r_formula_skip", "A formula that skips rows.", SCHEMA, ROWS, tolerance="sums")
def _skip(s: Session) -> Any:
    return RFormula(formula="y ~ town + x", handleInvalid="skip").fit(s.frame(SCHEMA, TRAIN))


@case(
    "r_formula_unlabelled",
    "Without the label's column there is no label.",
    "town:string size:string x:double n:int",
    [r[:4] for r in ROWS],
    tolerance="sums",
)
def _unlabelled(s: Session) -> Any:
    return RFormula(formula="y ~ town * x", handleInvalid="keep").fit(s.frame(SCHEMA, TRAIN))


for _kind, _label in {"double": 7.5, "int": 7}.items():

    @case(
        f"r_formula_label_{_kind}",
        f"A label of type {_kind} that is in the table already stays as it is.",
        f"town:string x:double y:double label:{_kind}",
        [["Oslo", 1.5, 1.0, _label], ["Bonn", 2.5, 0.0, None], [None, None, None, _label]],
        tolerance="sums",
        keep=("features", "label"),
    )
    def _kept(s: Session) -> Any:
        return RFormula(formula="y ~ town + x", handleInvalid="keep").fit(s.frame(SCHEMA, TRAIN))


@case(
    "r_formula_pipeline",
    "A formula feeds a logistic regression.",
    "town:string size:string x:double n:int",
    [r[:4] for r in ROWS],
    tolerance="sums",
)
def _pipeline(s: Session) -> Any:
    stages = [
        RFormula(formula="y ~ town + size + x:n", handleInvalid="keep"),
        LogisticRegression(maxIter=10, regParam=0.1),
    ]
    return Pipeline(stages=stages).fit(s.frame(SCHEMA, TRAIN))


SQL_SCHEMA = "a:int b:int x:double s:string d:date t:timestamp m:decimal(10,2) f:boolean l:bigint"
DAY, TIME = date(2024, 2, 29), datetime(2024, 2, 29, 13, 45, 30, 123456)
SQL_ROWS = [
    [7, 2, 1.5, "Oslo", DAY, TIME, Decimal("12.50"), True, 10],
    [-7, 2, -1.5, "", date(1969, 12, 31), datetime(1969, 12, 31, 23, 59, 59), Decimal("-0.01"), False, -10],
    [7, 0, 0.0, " a B ", DAY, TIME, Decimal("0.00"), True, 0],
    [2147483647, 1, NAN, "x%_y", DAY, TIME, Decimal("99999999.99"), False, 9223372036854775807],
    [-2147483648, -1, INF, "ærø", DAY, TIME, Decimal("1.00"), None, -9223372036854775808],
    [None, None, None, None, None, None, None, None, None],
    [0, 3, -0.0, "12", DAY, TIME, Decimal("2.00"), True, 5],
    [5, -2, 2.5, "1e3", DAY, TIME, Decimal("2.50"), False, 5],
]  # fmt: skip
STATEMENTS = {
    "star": "SELECT *, a + b AS s1, a - b AS s2 FROM __THIS__",
    "arithmetic": "SELECT _row, a * 2 AS p, x / 2 AS h, a / b AS q, a % b AS r, -x AS neg, a div b AS idiv FROM __THIS__",
    "overflow": "SELECT _row, a + 1 AS p, abs(a) AS m FROM __THIS__",
    "division": "SELECT _row, x / b AS q FROM __THIS__",
    "case": "SELECT _row, CASE WHEN x > 1 THEN 'high' WHEN x <= 0 THEN 'low' ELSE 'mid' END AS c, IF(a > b, 1, 0) AS g FROM __THIS__",
    "nulls": "SELECT _row, coalesce(a, b, 0) AS c, ifnull(x, -1.0) AS i, nvl(s, 'none') AS n, nullif(b, 2) AS z, x IS NULL AS e, isnan(x) AS w, nanvl(x, 9.0) AS v FROM __THIS__",
    "compare": "SELECT _row, x > 1 AS gt, x = x AS eq, x <=> NULL AS safe, a BETWEEN 0 AND 7 AS bt, b IN (1, 2) AS inn, s LIKE 'x%' AS lk, NOT f AS nf, f AND x > 0 AS an, f OR x > 0 AS orr FROM __THIS__",
    "math": "SELECT _row, log(x) AS ln, exp(x) AS e, sqrt(x) AS r, pow(x, 2) AS p, round(x) AS ro, bround(x) AS br, floor(x) AS fl, ceil(x) AS ce, log1p(x) AS l1, greatest(x, 0.5) AS g, least(x, 0.5) AS le, signum(x) AS sg FROM __THIS__",
    "text": "SELECT _row, concat(s, '-', s) AS c, upper(s) AS u, lower(s) AS l, length(s) AS n, trim(s) AS t, substring(s, 2, 2) AS sub, s || '!' AS bang, replace(s, 'a', 'b') AS rep FROM __THIS__",
    "cast": "SELECT _row, CAST(a AS double) AS d, CAST(x AS string) AS xs, CAST(b AS string) AS bs, CAST(a AS boolean) AS ab, CAST(m AS double) AS md, CAST(f AS int) AS fi FROM __THIS__",
    "cast_number": "SELECT _row, CAST(x AS int) AS xi, CAST(s AS double) AS sd FROM __THIS__",
    "dates": "SELECT _row, year(d) AS y, month(d) AS m, dayofmonth(d) AS dd, dayofweek(d) AS dw, hour(t) AS h, datediff(d, DATE'2024-01-01') AS dif FROM __THIS__",
    "where": "SELECT _row, x FROM __THIS__ WHERE x > 0 AND s IS NOT NULL",
    "decimal": "SELECT _row, m + 1 AS p, m * 2 AS t, CAST(m AS int) AS i FROM __THIS__",
    "quoted": "SELECT _row, `a` AS `my col`, 'it''s' AS q, 1.5 AS dec, 2.5D AS dbl, 10L AS big, true AS yes, NULL AS nothing FROM __THIS__",
}
for _name, _statement in STATEMENTS.items():

    @case(
        f"sql_{_name}",
        f"{_statement}",
        SQL_SCHEMA,
        SQL_ROWS,
        tolerance="sums",
        versions=("3.5", "4.0", "4.3")
        if _name in ("overflow", "division", "arithmetic", "cast_number")
        else ("3.5", "4.3"),
    )
    def _sql(_: Session, statement: str = _statement) -> SQLTransformer:
        return SQLTransformer(statement=statement)


@case(
    "sql_group",
    "A statement that gathers rows is no row's business.",
    "a:int",
    [[1], [2]],
    keep=("n",),
    notes="batch only: a scorer of rows refuses this statement",
)
def _group(_: Session) -> SQLTransformer:
    return SQLTransformer(statement="SELECT max(_row) AS _row, count(*) AS n FROM __THIS__")


@case(
    "sql_pipeline",
    "A statement makes the features of a model.",
    "age:int income:double",
    [[30, 100.0], [None, 5.0], [50, None], [20, 0.0]],
    tolerance="sums",
)
def _sql_pipeline(s: Session) -> Any:
    stages = [
        SQLTransformer(
            statement="SELECT *, log(income + 1) AS li, coalesce(age, 40) / 10 AS decade FROM __THIS__ WHERE income IS NOT NULL"
        ),
        VectorAssembler(inputCols=["li", "decade"], outputCol="features"),
        LogisticRegression(maxIter=10, regParam=0.1),
    ]
    rows = [[20 + i, 10.0 * i * (i % 3), float(i % 3 > 0)] for i in range(12)]
    return Pipeline(stages=stages).fit(s.frame("age:int income:double label:double", rows))
