"""What happens in the kernel of a replay: before its cells it is cut off from the workspace's tables, after its run it judges."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.catalog.isolation import isolate, join
from mlnb.core.caller import calling
from mlnb.core.errors import InvalidStateError, NotFoundError

from .asked import VARIABLE, Asked, folder

if TYPE_CHECKING:
    from mlnb.catalog.service import Catalog
    from mlnb.core.ground import Ground

log = logging.getLogger("mlnb.training")

#: How the schemas of replays are called, before the token, and what is said of them.
_SCHEMA, _COMMENT = "replay_", "What a replay of run"
#: A folder younger than this may be that of a replay which is being started.
_YOUNG_S = 3600


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
        catalog.create_schema(asked.schema, comment=f"{_COMMENT} {asked.run_id[:8]} writes", if_not_exists=True)
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
    with calling(trusted=True):
        _drop(catalog, asked.schema)
    remove_folder(ground, asked.token)


def clear_leftovers(ground: Ground, catalog: Catalog, open_tokens: set[str]) -> None:
    """Remove schemas and folders of replays that are over: of those whose process was killed before it had removed them."""
    home, page_token = catalog.settings.default_catalog, None
    left: list[str] = []
    with calling(trusted=True):
        while True:
            page = catalog.schemas(home, page_token=page_token)
            for schema in page.items:
                token = schema.name.removeprefix(_SCHEMA)
                ours = token != schema.name and (schema.comment or "").startswith(_COMMENT)
                left += [f"{home}.{schema.name}"] if ours and token not in open_tokens else []
            page_token = page.next_page_token
            if page_token is None:
                break
        for name in left:
            _drop(catalog, name)
    for path in (ground.path / "replays").glob("*"):
        with contextlib.suppress(FileNotFoundError):  # a replay that ends right now removes its own
            if path.name not in open_tokens and time.time() - path.stat().st_mtime > _YOUNG_S:
                remove_folder(ground, path.name)


def remove_folder(ground: Ground, token: str) -> None:
    """Remove the folder of a replay."""
    shutil.rmtree(folder(ground, token), ignore_errors=True)


def _drop(catalog: Catalog, schema: str) -> None:
    try:
        catalog.drop(schema, kind="schema", cascade=True, force=True)
    except NotFoundError:
        pass
    except Exception:
        log.warning("the schema %s of a replay is still there", schema, exc_info=True)
