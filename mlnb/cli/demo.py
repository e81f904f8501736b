"""``mlnb demo``."""

from __future__ import annotations

from pathlib import Path

import click


@click.command("demo")
@click.option(
    "--path",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("demo"),
    show_default=True,
    help="Folder of the demo.",
)
@click.option(
    "--lab/--no-lab", "lab", default=None, help="Open JupyterLab afterwards (default: yes, but not when CI is set)."
)
def command(folder: Path, lab: bool | None) -> None:
    """Run the whole lifecycle on 336,776 real flights.

    Makes a workspace, ingests the data, executes the notebook with all eight stages, prints what there is and opens JupyterLab on the
    executed notebook. Running it again starts afresh. Without JupyterLab it ends with the endpoint stopped.
    """
    from mlnb.demo.run import is_unattended, run_demo

    run_demo(folder.resolve(), lab=not is_unattended() if lab is None else lab, say=click.echo)
