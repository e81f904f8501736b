"""Routes of the platform's own paths for volumes, functions and temporary credentials."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Literal

from mlnb.catalog.names import quote
from mlnb.catalog.records_objects import FunctionInfo, FunctionParameter, VolumeInfo
from mlnb.core.errors import InvalidParameterError, NotProvidedError
from mlnb.server.route import Empty, PlatformModel, Route
from mlnb.server.unity_paths import both

if TYPE_CHECKING:
    from mlnb.door import Workspace


class ListBelow(PlatformModel):
    """Page of what a schema holds."""

    catalog_name: str
    schema_name: str
    max_results: int = 0
    page_token: str | None = None

    @property
    def schema_full_name(self) -> str:
        """The schema, as lookups take it."""
        return f"{quote(self.catalog_name)}.{quote(self.schema_name)}"


class ByName(PlatformModel):
    """An object by its full name."""

    name: str
    force: bool = False


class UpdateObject(PlatformModel):
    """Changes of a volume or function; what is absent stays."""

    name: str
    new_name: str | None = None
    comment: str | None = None
    owner: str | None = None


# -- volumes -------------------------------------------------------------------------------------------------------------


class CreateVolume(PlatformModel):
    """A new volume: managed, or external at a location."""

    catalog_name: str
    schema_name: str
    name: str
    volume_type: Literal["MANAGED", "EXTERNAL"] = "MANAGED"
    storage_location: str | None = None
    comment: str | None = None


class PlatformVolume(PlatformModel):
    """A volume as the platform shows it."""

    name: str
    catalog_name: str
    schema_name: str
    full_name: str
    volume_id: str
    volume_type: str
    storage_location: str
    owner: str
    comment: str | None = None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


class PlatformVolumes(PlatformModel):
    """A page of volumes."""

    volumes: list[PlatformVolume]
    next_page_token: str | None = None


def list_volumes(ws: Workspace, q: ListBelow) -> PlatformVolumes:
    """List the volumes of a schema."""
    page = ws.catalog.volumes(q.schema_full_name, page_token=q.page_token, max_results=q.max_results)
    return PlatformVolumes(volumes=[_volume(item) for item in page.items], next_page_token=page.next_page_token)


def get_volume(ws: Workspace, q: ByName) -> PlatformVolume:
    """Return a volume."""
    return _volume(ws.catalog.volume(q.name))


def create_volume(ws: Workspace, q: CreateVolume) -> PlatformVolume:
    """Create a volume."""
    if q.volume_type == "EXTERNAL" and not q.storage_location:
        raise InvalidParameterError("An external volume needs a storage_location.")
    name = ".".join(quote(part) for part in (q.catalog_name, q.schema_name, q.name))
    location = q.storage_location if q.volume_type == "EXTERNAL" else None
    return _volume(ws.catalog.create_volume(name, location=location, comment=q.comment))


def update_volume(ws: Workspace, q: UpdateObject) -> PlatformVolume:
    """Change a volume."""
    return _volume(ws.catalog.volume(_change(ws, "volume", q)))


def delete_volume(ws: Workspace, q: ByName) -> Empty:
    """Drop a volume; it can be brought back for some days."""
    ws.catalog.drop(q.name, kind="volume")
    return Empty()


def _volume(info: VolumeInfo) -> PlatformVolume:
    return PlatformVolume(**info.model_dump())


def _change(ws: Workspace, kind: Any, q: UpdateObject) -> str:
    """Apply an update, the new name last, and return the name after it."""
    if q.owner is not None:
        ws.catalog.set_owner(q.name, q.owner, kind=kind)
    if q.comment is not None:
        ws.catalog.set_comment(q.name, q.comment, kind=kind)
    return ws.catalog.rename(q.name, quote(q.new_name), kind=kind) if q.new_name else q.name


# -- functions -----------------------------------------------------------------------------------------------------------


class PlatformParameter(PlatformModel):
    """A parameter of a function as the platform shows it."""

    name: str
    type_text: str
    type_name: str
    type_json: str = ""
    position: int
    parameter_default: str | None = None
    comment: str | None = None


class PlatformParameters(PlatformModel):
    """Parameters in order."""

    parameters: list[PlatformParameter] | None = None


class FunctionBody(PlatformModel):
    """A new function as the platform's clients describe it."""

    name: str
    catalog_name: str
    schema_name: str
    input_params: PlatformParameters | None = None
    data_type: str = ""
    full_data_type: str = ""
    return_params: PlatformParameters | None = None
    routine_body: str = "SQL"
    routine_definition: str
    external_language: str | None = None
    comment: str | None = None


