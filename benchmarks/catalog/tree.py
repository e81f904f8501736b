"""The catalog's screens over 10,000 tables of 50 columns: milliseconds in the server, median and 95th percentile against the target.

The requests go through the operations table, as the server performs them, without the network. The metastore is filled directly: the tree
opens no table, so none is written. Run it with the environment's Python.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

TARGET_MS = 50.0


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tables", type=int, default=10_000)
    options.add_argument("--columns", type=int, default=50)
    options.add_argument("--repeat", type=int, default=20)
    given = options.parse_args()
    from mlnb.door import Workspace

    folder = Path(tempfile.mkdtemp(prefix="mlnb-bench-"))
    workspace = Workspace(folder / ".mlnb")
    try:
        fill(workspace, given.tables, given.columns)
        print(
            f"{given.tables:,} tables × {given.columns} columns, {given.repeat} times each; target p95 {TARGET_MS:.0f} ms"
        )
        ask = asker(workspace)
        token = ask("tree", parent="main.big")["next_page_token"]
        last = f"table_{given.tables - 1:05d}"
        rows: list[tuple[str, Callable[[], Any]]] = [
            ("catalogs", lambda: ask("tree")),
            ("schemas, counted", lambda: ask("tree", parent="main")),
            ("first 500 tables", lambda: ask("tree", parent="main.big")),
            ("next 500 tables", lambda: ask("tree", parent="main.big", page_token=token)),
            ("filter: schemas", lambda: ask("tree", parent="main", filter=last)),
            ("filter: one table", lambda: ask("tree", parent="main.big", filter=last)),
            ("filter: many tables", lambda: ask("tree", parent="main.big", filter="table")),
            ("search: a name", lambda: ask("search", q=last)),
            ("search: a column", lambda: ask("search", q="amount_7")),
        ]
        for name, action in rows:
            report(name, action, given.repeat)
    finally:
        workspace.close()
        shutil.rmtree(folder, ignore_errors=True)


def fill(workspace: Any, tables: int, columns: int) -> None:
    """Write names, figures and columns as commits would."""
    from mlnb.catalog import metastore as rows
    from mlnb.catalog.tables import catalog_column, catalog_securable, catalog_table

    workspace.catalog.create_schema("main.big")
    names = [f"table_{number:05d}" for number in range(tables)]
    ids = [str(uuid.uuid4()) for _ in names]
    now = int(time.time() * 1000)
    with workspace.metastore.begin() as connection:
        schema = rows.find_schema(connection, "main", "big")[1]
        about = {"kind": "table", "namespace": "relation", "parent_id": schema.id, "owner": "ada", "properties": {}}
        about |= {"created_at": now, "created_by": "ada", "updated_at": now, "updated_by": "ada"}
        connection.execute(
            catalog_securable.insert(),
            [
                {**about, "id": one, "name": name, "name_key": name, "full_name": f"main.big.{name}"}
                for one, name in zip(ids, names, strict=True)
            ],
        )
        stored = {"table_type": "MANAGED", "data_source_format": "DELTA", "version": 0, "num_rows": 1_000}
        stored |= {"size_bytes": 10_000, "num_files": 1, "stats_version": 0, "schema_changed_version": 0}
        stored |= {"primary_key": [], "constraints": [], "writer": "delta-rs"}
        connection.execute(catalog_table.insert(), [{**stored, "id": one} for one in ids])
        kind = {"type_text": "double", "type_name": "DOUBLE", "type_json": '"double"', "nullable": True}
        for first in range(0, tables, 500):
            connection.execute(
                catalog_column.insert(),
                [
                    {**kind, "table_id": one, "position": number, "name": f"amount_{number}"}
                    for one in ids[first : first + 500]
                    for number in range(columns)
                ],
            )


def asker(workspace: Any) -> Callable[..., Any]:
    """Return what performs a GET as the server does."""
    from mlnb.server.operations import Incoming, perform
    from mlnb.server.router import Router, load_routes

    router = Router(load_routes())

    def ask(path: str, **query: str) -> Any:
        match = router.find("GET", f"/api/1.0/{path}")
        sent = Incoming("GET", path, match.params, {key: [value] for key, value in query.items()})
        return json.loads(perform(match.route, workspace, sent, max_json_bytes=1 << 24).body)

    return ask


def report(name: str, action: Callable[[], Any], repeat: int) -> None:
    """Print median and 95th percentile of an action, after one that warms it up."""
    action()
    times, cpu = [], []
    for _ in range(repeat):
        start, used = time.perf_counter(), time.process_time()
        action()
        times.append((time.perf_counter() - start) * 1000)
        cpu.append((time.process_time() - used) * 1000)
    times.sort()
    p95 = times[min(len(times) - 1, round(0.95 * len(times)))]
    print(
        f"{name:20s} CPU median {statistics.median(cpu):6.1f} ms   wall median {statistics.median(times):6.1f}, p95 {p95:6.1f} ms"
        f"   {p95 / TARGET_MS:5.2f} of the target"
    )


if __name__ == "__main__":
    main()
