"""The OpenAPI 3.1 document, made from the operations table.

``python -m mlnb.server.openapi`` prints it; openapi-typescript turns it into ``ui/src/api/types.gen.ts``. Pydantic writes JSON Schema
2020-12, which is what OpenAPI 3.1 speaks, so nothing is translated; only what we promise about answers is made visible in the types: a
value that is absent is left out, never ``null``.
"""

from __future__ import annotations

import copy
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema

import mlnb
from mlnb.server.errors import STATUS
from mlnb.server.route import Route

_REF = "#/components/schemas/"

ERROR_SCHEMA: dict[str, Any] = {
    "type": "object",
    "title": "Error",
    "properties": {
        "error_code": {"type": "string", "examples": sorted(STATUS)},
        "message": {"type": "string"},
        "details": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "@type": {"type": "string"},
                    "reason": {"type": "string"},
                    "domain": {"type": "string"},
                    "metadata": {"type": "object", "additionalProperties": {"type": "string"}},
                    "field_violations": {
                        "type": "array",
                        "items": {
                            "type": "object",
                            "properties": {"field": {"type": "string"}, "description": {"type": "string"}},
                            "required": ["field", "description"],
                        },
                    },
                    "violations": {"type": "array", "items": {"type": "object"}},
                },
                "required": ["@type"],
            },
        },
    },
    "required": ["error_code", "message", "details"],
}


def document(routes: Iterable[Route] | None = None) -> dict[str, Any]:
    """Build the document.

    Parameters
    ----------
    routes
        The operations table; all of it by default. The MLflow mount is left out: its paths are MLflow's to describe.
    """
    if routes is None:
        from mlnb.server.router import load_routes

        routes = load_routes()
    described = [route for route in routes if route.tag != "MLflow"]
    schemas, refs = _schemas(described)
    names = operation_ids(described)
    paths: dict[str, dict[str, Any]] = {}
    for route in described:
        path = route.path.replace("*}", "}")
        paths.setdefault(path, {})[route.verb.lower()] = _operation(route, names[route], schemas, refs)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "mlnb",
            "version": mlnb.__version__,
            "description": "The machine-learning life cycle of a workspace. Paths are relative to {base_url}/mlnb of a Jupyter server.",
        },
        "servers": [{"url": "/mlnb"}],
        "security": [{"token": []}],
        "paths": dict(sorted(paths.items())),
        "components": {
            "schemas": dict(sorted({**schemas, "Error": ERROR_SCHEMA}.items())),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "The Jupyter server's token"}
            },
        },
    }


def text() -> str:
    """Return the document as text, the same for the same table."""
    return json.dumps(document(), indent=1, ensure_ascii=False) + "\n"


_Key = tuple[type[BaseModel], JsonSchemaMode]


def _schemas(routes: Iterable[Route]) -> tuple[dict[str, Any], dict[_Key, str]]:
    """Return all schemas by name, and the name of each model in each use."""
    keys: dict[_Key, None] = {}
    for route in routes:
        if route.request is not None:
            keys[route.request, "validation"] = None
        if route.response is not None:
            keys[route.response, "serialization"] = None
    found, defined = models_json_schema(list(keys), ref_template=_REF + "{model}", schema_generator=_Schema)
    definitions: dict[str, Any] = defined.get("$defs", {})
    refs: dict[Any, str] = {key: value["$ref"].removeprefix(_REF) for key, value in found.items()}
    names = _short_names(definitions)
    renamed: dict[str, Any] = json.loads(_rename(json.dumps(definitions), names))
    schemas = {names[name]: _without_titles(renamed[name]) for name in definitions}
    answers = _reachable(schemas, {names[refs[key]] for key in keys if key[1] == "serialization"})
    asked = _reachable(schemas, {names[refs[key]] for key in keys if key[1] == "validation"})
    for name in answers:
        _leave_out_nulls(schemas[name])
    for name in answers - asked:
        _may_grow(schemas[name])
    return schemas, {key: names[refs[key]] for key in keys}


def _short_names(definitions: dict[str, Any]) -> dict[str, str]:
    """Choose readable names for those that pydantic makes unique.

    Of two records with the same name each gets the stage in front (``ExploreComparison``) instead of its module path. A record that
    looks different in requests is ``ThingInput`` there; answers keep the plain name.
    """
    names = {}
    for name in definitions:
        plain, _, use = name.partition("-")
        parts = plain.split("__")
        if len(parts) > 2 and parts[0] == "mlnb":
            plain = (parts[2] if parts[1] == "server" else parts[1]).title() + parts[-1]
        names[name] = plain + ("Input" if use == "Input" else "")
    twice = {name for name, n in Counter(names.values()).items() if n > 1}
    return {name: name.replace("-", "_") if short in twice else short for name, short in names.items()}


def _rename(text: str, names: dict[str, str]) -> str:
    for name, short in sorted(names.items(), key=lambda pair: -len(pair[0])):
        text = text.replace(f'"{_REF}{name}"', f'"{_REF}{short}"')
    return text


def _reachable(schemas: dict[str, Any], names: Iterable[str]) -> set[str]:
    """Return the names of the schemas that answers consist of."""
    seen: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += [ref for ref in _refs(schemas[name]) if ref in schemas]
    return seen


