"""Which data a run used: what the catalog reports while it runs, and the tables its frames came from."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from mlnb.core.caller import calling
from mlnb.core.errors import MlnbError
from mlnb.core.origin import origin_of

from ..records import RunData

if TYPE_CHECKING:
    from mlflow.entities import DatasetInput

    from mlnb.catalog.service import Catalog
    from mlnb.core.access import TableAccess

log = logging.getLogger("mlnb.training")


def source_of(value: Any) -> Mapping[str, Any] | None:
    """Return the table and version a frame was read from, as far as it says so."""
    found = origin_of(value)
    return found if found.get("table") else None


def run_data_of(accesses: Iterable[TableAccess], frames: Iterable[Any]) -> list[RunData]:
    """Return what was read and written, each table and version once, in the order of first use.

    Parameters
    ----------
    accesses
        What the catalog reported.
    frames
        Values the code used; those that came from a table count as read from it, though the reading happened earlier.
    """
    found: dict[tuple[str, str, int | None], RunData] = {}
    key: tuple[str, str, int | None]
    for access in accesses:
        key = (access.direction, access.name, access.version)
        rows = max((found[key].n_rows or 0) if key in found else 0, access.rows or 0)
        found[key] = RunData(
            direction=access.direction, name=access.name, version=access.version, n_rows=rows or access.rows
        )
    for frame in frames:
        source = source_of(frame)
        if source is not None:
            version = source.get("version")
            key = ("read", str(source["table"]), version)
            if key not in found and ("written", *key[1:]) not in found:
                found[key] = RunData(direction="read", name=key[1], version=version, n_rows=len(frame), observed=False)
    return list(found.values())


def stated_data(catalog: Catalog, stated: Mapping[str, str], namespace: Mapping[str, Any]) -> list[RunData]:
    """Return the tables that variables were said to be made from.

    Parameters
    ----------
    stated
        Variable -> table, with ``@version`` where it is not the newest.
    namespace
        The variables.
    """
    data = []
    for name, text in stated.items():
        table, version = table_and_version(text)
        info = catalog.info(table)
        value: Any = namespace.get(name)
        rows = len(value) if hasattr(value, "__len__") else None
        chosen = info.version if version is None else version
        data.append(RunData(direction="read", name=info.full_name, version=chosen, n_rows=rows, observed=False))
    return data


def table_and_version(text: str) -> tuple[str, int | None]:
    """Read ``main.ml.flights@3``."""
    table, at, version = text.rpartition("@")
    return (table, int(version)) if at and version.isdigit() else (text, None)


def merged(data: Iterable[RunData]) -> list[RunData]:
    """Return data with each table, version and file once: what was observed before what was only said."""
    found: dict[tuple[str, str, str, int | None], RunData] = {}
    for item in sorted(data, key=lambda item: not item.observed):
        found.setdefault((item.direction, item.kind, item.name, item.version), item)
    return list(found.values())


def dataset_inputs(data: Iterable[RunData], catalog: Catalog) -> list[DatasetInput]:
    """Return the tables, files and addresses a run read in MLflow's form, so that its own pages and clients show them."""
    from mlflow.entities import Dataset, DatasetInput, InputTag

    inputs = []
    for item in data:
        if item.direction != "read" or item.kind == "frame":
            continue
        if item.kind == "table":
            name, digest, kind = item.name, dataset_digest(item.name, item.version), "delta_table"
            source = {"path": _location(catalog, item.name), "delta_table_version": item.version}
        else:
            name, kind = (
                item.name.rstrip("/").rpartition("/")[2] or item.name,
                "local" if item.kind == "file" else "http",
            )
            digest = hashlib.sha256((item.fingerprint or item.name).encode()).hexdigest()[:8]
            source = {"uri": item.name} if item.kind == "file" else {"url": item.name}
        profile = json.dumps({"num_rows": item.n_rows}) if item.n_rows is not None else None
        dataset = Dataset(name=name[:500], digest=digest, source_type=kind, source=json.dumps(source), profile=profile)
        inputs.append(DatasetInput(dataset, tags=[InputTag("mlflow.data.context", "training")]))
    return inputs


def pin_reads(data: Iterable[RunData], catalog: Catalog, run_id: str) -> None:
    """Keep the versions that a run read, so that it can be repeated after the next vacuum."""
    for item in data:
        if item.direction == "read" and item.kind == "table" and item.version is not None:
            try:
                with calling(trusted=True):  # who may read a table may rely on what they read
                    catalog.pin(item.name, item.version, f"run:{run_id}")
            except (
                MlnbError
            ) as error:  # a view, a system table, a table dropped meanwhile: the run is right all the same
                log.debug("version %s of %s is not pinned: %s", item.version, item.name, error)


def dataset_digest(name: str, version: int | None) -> str:
    """Return the digest that names a version of a table in MLflow."""
    return hashlib.sha256(f"{name}@{version}".encode()).hexdigest()[:8]


def _location(catalog: Catalog, name: str) -> str:
    try:
        return str(catalog.info(name).storage_location)
    except Exception:  # a table that is gone was still read; a dataset without a location says so
        return name
