"""Tables kept in order by the Delta library: earlier versions restored, small files joined, files nobody needs deleted, rules changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import VersionFilesMissingError

if TYPE_CHECKING:
    import pyarrow as pa

    from .write import Writer


def restore(writer: Writer, location: str, version: int) -> None:
    """Make a version the newest one again."""
    from deltalake.exceptions import DeltaError

    with writer.guard(location, alone=True):
        try:
            writer.table(location).restore(version, commit_properties=writer.properties(0))
        except DeltaError as error:
            if "missing file" not in str(error):
                raise
            raise VersionFilesMissingError(
                f"Version {version} cannot be restored: files of it were vacuumed away.",
                hint="ws.catalog.history(name) lists what happened; restore a later version.",
            ) from error


def optimize(writer: Writer, location: str, zorder_by: Sequence[str] = ()) -> None:
    """Join small files into large ones, or sort all rows along a curve through ``zorder_by``."""
    with writer.guard(location, alone=True):
        optimizer = writer.table(location).optimize
        how: dict[str, Any] = {
            "target_size": writer.target_file_size,
            "writer_properties": writer.parquet(),
            "commit_properties": writer.properties(0),
        }
        if zorder_by:
            optimizer.z_order(list(zorder_by), **how)
        else:
            optimizer.compact(**how)


def vacuum(writer: Writer, location: str, retain_hours: int, keep: Sequence[int], *, dry_run: bool) -> list[str]:
    """Delete files that no version younger than ``retain_hours``, nor one of ``keep``, needs; return their paths."""
    with writer.guard(location, alone=True):
        return list(
            writer.table(location).vacuum(
                retain_hours,
                dry_run=dry_run,
                enforce_retention_duration=False,  # the caller has checked, and knows who insists
                commit_properties=writer.properties(0),
                full=True,
                keep_versions=list(keep) or None,
            )
        )


def add_constraint(writer: Writer, location: str, name: str, condition: str) -> None:
    """Make a condition a rule for every row."""
    with writer.guard(location, alone=True):
        writer.table(location).alter.add_constraint({name: condition}, commit_properties=writer.properties(0))


def drop_constraint(writer: Writer, location: str, name: str) -> None:
    """Take a rule away."""
    with writer.guard(location, alone=True):
        writer.table(location).alter.drop_constraint(name, commit_properties=writer.properties(0))


def drop_not_null(writer: Writer, location: str, column: str) -> None:
    """Let a column be empty."""
    with writer.guard(location, alone=True):
        writer.table(location).alter.drop_column_not_null(column, commit_properties=writer.properties(0))


def add_columns(writer: Writer, location: str, columns: pa.Schema) -> None:
    """Add empty columns."""
    from deltalake import Schema

    with writer.guard(location, alone=True):
        writer.table(location).alter.add_columns(
            list(Schema.from_arrow(columns).fields), commit_properties=writer.properties(0)
        )


def set_properties(writer: Writer, location: str, properties: Mapping[str, str]) -> None:
    """Store Delta properties in the log."""
    with writer.guard(location, alone=True):
        writer.table(location).alter.set_table_properties(
            dict(properties), raise_if_not_exists=False, commit_properties=writer.properties(0)
        )
