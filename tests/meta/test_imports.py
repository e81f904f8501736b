"""Cheap at rest: what importing and loading costs, in CPU time and in modules."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

STAGES = (
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
)
HEAVY = (
    "pandas",
    "numpy",
    "mlflow",
    "duckdb",
    "deltalake",
    "pyarrow",
    "sqlglot",
    "plotly",
    "lightgbm",
    "sklearn",
    "scipy",
    "IPython",
    "jupyter_server",
    "matplotlib",
)


def _python(code: str, *arguments: str) -> list[str]:
    """Run code in a fresh interpreter; return the lines it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def _loaded(code: str, names: tuple[str, ...]) -> list[str]:
    check = f"\nimport sys\nprint('loaded', *[name for name in {names!r} if name in sys.modules])"
    return _python(code + check)[-1].split()[1:]


def _cpu_ms(before: str, timed: str) -> float:
    """Return the least CPU time of three runs: other work on the machine only ever adds to it."""
    code = f"import time\n{before}\nstarted = time.process_time()\n{timed}\nprint(time.process_time() - started)"
    return min(float(_python(code)[-1]) for _ in range(3)) * 1000


def test_importing_the_package_is_free() -> None:
    assert _loaded("import mlnb", (*HEAVY, "sqlalchemy", "pydantic", "tornado", "click")) == []
    assert _cpu_ms("", "import mlnb") < 50


def test_loading_the_magics_is_quick() -> None:
    shell = "from IPython.core.interactiveshell import InteractiveShell\nshell = InteractiveShell.instance()"
    timed = "shell.run_line_magic('load_ext', 'mlnb')"
    without = tuple(name for name in HEAVY if name != "IPython")
    assert _loaded(f"{shell}\n{timed}", (*without, "sqlalchemy", "pydantic")) == []
    assert _cpu_ms(shell, timed) < 150


SERVER = """
import sys
from jupyter_server.serverapp import ServerApp
app = ServerApp(open_browser=False, root_dir=sys.argv[1], port=0, jpserver_extensions={}, log_level="ERROR")
app.initialize(argv=[], find_extensions=False, new_httpserver=False)
"""
LOAD = "import mlnb; mlnb._load_jupyter_server_extension(app)"


def test_loading_the_server_extension_is_quick_and_touches_nothing(tmp_path: Path) -> None:
    heavy = (*(name for name in HEAVY if name != "jupyter_server"), "sqlalchemy", "pydantic", "mlnb.server.router")
    code = f"{SERVER}\nbefore = set(sys.modules)\nimport time\nstarted = time.process_time()\n{LOAD}\n"
    code += "spent = time.process_time() - started\n"
    code += f"print(spent, *[n for n in {heavy!r} if n in sys.modules and n not in before])"
    lines = [_python(code, str(tmp_path))[-1].split() for _ in range(3)]
    assert [line[1:] for line in lines] == [[], [], []]
    assert min(float(line[0]) for line in lines) * 1000 < 100
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_stage_package_imports_nothing_heavy(stage: str) -> None:
    assert _loaded(f"import mlnb.{stage}", HEAVY) == []


@pytest.mark.parametrize("stage", STAGES)
def test_a_service_imports_neither_hosts_nor_heavy_libraries(stage: str) -> None:
    # numpy is allowed: it is quick, and several services describe its arrays.
    assert _loaded(f"import mlnb.{stage}.service", tuple(name for name in HEAVY if name != "numpy")) == []


def test_the_routes_import_neither_hosts_nor_heavy_libraries() -> None:
    code = "from mlnb.server.router import load_routes; load_routes()"
    assert _loaded(code, (*(name for name in HEAVY if name != "numpy"), "tornado")) == []


def test_the_lab_plugins_activate_without_a_request() -> None:
    """The figure itself is measured by the component tests; here, that the promise is kept in the code."""
    root = Path(__file__).parents[2] / "src"
    plugins = sorted(root.glob("*/plugin.ts"))
    assert plugins
    for plugin in plugins:
        text = plugin.read_text()
        assert "await api" not in text, plugin
        assert "makeRequest" not in text, plugin
