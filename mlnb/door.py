"""The one door: a workspace and, behind it, every stage.

Skins (magics, REST, command line, panels) call methods of :class:`Workspace` and nothing else. This module alone names every stage and
hands ground what it needs from above.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from .core.ground import Ground, find_workspace

if TYPE_CHECKING:
    import sqlalchemy as sa

    from .catalog.lineage.records import LineageProvider, Link, Thing
    from .catalog.search.records import SearchHit, SearchProvider
    from .catalog.service import Catalog
    from .catalog.sql.result import SqlResult
    from .core.records import Page
    from .core.supervisor import Reconciler
    from .evaluation.service import Evaluation
    from .explore.service import Explore
    from .features.service import Features
    from .jobs.service import Jobs
    from .monitoring.service import Monitors
    from .registry.names import Names
    from .registry.service import Models
    from .scope.service import Scopes
    from .serving.service import Endpoints
    from .training.service import Runs

_opened: dict[Path, Workspace] = {}
_lock = threading.Lock()


def open_workspace(path: str | os.PathLike[str] | None = None) -> Workspace:
    """Return the workspace of a folder, one object per folder and process (see :func:`mlnb.workspace`)."""
    folder = find_workspace(path)
    with _lock:
        if not _opened:
            atexit.register(_close_opened)
        if folder not in _opened:
            _opened[folder] = Workspace(folder)
        return _opened[folder]


def _close_opened() -> None:
    """Close what this process opened, while the libraries underneath still can."""
    while _opened:
        _opened.popitem()[1].close()


class Workspace(Ground):
    """A workspace with all its stages; services are made when they are first used.

    Parameters
    ----------
    path
        The workspace folder; see :func:`mlnb.workspace` for how it is found without one.
    """

    def __init__(self, path: str | os.PathLike[str] | None = None) -> None:
        folder = find_workspace(path)
        super().__init__(folder, supervisor_command=(sys.executable, "-m", "mlnb.door", str(folder)))

    def __repr__(self) -> str:
        return f"Workspace({str(self.path)!r})"

    @cached_property
    def catalog(self) -> Catalog:
        """Names, tables, SQL, ingestion, history."""
        from .catalog.service import Catalog
        from .scope.guarding import guard

        catalog = Catalog(self)
        catalog.hooks.models = self._model_names
        catalog.hooks.lineage_providers.append(self._links)
        catalog.hooks.search_providers.append(self._found)
        guard(catalog, lambda: self.scopes)
        return catalog

    def _model_names(self, connection: sa.Connection) -> list[tuple[str, int | None]]:
        from .registry.tree import model_names

        return model_names(connection, self._registry_names())

    def _registry_names(self) -> Names:
        from .registry.names import Defaults, Names

        settings = self.catalog.settings
        return Names(Defaults(default_catalog=settings.default_catalog, default_schema=settings.default_schema))

    def _links(self, thing: Thing, direction: Literal["upstream", "downstream"]) -> Iterator[Link]:
        """Return what the stages know about the lineage of a thing."""
        for provider in self._link_providers:
            yield from provider(thing, direction)

    @cached_property
    def _link_providers(self) -> Sequence[LineageProvider]:
        from .jobs.discovery import job_links
        from .monitoring.discovery import monitor_links
        from .registry.discovery import model_links
        from .serving.discovery import endpoint_links
        from .training.discovery import run_links

        models = model_links(self, self._registry_names)
        return [run_links(self), models, endpoint_links(self), monitor_links(self), job_links(self)]

    def _found(self, words: Sequence[str], kinds: Sequence[str], limit: int) -> Iterator[SearchHit]:
        """Return what the stages find by name."""
        for provider in self._search_providers:
            yield from provider(words, kinds, limit)

    @cached_property
    def _search_providers(self) -> Sequence[SearchProvider]:
        from .jobs.discovery import find_jobs
        from .monitoring.discovery import find_monitors
        from .registry.discovery import find_models
        from .serving.discovery import find_endpoints
        from .training.discovery import find_runs

        models = find_models(self, self._registry_names)
        return [models, find_endpoints(self), find_monitors(self), find_jobs(self), find_runs(lambda: self.runs)]

    @cached_property
    def scopes(self) -> Scopes:
        """Scope cards and the gates they define."""
        from .scope.service import Scopes

        return Scopes(self, self.catalog)

    @cached_property
    def explore(self) -> Explore:
        """Profiles of tables and frames."""
        from .explore.service import Explore

        return Explore(self, self.catalog, self.scopes)

    @cached_property
    def features(self) -> Features:
        """Feature tables, point-in-time training sets, scoring."""
        from .features.service import Features

        return Features(self, self.catalog)

    @cached_property
    def runs(self) -> Runs:
        """Experiments and runs."""
        from .training.service import Runs

        return Runs(self, self.catalog)

    @cached_property
    def evaluation(self) -> Evaluation:
        """Metrics on held-out data, by slice."""
        from .evaluation.service import Evaluation

        return Evaluation(self, self.catalog, self.scopes, self.runs)

    @cached_property
    def models(self) -> Models:
        """Registered models, versions, approvals."""
        from .registry.service import Models

        return Models(self, self.catalog, self.scopes, self.runs, self.evaluation)

    @cached_property
    def endpoints(self) -> Endpoints:
        """REST endpoints of registered versions."""
        from .serving.service import Endpoints

        return Endpoints(self, self.catalog, self.features, self.models)

    @cached_property
    def monitors(self) -> Monitors:
        """Profile and drift tables, alerts, retraining decisions."""
        from .monitoring.service import Monitors

        return Monitors(self, self.catalog, self.endpoints)

    @cached_property
    def jobs(self) -> Jobs:
        """Notebooks that run without you."""
        from .jobs.service import Jobs

        return Jobs(self)

    def sql(self, query: str, params: Mapping[str, Any] | None = None, **options: Any) -> SqlResult:
        """Run one SQL statement on the catalog's tables; see :meth:`mlnb.catalog.service.Catalog.sql`."""
        return self.catalog.sql(query, params, **options)

    def search(self, text: str, **options: Any) -> Page[SearchHit]:
        """Find whatever has a name: tables, columns, models, runs, …; see :meth:`mlnb.catalog.discovery.Discovery.search`."""
        return self.catalog.search(text, **options)

    def close(self) -> None:
        """Close the connections and files this object keeps open."""
        if "catalog" in self.__dict__:
            self.catalog.close()
        super().close()

    def reconcilers(self) -> Sequence[Reconciler]:
        """Return what the supervisor has to keep true, from every stage that has something."""
        services = (self.catalog, self.explore, self.runs, self.models, self.endpoints, self.monitors, self.jobs)
        return [item for service in services for item in getattr(service, "reconcilers", list)()]


