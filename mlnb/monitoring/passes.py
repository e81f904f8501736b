"""The passes over the rows that have been laid out: every group is counted in one scan.

Grouping sets count a window as a whole, by model and by slice at the same time. Numeric columns become a fine histogram over fixed
edges; categorical ones are counted by value. What is not a count is left to numpy.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlnb.explore.distances import FINE_BINS, TOP_CATEGORIES, edges_from_quantiles, quantile_levels
from mlnb.monitoring.plan import Column
from mlnb.monitoring.rows import Rows
from mlnb.monitoring.stats import (
    ALL_MODELS,
    CategoryStats,
    ColumnStats,
    Edges,
    Group,
    GroupKey,
    NumericStats,
    PlainStats,
    has_bins,
)
from mlnb.monitoring.windows import Granularity

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.monitoring.stats import FloatArray

#: Values of a categorical column kept by name in a profile.
FREQUENT_ITEMS = 100
#: Up to this many rows edges are exact quantiles, above they are estimated: they only say where bins end.
_EXACT_EDGE_ROWS = 500_000


@dataclass(frozen=True)
class Layout:
    """Which table of the engine to count: its rows, whether they have a time and a model, and which rows are wanted."""

    table: str
    granularity: Granularity | None
    has_model: bool
    starts: Sequence[int] | None = None

    @property
    def window(self) -> str:
        """The window's start as an expression."""
        return self.granularity.start_sql("ts") if self.granularity else "0::BIGINT"

    @property
    def source(self) -> str:
        """The wanted rows with their window in `w`."""
        where = ""
        if self.starts is not None:
            listed = ", ".join(str(start) for start in self.starts) or "NULL"
            where = f" WHERE w IN ({listed})"
        return f"(SELECT * FROM (SELECT *, {self.window} AS w FROM {self.table}){where})"

    def sets(self, slices: int, further: str | None = None) -> str:
        """The grouping sets: window, by model, by each slice, by both; each with a further column when one is given."""
        ends = ["", *(f", s{number}" for number in range(slices))]
        models = ["w", "w, m"] if self.has_model else ["w"]
        more = f", {further}" if further else ""
        return f"GROUPING SETS ({', '.join(f'({model}{end}{more})' for model in models for end in ends)})"


