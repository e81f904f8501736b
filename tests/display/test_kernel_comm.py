"""A page's questions in a real kernel: over a comm, as JupyterLab sends them."""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlnb.display.views import MIME

WIDGET = "application/vnd.jupyter.widget-view+json"


class Page:
    """What a page does with a kernel; every wait is bounded."""

    def __init__(self, client: Any) -> None:
        self.client = client

    def run(self, code: str) -> list[dict[str, Any]]:
        """Execute and return the bundles shown."""
        wanted = self.client.execute(code)
        shown = []
        for told in self._told(wanted):
            if told["msg_type"] in ("execute_result", "display_data"):
                shown.append(told["content"]["data"])
            assert told["msg_type"] != "error", told["content"]
        return shown

    def comms(self) -> int:
        """How many comms of ours the kernel says there are."""
        wanted = self.client.comm_info("mlnb.view")
        while True:
            reply = self.client.get_shell_msg(timeout=30)
            if reply["parent_header"].get("msg_id") == wanted:
                return len(reply["content"]["comms"])

    def comm(self) -> str:
        """Open a comm and return its id."""
        id = uuid.uuid4().hex
        answers = list(self._send("comm_open", {"comm_id": id, "target_name": "mlnb.view", "data": {}}))
        assert answers[0]["content"]["data"] == {"ready": True}
        return id

    def ask(self, comm: str, question: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Send a question and return head and body of its answer."""
        (answer,) = self._send("comm_msg", {"comm_id": comm, "data": question})
        return answer["content"]["data"], bytes(answer["buffers"][0])

    def _send(self, kind: str, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
        message = self.client.session.msg(kind, content)
        self.client.shell_channel.send(message)
        for told in self._told(message["header"]["msg_id"]):
            if told["msg_type"] == "comm_msg":
                yield told

    def _told(self, wanted: str) -> Iterator[dict[str, Any]]:
        while True:
            told = self.client.get_iopub_msg(timeout=60)
            if told["parent_header"].get("msg_id") != wanted:
                continue
            if told["msg_type"] == "status" and told["content"]["execution_state"] == "idle":
                return
            yield told


@pytest.fixture(scope="module")
def page(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One kernel, started as a Jupyter server with our extension starts it."""
    from jupyter_client.manager import start_new_kernel

    root = tmp_path_factory.mktemp("kernel")
    shutil.copytree(workspace_template, root / ".mlnb")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLNB_WORKSPACE", str(root / ".mlnb"))
        patch.setenv("MLNB_LAB", "1")
        patch.setenv("JPY_SESSION_NAME", str(root / "flights.ipynb"))
        patch.setenv("IPYTHONDIR", str(root / "ipython"))
        manager, client = start_new_kernel(startup_timeout=60, cwd=str(root))
    try:
        yield Page(client)
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_a_page_finds_out_whether_anybody_answers_and_asks_about_rows(page: Page) -> None:
    assert page.comms() == 0
    page.run("%load_ext mlnb")
    assert page.comms() == 1
    (shown,) = page.run("import pandas as pd; df = pd.DataFrame({'a': range(5_000)}); df")
    view = shown[MIME]
    assert view["props"]["name"] == "df"
    # The page has the components: no widget beside it, whose view would be dead after a restart.
    assert WIDGET not in shown
    assert "<table" in shown["text/html"]

    comm = page.comm()
    path = f"api/1.0/explore/grids/{view['props']['id']}/rows"
    question = {"id": 4, "method": "POST", "path": path, "body": {"offset": 4_990, "limit": 200}}
    head, body = page.ask(comm, question)
    assert (head["id"], head["status"]) == (4, 200)
    block = json.loads(body)
    assert block["total"] == 5_000
    assert [row[0] for row in block["rows"]] == list(range(4_990, 5_000))

    head, body = page.ask(comm, {**question, "id": 5, "path": path.replace("grid-", "grud-")})
    assert (head["id"], head["status"]) == (5, 404)
    assert json.loads(body)["error_code"] == "FRAME_NOT_FOUND"


def test_a_result_of_sql_and_display_are_live_too(page: Page) -> None:
    page.run("%load_ext mlnb")
    (shown,) = page.run("%%sql\nSELECT range AS n FROM range(700)")
    assert shown[MIME]["snapshot"]["total"] == 700
    (shown,) = page.run("import polars as pl; display(pl.DataFrame({'x': [1, 2]}))")
    assert shown[MIME]["snapshot"]["rows"] == [[1], [2]]
    page.run("%unload_ext mlnb")
    assert page.comms() == 0
    (shown,) = page.run("df")
    assert MIME not in shown
