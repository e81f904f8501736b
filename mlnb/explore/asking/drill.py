"""Drill-down: one typed question about the rows behind a picture, answered by DuckDB over the frame.

Each kind writes one statement from quoted names and bound values. What comes back is small: bars, boxes, cells of a table, at most 2,000
points.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from mlnb.catalog.names import quote_duckdb
from mlnb.core.errors import InvalidParameterError

from ..asking import buckets
from ..questions import Drill, DrillResult
from .conditions import family
from .rows import POSITION, VIEW, Rows
from .values import drawn, shown

#: Groups of a picture by a further column; the largest ones.
MAX_GROUPS = 30
MAX_COLOURS = 12
#: A column of numbers with more values than this is laid in bins for a table of two columns.
MAX_LEVELS = 20
MAX_ROWS = 200

_AGGREGATES = {"sum": "sum", "mean": "avg", "min": "min", "max": "max", "median": "median"}

Columns = dict[str, list[Any]]


@dataclass
class _Question:
    """A question with its conditions as SQL."""

    rows: Rows
    drill: Drill

    def column(self, field: str) -> str:
        """The quoted column of ``x``, ``y`` or ``by``."""
        return quote_duckdb(self.name(field))

    def name(self, field: str) -> str:
        name = getattr(self.drill, field)
        if name is None:
            raise InvalidParameterError(f"A picture of kind {self.drill.kind} needs a column for {field}.")
        self.rows.type_of(name)
        return str(name)

    def family(self, field: str) -> str:
        return family(self.rows.type_of(self.name(field)))

    def number(self, field: str) -> str:
        """The column as a number: what is counted in bins, drawn along an axis, or aggregated."""
        kind, column = self.family(field), self.column(field)
        if self.name(field) in self.rows.masked:
            raise InvalidParameterError(
                f"The column {self.name(field)!r} holds personal data: its values are not shown."
            )
        if kind == "number":
            return column
        if kind == "bool":
            return f"CAST({column} AS INTEGER)"
        if kind in ("time", "date"):
            return f"epoch_us({column})"
        raise InvalidParameterError(
            f"The column {self.name(field)!r} holds no numbers or times.",
            hint="Draw its levels as bars, or choose another.",
        )

    def where(self, *extra: str) -> tuple[str, list[Any]]:
        return self.rows.where(self.drill.filters, extra)

    def total(self) -> int:
        where, values = self.where()
        if not where:
            return self.rows.count
        return int(self.rows.ask(f"SELECT count(*) FROM {VIEW}{where}", values)[0][0])

    def value(self) -> str:
        """What a bar or a point says: rows, or the aggregate of y."""
        if self.drill.aggregate == "count" or self.drill.y is None:
            return "count(*)"
        return f"CAST({_AGGREGATES[self.drill.aggregate]}({self.number('y')}) AS DOUBLE)"


def drill(rows: Rows | Any, question: Drill) -> DrillResult:
    """Answer a question about the rows behind a profile or a grid.

    Parameters
    ----------
    rows
        The rows, or a frame.

    Raises
    ------
    ColumnNotFoundError, InvalidParameterError
        When it names what is not there, or asks of a column what it does not have.
    TooLongError
        When the answer takes longer than the rows' limit of seconds.
    """
    started = time.perf_counter()
    asked = _Question(rows if isinstance(rows, Rows) else Rows(rows), question)
    columns, sampled = _KINDS[question.kind](asked)
    total = asked.total()
    return DrillResult(
        kind=question.kind,
        columns=_masked(asked, columns),
        types=_types(asked),
        total=total,
        sampled=sampled,
        seconds=round(time.perf_counter() - started, 4),
    )


def _masked(asked: _Question, columns: Columns) -> Columns:
    """The answer without the values of columns of personal data."""
    if asked.drill.kind == "rows":
        return {name: asked.rows.mask(values, name) for name, values in columns.items()}
    named = {field: getattr(asked.drill, field) for field in ("x", "y", "by")}
    return {
        field: asked.rows.mask(values, named[field], numbered=True) if named.get(field) else values
        for field, values in columns.items()
    }


def _types(asked: _Question) -> dict[str, str]:
    kinds = dict(zip(asked.rows.names, asked.rows.types, strict=True))
    if asked.drill.kind == "rows":
        return kinds
    named = {field: getattr(asked.drill, field) for field in ("x", "y", "by")}
    return {field: kinds[name] for field, name in named.items() if name is not None and name in kinds}


def _columns(names: Sequence[str], found: Sequence[tuple[Any, ...]], as_json: Callable[[Any], Any] = drawn) -> Columns:
    return {name: [as_json(row[at]) for row in found] for at, name in enumerate(names)}


def _hist(asked: _Question) -> tuple[Columns, bool]:
    import numpy as np

    column = asked.number("x")
    edges = asked.drill.edges or buckets.edges_of(
        asked.rows, column, asked.rows.type_of(asked.name("x")), asked.drill.bins
    )
    if len(edges) < 2:
        return {"lower": [], "upper": [], "count": []}, False
    if any(not low < high for low, high in itertools.pairwise(edges)):
        raise InvalidParameterError("The edges of bins must rise.")
    where, values = asked.where(f"{column} IS NOT NULL")
    found = asked.rows.ask_arrow(f"SELECT CAST({column} AS DOUBLE) AS v FROM {VIEW}{where}", values)["v"].to_numpy()
    counts, _ = np.histogram(found[np.isfinite(found)], edges)
    return {"lower": list(edges[:-1]), "upper": list(edges[1:]), "count": counts.tolist()}, False


def _bars(asked: _Question) -> tuple[Columns, bool]:
    where, values = asked.where()
    x, value, limit = asked.column("x"), asked.value(), asked.drill.limit
    text = buckets.level_text("x", asked.family("x"))
    if asked.drill.by is None:
        found = asked.rows.ask(
            f"SELECT {text}, v, n FROM (SELECT {x} AS x, {value} AS v, count(*) AS n FROM {VIEW}{where} "
            f"GROUP BY {x} ORDER BY n DESC, {x} LIMIT ?)",
            [*values, limit],
        )
        return _columns(("x", "value", "rows"), found), False
    by = asked.column("by")
    labels = buckets.level_text("g.x", asked.family("x")), buckets.level_text("g.b", asked.family("by"))
    found = asked.rows.ask(
        f"""
        WITH g AS (SELECT {x} AS x, {by} AS b, {value} AS v, count(*) AS n FROM {VIEW}{where} GROUP BY {x}, {by}),
        xs AS (SELECT x, sum(n) AS n FROM g GROUP BY x ORDER BY n DESC, x LIMIT ?),
        bs AS (SELECT b, sum(n) AS n FROM g GROUP BY b ORDER BY n DESC, b LIMIT {MAX_COLOURS})
        SELECT {labels[0]}, {labels[1]}, g.v, g.n
        FROM g JOIN xs ON g.x IS NOT DISTINCT FROM xs.x JOIN bs ON g.b IS NOT DISTINCT FROM bs.b
        ORDER BY xs.n DESC, g.x, bs.n DESC, g.b
        """,
        [*values, min(limit, MAX_GROUPS)],
    )
    return _columns(("x", "by", "value", "rows"), found), False


def _box(asked: _Question) -> tuple[Columns, bool]:
    column = asked.number("x")
    by = "NULL" if asked.drill.by is None else buckets.level_text(asked.column("by"), asked.family("by"))
    where, values = asked.where(f"{column} IS NOT NULL", f"isfinite(CAST({column} AS DOUBLE))")
    found = asked.rows.ask(
        f"""
        WITH d AS (SELECT {by} AS b, CAST({column} AS DOUBLE) AS v FROM {VIEW}{where}),
        g AS (SELECT b, count(*) AS n, min(v) AS low, max(v) AS high, quantile_cont(v, [0.25, 0.5, 0.75]) AS q FROM d GROUP BY b
              ORDER BY n DESC, b LIMIT {MAX_GROUPS})
        SELECT g.b, any_value(n), any_value(low),
               min(v) FILTER (v >= q[1] - 1.5 * (q[3] - q[1])), any_value(q[1]), any_value(q[2]), any_value(q[3]),
               max(v) FILTER (v <= q[3] + 1.5 * (q[3] - q[1])), any_value(high)
        FROM d JOIN g ON d.b IS NOT DISTINCT FROM g.b GROUP BY g.b ORDER BY any_value(n) DESC, g.b
        """,
        values,
    )
    return _columns(("by", "rows", "min", "lower", "q1", "median", "q3", "upper", "max"), found), False


def _scatter(asked: _Question) -> tuple[Columns, bool]:
    x, y = asked.column("x"), asked.column("y")
    by = "" if asked.drill.by is None else f", {buckets.level_text(asked.column('by'), asked.family('by'))} AS b"
    asked.number("x"), asked.number("y")  # refuses texts
    where, values = asked.where(f"{x} IS NOT NULL", f"{y} IS NOT NULL")
    # One draw for all points: the same question gives the same picture, and a part keeps the points of the whole.
    found = asked.rows.ask(
        f"SELECT x, y{', b' if by else ''}, count(*) OVER () FROM "
        f"(SELECT {x} AS x, {y} AS y{by} FROM {VIEW}{where} ORDER BY hash({quote_duckdb(POSITION)}) LIMIT ?)",
        [*values, asked.drill.limit],
    )
    names = ("x", "y", "by") if by else ("x", "y")
    return _columns(names, found), len(found) == asked.drill.limit and len(found) < asked.total()


def _cross(asked: _Question) -> tuple[Columns, bool]:
    x, y = (
        buckets.level_or_bin(asked.rows, asked.name(field), min(asked.drill.bins, MAX_LEVELS)) for field in ("x", "y")
    )
    where, values = asked.where()
    # Levels in their order where they have one, else the frequent ones first.
    by_x, by_y = (f"{side}.k" if one.ordered else f"{side}.n DESC, {side}.k" for side, one in (("xs", x), ("ys", y)))
    found = asked.rows.ask(
        f"""
        WITH g AS (SELECT {x.key} AS x, {y.key} AS y, count(*) AS n FROM {VIEW}{where} GROUP BY 1, 2),
        xs AS (SELECT x AS k, sum(n) AS n FROM g GROUP BY x ORDER BY n DESC, k LIMIT {MAX_GROUPS}),
        ys AS (SELECT y AS k, sum(n) AS n FROM g GROUP BY y ORDER BY n DESC, k LIMIT {MAX_GROUPS})
        SELECT {x.label("xs.k")}, {y.label("ys.k")}, g.n
        FROM g JOIN xs ON g.x IS NOT DISTINCT FROM xs.k JOIN ys ON g.y IS NOT DISTINCT FROM ys.k
        ORDER BY {by_x} NULLS LAST, {by_y} NULLS LAST
        """,
        values,
    )
    return _columns(("x", "y", "count"), found), False


def _over_time(asked: _Question) -> tuple[Columns, bool]:
    kind = asked.family("x")
    if kind not in ("time", "date", "number"):
        raise InvalidParameterError(
            f"The column {asked.name('x')!r} holds no times.",
            hint="Parse it as a date first, or draw its levels as bars.",
        )
    step = buckets.steps_of(asked.rows, asked.name("x"), asked.drill.bins)
    value = asked.value() if asked.drill.y else "count(*)"
    where, values = asked.where(f"{asked.column('x')} IS NOT NULL")
    if asked.drill.by is None:
        found = asked.rows.ask(f"SELECT {step}, {value}, count(*) FROM {VIEW}{where} GROUP BY 1 ORDER BY 1", values)
        return _columns(("x", "value", "rows"), found), False
    by = buckets.level_text(asked.column("by"), asked.family("by"))
    found = asked.rows.ask(
        f"""
        WITH d AS (SELECT {by} AS __by__, {step} AS __step__, * FROM {VIEW}{where}),
        bs AS (SELECT __by__ AS __level__, count(*) AS __rows__ FROM d GROUP BY d.__by__ ORDER BY 2 DESC, 1 LIMIT {MAX_COLOURS})
        SELECT d.__step__, d.__by__, {value}, count(*) FROM d JOIN bs ON d.__by__ IS NOT DISTINCT FROM bs.__level__
        GROUP BY d.__step__, d.__by__, bs.__rows__ ORDER BY d.__step__, bs.__rows__ DESC, d.__by__
        """,
        values,
    )
    return _columns(("x", "by", "value", "rows"), found), False


def _rows(asked: _Question) -> tuple[Columns, bool]:
    limit = min(asked.drill.limit, MAX_ROWS)
    where, values = asked.where()
    position = quote_duckdb(POSITION)
    found = asked.rows.ask(f"SELECT {position} FROM {VIEW}{where} ORDER BY {position} LIMIT ?", [*values, limit])
    table = asked.rows.take([row[0] for row in found]) if found else asked.rows.slice(0, 0)
    return {
        name: [shown(value) for value in table.column(at).to_pylist()] for at, name in enumerate(table.column_names)
    }, False


_KINDS: dict[str, Callable[[_Question], tuple[Columns, bool]]] = {
    "hist": _hist,
    "bars": _bars,
    "box": _box,
    "scatter": _scatter,
    "cross": _cross,
    "over_time": _over_time,
    "rows": _rows,
}
