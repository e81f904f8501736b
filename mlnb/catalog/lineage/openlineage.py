"""Lineage in the words of OpenLineage: one RunEvent for each statement, with the ``columnLineage`` facet.

Events are written down before they are sent, so that one that could not be sent goes out with the next.
"""

from __future__ import annotations

import json
import logging
import threading
import urllib.request
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from mlnb.core.errors import MlnbError

from ..grants import identities
from ..hooks import Finished
from ..tables import catalog_lineage, catalog_statement
from . import store
from .records import SECURABLE, Thing
from .store import Flow, Maker

if TYPE_CHECKING:
    from ..service import Catalog

_LOG = logging.getLogger("mlnb.lineage")

PRODUCER = "https://pypi.org/project/mlnb/"
_SPEC = "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent"
_FACETS = "https://openlineage.io/spec/facets"

#: How our kinds are called there.
_TRANSFORMATIONS = {
    "direct": ("DIRECT", "IDENTITY"),
    "transform": ("DIRECT", "TRANSFORMATION"),
    "inferred": ("DIRECT", "IDENTITY"),
    "filter": ("INDIRECT", "WINDOW"),
    "indirect": ("INDIRECT", "FILTER"),
}

#: Events of one export, seconds for one delivery, events that wait at most.
MAX_EVENTS, _TIMEOUT, _MAX_WAITING = 10_000, 5.0, 10_000

_sending = threading.Lock()


def namespace(catalog: Catalog) -> str:
    """Return the namespace of this workspace's jobs and tables."""
    return f"mlnb://{catalog.ground.path.resolve()}"


