"""Profiles over REST: made in processes that outlive the server, stored, questioned, decided upon; rights."""

from __future__ import annotations

import asyncio
import os
import signal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlnb.core.caller import Caller, calling
from mlnb.core.errors import PermissionDeniedError

PROFILES = "/api/1.0/explore/profiles"


@pytest.fixture
def flights(host: Any) -> Any:
    """A table with a column that gives its target away, and the workspace it is in."""
    ws = host.workspace()
    rng = np.random.default_rng(0)
    delay = rng.normal(0, 20, 900).round()
    frame = pd.DataFrame({"carrier": rng.choice(["UA", "DL"], 900), "delay": delay, "late": delay > 15})
    frame["side"] = np.where(rng.random(900) < 0.5, "train", "test")
    ws.catalog.create_table("main.default.flights", frame)
    return ws


async def _ended(ask: Any, profile_id: str) -> Any:
    for _ in range(3000):
        status, info = await ask("GET", f"{PROFILES}/{profile_id}/info")
        assert status == 200, info
        if info["state"] != "RUNNING":
            return info
        await asyncio.sleep(0.1)
    raise AssertionError(info)


async def test_a_profile_is_made_in_the_background_and_read_back(ask: Any, flights: Any, jp_fetch: Any) -> None:
    status, started = await ask("POST", PROFILES, {"source": "main.default.flights", "target": "late"})
    assert (status, started["state"]) == (202, "RUNNING")
    info = await _ended(ask, started["id"])
    assert (info["state"], info["rows"], info["complete"]) == ("SUCCEEDED", 900, True), info
    assert info["findings"]["BLOCKED"] == 1
    # The row comes first, how far it is a moment later.
    for _ in range(2400):
        told = flights.progress.get(f"profile:{started['id']}")
        if told.state != "running":
            break
        await asyncio.sleep(0.05)
    assert (told.state, told.done) == ("succeeded", 1.0)
    _, profile = await ask("GET", f"{PROFILES}/{started['id']}")
    assert profile["source"] | {"digest": ""} == {
        "kind": "table",
        "name": "main.default.flights",
        "version": 0,
        "digest": "",
    }
    status, again = await ask("POST", PROFILES, {"source": "main.default.flights", "target": "late"})
    assert (status, again) == (202, {"id": started["id"], "state": "SUCCEEDED"})
    _, listed = await ask("GET", PROFILES, params={"source": "main.default.flights"})
    assert [one["id"] for one in listed["profiles"]] == [started["id"]]
    page = await jp_fetch("mlnb", *f"{PROFILES}/{started['id']}/html".strip("/").split("/"))
    assert page.body.startswith(b"<!doctype html>")
    assert b"<script" not in page.body
    assert page.headers["Content-Disposition"] == 'attachment; filename="eda-main.default.flights-v0.html"'
    assert page.headers["Content-Security-Policy"].startswith("sandbox;")
    question = {"kind": "bars", "x": "carrier"}
    _, found = await ask("POST", f"{PROFILES}/{started['id']}/drill", question)
    assert found["total"] == 900


async def test_a_finding_is_dismissed_with_a_reason_only(ask: Any, flights: Any) -> None:
    with calling(Caller("ada", source="rest")):
        profile = flights.explore.profile("main.default.flights", target="late")
    leak = next(finding for finding in profile.findings if finding.severity == "BLOCKED")
    path = f"{PROFILES}/{profile.id}/findings/{leak.id}"
    assert (await ask("PATCH", path, {"state": "dismissed"}))[0] == 400
    assert (await ask("PATCH", path, {"state": "ignored", "reason": "x"}))[0] == 400
    assert (await ask("PATCH", f"{PROFILES}/{profile.id}/findings/nope", {"state": "open"}))[0] == 404
    status, finding = await ask("PATCH", path, {"state": "dismissed", "reason": "known when asked"})
    assert (status, finding["state"], finding["reason"]) == (200, "dismissed", "known when asked")
    _, listed = await ask("GET", PROFILES, params={"source": "main.default.flights"})
    assert "BLOCKED" not in listed["profiles"][0]["findings"]
    _, left = await ask("GET", "/api/1.0/explore/findings", params={"source": "main.default.flights"})
    assert leak.id not in [one["id"] for one in left["findings"]]
    event = flights.journal.tail(actions=["finding.*"])[-1]
    assert (event.action, event.subject) == ("finding.dismissed", "table:main.default.flights")
    assert event.payload["reason"] == "known when asked"


async def test_what_cannot_be_profiled_is_refused_at_once(ask: Any, flights: Any, workspace_path: Any) -> None:
    (workspace_path.parent / "data.csv").write_text("a\n1\n")
    for request, status, code in (
        ({"source": "main.default.nope"}, 404, "TABLE_OR_VIEW_NOT_FOUND"),
        ({"source": "main.default.flights@v9"}, 404, "VERSION_NOT_FOUND"),
        ({"source": "main.default.flights", "target": "lat"}, 400, "UNRESOLVED_COLUMN"),
        ({"source": "main.default.flights", "sample": 0}, 400, "INVALID_PARAMETER_VALUE"),
        ({"source": "main.default.flights", "unknown": 1}, 400, "INVALID_PARAMETER_VALUE"),
        ({"source": "/Volumes/main/default/nope/x.csv"}, 404, "VOLUME_NOT_FOUND"),
        ({"source": "/Volumes/main/../../../etc/passwd"}, 400, "INVALID_NAME"),
        ({"source": "../../etc/passwd.csv"}, None, None),
        ({"source": "data.csv"}, None, None),
        ({}, 400, "INVALID_PARAMETER_VALUE"),
    ):
        found, answer = await ask("POST", PROFILES, request)
        assert found == status or (status is None and 400 <= found < 500), (request, answer)
        assert code is None or answer["error_code"] == code, (request, answer)
    assert (await ask("GET", PROFILES))[1] == {"profiles": []}
    for path in ("nope", "..%2F..%2Fmetastore.db"):
        assert (await ask("GET", f"{PROFILES}/{path}"))[0] == 404
    assert (await ask("POST", f"{PROFILES}/compare", {"source": "main.default.flights"}))[0] == 400


