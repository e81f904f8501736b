"""Volumes: folders with a name and rights, whose paths never lead out."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from mlnb.catalog.errors import NameTakenError, VolumeNotFoundError
from mlnb.catalog.purge import purge
from mlnb.core.caller import Caller, calling
from mlnb.core.errors import (
    AlreadyExistsError,
    InvalidParameterError,
    InvalidStateError,
    NotFoundError,
    PermissionDeniedError,
)


@pytest.fixture
def files(cat: Any) -> str:
    return str(cat.create_volume("main.raw.files", comment="landing").path)


def test_a_volume_lies_in_the_lake_and_its_files_come_back(cat: Any, files: str) -> None:
    info = cat.volume("main.raw.files")
    assert (info.path, info.volume_type, info.comment) == ("/Volumes/main/raw/files", "MANAGED", "landing")
    assert info.storage_location.startswith(str(cat.ground.settings.storage_root))
    made = cat.write_file(f"{files}/2024/Größe a.csv", b"a,b\n1,2\n")
    assert (made.path, made.size, made.is_directory) == (f"{files}/2024/Größe a.csv", 8, False)
    assert cat.read_file(made.path) == b"a,b\n1,2\n"
    assert cat.path(made.path).read_bytes() == b"a,b\n1,2\n"
    cat.make_directory(f"{files}/leer")
    assert [(e.name, e.is_directory) for e in cat.list_files(files)] == [("2024", True), ("leer", True)]
    assert [e.name for e in cat.list_files(f"{files}/2024/")] == ["Größe a.csv"]
    assert cat.ground.journal.tail(1, actions=["volume.*"])[0].payload == {"path": made.path, "size": 8}


def test_a_file_is_replaced_only_on_purpose_and_deleted(cat: Any, files: str) -> None:
    cat.write_file(f"{files}/a", iter([b"one", b"two"]))
    with pytest.raises(AlreadyExistsError):
        cat.write_file(f"{files}/a", b"x")
    cat.write_file(f"{files}/a", b"three", overwrite=True)
    assert cat.read_file(f"{files}/a") == b"three"
    cat.delete_file(f"{files}/a")
    with pytest.raises(NotFoundError):
        cat.read_file(f"{files}/a")
    assert os.listdir(cat.path(files)) == []


def test_a_failing_upload_leaves_nothing(cat: Any, files: str) -> None:
    def broken() -> Any:
        yield b"half"
        raise RuntimeError("the client left")

    with pytest.raises(RuntimeError):
        cat.write_file(f"{files}/a", broken())
    assert os.listdir(cat.path(files)) == []


def test_of_two_writers_without_overwrite_one_wins(cat: Any, files: str) -> None:
    results: list[str] = []

    def write(text: bytes) -> None:
        try:
            cat.write_file(f"{files}/one", text)
            results.append("made")
        except AlreadyExistsError:
            results.append("refused")

    threads = [threading.Thread(target=write, args=(str(n).encode() * 100_000,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(results) == ["made", "refused", "refused", "refused"]
    assert len(set(cat.read_file(f"{files}/one"))) == 1


@pytest.mark.parametrize("path", ["/../x", "/../../main/raw", "/a/../../x", "/link/secret", "/link", "/up/x"])
def test_a_path_that_leaves_its_volume_is_refused(cat: Any, files: str, path: str, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_text("secret")
    folder = cat.path(files)
    (folder / "link").symlink_to(tmp_path / "outside")
    (folder / "up").symlink_to("..")
    for call in (cat.read_file, cat.list_files, cat.delete_file, cat.make_directory, cat.path):
        with pytest.raises(PermissionDeniedError, match="outside the volume"):
            call(files + path)
    with pytest.raises(PermissionDeniedError):
        cat.write_file(files + path, b"x", overwrite=True)
    assert cat.list_files(files) == []
    assert (tmp_path / "outside" / "secret").read_text() == "secret"


@pytest.mark.parametrize(
    "path", ["", "/Volumes", "/Volumes/main/raw", "/Volumes/main//files/x", "relative", "/etc/passwd"]
)
def test_what_is_no_path_of_a_volume_is_refused(cat: Any, files: str, path: str) -> None:
    with pytest.raises(InvalidParameterError, match="no path of a volume"):
        cat.path(path)


def test_a_volume_that_does_not_exist_is_told_with_the_nearest(cat: Any, files: str) -> None:
    with pytest.raises(VolumeNotFoundError) as missing:
        cat.read_file("/Volumes/main/raw/file/x")
    assert "main.raw.files" in str(missing.value.hint)
    with pytest.raises(NotFoundError) as missing_file:
        cat.read_file(f"{files}/nothing")
    assert "nothing at" in missing_file.value.message


def test_folders_are_deleted_when_they_are_empty(cat: Any, files: str) -> None:
    cat.write_file(f"{files}/a/b", b"x")
    with pytest.raises(InvalidStateError, match="not empty"):
        cat.delete_directory(f"{files}/a")
    with pytest.raises(InvalidStateError, match="volume itself"):
        cat.delete_directory(files)
    with pytest.raises(InvalidParameterError, match="is a folder"):
        cat.delete_file(f"{files}/a")
    with pytest.raises(InvalidParameterError, match="is a file"):
        cat.write_file(f"{files}/a/b/c", b"x")
    cat.delete_file(f"{files}/a/b")
    cat.delete_directory(f"{files}/a")
    assert cat.list_files(files) == []


def test_an_external_volume_shows_a_folder_and_never_deletes_it(cat: Any, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text("a\n1\n")
    info = cat.create_volume("main.raw.mine", location=str(tmp_path / "data"))
    assert info.volume_type == "EXTERNAL"
    assert [e.name for e in cat.list_files(info.path)] == ["x.csv"]
    cat.drop("main.raw.mine", kind="volume")
    with pytest.raises(VolumeNotFoundError):
        cat.list_files(info.path)
    assert purge(cat, 2**50) == ["main.raw.mine"]
    assert (tmp_path / "data" / "x.csv").exists()


def test_a_dropped_volume_comes_back_with_its_files_until_it_is_purged(cat: Any, files: str) -> None:
    cat.write_file(f"{files}/a", b"x")
    cat.set_tag("main.raw.files", "k", "v")
    folder = cat.path(files)
    cat.drop("main.raw.files", kind="volume")
    cat.undrop("main.raw.files", kind="volume")
    assert cat.read_file(f"{files}/a") == b"x"
    cat.rename("main.raw.files", "landing", kind="volume")
    assert cat.read_file("/Volumes/main/raw/landing/a") == b"x"
    cat.drop("main.raw.landing", kind="volume")
    purge(cat, 2**50)
    assert not folder.exists()


def test_volumes_are_listed_and_a_taken_name_is_refused(cat: Any, files: str) -> None:
    cat.create_volume("main.raw.other")
    assert [v.name for v in cat.volumes("main.raw").items] == ["files", "other"]
    with pytest.raises(NameTakenError):
        cat.create_volume("main.raw.FILES")
    assert cat.create_volume("main.raw.files", if_not_exists=True).path == files


def test_reading_and_writing_need_their_rights(cat: Any, files: str) -> None:
    cat.write_file(f"{files}/a", b"x")
    cat.grant("main", "bob", "USE CATALOG", "USE SCHEMA")
    cat.grant("main.raw.files", "bob", "READ VOLUME")
    with calling(Caller("bob", source="rest")):
        assert cat.read_file(f"{files}/a") == b"x"
        with pytest.raises(PermissionDeniedError, match="WRITE VOLUME on the volume"):
            cat.write_file(f"{files}/b", b"x")
        with pytest.raises(PermissionDeniedError, match="CREATE VOLUME on the schema"):
            cat.create_volume("main.raw.mine")
