"""A page's questions in a real kernel: over a comm, as JupyterLab sends them."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mlnb.display.views import MIME
from tests.kernels import Kernel, in_workspace

WIDGET = "application/vnd.jupyter.widget-view+json"


class Page:
    """What a page does with a kernel."""

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self.run = kernel.shown
        self.workspace = str(kernel.root / ".mlnb")

    def comms(self) -> int:
        """How many comms of ours the kernel says there are."""
        return len(self._kernel.reply(self._kernel.client.comm_info("mlnb.view"))["comms"])

    def comm(self) -> str:
        """Open a comm and return its id."""
        id = uuid.uuid4().hex
        answers = list(self._send("comm_open", {"comm_id": id, "target_name": "mlnb.view", "data": {}}))
        assert answers[0]["content"]["data"] == {"ready": True, "workspace": self.workspace}
        return id

    def ask(self, comm: str, question: dict[str, Any]) -> tuple[dict[str, Any], bytes]:
        """Send a question and return head and body of its answer."""
        (answer,) = self._send("comm_msg", {"comm_id": comm, "data": question})
        return answer["content"]["data"], bytes(answer["buffers"][0])

    def _send(self, kind: str, content: dict[str, Any]) -> Iterator[dict[str, Any]]:
        client = self._kernel.client
        message = client.session.msg(kind, content)
        client.shell_channel.send(message)
        return (told for told in self._kernel.messages(message["header"]["msg_id"]) if told["msg_type"] == "comm_msg")


@pytest.fixture(scope="module")
def page(workspace_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One kernel, started as a Jupyter server with our extension starts it."""
    with in_workspace(workspace_template, tmp_path_factory.mktemp("kernel"), MLNB_LAB="1") as kernel:
        yield Page(kernel)


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
