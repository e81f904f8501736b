"""MLflow's filter language as conditions on its tables."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from mlnb.core.tracking import load_mlflow

from ..records import SearchError
from . import mlflow_tables as t

#: Conditions of one filter; databases limit how deep a statement is.
_MOST = 100
_NAMED = re.compile(r"attributes\.run_id IN \(('[0-9a-f]{32}'(?:, '[0-9a-f]{32}')*)\)")


def conditions(text: str, dialect: str) -> list[sa.ColumnElement[bool]]:
    """Return the conditions a filter puts on ``runs``.

    MLflow's own parser and comparisons are used, so that a filter means here what it means there; importing it is what the first filter
    costs.

    Raises
    ------
    SearchError
        When the filter cannot be read; its details have ``position`` and ``end`` of what is wrong.
    """
    if not text.strip():
        return []
    named = _NAMED.fullmatch(text)
    if named is not None:  # pages ask for runs they know by id; MLflow's seconds of import are not for them
        return [t.runs.c.run_uuid.in_([part.strip(" '") for part in named[1].split(",")])]
    load_mlflow()
    from mlflow.utils.search_utils import SearchUtils

    utils: Any = SearchUtils
    try:
        found = [_condition(item, dialect, utils) for item in utils.parse_search_filter(text)]
    except Exception as error:  # its parser meets some texts with an IndexError or AttributeError of its own
        from .filter_check import refused

        reason = getattr(error, "message", None) or "MLflow's parser stops at it."
        raise refused(text, str(reason).splitlines()[0]) from error
    if len(found) > _MOST:
        raise SearchError(f"{len(found)} conditions are too many.", hint=f"Join at most {_MOST} by AND.")
    return found


def readable(text: str) -> bool:
    """Return whether MLflow's parser reads a text."""
    from mlflow.utils.search_utils import SearchUtils

    utils: Any = SearchUtils
    try:
        return [_condition(item, "sqlite", utils) for item in utils.parse_search_filter(text)] != []
    except Exception:
        return False


def _condition(item: dict[str, Any], dialect: str, utils: Any) -> sa.ColumnElement[bool]:
    """Turn one parsed comparison into SQL, as MLflow's own store does."""
    kind, comparator, value = item["type"], item["comparator"].upper(), item["value"]
    name = utils.translate_key_alias(item["key"])
    compare = utils.get_sql_comparison_func(comparator, dialect)
    if utils.is_string_attribute(kind, name, comparator) or utils.is_numeric_attribute(kind, name, comparator):
        if name == "run_name":  # MLflow asks the tag: runs of old releases have no name of their own
            named = sa.select(t.tags.c.run_uuid).where(t.tags.c.key == "mlflow.runName")
            return t.runs.c.run_uuid.in_(named.where(compare(t.tags.c.value, value)))
        if isinstance(value, int) and abs(value) >= 2**63:  # more than a column holds
            value = float(value)
        condition: sa.ColumnElement[bool] = compare(t.attribute(name), value)
        return condition
    if utils.is_dataset(kind, comparator):
        return t.runs.c.run_uuid.in_(_dataset_runs(name, compare, value))
    table = t.metrics if utils.is_metric(kind, comparator) else t.params if utils.is_param(kind, comparator) else t.tags
    if table is t.tags:
        utils.is_tag(kind, comparator)  # raises for a comparator that tags do not have
    has_key = sa.select(table.c.run_uuid).where(table.c.key == name)
    if comparator in ("IS NULL", "IS NOT NULL"):
        inside = t.runs.c.run_uuid.in_(has_key)
        return inside if comparator == "IS NOT NULL" else ~inside
    if table is not t.metrics:
        return t.runs.c.run_uuid.in_(has_key.where(compare(table.c.value, value)))
    # NaN is stored as 0 with a flag; it fulfils != and nothing else.
    matches = compare(table.c.value, float(value))
    flag = table.c.is_nan.is_(True)
    return t.runs.c.run_uuid.in_(
        has_key.where(sa.or_(matches, flag) if comparator == "!=" else sa.and_(matches, ~flag))
    )


def _dataset_runs(name: str, compare: Callable[[Any, Any], Any], value: Any) -> sa.Select[Any]:
    chosen = sa.select(t.inputs.c.destination_id).join(t.datasets, t.datasets.c.dataset_uuid == t.inputs.c.source_id)
    if name == "context":
        chosen = chosen.join(t.input_tags, t.input_tags.c.input_uuid == t.inputs.c.input_uuid)
        return chosen.where(t.input_tags.c.name == "mlflow.data.context", compare(t.input_tags.c.value, value))
    return chosen.where(compare(t.datasets.c[name], value))
