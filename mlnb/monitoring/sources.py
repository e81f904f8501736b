"""What a refresh reads: the monitored table, its labels and its baseline, each pinned to one version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from mlnb.monitoring.changes import FileChanges, file_changes, label_table
from mlnb.monitoring.plan import Plan, make_plan
from mlnb.monitoring.records import InferenceLog, MonitorConfig
from mlnb.monitoring.windows import to_datetime

if TYPE_CHECKING:
    import pyarrow as pa

    from mlnb.catalog.service import Catalog
    from mlnb.catalog.table import Table


class Sources:
    """The tables of one refresh, so that everything in it sees the same rows.

    Parameters
    ----------
    catalog
        Where the tables are.
    table_name
        The monitored table. What its endpoint has logged and not yet committed is committed first.
    config
        Names the label table and the baseline.
    """

    def __init__(self, catalog: Catalog, table_name: str, config: MonitorConfig) -> None:
        self._catalog = catalog
        self._config = config
        if "mlnb.endpoint" in catalog.info(table_name).properties:
            catalog.spool(table_name).flush()
        self.table = self._pinned(table_name)
        log = config.profile if isinstance(config.profile, InferenceLog) else None
        self.labels = self._pinned(log.labels.table) if log is not None and log.labels is not None else None
        self.baseline = self._pinned(config.baseline_table_name) if config.baseline_table_name else None

    def _pinned(self, name: str) -> Table:
        return self._catalog.table(name, version=self._catalog.table(name).version, filtered=False)

    def plan(self) -> Plan:
        """Match the configuration with the tables' columns."""
        types = {column.name: column.type_text for column in self.table.info.columns}
        return make_plan(
            self._config, self.table.schema, types, self.labels.schema if self.labels is not None else None
        )

    def versions(self) -> dict[str, Any]:
        """What is read: remembered after the refresh, and compared with at the next one."""
        tables = {"table": self.table, "labels": self.labels, "baseline": self.baseline}
        found: dict[str, Any] = {name: table.version if table else None for name, table in tables.items()}
        places = [table.location if table else None for table in tables.values()]
        return found | {"columns": self.table.columns, "places": places}

    def changes(self, processed: dict[str, Any]) -> tuple[FileChanges, FileChanges]:
        """Files of the monitored table and of the labels that are new since the versions remembered."""
        rows = file_changes(self.table.location, processed["table"], self.table.version)
        if self.labels is None:
            return rows, FileChanges()
        return rows, file_changes(self.labels.location, processed["labels"], self.labels.version)

    def rows(self, columns: Sequence[str], span: tuple[int, int] | None = None, time: str | None = None) -> Any:
        """Columns of the monitored table as a stream; a span is a pair of microseconds, the second excluded."""
        where = None
        if span is not None and time is not None:
            name = "`" + time.replace("`", "``") + "`"
            low, high = (to_datetime(us).strftime("%Y-%m-%d %H:%M:%S") for us in span)
            where = f"{name} >= TIMESTAMP '{low}' AND {name} < TIMESTAMP '{high}'"
        return self.table.reader(columns=list(dict.fromkeys(columns)), where=where)

    def rows_at(self, version: int) -> pa.RecordBatchReader:
        """The monitored table as it was."""
        return self._catalog.table(self.table.full_name, version=version, filtered=False).reader()

    def label_rows(self, plan: Plan) -> pa.Table:
        """Labels in one form: `id`, `label`, `moment`, `line` (the row of a request) and `written`."""
        import pyarrow as pa

        source, table = plan.labels, self.labels
        assert source is not None
        assert table is not None
        row = "row_index" if "row_index" in table.columns else None
        names = [source.request_id_col, source.label_col, source.timestamp_col, row]
        data = label_table(table.location, table.version, [name for name in names if name])
        nothing = pa.nulls(len(data), pa.int64())
        return pa.table(
            {
                "id": data.column(source.request_id_col).cast(pa.string()),
                "label": data.column(source.label_col),
                "moment": data.column(source.timestamp_col) if source.timestamp_col else nothing,
                "line": data.column(row).cast(pa.int64()) if row else nothing,
                "written": data.column("written"),
            }
        )
