"""The statements that are no queries: one handler per kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from . import alter, care, ddl, dml, files, look, merge, rights, show, state
from .answers import bound

if TYPE_CHECKING:
    from ..context import Context
    from ..front import SqlFront
    from ..parse import Statement
    from ..result import SqlResult

    Handler = Callable[[SqlFront, Statement, Context], SqlResult]

#: What answers a statement, by its kind.
HANDLERS: Mapping[str, Handler] = {
    "INSERT": dml.insert,
    "UPDATE": dml.update,
    "DELETE": dml.delete,
    "MERGE": merge.merge,
    "TRUNCATE": dml.truncate,
    "CREATE_TABLE": ddl.create_table,
    "CREATE_TABLE_AS_SELECT": ddl.create_table_as,
    "CREATE_TABLE_LIKE": ddl.create_table_like,
    "CREATE_TABLE_CLONE": ddl.create_table_clone,
    "CREATE_VIEW": ddl.create_view,
    "CREATE_SCHEMA": ddl.create_schema,
    "CREATE_CATALOG": ddl.create_catalog,
    "CREATE_VOLUME": ddl.create_volume,
    "CREATE_FUNCTION": ddl.create_function,
    "DESCRIBE": look.describe,
    "DESCRIBE_HISTORY": look.history,
    "DESCRIBE_DETAIL": look.detail,
    "DESCRIBE_QUERY": look.describe_query,
    "DESCRIBE_OBJECT": look.describe_object,
    "EXPLAIN": look.explain,
    "SHOW": show.show,
    "SHOW_COLUMNS": show.columns,
    "SHOW_PROPERTIES": show.properties,
    "SHOW_PARTITIONS": show.partitions,
    "SHOW_CREATE": show.create_statement,
    "SHOW_TABLE_EXTENDED": show.table_extended,
    "SHOW_DROPPED": show.dropped,
    "SHOW_GRANTS": rights.show_grants,
    "ALTER_VIEW": alter.alter_view,
    "ADD_COLUMNS": alter.add_columns,
    "DROP_COLUMNS": alter.drop_columns,
    "RENAME_COLUMN": alter.rename_column,
    "ALTER_TYPE": alter.alter_type,
    "SET_NOT_NULL": alter.set_not_null,
    "ADD_CONSTRAINT": alter.add_constraint,
    "DROP_CONSTRAINT": alter.drop_constraint,
    "DROP_PRIMARY_KEY": alter.drop_primary_key,
    "CLUSTER_BY": alter.cluster_by,
    "RENAME": alter.rename,
    "SET_OWNER": alter.set_owner,
    "SET_PROPERTIES": alter.set_properties,
    "UNSET_PROPERTIES": alter.unset_properties,
    "DROP": alter.drop,
    "UNDROP": alter.undrop,
    "COMMENT": rights.comment,
    "COMMENT_COLUMN": rights.comment,
    "SET_TAGS": rights.set_tags,
    "UNSET_TAGS": rights.unset_tags,
    "GRANT": rights.grant,
    "REVOKE": rights.revoke,
    "RESTORE": care.restore,
    "OPTIMIZE": care.optimize,
    "VACUUM": care.vacuum,
    "ANALYZE": care.analyze,
    "NOT_NEEDED": care.not_needed,
    "USE": state.use,
    "SET_TIME_ZONE": state.set_time_zone,
    "CREATE_WIDGET": state.create_widget,
    "REMOVE_WIDGET": state.remove_widget,
    "LIST_FILES": files.list_files,
    "PUT_FILE": files.put,
    "GET_FILE": files.get,
    "REMOVE_FILE": files.remove_file,
    "COPY_INTO": files.copy_into,
}


def answer(front: SqlFront, statement: Statement, context: Context) -> SqlResult:
    """Run a statement that is no query, with the values of its parameters in it."""
    return HANDLERS[statement.kind](front, bound(statement, context.params), context)
