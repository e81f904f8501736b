"""``mlnb lab``: JupyterLab on the current workspace."""

from __future__ import annotations

import os
import sys

import click


@click.command(context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
@click.argument("options", nargs=-1, type=click.UNPROCESSED)
def lab(options: tuple[str, ...]) -> None:
    """Start JupyterLab on this workspace.

    Its root folder is the one that holds the workspace. Further OPTIONS go to `jupyter lab`, for example `mlnb lab --no-browser`.
    """
    from mlnb.core.ground import find_workspace

    folder = find_workspace()
    os.environ["MLNB_WORKSPACE"] = str(folder)
    root = f"--ServerApp.root_dir={folder.parent}"
    command = [sys.executable, "-m", "jupyterlab", root, *options]
    sys.stdout.flush()
    os.execv(sys.executable, command)  # noqa: S606 -- this process becomes JupyterLab, so signals reach it