def _refs(node: Any) -> Iterable[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(_REF)
        for value in node.values():
            yield from _refs(value)
    elif isinstance(node, list):
        for value in node:
            yield from _refs(value)


def _leave_out_nulls(schema: dict[str, Any]) -> None:
    """State that an optional property of an answer is absent rather than null."""
    required = set(schema.get("required", ()))
    for name, value in schema.get("properties", {}).items():
        options = [option for option in value.get("anyOf", ()) if option.get("type") != "null"]
        if name in required or not options or len(options) == len(value["anyOf"]):
            continue
        rest = {key: item for key, item in value.items() if key not in ("anyOf", "default")}
        schema["properties"][name] = {**rest, **options[0]} if len(options) == 1 else {**rest, "anyOf": options}


def _may_grow(schema: dict[str, Any]) -> None:
    """Let an answer have further properties: later versions add some."""
    if "properties" in schema:
        schema.pop("additionalProperties", None)


class _Schema(GenerateJsonSchema):
    """States for answers which properties are always there: all but those that are left out when ``None``."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        """Say whether a property is always there."""
        inner = field["schema"]
        if self.mode == "serialization" and inner.get("type") == "default":
            return not ("default" in inner and inner["default"] is None)
        return super().field_is_required(field, total)


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop the titles that pydantic derives from the properties' names."""
    for value in schema.get("properties", {}).values():
        value.pop("title", None)
    return schema


def _operation(route: Route, name: str, schemas: dict[str, Any], refs: dict[_Key, str]) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": name,
        "tags": [route.tag or route.resource],
        "summary": route.summary or _first_line(route.call.__doc__),
        "responses": {
            str(route.status): _answer(route, refs),
            "default": {
                "description": "An error: code, message, and details with the hint.",
                "content": {"application/json": {"schema": {"$ref": _REF + "Error"}}},
            },
        },
    }
    if route.public:
        operation["security"] = []
    schema = schemas[refs[route.request, "validation"]] if route.request is not None else {}
    operation["parameters"] = _parameters(route, schema)
    if route.verb in ("POST", "PUT", "PATCH"):
        operation["requestBody"] = _body(route, schema, refs)
    return operation


def operation_ids(routes: Iterable[Route]) -> dict[Route, str]:
    """Return a name for each operation; where one call answers several of one API, verb and path tell them apart."""
    found = {route: _operation_id(route) for route in routes}
    often = Counter(found.values())
    return {route: f"{name}_{_way(route)}" if often[name] > 1 else name for route, name in found.items()}


def _way(route: Route) -> str:
    """Return verb and path as one word."""
    return "_".join([route.verb.lower(), *re.findall(r"\w+", route.path.split("/", 3)[-1])])


def _operation_id(route: Route) -> str:
    """Return stage and function, with the API's version where it is not our own."""
    module = route.call.__module__.rsplit(".", 1)[-1]
    version = route.path.split("/")[2].replace(".", "_") if route.path.startswith("/api/") else "0"
    suffix = "" if version == "1_0" else f"_{version}"
    return f"{module}_{route.call.__name__}{suffix}"


def _first_line(doc: str | None) -> str:
    return (doc or "").strip().split("\n", 1)[0].rstrip(".")


def _answer(route: Route, refs: dict[_Key, str]) -> dict[str, Any]:
    if route.response is None:
        kind = "application/octet-stream" if route.status != 204 else None
        return {"description": "Bytes.", "content": {kind: {}}} if kind else {"description": "Done."}
    schema = {"$ref": _REF + refs[route.response, "serialization"]}
    return {"description": "Success.", "content": {"application/json": {"schema": schema}}}


def _parameters(route: Route, schema: dict[str, Any]) -> list[dict[str, Any]]:
    properties = schema.get("properties", {})
    required = set(schema.get("required", ()))
    found = [
        {"name": name, "in": "path", "required": True, "schema": properties.get(name, {"type": "string"})}
        for name in route.parameters
    ]
    if route.verb in ("GET", "HEAD", "DELETE"):
        for name, value in properties.items():
            if name not in route.parameters:
                found.append({"name": name, "in": "query", "required": name in required, "schema": _not_null(value)})
    return found


def _not_null(value: dict[str, Any]) -> dict[str, Any]:
    """Describe a query parameter: one that is absent is not sent."""
    holder: dict[str, Any] = {"properties": {"value": copy.deepcopy(value)}}
    _leave_out_nulls(holder)
    found: dict[str, Any] = holder["properties"]["value"]
    if found.get("default", 0) is None:
        del found["default"]
    return found


def _body(route: Route, schema: dict[str, Any], refs: dict[_Key, str]) -> dict[str, Any]:
    if route.request is None:
        return {"required": False, "content": {"application/json": {"schema": {}}}}
    if not set(route.parameters) & set(schema.get("properties", {})):
        inner: dict[str, Any] = {"$ref": _REF + refs[route.request, "validation"]}
    else:
        inner = copy.deepcopy(schema)
        inner["properties"] = {k: v for k, v in inner.get("properties", {}).items() if k not in route.parameters}
        inner["required"] = [name for name in inner.get("required", ()) if name not in route.parameters]
        if not inner["required"]:
            del inner["required"]
        inner.pop("title", None)
    return {
        "required": bool(inner.get("required", "$ref" in inner)),
        "content": {"application/json": {"schema": inner}},
    }


if __name__ == "__main__":
    sys.stdout.write(text())
