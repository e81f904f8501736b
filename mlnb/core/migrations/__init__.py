"""One Alembic history for the whole metastore; every stage fills in a revision of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlalchemy as sa

#: All revisions, oldest first. Kept here as plain text so that opening an up-to-date workspace needs no Alembic.
REVISIONS = (
    "0001_core",
    "0002_catalog",
    "0003_scope",
    "0004_explore",
    "0005_features",
    "0006_training",
    "0007_evaluation",
    "0008_registry",
    "0009_serving",
    "0010_monitoring",
    "0011_jobs",
    "0012_governance",
    "0013_explore",
    "0014_runs",
)
HEAD = REVISIONS[-1]


def upgrade(connection: sa.Connection) -> None:
    """Run the missing revisions on ``connection``, inside its transaction."""
    from alembic.config import Config
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    script = ScriptDirectory.from_config(config)

    def steps(revision: tuple[str, ...], _context: object) -> object:
        return script._upgrade_revs(HEAD, revision)  # type: ignore[arg-type]

    with EnvironmentContext(config, script, fn=steps) as environment:
        environment.configure(connection=connection, transactional_ddl=True)
        environment.run_migrations()