class Engine(Rows):
    """Counts the rows that have been laid out."""

    def group_count(self, layout: Layout) -> int:
        """How many groups a pass would count."""
        sets = layout.sets(len(self.plan.slices))
        return int(self.value(f"SELECT count(*) FROM (SELECT w FROM {layout.source} GROUP BY {sets})"))

    def edges(self, table: str, where: str = "true", known: Mapping[str, Edges] | None = None) -> dict[str, Edges]:
        """Edges of the numeric columns of a table: all values of a column that has few, else its fine quantiles.

        Columns that have bins among those that are known are left out.
        """
        import numpy as np

        present = self.columns_of(table)
        numeric = [column for column in self.plan.columns if column.kind == "numeric" and column.alias in present]
        numeric = [column for column in numeric if not has_bins((known or {}).get(column.name))]
        exact = int(self.value(f"SELECT count(*) FROM {table}")) <= _EXACT_EDGE_ROWS
        function = "quantile_cont" if exact else "approx_quantile"
        found: dict[str, Edges] = {}
        for column in numeric:
            finite = f"isfinite({column.alias}) AND {where}"
            few = f"SELECT DISTINCT {column.alias} FROM {table} WHERE {finite} LIMIT {FINE_BINS + 1}"
            values = sorted(row[0] for row in self.connection.execute(few).fetchall())
            discrete = len(values) <= FINE_BINS
            if not discrete:
                levels = quantile_levels()
                values = self.value(f"SELECT {function}({column.alias}, {levels}) FROM {table} WHERE {finite}")
            found[column.name] = Edges(edges_from_quantiles(np.asarray(values, dtype=np.float64)), discrete)
        return found

    # -- counting ------------------------------------------------------------------------------------------------------------

    def groups(self, layout: Layout, edges: Mapping[str, Edges]) -> dict[GroupKey, Group]:
        """Count every group of a layout."""
        present = self.columns_of(layout.table)
        columns = [column for column in self.plan.columns if column.alias in present]
        main = self._main_pass(layout, columns, edges)
        counts = {c.alias: _histograms(main, c, edges[c.name]) for c in columns if c.name in edges}
        narrow = main.drop_columns([f"{alias}_hist" for alias in counts])
        found: dict[GroupKey, tuple[int, dict[str, ColumnStats]]] = {}
        for number, key, row in self._keyed(layout, narrow):
            stats = {c.name: _stats(c, row, edges.get(c.name), counts.get(c.alias), number) for c in columns}
            found[key] = (row["rows"], stats)
        for column in columns:
            if column.kind == "categorical":
                for key, top in self._categories(layout, column).items():
                    counted = found[key][1][column.name]
                    assert isinstance(counted, CategoryStats)
                    found[key][1][column.name] = _with_categories(counted, top)
        return {key: Group(key, rows, stats) for key, (rows, stats) in found.items()}

    def _main_pass(self, layout: Layout, columns: Sequence[Column], edges: Mapping[str, Edges]) -> pa.Table:
        fields = ["count(*) AS rows"]
        for column in columns:
            fields.extend(_aggregates(column, edges.get(column.name)))
        query = (
            f"SELECT {self._key_fields(layout)}, {', '.join(fields)} FROM {layout.source} GROUP BY {self._sets(layout)}"
        )
        return self.connection.sql(query).to_arrow_table()

    def _categories(self, layout: Layout, column: Column) -> dict[GroupKey, dict[str, int]]:
        """The commonest values of a column in each group, and the ones that are common in any other group.

        Two groups are compared by the values that are common in one of them, so the other's counts of those are needed too.
        """
        alias, keys = column.alias, self._key_fields(layout)
        part = ", ".join(["kind", "w", "m", *(f"s{n}" for n in range(len(self.plan.slices)))])
        sets = layout.sets(len(self.plan.slices), alias)
        query = f"""
            WITH counted AS (SELECT {keys}, {alias} AS item, count(*) AS n FROM {layout.source}
                             WHERE {alias} IS NOT NULL GROUP BY {sets}),
                 ranked AS (SELECT *, row_number() OVER (PARTITION BY {part} ORDER BY n DESC, item) AS place FROM counted)
            SELECT * FROM ranked WHERE place <= {FREQUENT_ITEMS}
                OR item IN (SELECT item FROM ranked WHERE place <= {TOP_CATEGORIES})
            ORDER BY n DESC, item"""
        found: dict[GroupKey, dict[str, int]] = {}
        for _, key, row in self._keyed(layout, self.connection.sql(query).to_arrow_table()):
            found.setdefault(key, {})[row["item"]] = row["n"]
        return found

    def quality_rows(self, layout: Layout) -> pa.Table | None:
        """Rows with prediction and truth: window, model, slices, `y`, `p`, `score`; None when there is no truth at all."""
        if "y" not in self.columns_of(layout.table):
            return None
        slices = "".join(f", s{n}" for n in range(len(self.plan.slices)))
        query = f"SELECT w, m{slices}, y, p, score FROM {layout.source} WHERE y IS NOT NULL AND p IS NOT NULL"
        return self.connection.sql(query).to_arrow_table()

    def classes(self, table: str) -> list[str]:
        """All classes that were predicted or turned out true."""
        if "y" not in self.columns_of(table):
            return []
        query = f"SELECT y FROM {table} UNION SELECT p FROM {table}"
        return [row[0] for row in self.connection.execute(query).fetchall() if row[0] is not None]

    def _key_fields(self, layout: Layout) -> str:
        names = ["m", *(f"s{n}" for n in range(len(self.plan.slices)))]
        grouped = [name for name in names if name != "m" or layout.has_model]
        fields = ["w", "m" if layout.has_model else "NULL AS m", *grouped[1 if layout.has_model else 0 :]]
        return ", ".join([f"grouping({', '.join(grouped)}) AS kind" if grouped else "0 AS kind", *fields])

    def _sets(self, layout: Layout) -> str:
        return layout.sets(len(self.plan.slices))

    def _keyed(self, layout: Layout, table: pa.Table) -> Iterator[tuple[int, GroupKey, dict[str, Any]]]:
        """Rows of a grouped result with number and group. A slice whose condition is NULL is no group."""
        text = layout.granularity.text if layout.granularity else ""
        slices = self.plan.slices
        bits = len(slices) + layout.has_model
        for place, row in enumerate(table.to_pylist()):
            # grouping() has a 1 for each column that is *not* part of the row's set; the first one is the highest bit.
            used = [not row["kind"] >> (bits - 1 - bit) & 1 for bit in range(bits)]
            model = row["m"] if layout.has_model and used[0] else ALL_MODELS
            parts = used[1:] if layout.has_model else used
            number = next((n for n, is_used in enumerate(parts) if is_used), None)
            if number is None:
                yield place, GroupKey(text, row["w"], model), row
            elif row[f"s{number}"] is not None:
                yield place, GroupKey(text, row["w"], model, slices[number].key, row[f"s{number}"]), row


