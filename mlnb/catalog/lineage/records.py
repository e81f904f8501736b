"""Records of lineage: nodes, edges and the graph of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from pydantic import Field

from mlnb.core.records import Record

from .relations import EdgeKind

Direction = Literal["upstream", "downstream", "both"]
Level = Literal["table", "column"]

#: Kinds that have a row in the catalog, and so an id that survives a new name.
SECURABLE = ("catalog", "schema", "table", "view", "volume", "function", "external")

#: Kinds of things and the kind of their page, where that has another name.
_PAGES = {"model_version": "version", "job_run": "job-run"}
_WITH_PAGE = (
    "table",
    "view",
    "volume",
    "function",
    "run",
    "experiment",
    "model",
    "endpoint",
    "monitor",
    "job",
    *_PAGES,
)


@dataclass(frozen=True)
class Thing:
    """What lineage connects: a table, a file, a run, a model version, a cell, ….

    Attributes
    ----------
    kind, name
        Together they are the node's id. A cell's name is ``notebook#cell``, a version's ``model/7``.
    detail
        A few words for people, a run's name for example.
    """

    kind: str
    name: str
    detail: str | None = field(default=None, compare=False)

    @property
    def id(self) -> str:
        """``kind:name``."""
        return f"{self.kind}:{self.name}"

    @property
    def address(self) -> str | None:
        """The page that shows it, None for what has none."""
        if self.kind not in _WITH_PAGE:
            return None
        parts = self.name.rsplit("/", 1) if self.kind == "model_version" else [self.name]
        kind = {"view": "table"}.get(self.kind, _PAGES.get(self.kind, self.kind))
        return f"mlnb:{kind}/" + "/".join(quote(part, safe="") for part in parts)


@dataclass(frozen=True)
class Link:
    """Data flows from one thing to another; what a stage tells the graph."""

    source: Thing
    target: Thing
    last_seen: int = 0
    count: int = 1


#: ``(thing, upstream or downstream) -> links``: what a stage knows about a thing's neighbours. Called for every node that is shown.
LineageProvider: TypeAlias = "Callable[[Thing, Literal['upstream', 'downstream']], Iterable[Link]]"


class LineageColumn(Record):
    """A column of a node."""

    name: str
    type: str | None = None


class MoreNeighbours(Record):
    """How many neighbours of a node the answer leaves out."""

    upstream: int = 0
    downstream: int = 0


class LineageNode(Record):
    """A node of the graph; ``more`` says how many neighbours there are besides those in the graph."""

    id: str
    address: str | None = None
    kind: str
    name: str
    detail: str | None = None
    badge: str | None = None
    columns: list[LineageColumn] = Field(default_factory=list)
    more: MoreNeighbours = Field(default_factory=MoreNeighbours)
    dropped: bool = False


class ColumnLink(Record):
    """A column that another comes from; without ``target`` it decides which rows there are."""

    source: str
    target: str | None = None
    kind: EdgeKind


class MadeBy(Record):
    """What made an edge: a cell, a job run, a training run, a query."""

    kind: str
    name: str
    label: str
    address: str | None = None
    last: int


class LineageEdge(Record):
    """Data flows from ``source`` to ``target``."""

    source: str
    target: str
    kind: Literal["data", "process", "inferred", "external"]
    columns: list[ColumnLink] = Field(default_factory=list)
    last_seen: int
    count: int
    by: list[MadeBy] = Field(default_factory=list)


class LineageGraph(Record):
    """What an object comes from and what is made of it, as far as was asked."""

    focus: str
    nodes: list[LineageNode]
    edges: list[LineageEdge]
    truncated: bool = False

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        lines = [f"{edge.source} → {edge.target}" for edge in self.edges]
        return {"text/plain": "\n".join(lines) or f"{self.focus}: no lineage recorded"}
