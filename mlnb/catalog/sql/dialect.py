"""The platform's functions in DuckDB's: what the parser library leaves as it is, or writes with another meaning.

Most are templates in DuckDB's own SQL, with ``_0``, ``_1`` for the arguments. The rest are rewritten node by node: higher-order functions,
rows made of arrays, differences of dates, casts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sqlglot import exp

from .generators import rows_from_arrays
from .lambdas import HIGHER_ORDER

#: Names of functions as written -> DuckDB's SQL; ``name/2`` is for that number of arguments only.
_BY_NAME = {
    "every": "bool_and(_0)",
    "some": "bool_or(_0)",
    "try_sum": "sum(_0)",
    "try_avg": "avg(_0)",
    "btrim/1": "trim(_0)",
    "btrim/2": "trim(_0, _1)",
    "octet_length": "strlen(_0)",
    "format_number": "format('{:,.' || _1 || 'f}', CAST(_0 AS DOUBLE))",
    "find_in_set": "coalesce(list_position(string_split(_1, ','), _0), 0)",
    "url_encode": "replace(url_encode(_0), '%20', '+')",
    "bround/1": "round_even(_0, 0)",
    "bround/2": "round_even(_0, _1)",
    "pmod": "((_0 % _1) + _1) % _1",
    "e": "exp(1)",
    "hypot": "sqrt(_0 * _0 + _1 * _1)",
    "zeroifnull": "coalesce(_0, 0)",
    "nullifzero": "nullif(_0, 0)",
    "isnull": "_0 IS NULL",
    "isnotnull": "_0 IS NOT NULL",
    "weekday": "isodow(_0) - 1",
    "timestamp_seconds": "to_timestamp(_0)",
    "timestamp_millis": "make_timestamptz(CAST(_0 AS BIGINT) * 1000)",
    "timestamp_micros": "make_timestamptz(CAST(_0 AS BIGINT))",
    "get": "CASE WHEN _1 >= 0 THEN list_extract(_0, _1 + 1) END",
    "array_union": "list_distinct_kept(list_concat(_0, _1))",
    "arrays_overlap": "list_has_any(_0, _1)",
    "array_repeat": "list_transform(range(_1), lambda mlnb_i: _0)",
    "monotonically_increasing_id": "row_number() OVER () - 1",
    "try_to_number": "TRY_CAST(_0 AS DECIMAL(38, 6))",
    "try_to_timestamp/1": "TRY_CAST(_0 AS TIMESTAMPTZ)",
    "conv": "upper(to_base(CAST(list_reduce(list_transform(string_split(lower(CAST(_0 AS VARCHAR)), ''), lambda mlnb_c: "
    "CAST(strpos('0123456789abcdefghijklmnopqrstuvwxyz', mlnb_c) - 1 AS BIGINT)), lambda mlnb_a, mlnb_b: mlnb_a * _1 + mlnb_b) "
    "AS BIGINT), _2))",
}
#: Classes of the parser library -> the arguments, and DuckDB's SQL.
_BY_CLASS: dict[str, tuple[tuple[str, ...], str]] = {
    "Quantile": (("this", "quantile"), "quantile_cont(_0, _1)"),
    "Kurtosis": (("this",), "kurtosis_pop(_0)"),
    "Skewness": (("this",), "skewness(_0) * (count(_0) - 2) / sqrt(count(_0) * (count(_0) - 1))"),
    "Nanvl": (("this", "expression"), "CASE WHEN isnan(_0) THEN _1 ELSE _0 END"),
    "RegexpSubstr": (("this", "expression"), "nullif(regexp_extract(_0, _1), '')"),
    "SafeAdd": (("this", "expression"), "TRY(_0 + _1)"),
    "SafeSubtract": (("this", "expression"), "TRY(_0 - _1)"),
    "SafeMultiply": (("this", "expression"), "TRY(_0 * _1)"),
    "DayOfWeek": (("this",), "dayofweek(_0) + 1"),
    "Dayname": (("this",), "left(dayname(_0), 3)"),
    "Monthname": (("this",), "left(monthname(_0), 3)"),
    "AddMonths": (("this", "expression"), "CAST(CAST(_0 AS DATE) + to_months(CAST(_1 AS INTEGER)) AS DATE)"),
    "WidthBucket": (
        ("this", "min_value", "max_value", "num_buckets"),
        "CAST(greatest(0, least(_3 + 1, floor((_0 - _1) / (_2 - _1) * _3) + 1)) AS BIGINT)",
    ),
    "SubstringIndex": (
        ("this", "delimiter", "count"),
        "CASE WHEN _2 > 0 THEN array_to_string(list_slice(string_split(_0, _1), 1, _2), _1) "
        "WHEN _2 < 0 THEN array_to_string(list_slice(string_split(_0, _1), _2, -1), _1) ELSE '' END",
    ),
    "DateFromUnixDate": (("this",), "DATE '1970-01-01' + CAST(_0 AS INTEGER)"),
    "FromTimeZone": (("this", "zone"), "timezone(_1, timezone('UTC', CAST(_0 AS TIMESTAMPTZ)))"),
    "ArrayDistinct": (("this",), "list_distinct_kept(_0)"),
    "ArrayPosition": (
        ("this", "expression"),
        "CASE WHEN _0 IS NOT NULL THEN coalesce(list_position(_0, _1), 0) END",
    ),
    "MapContainsKey": (("this", "key"), "map_contains(_0, _1)"),
    "Inline": (("this",), "unnest(_0, max_depth := 2)"),
    "Typeof": (
        ("this",),
        "CASE typeof(_0) WHEN 'INTEGER' THEN 'int' WHEN 'VARCHAR' THEN 'string' WHEN 'TIMESTAMP WITH TIME ZONE' THEN 'timestamp' "
        "WHEN 'HUGEINT' THEN 'bigint' WHEN 'BLOB' THEN 'binary' ELSE "
        "regexp_replace(lower(replace(replace(typeof(_0), 'VARCHAR', 'string'), 'INTEGER', 'int')), '^(.*)\\[\\]$', 'array<\\1>') END",
    ),
}
#: Our own short words in templates -> what they stand for.
_WORDS = {
    "list_distinct_kept(list_concat(_0, _1))": "list_filter(list_concat(_0, _1), lambda mlnb_x, mlnb_i: "
    "list_position(list_concat(_0, _1), mlnb_x) = mlnb_i)",
    "list_distinct_kept(_0)": "list_filter(_0, lambda mlnb_x, mlnb_i: list_position(_0, mlnb_x) = mlnb_i)",
}
_FULL_UNITS = ("DateDiff", "TimestampDiff", "DatetimeDiff")
_INTEGERS = (exp.DType.INT, exp.DType.BIGINT, exp.DType.SMALLINT, exp.DType.TINYINT)
_FRACTIONS = (exp.DType.DOUBLE, exp.DType.FLOAT, exp.DType.DECIMAL)

#: Names that statements may use though DuckDB has no function of that name.
NAMES = frozenset(name.split("/")[0] for name in _BY_NAME) | frozenset(HIGHER_ORDER)


def spelled(query: exp.Query, dialect: str, types: Mapping[str, str] | None = None) -> str:
    """Return a query, which is changed, in an engine's SQL; see :func:`for_duckdb`."""
    return str((for_duckdb(query, types) if dialect == "duckdb" else query).sql(dialect))


