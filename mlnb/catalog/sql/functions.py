"""Which functions a statement may call: none that reads a file, runs text as SQL or shows settings.

Three walls stand behind each other: this list, the resolver that leaves no table unreplaced, and DuckDB with external access off and its
configuration locked.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlglot import exp

from mlnb.core.errors import PermissionDeniedError

from .dialect import NAMES

if TYPE_CHECKING:
    from .parse import Statement

#: Functions that may stand in FROM; everything else that makes rows there could read files or settings.
TABLE_FUNCTIONS = {
    "range",
    "generate_series",
    "unnest",
    "explode",
    "posexplode",
    "inline",
    "sequence",
    "generate_subscripts",
}

#: Functions that whoever is not on this machine may call besides those the parser library knows by name: they compute a value from values.
LISTED = frozenset(
    [
        "acosh",
        "add_months",
        "aes_decrypt",
        "aes_encrypt",
        "any_value",
        "array_agg",
        "array_append",
        "array_compact",
        "array_contains",
        "array_distinct",
        "array_except",
        "array_insert",
        "array_intersect",
        "array_join",
        "array_max",
        "array_min",
        "array_position",
        "array_prepend",
        "array_remove",
        "array_repeat",
        "array_size",
        "array_sort",
        "array_union",
        "arrays_overlap",
        "arrays_zip",
        "ascii",
        "asinh",
        "atanh",
        "base64",
        "bigint",
        "bin",
        "binary",
        "bit_count",
        "bit_get",
        "boolean",
        "bool_and",
        "bool_or",
        "bround",
        "btrim",
        "cardinality",
        "cbrt",
        "ceil",
        "ceiling",
        "char",
        "char_length",
        "character_length",
        "charindex",
        "chr",
        "concat_ws",
        "contains",
        "conv",
        "cos",
        "cosh",
        "cot",
        "count_if",
        "crc32",
        "csc",
        "cube",
        "date",
        "date_add",
        "date_diff",
        "date_format",
        "date_from_unix_date",
        "date_part",
        "date_sub",
        "dateadd",
        "datediff",
        "day",
        "dayname",
        "dayofmonth",
        "dayofweek",
        "dayofyear",
        "decimal",
        "decode",
        "degrees",
        "div",
        "double",
        "e",
        "element_at",
        "elt",
        "encode",
        "endswith",
        "equal_null",
        "every",
        "exists",
        "exp",
        "explode",
        "expm1",
        "extract",
        "factorial",
        "filter",
        "find_in_set",
        "flatten",
        "float",
        "floor",
        "forall",
        "format_number",
        "format_string",
        "from_json",
        "from_unixtime",
        "from_utc_timestamp",
        "get",
        "get_json_object",
        "getdate",
        "greatest",
        "grouping",
        "grouping_id",
        "hash",
        "hex",
        "histogram_numeric",
        "hour",
        "hypot",
        "if",
        "ifnull",
        "ilike",
        "initcap",
        "instr",
        "int",
        "isnan",
        "isnotnull",
        "isnull",
        "json_array_length",
        "json_object_keys",
        "kurtosis",
        "last_day",
        "lcase",
        "least",
        "left",
        "len",
        "length",
        "levenshtein",
        "like",
        "ln",
        "locate",
        "log",
        "log10",
        "log1p",
        "log2",
        "lower",
        "lpad",
        "ltrim",
        "make_date",
        "make_timestamp",
        "map",
        "map_concat",
        "map_contains_key",
        "map_entries",
        "map_filter",
        "map_from_arrays",
        "map_from_entries",
        "map_keys",
        "map_values",
        "map_zip_with",
        "mask",
        "max_by",
        "md5",
        "mean",
        "median",
        "min_by",
        "minute",
        "mod",
        "mode",
        "month",
        "months_between",
        "named_struct",
        "nanvl",
        "negative",
        "next_day",
        "now",
        "nullif",
        "nvl",
        "nvl2",
        "octet_length",
        "overlay",
        "parse_url",
        "percentile",
        "percentile_approx",
        "pi",
        "pmod",
        "position",
        "positive",
        "pow",
        "power",
        "printf",
        "quarter",
        "radians",
        "rand",
        "randn",
        "random",
        "range",
        "regexp",
        "regexp_count",
        "regexp_extract",
        "regexp_extract_all",
        "regexp_instr",
        "regexp_like",
        "regexp_replace",
        "regexp_substr",
        "regr_avgx",
        "regr_avgy",
        "regr_count",
        "regr_intercept",
        "regr_r2",
        "regr_slope",
        "regr_sxx",
        "regr_sxy",
        "regr_syy",
        "repeat",
        "replace",
        "reverse",
        "right",
        "rint",
        "rlike",
        "round",
        "row_number",
        "rpad",
        "rtrim",
        "schema_of_json",
        "sec",
        "second",
        "sentences",
        "sequence",
        "sha",
        "sha1",
        "sha2",
        "shiftleft",
        "shiftright",
        "shuffle",
        "sign",
        "signum",
        "sin",
        "sinh",
        "size",
        "skewness",
        "slice",
        "smallint",
        "some",
        "sort_array",
        "soundex",
        "space",
        "split",
        "split_part",
        "sqrt",
        "startswith",
        "std",
        "stddev",
        "str_to_map",
        "string",
        "struct",
        "substr",
        "substring",
        "substring_index",
        "tan",
        "tanh",
        "timestamp",
        "timestampadd",
        "timestampdiff",
        "tinyint",
        "to_char",
        "to_date",
        "to_json",
        "to_number",
        "to_timestamp",
        "to_unix_timestamp",
        "to_utc_timestamp",
        "to_varchar",
        "transform",
        "transform_keys",
        "transform_values",
        "translate",
        "trim",
        "trunc",
        "try_add",
        "try_cast",
        "try_divide",
        "try_element_at",
        "try_multiply",
        "try_subtract",
        "try_sum",
        "try_avg",
        "try_to_number",
        "try_to_timestamp",
        "typeof",
        "ucase",
        "unbase64",
        "unhex",
        "unix_date",
        "unix_micros",
        "unix_millis",
        "unix_seconds",
        "unix_timestamp",
        "upper",
        "url_decode",
        "url_encode",
        "uuid",
        "var_pop",
        "var_samp",
        "variance",
        "weekday",
        "weekofyear",
        "width_bucket",
        "xxhash64",
        "year",
        "zip_with",
    ]
)

#: Functions that may stand nowhere: they read files, run text as SQL or show settings.
_FORBIDDEN = re.compile(
    r"(read_.*|scan_.*|.*_scan|.*_scan_.*|parquet_.*|sniff_.*|duckdb_.*|pragma_.*|glob|query|query_table|getenv|current_setting|"
    r"which_secret|json_execute_.*|from_substrait.*|get_substrait.*|st_read.*|load_.*|iceberg_.*|delta_.*|write_log|.*_secret.*)\Z",
    re.IGNORECASE,
)


def check(name: str) -> None:
    """Refuse a function that may stand nowhere."""
    if _FORBIDDEN.match(name):
        raise outside(name)


def check_listed(name: str, *, known: bool) -> None:
    """Refuse a function that is not on the list; ``known`` ones the parser library knows, which are all of the platform's SQL."""
    check(name)
    if not known and name.lower() not in LISTED | NAMES:
        raise PermissionDeniedError(
            f"The function {name.lower()} may not be called from outside a notebook.",
            hint="Use a function of the platform's SQL, or make one of the catalog: CREATE FUNCTION.",
        )


