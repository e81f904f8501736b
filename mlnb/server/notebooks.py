"""Experiments follow their notebooks: what Jupyter does to files is heard here."""

from __future__ import annotations

import logging
import os
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlnb.server.host import Host

log = logging.getLogger("mlnb.server")

#: Jupyter's own event of what is done to files.
CONTENTS = "https://events.jupyter.org/jupyter_server/contents_service/v1"


def follow(event_logger: Any, host: Host, root: str) -> None:
    """Let experiments follow the notebooks they belong to, as far as those are moved or deleted through this server.

    Parameters
    ----------
    event_logger
        The server's.
    host
        Holds the workspace; one that nobody has used yet stays closed.
    root
        The folder that Jupyter's paths begin in.
    """

    async def heard(logger: Any, schema_id: str, data: dict[str, Any]) -> None:
        if data.get("action") in ("rename", "delete") and (host.is_open or host.exists()):
            threading.Thread(target=_follow, args=(host, root, dict(data)), name="mlnb-notebooks", daemon=True).start()

    event_logger.add_listener(schema_id=CONTENTS, listener=heard)


def _follow(host: Host, root: str, data: dict[str, Any]) -> None:
    from mlnb.training.recording.source import relative_path

    try:
        ws = host.workspace()
        path, source = (
            relative_path(os.path.join(root, str(data.get(name) or "").lstrip("/")), ws.root)
            for name in ("path", "source_path")
        )
        if data["action"] == "delete":
            ws.runs.notebook_deleted(path)
        else:
            ws.runs.notebook_renamed(source, path)
    except Exception:  # the file is where it is, whatever becomes of this
        log.warning("mlnb: experiments could not follow %s", data.get("path"), exc_info=True)
