"""Reading runs: one interface, by SQL where MLflow's store is a database we can reach, by its client where it is a server.

MLflow's own search loads every metric, parameter and tag of every run it returns, and importing MLflow takes seconds. Pages need a few
columns of a hundred runs, now.
"""

from __future__ import annotations

import abc
import difflib
import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, Literal

from mlnb.core.errors import did_you_mean

from ..records import ExperimentInfo, PageColumn, RunModel, SearchError
from ..records_pages import Axis, Curve

ColumnType = Literal["number", "string", "timestamp"]

#: Attributes of a run that can be shown and sorted by; MLflow's names, and how many milliseconds it took.
ATTRIBUTES: dict[str, ColumnType] = {
    "run_id": "string",
    "run_name": "string",
    "status": "string",
    "start_time": "timestamp",
    "end_time": "timestamp",
    "duration": "number",
    "user_id": "string",
    "experiment_id": "string",
    "artifact_uri": "string",
}
DEFAULT_ATTRIBUTES = ("attributes.run_name", "attributes.status", "attributes.start_time", "attributes.end_time")
_ALIASES = {
    "created": "start_time",
    "Created": "start_time",
    "Run Name": "run_name",
    "Run ID": "run_id",
    "name": "run_name",
}
_KINDS = {
    "attributes": "attributes", "attribute": "attributes", "attr": "attributes", "run": "attributes",
    "metrics": "metrics", "metric": "metrics",
    "params": "params", "param": "params", "parameters": "params", "parameter": "params",
    "tags": "tags", "tag": "tags",
}  # fmt: skip
_ORDER = re.compile(r"^\s*(?P<key>.+?)(?:\s+(?P<way>ASC|DESC))?\s*$", re.IGNORECASE | re.DOTALL)
#: What is nearly a direction, and the direction it is.
_WAYS = {"ASC": "ASC", "DESC": "DESC", "ASCENDING": "ASC", "DESCENDING": "DESC"}


@dataclass(frozen=True)
class Key:
    """A column: ``kind`` is attributes, metrics, params or tags.

    A metric's name may end with ``@min`` or ``@max``: the least or greatest value ever logged instead of the latest. MLflow allows no
    ``@`` in names, so nothing else can be meant.
    """

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}.{self.name}"

    @property
    def metric(self) -> str:
        """The metric's name without what is taken of it."""
        return self.name.partition("@")[0] if self.aggregate else self.name

    @property
    def aggregate(self) -> str | None:
        """``min``, ``max`` or None for the latest value."""
        found = self.name[-4:]
        return found[1:] if self.kind == "metrics" and found in ("@min", "@max") else None

    @property
    def type(self) -> ColumnType:
        """What the values are."""
        if self.kind == "attributes":
            return ATTRIBUTES[self.name]
        return "number" if self.kind == "metrics" else "string"


@dataclass(frozen=True)
class RunQuery:
    """Which runs, in which order, and which columns of them.

    Attributes
    ----------
    experiment_ids
        None = all experiments that are not deleted.
    order_by
        Keys with True for descending; ties and the rest by start time, newest first.
    states
        None = all of them.
    deleted
        The runs in the trash instead of the others.
    parent
        Only the runs inside this one; an empty text: only those inside none.
    pinned
        Only pinned ones.
    """

    experiment_ids: tuple[str, ...] | None = None
    filter: str = ""
    order_by: tuple[tuple[Key, bool], ...] = ()
    columns: tuple[Key, ...] = ()
    offset: int = 0
    limit: int = 100
    states: tuple[str, ...] | None = None
    deleted: bool = False
    parent: str | None = None
    pinned: bool = False


