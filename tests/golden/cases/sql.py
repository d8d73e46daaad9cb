"""SQLTransformer's expressions: names that Spark gives, casts, implicit casts, decimals, texts, dates, ANSI mode's errors."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from case import ALL, case
from pyspark.ml import Pipeline
from pyspark.ml.feature import SQLTransformer, VectorAssembler
from session import Session
from values import INF, NAN

SCHEMA = (
    "a:int b:int x:double s:string d:date t:timestamp m:decimal(10,2) f:boolean l:bigint y:float z:tinyint"
)
DAY, TIME = date(2024, 2, 29), datetime(2024, 2, 29, 13, 45, 30, 123456)
ROWS = [
    [7, 2, 1.5, "Oslo", DAY, TIME, Decimal("12.50"), True, 10, 1.5, 3],
    [-7, 2, -1.5, "", date(1969, 12, 31), datetime(1969, 12, 31, 23, 59, 59), Decimal("-0.01"), False, -10, 0.1, -3],
    [7, 0, 0.0, " a B ", DAY, TIME, Decimal("0.00"), True, 0, 0.0, 0],
    [2147483647, 1, NAN, "x%_y", DAY, TIME, Decimal("99999999.99"), False, 9223372036854775807, NAN, 127],
    [-2147483648, -1, INF, "ærø", DAY, TIME, Decimal("1.00"), None, -9223372036854775808, INF, -128],
    [None, None, None, None, None, None, None, None, None, None, None],
    [0, 3, -0.0, "12", DAY, TIME, Decimal("2.00"), True, 5, -0.0, 1],
    [5, -2, 2.5, " 7.5 ", DAY, TIME, Decimal("2.50"), False, 5, 3.4e38, 2],
    [1, 1, -INF, "true", DAY, TIME, Decimal("0.05"), True, 1, -INF, 1],
    [2, 4, 1e300, "2024-02-03", DAY, TIME, Decimal("0.05"), None, 9007199254740993, 1e-40, 9],
]  # fmt: skip
STATEMENTS = {
    "names": "SELECT _row, a + b * 2, -a, a = 1, a <> 1, NOT f, a IN (1, 2), a IS NULL, s LIKE 'x%', s RLIKE 'x', s || 'b', CASE WHEN x > 1 THEN 'high' ELSE 'low' END, IF(a == 1, 'M', 'F'), nvl(a, 1), UPPER(s), substr(s, 2), log(x), round(x), floor(x), isnull(b), f AND x > 0 OR f, x * 2.5D, 1e3, 'it', A, CAST(b AS DOUBLE) FROM __THIS__",
    "wrap": "SELECT _row, a * 2 AS am, -a AS an, l + 1 AS lp, l * l AS ll, z + z AS zz, abs(l) AS la, a - b AS ab FROM __THIS__",
    "modulo": "SELECT _row, x % b AS xb, pmod(a, b) AS p, l div b AS d, z % 2 AS z2, mod(a, b) AS m FROM __THIS__",
    "float": "SELECT _row, y + y AS yy, y * 2 AS y2, y / 2 AS yh, y = 0.1 AS eq, -y AS yn, CAST(y AS DOUBLE) AS yd, CAST(x AS FLOAT) AS xf, CAST(y AS STRING) AS ys FROM __THIS__",
    "nan": "SELECT _row, x > 1e308 AS gt, x <= x AS le, x <> x AS ne, x <=> y AS sf, greatest(x, y, 0.5D) AS gr, least(x, -1.0D) AS lst, x IN (0.0D, 1.5D, NULL) AS inn, nullif(x, 0) AS nu, nanvl(x, a) AS nv FROM __THIS__",
    "three_valued": "SELECT _row, f AND NULL AS an, f OR NULL AS orr, NOT f AS nt, f IS TRUE AS tr, f IS NOT FALSE AS nf, (f AND x > 0) OR (a > b AND NOT f) AS mix, a NOT IN (b, NULL) AS ni, a NOT BETWEEN b AND 5 AS nb FROM __THIS__",
    "choice": "SELECT _row, CASE a WHEN 7 THEN b WHEN b THEN 1.5 END AS c, IF(f, x, a) AS i, nvl2(s, x, 1) AS n2, coalesce(m, a, 0.125) AS co, CASE WHEN b <> 0 THEN a / b ELSE 0 END AS sf, nullif(s, '') AS nu, greatest(a, l, z) AS g FROM __THIS__",
    "cast_text": "SELECT _row, CAST(x AS STRING) AS xs, CAST(m AS STRING) AS ms, CAST(d AS STRING) AS ds, CAST(t AS STRING) AS ts, CAST(f AS STRING) AS fs, CAST(l AS STRING) AS ls, concat(a, '/', x, '/', f) AS c FROM __THIS__",
    "cast_whole": "SELECT _row, CAST(x AS BIGINT) AS xl, CAST(a AS TINYINT) AS at, CAST(m AS INT) AS mi, CAST(l AS INT) AS li FROM __THIS__",
    "try_cast": "SELECT _row, try_cast(s AS INT) AS si, try_cast(s AS DOUBLE) AS sd, try_cast(s AS BOOLEAN) AS sb, try_cast(s AS DATE) AS sdt, try_cast(x AS INT) AS xi, try_cast(l AS INT) AS li, try_cast(s AS DECIMAL(5,1)) AS sm FROM __THIS__",
    "from_text": "SELECT _row, CAST(s AS INT) AS i FROM __THIS__",
    "to_boolean": "SELECT _row, CAST(a AS BOOLEAN) AS ab, CAST(x AS BOOLEAN) AS xb, CAST(f AS DOUBLE) AS fd, CAST('yes' AS BOOLEAN) AS y FROM __THIS__",
    "implicit": "SELECT _row, s = 'Oslo' AS e, concat(a, s) AS c, upper(x) AS u, length(a) AS n, a = 7.0 AS d, d = '2024-02-29' AS ds, f = 'true' AS fs, x = l AS xl, m > a AS ma FROM __THIS__",
    "beside_text": "SELECT _row, s + 1 AS p FROM __THIS__",
    "decimals": "SELECT _row, m + m AS a, m - a AS s, m * 1.5 AS p, m / 3 AS q, m % 3 AS r, m * x AS d, -m AS n, abs(m) AS ab, round(m, 1) AS r1, round(m) AS r0, floor(m) AS fl, ceil(m) AS ce, CAST(x AS DECIMAL(6,2)) AS xm, m = 2.5 AS e, l * 0.1 AS lm FROM __THIS__ WHERE a < 100",
    "decimal_overflow": "SELECT _row, CAST(m AS DECIMAL(4,1)) AS c FROM __THIS__",
    "rounding": "SELECT _row, round(x, 1) AS r1, bround(x) AS b0, round(2.5D) AS h, round(-1.005D, 2) AS k, round(a, -1) AS t, floor(y) AS f, rint(x) AS ri FROM __THIS__ WHERE x < 1e10 AND a < 100 AND a > -100",
    "floor_big": "SELECT _row, floor(x) AS f, ceil(x) AS c FROM __THIS__",
    "functions": "SELECT _row, expm1(x) AS em, log1p(x) AS l1, log10(x) AS l10, log2(x) AS l2, log(2, x) AS lb, cbrt(x) AS cb, sin(x) AS sn, cos(x) AS cs, tan(x) AS tn, atan(x) AS at, atan2(x, 1) AS a2, hypot(x, 3) AS hy, pow(x, 3) AS p3, power(2, x) AS px, sinh(x) AS sh, tanh(x) AS th, degrees(x) AS dg, radians(x) AS rd, sign(x) AS sg, pi() AS pi FROM __THIS__",
    "texts": "SELECT _row, substring(s, 2, 2) AS s1, substring(s, -2) AS s2, substring(s, 0, 1) AS s3, substring(s, -9, 8) AS s4, left(s, 2) AS l2, right(s, 2) AS r2, lpad(s, 6, '*-') AS lp, rpad(s, 3) AS rp, reverse(s) AS rv, repeat(s, 2) AS rr, instr(s, 'o') AS ins, replace(s, 'o', '0') AS rp0, translate(s, 'aos', 'xy') AS tr, startswith(s, 'O') AS st, endswith(s, 'o') AS en, contains(s, ' ') AS ct, ltrim(s) AS lt, rtrim(s) AS rt, concat_ws('-', s, a, NULL) AS cw, ascii(s) AS asc, char_length(s) AS cl FROM __THIS__",
    "patterns": "SELECT _row, s LIKE '%o' AS l1, s LIKE 'x\\\\%%' AS l2, s LIKE '_s_o' AS l3, s NOT LIKE '%e%' AS l4, s RLIKE '^[a-z]+' AS r1, s RLIKE '\\\\d' AS r2, regexp_replace(s, '[aeiou]+', '#') AS rr FROM __THIS__",
    "literals": "SELECT _row, 'it''s' AS q, \"dq\" AS dq, 'a\\\\b\\t' AS esc, 1.50 AS d, 2147483648 AS big, -2147483648 AS small, 1S AS sh, 1Y AS ti, 1.5F AS fl, DATE'2024-01-31' AS da, NULL AS no FROM __THIS__",
    "calendar": "SELECT _row, year(t) AS y, quarter(d) AS q, dayofweek(d) AS dw, weekday(d) AS wd, dayofyear(d) AS dy, minute(t) AS mi, second(t) AS se, date_add(d, a) AS da, date_sub(d, 31) AS db, last_day(d) AS ld, datediff(t, d) AS df, CAST(t AS DATE) AS td, d < t AS lt, d > DATE'2000-01-01' AS gt FROM __THIS__ WHERE a < 100 AND a > -100",
    "split": "SELECT _row, split(s, 'o') AS s1, split(s, '[ %_]') AS s2, split(s, '') AS s3, split(s, 'l', 1) AS s4, split(s, '(?=l)', 2) AS s6, split(s, 'x*', 3) AS s7, split(s, '[.]', 0) AS s8 FROM __THIS__",
    "parts": "SELECT _row, split(s, 'o')[0], split(s, '')[CAST(0 AS BIGINT)] AS i1, size(split(s, ' ')), split(s, ' ')[0] AS i2 FROM __THIS__",
    "parts_beyond": "SELECT _row, split(s, 'o')[b] AS i1 FROM __THIS__ WHERE s IS NOT NULL",
    "extract": "SELECT _row, regexp_extract(s, '([a-z])([a-z]+)', 2) AS e1, regexp_extract(s, '(O)|(.)') AS e2, regexp_extract(s, '[a-z]+', 0) AS e3, EXTRACT(YEAR FROM d) AS y, EXTRACT(week FROM t) AS w, extract(DOW FROM d) AS dw, EXTRACT(doy FROM d) AS dy, EXTRACT(HOUR FROM t) AS h, EXTRACT(MINUTE FROM t) AS m, weekofyear(d) AS wy, EXTRACT(QUARTER FROM '2024-05-06') AS q FROM __THIS__",
    "places": "SELECT _row, locate('o', s) AS l1, locate('', s) AS l2, locate('o', s, 0) AS l3, locate('o', s, 4) AS l4, locate('o', s, b) AS l5, position('l' IN s) AS p1, position('L' IN upper(s)) AS p2, position('o', s, 2) AS p3, locate(NULL, s) AS l6, locate('', s, 3) AS l7, locate('', s, 99) AS l8 FROM __THIS__",
    "trims": "SELECT _row, TRIM(BOTH 'Oo' FROM s) AS t1, TRIM(LEADING 'x ' FROM s) AS t2, TRIM(TRAILING 'o' FROM s) AS t3, TRIM(BOTH FROM s) AS t4, trim('x', s) AS t5, ltrim('Ox', s) AS t6, rtrim('yo', s) AS t7, TRIM(BOTH '' FROM s) AS t8, TRIM(s FROM 'Oslo') AS t9, trim(s) FROM __THIS__",
    "initials": "SELECT _row, initcap(s) AS i1, initcap('hello wORLD-x  y.z o''neil ßa ǆx') AS i2, initcap(concat(s, ' ', s)) AS i3 FROM __THIS__",
    "lines": "SELECT _row, concat(s, '\\n') RLIKE 'o$' AS r1, regexp_replace(concat(s, '\\r', s, '\\n'), '.', '-') AS r2, split(s, '$') AS r3, regexp_replace(s, '$', '#') AS r4, regexp_replace(concat(s, '\\r\\n'), '$', '#') AS r5, regexp_extract(concat(s, '\\n', s), '(.*)$', 1) AS r6, split(concat(s, '\\n'), '[.$]|^.') AS r7, last_day(DATE'9999-12-01') AS ld FROM __THIS__",
    "bits": "SELECT _row, a & b AS an, a | z AS oz, l ^ a AS xl, ~a AS na, ~z AS nz, a & 3 & 1 AS aa, (a & 6) | 1 AS ao, a & NULL AS an0, a + 1 & 3 AS pr FROM __THIS__ WHERE a < 100",
    "days": "SELECT _row, d + 1 AS d1, 1 + d AS d2, d - z AS d3, d + CAST(2 AS SMALLINT) AS d4, d + a AS d5 FROM __THIS__ WHERE a < 100 AND a > -100",
    "pipes": "SELECT _row, z || b + 1 AS p1, z || 2 - 1 + b || 'x' AS p2, 1 + z || b * 2 AS p3 FROM __THIS__ WHERE b >= 0",
    "names_more": "SELECT _row, a & b, a | b, a ^ 1, ~a, split(s, 'o'), regexp_extract(s, '(o)'), position('o' IN s), initcap(s), weekofyear(d), EXTRACT(YEAR FROM d), extract(doy FROM d), z || b + 1 FROM __THIS__ WHERE b >= 0",
    "names_of_days": "SELECT _row, d + 1, 2 + d, d - z, (d + z) - 1, CAST(t AS DATE) - 1, DATE'2024-01-31' + z, last_day(d + z), year(d + 1), CASE WHEN (d + 1) > d THEN a + 1 END FROM __THIS__",
    "cube_roots": "SELECT _row, CAST(cbrt(x) AS STRING) AS c1, CAST(cbrt(x * 1.1D + 0.3D) AS STRING) AS c2, CAST(cbrt(y) AS STRING) AS c3, CAST(cbrt(l) AS STRING) AS c4, CAST(cbrt(x * 1e-310D) AS STRING) AS c5, CAST(cbrt(a * 7.123D) AS STRING) AS c6, CAST(cbrt(z * 1e-17D) AS STRING) AS c7, CAST(cbrt(m) AS STRING) AS c8 FROM __THIS__",
    "names_of_trims": "SELECT _row, TRIM(BOTH 'o' FROM s), trim('l', s), ltrim('O', s), rtrim('yo', s), TRIM(LEADING 'x' FROM s), upper(TRIM(TRAILING 'o' FROM s)) FROM __THIS__",
    "null_written": "SELECT _row, (-a) - CAST(NULL AS INT) AS n1, isnan((-a) - CAST(NULL AS INT)) AS n2, CAST('zz' AS INT) + NULL AS n3, substring(CAST(-a AS STRING), NULL, 1) AS n4, TRIM(BOTH CAST(-a AS STRING) FROM CAST(NULL AS STRING)) AS n5, locate('a', CAST(-z AS STRING), CAST(NULL AS INT)) AS n6, concat('a', CAST(NULL AS STRING), CAST(-l AS STRING)) AS n7, s LIKE NULL AS n8, (-a) IN (NULL) AS n9 FROM __THIS__",
    "null_concat": "SELECT _row, concat(nullif(s, 'ærø'), CAST(-a AS STRING)) AS c FROM __THIS__",
    "null_trim": "SELECT _row, TRIM(BOTH nullif(s, 'ærø') FROM CAST(-a AS STRING)) AS t FROM __THIS__",
    "null_and": "SELECT _row, NULL AND (-a > 1) AS n FROM __THIS__",
    "branches": "SELECT _row, CASE WHEN a > 1000 THEN 1 WHEN a < 2000 THEN 2 ELSE 3 + CAST('zz' AS INT) END AS c1, IF(a IS NULL AND s = 'none', 1 / 0, a) AS c2, coalesce(a, 0, CAST('zz' AS INT)) AS c3, IF(true, 1, CAST('zz' AS INT)) AS c4 FROM __THIS__ WHERE a IS NOT NULL",
    "branch_taken": "SELECT _row, CASE WHEN f THEN CAST('zz' AS INT) WHEN a > 0 THEN 1 / 0 ELSE 1 END AS c FROM __THIS__",
    "folded": "SELECT _row, (0D % l) + nvl2(lower('A'), try_cast('x' AS BIGINT), 1) AS f1, a / b > 0 AND isnull('a') AS f2, isnotnull('a') OR a / b > 0 AS f3, IF(upper('a') = 'A', NULL, 1) + a / b AS f4, coalesce(NULL, length('ab'), a / b) AS f5, CASE WHEN lower('A') = 'b' THEN a / b WHEN length('') = 0 THEN b ELSE a / b END AS f6, concat(nullif('a', 'a'), CAST(a / b AS STRING)) AS f7, a / b IN (nullif(1, 1)) AS f8 FROM __THIS__ WHERE b <> 0 OR a = 7",
    "names_of_functions": "SELECT _row, negative(b), Negative(x), positive(a), -(b + 1), regexp_replace(s, 'o', '0'), position('l', s), rlike(s, 'a'), RLIKE(s, 'b'), - positive(x) FROM __THIS__",
    "beside_decimals": "SELECT _row, b > 1.5, 1.5 >= z, l < 99999999999999999999.5, -99999999999999999999.5 > l, a BETWEEN 1.5 AND 6.5, b = 1.5, CASE WHEN b <= -1.25 THEN 'x' END, (a + b) < 8.5, a > 1.0 FROM __THIS__ WHERE a < 100 AND a > -100 OR a IS NULL",
    "decimal_literals": "SELECT _row, 1.5BD * b, -1.5BD, m + 15BD, nvl2(s, 1.5bd, b) FROM __THIS__",
    "float_literals": "SELECT _row, CAST(y * 1.1F AS STRING) AS f1, CAST(0.1F AS DOUBLE) AS f2, y = 0.1F AS f3, a + 16777217F AS f4, greatest(y, 3.4028234e38F) AS f5, 1.1F, -2.5e-3F FROM __THIS__",
    "decided": "SELECT _row, IF(a / b > 0, s, s) AS c1, CASE WHEN a / b > 0 THEN 1 ELSE 1 END AS c2, isnull(coalesce(a / b, 0)) AS c3, isnotnull(coalesce(a, 1) + 2147483647) AS c4, NULL IN (a / b) AS c5, (a / b) IN (NULL) AS c6 FROM __THIS__",
    "in_order": "SELECT _row, a IN (a, 1 / b) AS i1, nullif(a, 7) IN (2 / b, 8) AS i2, a NOT IN (7, 3 / b) AS i3, (4 / b) IN (NULL, NULL) AS i4, locate(nullif(s, 'Oslo'), CAST(5 / b AS STRING), 1) AS l1, isnull(greatest(6 / b, 2)) AS n1, isnull(concat_ws('-', CAST(7 / b AS STRING))) AS n2 FROM __THIS__",
    "div_order": "SELECT _row, (a div b) div nullif(l, 0) AS d1, nullif(a, 7) div (b div b) AS d2 FROM __THIS__",
    "div_of_decimals": "SELECT _row, m div 2 AS d1, l div 0.001 AS d2, m div (m + 1) AS d3, 7.5 div z AS d4, z div m AS d5, 99999999999999999999.5 div (m + 1) AS d6, l div (m + 1) FROM __THIS__ WHERE z <> 0 AND m <> 0",
    "div_by_no_decimal": "SELECT _row, a div m AS d FROM __THIS__",
    "days_of_numbers": "SELECT _row, to_date(z + 2000) AS d1, to_date(z > 1) AS d2 FROM __THIS__",
    "names_of_decimals": "SELECT _row, CAST(2 AS DECIMAL), CAST(2.5 AS DECIMAL) + a, CAST('7' AS DECIMAL(10,0)), try_cast(3 AS DECIMAL), CAST(1e3 AS DEC), CAST(4BD AS NUMERIC(10)), CAST(a AS DECIMAL), 1.5BD, -2BD, .5BD + a, 2L, 3S * 2Y, CAST(z AS DECIMAL(3)) + CAST(5L AS DECIMAL) FROM __THIS__ WHERE a BETWEEN -100 AND 100",
    "filter_first": "SELECT _row, a / b AS q FROM __THIS__ WHERE b <> 0 AND x IS NOT NULL",
    "filter_only": "SELECT * FROM __THIS__ AS t WHERE t.x > 0 OR f",
    "case_of_names": "SELECT _ROW AS _row, A AS `my col`, X * 2 AS dbl FROM __THIS__ WHERE B > 0",
}  # fmt: skip
for _name, _statement in STATEMENTS.items():

    @case(f"sql_{_name}", _statement, SCHEMA, ROWS, tolerance="sums", versions=ALL)
    def _sql(_: Session, statement: str = _statement) -> SQLTransformer:
        return SQLTransformer(statement=statement)


@case("sql_boolean_number", "Before ANSI mode a boolean equals a number.", SCHEMA, ROWS, versions=("3.5",))
def _boolean_number(_: Session) -> SQLTransformer:
    return SQLTransformer(
        statement="SELECT _row, f = 1 AS e1, f = 0 AS e0, f = 2 AS e2, f <=> 1 AS n1, a = f AS af, x = f AS xf, m = f AS mf, f = 1.0 AS ed, f <> 1 AS ne FROM __THIS__"
    )


@case(
    "sql_swap",
    "All expressions of a statement see the columns that were there before it.",
    "a:int b:int",
    [[1, 2], [None, 5]],
)
def _swap(_: Session) -> SQLTransformer:
    return SQLTransformer(statement="SELECT _row, b AS a, a + 1 AS b, a AS c FROM __THIS__")


@case(
    "sql_vectors", "A vector passes by its name, and by * with its slots known.", "x:double y:double",
    [[1.0, 2.0], [None, 3.0], [-1.0, 0.0]],
)  # fmt: skip
def _vectors(s: Session) -> Pipeline:
    stages = [
        SQLTransformer(statement="SELECT *, x + y AS z FROM __THIS__ WHERE x IS NOT NULL"),
        VectorAssembler(inputCols=["x", "z"], outputCol="v"),
        SQLTransformer(statement="SELECT _row, v, v AS w, z > 0 AS up FROM __THIS__"),
        VectorAssembler(inputCols=["v", "w"], outputCol="u"),
    ]
    return Pipeline(stages=stages).fit(s.frame("x:double y:double _row:int", [[1.0, 2.0, 0]]))


FILTERS = {
    "concat": "concat(CAST(1 / a AS STRING), s) <> 'q'",
    "pipes": "CAST(1 / a AS STRING) || s <> 'q'",
    "trim": "TRIM(BOTH s FROM CAST(1 / a AS STRING)) <> 'q'",
    "trimmed": "CAST(1 / a AS STRING) <> trim(s)",
    "round": "round(1 / a + b) > 0 AND bround(1D / a - b, 1) < 100",
    "right": "right(CAST(1 / a AS STRING), b) <> 'q'",
    "left": "left(CAST(1 / a AS STRING), b) <> 'q'",
    "later": "coalesce(b, 1 / a) >= 0 AND b IS NOT NULL",
    "later_use": "coalesce(s, CAST(1 / a AS STRING)) <> 'q' AND f AND length(s) > 0",
    "last": "(a + b) IS NOT NULL AND s = 'x'",
    "not_last": "(1 / a) IS NOT NULL AND s = 'x'",
    "of_sum": "coalesce(b, 1 / a) >= 0 AND (b + 1) IS NOT NULL AND s IS NULL",
}
HOLES = [[a, b, s, True] for a in (0, 1, 2147483647, None) for b in (0, 2, None) for s in ("x", None)]
for _name, _filter in FILTERS.items():

    @case(
        f"sql_filter_{_name}",
        f"Which nulls drop a row before {_filter} is computed.",
        "a:int b:int s:string f:boolean",
        HOLES,
        versions=("4.0", "4.3"),
    )
    def _filtered(_: Session, condition: str = _filter) -> SQLTransformer:
        return SQLTransformer(statement=f"SELECT _row, s AS t FROM __THIS__ WHERE {condition}")
