"""The rows of one refresh, laid out in an engine of their own: times in microseconds, truth beside prediction, slices as text.

The data is read once. What people named their columns stays outside: inside they are `x0`, `x1`, …, so nothing needs quoting and
no text of a user ends up in a query, except slicing expressions, which have been parsed and translated before.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.catalog.names import quote_duckdb
from mlnb.monitoring.plan import Column, Plan, class_sql, is_probability, kind_of
from mlnb.monitoring.windows import Granularity

if TYPE_CHECKING:
    import pyarrow as pa

#: How far ahead of the clock a row may be before its time counts as wrong.
_FUTURE_US = 5 * 60 * 1_000_000


class Rows:
    """One refresh's DuckDB: in memory, spilling to a folder of the workspace, without access to anything else."""

    def __init__(self, plan: Plan, spill: Path, now_us: int) -> None:
        import duckdb

        self.plan = plan
        self._now_us = now_us
        spill.mkdir(parents=True, exist_ok=True)
        self.connection = duckdb.connect(config={"temp_directory": str(spill)})
        self.connection.execute(
            "SET TimeZone = 'UTC'; SET enable_progress_bar = false; SET enable_external_access = false; SET lock_configuration = true"
        )

    def close(self) -> None:
        """Free the memory."""
        self.connection.close()

    # -- laying out ------------------------------------------------------------------------------------------------------

    def load_labels(self, labels: pa.Table) -> int:
        """Keep the newest label of each id; returns how many rows were superseded. Columns: `id`, `label`, `moment`, `line`, `written`."""
        self.connection.register("label_rows", labels)
        self.connection.execute(
            "CREATE TEMP TABLE labels AS SELECT id, line, label FROM label_rows WHERE id IS NOT NULL "
            "QUALIFY row_number() OVER (PARTITION BY id, line ORDER BY moment DESC NULLS LAST, written DESC) = 1"
        )
        self.connection.unregister("label_rows")
        kept = self.value("SELECT count(*) FROM labels")
        return int(labels.num_rows - kept)

    def load(self, table: str, data: pa.RecordBatchReader, *, baseline: bool = False) -> None:
        """Lay out rows of the monitored table, or of its baseline, in the engine."""
        types = {field.name: field.type for field in data.schema}
        self.connection.register("source", data)
        fields = [*self._time(types, baseline), *self._slices(types), *self._values(types, baseline)]
        fields += self._prediction(types, baseline)
        join = "" if baseline or self.plan.labels is None else self._join()
        self.connection.execute(f"CREATE TEMP TABLE {table} AS SELECT {', '.join(fields)} FROM source{join}")
        self.connection.unregister("source")

    def drop_outside(self, since_us: int | None) -> int:
        """Take out rows that no window can hold (before 1970, in the future, no time) and return how many there were.

        Rows before `since_us` are taken out too, and not counted: they are old, not wrong.
        """
        wrong = f"ts IS NULL OR ts < 0 OR ts > {self._now_us + _FUTURE_US}"
        number = int(self.value(f"SELECT count(*) FROM rows WHERE {wrong}"))
        self.connection.execute(f"DELETE FROM rows WHERE {wrong}")
        if since_us is not None:
            self.connection.execute(f"DELETE FROM rows WHERE ts < {since_us}")
        return number

    def _time(self, types: Mapping[str, pa.DataType], baseline: bool) -> list[str]:
        name = self.plan.time_column
        if name is None or baseline:
            return ["0::BIGINT AS ts", "'' AS m"]
        joined = self.plan.join_column
        id_field = [f"CAST(source.{quote_duckdb(joined)} AS VARCHAR) AS j"] if joined else []
        model = self.plan.log.model_id_col if self.plan.log else None
        shown = f"coalesce(CAST(source.{quote_duckdb(model)} AS VARCHAR), '')" if model else "''"
        moment = f"source.{quote_duckdb(name)}"
        if "date" in str(types[name]):
            moment = f"CAST({moment} AS TIMESTAMP)"
        return [f"epoch_us({moment}) AS ts", f"{shown} AS m", *id_field]

    def _slices(self, types: Mapping[str, pa.DataType]) -> list[str]:
        fields = []
        for number, part in enumerate(self.plan.slices):
            usable = types.keys() >= set(part.columns)
            fields.append(f"CAST({part.sql if usable else 'NULL'} AS VARCHAR) AS s{number}")
        return fields

    def _values(self, types: Mapping[str, pa.DataType], baseline: bool) -> list[str]:
        fields = []
        for column in self.plan.columns:
            if self._is_joined(column.name, baseline):
                kind, value = self.plan.label_type, "labels.label"
            elif comparable(column, types.get(column.name)):
                kind, value = types[column.name], f"source.{quote_duckdb(column.name)}"
            else:
                continue
            fields.append(f"{_value_sql(column, value, kind)} AS {column.alias}")
        return fields

    def _is_joined(self, name: str | None, baseline: bool) -> bool:
        """Whether a column is the truth that arrives in a table of its own; a baseline has it beside the rest."""
        return not baseline and self.plan.labels is not None and name == self.plan.label_name

    def _prediction(self, types: Mapping[str, pa.DataType], baseline: bool) -> list[str]:
        """The truth, the prediction and the probability in one form, for the metrics of the model."""
        plan = self.plan
        log, name = plan.log, plan.label_name
        joined = self._is_joined(name, baseline)
        if log is None or name is None or log.prediction_col not in types or not (joined or name in types):
            return []
        truth = "labels.label" if joined else f"source.{quote_duckdb(name)}"
        prediction = f"source.{quote_duckdb(log.prediction_col)}"
        if log.problem_type == "regression":
            return [f"CAST({truth} AS DOUBLE) AS y", f"CAST({prediction} AS DOUBLE) AS p", "NULL::DOUBLE[] AS score"]
        label = class_sql(truth, plan.label_type if joined else types[name])
        if is_probability(plan):
            guess = f"CASE WHEN {prediction} >= 0.5 THEN '1' WHEN {prediction} < 0.5 THEN '0' END"
            return [f"{label} AS y", f"{guess} AS p", f"[CAST({prediction} AS DOUBLE)] AS score"]
        guess = class_sql(prediction, types[log.prediction_col])
        score = "NULL::DOUBLE[]"
        if log.prediction_proba_col is not None and log.prediction_proba_col in types:
            source = f"source.{quote_duckdb(log.prediction_proba_col)}"
            is_array = "list" in str(types[log.prediction_proba_col])
            score = f"CAST({source} AS DOUBLE[])" if is_array else f"[CAST({source} AS DOUBLE)]"
        return [f"{label} AS y", f"{guess} AS p", f"{score} AS score"]

    def _join(self) -> str:
        plan = self.plan
        assert plan.join_column is not None
        on = f"CAST(source.{quote_duckdb(plan.join_column)} AS VARCHAR) = labels.id"
        # A label that names no row of its request is about the first one. Ids that are no request ids have no such rows.
        by_request = plan.join_column in ("databricks_request_id", "client_request_id") and "row_index" in plan.types
        if by_request:
            on += " AND source.row_index = coalesce(labels.line, 0)"
        return f" LEFT JOIN labels ON {on}"

    # -- looking -----------------------------------------------------------------------------------------------------------

    def starts(self, granularity: Granularity) -> list[int]:
        """Starts of the windows that have rows, ascending."""
        query = f"SELECT DISTINCT {granularity.start_sql('ts')} AS w FROM rows ORDER BY w"
        return [row[0] for row in self.connection.execute(query).fetchall()]

    def add_times(self, times: pa.ChunkedArray, found: Mapping[Granularity, set[int]]) -> None:
        """Add the windows that some times lie in to the windows found so far, by granularity."""
        import pyarrow as pa

        self.connection.register("times", pa.table({"moment": times}))
        moment = "CAST(moment AS TIMESTAMP)" if "date" in str(times.type) else "moment"
        self._add_windows(f"SELECT epoch_us({moment}) AS ts FROM times", found)
        self.connection.unregister("times")

    def add_labelled(
        self, ids: pa.ChunkedArray, log: pa.RecordBatchReader, join: str, found: Mapping[Granularity, set[int]]
    ) -> None:
        """Add the windows of the rows of the log that some labels speak about."""
        import pyarrow as pa

        self.connection.register("ids", pa.table({"id": ids}))
        self.connection.register("log", log)
        name = self.plan.time_column or ""
        moment = quote_duckdb(name)
        if "date" in str(self.plan.types[name]):
            moment = f"CAST({moment} AS TIMESTAMP)"
        known = "SELECT CAST(id AS VARCHAR) FROM ids"
        query = f"SELECT epoch_us({moment}) AS ts FROM log WHERE CAST({quote_duckdb(join)} AS VARCHAR) IN ({known})"
        self.connection.execute(f"CREATE TEMP TABLE labelled AS {query}")
        self._add_windows("SELECT ts FROM labelled", found)
        self.connection.execute("DROP TABLE labelled")
        self.connection.unregister("ids")
        self.connection.unregister("log")

    def _add_windows(self, times: str, found: Mapping[Granularity, set[int]]) -> None:
        valid = f"ts >= 0 AND ts <= {self._now_us + _FUTURE_US}"
        for granularity, starts in found.items():
            query = f"SELECT DISTINCT {granularity.start_sql('ts')} FROM ({times}) WHERE {valid}"
            starts.update(row[0] for row in self.connection.execute(query).fetchall())

    def has(self, table: str) -> bool:
        """Whether a table has been laid out."""
        return bool(self.value(f"SELECT count(*) FROM duckdb_tables() WHERE table_name = '{table}'"))

    def unknown_labels(self) -> int:
        """Labels that speak about no row."""
        return int(self.value("SELECT count(*) FROM labels WHERE id NOT IN (SELECT j FROM rows WHERE j IS NOT NULL)"))

    def models(self) -> list[str]:
        """Ids of the models that have rows."""
        return [row[0] for row in self.connection.execute("SELECT DISTINCT m FROM rows ORDER BY m").fetchall()]

    def newest_us(self) -> int | None:
        """The newest time that is not in the future."""
        found = self.value(f"SELECT max(ts) FROM rows WHERE ts <= {self._now_us + _FUTURE_US}")
        return None if found is None else int(found)

    def row_count(self) -> int:
        """How many rows are laid out."""
        return int(self.value("SELECT count(*) FROM rows"))

    def cap_slices(self, limit: int) -> list[str]:
        """Fold the rarest values of slices that have too many into `other`; returns the keys this happened to."""
        capped = []
        for number, part in enumerate(self.plan.slices):
            name = f"s{number}"
            if int(self.value(f"SELECT count(DISTINCT {name}) FROM rows")) > limit:
                kept = f"SELECT {name} FROM rows WHERE {name} IS NOT NULL GROUP BY ALL ORDER BY count(*) DESC, {name}"
                self.connection.execute(
                    f"UPDATE rows SET {name} = 'other' WHERE {name} IS NOT NULL "
                    f"AND {name} NOT IN (SELECT * FROM ({kept} LIMIT {limit}))"
                )
                capped.append(part.key)
        return capped

    def columns_of(self, table: str) -> set[str]:
        """Columns of a table of the engine."""
        return {row[0] for row in self.connection.execute(f"DESCRIBE {table}").fetchall()}

    def value(self, query: str) -> Any:
        """The one value of a query."""
        # All of it: a result that is not read to its end keeps the connection from other work.
        rows = self.connection.execute(query).fetchall()
        return rows[0][0] if rows else None


def comparable(column: Column, kind: pa.DataType | None) -> bool:
    """Whether another table's column of that type can be compared with this one."""
    return kind is not None and (column.is_class or kind_of(kind) == column.kind)


def _value_sql(column: Column, value: str, kind: pa.DataType) -> str:
    """A column's value in the form its kind is counted in."""
    if column.kind == "numeric":
        return f"CAST({value} AS DOUBLE)"
    if column.is_class:
        return class_sql(value, kind)
    if column.kind == "categorical":
        return f"CAST({value} AS VARCHAR)"
    return f"len({value})" if column.kind == "array" else f"CASE WHEN {value} IS NOT NULL THEN hash({value}) END"
