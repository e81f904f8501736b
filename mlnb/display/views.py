"""What a cell shows: a component with its data, and everything that stands in for it where the component is not.

The bundle of a view has four forms of one thing. JupyterLab with our extension mounts the component from the first, live as long as the
kernel knows the rows; hosts that only know widgets load the same component through the second; files and viewers without scripts show the
HTML; terminals the text.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from mlnb.explore.asking.rows import Rows
    from mlnb.explore.records import Profile
    from mlnb.explore.records_compare import Comparison

MIME = "application/vnd.mlnb.view+json"

#: Bytes of a snapshot and of the HTML beside it: notebooks are files that people send around.
MAX_SNAPSHOT = 200_000
MAX_HTML = 100_000
#: Of a plain frame, which many cells show.
FRAME_SNAPSHOT = 60_000
FRAME_ROWS = 100


class View:
    """A component in a cell.

    Parameters
    ----------
    address
        The object it shows, such as ``mlnb:table/main.raw.flights``; absent for what lives in the kernel only.
    workspace_id
        Of the workspace that knows the object.
    snapshot
        What the component shows without asking anybody.
    props
        What it asks with, and what the reader chose.
    """

    component: ClassVar[str] = ""

    def __init__(
        self,
        address: str | None = None,
        *,
        workspace_id: str | None = None,
        snapshot: dict[str, Any] | None = None,
        **props: Any,
    ) -> None:
        self.address = address
        self.workspace_id = workspace_id
        self.snapshot = snapshot
        self.props = props

    def to_dict(self) -> dict[str, Any]:
        """Return the view as the page's side reads it."""
        made = {"component": self.component, "props": self.props, "snapshot": self.snapshot}
        if self.address is not None:
            made["address"] = self.address
        if self.workspace_id is not None:
            made["workspace_id"] = self.workspace_id
        return made

    def to_html(self) -> str:
        """Return the view as HTML without script."""
        return ""

    def to_text(self) -> str:
        """Return the view as text."""
        return f"<{self.component}>"

    def widget(self) -> Any:
        """Return the view as a widget, for hosts without our extension."""
        from mlnb.display.widget import ViewWidget

        return ViewWidget(view=self.to_dict())

    def bundle(self) -> dict[str, Any]:
        """Return what is added to an output that has its own HTML and text."""
        found: dict[str, Any] = {MIME: self.to_dict()}
        from mlnb.display.hosts import wants_widget, widget_bundle

        if wants_widget():
            found.update(widget_bundle(self))
        return found

    def _repr_mimebundle_(self, **_: Any) -> dict[str, Any]:
        html = self.to_html()
        return {
            **self.bundle(),
            **({"text/html": html} if html and len(html.encode()) <= MAX_HTML else {}),
            "text/plain": self.to_text(),
        }


class DataGrid(View):
    """Rows of a frame: sorted, filtered, searched, drawn and downloaded over all of them while the kernel has it.

    Parameters
    ----------
    frame
        A data frame, an Arrow table, a result of SQL.
    name
        The variable that holds it; code that is inserted uses it.
    """

    component = "DataGrid"

    def __init__(self, frame: Any, name: str | None = None, *, max_bytes: int = MAX_SNAPSHOT) -> None:
        from mlnb.explore.asking.grids import here
        from mlnb.explore.asking.rows import Rows

        rows = Rows(frame, name=name)
        snapshot = frame_snapshot(rows, FRAME_ROWS, max_bytes)
        super().__init__(snapshot=snapshot, id=here().keep(rows, name), name=name)
        self._frame = frame

    def to_html(self) -> str:
        """Return the frame's own HTML, else its first rows as a table."""
        own = getattr(self._frame, "_repr_html_", None)
        html = own() if callable(own) else None
        if isinstance(html, str) and len(html.encode()) <= MAX_HTML:
            return html
        return _table_html(self.snapshot or {})

    def to_text(self) -> str:
        """Return the frame's own text."""
        return repr(self._frame)


def _table_html(snapshot: dict[str, Any]) -> str:
    from mlnb.display import html

    rows, total = snapshot.get("rows", []), snapshot.get("total", 0)
    shown = html.table(rows[:20], snapshot.get("columns", [])[:30], limit=20)
    return html.page(shown, html.Safe(f'<p class="muted">{total:,} rows</p>'))