def event(
    catalog: Catalog,
    flows: Sequence[Flow],
    maker: Maker,
    at: int,
    *,
    text: str | None = None,
) -> dict[str, Any]:
    """Return one RunEvent for what a statement, or a cell's reads and writes, did."""
    own = namespace(catalog)
    outputs: dict[str, dict[str, Any]] = {}
    inputs: dict[str, dict[str, Any]] = {}
    for flow in flows:
        space, name = _dataset(own, flow.source.id, flow.source.name)
        target_space, target_name = _dataset(own, flow.target.id, flow.target.name)
        inputs[name] = {"namespace": space, "name": name}
        output = outputs.setdefault(target_name, {"namespace": target_space, "name": target_name, "facets": {}})
        facet = output["facets"].setdefault(
            "columnLineage", _facet("ColumnLineageDatasetFacet", "1-2-0", fields={}, dataset=[])
        )
        for source_column, target_column, kind in flow.columns:
            kinds = dict(zip(("type", "subtype"), _TRANSFORMATIONS[kind], strict=True))
            field = {"namespace": space, "name": name, "field": source_column, "transformations": [kinds]}
            if target_column is None:
                facet["dataset"].append(field)
            else:
                facet["fields"].setdefault(target_column, {"inputFields": []})["inputFields"].append(field)
    job_facets = {"sql": _facet("SQLJobFacet", "1-1-0", query=text)} if text else {}
    return {
        "eventType": "COMPLETE",
        "eventTime": datetime.fromtimestamp(at / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "producer": PRODUCER,
        "schemaURL": _SPEC,
        "run": {"runId": _uuid(maker.statement_id, maker, at), "facets": {}},
        "job": {"namespace": own, "name": _job(maker), "facets": job_facets},
        "inputs": list(inputs.values()),
        "outputs": list(outputs.values()),
    }


def _facet(name: str, version: str, **values: Any) -> dict[str, Any]:
    return {"_producer": PRODUCER, "_schemaURL": f"{_FACETS}/{version}/{name}.json#/$defs/{name}", **values}


def _dataset(own: str, id: str, name: str) -> tuple[str, str]:
    """Return namespace and name of a dataset: a file has its own, everything else this workspace's."""
    kind, colon, rest = id.partition(":")
    return ("file", rest) if colon and kind == "path" else (own, rest if colon else name)


def _uuid(statement_id: str | None, maker: Maker, at: int) -> str:
    try:
        return str(uuid.UUID(statement_id or ""))
    except ValueError:
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{maker.entity_type}:{maker.entity_id}:{maker.entity_run_id}:{at}"))


def _job(maker: Maker) -> str:
    if maker.entity_type == "EXTERNAL" or not maker.entity_id:
        return "external"
    where = f"#{maker.entity_run_id}" if maker.entity_run_id else ""
    return f"{(maker.entity_type or 'query').lower()}:{maker.entity_id}{where}"


# -- what is stored ----------------------------------------------------------------------------------------------------


def events_of(catalog: Catalog, thing: Thing | None) -> list[dict[str, Any]]:
    """Return the events that wrote or read an object, or all; the oldest first.

    What the caller may not see is left out, and so is the text of statements of others, which may show what their tables hold.
    """
    row = catalog_lineage.c
    whole = sa.and_(row.source_column.is_(None), row.target_column.is_(None))
    query = sa.select(catalog_lineage, catalog_statement.c.sql, catalog_statement.c.actor).select_from(
        catalog_lineage.outerjoin(catalog_statement, catalog_statement.c.id == row.statement_id)
    )
    with catalog.ground.metastore.connect() as connection:
        if thing is not None:
            id = store.id_of(connection, thing)
            if id is None:
                raise catalog.not_found(catalog.parse(thing.name))
            query = query.where(sa.or_(row.source_id == id, row.target_id == id))
        rows = connection.execute(query.where(whole).order_by(row.event_time.desc()).limit(MAX_EVENTS)).all()
        pairs = store.columns(connection, {one.target_id for one in rows}, upstream=True)
        names = store.things(
            connection, {one.source_id: one.source_name for one in rows} | {o.target_id: o.target_name for o in rows}
        )
    known: dict[tuple[str, str], list[tuple[str, str | None, Any]]] = {}
    for pair in pairs:
        known.setdefault((pair.source, pair.target), []).append((pair.source_column, pair.target_column, pair.kind))
    things = {id for one in rows for id in (one.source_id, one.target_id)}
    hidden = {id for id in things if not _visible(catalog, names[id][0])}
    seen = [one for one in rows if not hidden & {one.source_id, one.target_id}]
    return [_stored(catalog, group, known, names) for group in _grouped(reversed(seen))]


def _visible(catalog: Catalog, thing: Thing) -> bool:
    if catalog.rights.unrestricted() or thing.kind not in SECURABLE or thing.kind == "external":
        return True
    try:
        catalog.require("BROWSE", thing.kind, thing.name)
    except MlnbError:
        return False
    return True


def _grouped(rows: Iterable[Any]) -> list[list[Any]]:
    found: dict[tuple[Any, ...], list[Any]] = {}
    for one in rows:
        what = one.statement_id or (one.entity_type, one.entity_id, one.entity_run_id, one.event_time)
        found.setdefault((what, one.target_id), []).append(one)
    return list(found.values())


def _stored(
    catalog: Catalog,
    group: Sequence[Any],
    known: Mapping[tuple[str, str], list[tuple[str, str | None, Any]]],
    names: Mapping[str, tuple[Thing, bool]],
) -> dict[str, Any]:
    flows = []
    for one in group:
        source, target = (
            store.End(id, names[id][0].name if names[id][0].kind in SECURABLE else id, None)
            for id in (one.source_id, one.target_id)
        )
        flows.append(Flow(source, target, one.kind, known.get((one.source_id, one.target_id), ())))
    first = group[0]
    maker = Maker(first.entity_type, first.entity_id, first.entity_run_id, first.run_id, first.statement_id)
    own = catalog.rights.administers() or first.actor in identities()
    return event(catalog, flows, maker, first.event_time, text=first.sql if own else None)


# -- sending -----------------------------------------------------------------------------------------------------------


def tell(catalog: Catalog, one: Finished, flows: Sequence[Flow]) -> None:
    """Send a statement's event to ``openlineage_url``: append to a file, or post; what cannot be posted waits."""
    made = event(catalog, flows, store.maker_of(one.caller, one.id), one.started_at, text=one.text)
    url = catalog.settings.openlineage_url
    line = json.dumps(made, ensure_ascii=False)
    with _sending:
        if not url.startswith(("http://", "https://")):
            path = Path(url.removeprefix("file://")).expanduser()
            path = path if path.is_absolute() else catalog.ground.root / path
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(line + "\n")
            return
        waiting = catalog.ground.path / "openlineage.waiting.jsonl"
        lines = [*(waiting.read_text(encoding="utf-8").splitlines() if waiting.exists() else ()), line][-_MAX_WAITING:]
        catalog.ground.files.write_atomic(waiting, "\n".join(lines) + "\n")
        left = _post(url, lines)
        catalog.ground.files.write_atomic(waiting, "".join(f"{line}\n" for line in left))


def _post(url: str, lines: Sequence[str]) -> Sequence[str]:
    """Post events in order; return those that are left when the receiver does not answer."""
    for number, line in enumerate(lines):
        request = urllib.request.Request(  # noqa: S310 - http or https, as the settings say
            url, data=line.encode(), headers={"Content-Type": "application/json"}, method="POST"
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT):  # noqa: S310
                pass
        except OSError as error:
            # The address itself may hold a password or a key.
            _LOG.warning("OpenLineage events wait, because %s does not take them: %s", urlsplit(url).hostname, error)
            return lines[number:]
    return []
