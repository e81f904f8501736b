"""What is done to runs over REST, and their files: types, parts, and pages that can do no harm."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import AsyncHTTPClient

RUNS = "api/1.0/runs"


@pytest.fixture
def run(host: Any) -> Any:
    """A run with files, made as a kernel makes one."""
    ws = host.workspace()
    client = ws.tracking.client()
    made = client.create_run(ws.tracking.experiment_id("trees"), run_name="deep")
    folder = Path(made.info.artifact_uri)
    (folder / "figures").mkdir(parents=True)
    (folder / "page.html").write_text("<script>parent.document.cookie</script>")
    (folder / "figures" / "a b.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'/>")
    (folder / "MLmodel").write_text("flavors: {}\n")
    (folder / "table.csv").write_text("a,b\n1,2\n")
    (folder / "weights").write_bytes(bytes(range(256)))
    client.set_terminated(made.info.run_id)
    return made


@pytest.fixture
def get(server: Any) -> Any:
    """Fetch a file of a run by its path as it is written; returns the answer, whatever its status."""

    async def get(run: Any, path: str, headers: dict[str, str] | None = None, query: str = "") -> Any:
        url = f"{server.url}mlnb/{RUNS}/{run.info.run_id}/artifacts/{path}{query}"
        sent = {"Authorization": f"token {server.token}", **(headers or {})}
        return await AsyncHTTPClient().fetch(url, headers=sent, raise_error=False)

    return get


async def test_actions_report_what_changed_and_what_was_left_alone(ask: Any, run: Any) -> None:
    run_id = run.info.run_id
    status, body = await ask("POST", f"{RUNS}/actions", {"action": "pin", "run_ids": [run_id]})
    assert (status, body) == (200, {"action": "pin", "changed": [run_id], "refused": []})
    status, body = await ask(
        "POST", f"{RUNS}/actions", {"action": "tag", "run_ids": ["deep"], "key": "k", "value": "v"}
    )
    assert body["changed"] == [run_id]
    status, body = await ask("POST", f"{RUNS}/actions", {"action": "trash", "run_ids": [run_id]})
    assert body["changed"] == [run_id]
    status, plan = await ask("POST", f"{RUNS}/actions", {"action": "purge", "run_ids": [run_id]})
    assert (status, plan["state"], plan["refused"][0]["reason"], plan["trash_days"]) == (
        200,
        "PREVIEW",
        "is pinned",
        30,
    )


async def test_purging_needs_saying_that_it_is_no_rehearsal(ask: Any, run: Any) -> None:
    run_id = run.info.run_id
    await ask("POST", f"{RUNS}/actions", {"action": "trash", "run_ids": [run_id]})
    _, plan = await ask("POST", f"{RUNS}/actions", {"action": "purge", "run_ids": [run_id]})
    assert plan["runs"][0]["artifact_bytes"] == plan["bytes"] > 300
    assert Path(run.info.artifact_uri).is_dir()
    _, plan = await ask("POST", f"{RUNS}/actions", {"action": "purge", "run_ids": [run_id], "dry_run": False})
    assert plan["state"] == "DONE"
    assert not Path(run.info.artifact_uri).exists()
    assert (await ask("GET", f"{RUNS}/{run_id}"))[0] == 404


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "burn", "run_ids": ["deep"]}, "INVALID_PARAMETER_VALUE"),
        ({"action": "rename", "run_ids": ["deep"]}, "INVALID_PARAMETER_VALUE"),
        ({"action": "tag", "run_ids": ["deep"], "key": "mlnb.pinned", "value": "1"}, "INVALID_PARAMETER_VALUE"),
        ({"action": "pin", "run_ids": []}, "INVALID_PARAMETER_VALUE"),
        ({"action": "pin", "run_ids": ["dep"]}, "RUN_NOT_FOUND"),
        ({"action": "move", "run_ids": ["deep"], "experiment": "nowhere"}, "EXPERIMENT_NOT_FOUND"),
    ],
)
async def test_a_wrong_action_changes_nothing(ask: Any, run: Any, body: dict[str, Any], code: str) -> None:
    status, answer = await ask("POST", f"{RUNS}/actions", body)
    assert (400 <= status < 500, answer["error_code"]) == (True, code)
    _, seen = await ask("GET", f"{RUNS}/{run.info.run_id}")
    assert (seen["name"], seen["tags"]) == ("deep", {})


async def test_usage_tells_the_room_of_an_experiment(ask: Any, run: Any) -> None:
    status, body = await ask("GET", f"api/1.0/experiments/{run.info.experiment_id}/usage")
    assert (status, body["experiment_name"], body["runs"], body["largest"][0]["name"]) == (200, "trees", 1, "deep")
    assert (await ask("GET", "api/1.0/experiments/999/usage"))[0] == 404


async def test_files_have_the_type_that_their_name_or_beginning_says(get: Any, run: Any) -> None:
    types = {
        "MLmodel": "text/plain; charset=utf-8",
        "table.csv": "text/csv; charset=utf-8",
        "weights": "application/octet-stream",
        "figures/a%20b.svg": "image/svg+xml",
        "page.html": "text/html; charset=utf-8",
    }
    for path, kind in types.items():
        answer = await get(run, path)
        assert (answer.code, answer.headers["Content-Type"]) == (200, kind)
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("inline; filename=")


async def test_pages_and_pictures_that_could_act_run_in_an_origin_of_their_own(get: Any, run: Any) -> None:
    page = (await get(run, "page.html")).headers["Content-Security-Policy"]
    assert page.startswith("sandbox allow-scripts; default-src 'none'")
    for allowed in ("allow-same-origin", "connect-src", "allow-forms", "allow-popups", "allow-top-navigation"):
        assert allowed not in page
    for name in ("feed.rss", "facts.rdf", "sheet.xsl", "page.xht"):
        (Path(run.info.artifact_uri) / name).write_text("<a xmlns='http://www.w3.org/1999/xhtml'/>")
    for name in ("figures/a%20b.svg", "feed.rss", "facts.rdf", "sheet.xsl"):
        policy = (await get(run, name)).headers["Content-Security-Policy"]
        assert policy.startswith("sandbox; default-src 'none'"), name
        assert "allow-scripts" not in policy
    assert (await get(run, "page.xht")).headers["Content-Security-Policy"] == page


async def test_a_part_a_limit_and_a_download(get: Any, run: Any) -> None:
    part = await get(run, "weights", headers={"Range": "bytes=10-19"})
    assert (part.code, part.body, part.headers["Content-Range"]) == (206, bytes(range(10, 20)), "bytes 10-19/256")
    last = await get(run, "weights", headers={"Range": "bytes=-4"})
    assert last.body == bytes(range(252, 256))
    assert (await get(run, "weights", headers={"Range": "bytes=900-"})).code == 416
    head = await get(run, "weights", query="?limit=100")
    assert (head.code, len(head.body), head.headers["Content-Range"]) == (206, 100, "bytes 0-99/256")
    whole = await get(run, "weights", query="?limit=100&download=1")
    assert (whole.code, len(whole.body)) == (200, 256)
    assert whole.headers["Content-Disposition"] == 'attachment; filename="weights"'
    assert (await get(run, "weights", query="?limit=0")).code == 400


async def test_nothing_outside_a_runs_files_is_sent(get: Any, run: Any, workspace_path: Path) -> None:
    folder = Path(run.info.artifact_uri)
    (folder / "link").symlink_to(workspace_path / "metastore.db")
    (folder / "up").symlink_to(workspace_path)
    for path in ("../../../metastore.db", "..%2F..%2F..%2Fmetastore.db", "%2Fetc%2Fpasswd", "link", "up/metastore.db"):
        answer = await get(run, path)
        assert answer.code in (403, 404), path
        assert b"SQLite" not in (answer.body or b"")
    for path in ("figures", "figures/", ".", "nothing.txt", "a%00b", "x" * 300, "MLmodel/inside"):
        answer = await get(run, path)
        assert (answer.code, json.loads(answer.body)["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST"), path


async def test_files_are_listed_without_following_links_that_lead_outside(ask: Any, run: Any, tmp_path: Path) -> None:
    (tmp_path / "secrets").mkdir()
    (tmp_path / "secrets" / "key.pem").write_text("x")
    (Path(run.info.artifact_uri) / "linked").symlink_to(tmp_path / "secrets")
    _, body = await ask("GET", f"{RUNS}/{run.info.run_id}/artifacts")
    assert [item["path"] for item in body["artifacts"] if "key" in item["path"]] == []


async def test_runs_go_and_come_back_by_time_as_on_the_platform(ask: Any, run: Any) -> None:
    base, experiment = "api/2.0/mlflow/databricks/runs", run.info.experiment_id
    body = {"experiment_id": experiment, "max_timestamp_millis": run.info.start_time}
    assert (await ask("POST", f"{base}/delete-runs", body | {"max_timestamp_millis": 0}))[1] == {"runs_deleted": 0}
    assert (await ask("POST", f"{base}/delete-runs", body))[1] == {"runs_deleted": 1}
    back = {"experiment_id": experiment, "min_timestamp_millis": 0, "max_runs": 10}
    assert (await ask("POST", f"{base}/restore-runs", back))[1] == {"runs_restored": 1}
    status, error = await ask("POST", f"{base}/delete-runs", body | {"max_runs": 10_001})
    assert (status, error["error_code"]) == (400, "INVALID_PARAMETER_VALUE")
    status, error = await ask("POST", f"{base}/delete-runs", body | {"experiment_id": "999"})
    assert status == 404


async def test_who_may_only_read_changes_nothing(jp_serverapp: Any, ask: Any, get: Any, run: Any) -> None:
    class ReadOnly:
        def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            return action == "read"

    jp_serverapp.web_app.settings["authorizer"] = ReadOnly()
    for action in ("pin", "trash", "purge"):
        assert (await ask("POST", f"{RUNS}/actions", {"action": action, "run_ids": ["deep"]}))[0] == 403
    assert (await get(run, "MLmodel")).code == 200
