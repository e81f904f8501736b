"""A process that keeps to itself: it reads tables at fixed versions, and what it writes goes to a schema of its own.

Who repeats something must see what was there then and change nothing that is there now. Reading is led to a version, or to the moment
everything is to be seen as of; the first write to a table makes a copy in the schema, and from then on its name means the copy.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from mlnb.core.access import looking
from mlnb.core.errors import InvalidStateError
from mlnb.core.journal import guard

from .names import TableName, key
from .records import TableInfo

if TYPE_CHECKING:
    from mlnb.core.ground import Ground

    from .metastore import Located
    from .service import Catalog


class IsolatedError(InvalidStateError):
    """A process that keeps to itself was about to change something outside."""

    code = "ISOLATED"


class Isolation:
    """What names mean in such a process: ``catalog.isolation``.

    Parameters
    ----------
    catalog
        The catalog.
    schema
        Full name of the schema for what is written; it exists.
    versions
        Versions by full name.
    at
        Tables without a version are read as they were at this time (milliseconds UTC); None reads the newest.
    """

    def __init__(self, catalog: Catalog, schema: str, versions: Mapping[str, int], at: int | None = None) -> None:
        self._catalog = catalog
        self.schema = schema
        self.at = at
        #: The run that is repeated: looks at held-out rows are answered with what it saw.
        self.repeats: str | None = None
        self._parts = tuple(schema.split("."))
        self._versions: dict[str, int] = {}
        self._moments: dict[str, int | None] = {}
        #: By key of the full name: the copy's, or None for what was dropped.
        self._own: dict[str, TableName | None] = {}
        self._names: dict[str, str] = {}
        self.read_at(versions)

    def read_at(self, versions: Mapping[str, int]) -> None:
        """Read tables at these versions from now on; others stay as they are."""
        self._versions |= {key(name): version for name, version in versions.items()}

    def hide(self, names: Iterable[str]) -> None:
        """Let tables not be there, until they are created here."""
        self._own |= dict.fromkeys((key(name) for name in names), None)

    @property
    def names(self) -> Mapping[str, str]:
        """What the tables of the schema are called outside, by full name."""
        return self._names

    def meaning(self, name: TableName) -> TableName:
        """Return the table that a name means here.

        Raises
        ------
        TableNotFoundError
            When it was dropped here.
        """
        if (found := self._own.get(key(name.full_name), name)) is None:
            raise self._catalog.not_found(name)
        return found

    def version(self, table: TableInfo | Located) -> int | None:
        """Return the version that reading a table means, None for the newest."""
        full_name = table.full_name
        if self.is_own(full_name):
            return None
        if (known := self._versions.get(key(full_name))) is not None:
            return known
        if self.at is None:
            return None
        if full_name not in self._moments:
            self._moments[full_name] = self._at(table)
        return self._moments[full_name]

    def _at(self, table: TableInfo | Located) -> int | None:
        from .errors import VersionNotFoundError

        try:
            return self._catalog.lookup.version_at(table, self.at)
        except VersionNotFoundError:  # it came later: there is nothing older to read
            return None

    def is_own(self, full_name: str) -> bool:
        """Return whether something lies in the schema."""
        return key(full_name).startswith(f"{key(self.schema)}.")

    def created(self, name: TableName) -> TableName:
        """Return the name under which a table that is created here stands in the schema."""
        if self.is_own(name.full_name):
            return name
        made = TableName(self._parts[0], self._parts[1], f"{name.catalog}__{name.schema}__{name.name}")
        self._own[key(name.full_name)] = made
        self._names[made.full_name] = name.full_name
        return made

    def own(self, info: TableInfo) -> TableInfo:
        """Return a copy of a table that may be written, made on the first write."""
        if self.is_own(info.full_name):
            return info
        name = TableName(info.catalog_name, info.schema_name, info.name)
        if self._own.get(key(name.full_name)) is not None:
            return self._catalog.info(name.full_name)
        with looking():  # nobody reads it: it is only there to be written
            source = self._catalog.table(name.full_name, version=self.version(info), filtered=False)
            rows, made = source.reader(), self.created(name)
            keys = list(info.primary_key) or None
            copy = self._catalog.create_table(made.full_name, rows, primary_key=keys, timeseries=info.timeseries)
        return copy.info

    def drop(self, kind: str, name: TableName) -> bool:
        """Forget a table here, in place of dropping it; return False when it is this process's own to drop."""
        if kind not in ("table", "view"):
            raise IsolatedError(
                f"The {kind} {name.full_name} is not dropped here.",
                hint="Only tables of its own are changed by a replay.",
            )
        if self.is_own(name.full_name):
            return False
        self._own[key(name.full_name)] = None
        return True

    def check(self, action: str, subject: str) -> None:
        """Refuse a change of something outside, by its journal event; the transaction it belongs to is rolled back.

        Raises
        ------
        IsolatedError
            Naming what would have been changed.
        """
        what = key(subject.partition(":")[2])
        if action.startswith(_ALLOWED) or what == key(self.schema) or what.startswith(f"{key(self.schema)}."):
            return
        raise IsolatedError(
            f"A replay changes nothing outside its own run: {action} of {subject} was refused.",
            hint="Replay the cells a run follows from (--cells), or run the notebook itself.",
        )


#: Events of what a run does for itself.
_ALLOWED = (
    "run.started", "run.ended", "run.resumed", "run.queued", "replay.finished", "evaluation.created", "evaluation.compared",
    "gate.evaluated", "profile.created", "training_set.created", "table.pinned", "table.unpinned", "report.finished",
)  # fmt: skip


#: By workspace folder: a process may hold several catalogs of one workspace, and all keep to themselves.
_isolated: dict[Path, Isolation] = {}


def isolation_of(ground: Ground) -> Isolation | None:
    """Return what names mean in this process, None in one that takes part."""
    return _isolated.get(ground.path) if _isolated else None


def isolate(catalog: Catalog, schema: str, versions: Mapping[str, int], at: int | None = None) -> Isolation:
    """Make this process keep to itself, from now on."""
    made = _isolated[catalog.ground.path] = Isolation(catalog, schema, versions, at)
    guard(made.check)
    return made


def join(catalog: Catalog) -> None:
    """Let this process take part again."""
    _isolated.pop(catalog.ground.path, None)
    guard(None)
