"""What holds for MLflow's own REST calls besides what MLflow checks: asked before a call, and written down after it.

A client that speaks MLflow's language is no way around the workspace's rules: a protected alias needs its approvals, an experiment's
files stay in the workspace, and what would call other hosts or start processes is not there. Whatever way a path or a body is written that
MLflow understands, it is judged by what it means. What such a client does to runs and models stands in the journal under the caller's name.
"""

from __future__ import annotations

import json
import logging
import posixpath
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from mlnb.core.errors import InvalidParameterError, MlnbError, NotFoundError, NotProvidedError, PermissionDeniedError
from mlnb.server.mlflow_artifacts import SCHEME
from mlnb.server.route import RawRequest
from mlnb.training.recording.artifacts import local_folder

if TYPE_CHECKING:
    from pathlib import Path

    from mlnb.door import Workspace
    from mlnb.registry.records import ModelPolicy

log = logging.getLogger("mlnb.server")

#: Calls that change runs → what was done.
_RUNS = {"runs/create": "started", "runs/update": "ended", "runs/delete": "trashed", "runs/restore": "restored"}
_MODELS = ("registered-models/", "model-versions/")
_READS = ("get", "search", "list", "get-latest-versions", "get-download-uri")
#: What calls other hosts on the server's behalf, starts processes of MLflow's or fills the store with its examples; nothing of ours needs it.
_CLOSED = (
    "gateway", "gateway-proxy", "ui-telemetry", "demo", "genai", "scorer/invoke", "issues/invoke", "jobs", "prompt-optimization",
    "runs/create-promptlab-run", "workspaces",
)  # fmt: skip
#: Tags of a version that say which files it had when it was registered.
_FIXED_TAGS = ("mlnb.artifact_digest", "mlnb.operation")
#: Tag of models and runs that names the card they are judged by: approvals hang on it.
_CARD_TAG = "mlnb.scope"
#: Tags of traces that say where their files are; MLflow's server sets them itself and reads there.
_PLACES = ("mlflow.artifactLocation", "mlflow.trace.archiveLocation")


def operation(path: str) -> str:
    """Return what a path asks MLflow for, such as ``experiments/create``, however it is written.

    MLflow, and a tracking server behind us, undo quoting and double slashes before they look.
    """
    plain = posixpath.normpath(_unquoted(path))
    return plain.partition("/mlflow/")[2]


def _unquoted(text: str) -> str:
    while (plain := unquote(text)) != text:
        text = plain
    return text


def read(q: RawRequest) -> RawRequest:
    """Return a request whose body is the object that MLflow reads in it: it also takes one that is written as a text in JSON."""
    if not q.body.lstrip().startswith(b'"'):
        return q
    try:
        inner = json.loads(q.body)
    except ValueError:  # MLflow says what is wrong with it
        return q
    return replace(q, body=inner.encode()) if isinstance(inner, str) else q


def before(ws: Workspace, q: RawRequest, roots: list[Path] | None) -> None:
    """Refuse what the workspace does not allow, whatever MLflow says.

    Parameters
    ----------
    roots
        Folders in which an experiment's files may lie; None where they do not lie on this computer.

    Raises
    ------
    NotProvidedError
        For the parts of MLflow's server that are closed.
    InvalidParameterError
        For an experiment whose files would lie anywhere on this computer, and a model whose files are elsewhere.
    PermissionDeniedError
        For a move of a protected alias, or of what protects it.
    """
    what = operation(q.path)
    if any(what == closed or what.startswith(closed + "/") for closed in _CLOSED):
        raise NotProvidedError(
            "This part of MLflow's server is not provided here.", hint="Call the model provider from a notebook."
        )
    if q.verb == "GET":
        return
    if what == "experiments/create" and roots is not None:
        sent = _sent(q)
        for wanted in (sent.get("artifact_location"), sent.get("artifactLocation")):  # both are the field's name
            _check_place("artifact_location", wanted, roots)
    elif what == "traces" or what.startswith("traces/"):
        _check_trace(_sent(q), roots)
    elif what == "model-versions/create" and roots is not None:
        _check_source(_sent(q), ws.tracking.artifact_root)
    elif what == "registered-models/alias":
        _check_alias(ws, _sent(q))
    elif what.endswith(("/set-tag", "/delete-tag")):
        _check_tag(ws, what, _sent(q))
    elif what == "runs/log-batch" and (_CARD_TAG.encode() in q.body or b"\\u" in q.body):
        _check_batch(ws, _sent(q))