class CreateFunction(PlatformModel):
    """A new function."""

    function_info: FunctionBody


class PlatformFunction(PlatformModel):
    """A function as the platform shows it."""

    name: str
    catalog_name: str
    schema_name: str
    full_name: str
    function_id: str
    input_params: PlatformParameters
    data_type: str
    full_data_type: str
    return_params: PlatformParameters | None = None
    routine_body: str
    routine_definition: str
    external_language: str | None = None
    parameter_style: str = "S"
    is_deterministic: bool = True
    sql_data_access: str
    is_null_call: bool = True
    security_type: str = "DEFINER"
    specific_name: str
    owner: str
    comment: str | None = None
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str


class PlatformFunctions(PlatformModel):
    """A page of functions."""

    functions: list[PlatformFunction]
    next_page_token: str | None = None


def list_functions(ws: Workspace, q: ListBelow) -> PlatformFunctions:
    """List the functions of a schema."""
    page = ws.catalog.functions(q.schema_full_name, page_token=q.page_token, max_results=q.max_results)
    return PlatformFunctions(functions=[_function(item) for item in page.items], next_page_token=page.next_page_token)


def get_function(ws: Workspace, q: ByName) -> PlatformFunction:
    """Return a function."""
    return _function(ws.catalog.function(q.name))


_LANGUAGES: dict[str, Literal["SQL", "PYTHON"]] = {"SQL": "SQL", "PYTHON": "PYTHON"}


def create_function(ws: Workspace, q: CreateFunction) -> PlatformFunction:
    """Create a function from its source."""
    body = q.function_info
    named = (body.external_language or "SQL").upper()
    language = _LANGUAGES.get(named)
    if language is None:
        raise NotProvidedError(f"Functions in {named} are not provided.", hint="Write it in SQL or Python.")
    columns = body.return_params.parameters if body.return_params else None
    made = ws.catalog.create_function(
        body.routine_definition,
        ".".join(quote(part) for part in (body.catalog_name, body.schema_name, body.name)),
        parameters=_parameters(body.input_params),
        returns=_parameters(body.return_params) if columns else body.full_data_type or body.data_type,
        language=language,
        comment=body.comment,
    )
    return _function(made)


def update_function(ws: Workspace, q: UpdateObject) -> PlatformFunction:
    """Change a function."""
    return _function(ws.catalog.function(_change(ws, "function", q)))


def delete_function(ws: Workspace, q: ByName) -> Empty:
    """Drop a function; it can be brought back for some days."""
    ws.catalog.drop(q.name, kind="function")
    return Empty()


def _parameters(given: PlatformParameters | None) -> list[dict[str, Any]]:
    found = given.parameters or [] if given else []
    same = [
        {"name": p.name, "type_text": p.type_text, "default": p.parameter_default, "comment": p.comment} for p in found
    ]
    return [{key: value for key, value in item.items() if value is not None} for item in same]


def _shown(parameters: list[FunctionParameter]) -> PlatformParameters:
    return PlatformParameters(
        parameters=[
            PlatformParameter(
                name=item.name,
                type_text=item.type_text,
                type_name=_type_name(item.type_text),
                type_json=json.dumps({"name": item.name, "type": item.type_text, "nullable": True, "metadata": {}}),
                position=position,
                parameter_default=item.default,
                comment=item.comment,
            )
            for position, item in enumerate(parameters)
        ]
    )


