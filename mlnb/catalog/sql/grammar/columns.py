"""Definitions of columns and constraints, in CREATE TABLE, CREATE VIEW and ALTER TABLE … ADD COLUMNS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .cursor import Cursor, Parameter

_AFTER_TYPE = (
    "NOT",
    "NULL",
    "COMMENT",
    "DEFAULT",
    "GENERATED",
    "PRIMARY",
    "CONSTRAINT",
    "CHECK",
    "MASK",
    "COLLATE",
    "FIRST",
    "AFTER",
    "REFERENCES",
)


@dataclass(frozen=True)
class Column:
    """A column as it is defined; ``type`` is the platform's text, ``at`` says where it stands."""

    name: str
    type: str
    nullable: bool = True
    comment: str | Parameter | None = None
    key: bool = False
    at: int = 0


@dataclass(frozen=True)
class Constraint:
    """A named CHECK, or the primary key with its time column."""

    name: str | None
    check: str | None = None
    key: tuple[str, ...] = ()
    timeseries: str | None = None


def definitions(cursor: Cursor) -> tuple[list[Column], list[Constraint]]:
    """``(a INT NOT NULL COMMENT 'x', …, CONSTRAINT c CHECK (…), PRIMARY KEY (a, t TIMESERIES))``."""
    columns: list[Column] = []
    constraints: list[Constraint] = []

    def one() -> None:
        if (
            cursor.peek("CONSTRAINT")
            or cursor.peek("PRIMARY", "KEY")
            or cursor.peek("CHECK", "(")
            or cursor.peek("FOREIGN", "KEY")
        ):
            constraints.append(constraint(cursor))
        else:
            columns.append(column(cursor))

    cursor.several(one)
    return columns, constraints


def column(cursor: Cursor) -> Column:
    """``name TYPE [NOT NULL] [COMMENT 'text'] [PRIMARY KEY]``."""
    name, at = cursor.word("a column"), cursor.token.start
    cursor.accept(":")
    nullable, comment, key = True, None, False
    kind = type_text(cursor)
    while True:
        if cursor.accept("NOT", "NULL"):
            nullable = False
        elif cursor.accept("COMMENT"):
            comment = cursor.string()
        elif cursor.accept("PRIMARY", "KEY"):
            key, nullable = True, False
        elif cursor.peek("DEFAULT") or cursor.peek("GENERATED"):
            raise cursor.error(
                "columns with defaults or generated values are not provided", "Compute the value in the INSERT."
            )
        elif cursor.peek("MASK"):
            raise cursor.error("column masks are not provided", "Make a view without the column.")
        else:
            return Column(name, kind, nullable, comment, key, at)


def type_text(cursor: Cursor) -> str:
    """A type, as written."""
    start, end = cursor.until(_AFTER_TYPE, ",)", angles=True)
    if start == end:
        raise cursor.error(
            "a type is expected",
            "For example INT, BIGINT, DOUBLE, DECIMAL(10,2), STRING, DATE, TIMESTAMP, ARRAY<STRING>.",
        )
    return cursor.text[start:end]


def constraint(cursor: Cursor) -> Constraint:
    """``[CONSTRAINT name] {CHECK (condition) | PRIMARY KEY (a, t TIMESERIES)}``."""
    name = cursor.word("the constraint's name") if cursor.accept("CONSTRAINT") else None
    what = cursor.choose("CHECK", "PRIMARY KEY", "FOREIGN KEY")
    if what == "FOREIGN KEY":
        raise cursor.error("foreign keys are not provided", "Lineage shows what belongs together.")
    if what == "CHECK":
        found = Constraint(name, check=cursor.bracketed())
    else:
        times: list[str] = []

        def part() -> str:
            column_name = cursor.word("a column")
            if cursor.accept("TIMESERIES"):
                times.append(column_name)
            return column_name

        key = tuple(cursor.several(part))
        found = Constraint(name, key=key, timeseries=times[0] if times else None)
    while cursor.one_of("NOT ENFORCED", "ENFORCED", "RELY", "NORELY", "DEFERRABLE", "INITIALLY DEFERRED", "NOVALIDATE"):
        pass
    return found


def view_columns(cursor: Cursor) -> list[tuple[str, Any]]:
    """``(a COMMENT 'x', b)``: names and comments."""

    def one() -> tuple[str, Any]:
        name = cursor.word("a column")
        return name, cursor.string() if cursor.accept("COMMENT") else None

    return cursor.several(one)
