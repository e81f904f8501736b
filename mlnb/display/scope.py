"""How scope cards and gate reports look in a cell."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlnb.display import holdout, html

if TYPE_CHECKING:
    from mlnb.scope.gates import GateReport
    from mlnb.scope.records import Scope, ScopeCards, ScopeDiff, ScopeTemplate

_TONES = {"pass": "ok", "fail": "bad", "unknown": "warn", "waived": "info"}


def scope_html(scope: Scope) -> str:
    """Render a scope card: what for, how good, who signs."""
    card = scope.card
    target = f"{card.target.table} → {card.target.column}" if card.target else None
    facts: list[tuple[str, Any]] = [
        ("target", html.code(target) if target else None),
        ("problem", card.problem.replace("_", " ")),
        ("horizon", card.target.horizon if card.target else None),
        ("data", _data(card.data)),
        ("baseline", f"{card.baseline.require.replace('_', ' ')} than {card.baseline.rule}" if card.baseline else None),
        ("hold-out", _holdout(card.holdout)),
        ("fairness", _fairness(card.fairness)),
        ("explained", card.explainability.replace("_", " ") if card.explainability != "none" else None),
        ("latency p95", f"≤ {card.serving.latency_p95_ms:g} ms" if card.serving.latency_p95_ms else None),
        ("throughput", f"{card.serving.throughput_rps:g} requests/s" if card.serving.throughput_rps else None),
        ("freshness", card.serving.freshness),
        ("four eyes", "asker and author may not approve" if card.signoff.four_eyes else None),
        ("owner", card.owner),
        ("review by", card.review_by),
    ]
    tone = {"AGREED": "ok", "RETIRED": "warn"}.get(scope.state, "muted")
    return html.card(
        f"Scope {scope.name}, version {scope.version}",
        facts,
        body=[
            _metrics(card),
            _roles(scope),
            *(html.Safe(f'<p class="muted">{html.escape(note)}</p>') for note in scope.notes),
        ],
        state=(scope.state.lower(), tone),
    )


def _data(data: Any) -> str | None:
    parts = [", ".join(data.inputs)] if data.inputs else []
    parts += [f"≥ {data.min_rows:,} rows"] if data.min_rows else []
    parts += [f"≥ {data.min_positive:,} positive"] if data.min_positive else []
    parts += [f"no older than {data.max_age}"] if data.max_age else []
    parts += ["checked for leaks"] if data.leakage else []
    parts += [f"without {', '.join(data.forbidden)}"] if data.forbidden else []
    parts += [data.sufficiency] if data.sufficiency else []
    return "; ".join(parts) or None


def _holdout(needs: Any) -> str | None:
    if needs is None:
        return None
    if needs.key:
        rule = f"{needs.fraction or 0.2:.0%} by {', '.join(needs.key)}"
    else:
        rule = f"{needs.time} from {needs.since} on" if needs.time else f"{needs.column} = {needs.value}"
    return rule + (f", {needs.looks} looks" if needs.looks else "")


def _fairness(needs: Any) -> str | None:
    if needs is None:
        return None
    gaps = ", ".join(f"{name.replace('_', ' ')} ≤ {gap:g}" for name, gap in needs.max_gap.items())
    return f"{', '.join(needs.protected)}: {gaps}"


def _limit(low: float | None, high: float | None) -> str:
    parts = [f"≥ {low:g}"] if low is not None else []
    return " and ".join(parts + ([f"≤ {high:g}"] if high is not None else [])) or "measured"


def _required(goal: Any, baseline: Any) -> str:
    """Return what a metric has to reach, and by how much it has to beat the baseline."""
    changes = [f"{goal.min_absolute_change:g}"] if goal.min_absolute_change is not None else []
    changes += [f"{goal.min_relative_change:.3g} of its size"] if goal.min_relative_change is not None else []
    if not changes:
        return _limit(goal.min, goal.max)
    than = baseline.rule if baseline is not None else "the baseline"
    parts = [_limit(goal.min, goal.max)] if goal.min is not None or goal.max is not None else []
    return " and ".join([*parts, *(f"better than {than} by {change}" for change in changes)])


def _metrics(card: Any) -> html.Safe:
    rows = []
    for goal in card.metrics:
        slices = f"every {', '.join(goal.by)}: {_limit(goal.slice_min, goal.slice_max)}" if goal.by else ""
        if goal.kind == "business":
            slices = "business, by SQL"
        elif goal.k is not None:
            slices = f"best {goal.k:.0%}" + (f"; {slices}" if slices else "")
        name = (
            html.Safe(f"{html.code(goal.name)} {html.tag('primary', 'info')}") if goal.primary else html.code(goal.name)
        )
        rows.append([name, _required(goal, card.baseline), slices])
    return html.table(rows, ["metric", "required", "slices"])


def _roles(scope: Scope) -> html.Safe:
    signed = {item.role: item for item in scope.signatures}
    rows = []
    for role in scope.card.signoff.all_roles:
        found = signed.get(role.role)
        state = (
            html.tag("not signed")
            if found is None
            else html.tag(found.decision, "ok" if found.decision == "approve" else "bad")
        )
        rows.append(
            [role.role, ", ".join(role.who), html.Safe(f"{state} {html.escape(found.principal if found else '')}")]
        )
    return html.table(rows, ["role", "who may approve", "card signed"]) if rows else html.Safe("")


def gates_html(report: GateReport) -> str:
    """Render a gate report: a line per gate, with what to do about those that block."""
    state = ("passed", "ok") if report.passed else (f"{len(report.blocking)} blocking", "bad")
    against = f"scope {report.scope_name}, version {report.scope_version}" if report.scope_name else "no scope card"
    return html.card("Gates", [("judged by", against)], body=[gates_table(report)], state=state)


def gates_table(report: GateReport) -> html.Safe:
    """Render the verdicts as a table, blocking ones first."""
    order = {"fail": 0, "unknown": 1, "waived": 2, "pass": 3}
    rows = []
    for result in sorted(report.results, key=lambda item: order[item.status]):
        text = html.escape(result.message)
        if result.hint:
            text = html.Safe(f'{text}<br><span class="muted">{html.escape(result.hint)}</span>')
        observed = html.number(result.observed)
        rows.append(
            [html.tag(result.status, _TONES[result.status]), html.code(result.gate), observed, result.required, text]
        )
    return html.table(rows, ["", "gate", "observed", "required", "why"])


def cards_html(cards: ScopeCards) -> str:
    """Render a list of cards."""
    rows = [
        [
            html.code(item.name),
            item.version,
            item.state.lower(),
            item.card.problem,
            item.card.primary.name,
            item.card.owner,
            html.when(item.created_at),
        ]
        for item in cards
    ]
    if not rows:
        return html.card("No scope cards yet", body=["Write one with %%scope NAME; %scope --help shows an example."])
    return html.card(
        "Scope cards",
        body=[html.table(rows, ["name", "version", "state", "problem", "primary metric", "owner", "written"])],
    )


def diff_html(diff: ScopeDiff) -> str:
    """Render what differs between two versions of a card."""
    rows = [[html.code(item.field), _plain(item.before), _plain(item.after)] for item in diff.changes]
    names = ["field", f"version {diff.before}", f"version {diff.after}"]
    return html.card(f"Scope {diff.name}", body=[html.table(rows, names) if rows else "Nothing differs."])


def _plain(value: Any) -> str | None:
    return None if value is None else ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def template_html(found: ScopeTemplate) -> str:
    """Render a card to begin with, ready to be copied into a cell."""
    text = html.Safe(f"<pre>%%scope NAME\n{html.escape(found.yaml)}</pre>")
    return html.card(f"A card for {found.problem.replace('_', ' ')}", body=[text])


FORMATTERS = {
    "ScopeDiff": diff_html,
    "ScopeTemplate": template_html,
    "Scope": scope_html,
    "ScopeCards": cards_html,
    "GateReport": gates_html,
    **holdout.FORMATTERS,
}
