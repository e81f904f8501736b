"""How what explore finds looks in a cell: a profile and a comparison as their own pages, which take Lab's theme."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlnb.display import html

if TYPE_CHECKING:
    from mlnb.explore.records import Profile
    from mlnb.explore.records_compare import Comparison
    from mlnb.explore.records_parts import Finding, Leakage
    from mlnb.explore.records_stored import ProfileList

#: Kilobytes of a page in a notebook, under the limit of one output.
PAGE_KB = 98


def profile_html(profile: Profile) -> str:
    """Render a profile as its static page."""
    return profile.to_html(max_kb=PAGE_KB)


def comparison_html(comparison: Comparison) -> str:
    """Render a comparison as its static page."""
    return comparison.to_html(max_kb=PAGE_KB)


def leakage_html(verdict: Leakage) -> str:
    """Render the verdict on leakage: what blocks, what only asks, what somebody has answered for."""
    tone: html.Tone = "bad" if verdict.blocked else "warn" if verdict.warnings else "ok"
    word = "blocked" if verdict.blocked else "look at" if verdict.warnings else "no leak"
    rows = [
        *(_finding(item, html.tag("blocks", "bad")) for item in verdict.blocked),
        *(_finding(item, html.tag("look at", "warn")) for item in verdict.warnings),
        *(_finding(item, html.tag("dismissed", "muted")) for item in verdict.overridden),
    ]
    body = [html.table(rows, ("", "code", "column", "what", "mend it", "id"))] if rows else []
    return html.card("Leakage", body=[html.escape(verdict.summary), *body], state=(word, tone))


def _finding(finding: Finding, state: html.Safe) -> tuple[object, ...]:
    said = f"{finding.message} Dismissed: {finding.reason}" if finding.reason else finding.message
    mended = html.code(finding.code_pandas) if finding.code_pandas else ""
    return state, html.code(finding.code), finding.column or "", said, mended, html.code(finding.id)


def running_html(found: ProfileList) -> str:
    """Render what is being made in the background."""
    if not found.profiles:
        return html.page(html.escape(str(found)))
    rows = [
        (
            info.source_name,
            info.source_version,
            found.doing.get(info.id, ""),
            info.actor,
            html.when(info.created_at),
            info.id,
        )
        for info in found.profiles
    ]
    return html.page(html.table(rows, ("source", "version", "doing", "by", "since", "id")))


FORMATTERS = {
    "Profile": profile_html,
    "Comparison": comparison_html,
    "Leakage": leakage_html,
    "ProfileList": running_html,
}
