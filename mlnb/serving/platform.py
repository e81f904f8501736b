"""The platform's shapes of an endpoint: what ``serving-endpoints`` requests ask for and what they get."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from mlnb.core.errors import InvalidParameterError, NotProvidedError

from .records import serving_configs
from .store import EndpointRow, EntityRow, Store


class Loose(BaseModel):
    """A platform shape: newer clients send more than we know."""

    model_config = ConfigDict(extra="ignore", protected_namespaces=())


class ServedEntityInput(Loose):
    """One entity to serve; the older ``served_models`` spell its fields ``model_name`` and ``model_version``."""

    name: str | None = None
    entity_name: str | None = None
    entity_version: str | int | None = None
    model_name: str | None = None
    model_version: str | int | None = None
    external_model: dict[str, Any] | None = None
    workload_size: str | None = None
    workload_type: str | None = None
    scale_to_zero_enabled: bool | None = None
    environment_vars: dict[str, str] | None = None


class RouteInput(Loose):
    """Share of the traffic of one entity."""

    served_model_name: str | None = None
    served_entity_name: str | None = None
    traffic_percentage: int


class TrafficInput(Loose):
    """Shares of the traffic."""

    routes: list[RouteInput] = Field(default_factory=list)


class CaptureInput(Loose):
    """Where requests are recorded."""

    catalog_name: str | None = None
    schema_name: str | None = None
    table_name_prefix: str | None = None
    enabled: bool | None = True


class OwnInput(Loose):
    """What only we have: ``durable``, ``port``."""

    durable: bool | None = None
    port: int | None = None
    shadow: list[Any] | None = None
    sticky: Any = None


class ConfigInput(Loose):
    """``config`` of create and update."""

    served_entities: list[ServedEntityInput] | None = None
    served_models: list[ServedEntityInput] | None = None
    traffic_config: TrafficInput | None = None
    auto_capture_config: CaptureInput | None = None
    mlnb: OwnInput | None = None


class EntityState(Loose):
    """State of a served entity."""

    deployment: str
    deployment_state_message: str = ""


class ServedEntity(Loose):
    """A served entity as the platform shows it."""

    name: str
    id: str
    entity_name: str
    entity_version: str
    workload_size: str = "Small"
    scale_to_zero_enabled: bool = False
    creator: str
    creation_timestamp: int
    state: EntityState


class Capture(Loose):
    """Where requests are recorded."""

    catalog_name: str
    schema_name: str
    table_name_prefix: str
    enabled: bool = True


class RouteOutput(Loose):
    """Share of the traffic of one entity."""

    served_model_name: str
    traffic_percentage: int = 100


class TrafficOutput(Loose):
    """Shares of the traffic."""

    routes: list[RouteOutput]


class ConfigOutput(Loose):
    """A configuration as the platform shows it."""

    config_version: int
    served_entities: list[ServedEntity]
    traffic_config: TrafficOutput
    auto_capture_config: Capture | None = None
    start_time: int | None = None


class EndpointStateOutput(Loose):
    """Whether it answers, and whether it is being changed."""

    ready: Literal["READY", "NOT_READY"]
    config_update: Literal["NOT_UPDATING", "IN_PROGRESS", "UPDATE_FAILED", "UPDATE_CANCELED"]


class PlatformEndpoint(Loose):
    """An endpoint as the platform shows it."""

    name: str
    id: str
    creator: str
    creation_timestamp: int
    last_updated_timestamp: int
    state: EndpointStateOutput
    config: ConfigOutput | None = None
    pending_config: ConfigOutput | None = None
    permission_level: str = "CAN_MANAGE"
    endpoint_url: str | None = None


def deploy_arguments(config: ConfigInput) -> dict[str, Any]:
    """Return the arguments of ``deploy`` that a platform configuration asks for.

    Raises
    ------
    NotProvidedError
        For several entities, a split of the traffic, external models, shadows.
    InvalidParameterError
        When it names no entity, or the routes do not fit it.
    """
    entities = config.served_entities or config.served_models or []
    if len(entities) > 1:
        raise NotProvidedError(
            f"{len(entities)} served entities: one at a time is served.",
            hint="Deploy the versions as endpoints of their own.",
        )
    if not entities:
        raise InvalidParameterError(
            "config.served_entities names nothing to serve.", hint="Give entity_name and entity_version."
        )
    entity = entities[0]
    name, version = entity.entity_name or entity.model_name, entity.entity_version or entity.model_version
    _refuse(entity, config.mlnb)
    if not name or version in (None, ""):
        raise InvalidParameterError("A served entity needs entity_name and entity_version.")
    _check_routes(config.traffic_config.routes if config.traffic_config else [])
    arguments: dict[str, Any] = {"model": name, "version": version}
    capture = config.auto_capture_config
    if capture is not None:
        arguments["inference_table"] = _table(capture, name) if capture.enabled is not False else False
    if config.mlnb is not None:
        arguments |= {"durable": config.mlnb.durable, "port": config.mlnb.port}
    return arguments


def _refuse(entity: ServedEntityInput, own: OwnInput | None) -> None:
    refused = {
        "external_model": entity.external_model,
        "environment_vars": entity.environment_vars,
        "shadow": own and own.shadow,
        "sticky": own and own.sticky,
        "workload_type": entity.workload_type not in (None, "CPU") and entity.workload_type,
    }
    named = [name for name, value in refused.items() if value]
    if named:
        raise NotProvidedError(f"Not provided: {', '.join(named)}.", hint="Leave it out.")


def _check_routes(routes: Sequence[RouteInput]) -> None:
    if len(routes) > 1:
        raise NotProvidedError("Splitting traffic is not provided.", hint="Send all traffic to the one entity.")
    if routes and routes[0].traffic_percentage != 100:
        raise InvalidParameterError(
            f"The traffic adds up to {routes[0].traffic_percentage} %.", hint="It must be 100 %."
        )


def _table(capture: CaptureInput, model_name: str) -> str | bool:
    if not (capture.catalog_name or capture.schema_name or capture.table_name_prefix):
        return True
    parts = model_name.split(".")
    if len(parts) != 3 and not (capture.catalog_name and capture.schema_name):
        raise InvalidParameterError("auto_capture_config needs catalog_name and schema_name.")
    catalog, schema = capture.catalog_name or parts[0], capture.schema_name or parts[1]
    return f"{catalog}.{schema}.{capture.table_name_prefix or parts[-1]}"


def view(store: Store, row: EndpointRow, url: str | None) -> PlatformEndpoint:
    """Return an endpoint as the platform shows it."""
    applied, pending = row.config_version, row.pending_version
    return PlatformEndpoint(
        name=row.name,
        id=row.id,
        creator=row.creator,
        creation_timestamp=row.created_ms,
        last_updated_timestamp=row.updated_ms,
        state=EndpointStateOutput.model_validate({"ready": row.ready, "config_update": row.config_update}),
        config=_config(store, row, applied) if applied is not None else None,
        pending_config=_config(store, row, pending) if pending is not None else None,
        endpoint_url=url,
    )


def _config(store: Store, row: EndpointRow, version: int) -> ConfigOutput:
    import sqlalchemy as sa

    config, entity = store.config(row.id, version), store.entity(row.id, version)
    query = sa.select(serving_configs.c.created_by, serving_configs.c.created_ms).filter_by(
        endpoint_id=row.id, version=version
    )
    with store.connect() as connection:
        created = connection.execute(query).one()
    capture = None
    if config.log is not None:
        catalog, schema, table = config.log.payload.split(".")
        capture = Capture(catalog_name=catalog, schema_name=schema, table_name_prefix=table.removesuffix("_payload"))
    return ConfigOutput(
        config_version=version,
        served_entities=[_entity(entity, created._mapping)],
        traffic_config=TrafficOutput(routes=[RouteOutput(served_model_name=entity.name)]),
        auto_capture_config=capture,
        start_time=created.created_ms,
    )


def _entity(entity: EntityRow, created: Mapping[Any, Any]) -> ServedEntity:
    return ServedEntity(
        name=entity.name,
        id=entity.id,
        entity_name=entity.entity_name,
        entity_version=entity.entity_version,
        creator=created["created_by"],
        creation_timestamp=created["created_ms"],
        state=EntityState(deployment=entity.deployment, deployment_state_message=entity.message),
    )
