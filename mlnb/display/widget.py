"""A view as a widget: for hosts that know widgets and not our JupyterLab extension.

The widget's code is a loader of a few kilobytes: anywidget sends it with every instance. It asks for the component code once per page, and
for the charts with the first of them, as binary messages.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from mlnb.display.comm import answer

STATIC = Path(__file__).parent.parent / "static"
ASSETS = ("widget.js", "charts.js")


@functools.cache
def _loader() -> str:
    return (STATIC / "loader.js").read_text()


@functools.cache
def _asset(name: str) -> bytes:
    return (STATIC / name).read_bytes()


class ViewWidget(anywidget.AnyWidget):
    """A component with its data; what it asks is answered by the operations table of this kernel."""

    view = traitlets.Dict().tag(sync=True)

    def __init__(self, **kwargs: Any) -> None:
        self._esm = _loader()
        super().__init__(**kwargs)
        self.on_msg(self._asked)

    def _asked(self, _: Any, content: Any, buffers: Any) -> None:  # noqa: ARG002  # the signature that widgets call
        if not isinstance(content, dict):
            return
        if content.get("asset") in ASSETS:
            self.send({"asset": content["asset"]}, [_asset(content["asset"])])
        elif "request" in content:
            head, body = answer(content["request"])
            self.send({"answer": head}, body)