def _type_name(text: str) -> str:
    """Return the platform's name of a type written as text."""
    from mlnb.catalog.delta.declared import delta_type
    from mlnb.catalog.delta.types import name

    return "TABLE_TYPE" if text.upper() == "TABLE" else name(delta_type(text))


def _function(info: FunctionInfo) -> PlatformFunction:
    same = info.model_dump(exclude={"parameters", "return_columns"})
    is_sql = info.language == "SQL"
    return PlatformFunction(
        **same,
        input_params=_shown(info.parameters),
        data_type=_type_name(info.return_type),
        full_data_type=info.return_type,
        return_params=_shown(info.return_columns) if info.return_columns else None,
        routine_body="SQL" if is_sql else "EXTERNAL",
        routine_definition=info.body,
        external_language=None if is_sql else info.language.title(),
        sql_data_access="CONTAINS_SQL" if is_sql else "NO_SQL",
        specific_name=info.name,
    )


# -- temporary credentials -----------------------------------------------------------------------------------------------


class CredentialsFor(PlatformModel):
    """What the client wants to read or write."""

    table_id: str | None = None
    volume_id: str | None = None
    url: str | None = None
    operation: str = "READ"


class TemporaryCredentials(PlatformModel):
    """Where the files are, and until when they may be read; for folders of this computer there is nothing to hand out."""

    expiration_time: int
    url: str | None = None


def temporary_credentials(ws: Workspace, q: CredentialsFor) -> TemporaryCredentials:
    """Say where the files of a table or volume are."""
    found = ws.catalog.credentials(table_id=q.table_id, volume_id=q.volume_id, url=q.url, write="WRITE" in q.operation)
    return TemporaryCredentials(expiration_time=found.expiration_time, url=found.url)


def _credentials() -> list[Route]:
    found: list[Route] = []
    for what in ("table", "path", "volume"):
        path = f"/temporary-{what}-credentials"
        summary = f"Where the files of a {what} are"
        routes = both("POST", path, temporary_credentials, CredentialsFor, TemporaryCredentials, summary, action="read")
        elsewhere = f"/api/2.0/unity-catalog{path}"  # where one of the clients asks
        found += [
            *routes,
            Route(
                "POST",
                elsewhere,
                temporary_credentials,
                CredentialsFor,
                TemporaryCredentials,
                resource="catalog",
                action="read",
                tag="Unity Catalog",
                summary=summary,
                row="UC-30",
            ),
        ]
    return found


ROUTES = [
    *both("GET", "/volumes", list_volumes, ListBelow, PlatformVolumes, "List the volumes of a schema", row="UC-16"),
    *both("POST", "/volumes", create_volume, CreateVolume, PlatformVolume, "Create a volume", row="UC-16"),
    *both("GET", "/volumes/{name}", get_volume, ByName, PlatformVolume, "Return a volume", row="UC-16"),
    *both("PATCH", "/volumes/{name}", update_volume, UpdateObject, PlatformVolume, "Change a volume", row="UC-16"),
    *both("DELETE", "/volumes/{name}", delete_volume, ByName, Empty, "Drop a volume", row="UC-16"),
    *both("GET", "/functions", list_functions, ListBelow, PlatformFunctions, "List functions", row="UC-17"),
    *both("POST", "/functions", create_function, CreateFunction, PlatformFunction, "Create a function", row="UC-17"),
    *both("GET", "/functions/{name}", get_function, ByName, PlatformFunction, "Return a function", row="UC-17"),
    *both("PATCH", "/functions/{name}", update_function, UpdateObject, PlatformFunction, "Change it", row="UC-17"),
    *both("DELETE", "/functions/{name}", delete_function, ByName, Empty, "Drop a function", row="UC-17"),
    *_credentials(),
]
