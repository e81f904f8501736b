"""How feature tables and training sets look in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.display import html

if TYPE_CHECKING:
    from mlnb.features.records import FeatureTable, OnlineTable
    from mlnb.features.training_set import TrainingSet


def feature_table_html(table: FeatureTable) -> str:
    """Render a feature table: key, time, features."""
    facts: list[tuple[str, Any]] = [
        ("about", table.description),
        ("key", ", ".join(name for name in table.primary_keys if name not in table.timestamp_keys)),
        ("time series by", ", ".join(table.timestamp_keys) or None),
        ("features", ", ".join(table.features)),
        ("created", html.when(table.creation_timestamp)),
        ("online", ", ".join(table.online_stores) or None),
    ]
    return html.card(f"Feature table {table.name}", facts)


def training_set_html(made: TrainingSet) -> str:
    """Render a training set: rows, versions, and how well each feature was found once it is loaded."""
    facts: list[tuple[str, Any]] = [
        ("rows", made.rows),
        (
            "features from",
            ", ".join(f"{table} version {version}" for table, version in made.versions.items()) or "no table",
        ),
        ("label", ", ".join(made.label) or None),
        ("left out", ", ".join(made.feature_spec.exclude) or None),
        ("held out", made.holdout.note if made.holdout is not None else None),
    ]
    if not made.is_loaded:
        return html.card("Training set", facts, body=["load_df() returns the rows."])
    rows = [
        {
            "feature": item.feature,
            "table": item.table,
            "found": f"{item.hit_rate:.1%}",
            "missing": f"{item.null_rate:.1%}",
            "median age": _age(item.age_p50),
            "look at": " ".join(item.warnings),
        }
        for item in made.quality
    ]
    return html.card("Training set", facts, body=[html.table(rows)] if rows else [])


def online_table_html(table: OnlineTable) -> str:
    """Render an online table: version and how far it is behind."""
    tone = "ok" if table.state == "AVAILABLE" else "warn"
    facts: list[tuple[str, Any]] = [
        ("version", table.published_version),
        ("behind by", f"{table.behind_versions} versions" if table.behind_versions else None),
        ("rows", table.rows),
        ("newest row", html.when(table.max_ts) if table.max_ts is not None else None),
        ("published", html.when(table.published_at)),
    ]
    return html.card(f"Online table {table.name}", facts, state=(table.state.lower(), tone))


def _age(seconds: float | None) -> str:
    if seconds is None:
        return ""
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} seconds"


FORMATTERS = {"FeatureTable": feature_table_html, "TrainingSet": training_set_html, "OnlineTable": online_table_html}
