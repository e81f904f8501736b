"""The endpoint rows: read and changed here only, each change with its journal event in one transaction."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa

from mlnb.core.clock import now_ms
from mlnb.core.processes import ProcessIdentity

from .config import EndpointConfig
from .records import (
    serving_configs,
    serving_endpoints,
    serving_entities,
    serving_metrics,
    serving_processes,
    serving_tokens,
)

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

ACTIVE: Final = "ACTIVE"
STOPPED: Final = "STOPPED"
DELETED: Final = "DELETED"

#: ``role`` of a process that answers, and of one that only finishes what it has begun.
ROUTER: Final = "router"
DRAINING: Final = "draining"


@dataclass(frozen=True)
class EndpointRow:
    """A row of ``serving_endpoints``."""

    id: str
    name: str
    creator: str
    created_ms: int
    updated_ms: int
    etag: int
    desired: str
    config_version: int | None
    pending_version: int | None
    ready: str
    config_update: str
    message: str
    port: int | None

    @property
    def shown_version(self) -> int | None:
        """The configuration that answers, else the one that is to."""
        return self.config_version if self.config_version is not None else self.pending_version


@dataclass(frozen=True)
class EntityRow:
    """A row of ``serving_entities``."""

    endpoint_id: str
    version: int
    name: str
    id: str
    kind: str
    entity_name: str
    entity_version: str
    digest: str
    deployment: str
    message: str


@dataclass(frozen=True)
class ProcessRow:
    """A row of ``serving_processes``; ``pid`` is 0 until the process is known."""

    id: str
    endpoint_id: str
    version: int
    role: str
    host: str
    pid: int
    started: float
    boot_id: str
    socket: str
    beat_ms: int

    @property
    def identity(self) -> ProcessIdentity:
        """What tells this process from every other."""
        return ProcessIdentity(self.host, self.boot_id, self.pid, self.started)


class Store:
    """Reads and writes the rows.

    Parameters
    ----------
    ground
        The workspace's stores.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    @contextmanager
    def begin(self) -> Iterator[sa.Connection]:
        """Open a write transaction."""
        with self._ground.metastore.begin() as connection:
            yield connection

    @contextmanager
    def connect(self) -> Iterator[sa.Connection]:
        """Open a read transaction."""
        with self._ground.metastore.connect() as connection:
            yield connection

    def event(self, action: str, name: str, payload: dict[str, Any] | None = None, *, actor: str | None = None) -> None:
        """Append an event about an endpoint to the open transaction."""
        self._ground.journal.append(f"endpoint.{action}", f"endpoint:{name}", payload or {}, actor=actor)

    def endpoints(self) -> list[EndpointRow]:
        """Return all endpoints by name, those that are being deleted too."""
        with self.connect() as connection:
            rows = connection.execute(sa.select(serving_endpoints).order_by(serving_endpoints.c.name))
            return [EndpointRow(**row._mapping) for row in rows]

    def endpoint(self, name: str) -> EndpointRow | None:
        """Return an endpoint that is not being deleted."""
        query = sa.select(serving_endpoints).where(
            serving_endpoints.c.name == name, serving_endpoints.c.desired != DELETED
        )
        with self.connect() as connection:
            row = connection.execute(query).first()
        return EndpointRow(**row._mapping) if row else None

    def by_id(self, endpoint_id: str) -> EndpointRow | None:
        """Return an endpoint by its id."""
        with self.connect() as connection:
            row = connection.execute(sa.select(serving_endpoints).filter_by(id=endpoint_id)).first()
        return EndpointRow(**row._mapping) if row else None

    def config(self, endpoint_id: str, version: int) -> EndpointConfig:
        """Return a configuration."""
        query = sa.select(serving_configs.c.config).filter_by(endpoint_id=endpoint_id, version=version)
        with self.connect() as connection:
            return EndpointConfig.model_validate(connection.execute(query).scalar_one())

    def entity(self, endpoint_id: str, version: int) -> EntityRow:
        """Return the served entity of a configuration."""
        with self.connect() as connection:
            row = connection.execute(
                sa.select(serving_entities).filter_by(endpoint_id=endpoint_id, version=version)
            ).one()
        return EntityRow(**row._mapping)

    def processes(self, endpoint_id: str | None = None) -> list[ProcessRow]:
        """Return the process rows, oldest first."""
        query = sa.select(serving_processes).order_by(serving_processes.c.started)
        if endpoint_id is not None:
            query = query.where(serving_processes.c.endpoint_id == endpoint_id)
        with self.connect() as connection:
            return [ProcessRow(**row._mapping) for row in connection.execute(query)]

    def update(self, endpoint_id: str, **values: Any) -> None:
        """Change an endpoint's row and its time."""
        with self.begin() as connection:
            where = serving_endpoints.c.id == endpoint_id
            connection.execute(serving_endpoints.update().where(where).values(updated_ms=now_ms(), **values))

    def say(self, endpoint: EndpointRow, message: str) -> None:
        """Change what an endpoint says about itself, when it is news."""
        if endpoint.message != message:
            self.update(endpoint.id, message=message)

    def set_entity(self, endpoint_id: str, version: int, deployment: str, message: str = "") -> None:
        """Change the state of a served entity."""
        with self.begin() as connection:
            where = (serving_entities.c.endpoint_id == endpoint_id, serving_entities.c.version == version)
            connection.execute(serving_entities.update().where(*where).values(deployment=deployment, message=message))

    def add_config(self, endpoint_id: str, config: EndpointConfig, digest: str, actor: str) -> int:
        """Store the next version of an endpoint's configuration and return its number."""
        with self.begin() as connection:
            highest = sa.select(sa.func.max(serving_configs.c.version)).where(
                serving_configs.c.endpoint_id == endpoint_id
            )
            version = int(connection.execute(highest).scalar() or 0) + 1
            values = {
                "endpoint_id": endpoint_id,
                "version": version,
                "config": config.model_dump(mode="json"),
                "created_by": actor,
            }
            connection.execute(serving_configs.insert().values(**values, created_ms=now_ms()))
            entity = {
                "endpoint_id": endpoint_id,
                "version": version,
                "name": f"{config.model_name.rsplit('.', 1)[-1]}-{config.model_version}",
                "id": uuid.uuid4().hex,
                "kind": "model",
                "entity_name": config.model_name,
                "entity_version": config.model_version,
                "digest": digest,
                "deployment": "DEPLOYMENT_CREATING",
                "message": "",
            }
            connection.execute(serving_entities.insert().values(entity))
        return version

    def close_config(self, endpoint_id: str, version: int, outcome: str) -> None:
        """Note how a configuration ended up: APPLIED, FAILED or SUPERSEDED."""
        values: dict[str, Any] = {"outcome": outcome}
        if outcome == "APPLIED":
            values["applied_ms"] = now_ms()
        if outcome == "SUPERSEDED":
            values["retired_ms"] = now_ms()
        with self.begin() as connection:
            where = (serving_configs.c.endpoint_id == endpoint_id, serving_configs.c.version == version)
            connection.execute(serving_configs.update().where(*where).values(values))

    def add_process(self, row: ProcessRow) -> None:
        """Announce a process before it is started, so that one whose starter dies is known all the same."""
        with self.begin() as connection:
            connection.execute(serving_processes.insert().values(row.__dict__))

    def update_process(self, process_id: str, **values: Any) -> None:
        """Change a process row."""
        with self.begin() as connection:
            connection.execute(serving_processes.update().where(serving_processes.c.id == process_id).values(values))

    def remove_process(self, process_id: str) -> None:
        """Forget a process that has ended."""
        with self.begin() as connection:
            connection.execute(serving_processes.delete().where(serving_processes.c.id == process_id))

    def remove_endpoint(self, endpoint_id: str) -> None:
        """Forget an endpoint; its inference tables stay."""
        with self.begin() as connection:
            for table in (serving_configs, serving_entities, serving_processes, serving_tokens, serving_metrics):
                connection.execute(table.delete().where(table.c.endpoint_id == endpoint_id))
            connection.execute(serving_endpoints.delete().where(serving_endpoints.c.id == endpoint_id))
