"""A table's history over REST, page by page."""

from typing import Any

from mlnb.door import open_workspace


async def test_history_goes_on_before_a_version(ask: Any, workspace_path: Any) -> None:
    table = open_workspace(workspace_path).catalog.create_table("main.default.t", [{"id": 0}])
    for number in range(1, 6):
        table.append([{"id": number}])
    path = "/api/1.0/tables/main.default.t/history"

    async def versions(**page: int) -> list[int]:
        status, body = await ask("GET", path, params={name: str(value) for name, value in page.items()})
        assert status == 200
        return [commit["version"] for commit in body["commits"]]

    assert await versions(limit=2) == [5, 4]
    assert await versions(limit=2, before=4) == [3, 2]
    assert await versions(limit=9, before=2) == [1, 0]
    assert await versions(limit=9, before=0) == []
    assert await versions(limit=1, before=99) == [5]
