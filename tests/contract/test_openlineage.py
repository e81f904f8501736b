"""Our OpenLineage events are what openlineage-python makes of the same facts; it lives in an environment of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.environments import environment

#: Reads events and prints them as the library writes them; it refuses what does not fit its classes.
_READER = """
import json, sys
import attr
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import column_lineage_dataset as c, sql_job
from openlineage.client.serde import Serde

def field(item):
    return c.InputField(**{**item, "transformations": [c.Transformation(**one) for one in item["transformations"]]})

def facet(item):
    fields = {name: c.Fields(inputFields=[field(one) for one in value["inputFields"]]) for name, value in item["fields"].items()}
    return c.ColumnLineageDatasetFacet(fields=fields, dataset=[field(one) for one in item["dataset"]], producer=item["_producer"])

made = []
for event in json.load(sys.stdin):
    outputs = [OutputDataset(namespace=o["namespace"], name=o["name"], facets={"columnLineage": facet(o["facets"]["columnLineage"])})
               for o in event["outputs"]]
    sql = event["job"]["facets"]["sql"]
    job = Job(namespace=event["job"]["namespace"], name=event["job"]["name"],
              facets={"sql": sql_job.SQLJobFacet(query=sql["query"], producer=sql["_producer"])})
    made.append(json.loads(Serde.to_json(RunEvent(
        eventType=RunState(event["eventType"]), eventTime=event["eventTime"], run=Run(runId=event["run"]["runId"]), job=job,
        producer=event["producer"], inputs=[InputDataset(**item) for item in event["inputs"]], outputs=outputs))))
print(json.dumps(made))
"""


@pytest.fixture(scope="session")
def openlineage() -> Path:
    """The Python of an environment with the library."""
    return environment("openlineage-python>=1.30")


def _plain(value: Any) -> Any:
    """Return a value without what the library adds and leaves empty."""
    if isinstance(value, dict):
        kept = {name: _plain(item) for name, item in value.items()}
        return {name: item for name, item in kept.items() if item not in (None, {}, [])}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def test_events_are_the_librarys_own(ws: Any, openlineage: Path) -> None:
    ws.catalog.create_table("main.default.orders", pd.DataFrame({"id": [1], "amount": [1.5]}))
    ws.sql("CREATE TABLE doubled AS SELECT id, amount * 2 AS twice FROM orders WHERE amount > 1")
    ws.sql("INSERT INTO doubled SELECT id, amount FROM orders")
    ws.catalog.recorder.flush()
    events = ws.catalog.openlineage()
    assert len(events) == 2
    read = subprocess.run(
        [openlineage, "-c", _READER], input=json.dumps(events), capture_output=True, text=True, timeout=300, check=False
    )
    assert read.returncode == 0, read.stderr
    assert _plain(json.loads(read.stdout)) == _plain(events)
