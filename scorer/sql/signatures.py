"""The functions of the subset: how many arguments each takes; and those that have a reason to be refused."""

from __future__ import annotations

MANY = 1000
MATHS = (
    "sqrt exp expm1 log10 log2 log1p sin cos tan asin acos atan sinh cosh tanh cbrt degrees radians rint"
).split()
_ONE = (
    "abs signum sign negative positive isnan isnull isnotnull lower upper lcase ucase length char_length "
    "character_length reverse trim ltrim rtrim year month day dayofmonth dayofweek weekday dayofyear quarter last_day "
    "hour minute second to_date ln int bigint smallint tinyint float double string boolean date ascii"
).split()
_TWO = "mod pmod pow power atan2 hypot nanvl nullif nvl ifnull datediff date_add date_sub repeat left right".split()
_TEXTS = "instr startswith endswith contains".split()
FUNCTIONS: dict[str, tuple[int, int]] = {
    **dict.fromkeys([*MATHS, *_ONE], (1, 1)),
    **dict.fromkeys([*_TWO, *_TEXTS], (2, 2)),
    **dict.fromkeys(("round", "bround", "log"), (1, 2)),
    **dict.fromkeys(("floor", "ceil", "ceiling"), (1, 1)),
    **dict.fromkeys(("greatest", "least"), (2, MANY)),
    "coalesce": (1, MANY),
    "concat": (1, MANY),
    "concat_ws": (1, MANY),
    "if": (3, 3),
    "nvl2": (3, 3),
    "substring": (2, 3),
    "substr": (2, 3),
    "replace": (2, 3),
    "lpad": (2, 3),
    "rpad": (2, 3),
    "translate": (3, 3),
    "regexp_replace": (3, 3),
    "rlike": (2, 2),
    "pi": (0, 0),
    "e": (0, 0),
}
_AGGREGATES = (
    "count sum avg mean min max first last first_value last_value any_value collect_list collect_set stddev variance "
    "count_if approx_count_distinct corr percentile median mode max_by min_by every some bool_and bool_or"
).split()
_CHANGING = (
    "rand randn random uuid current_timestamp now current_date curdate unix_timestamp monotonically_increasing_id "
    "spark_partition_id input_file_name current_user user shuffle localtimestamp current_timezone"
).split()
_ROWS = "explode explode_outer posexplode inline stack row_number rank dense_rank lag lead ntile".split()
REFUSED: dict[str, str] = {
    **dict.fromkeys(_AGGREGATES, "the aggregate"),
    **dict.fromkeys(_CHANGING, "the function of chance or time"),
    **dict.fromkeys(_ROWS, "the function of several rows"),
    **dict.fromkeys(("java_method", "reflect", "transform"), "the script function"),
}
