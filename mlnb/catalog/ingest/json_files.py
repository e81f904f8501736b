"""JSON files as parts of a load: objects line by line, or in an array.

Lines are read as text and looked at one by one, so that a broken one is kept with its number instead of ending the load. Types come
from the structures of all documents; what a document holds besides is found when its values are converted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ..errors import IngestError
from ..names import quote_duckdb
from .columns import Column, Profile, mostly, renamed, spelled
from .csv_files import strptime_pattern
from .plan import Agreed, Found, Part, Task, forced
from .sniff import text
from .sources import SourceFile, first_byte
from .structures import Seen, Structure, collect, storable, type_of
from .words import WORDS

#: Longest line, in bytes.
_LONGEST = 16 * 1024 * 1024
#: More keys than this are values in the wrong place.
_MOST_COLUMNS = 4000


@dataclass
class _Source:
    """The documents of a file as a relation ``line, raw``, how many there are, and how many lines are none."""

    file: SourceFile
    number: int
    limit: int
    documents: int = 0
    broken: int = 0

    def sql(self, *, numbered: bool = False, rejects: str = "") -> str:
        if self.file.format == "jsonl":
            # No byte of UTF-8 text is this delimiter; a line that is no UTF-8 is rejected by the reader.
            kept = f", store_rejects = true, rejects_table = '{rejects}', rejects_scan = 'scan_{rejects}', rejects_limit = 0"
            read = (
                "read_csv($file, auto_detect = false, delim = '\x01', quote = '', escape = '', header = false, "
                f"columns = {{'raw': 'VARCHAR'}}, max_line_size = {_LONGEST}{kept if rejects else ', ignore_errors = true'})"
            )
            selected = "raw"
        else:
            array = first_byte(self.file.readable) == b"["
            read = f"read_json_objects($file, format = '{'array' if array else 'unstructured'}', maximum_object_size = {_LONGEST})"
            selected = "json AS raw"
        line = "row_number() OVER () AS line, " if numbered else ""
        tail = f" LIMIT {self.limit}" if self.limit else ""
        return f"(SELECT {line}{selected} FROM {read}{tail})"


def look_at_json(task: Task, file: SourceFile, number: int) -> Found:
    """Find the keys of a file's documents and the types of their values.

    Raises
    ------
    IngestError
        When it holds no documents, or cannot be read at all.
    """
    import duckdb

    source = _Source(file, number, task.limit)
    values = {"file": file.readable}
    document = "json_valid(raw) AND json_type(raw) = 'OBJECT'"
    try:
        first = task.connection.execute(
            f"SELECT json_structure(raw)::VARCHAR FROM {source.sql()} WHERE {document} LIMIT 1", values
        ).fetchall()
        found = task.connection.execute(
            f"SELECT CASE WHEN {document} THEN json_structure(raw)::VARCHAR END AS s, count(*) AS n "
            f"FROM {source.sql()} WHERE raw IS NOT NULL GROUP BY 1 ORDER BY n DESC, s",
            values,
        ).fetchall()
    except duckdb.Error as error:
        raise IngestError(
            f"{file.path} cannot be read as JSON: {_said(error)}.",
            hint="Pass format='jsonl' when each line is an object of its own, else mend the file.",
        ) from error
    source.broken = sum(n for s, n in found if s is None)
    source.documents = sum(n for s, n in found if s is not None)
    # Columns come in the order of the first document's keys, then of the most frequent ones.
    keys = collect([*((row[0], 0) for row in first), *((s, n) for s, n in found if s is not None)])
    _check(file, keys, source, task)
    names = renamed(list(keys))
    profiles = _profiles(task, source, keys)
    columns = [
        forced(_choose(key, name, keys[key], made), task, made["float"])
        for (key, name), made in zip(names, profiles, strict=True)
    ]
    columns = [
        c.warn(f"renamed from {c.source!r}, which a table cannot have") if c.name != c.source else c for c in columns
    ]

    def make(final: list[Column], _: Agreed) -> Part:
        return _part(task, source, final, keys)

    return Found(file, columns, make)


def _said(error: Exception) -> str:
    """Return where a file breaks; the reader's own words name its path and options that are not ours."""
    first = str(error).splitlines()[0]
    found = re.search(r"at byte \d+ in record/value \d+: [^.]*", first)
    return found[0].strip() if found else first.strip(" .")


