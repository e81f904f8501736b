"""Jobs over REST, on the command line and as a magic: the same calls, the same errors."""

from __future__ import annotations

import argparse
import json
from typing import Any

import pytest
from jobs_helpers import make_notebook

from mlnb.core.errors import MlnbError


@pytest.fixture
def ask(ws: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Answer an operation as the HTTP handler does; runs stay where they are, as no supervisor is started."""
    from mlnb.core.supervisor import Supervisor
    from mlnb.server.jobs import ROUTES
    from mlnb.server.operations import Incoming, perform
    from mlnb.server.router import Router

    monkeypatch.setattr(Supervisor, "ensure", lambda self: self.status())
    router = Router(ROUTES)

    def ask(verb: str, path: str, body: Any = None, /, **query: Any) -> Any:
        match = router.find(verb, path)
        sent = json.dumps(body).encode() if body is not None else b""
        values = {name: [str(value)] for name, value in query.items()}
        answer = perform(match.route, ws, Incoming(verb, path, match.params, values, {}, sent), max_json_bytes=10**6)
        return json.loads(answer.body)

    return ask


def test_export_as_job_and_the_screens(ask, ws):
    make_notebook(ws.root / "report.ipynb", "n", parameters="n = 1")
    native = "/api/1.0"
    assert ask("GET", f"{native}/jobs") == {"jobs": []}
    checked = ask("GET", f"{native}/jobs/check", path="report.ipynb")
    assert checked["parameters"] == [{"name": "n", "default": 1, "type": "int"}]
    made = ask("POST", f"{native}/jobs/from-notebook", {"path": "report.ipynb", "parameters": {"n": 5}})
    job = ask("GET", f"{native}/jobs")["jobs"][0]
    assert (job["job_id"], job["notebook"]) == (made["job_id"], "report.ipynb")
    assert job["last_run"]["run_id"] == made["run_id"]
    run = ask("GET", f"{native}/job-runs")["runs"][0]
    assert {"run_id", "job_id", "name", "state", "cells_done", "cells_total"} <= run.keys()
    page = ask("GET", f"{native}/job-runs/{made['run_id']}")
    assert [cell["state"] for cell in page["cells"]] == ["pending"] * 3
    assert page["parameters"] == {"n": 5}
    assert ask("GET", f"{native}/job-runs/{made['run_id']}/notebook")["cells"][1]["source"][-1] == "n = 5"
    assert ask("POST", f"{native}/job-runs/{made['run_id']}/cancel")["result"] == "CANCELED"
    from mlnb.core.caller import calling

    with calling(source="rest"), pytest.raises(MlnbError) as error:  # as the handler marks what comes over HTTP
        ask("POST", f"{native}/jobs/from-notebook", {"path": "/etc/passwd"})
    assert error.value.code == "RESOURCE_DOES_NOT_EXIST"


def test_the_platforms_paths(ask, ws):
    make_notebook(ws.root / "n.ipynb", "1")
    document = {"name": "j", "tasks": [{"task_key": "t", "notebook_task": {"notebook_path": "/Workspace/n"}}]}
    made = ask("POST", "/api/2.2/jobs/create", document | {"timeout_seconds": 60, "some_new_field": None})
    got = ask("GET", "/api/2.1/jobs/get", job_id=made["job_id"])
    assert got["settings"]["tasks"][0]["notebook_task"]["notebook_path"] == "/Workspace/n"
    listed = ask("GET", "/api/2.2/jobs/list", name="J", limit=0)
    assert [job["job_id"] for job in listed["jobs"]] == [made["job_id"]]
    assert (listed["has_more"], "next_page_token" in listed) == (False, False)
    run = ask("POST", "/api/2.2/jobs/run-now", {"job_id": made["job_id"], "job_parameters": {"a": "1"}})
    found = ask("GET", "/api/2.2/jobs/runs/get", run_id=run["run_id"])
    assert (found["state"]["life_cycle_state"], found["status"]["state"]) == ("PENDING", "PENDING")
    task = found["tasks"][0]["run_id"]
    assert ask("GET", "/api/2.2/jobs/runs/get", run_id=task)["attempt_number"] == 0
    ask("POST", "/api/2.2/jobs/runs/cancel", {"run_id": run["run_id"]})
    over = ask("GET", "/api/2.2/jobs/runs/get-output", run_id=task)["metadata"]
    assert over["state"]["result_state"] == "CANCELED"
    assert over["status"]["termination_details"]["code"] == "USER_CANCELED"
    assert (
        ask("GET", "/api/2.2/jobs/runs/list", job_id=made["job_id"], completed_only="true")["runs"][0]["run_id"]
        == run["run_id"]
    )
    assert ask("POST", "/api/2.2/jobs/delete", {"job_id": made["job_id"]}) == {}
    with pytest.raises(MlnbError) as error:
        ask("GET", "/api/2.2/jobs/get", job_id=made["job_id"])
    assert error.value.code == "RESOURCE_DOES_NOT_EXIST"
    with pytest.raises(MlnbError) as error:
        ask("POST", "/api/2.2/jobs/create", document | {"schedule": {"quartz_cron_expression": "0 0 6 * * ?"}})
    assert error.value.code == "NOT_IMPLEMENTED"


def command(capsys: Any, *arguments: str) -> tuple[int, str, str]:
    from mlnb.cli.main import main

    capsys.readouterr()
    try:
        main(list(arguments))
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
    printed = capsys.readouterr()
    return code, printed.out, printed.err


def test_mlnb_run_needs_no_supervisor(ws, capsys):
    make_notebook(ws.root / "n.ipynb", "#md # Part", "print(n)", parameters="n = 1")
    code, out, _ = command(capsys, "run", "n.ipynb", "-p", "n=7")
    assert (code, "[3/3] done" in out, "Part" in out) == (0, True, True)
    assert "7" in (ws.root / "n.executed.ipynb").read_text()
    code, _, err = command(capsys, "run", "n.ipynb", "-p", "n=soon")
    assert (code, "INVALID_PARAMETER_VALUE" in err, "Hint:" in err) == (1, True, True)
    code, _, err = command(capsys, "run", "missing.ipynb")
    assert (code, "RESOURCE_DOES_NOT_EXIST" in err) == (1, True)
    assert not ws.supervisor.status().running


def test_lists_print_tables_and_json(ws, capsys):
    make_notebook(ws.root / "n.ipynb", "1")
    assert "No jobs yet" in command(capsys, "jobs", "list")[1]
    made = json.loads(command(capsys, "jobs", "create", "n.ipynb", "--json")[1])
    assert json.loads(command(capsys, "jobs", "list", "--json")[1])[0]["job_id"] == made["job_id"]
    assert "n.ipynb" in command(capsys, "jobs", "list")[1]
    run = ws.jobs.run_now(made["job_id"], start=False)
    assert json.loads(command(capsys, "jobs", "runs", "--json")[1])[0]["run_id"] == run.run_id
    assert "PENDING" in command(capsys, "jobs", "show", str(run.run_id))[1]
    shown = json.loads(command(capsys, "jobs", "show", str(run.run_id), "--json")[1])
    assert shown["cells"][0]["state"] == "pending"
    code, _, err = command(capsys, "jobs", "show", "1")
    assert (code, "Run 1 does not exist" in err) == (1, True)


def magic(ws: Any, line: str) -> Any:
    from mlnb.magics.base import MagicCall
    from mlnb.magics.jobs import MAGICS
    from mlnb.magics.run import parse

    args: argparse.Namespace = parse(MAGICS[0], line)
    return MAGICS[0].run(MagicCall(ws, args, None, None))  # type: ignore[arg-type]


def test_the_magic_and_its_cards(ws):
    from mlnb.display import html_of

    make_notebook(ws.root / "n.ipynb", "1", parameters="a = '<b>'")
    job = magic(ws, 'create n.ipynb --name "a job"')
    assert job.name == "a job"
    assert "&lt;b&gt;" in html_of(job)
    run = ws.jobs.run_now(job.job_id, start=False)
    assert magic(ws, "runs")[0].run_id == run.run_id
    assert magic(ws, f"show {run.run_id}").state == "PENDING"
    assert "pending" in html_of(run)
    assert magic(ws, "")[0].name == "a job"
    with pytest.raises(MlnbError, match="name=value"):
        magic(ws, "run n -p x")