class ProfileView(View):
    """A profile: findings, columns, target; brushed and drilled into while the kernel has the rows."""

    component = "ProfileView"

    def __init__(self, profile: Profile) -> None:
        source = profile.source
        address = f"mlnb:table/{source.name}" if source.kind == "table" else None
        snapshot = fitted(profile.to_dict(), MAX_SNAPSHOT)
        super().__init__(address, workspace_id=known_workspace(), snapshot=snapshot, id=profile.id)
        self._profile = profile

    def to_html(self) -> str:
        """Return the static page."""
        return self._profile.to_html(max_kb=MAX_HTML // 1000 - 2)

    def to_text(self) -> str:
        """Return the page as text."""
        return self._profile.to_text()


class ComparisonView(View):
    """Two sides of a comparison, column by column."""

    component = "ComparisonView"

    def __init__(self, comparison: Comparison) -> None:
        super().__init__(
            workspace_id=known_workspace(),
            snapshot=fitted(comparison.to_dict(), MAX_SNAPSHOT),
            id=getattr(comparison, "id", None),
        )
        self._comparison = comparison

    def to_html(self) -> str:
        """Return the static page."""
        found: str = self._comparison.to_html() if hasattr(self._comparison, "to_html") else ""
        return found

    def to_text(self) -> str:
        """Return the page as text."""
        return str(self._comparison)


def show(record: Any, **props: Any) -> Any:
    """Return the view of a profile, a comparison, a result of SQL or anything with rows and columns.

    Parameters
    ----------
    props
        For a frame: ``name``, the variable that holds it.
    """
    kind = type(record).__name__ if type(record).__module__.startswith("mlnb.") else ""
    if kind == "Profile":
        return ProfileView(record)
    if kind == "BackgroundRun":
        from mlnb.display.background import BackgroundView

        return BackgroundView(record)
    if kind == "Comparison":
        return ComparisonView(record)
    return DataGrid(record, **props)


def known_workspace() -> str | None:
    """Return the id of the workspace this process has open; showing something opens none."""
    from mlnb import door

    if not door._opened:
        return None
    from mlnb.server.status import workspace_id

    return workspace_id(next(iter(door._opened.values())))


def frame_snapshot(rows: Rows, most_rows: int, max_bytes: int) -> dict[str, Any]:
    """Return the first rows of a frame as JSON, as many as fit into ``max_bytes``, and how many there are."""
    from mlnb.explore.asking.grid import block
    from mlnb.explore.asking.rows import Rows
    from mlnb.explore.questions import GridQuery

    head, total = rows.head(most_rows)
    found = block(Rows(head), GridQuery(limit=most_rows))
    # Of a very wide frame the first columns: the component asks for the others.
    most = max(max_bytes // 400, 20)
    made: dict[str, Any] = {"columns": found.columns[:most], "types": found.types[:most], "rows": [], "total": total}
    if len(found.columns) > most:
        made["all_columns"] = len(found.columns)
    used = _size(made)
    for line in found.rows:
        used += _size(line[:most]) + 2
        if used > max_bytes:
            break
        made["rows"].append(line[:most])
    return made


def fitted(snapshot: dict[str, Any], max_bytes: int) -> dict[str, Any]:
    """Return a snapshot that fits: details of the columns go first, those of the least told last columns before the others.

    The names, kinds and plain figures of all columns stay; ``snapshot_cut`` says for how many the details do not.
    """
    if _size(snapshot) <= max_bytes:
        return snapshot
    columns = [dict(column) for column in snapshot.get("columns", [])]
    made = {**snapshot, "columns": columns}
    told = {str(finding.get("column")) for finding in snapshot.get("findings", [])}
    order = sorted(range(len(columns)), key=lambda at: (_interest(columns[at], told), -at))
    cut = 0
    excess = _size(made) - max_bytes
    for at in order:
        if excess <= 0:
            break
        for name in _DETAILS:
            part = columns[at].pop(name, None)
            excess -= _size(part) + len(name) + 4 if part is not None else 0
        cut += 1
    for name in ("correlations", "timeline", "slices", "missing_together"):
        if _size(made) <= max_bytes:
            break
        made.pop(name, None)
    if _size(made) > max_bytes:
        for column in columns:
            for name in _FINER:
                column.pop(name, None)
    while columns and _size(made) > max_bytes:
        del columns[-max(len(columns) // 5, 1) :]
    if cut and "columns" in snapshot:
        notes = [*snapshot.get("notes", []), f"The details of {cut} columns are left out of this saved page."]
        made["notes"] = notes
    return made


_DETAILS = (
    "extremes",
    "frequent_items",
    "histogram",
    "quantiles",
    "outliers",
    "shape",
    "left_histogram",
    "right_histogram",
)


#: What a table of all columns can do without; before any column goes.
_FINER = ("basis", "skew", "kurtosis", "bin_width", "distinct_error", "monotonic", "num_inf", "num_nan", "association")


def _interest(column: dict[str, Any], told: set[str]) -> float:
    association = column.get("association") or {}
    power = association.get("value", 0.0) if isinstance(association, dict) else 0.0
    return float(power) + (1.0 if column.get("column_name", column.get("column")) in told else 0.0)


def _size(value: Any) -> int:
    return len(json.dumps(value, ensure_ascii=False, default=str).encode())