def for_duckdb(query: exp.Query, types: Mapping[str, str] | None = None) -> exp.Query:
    """Rewrite a query, which is changed, so that DuckDB computes what the platform would.

    Parameters
    ----------
    types
        The platform's types of columns, by name in lower case.
    """
    rows_from_arrays(query)
    for count in list(query.find_all(exp.Count)):
        if isinstance(count.parent, exp.Select) and count.arg_key == "expressions" and isinstance(count.this, exp.Star):
            count.replace(exp.alias_(count.copy(), "count(1)", quoted=True))
    known = types or {}
    for node in reversed(list(query.walk())):  # inner ones first: what is inside a template is done already
        new = _rewritten(node, known) if node.parent is not None else None
        if new is not None and new is not node:
            if isinstance(node.parent, exp.Select) and node.arg_key == "expressions" and node.output_name == "":
                new = exp.alias_(new, _column_name(node), quoted=True)
            node.replace(new)
    return query


def _column_name(node: exp.Expr) -> str:
    """Return the name of a column that has none: the expression as written."""
    return str(node.sql("databricks")).lower()


def _rewritten(node: exp.Expr, types: Mapping[str, str]) -> exp.Expr | None:
    name = type(node).__name__
    if isinstance(node, exp.Anonymous):
        word = str(node.this).lower()
        if word in HIGHER_ORDER:
            return HIGHER_ORDER[word](node)
        template = _BY_NAME.get(f"{word}/{len(node.expressions)}") or _BY_NAME.get(word)
        return _filled(template, node.expressions) if template is not None else None
    if name in HIGHER_ORDER:
        return HIGHER_ORDER[name](node)
    if name in _BY_CLASS:
        arguments, template = _BY_CLASS[name]
        return _filled(template, [node.args[key] for key in arguments])
    special = _SPECIAL.get(name)
    return special(node, types) if special is not None else None


@lru_cache(maxsize=512)
def _parsed(template: str) -> exp.Expr:
    from sqlglot import parse_one

    tree: exp.Expr = parse_one(f"SELECT {_WORDS.get(template, template)}", dialect="duckdb").expressions[0]
    return tree


