"""Columns that no run has: MLflow takes them for empty, a person has mostly misspelt them."""

from __future__ import annotations

from collections.abc import Sequence

from mlnb.core.errors import did_you_mean

from .reader import Key, RunQuery, TrackingReader, parse_key


def unknown_columns(
    reader: TrackingReader, columns: Sequence[str], filter: str, experiment_ids: Sequence[str] | None
) -> list[str]:
    """Return a sentence for each metric, parameter or tag that is asked for and that no run of the experiments has."""
    asked = dict.fromkeys([*map(parse_key, columns), *_keys_of(filter)])
    return [
        f"No run here has {said}. {near}".rstrip()
        for key in asked
        if key.kind in ("metrics", "params", "tags") and not _is_there(reader, key, experiment_ids)
        for said, near in [(f"{key.kind}.{_plain(key)}", _near(reader, key, experiment_ids) or "")]
    ]


def _is_there(reader: TrackingReader, key: Key, experiment_ids: Sequence[str] | None) -> bool:
    query = RunQuery(
        None if experiment_ids is None else tuple(experiment_ids), order_by=((key, True),), columns=(key,), limit=1
    )
    _, _, columns = reader.page(query)
    return bool(columns[0].values) and columns[0].values[0] is not None


def _near(reader: TrackingReader, key: Key, experiment_ids: Sequence[str] | None) -> str | None:
    """Return what was probably meant: the same name of another kind, else a similar name of this one."""
    known = [item for item, _ in reader.keys(experiment_ids)]
    elsewhere = [str(item) for item in known if item.name == _plain(key)]
    if elsewhere:
        return f"Did you mean {elsewhere[0]}?"
    said = did_you_mean(_plain(key), [item.name for item in known if item.kind == key.kind], limit=1)
    return said.replace("mean ", f"mean {key.kind}.", 1) if said else None


def _plain(key: Key) -> str:
    return key.metric if key.kind == "metrics" else key.name


def _keys_of(filter: str) -> list[Key]:
    if not filter.strip():
        return []
    from mlflow.utils.search_utils import SearchUtils

    kinds = {"metric": "metrics", "parameter": "params", "tag": "tags"}
    found = SearchUtils.parse_search_filter(filter)  # type: ignore[no-untyped-call]
    return [Key(kinds[item["type"]], item["key"]) for item in found if item["type"] in kinds]
