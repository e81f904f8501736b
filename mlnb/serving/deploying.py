"""From "serve this version" to a pending configuration: everything is checked before anything is written."""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from mlnb.catalog.pins import hold
from mlnb.core.caller import current_caller
from mlnb.core.clock import now_ms
from mlnb.core.errors import ConflictError, InvalidParameterError, InvalidStateError, MlnbError, NotProvidedError

from .build import Prepared, model_folder, prepare
from .config import EndpointConfig, ServingSettings, check_name
from .errors import EndpointExistsError
from .listeners import bind
from .records import serving_endpoints
from .store import ACTIVE, EndpointRow, Store
from .tables import make_tables, payload_name
from .tokens import TokenFiles

if TYPE_CHECKING:
    from pathlib import Path

    import sqlalchemy as sa

    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground
    from mlnb.features.service import Features
    from mlnb.registry.records import ModelVersion
    from mlnb.registry.service import Models

log = logging.getLogger("mlnb.serving")

#: Parts of the platform's interface that come later, by the argument that asks for them.
LATER: Final = {
    "traffic": "splitting traffic between versions",
    "shadow": "shadow deployments",
    "entity": "several served entities",
    "sticky": "sticky routing",
    "follow": "following an alias",
    "environment_vars": "environment variables",
    "scale_to_zero": "scaling to zero",
}


@dataclass(frozen=True)
class Wish:
    """What the caller of ``deploy`` asked for; see there."""

    endpoint: str | None = None
    inference_table: bool | str = True
    durable: bool | None = None
    port: int | None = None


def refuse_later(options: Mapping[str, Any]) -> None:
    """Refuse options of the platform that are not provided, and unknown ones as Python would.

    Raises
    ------
    NotProvidedError
        Naming what was asked for.
    """
    for name, value in options.items():
        if name not in LATER:
            raise TypeError(f"deploy() got an unexpected keyword argument {name!r}")
        if value:
            raise NotProvidedError(
                f"Not provided: {LATER[name]} ({name}=).", hint="All traffic goes to one version; leave it out."
            )


