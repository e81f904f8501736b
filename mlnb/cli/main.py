"""The command group ``mlnb``; sub-commands are imported when they are used, so that ``mlnb --help`` is quick."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from typing import Any

import click

import mlnb
from mlnb.cli.output import fail

# name -> (module, one line of help shown without importing the module). The object in the module is called `command`.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("demo", "Run the whole life cycle on real flight data and open it in JupyterLab."),
    "up": ("supervisor", "Start the supervisor of this workspace."),
    "down": ("supervisor", "Stop the supervisor."),
    "status": ("supervisor", "Show the workspace, its supervisor and what needs attention."),
    "lab": ("lab", "Start JupyterLab on this workspace."),
    "server": ("server", "Describe the HTTP interface."),
    "journal": ("journal", "Read the journal and verify that nobody changed it."),
    "sql": ("catalog", "Run one SQL statement."),
    "ingest": ("ingest", "Load files into a table."),
    "catalog": ("catalog", "Look at catalogs, schemas and tables."),
    "scope": ("scope", "Look at scope cards."),
    "holdout": ("holdout", "Rows kept for the final test, and who looked at them."),
    "eda": ("eda", "Profile a table."),
    "features": ("features", "Look at feature tables."),
    "runs": ("runs", "Look at experiments and runs."),
    "evaluate": ("evaluate", "Score a model on a table, or compare it with another."),
    "models": ("models", "Registered models, their requests and approvals."),
    "endpoints": ("endpoints", "Serve models and look at endpoints."),
    "monitor": ("monitor", "Monitors, their refreshes and alerts."),
    "jobs": ("jobs", "Notebooks as jobs and their runs."),
    "run": ("jobs", "Run one notebook here and keep the executed copy."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports a command's module when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands whose module exists."""
        return [name for name, (module, _) in COMMANDS.items() if importlib.util.find_spec(f"mlnb.cli.{module}")]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the command's module and return its object named after the command, else ``command``."""
        if cmd_name not in COMMANDS:
            return None
        module_name = f"mlnb.cli.{COMMANDS[cmd_name][0]}"
        if importlib.util.find_spec(module_name) is None:
            return None
        module = importlib.import_module(module_name)
        found = getattr(module, cmd_name, None)
        command = found if isinstance(found, click.Command) else getattr(module, "command", None)
        return command if isinstance(command, click.Command) else None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table above, without importing one."""
        rows = [(name, COMMANDS[name][1]) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl(rows)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.option(
    "--workspace",
    "-w",
    "workspace",
    metavar="FOLDER",
    help="The workspace folder (default: MLNB_WORKSPACE or ./.mlnb).",
)
@click.version_option(mlnb.__version__, prog_name="mlnb")
def cli(workspace: str | None) -> None:
    """mlnb: the machine-learning life cycle inside JupyterLab.

    Every list takes --json. Errors leave with exit code 1 and say what to do next.
    """
    if workspace:
        import os

        os.environ["MLNB_WORKSPACE"] = os.path.abspath(workspace)


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; the entry point of the package."""
    from mlnb.core.errors import MlnbError

    try:
        return cli.main(args=arguments, prog_name="mlnb", standalone_mode=True)
    except MlnbError as error:
        fail(f"{error.code}: {error.message}", error.hint, str(error.details.get("snippet") or ""))
    except BrokenPipeError:  # `mlnb journal tail | head`
        sys.stderr.close()
        sys.exit(1)
    except Exception as error:
        from mlnb.server.errors import translate

        known = translate(error)  # MLflow's own errors, a full disk
        if known is None:
            raise
        fail(f"{known.code}: {known.message}", known.hint)
