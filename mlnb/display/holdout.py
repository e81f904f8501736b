"""How hold-outs and the looks at them look in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.display import html

if TYPE_CHECKING:
    from mlnb.scope.holdout_records import Holdout, HoldoutList, HoldoutLook, HoldoutStatus

_TONES: dict[str, html.Tone] = {"ACTIVE": "ok", "SPENT": "warn", "RETIRED": "muted"}


def holdout_html(one: Holdout) -> str:
    """Render a hold-out: which rows, how many, how many looks are left."""
    return html.card(f"Hold-out of {one.table_name}", _facts(one), state=(one.state.lower(), _TONES[one.state]))


def status_html(status: HoldoutStatus) -> str:
    """Render a hold-out with the looks taken."""
    one = status.holdout
    rows = [
        [
            f"{look.number} of {one.looks_allowed}",
            look.purpose,
            f"{look.actor} ({look.actor_kind})",
            look.reason,
            html.code(look.run_id[:8]) if look.run_id and look.run_id.isalnum() else None,
            _metrics(look),
            html.when(look.at),
        ]
        for look in status.looks
    ]
    names = ["look", "for", "by", "why", "run", "what was seen", "when"]
    body = html.table(rows, names) if rows else html.Safe('<p class="muted">Nobody has looked yet.</p>')
    return html.card(
        f"Hold-out of {one.table_name}", _facts(one), body=[body], state=(one.state.lower(), _TONES[one.state])
    )


def look_html(look: HoldoutLook) -> str:
    """Render one look."""
    facts = [("for", look.purpose), ("why", look.reason), ("by", look.actor), ("what was seen", _metrics(look))]
    return html.card(f"Look {look.number} of {look.allowed} at {look.table_name}", facts)


def holdouts_html(found: HoldoutList) -> str:
    """Render all hold-outs."""
    if not found:
        return html.card(
            "No rows are held out",
            body=["%holdout declare TABLE --key COLUMN --fraction 0.2 keeps some for the final test."],
        )
    rows = [
        [
            html.code(one.table_name),
            str(one.rule),
            f"{one.excluded or 0:,} of {one.total:,}" if one.total is not None else None,
            f"{one.looks_used} of {one.looks_allowed}",
            html.tag(one.state.lower(), _TONES[one.state]),
            html.code(one.scope_name) if one.scope_name else None,
        ]
        for one in found
    ]
    return html.card("Held out", body=[html.table(rows, ["table", "rule", "rows", "looks", "", "scope card"])])


def _facts(one: Holdout) -> list[tuple[str, object]]:
    return [
        ("rows", one.note.rstrip(".") or None),
        ("rule", str(one.rule)),
        ("looks", f"{one.looks_used} of {one.looks_allowed} taken"),
        ("may look", ", ".join(one.may_look) or "everybody who may read the table, but no assistant"),
        ("scope card", html.code(one.scope_name) if one.scope_name else None),
        ("declared", html.Safe(f"{html.escape(one.created_by)} · {html.when(one.created_at)}")),
    ]


def _metrics(look: HoldoutLook) -> str | None:
    shown = [f"{name} {value:.4g}" for name, value in (look.metrics or {}).items() if isinstance(value, (int, float))]
    return ", ".join(shown[:4]) + (" …" if len(shown) > 4 else "") if shown else None


FORMATTERS = {
    "Holdout": holdout_html,
    "HoldoutStatus": status_html,
    "HoldoutLook": look_html,
    "HoldoutList": holdouts_html,
}
