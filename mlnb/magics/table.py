"""``%table``: a table of the catalog at a glance."""

from __future__ import annotations

import argparse

from mlnb.magics.base import MagicCall, MagicSpec, parser
from mlnb.magics.names import table_names

_DOC = """Show a table or view: its columns, key, size and first rows.

%table main.raw.flights
%table main.raw.flights --version 3"""


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%table", _DOC)
    made.add_argument("name", help="catalog.schema.table; missing parts are the defaults")
    made.add_argument("--version", type=int, metavar="N", help="as it was at that version")
    return made


def _run(call: MagicCall) -> object:
    return call.ws.catalog.table(call.args.name, version=call.args.version)


MAGICS = [MagicSpec(name="table", kinds=("line",), run=_run, make_parser=_make_parser, complete={"name": table_names})]
