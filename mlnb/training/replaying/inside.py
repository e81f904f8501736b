"""What happens in the kernel of a replay: before its cells it is cut off from the workspace's tables, after its run it judges."""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.catalog.isolation import isolate, join
from mlnb.core.caller import calling
from mlnb.core.errors import InvalidStateError, NotFoundError

from .asked import VARIABLE, Asked

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

log = logging.getLogger("mlnb.training")


def asked_here() -> Asked:
    """Return the replay this process is for.

    Raises
    ------
    InvalidStateError
        When it is for none.
    """
    path = os.environ.get(VARIABLE)
    if not path or not Path(path).is_file():
        raise InvalidStateError(
            "This process is not for a replay.", hint="Start one: ws.runs.replay(run), or %replay RUN."
        )
    return Asked.of(json.loads(Path(path).read_text(encoding="utf-8")))


def begin(catalog: Catalog) -> None:
    """Read tables as they were, and keep what is written apart."""
    asked = asked_here()
    with calling(trusted=True):
        catalog.create_schema(
            asked.schema, comment=f"What a replay of run {asked.run_id[:8]} writes", if_not_exists=True
        )
    made = isolate(catalog, asked.schema, asked.versions if asked.data == "pinned" else {}, asked.at)
    made.repeats = asked.run_id
    made.hide(asked.absent)


def read_at(catalog: Catalog, versions: Mapping[str, int]) -> None:
    """Read other versions from the next cell on."""
    if catalog.isolation is not None and asked_here().data == "pinned":
        catalog.isolation.read_at(versions)


def take_part_again(catalog: Catalog) -> dict[str, str]:
    """Let the process see the workspace as it is; return what the tables that were written are called outside."""
    names = dict(catalog.isolation.names) if catalog.isolation is not None else {}
    join(catalog)
    return names


def clear(ground: Ground, catalog: Catalog, asked: Asked) -> None:
    """Remove what a replay wrote."""
    import shutil

    from .asked import folder

    with calling(trusted=True):
        try:
            catalog.drop(asked.schema, kind="schema", cascade=True, force=True)
        except NotFoundError:
            pass
        except Exception:
            log.warning("the schema %s of a replay is still there", asked.schema, exc_info=True)
    shutil.rmtree(folder(ground, asked.token), ignore_errors=True)
