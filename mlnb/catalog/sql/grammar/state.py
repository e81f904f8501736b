"""USE and widgets."""

from __future__ import annotations

from typing import Any

from .cursor import Cursor

Read = tuple[str, dict[str, Any]]


def use(cursor: Cursor) -> Read:
    """``USE [CATALOG | SCHEMA | DATABASE] name``."""
    word = cursor.one_of("CATALOG", "SCHEMA", "DATABASE")
    name = cursor.string() if cursor.token.kind == "text" else cursor.name("a name")
    return "USE", {"kind": "catalog" if word == "CATALOG" else "schema", "name": name}


def create_widget(cursor: Cursor) -> Read:
    """``WIDGET {TEXT | DROPDOWN | COMBOBOX | MULTISELECT} name DEFAULT 'value' [CHOICES query]``, after CREATE."""
    kind = cursor.choose("TEXT", "DROPDOWN", "COMBOBOX", "MULTISELECT")
    name = cursor.word("the widget's name")
    cursor.expect("DEFAULT")
    default = cursor.string()
    label, choices = None, None
    while not cursor.done:
        if cursor.choose("CHOICES", "LABEL") == "LABEL":
            label = cursor.string()
        else:
            start, end = cursor.until(("LABEL",))
            choices = cursor.blanked(start, end)
    if kind != "TEXT" and choices is None:
        raise cursor.error("CHOICES is expected", f"Write CREATE WIDGET {kind} {name} DEFAULT 'a' CHOICES SELECT …")
    return "CREATE_WIDGET", {"kind": kind, "name": name, "default": default, "query": choices, "label": label}


def remove(cursor: Cursor) -> Read:
    """``REMOVE WIDGET name``, or ``REMOVE 'path'`` of a file in a volume."""
    if cursor.accept("WIDGET"):
        return "REMOVE_WIDGET", {"name": cursor.word("the widget's name")}
    return "REMOVE_FILE", {"path": cursor.string("a path in quotes")}