class Deployer:
    """Writes pending configurations.

    Parameters
    ----------
    ground, catalog, features, models
        The workspace's stores, the catalog, the feature tables, the registry.
    store, tokens, settings
        Serving's own parts.
    """

    def __init__(
        self,
        ground: Ground,
        catalog: Catalog,
        features: Features,
        models: Models,
        store: Store,
        tokens: TokenFiles,
        settings: ServingSettings,
    ) -> None:
        self._ground = ground
        self._workspace = ground.path
        self._catalog = catalog
        self._features = features
        self._models = models
        self._store = store
        self._tokens = tokens
        self._settings = settings

    def request(self, model: str, version: int | str | None, wish: Wish, say: Callable[[str], None]) -> str:
        """Check a version and make it the pending one of its endpoint; return the endpoint's name."""
        found = self._resolve(model, version)
        name = check_name(wish.endpoint or found.name.rsplit(".", 1)[-1])
        current = self._store.endpoint(name)
        self._refuse_conflict(name, current)
        self._check_port(wish.port, current)
        label = f"{found.name} version {found.version}"
        say(f"checking {label}")
        prepared = prepare(self._workspace, self._models.local_path(found), label)
        if prepared.looked_up:
            say("publishing the features it looks up")
            self._features.ensure_published(model_folder(self._workspace, prepared.digest))
        config = self._configure(name, current, found, prepared, wish)
        self._write(name, config, prepared.digest)
        return name

    def _resolve(self, model: str, version: int | str | None) -> ModelVersion:
        name = model.removeprefix("models:/")
        if version is None and not set("@/") & set(name):
            version = self._models.get(name).latest_version
            if version is None:
                raise InvalidStateError(
                    f"{name} has no version.", hint="Register one: ws.models.register(model_uri, name)."
                )
        return self._models.resolve(model) if version is None else self._models.version(name, version)

    def _check_port(self, port: int | None, current: EndpointRow | None) -> None:
        if port is None or (current is not None and current.port == port and current.desired == ACTIVE):
            return
        if not 1 <= port <= 65535:
            raise InvalidParameterError(
                f"{port} is no port.", hint="Ports are 1 to 65535; leave the port out to get a free one."
            )
        bind(self._settings.host, port).close()

    def _refuse_conflict(self, name: str, current: EndpointRow | None) -> None:
        if current is not None and current.pending_version is not None and current.desired == ACTIVE:
            raise ConflictError(
                f"Endpoint {name} is being updated already.", hint="Wait for it (%deploy status), or stop it first."
            )
        if current is None and any(row.name == name for row in self._store.endpoints()):
            raise EndpointExistsError(f"Endpoint {name} is just being deleted.", hint="Try again in a few seconds.")

    def _configure(
        self, name: str, current: EndpointRow | None, found: ModelVersion, prepared: Prepared, wish: Wish
    ) -> EndpointConfig:
        """Fill in what the wish leaves open from the configuration before, and make the inference tables fit."""
        version = current.shown_version if current is not None else None
        before = self._store.config(current.id, version) if current is not None and version is not None else None
        if wish.inference_table is True and before is not None and before.log is not None:
            payload: str | None = before.log.payload
        else:
            payload = payload_name(wish.inference_table, name, found.name)
        durable = wish.durable if wish.durable is not None else before.durable if before is not None else True
        return EndpointConfig(
            model_name=found.name,
            model_version=str(found.version),
            inputs=prepared.inputs,
            looked_up=prepared.looked_up,
            tables=self._tables(model_folder(self._workspace, prepared.digest)) if prepared.looked_up else {},
            prediction_type=prepared.prediction_type,
            example=prepared.example,
            example_is_real=prepared.example_is_real,
            log=make_tables(self._catalog, payload, name, prepared) if payload is not None else None,
            durable=durable,
            port=wish.port if wish.port is not None else before.port if before is not None else None,
        )

    def _tables(self, folder: Path) -> dict[str, int]:
        """Return the versions of the feature tables a model was trained with, by the tables' ids, as far as they can be read."""
        from mlnb.features.scoring import load_spec

        spec = load_spec(folder)
        found: dict[str, int] = {}
        for item in spec.lookups if spec is not None else ():
            try:
                info = self._catalog.table(item.table, version=item.version).info
            except MlnbError as error:  # dropped or vacuumed: the online store has what is served
                log.info("version %s of %s is not pinned: %s", item.version, item.table, error)
                continue
            found[info.table_id] = item.version
        return found

    def _write(self, name: str, config: EndpointConfig, digest: str) -> None:
        """Write the configuration as pending, and the endpoint if it is new."""
        actor = current_caller().principal
        with self._store.begin() as connection:
            current = self._store.endpoint(name)
            self._refuse_conflict(name, current)
            endpoint_id = current.id if current is not None else self._insert(connection, name, config, actor)
            version = self._store.add_config(endpoint_id, config, digest, actor)
            used = set(config.tables.items())
            if current is not None and current.config_version is not None:  # it answers until the new one does
                used |= set(self._store.config(endpoint_id, current.config_version).tables.items())
            hold(self._ground, f"endpoint:{name}", used)
            state = {"desired": ACTIVE, "config_update": "IN_PROGRESS", "message": "waiting for the supervisor"}
            etag = current.etag + 1 if current is not None else 1
            self._store.update(endpoint_id, pending_version=version, etag=etag, **state)
            served = {"model": config.model_name, "version": config.model_version, "config_version": version}
            self._store.event("created" if current is None else "update_requested", name, served)

    def _insert(self, connection: sa.Connection, name: str, config: EndpointConfig, actor: str) -> str:
        endpoint_id, now = uuid.uuid4().hex, now_ms()
        row = {"id": endpoint_id, "name": name, "creator": actor, "created_ms": now, "updated_ms": now, "etag": 1}
        state = {"desired": ACTIVE, "ready": "NOT_READY", "config_update": "IN_PROGRESS", "message": ""}
        connection.execute(serving_endpoints.insert().values(**row, **state, port=config.port))
        self._tokens.issue(connection, endpoint_id, name, actor)
        return endpoint_id
