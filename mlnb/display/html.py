"""Small pieces of HTML for outputs: everything escaped, coloured by JupyterLab's own theme, no script.

Colours are ``--jp-*`` variables with a fallback, so that an output follows the light, dark and high-contrast themes in Lab and still
reads well in a file opened elsewhere.
"""

from __future__ import annotations

import html as _html
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

# The class is written twice in each rule: Lab's own rules for rendered HTML (right-aligned tables, floating definition lists) weigh as
# much as one class and one element, and come later.
STYLE = """<style>
.jp-mlnb-out{font-family:var(--jp-ui-font-family,system-ui,sans-serif);font-size:13px;line-height:1.45;color:var(--jp-ui-font-color1,#212121);
background:var(--jp-layout-color1,#fff);border:1px solid var(--jp-border-color2,#d0d0d0);border-radius:4px;padding:10px 14px;max-width:960px;margin:2px 0}
.jp-mlnb-out.jp-mlnb-out *{box-sizing:border-box}
.jp-mlnb-out.jp-mlnb-out h3{font-size:14px;font-weight:600;margin:0 0 6px;color:var(--jp-ui-font-color0,#000)}
.jp-mlnb-out.jp-mlnb-out h4{font-size:13px;font-weight:600;margin:10px 0 4px}
.jp-mlnb-out.jp-mlnb-out p{margin:4px 0}
.jp-mlnb-out.jp-mlnb-out .muted{color:var(--jp-ui-font-color2,#616161)}
.jp-mlnb-out.jp-mlnb-out dl{display:grid;grid-template-columns:max-content 1fr;gap:2px 14px;margin:4px 0}
.jp-mlnb-out.jp-mlnb-out dt{color:var(--jp-ui-font-color2,#616161);float:none;width:auto;font-weight:400;white-space:nowrap}
.jp-mlnb-out.jp-mlnb-out dd{margin:0;float:none;width:auto;overflow-wrap:anywhere}
.jp-mlnb-out.jp-mlnb-out table{border-collapse:collapse;margin:6px 0;font-size:12px;background:none;color:inherit}
.jp-mlnb-out.jp-mlnb-out th,.jp-mlnb-out.jp-mlnb-out td{padding:2px 10px 2px 0;text-align:left;border-bottom:1px solid var(--jp-border-color3,#e5e5e5);background:none;
vertical-align:top}
.jp-mlnb-out.jp-mlnb-out th{font-weight:600;color:var(--jp-ui-font-color2,#616161);white-space:nowrap}
.jp-mlnb-out.jp-mlnb-out td.num,.jp-mlnb-out.jp-mlnb-out th.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.jp-mlnb-out.jp-mlnb-out code{font-family:var(--jp-code-font-family,monospace);font-size:12px;background:var(--jp-layout-color2,#f3f3f3);padding:0 3px;
border-radius:2px}
.jp-mlnb-out.jp-mlnb-out a{color:var(--jp-content-link-color,#1565c0)}
.jp-mlnb-out.jp-mlnb-out .tag{display:inline-block;padding:0 7px;border-radius:9px;font-size:11px;line-height:17px;border:1px solid currentColor;white-space:nowrap}
.jp-mlnb-out.jp-mlnb-out .ok{color:color-mix(in srgb,var(--jp-success-color1,#2e7d32) 75%,var(--jp-ui-font-color0,#000))}.jp-mlnb-out.jp-mlnb-out .warn{color:color-mix(in srgb,var(--jp-warn-color1,#b45309) 65%,var(--jp-ui-font-color0,#000))}
.jp-mlnb-out.jp-mlnb-out .bad{color:color-mix(in srgb,var(--jp-error-color1,#c62828) 80%,var(--jp-ui-font-color0,#000))}.jp-mlnb-out.jp-mlnb-out .info{color:color-mix(in srgb,var(--jp-info-color1,#00707a) 75%,var(--jp-ui-font-color0,#000))}
.jp-mlnb-out.jp-mlnb-out .links{margin-top:8px;display:flex;gap:14px;flex-wrap:wrap}
.jp-mlnb-out.jp-mlnb-out svg text{fill:var(--jp-ui-font-color2,#616161);font-size:10px}
.jp-mlnb-out.jp-mlnb-out .bar{fill:var(--jp-brand-color1,#1976d2)}
</style>"""

Tone = str  # "ok", "warn", "bad", "info" or "muted"


class Safe(str):
    """Text that is HTML already and is not escaped again."""

    __slots__ = ()


def escape(value: Any) -> Safe:
    """Escape anything that came from data; `Safe` text passes unchanged."""
    if isinstance(value, Safe):
        return value
    return Safe(_html.escape("" if value is None else str(value), quote=True))


