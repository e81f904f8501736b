"""Files of volumes over HTTP: streamed both ways, ranges, folders, and who may not."""

from __future__ import annotations

import asyncio
import hashlib
import http.client
import json
from typing import Any

import pytest


@pytest.fixture
def volume(host: Any) -> Any:
    catalog = host.workspace().catalog
    catalog.create_schema("main.raw", if_not_exists=True)
    return catalog.create_volume("main.raw.files")


async def raw(server: Any, verb: str, path: str, body: Any = None, **headers: str) -> tuple[int, bytes, Any]:
    """Send a request from a thread; the server runs in this one."""

    def send() -> tuple[int, bytes, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        given = {"Authorization": f"Bearer {server.token}"} | headers
        connection.request(verb, f"{server.base_url}mlnb/api/2.0/fs/{path}", body=body, headers=given)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers

    return await asyncio.to_thread(send)


async def test_a_file_goes_up_and_comes_back_in_parts_too(server: Any, volume: Any) -> None:
    path = "files/Volumes/main/raw/files/a/Gr%C3%B6%C3%9Fe%20b.csv"
    status, body, _ = await raw(server, "PUT", path, b"0123456789")
    assert (status, body) == (204, b"")
    status, body, headers = await raw(server, "GET", path)
    assert (status, body, headers["content-type"]) == (200, b"0123456789", "text/csv")
    status, body, headers = await raw(server, "HEAD", path)
    assert (status, body, headers["content-length"]) == (200, b"", "10")
    assert headers["last-modified"].endswith("GMT")
    for asked, part, said in (("2-4", b"234", "2-4/10"), ("7-", b"789", "7-9/10"), ("-2", b"89", "8-9/10")):
        status, body, headers = await raw(server, "GET", path, Range=f"bytes={asked}")
        assert (status, body, headers["content-range"]) == (206, part, f"bytes {said}")
    status, _, headers = await raw(server, "GET", path, Range="bytes=10-")
    assert (status, headers["content-range"]) == (416, "bytes */10")
    status, body, _ = await raw(server, "PUT", path, b"x")
    assert (status, json.loads(body)["error_code"]) == (409, "FILE_ALREADY_EXISTS")
    assert (await raw(server, "PUT", path + "?overwrite=true", b"x"))[0] == 204
    assert (await raw(server, "GET", path))[1] == b"x"
    assert (await raw(server, "DELETE", path))[0] == 204
    status, body, _ = await raw(server, "GET", path)
    assert (status, json.loads(body)["error_code"]) == (404, "FILE_NOT_FOUND")


async def test_a_large_body_is_received_on_disk_and_none_of_it_is_left(server: Any, volume: Any, host: Any) -> None:
    block = bytes(range(256)) * 4096  # 1 MiB

    def pieces() -> Any:
        for _ in range(24):
            yield block

    status, _, _ = await raw(server, "PUT", "files/Volumes/main/raw/files/big", pieces())
    assert status == 204
    stored = host.workspace().catalog.path("/Volumes/main/raw/files/big")
    assert stored.stat().st_size == 24 * len(block)
    status, body, _ = await raw(server, "GET", "files/Volumes/main/raw/files/big")
    assert hashlib.sha256(body).digest() == hashlib.sha256(block * 24).digest()
    assert not list((host.path / "tmp").glob("upload-*"))


async def test_who_is_not_known_leaves_nothing_on_disk(server: Any, volume: Any, host: Any) -> None:
    status, body, _ = await raw(server, "PUT", "files/Volumes/main/raw/files/x", b"x" * 1000, Authorization="Bearer no")
    assert (status, json.loads(body)["error_code"]) == (401, "UNAUTHENTICATED")
    assert not list((host.path / "tmp").glob("upload-*"))
    assert host.workspace().catalog.list_files(volume.path) == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [("files/Volumes/main/raw/files/x", 403, "PERMISSION_DENIED"), ("files/", 501, "NOT_IMPLEMENTED")],
)
async def test_who_may_not_send_a_file_is_told_so_before_any_of_it_is_kept(
    server: Any, volume: Any, host: Any, path: str, status: int, code: str
) -> None:
    class ReadOnly:
        def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
            return action == "read" or path.endswith("/")

    server.app.web_app.settings["authorizer"] = ReadOnly()
    head = f"PUT {server.base_url}mlnb/api/2.0/fs/{path} HTTP/1.1\r\nHost: localhost\r\n"
    head += f"Authorization: Bearer {server.token}\r\nContent-Length: {1 << 40}\r\n\r\n"
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(head.encode())
    answer = await asyncio.wait_for(reader.read(), 30)  # to its end: the connection is closed with the answer
    writer.close()
    assert answer.startswith(f"HTTP/1.1 {status} ".encode()), answer
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["error_code"] == code
    assert not list((host.path / "tmp").glob("upload-*"))