def main(arguments: Sequence[str]) -> int:
    """Run the supervisor of the workspace named by the first argument: what ``mlnb up`` starts in the background.

    With ``--sql-worker`` it is a process that runs statements of callers over HTTP instead, with ``--profile ID`` or
    ``--report ID`` one that makes a profile or a full report, with ``--run ID`` one that works on a run in the background.
    """
    from .core.caller import trust_process
    from .core.supervisor import run_supervisor

    workspace = open_workspace(arguments[0])
    os.environ["MLNB_WORKSPACE"] = str(workspace.path)
    if "--sql-worker" in arguments[1:]:
        from .catalog.sql.worker import serve

        return serve(workspace.catalog)
    if "--profile" in arguments[1:]:
        from .explore.stored.worker import work

        return work(workspace.explore, arguments[arguments.index("--profile") + 1])
    if "--report" in arguments[1:]:
        from .explore.report.worker import work as make_report

        return make_report(workspace.explore, arguments[arguments.index("--report") + 1])
    if "--run" in arguments[1:]:
        from .training.background.worker import work as make_run

        return make_run(workspace, arguments[arguments.index("--run") + 1])
    trust_process()
    return run_supervisor(workspace.metastore, workspace.journal, workspace.reconcilers)


if __name__ == "__main__":
    # `python -m` gives this module another name; the workspace must come from the one that everybody imports.
    from mlnb.door import main as run

    sys.exit(run(sys.argv[1:]))