def number(value: Any, digits: int = 4) -> Safe:
    """Format a number for reading: thousands separated, a few significant digits."""
    if value is None:
        return Safe("")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return escape(value)
    if isinstance(value, int):
        return Safe(f"{value:,}")
    return Safe(f"{value:,.{digits}g}" if abs(value) < 1e6 else f"{value:,.0f}")


def when(milliseconds: int | None) -> Safe:
    """Show a time (milliseconds UTC) as local date and time."""
    if milliseconds is None:
        return Safe("")
    return Safe(datetime.fromtimestamp(milliseconds / 1000, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S"))


def code(value: Any) -> Safe:
    """Show a name or an address in the code font."""
    return Safe(f"<code>{escape(value)}</code>")


def tag(text: Any, tone: Tone = "muted") -> Safe:
    """Show a state as a small outlined word; the word carries the meaning, the colour only helps."""
    return Safe(f'<span class="tag {escape(tone)}">{escape(text)}</span>')


def link(text: Any, href: str) -> Safe:
    """Make a link; anything but http, https, relative addresses and our own ``mlnb:run/…`` (opened by Lab) is shown as text."""
    scheme = href.split(":", 1)[0].lower()
    if scheme == "mlnb":
        return Safe(f'<a href="{escape(href)}" data-mlnb-address="{escape(href)}">{escape(text)}</a>')
    if scheme not in ("http", "https") and ":" in href.split("/", 1)[0]:
        return escape(text)
    return Safe(f'<a href="{escape(href)}" target="_blank" rel="noopener">{escape(text)}</a>')


def table(
    rows: Iterable[Mapping[str, Any] | Sequence[Any]], columns: Sequence[str] | None = None, *, limit: int = 50
) -> Safe:
    """Render rows as a table; numbers are right-aligned, what exceeds ``limit`` is counted below."""
    every = list(rows)
    if columns is None:
        columns = list(dict.fromkeys(key for row in every if isinstance(row, Mapping) for key in row))
    lines = [[row.get(c) for c in columns] if isinstance(row, Mapping) else list(row) for row in every[:limit]]
    numeric = [
        any(map(_is_number, column)) and all(v is None or _is_number(v) for v in column)
        for column in zip(*lines, strict=False)
    ]
    numeric += [False] * (len(columns) - len(numeric))
    css = [' class="num"' if flag else "" for flag in numeric]
    head = "".join(f"<th{c}>{escape(name)}</th>" for c, name in zip(css, columns, strict=True))
    body = "".join(
        "<tr>"
        + "".join(f"<td{c}>{number(v) if _is_number(v) else escape(v)}</td>" for c, v in zip(css, line, strict=True))
        + "</tr>"
        for line in lines
    )
    more = f'<p class="muted">… and {len(every) - limit:,} more</p>' if len(every) > limit else ""
    return Safe(f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}")


def pairs(rows: Mapping[str, Any] | Iterable[tuple[str, Any]]) -> Safe:
    """Render names and values; pairs whose value is ``None`` are left out."""
    items = rows.items() if isinstance(rows, Mapping) else rows
    inner = "".join(
        f"<dt>{escape(k)}</dt><dd>{number(v) if _is_number(v) else escape(v)}</dd>" for k, v in items if v is not None
    )
    return Safe(f"<dl>{inner}</dl>")


def card(
    title: Any,
    rows: Mapping[str, Any] | Iterable[tuple[str, Any]] = (),
    links: Mapping[str, str] | Iterable[tuple[str, str]] = (),
    *,
    body: Iterable[Any] = (),
    state: tuple[str, Tone] | None = None,
) -> Safe:
    """Render one framed result: title with an optional state, names and values, further parts, links.

    Parameters
    ----------
    title
        Heading.
    rows
        Names and values shown under it.
    links
        Text → address, shown last.
    body
        Further parts, such as `table`; plain text is escaped.
    state
        A word and its tone, shown beside the title.
    """
    pills = list(links.items() if isinstance(links, Mapping) else links)
    foot = f'<div class="links">{"".join(link(text, href) for text, href in pills)}</div>' if pills else ""
    facts = pairs(rows)
    return page(
        Safe(f"<h3>{escape(title)}{' ' + tag(*state) if state else ''}</h3>"),
        facts if facts != "<dl></dl>" else "",
        *body,
        Safe(foot),
    )


def page(*parts: Any) -> Safe:
    """Put parts into one framed block with the style sheet; the outermost call of every formatter."""
    return Safe(f'{STYLE}<div class="jp-mlnb-out">{"".join(escape(part) for part in parts)}</div>')


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)