async def test_two_sides_are_compared_in_the_background(ask: Any, flights: Any) -> None:
    status, started = await ask("POST", f"{PROFILES}/compare", {"source": "main.default.flights", "split": "side"})
    assert status == 202
    info = await _ended(ask, started["id"])
    assert info["state"] == "SUCCEEDED", info
    _, found = await ask("GET", f"/api/1.0/explore/comparisons/{started['id']}")
    assert (found["left"]["name"], found["right"]["name"]) == ("side = train", "side = test")
    assert "side" not in [column["column"] for column in found["columns"]]


async def test_a_process_that_is_killed_is_begun_anew_and_fails_the_second_time(ask: Any, flights: Any) -> None:
    explore = flights.explore
    _, started = await ask("POST", PROFILES, {"source": "main.default.flights"})
    row = explore.store.row(started["id"])
    os.kill(row.process["pid"], signal.SIGKILL)
    info = await _ended(ask, started["id"])
    assert info["state"] == "SUCCEEDED", info
    assert explore.store.row(started["id"]).process is None
    _, started = await ask("POST", PROFILES, {"source": "main.default.flights", "precise": True})
    for _ in range(2):
        row = explore.store.row(started["id"])
        os.kill(row.process["pid"], signal.SIGKILL)
        while (await ask("GET", f"{PROFILES}/{started['id']}/info"))[1]["state"] == "RUNNING" and (
            explore.store.row(started["id"]).process == row.process
        ):
            await asyncio.sleep(0.05)
    status, info = await ask("GET", f"{PROFILES}/{started['id']}/info")
    assert (info["state"], info["error"]["error_code"]) == ("FAILED", "PROFILE_FAILED")
    status, answer = await ask("GET", f"{PROFILES}/{started['id']}")
    assert (status, answer["error_code"]) == (400, "PROFILE_FAILED")
    assert flights.progress.get(f"profile:{started['id']}").state == "failed"


async def test_a_profile_is_stopped_and_deleted(ask: Any, flights: Any) -> None:
    _, started = await ask("POST", PROFILES, {"source": "main.default.flights"})
    status, answer = await ask("GET", f"{PROFILES}/{started['id']}")
    assert (status, answer["error_code"]) == (404, "PROFILE_NOT_READY")
    assert (await ask("DELETE", f"{PROFILES}/{started['id']}"))[0] == 400
    status, _ = await ask("POST", f"{PROFILES}/{started['id']}/stop", {})
    assert status == 200
    info = await _ended(ask, started["id"])
    # Small data may be looked at before anybody can stop it.
    assert info["state"] in ("STOPPED", "SUCCEEDED")
    assert (await ask("DELETE", f"{PROFILES}/{started['id']}"))[0] == 204
    assert (await ask("GET", f"{PROFILES}/{started['id']}/info"))[0] == 404
    assert not flights.explore.store.folder(started["id"]).exists()


async def test_files_are_written_below_the_notebook_root_only(ask: Any, flights: Any) -> None:
    with calling(Caller("ada", source="rest")):
        profile = flights.explore.profile("main.default.flights")
        framed = flights.explore.profile(pd.DataFrame({"a": range(9)}), name="frame")
    for path in ("../out.ipynb", "/etc/out.ipynb"):
        status, answer = await ask("POST", f"{PROFILES}/{profile.id}/notebook", {"path": path})
        assert (status, answer["error_code"]) == (403, "PERMISSION_DENIED")
    status, answer = await ask("POST", f"{PROFILES}/{profile.id}/report", {"path": "../out.html"})
    assert (status, answer["error_code"]) == (403, "PERMISSION_DENIED")
    assert (await ask("GET", "/api/1.0/explore/reports/nope"))[0] == 404
    status, answer = await ask("POST", f"{PROFILES}/{framed.id}/report", {})
    assert status in (400, 403), answer  # another user's, or not stored
    assert not (flights.root.parent / "out.ipynb").exists()


async def test_a_profile_is_read_with_the_right_to_its_table(ask: Any, flights: Any) -> None:
    with calling(Caller("ada", source="rest")):
        profile = flights.explore.profile("main.default.flights")
    flights.settings.authorization = "enforce"
    with calling(Caller("eve", source="rest")):
        explore = flights.explore
        for look in (
            lambda: explore.get(profile.id),
            lambda: explore.html(profile.id),
            lambda: explore.profile("main.default.flights"),
            lambda: explore.start("main.default.flights"),
            lambda: explore.findings("main.default.flights"),
            lambda: (
                explore.decide(profile.id, profile.findings[0].id, "dismissed", "x")
                if profile.findings
                else explore.get(profile.id)
            ),
            lambda: explore.delete(profile.id),
        ):
            with pytest.raises(PermissionDeniedError):
                look()
        assert explore.list().items == []
    with calling(Caller("ada", source="rest")):
        for level, right in (
            ("main", "USE CATALOG"),
            ("main.default", "USE SCHEMA"),
            ("main.default.flights", "SELECT"),
        ):
            flights.catalog.grant(level, "eve", right)
    with calling(Caller("eve", source="rest")):
        assert flights.explore.get(profile.id).rows == 900
        with pytest.raises(PermissionDeniedError):
            flights.explore.delete(profile.id)
