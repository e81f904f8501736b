"""Findings on the page: the worst first, each with the code that mends it."""

from __future__ import annotations

from typing import Any

from .words import TOOLTIP, Json, cut, e, plural

WORDS = {"BLOCKED": "Stop", "WARNING": "Look", "INFO": "Note"}
#: Notes that are shown without being asked for.
OPEN_NOTES = 3
#: Leaks that have a sentence of their own at most, beyond those shown whole.
LEAKS = 40
MESSAGE = 400
CODE = 900


def findings(items: list[Json], shown: int, coded: int, *, nothing: str = "Nothing to worry about was found.") -> str:
    """The section of findings: ``shown`` of them one by one, ``coded`` with code; then leaks by sentence, the rest by code and count."""
    alive = [item for item in items if item.get("state", "open") == "open"]
    settled = [item for item in items if item.get("state", "open") != "open"]
    serious = [item for item in alive if item["severity"] != "INFO"]
    notes = [item for item in alive if item["severity"] == "INFO"]
    first, told, rest = _split(serious, shown)
    if len(notes) <= OPEN_NOTES and not rest and not told:
        first, notes = first + notes, []
    body = _list(first, coded) + _list(told, 0, hints=False)
    if not alive:
        body = f'<ul><li class="i good"><b>OK</b><p>{e(nothing)}</p></li></ul>'
    elif not first:
        body = f'<ul><li class="i good"><b>OK</b><p>{e(nothing)} {plural(len(notes), "note")} below.</p></li></ul>'
    if rest:
        body += f"<h4>{plural(len(rest), 'more finding')} to look at</h4>{_grouped(rest)}"
    if notes:
        left = max(0, coded - len(first))
        whole, leaks, others = _split(notes, shown)
        few = _list(whole, left) + _list(leaks, 0, hints=False) + _grouped(others)
        body += f'<details class="m"><summary>{plural(len(notes), "note")}</summary>{few}</details>'
    if settled:
        body += f'<details class="m"><summary>{len(settled):,} dismissed</summary><ul>{"".join(map(_settled, settled[:shown]))}</ul></details>'
    return f"<section><h3>Findings{_count(alive)}</h3>{body}</section>"


def _split(items: list[Json], shown: int) -> tuple[list[Json], list[Json], list[Json]]:
    """Return what is shown whole, what in its own sentence, and what only by its code.

    Leaks never fold: which column gives the target away, and why, is in no code.
    """
    rest = items[shown:]
    leaks = [item for item in rest if item["code"].startswith("LEAK_")][:LEAKS]
    kept = {id(item) for item in leaks}
    return items[:shown], leaks, [item for item in rest if id(item) not in kept]


def _count(items: list[Json]) -> str:
    nouns = {"BLOCKED": "to stop at", "WARNING": "to look at", "INFO": "to note"}
    counts = [f"{n} {noun}" for severity, noun in nouns.items() if (n := sum(i["severity"] == severity for i in items))]
    return f" · {', '.join(counts)}" if counts else ""


def _list(items: list[Json], coded: int, *, hints: bool = True) -> str:
    body = "".join(_finding(item, i < coded, hints) for i, item in enumerate(items))
    return f"<ol>{body}</ol>" if body else ""


def _finding(item: Json, coded: bool, hinted: bool = True) -> str:
    hint = f" <small>{cut(item['hint'], MESSAGE)}</small>" if hinted and item.get("hint") else ""
    code = _code(item) if coded else ""
    return (
        f'<li class="i {e(item["severity"])}"><b>{WORDS.get(item["severity"], "Note")}</b> '
        f"<div><p>{cut(item['message'], MESSAGE)}{hint}</p>{code}</div> <code>{e(item['code'])}</code></li>"
    )


def _code(item: Json) -> str:
    """What mends it, in each form there is; a click on a block marks all of it."""
    forms: tuple[tuple[str, Any], ...] = (
        ("pandas, on the frame df", item.get("code_pandas")),
        ("scikit-learn, a step of the pipeline", item.get("code_pipeline")),
        ("SQL", item.get("code_sql")),
    )
    blocks = "".join(
        f'<span class="h">{label}</span><pre>{e(text)}</pre>' for label, text in forms if text and len(text) <= CODE
    )
    return f'<details class="m"><summary>Code that mends it</summary>{blocks}</details>' if blocks else ""


def _settled(item: Json) -> str:
    who = f" ({e(item['decided_by'])})" if item.get("decided_by") else ""
    why = f" <small>Dismissed: {cut(item.get('reason') or 'no reason recorded', TOOLTIP)}{who}</small>"
    return (
        f'<li class="i off"><b>Done</b> <p>{cut(item["message"], MESSAGE)}{why}</p> <code>{e(item["code"])}</code></li>'
    )


def _grouped(items: list[Json]) -> str:
    """Many findings of one code in one line, with the first columns by name."""
    groups: dict[tuple[str, str], list[str]] = {}
    for item in items:
        groups.setdefault((item["severity"], item["code"]), []).append(str(item.get("column") or "the table"))
    lines = []
    for (severity, code), names in groups.items():
        listed = ", ".join(cut(name, 30) for name in names[:12]) + (" …" if len(names) > 12 else "")
        lines.append(
            f'<li class="i {e(severity)}"><b>{WORDS.get(severity, "Note")}</b> <p>{plural(len(names), "column")}: <small>{listed}</small></p> '
            f"<code>{e(code)}</code></li>"
        )
    return f"<ul>{''.join(lines)}</ul>" if lines else ""
