"""The platform's catalog paths for registered models, versions and aliases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.registry.records import ModelVersion, RegisteredModel
from mlnb.server.route import Empty, PlatformModel, routes_under

if TYPE_CHECKING:
    from mlnb.door import Workspace

_BASE = "/api/2.1/unity-catalog/models"


class ListPlatformModels(PlatformModel):
    """Filter and page of models."""

    catalog_name: str | None = None
    schema_name: str | None = None
    max_results: int = 0
    page_token: str | None = None


class PlatformAlias(PlatformModel):
    """An alias and the version it names."""

    alias_name: str
    version_num: int


class PlatformModelInfo(PlatformModel):
    """A registered model as the platform shows it."""

    name: str
    catalog_name: str
    schema_name: str
    full_name: str
    owner: str | None = None
    comment: str | None = None
    created_at: int
    updated_at: int
    aliases: list[PlatformAlias]


class PlatformModels(PlatformModel):
    """A page of models."""

    registered_models: list[PlatformModelInfo]
    next_page_token: str | None = None


class PlatformVersionInfo(PlatformModel):
    """A version as the platform shows it."""

    model_name: str
    catalog_name: str
    schema_name: str
    version: int
    source: str | None = None
    run_id: str | None = None
    status: str
    comment: str | None = None
    created_by: str | None = None
    created_at: int
    updated_at: int
    aliases: list[PlatformAlias]


class PlatformVersions(PlatformModel):
    """A page of versions, newest first."""

    model_versions: list[PlatformVersionInfo]
    next_page_token: str | None = None


class ModelPath(PlatformModel):
    """A model by its full name."""

    full_name: str


class VersionPath(PlatformModel):
    """A version by its number."""

    full_name: str
    version: int


class AliasPath(PlatformModel):
    """An alias of a model."""

    full_name: str
    alias: str


class SetAlias(AliasPath):
    """The version that an alias is to name."""

    version_num: int


def list_models(ws: Workspace, q: ListPlatformModels) -> PlatformModels:
    """List registered models, of one schema or of all."""
    prefix = ".".join(part for part in (q.catalog_name, q.schema_name) if part)
    text = f"name LIKE '{_literal(prefix)}.%'" if prefix else None
    page = ws.models.search(text, max_results=min(q.max_results or 100, 1000), page_token=q.page_token)
    # LIKE takes _ for any character, so the names are compared once more.
    items = [model for model in page.items if not prefix or model.name.startswith(f"{prefix}.")]
    return PlatformModels(registered_models=[_model(model) for model in items], next_page_token=page.next_page_token)


def get_model(ws: Workspace, q: ModelPath) -> PlatformModelInfo:
    """Return a registered model."""
    return _model(ws.models.get(q.full_name))


def list_versions(ws: Workspace, q: ModelPath) -> PlatformVersions:
    """List the versions of a model."""
    return PlatformVersions(model_versions=[_version(version) for version in ws.models.get(q.full_name).versions])


def get_version(ws: Workspace, q: VersionPath) -> PlatformVersionInfo:
    """Return a version."""
    return _version(ws.models.version(q.full_name, q.version))


def get_by_alias(ws: Workspace, q: AliasPath) -> PlatformVersionInfo:
    """Return the version that an alias names."""
    return _version(ws.models.resolve(f"{q.full_name}@{q.alias}"))


def set_alias(ws: Workspace, q: SetAlias) -> PlatformAlias:
    """Let an alias name a version; gates and sign-off of the scope card apply."""
    moved = ws.models.set_alias(q.full_name, q.alias, q.version_num)
    return PlatformAlias(alias_name=moved.to.removeprefix("@"), version_num=moved.version)


def delete_alias(ws: Workspace, q: AliasPath) -> None:
    """Take an alias away."""
    ws.models.delete_alias(q.full_name, q.alias)


def _literal(text: str) -> str:
    return text.replace("'", "''").replace("%", "")


def _parts(name: str) -> tuple[str, str, str]:
    catalog, schema, model = ([*name.split(".", 2), "", ""])[:3]
    return catalog, schema, model


def _model(model: RegisteredModel) -> PlatformModelInfo:
    catalog, schema, name = _parts(model.name)
    return PlatformModelInfo(
        name=name,
        catalog_name=catalog,
        schema_name=schema,
        full_name=model.name,
        owner=model.user,
        comment=model.description,
        created_at=model.created_at,
        updated_at=model.updated_at,
        aliases=[
            PlatformAlias(alias_name=alias, version_num=version) for alias, version in sorted(model.aliases.items())
        ],
    )


def _version(version: ModelVersion) -> PlatformVersionInfo:
    catalog, schema, name = _parts(version.name)
    return PlatformVersionInfo(
        model_name=name,
        catalog_name=catalog,
        schema_name=schema,
        version=version.version,
        source=version.source,
        run_id=version.run_id,
        status=version.status,
        comment=version.description,
        created_by=version.user,
        created_at=version.created_at,
        updated_at=version.updated_at,
        aliases=[PlatformAlias(alias_name=alias, version_num=version.version) for alias in version.aliases],
    )


_route = routes_under(_BASE, resource="models", tag="Unity Catalog", row="REG-13")


PLATFORM_ROUTES = [
    _route("GET", "", list_models, ListPlatformModels, PlatformModels, "List registered models"),
    _route("GET", "/{full_name}", get_model, ModelPath, PlatformModelInfo, "Return a registered model"),
    _route("GET", "/{full_name}/versions", list_versions, ModelPath, PlatformVersions, "List versions"),
    _route("GET", "/{full_name}/versions/{version}", get_version, VersionPath, PlatformVersionInfo, "Return a version"),
    _route(
        "GET", "/{full_name}/aliases/{alias}", get_by_alias, AliasPath, PlatformVersionInfo, "Return an alias's version"
    ),
    _route("PUT", "/{full_name}/aliases/{alias}", set_alias, SetAlias, PlatformAlias, "Set an alias"),
    _route("DELETE", "/{full_name}/aliases/{alias}", delete_alias, AliasPath, Empty, "Delete an alias"),
]
