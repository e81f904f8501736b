"""Profiles in processes of their own: taken over by the supervisor, failing with a reason, with the rights of who asked."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlnb.catalog.volumes import resolve
from mlnb.core.caller import Caller, calling
from mlnb.core.errors import MlnbError
from mlnb.explore.records_stored import ProfileFailedError
from mlnb.explore.stored.background import ATTEMPTS, Care
from tests.waiting import until

TABLE = "main.default.flights"


@pytest.fixture
def flights(ws: Any) -> Any:
    """A table."""
    frame = pd.DataFrame({"delay": np.arange(5000) % 91, "carrier": ["UA", "DL"] * 2500})
    ws.catalog.create_table(TABLE, frame)
    return ws


def _kill(ws: Any, profile_id: str) -> None:
    process = ws.explore.store.row(profile_id).process
    os.kill(process["pid"], signal.SIGKILL)
    from mlnb.core.processes import ProcessIdentity, wait_until_gone

    identity = {name: value for name, value in process.items() if name != "attempt"}
    assert wait_until_gone(ProcessIdentity(**identity), timeout_s=60)


def test_the_same_question_asked_twice_is_one_process(flights: Any) -> None:
    first = flights.explore.start(TABLE)
    assert flights.explore.start("flights").id == first.id
    assert [info.id for info in flights.explore.running().profiles] == [first.id]
    until(lambda: flights.explore.info(first.id).state == "SUCCEEDED")
    assert flights.explore.start(TABLE, reuse=True).state == "SUCCEEDED"
    assert flights.explore.get(first.id).rows == 5000
    assert str(flights.explore.running()) == "Nothing is being looked at in the background."


def test_the_version_that_was_asked_for_is_profiled(flights: Any) -> None:
    started = flights.explore.start(TABLE)
    flights.catalog.append(TABLE, flights.catalog.read(TABLE))  # while it begins
    until(lambda: flights.explore.info(started.id).state == "SUCCEEDED")
    assert (flights.explore.get(started.id).source.version, flights.explore.get(started.id).rows) == (0, 5000)


def test_the_supervisors_care_begins_a_dead_profile_anew_and_gives_up_with_a_reason(flights: Any) -> None:
    care = Care(flights.explore)
    started = flights.explore.start(TABLE)
    for attempt in range(1, ATTEMPTS + 1):
        assert flights.explore.store.row(started.id).process["attempt"] == attempt
        _kill(flights, started.id)
        with open(flights.explore.store.folder(started.id) / "worker.log", "a") as log:
            log.write("out of memory\n")
        care.tick(0)
    row = flights.explore.store.row(started.id)
    assert (row.state, row.error["error_code"]) == ("FAILED", "PROFILE_FAILED")
    with pytest.raises(ProfileFailedError, match="died 2 times") as error:
        flights.explore.get(started.id)
    assert "out of memory" in error.value.details["log"]
    assert flights.progress.get(f"profile:{started.id}").state == "failed"
    assert flights.explore.start(TABLE).id != started.id  # asked again, it is begun again


def test_a_profile_that_cannot_be_made_fails_with_the_error_of_a_cell(flights: Any) -> None:
    (flights.root / "broken.parquet").write_text("no parquet")
    started = flights.explore.start("broken.parquet")
    until(lambda: flights.explore.info(started.id).state == "FAILED")
    error = flights.explore.info(started.id).error
    assert error["error_code"] == "DATA_NOT_READABLE"
    with pytest.raises(ProfileFailedError, match="broken"):
        flights.explore.get(started.id)


def test_a_file_of_a_volume_is_profiled_over_http_and_no_other(flights: Any) -> None:
    flights.catalog.create_volume("main.default.files")
    path = "/Volumes/main/default/files/data.csv"
    for place in (flights.root / "data.csv", resolve(flights.catalog, path, "WRITE VOLUME")[1]):
        place.write_text("a,b\n1,x\n2,y\n")
    with calling(Caller("ada", source="rest")):
        started = flights.explore.start(path)
        until(lambda: flights.explore.info(started.id).state == "SUCCEEDED")
        assert (flights.explore.get(started.id).rows, flights.explore.get(started.id).source.name) == (2, path)
        for other in ("data.csv", "/Volumes/main/default/files/../../../../data.csv", "SELECT 1 AS a"):
            with pytest.raises(MlnbError):
                flights.explore.start(other)


def test_the_process_has_the_rights_of_who_asked(flights: Any) -> None:
    (flights.path / "mlnb.toml").write_text('authorization = "enforce"\n')
    flights.settings.authorization = "enforce"
    for level, right in (("main", "USE CATALOG"), ("main.default", "USE SCHEMA"), (TABLE, "SELECT")):
        flights.catalog.grant(level, "eve", right)
    with calling(Caller("eve", source="rest")):
        started = flights.explore.start(TABLE, precise=True)
    flights.catalog.revoke(TABLE, "eve", "SELECT")
    until(lambda: flights.explore.store.row(started.id).state in ("FAILED", "SUCCEEDED"))
    row = flights.explore.store.row(started.id)
    if row.state == "FAILED":  # the right was gone before the rows were read
        assert row.error["error_code"] == "PERMISSION_DENIED"
    with calling(Caller("eve", source="rest")), pytest.raises(MlnbError) as error:
        flights.explore.get(started.id)
    assert error.value.code == "PERMISSION_DENIED"


def test_a_process_killed_in_the_middle_of_a_profile_leaves_nothing_half_stored(flights: Any) -> None:
    code = (
        "import mlnb, os, signal\n"
        "ws = mlnb.workspace()\n"
        "ws.explore.store._put = lambda *a: os.kill(os.getpid(), signal.SIGKILL)\n"
        f"ws.explore.profile({TABLE!r})\n"
    )
    ended = subprocess.run([sys.executable, "-c", code], timeout=300, check=False, cwd=flights.root)
    assert ended.returncode == -signal.SIGKILL
    assert flights.explore.list(TABLE).items == []
    left = list((flights.path / "explore").iterdir())
    assert len(left) == 1
    os.utime(left[0], (0, 0))
    Care(flights.explore).tick(10**12)
    assert not left[0].exists()
    assert flights.explore.profile(TABLE).rows == 5000
    assert flights.journal.verify().ok