def _filled(template: str, arguments: list[Any]) -> exp.Expr:
    """Return a template with its arguments in place."""

    def fill(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and not node.table and node.name.startswith("_") and node.name[1:].isdigit():
            given = arguments[int(node.name[1:])].copy()
            return exp.Paren(this=given) if isinstance(given, (exp.Binary, exp.Unary)) else given
        return node

    filled = _parsed(template).copy().transform(fill)
    return exp.Paren(this=filled) if isinstance(filled, exp.Binary) else filled


# -- node by node --------------------------------------------------------------------------------------------------------


def _any(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr | None:
    """``any(condition)`` is an aggregate unless something is compared with it."""
    if isinstance(node.parent, (exp.Binary, exp.Like, exp.ILike)):
        return None
    inner = node.this.unnest()
    return None if isinstance(inner, exp.Query) else exp.Anonymous(this="bool_or", expressions=[inner])


def _extract(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr | None:
    if node.name.upper() in ("DAYOFWEEK", "DOW") and not isinstance(node.parent, exp.Paren):
        return exp.Paren(this=exp.Add(this=node.copy(), expression=exp.Literal.number(1)))
    return None


def _trunc(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr:
    """``trunc`` of a time makes a date."""
    unit = exp.Literal.string(node.args["unit"].name.lower())
    return exp.cast(exp.Anonymous(this="date_trunc", expressions=[unit, node.this.copy()]), "date")


def _reverse(node: exp.Expr, types: Mapping[str, str]) -> exp.Expr | None:
    is_array = isinstance(node.this, exp.Array) or _type(node.this, types).startswith("array")
    return _filled("list_reverse(_0)", [node.this]) if is_array else None


def _difference(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr | None:
    """Differences in units larger than days count whole ones."""
    unit = node.args.get("unit")
    if unit is None or (unit.name.upper() == "DAY" and isinstance(node, exp.DateDiff)):
        return None
    arguments = [exp.Literal.string(unit.name.lower()), node.args["expression"].copy(), node.this.copy()]
    return exp.Anonymous(this="date_sub", expressions=arguments)


def _to_date(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr | None:
    """``date_add`` of days makes a date."""
    return exp.cast(node.copy(), "date") if not isinstance(node.parent, exp.Cast) else None


def _plus_interval(node: exp.Expr, types: Mapping[str, str]) -> exp.Expr | None:
    """A date plus days, months or years is a date."""
    interval = node.args.get("expression")
    if not isinstance(interval, exp.Interval) or _type(node.this, types) != "date":
        return None
    unit = interval.args.get("unit")
    whole = unit is not None and unit.name.upper().rstrip("S") in ("DAY", "WEEK", "MONTH", "QUARTER", "YEAR")
    return exp.cast(node.copy(), "date") if whole else None


def _unix(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr | None:
    """Seconds since 1970 of a time, or of a text in the usual form."""
    given = node.args.get("format")
    if given is None or given.name.replace("strict", "") == "%Y-%m-%d %H:%M:%S":
        return _filled("CAST(floor(epoch(CAST(_0 AS TIMESTAMPTZ))) AS BIGINT)", [node.this])
    if isinstance(node.parent, exp.Cast):
        return None
    new = node.copy()
    if "%" not in given.name:  # the library reads the format of unix_timestamp only
        from sqlglot.dialects.databricks import Databricks

        new.set("format", Databricks.format_time(given))
    return exp.cast(new, "bigint")


def _series(node: exp.Expr, types: Mapping[str, str]) -> exp.Expr | None:
    """A sequence of dates goes by days unless a step is given."""
    if _type(node.args["start"], types) != "date":
        return None
    step = node.args.get("step") or exp.Interval(this=exp.Literal.string("1"), unit=exp.var("DAY"))
    return _filled("CAST(generate_series(_0, _1, _2) AS DATE[])", [node.args["start"], node.args["end"], step])


def _like(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr | None:
    """A backslash in a pattern takes its special meaning from the next character."""
    pattern = node.args["expression"]
    if isinstance(node.parent, exp.Escape) or not isinstance(pattern, exp.Literal) or "\\" not in pattern.name:
        return None
    return exp.Escape(this=node.copy(), expression=exp.Literal.string("\\"))


def _format(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr:
    return exp.Anonymous(this="printf", expressions=[node.this.copy(), *(item.copy() for item in node.expressions)])


def _elt(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr:
    return _filled("list_extract(_1, _0)", [node.this, exp.Array(expressions=[i.copy() for i in node.expressions])])


def _size(node: exp.Expr, types: Mapping[str, str]) -> exp.Expr | None:
    inner = node.this
    is_map = isinstance(inner, (exp.Map, exp.VarMap)) or _type(inner, types).startswith("map")
    return _filled("CAST(cardinality(_0) AS INTEGER)", [inner]) if is_map else None


def _intersect(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr:
    template = (
        "list_filter(_0, lambda mlnb_x, mlnb_i: list_contains(_1, mlnb_x) AND list_position(_0, mlnb_x) = mlnb_i)"
    )
    return _filled(template, list(node.expressions))


def _parse_url(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr | None:
    patterns = {
        "HOST": "^[^:/?#]+://(?:[^/?#@]*@)?([^/?#:]*)",
        "PROTOCOL": "^([^:/?#]+)://",
        "PATH": "^[^:/?#]+://[^/?#]*([^?#]*)",
        "QUERY": "[?]([^#]*)",
        "REF": "#(.*)$",
    }
    part = node.args.get("part_to_extract")
    pattern = patterns.get(part.name.upper()) if isinstance(part, exp.Literal) else None
    if pattern is None or node.args.get("key") is not None:
        return None
    return _filled("nullif(regexp_extract(_0, _1, 1), '')", [node.this, exp.Literal.string(pattern)])


def _from_json(node: exp.Expr, _: Mapping[str, str]) -> exp.Expr | None:
    """The schema in a call of ``from_json`` becomes DuckDB's structure."""
    import json

    schema = node.args.get("expression")
    if not isinstance(schema, exp.Literal):
        return None
    text = schema.name.strip()
    kind = exp.DataType.build(text if "<" in text.split(" ")[0] else f"STRUCT<{text}>", dialect="databricks")
    structure = exp.Literal.string(json.dumps(_structure(kind)))
    return exp.Anonymous(this="from_json", expressions=[node.this.copy(), structure])


def _structure(kind: exp.DataType) -> Any:
    if kind.this == exp.DType.STRUCT:
        return {item.name: _structure(item.args["kind"]) for item in kind.expressions}
    if kind.this == exp.DType.ARRAY:
        return [_structure(kind.expressions[0])]
    return kind.sql("duckdb")


def _cast(node: exp.Expr, types: Mapping[str, str]) -> exp.Expr | None:
    """Fractions lose their digits in a cast to whole numbers, they are not rounded; times lose the zone in a cast to text."""
    inner, target = node.this, node.args["to"].this
    if node.meta.get("mlnb"):
        return None
    kind = _type(inner, types)
    fraction = kind in ("double", "float") or kind.startswith("decimal")
    if target in _INTEGERS and fraction:
        new = node.copy()
        new.set("this", exp.Anonymous(this="trunc", expressions=[inner.copy()]))
        new.meta["mlnb"] = True
        return new
    if target in (exp.DType.TEXT, exp.DType.VARCHAR) and kind == "timestamp":
        return _filled("regexp_replace(CAST(_0 AS VARCHAR), '[+]00$', '')", [inner])
    return None


_SPECIAL: dict[str, Callable[[exp.Expr, Mapping[str, str]], exp.Expr | None]] = {
    "Any": _any,
    "Extract": _extract,
    **dict.fromkeys(_FULL_UNITS, _difference),
    "TsOrDsAdd": _to_date,
    "DateTrunc": _trunc,
    "Reverse": _reverse,
    "Add": _plus_interval,
    "Sub": _plus_interval,
    "StrToUnix": _unix,
    "GenerateSeries": _series,
    "Like": _like,
    "ILike": _like,
    "Format": _format,
    "Elt": _elt,
    "ArraySize": _size,
    "ArrayIntersect": _intersect,
    "ParseUrl": _parse_url,
    "FromJson": _from_json,
    "Cast": _cast,
}


def _type(node: exp.Expr | None, types: Mapping[str, str]) -> str:
    """Return the platform's type of an expression, as far as it can be seen."""
    if isinstance(node, exp.Paren):
        return _type(node.this, types)
    if isinstance(node, exp.Neg):
        return _type(node.this, types)
    if isinstance(node, exp.Column):
        return types.get(node.name.lower(), "")
    if isinstance(node, (exp.Cast, exp.TryCast)):
        return str(node.args["to"].sql("databricks")).lower()
    if isinstance(node, exp.Literal) and not node.is_string:
        return (
            "decimal"
            if "." in node.name and "e" not in node.name.lower()
            else "double"
            if "e" in node.name.lower()
            else "int"
        )
    if isinstance(node, (exp.Div, exp.Avg, exp.Sqrt, exp.Pow, exp.Ln, exp.Exp)):
        return "double"
    if isinstance(node, (exp.Add, exp.Sub, exp.Mul)):
        both = {_type(node.left, types), _type(node.right, types)}
        return next((kind for kind in both if kind in ("double", "float") or kind.startswith("decimal")), "")
    if isinstance(node, (exp.Sum, exp.Max, exp.Min, exp.Round, exp.Abs, exp.Coalesce)):
        return _type(node.this, types)
    if isinstance(node, (exp.CurrentTimestamp, exp.TimestampTrunc)):
        return "timestamp"
    return ""