def _aggregates(column: Column, edges: Edges | None) -> list[str]:
    x = column.alias
    fields = [f"count({x}) AS {x}_n"]
    if column.kind == "numeric":
        f = f"CASE WHEN isfinite({x}) THEN {x} END"
        bins = [float(value) for value in edges.values] if edges is not None else []
        fields += [
            f"coalesce(count_if(isnan({x})), 0) AS {x}_nan",
            f"coalesce(count_if({x} = 0), 0) AS {x}_zeros",
            f"approx_count_distinct({f}) AS {x}_distinct",
            f"avg({f}) AS {x}_mean",
            f"stddev_samp({f}) AS {x}_std",
            f"min({f}) AS {x}_low",
            f"max({f}) AS {x}_high",
            f"median({f}) AS {x}_median",
            (f"map_values(histogram({f}, {bins}::DOUBLE[]))" if bins else "NULL::UBIGINT[]") + f" AS {x}_hist",
        ]
    elif column.kind == "categorical":
        fields += [
            f"count(DISTINCT {x}) AS {x}_distinct",
            f"min(length({x})) AS {x}_low",
            f"max(length({x})) AS {x}_high",
            f"avg(length({x})) AS {x}_mean",
        ]
    else:
        fields += [f"approx_count_distinct({x}) AS {x}_distinct"]
        if column.kind == "array":
            fields += [f"min({x}) AS {x}_low", f"max({x}) AS {x}_high", f"avg({x}) AS {x}_mean"]
    return fields


def _histograms(table: pa.Table, column: Column, edges: Edges) -> FloatArray:
    """The histograms of all rows as one matrix; DuckDB adds a bin above the last edge only where something fell into it."""
    import numpy as np

    lists = table.column(f"{column.alias}_hist").combine_chunks()
    sizes = np.diff(lists.offsets.to_numpy())
    matrix = np.zeros((len(lists), len(edges.values) + 1), dtype=np.float64)
    matrix[np.arange(matrix.shape[1]) < sizes[:, None]] = lists.flatten().to_numpy()
    return matrix


def _stats(
    column: Column, row: Mapping[str, Any], edges: Edges | None, counts: FloatArray | None, number: int
) -> ColumnStats:
    import numpy as np

    x, count = column.alias, int(row[f"{column.alias}_n"])
    nulls, distinct = int(row["rows"]) - count, min(int(row[f"{x}_distinct"]), count)
    if column.kind != "numeric":
        parts = (row.get(f"{x}_{part}") for part in ("low", "high", "mean"))
        sizes = [None if part is None else float(part) for part in parts]
        if column.kind == "categorical":
            return CategoryStats(count, nulls, distinct, {}, *sizes)
        return PlainStats(count, nulls, distinct, *sizes)
    histogram = counts[number] if counts is not None else np.zeros(1)
    if edges is not None and edges.discrete and histogram[-1] == 0:
        distinct = int(np.count_nonzero(histogram))  # exact, where the sketch is not
    return NumericStats(
        count=count,
        nulls=nulls,
        nan=int(row[f"{x}_nan"]),
        zeros=int(row[f"{x}_zeros"]),
        distinct=distinct,
        mean=row[f"{x}_mean"],
        std=row[f"{x}_std"],
        low=row[f"{x}_low"],
        high=row[f"{x}_high"],
        median=row[f"{x}_median"],
        histogram=histogram,
    )


def _with_categories(stats: CategoryStats, top: Mapping[str, int]) -> CategoryStats:
    return CategoryStats(
        stats.count, stats.nulls, stats.distinct, top, stats.min_length, stats.max_length, stats.mean_length
    )