@dataclass
class RunRow:
    """A run as MLflow stores it."""

    run_id: str
    experiment_id: str
    experiment_name: str
    name: str
    status: str
    start_time: int | None
    end_time: int | None
    user: str | None
    artifact_uri: str
    lifecycle_stage: str
    params: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class TrackingReader(abc.ABC):
    """Reads MLflow's store and never changes it.

    Implementations are safe to use from several threads, cache nothing that another process may change, and answer from an empty store
    with empty results. A store that does not answer raises ``TrackingUnavailableError``; a filter that cannot be read ``SearchError``.
    """

    @abc.abstractmethod
    def experiments(self) -> list[ExperimentInfo]:
        """Return the experiments that are not deleted, the last used first."""

    def together(self) -> AbstractContextManager[None]:
        """Return a block whose questions belong together: what one has fetched, the others need not fetch again."""
        return nullcontext()

    @abc.abstractmethod
    def page(self, query: RunQuery) -> tuple[int, list[str], list[PageColumn]]:
        """Return how many runs there are, and ids and columns of the block asked for."""

    @abc.abstractmethod
    def ids(self, query: RunQuery, most: int) -> tuple[int, list[str]]:
        """Return how many runs there are, and the ids of the first ``most``, whatever block the query names."""

    @abc.abstractmethod
    def cells(self, ids: Sequence[str], keys: Sequence[Key]) -> list[PageColumn]:
        """Return columns of the runs named, in their order."""

    @abc.abstractmethod
    def children(self, ids: Sequence[str], query: RunQuery) -> dict[str, int]:
        """Return how many runs each of these contains, those that contain any; in the trash or not, as the query that found them."""

    @abc.abstractmethod
    def curves(self, ids: Sequence[str], metrics: Sequence[str], max_points: int, x: Axis) -> list[Curve]:
        """Return the history of metrics, thinned; pairs of run and metric without a value are left out."""

    @abc.abstractmethod
    def keys(self, experiment_ids: Sequence[str] | None, newest: int = 200) -> list[tuple[Key, int]]:
        """Return the metrics, parameters and tags of the newest runs and how many of those have each, the commonest first."""

    @abc.abstractmethod
    def find_keys(
        self, experiment_ids: Sequence[str] | None, text: str, kinds: Sequence[str], limit: int, newest: int = 200
    ) -> tuple[list[tuple[Key, int]], bool]:
        """Return keys whose name holds a text, in any case, as :meth:`keys` does, and whether there are more than ``limit``."""

    @abc.abstractmethod
    def values(self, experiment_ids: Sequence[str] | None, key: Key, limit: int = 50) -> list[str]:
        """Return the values a text column has among the newest runs, the commonest first."""

    @abc.abstractmethod
    def get(self, run_id: str) -> RunRow | None:
        """Return a run with all its values, None when there is none."""

    def rows(self, run_ids: Sequence[str]) -> list[RunRow]:
        """Return runs with all their values, in the order named, without those that do not exist."""
        found = (self.get(run_id) for run_id in run_ids)
        return [row for row in found if row is not None]

    def known(self, run_ids: Sequence[str]) -> list[str]:
        """Return which runs exist, in the trash or not."""
        return [row.run_id for row in self.rows(run_ids)]

    def deleted(self, run_ids: Sequence[str]) -> list[str]:
        """Return which runs were deleted."""
        found = ((run_id, self.get(run_id)) for run_id in run_ids)
        return [run_id for run_id, row in found if row is not None and row.lifecycle_stage == "deleted"]

    @abc.abstractmethod
    def find(self, *, prefix: str | None = None, name: str | None = None, limit: int = 2) -> list[str]:
        """Return ids of undeleted runs by the beginning of the id or by exact name, newest first; all runs with neither."""

    @abc.abstractmethod
    def names(self, limit: int = 200) -> list[str]:
        """Return the names of the newest runs, to suggest one."""

    @abc.abstractmethod
    def models(self, run_id: str) -> list[RunModel]:
        """Return the models a run logged."""

    def model_counts(self, run_ids: Sequence[str]) -> dict[str, int]:
        """Return how many models each of these runs logged; a tracking server, where every run is a question, is not asked."""
        return dict.fromkeys(run_ids, 0)


def parse_key(text: str) -> Key:
    """Read a column such as ``metrics.auc``, ``params."learning rate"`` or ``start_time``.

    Raises
    ------
    SearchError
        When it is none.
    """
    kind, dot, name = text.strip().partition(".")
    if not dot or kind.lower() not in _KINDS:
        attribute = _unquote(text.strip())
        attribute = _ALIASES.get(attribute, attribute)
        if attribute in ATTRIBUTES:
            return Key("attributes", attribute)
        example = text.strip() if re.fullmatch(r"\w+", text.strip()) else "NAME"
        raise SearchError(
            f"{text.strip()!r} is no column of runs.",
            hint=did_you_mean(text.strip(), [*ATTRIBUTES, *sorted(set(_KINDS.values()))])
            or f"Write metrics.{example}, params.{example}, tags.{example} or an attribute such as start_time.",
        )
    kind, name = _KINDS[kind.lower()], _unquote(name.strip())
    if kind == "attributes":
        name = _ALIASES.get(name, name)
        if name not in ATTRIBUTES:
            raise SearchError(
                f"Runs have no attribute {name}.",
                hint=did_you_mean(name, ATTRIBUTES) or f"One of: {', '.join(ATTRIBUTES)}.",
            )
    return Key(kind, name)


def parse_order(items: Sequence[str] | str) -> tuple[tuple[Key, bool], ...]:
    """Read sort orders such as ``metrics.auc DESC``."""
    out = []
    for item in [items] if isinstance(items, str) else items:
        match = _ORDER.match(item)
        if match is None:
            raise SearchError("An empty sort order.", hint="Write metrics.NAME DESC.")
        key, _, last = match["key"].rpartition(" ")
        if key and match["way"] is None and (way := difflib.get_close_matches(last.upper(), _WAYS, n=1)):
            raise SearchError(
                f"{last} in {item.strip()!r} is no direction.", hint=f"Write {key.strip()} {_WAYS[way[0]]}."
            )
        out.append((parse_key(match["key"]), (match["way"] or "ASC").upper() == "DESC"))
    return tuple(out)


def _unquote(text: str) -> str:
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in '`"' else text


def open_reader(uri: str, client: Any) -> TrackingReader:
    """Return the reader that fits MLflow's tracking URI.

    Parameters
    ----------
    uri
        The tracking URI.
    client
        Called without arguments for an ``MlflowClient`` when one is needed.
    """
    from .client_reader import ClientReader
    from .sql_reader import SqlReader

    if uri.startswith(("sqlite:", "postgresql:", "postgresql+", "postgres:")):
        return SqlReader(uri)
    return ClientReader(client)
