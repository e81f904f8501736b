"""What the supervisor does for loads: those whose process died go on, what killed ones left is settled, old files go."""

from __future__ import annotations

import logging
import re
import shutil
from typing import TYPE_CHECKING

from mlnb.core.errors import MlnbError
from mlnb.core.supervisor import Reconciler

from . import state as rows
from . import uploads

if TYPE_CHECKING:
    from ..service import Catalog

log = logging.getLogger("mlnb.catalog")

#: How long a load that has ended is listed, in milliseconds.
_LISTED_MS = 90 * 24 * 3600 * 1000
_TIDY_MS = 60_000


class Loads(Reconciler):
    """Keeps loads in the background going, and the workspace free of what they leave."""

    name = "catalog-loads"
    period_ms = 5000

    def __init__(self, catalog: Catalog) -> None:
        self._catalog = catalog
        self._tidied = 0

    def tick(self, now_ms: int) -> None:
        """Look after every load that is going on; now and then settle and remove what others left."""
        from .runs import tend

        with self._catalog.ground.metastore.connect() as connection:
            going = rows.runs(connection, limit=1000, states=("RUNNING", "CANCELING"))
        for row in going:
            try:
                tend(self._catalog, row.id)
            except MlnbError as error:
                log.warning("the load %s: %s", row.id, error)
        if now_ms - self._tidied >= _TIDY_MS:
            self._tidied = now_ms
            tidy(self._catalog, now_ms)


def tidy(catalog: Catalog, now_ms: int) -> None:
    """Settle the notes of killed loads; remove old uploads, old rows, and what processes that are gone had unpacked."""
    import psutil

    from .outcome import folder_of, settle

    if folder_of(catalog).exists():
        settle(catalog)
    for path in folder_of(catalog).glob("*.arrow"):  # rejected rows of loads that died before they knew their outcome
        if not path.with_suffix(".json").exists() and path.stat().st_mtime * 1000 < now_ms - uploads.KEPT_MS:
            path.unlink(missing_ok=True)
    uploads.clean(catalog, now_ms)
    with catalog.ground.metastore.connect() as connection:
        old = rows.older_runs(connection, now_ms - _LISTED_MS)
    if old:
        with catalog.ground.metastore.begin() as connection:
            rows.delete_runs(connection, old)
    for folder in (catalog.ground.path / "tmp").glob("*ingest-*"):
        match = re.search(r"ingest-(\d+)", folder.name)
        if match and not psutil.pid_exists(int(match[1])):
            shutil.rmtree(folder, ignore_errors=True)
