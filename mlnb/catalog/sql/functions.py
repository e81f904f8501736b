"""Which functions a statement may call: none that reads a file, runs text as SQL or shows settings.

Three walls stand behind each other: this list, the resolver that leaves no table unreplaced, and DuckDB with external access off and its
configuration locked.
"""

from __future__ import annotations

import re

from sqlglot import exp

from mlnb.core.errors import PermissionDeniedError

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
