"""Parts of the platform's API that are not provided: each answers 501 with what to use instead, never a bare 404."""

from __future__ import annotations

import re

from mlnb.core.errors import NotProvidedError

_COMPUTE = "There is no cluster to manage: kernels and worker processes compute; sql_engine and executor in mlnb.toml name others."

_AREAS: dict[str, str] = {
    "accounts": "There is one workspace and no account; users are those of the Jupyter server.",
    "alerts": "Alerts belong to monitors: ws.monitors, %monitor.",
    "apps": "Run the program beside Jupyter; nothing deploys apps here.",
    "automl": "Train with %%mlrun.",
    "billing": "Nothing is billed here.",
    "budget-policies": "Nothing is billed here.",
    "clean-rooms": "Share the tables' files: they are ordinary Delta tables.",
    "clusters": _COMPUTE,
    "cluster-policies": _COMPUTE,
    "policies": _COMPUTE,
    "commands": "Run code in a notebook's kernel.",
    "contexts": "Run code in a notebook's kernel.",
    "data-quality": "Monitors are under /api/1.0/monitors.",
    "dbfs": "Files lie in the notebook folder; use Jupyter's contents API.",
    "database": "Tables are in the catalog: /api/2.1/unity-catalog/tables.",
    "feature-engineering": "Use FeatureEngineeringClient in a notebook: ws.features.",
    "feature-store": "Use FeatureEngineeringClient in a notebook: ws.features.",
    "fs": "Files lie in the notebook folder; use Jupyter's contents API.",
    "genie": "Ask in SQL: %%sql, ws.sql.",
    "git-credentials": "Use git in the notebook folder.",
    "global-init-scripts": _COMPUTE,
    "groups": "Users are those of the Jupyter server.",
    "instance-pools": _COMPUTE,
    "instance-profiles": _COMPUTE,
    "ip-access-lists": "Access is the Jupyter server's.",
    "knowledge-assistants": "Nothing of this kind runs here.",
    "lakeview": "Open the monitor's page in JupyterLab.",
    "libraries": "Install packages into the kernel's environment.",
    "lineage-tracking": "Lineage of tables, columns and external objects is provided; for the rest use ws.catalog.lineage.",
    "marketplace-consumer": "Load the data as a table: ws.catalog.ingest.",
    "notification-destinations": "Read the journal: /api/1.0/journal.",
    "permissions": "Whoever the Jupyter server lets in may do everything in this workspace.",
    "pipelines": "Run a notebook as a job: /api/2.2/jobs.",
    "postgres": "Set metastore_url in mlnb.toml.",
    "preview": "Users are those of the Jupyter server: /api/1.0/whoami.",
    "quality-monitors": "Monitors are under /api/1.0/monitors.",
    "repos": "Use git in the notebook folder.",
    "secrets": "Set secrets as environment variables of the Jupyter server.",
    "settings": "Settings are in mlnb.toml.",
    "sql": "Run SQL with ws.sql, %%sql or `mlnb sql`.",
    "tag-policies": "Tags are free here.",
    "token": "The token is the Jupyter server's.",
    "token-management": "The token is the Jupyter server's.",
    "unity-catalog": "Catalogs, schemas and tables are provided; for the rest use ws.catalog.",
    "vector-search": "Nothing of this kind runs here.",
    "workspace": "Notebooks lie in the notebook folder; use Jupyter's contents API.",
    "workspace-conf": "Settings are in mlnb.toml.",
    "serving-endpoints": "Endpoints are read here and made with %deploy or ws.endpoints.",
    "jobs": "Jobs are created, read, run and deleted here; for the rest use ws.jobs.",
    "mlflow": "This part of the registry is ws.models, or /api/1.0/models.",
}

_PATH = re.compile(r"^/?api/(?:\d\.\d)(?:/preview)?/([a-z-]+)(?:/|$)")


def not_provided(verb: str, path: str) -> NotProvidedError | None:
    """Return the error for a path of a known part of the platform, ``None`` for a path nobody knows."""
    match = _PATH.match(path)
    if match is None or match.group(1) not in _AREAS or path.lstrip("/").startswith("api/1.0/"):
        return None
    return NotProvidedError(f"{verb} {path} is not provided here.", hint=_AREAS[match.group(1)])