def check_statement(statement: Statement) -> None:
    """Refuse a statement that reaches files of this machine, for callers who are somewhere else."""
    kind, args = statement.kind, statement.args
    source = next((args[name] for name in ("source", "path", "from") if isinstance(args.get(name), str)), "/Volumes/")
    if (
        kind in ("PUT_FILE", "GET_FILE")
        or args.get("location")
        or (kind == "COPY_INTO" and not source.startswith("/Volumes/"))
        or (kind == "CREATE_FUNCTION" and _is_python(str(args.get("definition"))))
    ):
        raise PermissionDeniedError(
            f"{kind.replace('_', ' ')} with a place on this machine is for notebooks.",
            hint="Use paths in volumes, or run the statement in a notebook.",
        )


def _is_python(definition: str) -> bool:
    from .grammar.function import read_function

    return read_function(definition).language == "PYTHON"


def function_name(node: exp.Expr) -> str:
    """Return the name a function is called by."""
    return str(node.this) if isinstance(node, exp.Anonymous) else node.sql_name() if isinstance(node, exp.Func) else ""


def check_table_function(name: str) -> None:
    """Refuse a function that may not stand in FROM."""
    if name.lower() not in TABLE_FUNCTIONS:
        raise outside(name)


def outside(name: str) -> PermissionDeniedError:
    """Return the error for a function that would reach outside the catalog."""
    return PermissionDeniedError(
        f"The function {name.lower()} may not be used in a statement.",
        hint="SQL reads tables of the catalog and data frames only. Load files with ws.catalog.ingest(path, name).",
    )
