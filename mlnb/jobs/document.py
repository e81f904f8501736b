"""Reads a job document: honours what it can, lists what it leaves out, refuses what would change its meaning."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from mlnb.core.errors import FieldViolation, InvalidParameterError, NotProvidedError
from mlnb.jobs.records import JobSettings

#: These name machines of the platform. A job runs here without them, and the answer says so.
_IGNORED = frozenset(
    [
        "job_clusters",
        "new_cluster",
        "existing_cluster_id",
        "libraries",
        "performance_target",
        "budget_policy_id",
        "warehouse_id",
        "job_cluster_key",
        "environment_key",
        "format",
        "edit_mode",
        "environments",
        "disable_auto_optimization",
    ]
)
_TASK_KINDS = frozenset(
    [
        "condition_task",
        "for_each_task",
        "run_job_task",
        "spark_python_task",
        "sql_task",
        "pipeline_task",
        "dbt_task",
        "dbt_platform_task",
        "dashboard_task",
        "alert_task",
        "spark_jar_task",
        "spark_submit_task",
        "python_wheel_task",
        "power_bi_task",
        "clean_rooms_notebook_task",
        "gen_ai_compute_task",
    ]
)


def read_settings(document: Mapping[str, Any] | JobSettings) -> tuple[JobSettings, list[str]]:
    """Check a job document.

    Returns
    -------
    tuple[JobSettings, list[str]]
        The settings, and one sentence for each part that is ignored.

    Raises
    ------
    NotProvidedError
        A part is present that this version does not run (several tasks, triggers, mails, …).
    InvalidParameterError
        A field is missing or of the wrong type; the error lists all of them.
    """
    if isinstance(document, JobSettings):
        return document, []
    warnings: list[str] = []
    settings = _kept(document, "", warnings)
    tasks = settings.get("tasks") or []
    if not isinstance(tasks, list) or not all(isinstance(task, Mapping) for task in tasks):
        raise InvalidParameterError("'tasks' must be a list of objects.", hint="Give one task with a 'notebook_task'.")
    if len(tasks) != 1:
        raise NotProvidedError(
            f"A job has exactly one notebook task here; this document has {len(tasks)} tasks.",
            hint="Split it into one job per notebook.",
        )
    settings["tasks"] = [_task(tasks[0], warnings)]
    try:
        return JobSettings.model_validate(settings), warnings
    except ValidationError as error:
        raise _violations(error) from None


def _task(task: Mapping[str, Any], warnings: list[str]) -> dict[str, Any]:
    for kind in _TASK_KINDS & task.keys():
        raise NotProvidedError(f"Tasks of kind {kind!r} are not provided.", hint="Use a 'notebook_task'.")
    kept = _kept(task, "tasks[0].", warnings)
    if kept.pop("run_if", "ALL_SUCCESS") != "ALL_SUCCESS" or kept.pop("depends_on", None):
        raise NotProvidedError("'run_if' and 'depends_on' are not provided.", hint="A job has one task here.")
    notebook = kept.get("notebook_task")
    if isinstance(notebook, Mapping):
        if notebook.get("source") == "GIT":
            raise NotProvidedError("Notebooks from a Git source are not provided.", hint="Clone the repository.")
        kept["notebook_task"] = _kept(notebook, "tasks[0].notebook_task.", warnings)
    return kept


def _kept(part: Mapping[str, Any], prefix: str, warnings: list[str]) -> dict[str, Any]:
    """The part without what is ignored, and without empty values: clients send those for what was never set."""
    text = "is ignored: the notebook runs on this computer, in its own kernel."
    warnings.extend(f"{prefix}{name} {text}" for name in sorted(_IGNORED & part.keys()))
    return {k: v for k, v in part.items() if k not in _IGNORED and (k in ("tasks", "name") or v not in (None, [], {}))}


def _violations(error: ValidationError) -> InvalidParameterError | NotProvidedError:
    problems = error.errors(include_url=False)
    unknown = [".".join(str(part) for part in item["loc"]) for item in problems if item["type"] == "extra_forbidden"]
    if unknown:
        return NotProvidedError(
            f"This part of a job is not provided: {', '.join(unknown)}.", hint="Remove it from the document."
        )
    fields = [FieldViolation(".".join(str(part) for part in item["loc"]), item["msg"]) for item in problems]
    return InvalidParameterError(
        "The job document is not valid: " + "; ".join(f"{f.field}: {f.description}" for f in fields) + ".",
        fields=fields,
    )
