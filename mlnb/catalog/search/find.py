"""Answers a search: ranked hits, page by page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import sqlalchemy as sa

from mlnb.core.errors import PermissionDeniedError
from mlnb.core.records import Page

from .. import paging
from ..names import key
from ..tables import catalog_column, catalog_securable, catalog_tag
from .index import TEXTS, Index, document
from .records import CATALOG_KINDS, Matched, Question, SearchHit, marked

if TYPE_CHECKING:
    from ..service import Catalog

DEFAULT_HITS = 20
_MATCHED: tuple[Matched, ...] = ("name", "column", "tag", "comment")
#: Things of stages on the first page, and columns of one table.
_OTHERS, _COLUMNS = 20, 20


def search(
    catalog: Catalog, index: Index, question: Question, page_token: str | None, max_results: int | None
) -> Page[SearchHit]:
    """Return what matches; see :meth:`mlnb.catalog.discovery.Discovery.search`."""
    size = min(paging.size(max_results), 100) if max_results else DEFAULT_HITS
    asked = f"search|{question}"
    start = int(paging.decode(page_token, asked) or 0)
    index.refresh()
    hits: list[SearchHit] = []
    kinds = _kinds(question)
    position = start
    more = bool(kinds)
    with catalog.ground.metastore.connect() as connection:
        while more and len(hits) < size:  # what the caller may not see leaves gaps that the next rows fill
            rows = _ranked(connection, index, question, kinds, position, size + 1)
            more = len(rows) > size
            for row in rows[:size]:
                position += 1
                if _visible(catalog, row):
                    hits += _hits(connection, row, question)
                    if len(hits) >= size:
                        more = more or row is not rows[min(size, len(rows)) - 1]
                        break
    if start == 0:
        hits = _with_others(catalog, question, hits)
    return Page[SearchHit](items=hits, next_page_token=paging.encode(str(position), asked) if more else None)


def _kinds(question: Question) -> list[str]:
    """Return the kinds of documents to look at: a column is found in its table."""
    if not question.types:
        return [kind for kind in CATALOG_KINDS if kind != "column"]
    chosen = {kind for kind in question.types if kind in CATALOG_KINDS}
    return sorted((chosen - {"column"}) | ({"table", "view"} if "column" in chosen else set()))


def _ranked(
    connection: sa.Connection, index: Index, question: Question, kinds: Sequence[str], start: int, limit: int
) -> Sequence[sa.Row[Any]]:
    words = question.words
    only_columns = question.types == ["column"]
    texts = ("columns",) if only_columns else TEXTS
    tier: Any = sa.literal(0)
    if words and not only_columns:
        steps = [(index.matches(words, TEXTS[: n + 1]), n) for n in range(len(TEXTS) - 1)]
        tier = sa.case(*steps, else_=len(TEXTS) - 1)
    elif only_columns:
        tier = sa.literal(1)
    query = sa.select(document, tier.label("tier")).where(document.c.kind.in_(kinds), *_filters(question))
    if words:
        query = query.where(index.matches(words, texts))
    whole = " ".join(words)
    order = (
        sa.case((document.c.name == whole, 0), else_=1),
        sa.case((document.c.certification == "deprecated", 1), else_=0),
        sa.text("tier"),
        sa.case((document.c.name.startswith(whole, autoescape=True), 0), else_=1) if words else sa.literal(0),
        sa.case((document.c.certification == "certified", 0), else_=1),
        document.c.reads.desc(),
        document.c.full_name,
    )
    return connection.execute(query.order_by(*order).offset(start).limit(limit)).all()


def _filters(question: Question) -> Iterable[sa.ColumnElement[bool]]:
    if question.owner is not None:
        yield document.c.owner == question.owner
    if question.certification is not None:
        yield document.c.certification == ("" if question.certification == "none" else question.certification)
    if question.below is not None:
        prefix = question.below.rstrip(".")
        yield sa.or_(document.c.full_name == prefix, document.c.full_name.startswith(prefix + ".", autoescape=True))
    for tag in question.tags:
        name, equals, value = tag.partition("=")
        wanted = sa.select(catalog_tag.c.entity_id).where(sa.func.lower(catalog_tag.c.key) == name.lower())
        if equals:
            wanted = wanted.where(sa.func.lower(catalog_tag.c.value) == value.lower())
        yield document.c.entity_id.in_(wanted)


def _visible(catalog: Catalog, row: sa.Row[Any]) -> bool:
    if row.kind == "external" or catalog.rights.unrestricted():
        return True
    try:
        catalog.require("BROWSE", row.kind, row.full_name)
    except PermissionDeniedError:
        return False
    return True


# -- one hit -----------------------------------------------------------------------------------------------------------


def _hits(connection: sa.Connection, row: sa.Row[Any], question: Question) -> list[SearchHit]:
    matched = _MATCHED[row.tier]
    if matched == "column" and (not question.types or "column" in question.types):
        found = _column_hits(connection, row, question)
        if found:
            return found if question.types == ["column"] else found[:1]
    return [_object_hit(connection, row, question.words, matched)]


def _object_hit(connection: sa.Connection, row: sa.Row[Any], words: Sequence[str], matched: Matched) -> SearchHit:
    above, _, name = row.full_name.rpartition(".") if row.kind != "external" else ("", "", row.full_name)
    return SearchHit(
        address=_address(row.kind, row.full_name),
        kind=row.kind,
        name=name,
        full_name=row.full_name,
        where=above,
        snippet=_snippet(connection, row, words, matched, name),
        matched=matched,
        badge=row.certification or None,
    )


def _snippet(connection: sa.Connection, row: sa.Row[Any], words: Sequence[str], matched: Matched, name: str) -> str:
    if matched == "name":
        comment = connection.execute(
            sa.select(catalog_securable.c.comment).where(catalog_securable.c.id == row.entity_id)
        ).scalar()
        return marked(comment, words) if comment else marked(name, words)
    if matched == "column":
        return marked(", ".join(name for name, _ in _columns(connection, row.entity_id, words)), words)
    if matched == "tag":
        return marked(row.tags, words)
    texts = [row.comment]
    query = sa.select(catalog_securable.c.comment).where(catalog_securable.c.id == row.entity_id)
    texts = [text for text in (connection.execute(query).scalar(),) if text]
    columns = sa.select(catalog_column.c.name, catalog_column.c.comment).where(
        catalog_column.c.table_id == row.entity_id, catalog_column.c.comment.is_not(None)
    )
    texts += [f"{column.name}: {column.comment}" for column in connection.execute(columns)]
    best = next((text for text in texts if any(word in key(text) for word in words)), row.comment)
    return marked(best, words)


def _columns(connection: sa.Connection, table_id: str, words: Sequence[str]) -> list[tuple[str, str | None]]:
    query = sa.select(catalog_column.c.name, catalog_column.c.comment).where(catalog_column.c.table_id == table_id)
    found = [tuple(row) for row in connection.execute(query.order_by(catalog_column.c.position))]
    return [(name, comment) for name, comment in found if any(word in key(name) for word in words)]


def _column_hits(connection: sa.Connection, row: sa.Row[Any], question: Question) -> list[SearchHit]:
    return [
        SearchHit(
            address=f"{_address(row.kind, row.full_name)}?tab=schema&column={quote(name, safe='')}",
            kind="column",
            name=name,
            full_name=f"{row.full_name}.{name}",
            where=row.full_name,
            snippet=marked(comment, question.words) if comment else marked(name, question.words),
            matched="column",
            badge=row.certification or None,
        )
        for name, comment in _columns(connection, row.entity_id, question.words)[:_COLUMNS]
    ]


def _address(kind: str, full_name: str) -> str:
    return f"mlnb:{'table' if kind == 'view' else kind}/{quote(full_name, safe='')}"


def _with_others(catalog: Catalog, question: Question, hits: list[SearchHit]) -> list[SearchHit]:
    """Put what the stages find among the hits: exact names first, then the catalog's order, then the rest."""
    plain = not (question.tags or question.owner or question.certification or question.below)
    kinds = [kind for kind in question.types if kind not in CATALOG_KINDS]
    if not plain or (question.types and not kinds) or not (question.words or kinds):
        return hits
    found = [
        hit
        for provider in catalog.hooks.search_providers
        for hit in provider(question.words, kinds, _OTHERS)
        if not kinds or hit.kind in kinds
    ]
    found.sort(key=lambda hit: (_MATCHED.index(hit.matched), key(hit.name)))
    whole = " ".join(question.words)
    exact = [hit for hit in (*hits, *found) if key(hit.name) == whole]
    named = [hit for hit in found if hit.matched == "name" and hit not in exact]
    first = [hit for hit in hits if hit not in exact]
    best = [hit for hit in first if hit.matched == "name"]
    rest = [hit for hit in first if hit.matched != "name"]
    return [*exact, *best, *named, *rest, *(hit for hit in found if hit not in exact and hit not in named)]