def _check(file: SourceFile, keys: dict[str, Seen], source: _Source, task: Task) -> None:
    if len(keys) > _MOST_COLUMNS:
        raise IngestError(
            f"The objects of {file.path} have {len(keys):,} different keys.",
            hint="Keys that are data belong into values: write them as a list of {key, value} objects.",
        )
    if keys:
        return
    lines = task.connection.execute(
        f"SELECT raw FROM {source.sql()} WHERE raw IS NOT NULL LIMIT 1", {"file": file.readable}
    ).fetchall()
    if not lines:
        raise IngestError(f"{file.path} is empty.", hint="A JSON file holds objects, one a line or in an array.")
    raise IngestError(
        f"{file.path} holds no JSON objects; it starts with {lines[0][0][:60]!r}.",
        hint='Each line is to be an object like {"id": 1}, or the file an array of them.',
    )


def _profiles(task: Task, source: _Source, keys: dict[str, Seen]) -> list[Profile]:
    """Return the counts of every key; of text also how much of it is dates and times, of numbers how many are too large."""
    texts = [key for key, seen in keys.items() if seen.counts.get("text")]
    numbers = [key for key, seen in keys.items() if seen.counts.get("int")]
    found: list[int] = []
    if texts or numbers:
        looked = dict.fromkeys([*texts, *numbers])
        reading = _reading(list(looked), {key: "VARCHAR" if key in texts else "BIGINT" for key in looked})
        counts = []
        for key in texts:
            value = reading.typed[key]
            like = f"regexp_full_match({value}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}.*')"
            counts.append(f"count(*) FILTER ({like} AND length({value}) <= 10 AND isfinite(try_cast({value} AS DATE)))")
            counts.append(
                f"count(*) FILTER ({like} AND length({value}) > 10 AND isfinite(try_cast({value} AS TIMESTAMPTZ)))"
            )
        for key in numbers:
            whole = f"json_type({reading.raw[key]}) IN ('UBIGINT', 'BIGINT')"
            counts.append(f"count(*) FILTER ({whole} AND try_cast({reading.typed[key]} AS BIGINT) IS NULL)")
        query = f"SELECT {', '.join(counts)} FROM {reading.sql(source.sql())}"
        found = list(task.connection.execute(query, {"file": source.file.readable}).fetchall()[0])
    moments = {key: found[2 * i : 2 * i + 2] for i, key in enumerate(texts)}
    large = dict(zip(numbers, found[2 * len(texts) :], strict=True))
    made = []
    for key, seen in keys.items():
        p = seen.profile()
        p.counts["date"], p.counts["time"] = moments.get(key, (0, 0))
        p.counts["moment"] = p["date"] + p["time"]
        p.counts["long"] = large.get(key, 0)
        made.append(p)
    return made


def _choose(key: str, name: str, seen: Seen, p: Profile) -> Column:
    """Choose a type: JSON says what numbers and truth values are; text is searched for dates only."""

    def column(kind: str, reason: str, choices: Sequence[str] = (), bad: int = 0) -> Column:
        made = Column(key, name, kind, reason, kind, choices=tuple(choices), doubt=kind if bad else "")
        if bad:
            made = made.warn(
                f"{bad:,} of {p.n:,} values are no {WORDS.get(kind, 'such value')}; their rows are rejected"
            )
        return made

    if p.n == 0:
        return column("VARCHAR", "no values")
    if p["long"]:
        return column("VARCHAR", "more than 18 digits").warn("more than 18 digits do not fit a number; kept as text")
    candidates = [
        ("BIGINT", "int", "every value is a whole number"),
        ("DOUBLE", "number", "every value is a number"),
        ("BOOLEAN", "bool", "every value is true or false"),
        ("DATE", "date", "every value is a date"),
        ("TIMESTAMPTZ", "moment", "every value is a time"),
    ]
    exact = [kind for kind, count, _ in candidates if p[count] == p.n]
    for kind, count, reason in candidates:
        if p[count] == p.n:
            return column(kind, reason, exact)
    for count, what in (("object", "objects"), ("array", "lists")):
        if p[count] and p[count] == p.n:
            nested = storable(seen.nested)
            if nested is None:
                return column("VARCHAR", f"{what} that a table cannot hold, as JSON text")
            return column(type_of(nested), f"every value is one of the same {what}", [type_of(nested)])
    if p["text"] == p.n and not mostly(p["moment"], p.n):
        return column("VARCHAR", "text")
    for kind, count, reason in candidates:
        others = p["float"] if count == "int" else 0
        if not others and mostly(p[count], p.n):
            return column(kind, reason.replace("every", "nearly every"), bad=p.n - p[count])
    if p["text"] == p.n:
        return column("VARCHAR", "text")
    kinds = {"int": "whole numbers", "float": "numbers", "bool": "truth values", "object": "objects", "array": "lists"}
    mixed = ", ".join(f"{p[k]:,} {kinds.get(k, k)}" for k in ("text", *kinds) if p[k])
    return column("VARCHAR", "mixed types").warn(f"values are of several types ({mixed}); kept as text")


