"""``system.access.audit``: the journal as the platform's audit table. Everybody sees what they did; who owns the metastore sees all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.journal import journal

from .grants import identities

if TYPE_CHECKING:
    import pyarrow as pa

    from .service import Catalog

#: Rows of one answer, the newest.
MAX_ROWS = 100_000

_CATALOG = ("catalog", "schema", "table", "view", "volume", "function", "external")
_SERVICES = {
    "run": "mlflowExperiment",
    "experiment": "mlflowExperiment",
    "model": "mlflowModelRegistry",
    "model_version": "mlflowModelRegistry",
    "endpoint": "serverlessRealTimeInference",
    "job": "jobs",
    "job_run": "jobs",
    "monitor": "dataMonitoring",
    "alert": "databrickssql",
    "feature": "featureStore",
}
_VERBS = {"created": "create", "dropped": "delete", "altered": "update", "renamed": "update", "undropped": "undelete"}
_ACTIONS = {
    "grant.added": "updatePermissions",
    "grant.removed": "updatePermissions",
    "tag.set": "createEntityTagAssignment",
    "tag.removed": "deleteEntityTagAssignment",
    "table.committed": "commitTable",
    "lineage.added": "createExternalLineageRelationship",
}
_COMMENTS = ("comment.set", "comment.removed")


def audit(catalog: Catalog) -> pa.Table:
    """Return one row for every change, newest first."""
    import pyarrow as pa

    query = sa.select(journal).order_by(journal.c.id.desc()).limit(MAX_ROWS)
    if not catalog.rights.administers():
        query = query.where(journal.c.actor.in_(identities()))
    with catalog.ground.metastore.connect() as connection:
        rows = [_row(row._mapping) for row in connection.execute(query)]
    text = pa.string()
    schema = pa.schema(
        [
            ("version", text),
            ("event_time", pa.timestamp("us", tz="UTC")),
            ("event_date", pa.date32()),
            ("account_id", text),
            ("workspace_id", text),
            ("source_ip_address", text),
            ("user_agent", text),
            ("session_id", text),
            ("user_identity", pa.struct([("email", text), ("subject_name", text)])),
            ("service_name", text),
            ("action_name", text),
            ("request_id", text),
            ("request_params", pa.map_(text, text)),
            ("response", pa.struct([("status_code", pa.int32()), ("error_message", text), ("result", text)])),
            ("audit_level", text),
            ("event_id", text),
        ]
    )
    return pa.Table.from_pylist(rows, schema=schema)


def _row(event: Mapping[Any, Any]) -> dict[str, Any]:
    import datetime

    at = datetime.datetime.fromtimestamp(event["time"] / 1000, datetime.UTC)
    kind, _, name = event["subject"].partition(":")
    payload = json.loads(event["payload"])
    given = {key: value if isinstance(value, str) else json.dumps(value) for key, value in payload.items()}
    about = (
        {"full_name_arg": name, "securable_type": kind.upper()} if kind in _CATALOG else {"subject": event["subject"]}
    )
    return {
        "version": "2.0",
        "event_time": at,
        "event_date": at.date(),
        "account_id": "mlnb",
        "workspace_id": "mlnb",
        "user_identity": {"email": event["actor"], "subject_name": None},
        "service_name": "unityCatalog" if kind in _CATALOG else _SERVICES.get(kind, "mlnb"),
        "action_name": action_name(event["action"], kind),
        "request_params": list((about | given).items()),
        "response": {"status_code": 200, "error_message": None, "result": None},
        "audit_level": "WORKSPACE_LEVEL",
        "event_id": str(event["id"]),
    }


def action_name(action: str, kind: str) -> str:
    """Return the platform's name of an action: ``createTable`` for ``table.created``; ours where it has none."""
    if action in _ACTIONS:
        return _ACTIONS[action]
    if action in _COMMENTS:
        return f"update{_noun(kind)}"
    noun, _, verb = action.partition(".")
    if noun in _CATALOG and verb in _VERBS:
        return f"{_VERBS[verb]}{_noun(noun)}"
    return action


def _noun(kind: str) -> str:
    return "Table" if kind == "view" else kind.capitalize()
