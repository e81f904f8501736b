"""Data on its way into a table: anything with Arrow inside becomes one stream in the table's own types.

A value is converted only where nothing can be lost: numbers widen, whole floats (pandas' integers with gaps) become integers, text never
becomes a number. What does not fit is refused column by column before anything is written, or at the first value that cannot be kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from mlnb.core.access import TableAccess, note_origin

from ..arrow import conversion_errors
from ..errors import TableSchemaError
from .types import check_columns, storable_schema

if TYPE_CHECKING:
    import pyarrow as pa

SchemaMode = Literal["strict", "merge", "overwrite"]

#: The days of 0001-01-01 and 9999-12-31, counted from 1970.
_FIRST_DAY, _LAST_DAY = -719_162, 2_932_896

# Kind of a source type -> kinds of target that hold all its values, or say so when they do not.
_FITS = {
    "null": {"int", "float", "decimal", "text", "boolean", "bytes", "date", "time", "list", "struct", "map"},
    "int": {"int", "float", "decimal"},
    "float": {"float", "int", "decimal"},
    "decimal": {"decimal", "int", "float"},
    "date": {"date", "time"},
}


def _note_origin(frame: Any) -> None:
    """Tell lineage which table a frame was read from, in whichever cell that was."""
    origin = frame.attrs.get("mlnb.source")
    if isinstance(origin, Mapping) and isinstance(origin.get("table"), str) and isinstance(origin.get("version"), int):
        columns = tuple(name for name in origin.get("columns") or () if isinstance(name, str))
        note_origin(TableAccess(origin["table"], origin["version"], "read", columns))


def reader_of(data: Any) -> pa.RecordBatchReader:
    """Return ``data`` as a stream of record batches, whatever library it comes from.

    Parameters
    ----------
    data
        A pandas or polars frame, anything else with the Arrow C stream interface, a record batch, a list of dictionaries or a
        dictionary of columns. A pandas index is not data and is left out.

    Raises
    ------
    TableSchemaError
        When it is none of these, or a column holds a mixture of types.
    """
    import pyarrow as pa

    try:
        if isinstance(data, pa.RecordBatchReader):
            return data
        if type(data).__module__.split(".")[0] == "pandas" and hasattr(data, "columns"):
            _note_origin(data)
            return pa.Table.from_pandas(data, preserve_index=False).replace_schema_metadata(None).to_reader()
        if hasattr(data, "__arrow_c_stream__"):
            return pa.RecordBatchReader.from_stream(data)
        if isinstance(data, pa.RecordBatch):
            return pa.Table.from_batches([data]).to_reader()
        if isinstance(data, Mapping):
            return pa.table(dict(data)).to_reader()
        if (
            isinstance(data, Sequence)
            and not isinstance(data, (str, bytes))
            and all(isinstance(r, Mapping) for r in data)
        ):
            return pa.Table.from_pylist([dict(row) for row in data]).to_reader()
    except conversion_errors() as error:
        raise TableSchemaError(
            f"The data cannot be read as columns: {error}.",
            code="INVALID_DATA",
            hint="Give each column one type, for example with frame['c'].astype(str).",
        ) from error
    raise TableSchemaError(
        f"{type(data).__name__} is not tabular data.",
        code="INVALID_DATA",
        hint="Pass a pandas, polars or Arrow table, or a list of dictionaries.",
    )


class Stream:
    """A stream of batches in the schema of a table, counted as it flows.

    Parameters
    ----------
    data
        See :func:`reader_of`.
    target
        Schema of the table; None for a new one, which takes the data's own.
    mode
        ``strict``: the same columns, in any order. ``merge``: columns may be missing (null) or new. ``overwrite``: the data's schema wins.

    Attributes
    ----------
    schema
        Of the batches.
    given
        The names of the data's columns.
    error
        What stopped the stream; libraries that consume it report only its text.
    """

    def __init__(self, data: Any, target: pa.Schema | None = None, mode: SchemaMode = "strict") -> None:
        self._source = reader_of(data)
        self.rows = 0
        self.error: BaseException | None = None
        names = self.given = list(self._source.schema.names)
        check_columns(names)
        self._own = storable_schema(self._source.schema)
        if target is None or mode == "overwrite":
            self.schema, self._order = self._own, list(range(len(names)))
            return
        self._align(target, mode)

    def _align(self, target: pa.Schema, mode: SchemaMode) -> None:
        """Find each column of the table in the data, by name but for case."""
        import pyarrow as pa

        where = {name.lower(): position for position, name in enumerate(self._source.schema.names)}
        known = {field.name.lower() for field in target}
        problems: list[str] = []
        fields, order = [], []
        for field in target:
            position = where.get(field.name.lower())
            if position is not None:
                found = self._source.schema.field(position).type
                if not fits(found, field.type):
                    problems.append(f"{field.name} is {field.type} in the table and {found} in the data")
                fields.append(field)
                order.append(position)
            elif mode == "strict" or not field.nullable:
                problems.append(f"{field.name} is missing in the data")
        for field in self._own:
            if field.name.lower() not in known:
                if mode == "strict":
                    problems.append(f"{field.name} is not in the table")
                fields.append(field)
                order.append(where[field.name.lower()])
        if problems:
            only_new = all(problem.endswith(("is not in the table", "is missing in the data")) for problem in problems)
            raise TableSchemaError(
                f"The data does not fit the table: {'; '.join(problems)}.",
                hint='Pass schema="merge" to add columns and leave missing ones empty.'
                if only_new
                else "Convert the columns named, or write to another table.",
            )
        self.schema, self._order = pa.schema(fields), order

    def reader(self) -> pa.RecordBatchReader:
        """Return the batches; can be read once."""
        import pyarrow as pa

        return pa.RecordBatchReader.from_batches(self.schema, self._batches())

    def _batches(self) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        try:
            for batch in self._source:
                columns = [
                    cast(batch.column(position), field.type, field.name)
                    for field, position in zip(self.schema, self._order, strict=True)
                ]
                self._refuse_nulls(columns)
                self._refuse_endless(columns)
                self.rows += batch.num_rows
                yield pa.RecordBatch.from_arrays(columns, schema=self.schema)
        except BaseException as error:
            self.error = error
            raise

    def _refuse_nulls(self, columns: Sequence[pa.Array]) -> None:
        import pyarrow.compute as pc

        for field, values in zip(self.schema, columns, strict=True):
            if field.nullable or not values.null_count:
                continue
            at = pc.index(pc.is_null(values), True).as_py()
            row = {name: _shown(column[at].as_py()) for name, column in zip(self.schema.names, columns, strict=True)}
            which = ", ".join(f"{name} = {value}" for name, value in list(row.items())[:12])
            raise TableSchemaError(
                f"Row {self.rows + at + 1} of the data breaks NOT NULL of {field.name}: {which}.",
                code="DELTA_VIOLATE_CONSTRAINT_WITH_VALUES",
                hint="Fill the column or leave the row out; nothing was written.",
                details={"row": row, "column_name": field.name},
            )

    def _refuse_endless(self, columns: Sequence[pa.Array]) -> None:
        """Refuse dates and times outside the years 1 to 9999: infinity, which nobody else could read, and which stops the writer."""
        import pyarrow as pa
        import pyarrow.compute as pc
        from pyarrow import types as t

        for field, values in zip(self.schema, columns, strict=True):
            days = t.is_date32(field.type)
            if not days and not t.is_timestamp(field.type):
                continue
            scale = 1 if days else 86_400_000_000
            ends = pc.min_max(values.cast(pa.int32() if days else pa.int64())).as_py()
            if ends["min"] is None or (ends["min"] >= _FIRST_DAY * scale and ends["max"] < (_LAST_DAY + 1) * scale):
                continue
            raise TableSchemaError(
                f"Column {field.name} has a {'date' if days else 'time'} before the year 1 or after the year 9999, or an infinite one.",
                code="DATETIME_OUT_OF_RANGE",
                hint="Write NULL for what never ends, or keep the column as text. Nothing was written.",
            )


def _shown(value: Any) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def cast(values: pa.Array, kind: pa.DataType, column: str) -> pa.Array:
    """Convert values to the stored type, refusing a value that would change.

    Raises
    ------
    TableSchemaError
        Naming the column and the value.
    """
    import pyarrow as pa
    import pyarrow.compute as pc
    from pyarrow import types as t

    if values.type == kind:
        return values
    try:
        if isinstance(values.type, pa.BaseExtensionType):
            values = values.cast(pa.string()) if values.type.extension_name == "arrow.json" else _uuid_text(values)
        if t.is_timestamp(values.type) and values.type.unit == "ns":
            values = pc.cast(values, pa.timestamp("us", values.type.tz), safe=False)
        if t.is_integer(values.type) and t.is_decimal(kind):
            values = pc.cast(values, pa.decimal128(38, kind.scale))
        return pc.cast(values, kind)
    except conversion_errors() as error:
        raise TableSchemaError(
            f"Column {column}: {error}.",
            code="CAST_INVALID_INPUT",
            hint=f"The table holds {kind} here; convert or mend the values first. Nothing was written.",
        ) from error


def _uuid_text(values: pa.Array) -> pa.Array:
    """Return extension values as what they are stored as: text for UUIDs, else the storage type."""
    import uuid

    import pyarrow as pa

    if values.type.extension_name != "arrow.uuid":
        return values.storage
    return pa.array(
        [None if raw is None else str(uuid.UUID(bytes=raw)) for raw in values.storage.to_pylist()], pa.string()
    )


def fits(source: pa.DataType, target: pa.DataType) -> bool:
    """Return whether values of one type may be stored as another, at least as long as none of them would change."""
    from pyarrow import types as t

    here, there = kind_of(source), kind_of(target)
    if here != there:
        return there in _FITS.get(here, ())
    if here == "list":
        return fits(source.value_type, target.value_type)
    if here == "map":
        return fits(source.key_type, target.key_type) and fits(source.item_type, target.item_type)
    if here == "struct":
        names = {field.name for field in target}
        return {field.name for field in source} == names and all(
            fits(source.field(name).type, target.field(name).type) for name in names
        )
    return not t.is_null(target)


def kind_of(kind: pa.DataType) -> str:
    """Return the family a type belongs to."""
    import pyarrow as pa
    from pyarrow import types as t

    if t.is_dictionary(kind):
        return kind_of(kind.value_type)
    if isinstance(kind, pa.BaseExtensionType):
        return "text" if kind.extension_name in ("arrow.uuid", "arrow.json") else kind_of(kind.storage_type)
    for family, predicates in _FAMILIES:
        if any(getattr(t, predicate)(kind) for predicate in predicates):
            return family
    return str(kind)


_FAMILIES = (
    ("null", ("is_null",)),
    ("boolean", ("is_boolean",)),
    ("int", ("is_integer",)),
    ("float", ("is_floating",)),
    ("decimal", ("is_decimal",)),
    ("text", ("is_string", "is_large_string", "is_string_view", "is_time")),
    ("bytes", ("is_binary", "is_large_binary", "is_binary_view", "is_fixed_size_binary")),
    ("date", ("is_date",)),
    ("time", ("is_timestamp",)),
    ("list", ("is_list", "is_large_list", "is_fixed_size_list")),
    ("struct", ("is_struct",)),
    ("map", ("is_map",)),
)
