"""Endpoint rows told to people: state, address, the line that queries it, history."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError, did_you_mean

from . import metrics
from .config import EndpointConfig, ServingSettings
from .errors import EndpointNotFoundError
from .records import Endpoint, EndpointEvent, EndpointSummary, ProcessInfo, State, serving_configs
from .store import DELETED, ROUTER, STOPPED, EndpointRow, Store
from .tokens import TokenFiles

if TYPE_CHECKING:
    from mlnb.core.journal import Journal


class Describer:
    """Makes the records that are shown.

    Parameters
    ----------
    store, journal, tokens, settings
        Where they come from.
    """

    def __init__(self, store: Store, journal: Journal, tokens: TokenFiles, settings: ServingSettings) -> None:
        self._store = store
        self._journal = journal
        self._tokens = tokens
        self._settings = settings

    def row(self, name: str) -> EndpointRow:
        """Return the row of an endpoint.

        Raises
        ------
        EndpointNotFoundError
            With the nearest names as hint.
        """
        row = self._store.endpoint(name)
        if row is None:
            known = [item.name for item in self._store.endpoints() if item.desired != DELETED]
            listed = (
                f"Endpoints: {', '.join(known[:10])}." if known else "Deploy a model: %deploy MODEL@ALIAS --name NAME."
            )
            raise EndpointNotFoundError(f"There is no endpoint {name}.", hint=did_you_mean(name, known) or listed)
        return row

    def newest_version(self, endpoint_id: str) -> int:
        """Return the number of the newest configuration, applied or not."""
        query = sa.select(sa.func.max(serving_configs.c.version)).where(serving_configs.c.endpoint_id == endpoint_id)
        with self._store.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def config(self, row: EndpointRow) -> EndpointConfig:
        """Return the configuration that answers, else the newest."""
        return self._store.config(row.id, row.shown_version or self.newest_version(row.id))

    def every(self) -> list[EndpointSummary]:
        """Return one line per endpoint."""
        rows = [row for row in self._store.endpoints() if row.desired != DELETED]
        with self._store.connect() as connection:
            totals = metrics.totals(connection)
        return [EndpointSummary(**self._summary(row, self.config(row), totals)) for row in rows]

    def one(self, name: str) -> Endpoint:
        """Return everything about one endpoint."""
        row = self.row(name)
        config = self.config(row)
        with self._store.connect() as connection:
            totals = metrics.totals(connection)
            latency = metrics.latency(connection, row.id)
        pending = row.pending_version if row.config_version is not None else None
        process = next(
            (item for item in reversed(self._store.processes(row.id)) if item.role == ROUTER and item.pid), None
        )
        return Endpoint(
            **self._summary(row, config, totals),
            inputs=config.inputs,
            example=config.example,
            curl=self._curl(row, config),
            python=f'ws.endpoints.query("{name}", dataframe_records={records_of(config.example)!r})',
            latency=latency,
            inference_table=config.log.payload if config.log else None,
            updating_to=int(self._store.config(row.id, pending).model_version) if pending is not None else None,
            created_at=row.created_ms,
            creator=row.creator,
            token_file=str(self._tokens.path(name)),
            process=ProcessInfo(pid=process.pid, since=int(process.started * 1000)) if process else ProcessInfo(),
            events=self._events(row),
        )

    def url(self, row: EndpointRow) -> str | None:
        """Return where requests go, None before there is a port."""
        return f"http://{self._settings.host}:{row.port}/invocations" if row.port else None

    def _summary(
        self, row: EndpointRow, config: EndpointConfig, totals: Mapping[str, tuple[int, int]]
    ) -> dict[str, Any]:
        requests, errors = totals.get(row.id, (0, 0))
        return {
            "name": row.name,
            "state": state_of(row),
            "message": row.message or None,
            "url": self.url(row),
            "model_name": config.model_name,
            "model_version": int(config.model_version),
            "requests": requests,
            "errors": errors,
            "updated_at": row.updated_ms,
        }

    def _events(self, row: EndpointRow) -> list[EndpointEvent]:
        """Return what happened since the endpoint was created, newest first."""
        events = self._journal.tail(50, subjects=[f"endpoint:{row.name}"])
        return [
            EndpointEvent(time=event.time, action=event.action, message=_sentence(event.payload))
            for event in reversed(events)
            if event.time >= row.created_ms
        ]

    def _curl(self, row: EndpointRow, config: EndpointConfig) -> str:
        body = json.dumps({"dataframe_records": records_of(config.example)}, ensure_ascii=False)
        # The token stays in its file, so that the line can be shown in a notebook that others read.
        token = shlex.quote(str(self._tokens.path(row.name)))
        return (
            f'curl -s {self.url(row) or "URL"} -H "Authorization: Bearer $(cat {token})" '
            f"-H 'Content-Type: application/json' -d {shlex.quote(body)}"
        )


def state_of(row: EndpointRow) -> State:
    """Return an endpoint's state in one word."""
    if row.desired == STOPPED:
        return "STOPPED"
    if row.ready == "READY":
        return "READY"
    return "FAILED" if row.config_update == "UPDATE_FAILED" and row.config_version is None else "NOT_READY"


def records_of(example: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """Return the example's first row as a record."""
    split = (example or {}).get("dataframe_split") or {"columns": [], "data": []}
    return [dict(zip(split["columns"], row, strict=False)) for row in split["data"][:1]]


def seconds_of(window: str | int) -> int:
    """Return the seconds of ``30m``, ``1h``, ``7d`` or a plain number.

    Raises
    ------
    InvalidParameterError
        When it is none of these.
    """
    text = str(window).strip()
    factor = {"s": 1, "m": 60, "h": 3600, "d": 86_400}.get(text[-1:])
    number = text[:-1] if factor else text
    if not number.isdigit() or int(number) == 0:
        raise InvalidParameterError(f"{window!r} is no time span.", hint="Write 30m, 1h or 7d.")
    return int(number) * (factor or 1)


def _sentence(payload: Mapping[str, Any]) -> str:
    if payload.get("message"):
        return str(payload["message"])
    if payload.get("model"):
        return f"{payload['model']} version {payload.get('version', '')}".strip()
    return f"process {payload['pid']}" if payload.get("pid") else ""
