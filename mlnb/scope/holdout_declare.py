"""From what somebody asks for to a rule: which rows of a table are held out, checked against its columns."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from mlnb.core.errors import InvalidParameterError, did_you_mean

from .holdout_records import Holdout, HoldoutRule
from .holdout_rule import canonical_time, key_type, time_type, unsupported
from .tables import holdouts

if TYPE_CHECKING:
    from mlnb.catalog.records import TableInfo

#: Fractions outside leave too little on one side.
_SMALLEST, _LARGEST = 0.001, 0.9


def rule_of(
    info: TableInfo,
    keys: Sequence[str],
    fraction: float | None,
    time: str | None,
    since: Any,
    column: str | None,
    value: Any,
) -> HoldoutRule:
    """Check what was asked for and return it as a rule."""
    given = [bool(keys), time is not None or since is not None, column is not None or value is not None]
    if sum(given) != 1:
        raise InvalidParameterError(
            "A hold-out has one rule: key with a fraction, time with since, or column with value.",
            hint="For example key=['customer_id'], fraction=0.2.",
        )
    if keys:
        share = 0.2 if fraction is None else fraction
        if isinstance(share, bool) or not isinstance(share, (int, float)) or not _SMALLEST <= share <= _LARGEST:
            raise InvalidParameterError(
                f"fraction={fraction!r} is no share of the keys.", hint=f"Use {_SMALLEST} to {_LARGEST}, usually 0.2."
            )
        if len(set(keys)) != len(keys):
            raise InvalidParameterError("A key column is named twice.", hint="Name each one once.")
        types = {name: _kind(info, name, key_type) for name in keys}
        return HoldoutRule(kind="key", key=[_column(info, name) for name in keys], fraction=float(share), types=types)
    if fraction is not None:
        raise InvalidParameterError("fraction belongs to a key.", hint="Give key=['customer_id'] with it.")
    if time is not None or since is not None:
        if time is None or since is None:
            raise InvalidParameterError(
                "time and since go together.", hint="For example time='day', since='2013-10-01'."
            )
        kind = _kind(info, time, time_type)
        return HoldoutRule(kind="time", time=_column(info, time), since=canonical_time(since, kind), types={time: kind})
    if column is None or value is None:
        raise InvalidParameterError("column and value go together.", hint="For example column='split', value='test'.")
    kind = _kind(info, column, key_type)
    return HoldoutRule(
        kind="column", column=_column(info, column), value=_value(value, kind, column), types={column: kind}
    )


def _kind(info: TableInfo, name: str, of: Callable[[str], str | None]) -> str:
    column = next(item for item in info.columns if item.name == _column(info, name))
    kind = of(column.type_text)
    if kind is None:
        raise unsupported(name, column.type_text, info.full_name)
    return kind


def _column(info: TableInfo, name: str) -> str:
    names = [item.name for item in info.columns]
    if name not in names:
        raise InvalidParameterError(
            f"Table {info.full_name} has no column {name}.",
            hint=did_you_mean(name, names) or f"Its columns: {', '.join(names[:20])}.",
        )
    return name


def _value(value: Any, kind: str, column: str) -> bool | int | str:
    """Return the value of a column rule in the column's type."""
    try:
        if kind == "integer" and not isinstance(value, bool):
            return int(value)
        if kind == "boolean" and str(value).lower() in ("true", "false"):
            return str(value).lower() == "true"
        if kind == "date":
            return date.fromisoformat(str(value)).isoformat()
        if kind == "string":
            return str(value)
    except ValueError:
        pass
    raise InvalidParameterError(f"{value!r} is no value of {column}.", hint=f"The column holds {kind}s.")


def salt_of(connection: sa.Connection, known: Holdout | None) -> str:
    """Return the workspace's salt: that of its first hold-out, so that a key is on one side in every table."""
    if known is not None and known.rule.salt:
        return known.rule.salt
    query = sa.select(holdouts.c.rule).order_by(holdouts.c.created_at, holdouts.c.id)
    salts = (rule.get("salt") for rule in connection.execute(query).scalars())
    return next((salt for salt in salts if salt), uuid.uuid4().hex[:16])


def named(name: str) -> str:
    """Return who may look as ``user:NAME``, ``group:NAME`` or ``agent:NAME``; a bare name means a user."""
    text = str(name).strip()
    if not text:
        raise InvalidParameterError("may_look names nobody.", hint="Write user:NAME, group:NAME or agent:NAME.")
    return text if text.startswith(("user:", "group:", "agent:")) else f"user:{text}"
