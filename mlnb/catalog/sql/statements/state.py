"""USE and widgets: what later statements start from."""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import InvalidParameterError, NotFoundError, did_you_mean

from ... import names
from ...errors import SqlError
from ..grammar import Name
from .answers import done, full_name, rows_result

if TYPE_CHECKING:
    from ..context import Context
    from ..front import SqlFront
    from ..parse import Statement
    from ..result import SqlResult


def use(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``USE [CATALOG | SCHEMA] name``."""
    kind, given = statement.args["kind"], statement.args["name"]
    parts = given.parts if isinstance(given, Name) else tuple(names.split(given))
    if kind == "catalog":
        front.catalog.use(names.quote(parts[0]), kind="catalog")
    else:
        front.catalog.use(full_name(Name(parts), "schema", context))
    return done(statement)


def set_time_zone(front: SqlFront, statement: Statement, context: Context) -> SqlResult:  # noqa: ARG001
    """``SET TIME ZONE``: times are shown in UTC, so nothing else can be set."""
    zone = str(statement.args["zone"])
    if zone.upper() not in ("UTC", "GMT", "Z", "LOCAL", "+00:00", "ETC/UTC"):
        raise SqlError(
            "Times are UTC here.",
            code="UNSUPPORTED_FEATURE",
            hint="Convert them: from_utc_timestamp(time, 'Europe/Berlin').",
        )
    return done(statement)


def create_widget(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """``CREATE WIDGET kind name DEFAULT 'value' [CHOICES query]``: a value for ``:name`` until somebody chooses another."""
    args = statement.args
    default = str(args["default"])
    if statement.query is not None:
        rows = front.select(statement, context).rows()
        choices = [str(next(iter(row.values()))) for row in rows if row]
        known = default.split(",") if args["kind"] == "MULTISELECT" else [default]
        wrong = [value for value in known if value not in choices]
        if wrong and args["kind"] != "COMBOBOX":
            raise InvalidParameterError(
                f"{wrong[0]!r} is none of the widget's choices.",
                hint=did_you_mean(wrong[0], choices) or f"Choices: {', '.join(choices[:10])}.",
            )
        context_widget(context, args["name"], default, choices)
    else:
        context_widget(context, args["name"], default, [])
    return rows_result(statement, [{"name": args["name"], "value": default}], ("name", "value"))


def context_widget(context: Context, name: str, default: str, choices: list[str]) -> None:
    """Put a widget's value where statements take their parameters from; one that has a value keeps it."""
    params = _changeable(context)
    create = getattr(params, "create_widget", None)
    if create is not None:
        create(name, default, choices)
    elif name not in params:
        params[name] = default


def remove_widget(front: SqlFront, statement: Statement, context: Context) -> SqlResult:  # noqa: ARG001
    """``REMOVE WIDGET name``."""
    name = statement.args["name"]
    params = _changeable(context)
    if name not in params:
        raise NotFoundError(f"There is no widget {name!r}.", hint=did_you_mean(name, list(map(str, params))))
    del params[name]
    return done(statement)


def _changeable(context: Context) -> MutableMapping[str, Any]:
    if not isinstance(context.params, MutableMapping):
        raise InvalidParameterError(
            "There is nowhere to keep widgets.", hint="Pass a dictionary as params, or run the statement in a notebook."
        )
    return context.params
