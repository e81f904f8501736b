"""Live outputs: their bundles, the questions they ask of the kernel, and what takes their place."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlnb.display import comm
from mlnb.display.views import FRAME_SNAPSHOT, MAX_HTML, MAX_SNAPSHOT, MIME, DataGrid, ProfileView, fitted, show

GRIDS = "api/1.0/explore/grids"


@pytest.fixture
def frame() -> pd.DataFrame:
    return pd.DataFrame({"id": range(1_000), "city": ["Lima", "<b>Rome</b>"] * 500, "price": np.linspace(0, 1, 1_000)})


def ask(path: str, body: Any = None, *, method: str = "POST", query: Any = None) -> tuple[int, Any]:
    head, buffers = comm.answer({"id": 7, "method": method, "path": path, "body": body, "query": query})
    assert head["id"] == 7
    kind = head["headers"]["content-type"]
    return head["status"], json.loads(buffers[0]) if kind == "application/json" else buffers[0]


def bundle(shell: Any, value: Any) -> dict[str, Any]:
    found, _ = shell.display_formatter.format(value)
    return found  # type: ignore[no-any-return]


def test_a_frame_keeps_its_own_html_and_gets_a_grid(shell: Any, frame: pd.DataFrame) -> None:
    shell.user_ns["trips"] = frame
    found = bundle(shell, frame)
    assert found["text/html"] == frame._repr_html_()
    view = found[MIME]
    assert view["component"] == "DataGrid"
    assert view["props"]["name"] == "trips"
    snapshot = view["snapshot"]
    assert snapshot["total"] == 1_000
    assert snapshot["rows"][1] == [1, "<b>Rome</b>", pytest.approx(1 / 999)]
    assert len(json.dumps(snapshot)) <= FRAME_SNAPSHOT
    assert json.loads(json.dumps(view)) == view


def test_the_kernel_answers_for_rows_that_are_not_in_the_output(shell: Any, frame: pd.DataFrame) -> None:
    id = bundle(shell, frame)[MIME]["props"]["id"]
    status, block = ask(f"{GRIDS}/{id}/rows", {"search": "rome", "sort": [{"column": "id", "down": True}], "limit": 2})
    assert status == 200
    assert block["total"] == 500
    assert [row[0] for row in block["rows"]] == [999, 997]
    status, drilled = ask(f"{GRIDS}/{id}/drill", {"kind": "bars", "x": "city", "y": "price", "aggregate": "max"})
    assert drilled["columns"]["value"][0] == pytest.approx(1, abs=0.01)
    status, info = ask(f"{GRIDS}/{id}", method="GET")
    assert (info["rows"], info["shown"], info["columns"]) == (1_000, 1_000, ["id", "city", "price"])
    status, file = ask(f"{GRIDS}/{id}/download", method="GET", query={"format": "csv", "query": '{"search": "lima"}'})
    assert file.decode().count("Lima") == 500


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        ({"id": 1, "method": "POST", "path": f"{GRIDS}/nope/rows", "body": {}}, 404, "FRAME_NOT_FOUND"),
        (
            {"id": 1, "method": "POST", "path": f"{GRIDS}/nope/rows", "body": {"limit": 10_000}},
            400,
            "INVALID_PARAMETER_VALUE",
        ),
        (
            {"id": 1, "method": "POST", "path": f"{GRIDS}/nope/rows", "body": {"sql": "x"}},
            400,
            "INVALID_PARAMETER_VALUE",
        ),
        ({"id": 1, "method": "GET", "path": "api/1.0/explore/nothing/here"}, 404, "ENDPOINT_NOT_FOUND"),
        ({"id": 1, "method": "TRACE", "path": "x"}, 400, "INVALID_PARAMETER_VALUE"),
        ({"id": 1, "path": 3}, 400, "INVALID_PARAMETER_VALUE"),
        ("nonsense", 400, "INVALID_PARAMETER_VALUE"),
    ],
)
def test_a_wrong_question_gets_the_servers_error(shell: Any, request_: Any, status: int, code: str) -> None:
    head, buffers = comm.answer(request_)
    told = json.loads(buffers[0])
    assert head["status"] == status
    assert told["error_code"] == code


def test_showing_a_frame_opens_no_workspace(shell: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlnb import door

    monkeypatch.setattr(door, "_opened", {})
    monkeypatch.setattr(door, "Workspace", None)
    id = bundle(shell, frame)[MIME]["props"]["id"]
    assert ask(f"{GRIDS}/{id}/rows", {"limit": 1})[0] == 200


def test_the_comm_says_the_same_as_the_server(shell: Any, ws: Any) -> None:
    status, answer = ask("api/1.0/journal", method="GET", query={"limit": 5})
    assert status == 200
    assert answer["last_id"] == ws.journal.last_id()


def test_an_answer_has_a_size(shell: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    id = bundle(shell, frame)[MIME]["props"]["id"]
    monkeypatch.setattr(comm, "MAX_ANSWER", 1_000)
    status, told = ask(f"{GRIDS}/{id}/download", method="GET")
    assert status == 413
    assert "to_parquet" in json.dumps(told)


def test_a_result_of_sql_is_a_grid(shell: Any) -> None:
    result = shell.run_cell_magic("sql", "", "SELECT range AS n FROM range(500)")
    found = bundle(shell, result)
    assert found[MIME]["props"]["name"] == "_sqldf"
    assert found[MIME]["snapshot"]["total"] == 500
    assert "500 rows" in found["text/html"]
    nothing = shell.run_cell_magic("sql", "", "CREATE SCHEMA IF NOT EXISTS main.views")
    assert MIME not in bundle(shell, nothing)


def test_a_profile_opens_from_its_snapshot(shell: Any, ws: Any, frame: pd.DataFrame) -> None:
    profile = ws.explore.profile(frame)
    found = bundle(shell, profile)
    view = found[MIME]
    assert view["component"] == "ProfileView"
    assert view["props"]["id"] == profile.id
    assert view["snapshot"] == profile.to_dict()
    assert view["workspace_id"]
    assert len(found["text/html"].encode()) <= MAX_HTML
    assert "<script" not in found["text/html"]


def test_a_wide_profile_keeps_every_column_and_loses_details(ws: Any) -> None:
    rng = np.random.default_rng(0)
    wide = pd.DataFrame(rng.normal(size=(300, 400)), columns=[f"column_{at}" for at in range(400)])
    view = ProfileView(ws.explore.profile(wide, sample=300))
    assert len(json.dumps(view.snapshot).encode()) <= MAX_SNAPSHOT * 1.05
    assert len(view.snapshot["columns"]) == 400
    assert any("left out of this saved page" in note for note in view.snapshot["notes"])


def test_what_fits_is_left_as_it_is() -> None:
    small = {"columns": [{"column_name": "a", "histogram": {"counts": [1]}}]}
    assert fitted(small, 1_000) is small


def test_display_shows_grids_and_leaves_the_rest_to_ipython(
    shell: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    import IPython.display

    from mlnb.display import showing

    assert shell.user_ns["display"] is showing.display
    shown: list[Any] = []
    monkeypatch.setattr(IPython.display, "display", lambda *values, **options: shown.extend(values))
    shell.user_ns["display"](frame, "text", frame["price"])
    assert isinstance(shown[0], DataGrid)
    assert shown[1] == "text"
    assert shown[2].snapshot["columns"] == ["price"]
    made = shown[0]._repr_mimebundle_()
    assert made["text/html"] == frame._repr_html_()
    assert "text/plain" in made


def test_names_of_the_user_are_not_taken(session_shell: Any, ws: Any) -> None:
    session_shell.user_ns["display"] = mine = print
    session_shell.user_ns["dbutils"] = "mine"
    session_shell.run_line_magic("load_ext", "mlnb")
    try:
        assert session_shell.user_ns["display"] is mine
        assert session_shell.user_ns["dbutils"] == "mine"
    finally:
        session_shell.run_line_magic("unload_ext", "mlnb")
        del session_shell.user_ns["display"], session_shell.user_ns["dbutils"]


def test_without_the_extension_frames_are_shown_as_before(session_shell: Any, ws: Any, frame: pd.DataFrame) -> None:
    session_shell.run_line_magic("load_ext", "mlnb")
    session_shell.run_line_magic("unload_ext", "mlnb")
    assert MIME not in bundle(session_shell, frame)
    assert "display" not in session_shell.user_ns


def test_frames_can_be_left_as_their_library_shows_them(
    shell: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLNB_FRAMES", "own")
    assert MIME not in bundle(shell, frame)
    assert MIME not in bundle(shell, pd.DataFrame())


def test_summarize_shows_the_profile(shell: Any, frame: pd.DataFrame, capsys: pytest.CaptureFixture[str]) -> None:
    shell.user_ns["dbutils"].data.summarize(frame)
    assert "price" in capsys.readouterr().out


def test_a_failing_view_leaves_the_output(shell: Any, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    from mlnb.display import views

    monkeypatch.setattr(views, "frame_snapshot", lambda *_: 1 / 0)
    found = bundle(shell, frame)
    assert "text/html" in found
    assert MIME not in found


def test_show_returns_the_view_of_each_record(ws: Any, frame: pd.DataFrame) -> None:
    assert isinstance(show(frame, name="df"), DataGrid)
    assert isinstance(show(ws.explore.profile(frame)), ProfileView)
