"""Job documents: what is honoured, what is ignored with a word, what is refused."""

from __future__ import annotations

import pytest

from mlnb.core.errors import InvalidParameterError, MlnbError, NotFoundError, NotProvidedError
from mlnb.jobs.document import read_settings
from mlnb.jobs.records import WORKER_LOST, JobSettings
from mlnb.jobs.service import Jobs
from mlnb.jobs.store import Ending, may_try_again


def document(task=None, **more):
    base = {"task_key": "t", "notebook_task": {"notebook_path": "n"}}
    return {"name": "j", "tasks": [base | (task or {})], **more}


def test_what_names_machines_is_ignored_with_a_warning():
    settings, warnings = read_settings(
        document(
            {"existing_cluster_id": "1", "libraries": [{"pypi": {}}]},
            job_clusters=[{}],
            email_notifications={},
            format="MULTI_TASK",
        )
    )
    assert settings.task.task_key == "t"
    assert [w.split(" ", 1)[0] for w in warnings] == [
        "format",
        "job_clusters",
        "tasks[0].existing_cluster_id",
        "tasks[0].libraries",
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        document(schedule={"quartz_cron_expression": "0 0 6 * * ?"}),
        document(continuous={"pause_status": "PAUSED"}),
        document(email_notifications={"on_failure": ["a@b"]}),
        document({"depends_on": [{"task_key": "x"}]}),
        document({"run_if": "ALL_DONE"}),
        document({"notebook_task": {"notebook_path": "n", "source": "GIT"}}),
        {"name": "j", "tasks": [{"task_key": "t", "sql_task": {}}]},
        {"name": "j", "tasks": document()["tasks"] * 2},
        {"name": "j"},
    ],
)
def test_what_would_change_the_meaning_is_refused(wrong):
    with pytest.raises(NotProvidedError) as error:
        read_settings(wrong)
    assert error.value.code == "NOT_IMPLEMENTED"
    assert error.value.hint


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (document({"task_key": "a b"}), "tasks.0.task_key"),
        (
            document({"notebook_task": {"notebook_path": "n", "base_parameters": 3}}),
            "tasks.0.notebook_task.base_parameters",
        ),
        (document(timeout_seconds=-1), "timeout_seconds"),
        (document(max_concurrent_runs=0), "max_concurrent_runs"),
    ],
)
def test_wrong_fields_are_all_named(wrong, field):
    with pytest.raises(InvalidParameterError) as error:
        read_settings(wrong)
    assert field in [item.field for item in error.value.fields]


@pytest.mark.parametrize(
    ("task", "tags", "ending", "lost", "failed", "again"),
    [
        ({}, {}, Ending("TERMINATED", "FAILED"), 0, 1, False),
        ({"max_retries": 1}, {}, Ending("TERMINATED", "FAILED"), 0, 1, True),
        ({"max_retries": 1}, {}, Ending("TERMINATED", "FAILED"), 0, 2, False),
        ({"max_retries": 1}, {}, Ending("TERMINATED", "FAILED"), 3, 1, True),
        ({"max_retries": 1}, {}, Ending("TERMINATED", "TIMEDOUT"), 0, 1, False),
        ({"max_retries": 1, "retry_on_timeout": True}, {}, Ending("TERMINATED", "TIMEDOUT"), 0, 1, True),
        ({"max_retries": 9}, {}, Ending("TERMINATED", "CANCELED"), 0, 1, False),
        ({"max_retries": 9}, {}, Ending("TERMINATED", "SUCCESS"), 0, 1, False),
        ({}, {}, Ending("INTERNAL_ERROR", "FAILED", WORKER_LOST), 1, 0, True),
        ({}, {}, Ending("INTERNAL_ERROR", "FAILED", WORKER_LOST), 2, 0, False),
        ({}, {"mlnb.retry_on_worker_lost": "0"}, Ending("INTERNAL_ERROR", "FAILED", WORKER_LOST), 1, 0, False),
    ],
)
def test_when_a_task_is_tried_again(task, tags, ending, lost, failed, again):
    settings = JobSettings.model_validate(document(task, tags=tags))
    assert may_try_again(settings, ending, lost=lost, failed=failed) is again


@pytest.fixture
def plain(ws):
    return Jobs(ws)


def test_a_notebook_becomes_a_job_with_its_parameters(plain, notebook, ws):
    notebook("report.ipynb", "1", parameters="year = 2013\nname = 'x'")
    job = plain.from_notebook("report", parameters={"year": "2014"})
    assert (job.name, job.notebook) == ("report", "report.ipynb")
    assert {p.name: p.default for p in job.settings.parameters} == {"year": "2014", "name": "x"}
    assert plain.get("report").job_id == job.job_id
    assert plain.check("report.ipynb").kernel == "python3"
    assert ws.journal.tail(actions=["job.created"])[-1].subject == f"job:{job.job_id}"
    plain.delete(job.job_id)
    assert plain.list().items == []


def test_bad_notebooks_make_no_job(plain, notebook, ws, tmp_path):
    notebook("bad.ipynb", "1", kernel="nothing-here")
    notebook("typed.ipynb", "1", parameters="n = 1")
    (ws.root / "broken.ipynb").write_text("{")
    before = ws.journal.last_id()
    for path, options, code in (
        ("missing.ipynb", {}, "RESOURCE_DOES_NOT_EXIST"),
        ("bad.ipynb", {}, "INVALID_STATE"),
        ("broken.ipynb", {}, "INVALID_STATE"),
        ("typed.ipynb", {"parameters": {"n": "x"}}, "INVALID_PARAMETER_VALUE"),
        ("../outside.ipynb", {}, "PERMISSION_DENIED"),
    ):
        with pytest.raises(MlnbError) as error:
            plain.from_notebook(path, **options)
        assert (path, error.value.code) == (path, code)
        assert error.value.hint
    assert (plain.list().items, ws.journal.last_id()) == ([], before)
    with pytest.raises(NotFoundError, match="Job nope does not exist"):
        plain.run_now("nope")
    with pytest.raises(NotFoundError, match="Run 5 does not exist"):
        plain.run(5)


def test_over_http_only_the_notebook_root_is_reachable(plain, tmp_path, notebook):
    from jobs_helpers import make_notebook

    from mlnb.core.caller import calling

    outside = make_notebook(tmp_path / "outside.ipynb", "1")
    notebook("inside.ipynb", "1")
    assert plain.find_notebook(str(outside)) == outside.resolve()
    with calling(source="rest"):
        assert plain.find_notebook("/Workspace/inside").name == "inside.ipynb"
        with pytest.raises(NotFoundError):
            plain.find_notebook(str(outside))
