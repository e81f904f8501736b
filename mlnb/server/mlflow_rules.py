"""What holds for MLflow's own REST calls besides what MLflow checks: asked before a call, and written down after it.

A client that speaks MLflow's language is no way around the workspace's rules: a protected alias needs its approvals, and an experiment's
files stay in the workspace. What such a client does to runs and models stands in the journal under the caller's name.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, MlnbError, NotFoundError
from mlnb.server.route import RawRequest
from mlnb.training.recording.artifacts import local_folder

if TYPE_CHECKING:
    from pathlib import Path

    from mlnb.door import Workspace

log = logging.getLogger("mlnb.server")

#: Calls that change runs → what was done.
_RUNS = {"runs/create": "started", "runs/update": "ended", "runs/delete": "trashed", "runs/restore": "restored"}
_MODELS = ("registered-models/", "model-versions/")
_READS = ("get", "search", "list", "get-latest-versions", "get-download-uri")


def before(ws: Workspace, q: RawRequest, roots: list[Path] | None) -> None:
    """Refuse what the workspace does not allow, whatever MLflow says.

    Parameters
    ----------
    roots
        Folders in which an experiment's files may lie; None where they do not lie on this computer.

    Raises
    ------
    InvalidParameterError
        For an experiment whose files would lie anywhere on this computer.
    PermissionDeniedError
        For a move of a protected alias.
    """
    if q.verb == "GET":
        return
    if q.path.endswith("/experiments/create") and roots is not None:
        _check_place(_sent(q), roots)
    elif q.path.endswith("/registered-models/alias"):
        _check_alias(ws, _sent(q))


def _check_place(sent: dict[str, Any], roots: list[Path]) -> None:
    for wanted in (sent.get("artifact_location"), sent.get("artifactLocation")):  # both are the field's name
        folder = local_folder(wanted) if isinstance(wanted, str) else None
        if folder is not None and not any(folder.resolve().is_relative_to(root.resolve()) for root in roots):
            raise InvalidParameterError(
                f"artifact_location {wanted} lies outside this workspace.",
                hint="Leave it out, or name a folder of the workspace.",
            )


def _check_alias(ws: Workspace, sent: dict[str, Any]) -> None:
    from mlnb.registry.registration import refuse_protected

    name, alias = str(sent.get("name") or ""), str(sent.get("alias") or "")
    try:
        policy = ws.models.policy(name)
    except NotFoundError:  # MLflow says so
        return
    version = str(sent.get("version") or "")
    refuse_protected(policy, policy.name, int(version) if version.isdigit() else None, f"@{alias}")


def after(ws: Workspace, q: RawRequest, answer: bytes) -> None:
    """Write down what a call did that went well; what cannot be written now does not undo it."""
    if q.verb == "GET":
        return
    _, _, what = q.path.partition("/mlflow/")
    try:
        if what in _RUNS:
            _note_run(ws, _RUNS[what], _sent(q), answer)
        elif what.startswith(_MODELS) and what.rpartition("/")[2] not in _READS:
            ws.models.reconcile()
    except MlnbError:
        log.warning("mlnb: %s was done and could not be written down", what, exc_info=True)


def _note_run(ws: Workspace, what: str, sent: dict[str, Any], answer: bytes) -> None:
    info: dict[str, Any] = {}
    if what in ("started", "ended"):
        try:
            found = json.loads(answer)
            info = found["run"]["info"] if what == "started" else found["run_info"]
        except (ValueError, KeyError, TypeError):
            return
        if what == "ended" and info.get("status") in (None, "RUNNING", "SCHEDULED"):
            return
    run_id = info.get("run_id") or sent.get("run_id") or sent.get("run_uuid") or sent.get("runId")
    if isinstance(run_id, str):
        facts = {key: str(info[key]) for key in ("experiment_id", "run_name", "status") if info.get(key)}
        ws.runs.note_plain(what, run_id, facts)


def _sent(q: RawRequest) -> dict[str, Any]:
    try:
        found = json.loads(q.body) if q.body else {key: values[-1] for key, values in q.query.items()}
    except ValueError:  # MLflow says what is wrong with it
        return {}
    return found if isinstance(found, dict) else {}
