"""A lake on a file system that cannot hold tables is refused when it is first used."""

from pathlib import Path
from typing import Any

import pytest

from mlnb.catalog.delta import probe


def test_a_disk_of_this_computer_is_right(tmp_path: Path) -> None:
    assert probe.probe(str(tmp_path)) is None
    assert list(tmp_path.iterdir()) == []
    assert probe.file_system(str(tmp_path)) != ""


def test_two_winners_are_noticed(tmp_path: Path) -> None:
    careless = probe._PROGRAM.replace("os.link(own,", "__import__('shutil').copy(own,")
    assert "let two processes create the same file" in str(probe.probe(str(tmp_path), careless))
    broken = probe._PROGRAM.replace("os.link(own,", "os.nothing(own,")
    assert "cannot link files" in str(probe.probe(str(tmp_path), broken))


def test_the_finding_is_told_at_the_first_table(cat: Any, ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probe, "file_system", lambda _: "fuse.strange")
    monkeypatch.setattr(probe, "probe", lambda _: "its file system forgets")
    with pytest.raises(probe.StorageNotAtomicError) as error:
        cat.create_table("main.raw.t", [{"id": 1}])
    assert "forgets" in error.value.message
    assert not cat.exists("main.raw.t")
    tried: list[str] = []
    monkeypatch.setattr(probe, "probe", tried.append)
    for name in "ab":
        cat.create_table(f"main.raw.{name}", [{"id": 1}])
    assert tried == [ws.settings.storage_root]