@dataclass
class _Reading:
    """How the values of documents are reached: each key's JSON and its value in the column's type."""

    raw: dict[str, str]
    typed: dict[str, str]
    selected: str

    def sql(self, source: str, where: str = "") -> str:
        return f"(SELECT *, {self.selected} FROM {source} WHERE json_valid(raw) AND json_type(raw) = 'OBJECT'{where})"


def _reading(keys: Sequence[str], specs: dict[str, Structure]) -> _Reading:
    """Return how to read keys: all at once by one pass over the document; those that differ only in case, by their path."""
    seen: set[str] = set()
    together: list[str] = []
    for key in keys:
        if key and key.lower() not in seen:
            together.append(key)
        seen.add(key.lower())
    raw = {key: f"j.{quote_duckdb(key)}" for key in together}
    typed = {key: f"t.{quote_duckdb(key)}" for key in together}
    for key in keys:
        if key not in raw:
            path = text("/" + key.replace("~", "~0").replace("/", "~1"))
            raw[key] = f"json_extract(raw, {path})"
            typed[key] = f"json_transform(json_extract(raw, {path}), {text(json.dumps(specs[key]))})"
    as_json = text(json.dumps(dict.fromkeys(together, "JSON")))
    as_typed = text(json.dumps({key: specs[key] for key in together}))
    selected = (
        f"json_transform(raw, {as_json}) AS j, json_transform(raw, {as_typed}) AS t"
        if together
        else "NULL AS j, NULL AS t"
    )
    return _Reading(raw, typed, selected)


def _part(task: Task, source: _Source, columns: list[Column], keys: dict[str, Seen]) -> Part:
    """Read a file; when every document fits, without looking for those that do not."""
    file, rejects = source.file, f"rejected_{source.number}"
    specs = {c.source: _spec(c, keys[c.source]) for c in columns}
    reading = _reading([c.source for c in columns], specs)
    stored = {c.source: _stored(c, reading, specs[c.source], task) for c in columns}
    bad = {c.source: "" if _sure(c) else _bad(c, reading, stored[c.source]) for c in columns}
    conditions = [condition for condition in bad.values() if condition]
    anything = " OR ".join(conditions) or "false"
    values = {"file": file.readable}
    unfit = 0
    if conditions:
        query = f"SELECT count(*) FROM {reading.sql(source.sql())} WHERE {anything}"
        unfit = task.connection.execute(query, values).fetchall()[0][0]
    if unfit:
        columns = [_with_first_offender(task, source, reading, c, bad[c.source]) for c in columns]
    selected = ", ".join(f"{stored[c.source]} AS {quote_duckdb(c.name)}" for c in columns)
    where = f" WHERE NOT ({anything})" if unfit else ""
    part = Part(
        file,
        columns,
        f"SELECT {selected} FROM {reading.sql(source.sql(rejects=rejects))}{where}",
        values,
        expected=source.documents,
        rejects_table=rejects if file.format == "jsonl" else "",
    )
    if source.broken or unfit:
        part.rejects_query = _rejects_query(source, reading, columns, bad, anything)
    return part


