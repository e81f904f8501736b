"""``%%sql`` and ``%sql``: query the catalog's tables and the notebook's data frames."""

from __future__ import annotations

import argparse
import json
import keyword
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser

if TYPE_CHECKING:
    from mlnb.door import Workspace

_DOC = """Run one SQL statement on tables of the catalog and data frames of this notebook.

%%sql
SELECT carrier, avg(dep_delay) AS delay FROM main.raw.flights WHERE month = :m GROUP BY carrier

%%sql delays <<                      also keep the rows as the data frame `delays`
%sql SELECT * FROM main.raw.flights LIMIT 5
%sql rows << SELECT * FROM my_frame  my_frame is a variable of this notebook

:name takes the value of a variable of that name, or of --params. The rows are also in `_sqldf`."""

_ASSIGN = re.compile(r"\s*([A-Za-z_]\w*)\s*<<\s*(.*)\Z", re.DOTALL)


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%%sql", _DOC)
    made.add_argument("--limit", type=int, metavar="N", help="return at most N rows")
    made.add_argument("--params", metavar="JSON", help='values of :name, for example {"m": 7}')
    made.add_argument("--quiet", action="store_true", help="show nothing")
    return made


class _Variables(Mapping[str, Any]):
    """The user's variables as parameters: only those a statement names are looked at."""

    def __init__(self, namespace: Mapping[str, Any], given: Mapping[str, Any]) -> None:
        self._namespace = namespace
        self._given = given

    def __getitem__(self, name: str) -> Any:
        return self._given[name] if name in self._given else self._namespace[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._given)

    def __contains__(self, name: object) -> bool:
        return name in self._given or name in self._namespace

    def __len__(self) -> int:
        return len(self._given)


def _run(call: MagicCall) -> object:
    name, text = _statement(call.args.line, call.cell)
    namespace = call.shell.user_ns
    params = _Variables(namespace, _params(call.args.params))
    result = call.ws.sql(text, params, frames=namespace, limit=call.args.limit)
    frame = result.to_pandas()
    namespace["_sqldf"] = frame
    if name is not None:
        namespace[name] = frame
    return None if call.args.quiet else result


def _statement(line: str, cell: str | None) -> tuple[str | None, str]:
    """Return the variable to assign to, if any, and the statement."""
    match = _ASSIGN.match(line)
    name, rest = (match[1], match[2]) if match else (None, line)
    if name is not None and keyword.iskeyword(name):
        raise UsageError(f"{name} is no name for a variable.")
    text = f"{rest}\n{cell}" if cell is not None and rest.strip() else cell if cell is not None else rest
    if not text.strip():
        raise UsageError("There is no statement.", hint="Write %sql SELECT …, or put the statement into a %%sql cell.")
    return name, text


def _params(text: str | None) -> dict[str, Any]:
    if not text:
        return {}
    try:
        found = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--params is no JSON: {error}.", hint="""Write --params '{"m": 7}'.""") from None
    if not isinstance(found, dict):
        raise UsageError("--params takes an object.", hint="""Write --params '{"m": 7}'.""")
    return found


def table_names(ws: Workspace, prefix: str) -> Iterable[str]:
    """Return the names that complete a dotted name, one level at a time."""
    *above, last = prefix.split(".")
    if not above:
        return [f"{item.name}." for item in ws.catalog.catalogs().items if item.name.startswith(last)]
    if len(above) == 1:
        return [f"{above[0]}.{i.name}." for i in ws.catalog.schemas(above[0]).items if i.name.startswith(last)]
    return [i.full_name for i in ws.catalog.tables(".".join(above[:2])).items if i.name.startswith(last)]


MAGICS = [
    MagicSpec(
        name="sql",
        kinds=("line", "cell"),
        run=_run,
        make_parser=_make_parser,
        complete={"line": table_names},
        raw=True,
    )
]
