"""The links that MLflow's client prints after a run, ``{address}/#/experiments/1/runs/4f1c…``: they lead to the page of the run in Lab."""

from __future__ import annotations

import base64
import hashlib
from typing import TYPE_CHECKING

from mlnb.server.route import RawRequest, RawResponse, Route

if TYPE_CHECKING:
    from mlnb.door import Workspace

# What stands behind the # never reaches a server, so the page has to look.
_SCRIPT = """
const run = /^#\\/experiments\\/[^/]+\\/runs\\/([0-9a-f]{32})/.exec(location.hash);
const experiment = /^#\\/experiments\\/(\\d+)/.exec(location.hash);
const address = run ? `mlnb:run/${run[1]}` : experiment ? `mlnb:experiment/${experiment[1]}` : '';
location.replace('../lab' + (address ? `?mlnb=${encodeURIComponent(address)}` : ''));
"""
_PAGE = f"""<!doctype html><html lang="en"><meta charset="utf-8"><title>mlnb</title>
<p>This is the address of mlnb for clients. <a href="../lab">Open Lab</a></p><script>{_SCRIPT}</script></html>"""
_HASH = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
_POLICY = (
    f"default-src 'none'; script-src 'sha256-{_HASH}'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'"
)


def lead(ws: Workspace, q: RawRequest) -> RawResponse:
    """Send the page that leads on."""
    return RawResponse(_PAGE.encode(), "text/html; charset=utf-8", headers={"Content-Security-Policy": _POLICY})


ROUTES = [Route("GET", "/", lead, None, None, "mlflow", raw=True, tag="MLflow", row="REST-2")]