def _with_first_offender(task: Task, source: _Source, reading: _Reading, column: Column, bad: str) -> Column:
    """Name the first document whose value does not fit a column that nearly all others fit."""
    if not column.warnings or not column.doubt or not bad:
        return column
    query = (
        f"SELECT line, {reading.raw[column.source]}::VARCHAR FROM {reading.sql(source.sql(numbered=True))} WHERE {bad}"
    )
    found = task.connection.execute(f"{query} ORDER BY line LIMIT 1", {"file": source.file.readable}).fetchall()
    if not found:
        return column
    said = f", the first in line {found[0][0]:,}: {found[0][1][:60]}"
    return replace(column, warnings=(column.warnings[0] + said, *column.warnings[1:]))


def _spec(column: Column, seen: Seen) -> Structure:
    """Return what the document's value is read as; what has no simple counterpart in JSON is read as text and converted."""
    if column.type in ("BIGINT", "DOUBLE", "BOOLEAN"):
        return column.type
    nested = storable(seen.nested)
    if column.type.endswith(("]", ")")) and nested is not None and type_of(nested) == column.type:
        return nested
    return "VARCHAR"


def _stored(column: Column, reading: _Reading, spec: Structure, task: Task) -> str:
    value = reading.typed[column.source]
    if column.type == "VARCHAR" or spec != "VARCHAR":
        return value
    if column.type == "DATE" and task.options.date_format:
        return f"CAST(try_strptime({value}, {text(strptime_pattern(task.options.date_format))}) AS DATE)"
    if column.type.endswith("]") or (column.type.endswith(")") and not column.type.startswith("DECIMAL(")):
        raw = reading.raw[column.source]
        return f"try_cast({raw} AS {column.type})"
    return f"try_cast({value} AS {column.type})"


def _sure(column: Column) -> bool:
    """Return whether every value was seen to fit the column."""
    return column.type == "VARCHAR" or column.type in column.choices


def _bad(column: Column, reading: _Reading, stored: str) -> str:
    """Return the condition under which a value does not fit its column; empty when every value does."""
    raw = reading.raw[column.source]
    if column.type == "VARCHAR":
        return ""
    condition = f"{stored} IS NULL"
    if column.reason not in ("as asked", "as in the table"):
        condition += f" OR json_type({raw}) = 'VARCHAR'" if column.type in ("BIGINT", "DOUBLE", "BOOLEAN") else ""
    if column.type in ("TINYINT", "SMALLINT", "INTEGER", "BIGINT"):
        condition += f" OR json_type({raw}) = 'BOOLEAN' OR try_cast({_text_of(raw)} AS DOUBLE) <> {stored}"
    elif column.type in ("DOUBLE", "REAL"):
        condition += f" OR json_type({raw}) = 'BOOLEAN'"
    return f"({raw} IS NOT NULL AND json_type({raw}) <> 'NULL' AND ({condition}))"


def _text_of(raw: str) -> str:
    """Return a JSON value's text without its quotes."""
    return f"json_extract_string({raw}, '$')"


def _rejects_query(
    source: _Source, reading: _Reading, columns: Sequence[Column], bad: dict[str, str], anything: str
) -> str:
    cells = ", ".join(
        f"CASE WHEN {bad[c.source]} THEN {{'column': {text(c.name)}, 'value': {reading.raw[c.source]}::VARCHAR, "
        f"'type': {text(spelled(c.type))}}} END"
        for c in columns
        if bad[c.source]
    )
    documents = source.sql(numbered=True)
    listed = f"list_filter([{cells}], lambda x: x IS NOT NULL)" if cells else "[]"
    return (
        f"SELECT line, raw::VARCHAR AS raw, NULL AS cells FROM {documents} "
        "WHERE raw IS NOT NULL AND (NOT json_valid(raw) OR json_type(raw) <> 'OBJECT') UNION ALL BY NAME "
        f"SELECT line, raw::VARCHAR AS raw, {listed} AS cells FROM {reading.sql(documents)} WHERE {anything} ORDER BY line"
    )


def reason_of(raw: str) -> str:
    """Say what is wrong with a document that is no JSON object."""
    try:
        found = json.loads(raw)
    except ValueError as error:
        return f"no valid JSON: {error}"
    return f"not an object but {'a list' if isinstance(found, list) else repr(found)[:60]}"