async def test_folders_are_made_listed_in_pages_and_removed_when_empty(server: Any, volume: Any) -> None:
    where = "directories/Volumes/main/raw/files/a"
    assert (await raw(server, "PUT", where))[0] == 204
    for name in "cab":
        assert (await raw(server, "PUT", f"files/Volumes/main/raw/files/a/{name}", name.encode()))[0] == 204
    _, body, _ = await raw(server, "GET", where + "?page_size=2")
    first = json.loads(body)
    assert [item["name"] for item in first["contents"]] == ["a", "b"]
    assert first["contents"][0]["path"] == "/Volumes/main/raw/files/a/a"
    _, body, _ = await raw(server, "GET", f"{where}?page_size=2&page_token={first['next_page_token']}")
    assert [item["name"] for item in json.loads(body)["contents"]] == ["c"]
    assert "next_page_token" not in json.loads(body)
    assert (await raw(server, "HEAD", where))[0] == 200
    assert (await raw(server, "HEAD", where + "b"))[0] == 404
    status, body, _ = await raw(server, "DELETE", where)
    assert (status, json.loads(body)["error_code"]) == (400, "DIRECTORY_NOT_EMPTY")


@pytest.mark.parametrize(
    "path", ["files/etc/passwd", "files/Volumes/main/raw", "files/Volumes/main/raw/files/%2e%2e/%2e%2e/x"]
)
async def test_paths_outside_volumes_are_refused(server: Any, volume: Any, path: str) -> None:
    status, body, _ = await raw(server, "GET", path)
    assert status in (400, 403)
    assert json.loads(body)["error_code"] in ("INVALID_PARAMETER_VALUE", "PERMISSION_DENIED")


async def test_the_pages_of_volumes_and_functions(ask: Any, volume: Any, host: Any) -> None:
    catalog = host.workspace().catalog
    catalog.write_file(f"{volume.path}/in/x.csv", b"a\n1\n")
    status, page = await ask("GET", "api/1.0/volumes/main.raw.files")
    assert status == 200
    assert page["volume"]["path"] == "/Volumes/main/raw/files"
    assert [(e["name"], e["is_directory"]) for e in page["entries"]] == [("in", True)]
    status, page = await ask("GET", "api/1.0/volumes/main.raw.files", params={"path": "in"})
    assert (page["path"], page["entries"][0]["size"], page["may_write"]) == ("/Volumes/main/raw/files/in", 4, True)
    status, made = await ask("POST", "api/1.0/volumes", {"name": "main.raw.more", "comment": "x"})
    assert (status, made["full_name"]) == (201, "main.raw.more")
    catalog.create_function("(x DOUBLE) RETURNS DOUBLE COMMENT 'twice' RETURN x * 2", "main.raw.f")
    status, shown = await ask("GET", "api/1.0/functions/main.raw.f")
    assert (status, shown["signature"]) == (200, "main.raw.f(x DOUBLE) → DOUBLE")
    assert (shown["body"], shown["comment"], shown["language"]) == ("x * 2", "twice", "SQL")
    assert "EXECUTE" in shown["may"]
