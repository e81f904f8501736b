"""Opening a workspace: created on first use, settings by file and environment, bad input that changes nothing."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
import sqlalchemy as sa

import mlnb
from mlnb.core.errors import InvalidStateError
from mlnb.core.files import DiskFullError, ReadOnlyError, translate_storage_error
from mlnb.core.ground import find_workspace
from mlnb.core.metastore import Metastore, metadata
from mlnb.core.settings import SettingsError, load_settings
from mlnb.door import Workspace


def test_a_workspace_is_made_on_first_use_and_found_from_below(tmp_path, monkeypatch):
    monkeypatch.delenv("MLNB_WORKSPACE", raising=False)
    monkeypatch.chdir(tmp_path)
    workspace = mlnb.workspace()
    assert (tmp_path / ".mlnb" / "metastore.db").exists()
    assert (tmp_path / ".mlnb" / ".gitignore").read_text() == "*\n"
    (tmp_path / "deep" / "er").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "er")
    assert mlnb.workspace() is workspace


def test_settings_come_from_the_file_and_the_environment_wins(tmp_path, monkeypatch):
    (tmp_path / "mlnb.toml").write_text('user = "file"\nartifact_root = "/data/a"\n[server]\nthreads = 3\n')
    monkeypatch.setenv("MLNB_USER", "env")
    from pydantic import BaseModel

    class Server(BaseModel):
        threads: int = 8
        slow_threads: int = 4

    settings = load_settings(tmp_path)
    assert (settings.user, settings.artifact_root) == ("env", "/data/a")
    assert settings.metastore_url == f"sqlite:///{tmp_path / 'metastore.db'}"
    assert settings.section("server", Server) == Server(threads=3)
    monkeypatch.setenv("MLNB_SERVER__THREADS", "5")
    assert settings.section("server", Server).threads == 5
    monkeypatch.setenv("MLNB_SERVER__THREADS", "many")
    with pytest.raises(SettingsError, match="threads"):
        settings.section("server", Server)


@pytest.mark.parametrize("text", ["user = ", "user = [1]", "\x00"], ids=["not TOML", "wrong type", "binary"])
def test_a_corrupted_settings_file_is_named_and_nothing_is_created(tmp_path, text):
    folder = tmp_path / ".mlnb"
    folder.mkdir()
    (folder / "mlnb.toml").write_text(text)
    with pytest.raises(SettingsError) as caught:
        Workspace(folder)
    assert "mlnb.toml" in caught.value.message or "user" in caught.value.message
    assert caught.value.hint
    assert [path.name for path in folder.iterdir()] == ["mlnb.toml"]


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to become another user")
def test_a_read_only_folder_is_explained_and_left_alone(tmp_path):
    tmp_path.chmod(0o755)
    for parent in tmp_path.parents:
        if parent.name.startswith("pytest-"):
            parent.chmod(0o755)
    code = f"""
import os
from mlnb.core.errors import MlnbError
from mlnb.door import Workspace
os.setuid(65534)
try:
    Workspace({str(tmp_path / ".mlnb")!r})
except MlnbError as error:
    print(error.code, bool(error.hint))
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd="/")
    assert result.stdout.strip() == "READ_ONLY True", result.stderr
    assert list(tmp_path.iterdir()) == []


def test_operating_system_errors_become_ours():
    assert isinstance(translate_storage_error(OSError(28, "No space left on device"), "x"), DiskFullError)
    assert isinstance(translate_storage_error(PermissionError(13, "Permission denied"), "x"), ReadOnlyError)
    assert isinstance(translate_storage_error(RuntimeError("IO error: No space left on device"), "x"), DiskFullError)
    assert translate_storage_error(ValueError("other"), "x") is None


def test_a_newer_metastore_is_refused_with_both_versions_named(tmp_path):
    workspace = Workspace(tmp_path / ".mlnb")
    with workspace.metastore.begin() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999_future'"))
    with pytest.raises(InvalidStateError, match="9999_future"):
        Workspace(tmp_path / ".mlnb")


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_migrations_make_exactly_the_declared_tables(dialect, tmp_path, request):
    import importlib

    for stage in (
        "core",
        "catalog",
        "scope",
        "explore",
        "features",
        "training",
        "evaluation",
        "registry",
        "serving",
        "monitoring",
        "jobs",
    ):
        importlib.import_module("mlnb.core.supervisor" if stage == "core" else f"mlnb.{stage}.service")
    for module in ("core.progress", "core.state", "scope.tables", "explore.tables"):
        importlib.import_module(f"mlnb.{module}")
    url = f"sqlite:///{tmp_path / 'm.db'}" if dialect == "sqlite" else request.getfixturevalue("postgres_url")
    store = Metastore(url)
    store.migrate()
    inspector = sa.inspect(store.engine)
    made = {name: {column["name"] for column in inspector.get_columns(name)} for name in inspector.get_table_names()}
    made.pop("alembic_version")
    declared = {table.name: {column.name for column in table.columns} for table in metadata.sorted_tables}
    store.dispose()
    assert made == declared


def test_two_processes_opening_a_new_workspace_at_once_both_succeed(tmp_path):
    code = f"from mlnb.door import Workspace; Workspace({str(tmp_path / '.mlnb')!r}).journal.append('a.b', 's:1')"
    started = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [process.wait(180) for process in started] == [0, 0, 0]
    assert Workspace(tmp_path / ".mlnb").journal.verify().events == 3


def test_an_explicit_path_wins_over_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("MLNB_WORKSPACE", str(tmp_path / "env"))
    assert find_workspace(tmp_path / "given") == tmp_path / "given"
    assert find_workspace() == tmp_path / "env"