def _check_place(field: str, wanted: Any, roots: list[Path]) -> None:
    """Refuse an address on this computer outside the roots, also one that is only so when it is read a second time."""
    text = wanted if isinstance(wanted, str) else ""
    readings = {text, _unquoted(text)}
    places = [folder for reading in readings if (folder := local_folder(reading)) is not None]
    outside = any(not any(place.resolve().is_relative_to(root.resolve()) for root in roots) for place in places)
    if outside or text.startswith(SCHEME.rstrip("/")):
        raise InvalidParameterError(
            f"{field} {wanted} lies outside this workspace.", hint="Leave it out, or name a folder of the workspace."
        )


def _check_source(sent: dict[str, Any], root: str) -> None:
    """Refuse a model whose files are at an address elsewhere: who loads it later runs them. For folders here MLflow knows the rule."""
    source = sent.get("source")
    if not isinstance(source, str) or urlsplit(source).scheme in ("", "file", "runs", "models"):
        return
    if not source.startswith(root.rstrip("/") + "/") or ".." in _unquoted(source).split("/"):
        raise InvalidParameterError(
            f"source {source} lies outside this workspace.", hint="Log the model in a run, and name it: runs:/RUN/NAME."
        )


def _check_trace(sent: dict[str, Any], roots: list[Path] | None) -> None:
    info = _mapping(_mapping(sent.get("trace")).get("trace_info") or _mapping(sent.get("trace")).get("traceInfo"))
    name = info.get("trace_id") or info.get("traceId") or ""
    if not isinstance(name, str) or "/" in _unquoted(name) or "\\" in _unquoted(name):
        raise InvalidParameterError(f"{name!r} is no id of a trace.", hint="It becomes the name of a folder.")
    for key, value in _tags(sent, info):
        if key in _PLACES and roots is not None:
            _check_place(key, value, roots)


def _tags(*holders: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield tags in every way in which MLflow's messages of traces carry them."""
    for holder in holders:
        if isinstance(holder.get("key"), str):
            yield holder["key"], holder.get("value")
        tags = holder.get("tags")
        if isinstance(tags, dict):
            yield from tags.items()
        elif isinstance(tags, list):
            yield from ((str(tag.get("key")), tag.get("value")) for tag in tags if isinstance(tag, dict))


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _check_tag(ws: Workspace, what: str, sent: dict[str, Any]) -> None:
    """Refuse to change or take away what approvals and digests hang on."""
    key, value = sent.get("key"), sent.get("value") if what.endswith("/set-tag") else None
    if what.startswith("model-versions/") and key in _FIXED_TAGS:
        raise PermissionDeniedError(
            f"The tag {key} is set by the registry itself.", hint="Register the model again: %register MODEL."
        )
    if key != _CARD_TAG:
        return
    if what.startswith("registered-models/"):
        policy = _policy(ws, str(sent.get("name") or ""))
        _check_card(policy.scope_name if policy is not None else None, value)
    elif what.startswith("runs/"):
        _check_card(_card_of_run(ws, sent), value)


def _check_batch(ws: Workspace, sent: dict[str, Any]) -> None:
    for key, value in _tags(sent):
        if key == _CARD_TAG:
            _check_card(_card_of_run(ws, sent), value)


def _check_card(card: str | None, wanted: Any) -> None:
    if card is not None and wanted != card:
        raise PermissionDeniedError(
            f"It is judged by the scope card {card}; that is not changed from outside.",
            hint="Whoever may change it does so in a notebook of this workspace.",
        )


def _card_of_run(ws: Workspace, sent: dict[str, Any]) -> str | None:
    from mlflow.exceptions import MlflowException

    run_id = sent.get("run_id") or sent.get("runId") or sent.get("run_uuid") or sent.get("runUuid")
    try:
        tags: dict[str, str] = ws.tracking.client().get_run(str(run_id)).data.tags
    except MlflowException:  # it says so itself
        return None
    return tags.get(_CARD_TAG)


def _check_alias(ws: Workspace, sent: dict[str, Any]) -> None:
    from mlnb.registry.registration import refuse_protected

    name, alias, version = str(sent.get("name") or ""), str(sent.get("alias") or ""), str(sent.get("version") or "")
    number = int(version) if version.isdecimal() else None
    for policy in (_policy(ws, name), _policy(ws, name, number) if number is not None else None):
        if policy is not None:
            refuse_protected(policy, policy.name, number, f"@{alias}")


def _policy(ws: Workspace, name: str, version: int | None = None) -> ModelPolicy | None:
    try:
        return ws.models.policy(name, version)
    except NotFoundError:  # MLflow says so
        return None


def after(ws: Workspace, q: RawRequest, answer: bytes) -> None:
    """Write down what a call did that went well; what cannot be written now does not undo it."""
    if q.verb == "GET":
        return
    what = operation(q.path)
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
