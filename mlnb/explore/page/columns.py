"""Columns on the page: one line each, and the details of as many as there is room for."""

from __future__ import annotations

from . import svg
from .words import Json, basis_mark, cut, moment, named, number, percent, rate, target_words

#: Bars of the small pictures, from rich to poor.
SPARKS = (24, 16, 10, 0)
#: Levels drawn in details of a categorical column.
LEVELS = 10
#: Share of missing values from which it is marked.
HOT = 40.0


def columns(profile: Json, budget: int, bars: int, detailed: int) -> str:
    """The section of columns in at most ``budget`` bytes: a line for each as long as that fits, details of the most interesting."""
    order = by_interest(profile)
    count = len(profile["columns"])
    worst = _worst(profile)
    head = (
        '<div class="l o" aria-hidden="true"><span>Column</span><span class="kk">Kind</span><span>Distribution</span>'
        '<span class="dd">Distinct</span><span>Missing</span><span class="rr">Smallest … median … largest, or most frequent</span></div>'
    )
    start = f"<section><h3>{count:,} {'column' if count == 1 else 'columns'}</h3>{head}"
    room = budget - len(start) - 200
    lines: dict[int, str] = {}
    for spark_bars in SPARKS:
        lines = {i: _line(column, profile, worst, spark_bars) for i, column in enumerate(profile["columns"])}
        if sum(len(line.encode()) + 30 for line in lines.values()) <= room:
            break
    kept: dict[int, str] = {}
    for i in order:
        cost = len(lines[i].encode()) + 30
        if cost > room:
            break
        room -= cost
        kept[i] = f'<div class="l">{lines[i]}</div>'
    chosen = [i for i in order if i in kept][:detailed]
    for drawn in (False, True):
        # Figures of as many columns as there is room for come before pictures of the first ones.
        for i in chosen:
            text = details(profile["columns"][i], profile, bars if drawn else 0)
            made = f'<details class="c"><summary class="l">{lines[i]}</summary>{text}</details>'
            cost = len(made.encode()) - len(kept[i].encode())
            if cost <= room:
                room -= cost
                kept[i] = made
    left = count - len(kept)
    more = f'<p class="k">{left:,} more columns are not shown here; all figures are in the profile.</p>' if left else ""
    return f"{start}{''.join(kept[i] for i in sorted(kept))}{more}</section>"


def by_interest(profile: Json) -> list[int]:
    """Positions of the columns: the target, then those with findings, then by what they predict."""
    weight = {"BLOCKED": 3.0, "WARNING": 2.0, "INFO": 0.5}
    score: dict[str, float] = {}
    for finding in profile.get("findings", ()):
        name = finding.get("column")
        if name is not None and finding.get("state", "open") == "open":
            score[name] = max(score.get(name, 0), weight.get(finding["severity"], 0))
    target = (profile.get("target") or {}).get("column")

    def interest(i: int) -> float:
        column = profile["columns"][i]
        name = column["column_name"]
        return -(9.0 if name == target else score.get(name, 0) + (column.get("association") or {}).get("value", 0))

    return sorted(range(len(profile["columns"])), key=interest)


def _worst(profile: Json) -> dict[str, str]:
    """The severity to mark a column with."""
    marks: dict[str, str] = {}
    for severity in ("WARNING", "BLOCKED"):
        for finding in profile.get("findings", ()):
            if finding["severity"] == severity and finding.get("column") and finding.get("state", "open") == "open":
                marks[finding["column"]] = severity
    return marks


def _line(column: Json, profile: Json, worst: dict[str, str], bars: int) -> str:
    name = column["column_name"]
    mark = f'<i class="e {worst[name]}" title="has findings"></i>' if name in worst else ""
    role = ""
    if name == (profile.get("target") or {}).get("column"):
        role = " · target"
    elif name in (profile.get("time_column"), profile.get("group")):
        role = " · time" if name == profile.get("time_column") else " · group"
    kind = cut(column["kind"], 12) + role
    share = column["percent_null"]
    missing = percent(share) if column["num_nulls"] else ""
    hot = " hot" if share > HOT else ""
    distinct = f"{column['distinct_count']:,}" if column.get("distinct_count") is not None else ""
    picture = svg.spark(column, bars) if bars else "<span></span>"
    return (
        f'{named(name).replace(">", ">" + mark, 1)} <span class="v kk">{kind}</span> {picture} <span class="v dd">{distinct}</span> '
        f'<span class="v{hot}">{missing}</span> <span class="v rr">{_range(column)}</span>'
    )


def _range(column: Json) -> str:
    if column.get("masked"):
        return "personal data, values not shown"
    if column.get("median") is not None:
        low, middle, high = (_short(column.get(field), column) for field in ("min", "median", "max"))
        return f"{low} … <b>{middle}</b> … {high}"
    return ", ".join(cut(item["item"], 24) for item in (column.get("frequent_items") or [])[:4])


def _short(value: object, column: Json) -> str:
    """A figure of the line: a time without its time of day, unless all times are of one day."""
    if column["kind"] == "datetime" and str(column.get("min"))[:10] != str(column.get("max"))[:10]:
        return cut(str(value)[:10])
    return number(value)


# -- details -----------------------------------------------------------------------------------------------------------


def details(column: Json, profile: Json, bars: int) -> str:
    """Pictures and all figures of one column; without ``bars`` the figures alone."""
    target = profile.get("target") or {}
    shape = (column.get("association") or {}).get("shape") or []
    if not bars:
        picture = ""
    elif column.get("histogram") and sum(count > 0 for count in column["histogram"]["counts"]) > 1:
        picture = _histogram(column, bars) + (_rates(shape, target) if shape else "")
    elif column.get("frequent_items"):
        picture = _levels(column, shape, target, profile["sample_rows"])
    else:
        picture = '<p class="k">There is nothing to draw.</p>'
    rows = "".join(f"<dt>{label}</dt> <dd>{value}</dd> " for label, value in _facts(column, profile["sample_rows"]))
    return (
        f'<div class="d"><div>{picture}</div><dl>{rows}</dl></div>'
        if bars
        else f'<div class="d d1"><dl>{rows}</dl></div>'
    )


def _histogram(column: Json, bars: int) -> str:
    found = column["histogram"]
    edges, counts = found["edges"], svg.merge(found["counts"], bars)
    ends = [_edge(column, edge, edges) for edge in (edges[0], (edges[0] + edges[-1]) / 2, edges[-1])]
    outside = [f"{found[side]:,} {side}" for side in ("below", "above") if found.get(side)]
    note = f"<span>{' and '.join(outside)} the drawn range</span>" if outside else ""
    said = f"Histogram of {column['column_name']} from {ends[0]} to {ends[2]}"
    axis = f'<div class="a"><span>{ends[0]}</span> <span>{ends[1]}</span> <span>{ends[2]}</span></div>'
    return f"<figure><figcaption><span>Rows</span> {note}</figcaption>{svg.histogram(counts, said)}{axis}</figure>"


def _edge(column: Json, value: float, edges: list[float]) -> str:
    if column["kind"] == "datetime":
        return moment(value, edges[-1] - edges[0])
    return number(float(f"{value:.4g}")) if abs(value) < 100_000 else number(value)


def _rates(shape: list[Json], target: Json) -> str:
    """The target per bin below the histogram: bins hold about as many rows each."""
    share, base = target["task"] == "classification", target.get("base")
    ends = [v for b in shape for v in (b["lower"], b["upper"])] + ([base] if base is not None else [])
    low, high = min(ends), max(ends)
    best = max(shape, key=lambda b: b["mean"])
    said = f"{target_words(target)} per bin, highest in {best['label']}"
    words = f"<span>{cut(target_words(target), 70)} with its 95 % interval</span> <span>{rate(low, share)} to {rate(high, share)}</span>"
    axis = (
        f'<div class="a"><span>{cut(shape[0]["label"], 30)}</span> <span>highest in {cut(best["label"], 30)}: {rate(best["mean"], share)}</span> '
        f"<span>{cut(shape[-1]['label'], 30)}</span></div>"
    )
    return f"<figure><figcaption>{words}</figcaption>{svg.rates(shape, low, high, base, said)}{axis}</figure>"


def _levels(column: Json, shape: list[Json], target: Json, sample_rows: int) -> str:
    """The most frequent values as a table: count, and the target of each beside it."""
    items = column["frequent_items"][:LEVELS]
    by_label = {b["label"]: b for b in shape}
    found = [by_label[item["item"]] for item in items if item["item"] in by_label]
    highest = max((item["count"] for item in items), default=1) or 1
    share, base = target.get("task") == "classification", target.get("base")
    ends = [v for b in found for v in (b["lower"], b["upper"])] + ([base] if found and base is not None else [])
    rows = ""
    for item in items:
        cells = f'<th scope="row" style="font-weight:400">{cut(item["item"]) or "(empty)"}</th><td class="w1">{svg.bar(item["count"] / highest)}</td><td class="z">{item["count"]:,}</td>'
        b = by_label.get(item["item"])
        if found:
            drawn = svg.interval(b["mean"], b["lower"], b["upper"], min(ends), max(ends), base) if b else ""
            cells += f'<td class="w2">{drawn}</td><td class="z">{rate(b["mean"], share) if b else ""}</td>'
        rows += f"<tr>{cells}</tr>"
    mark = basis_mark(column, "frequent_items", sample_rows)
    head = f'<th scope="col">Value</th><th scope="col" colspan="2">Rows{mark}</th>'
    head += f'<th scope="col" colspan="2">{cut(target_words(target), 40)}</th>' if found else ""
    left = (column.get("distinct_count") or 0) - len(items)
    more = f'<p class="k">and {left:,} more values</p>' if left > 0 else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>{more}"


def _facts(column: Json, sample_rows: int) -> list[tuple[str, str]]:
    def sure(field: str) -> str:
        return basis_mark(column, field, sample_rows)

    facts = [("type", cut(column["data_type"], 60)), ("values", f"{column['count']:,}{sure('count')}")]
    if column.get("semantic"):
        facts.append(("looks like", cut(column["semantic"])))
    if column["num_nulls"]:
        facts.append(("missing", f"{column['num_nulls']:,} ({percent(column['percent_null'])}){sure('num_nulls')}"))
    if column.get("distinct_count") is not None:
        facts.append(("distinct", f"{column['distinct_count']:,}{sure('distinct_count')}"))
    if column.get("avg") is not None:
        spread = f" ± {number(column['stddev'])}" if column.get("stddev") is not None else ""
        facts.append(("mean", number(column["avg"]) + spread + sure("avg")))
    facts += _quantile_facts(column, sure("quantiles"))
    for label, key in (
        ("zeros", "num_zeros"),
        ("negative", "num_negative"),
        ("infinite", "num_inf"),
        ("NaN", "num_nan"),
    ):
        if column.get(key):
            facts.append((label, f"{column[key]:,}{sure(key)}"))
    facts += _form_facts(column, sure)
    found = column.get("association")
    if found:
        figure = "AUC" if found["metric"] == "auc" else "R²"
        facts.append(
            (
                f"{figure} alone",
                f"{found['value']:.3f} ({found['lower']:.3f} – {found['upper']:.3f}){sure('association')}",
            )
        )
        if found.get("unavailable"):
            facts.append(("not at serving", cut(found["unavailable"], 300)))
    items = column.get("frequent_items") or []
    if items and column.get("histogram") and not column.get("masked"):
        often = ", ".join(f"{cut(i['item'], 24)} ({i['count']:,})" for i in items[:3])
        facts.append(("most often", often + sure("frequent_items")))
    return facts


def _quantile_facts(column: Json, mark: str) -> list[tuple[str, str]]:
    levels = column.get("quantiles") or {}
    facts = []
    for label, low, high in (("5 – 95 %", "0.05", "0.95"), ("25 – 75 %", "0.25", "0.75")):
        if low in levels and high in levels:
            facts.append((label, f"{number(levels[low])} – {number(levels[high])}{mark}"))
    return facts


def _form_facts(column: Json, sure: object) -> list[tuple[str, str]]:
    mark = sure if callable(sure) else (lambda _field: "")
    facts = []
    if column.get("skew") is not None:
        shape = f"{number(round(column['skew'], 2))}"
        if column.get("kurtosis") is not None:
            shape += f", kurtosis {number(round(column['kurtosis'], 1))}"
        facts.append(("skewness", shape + mark("skew")))
    if column.get("monotonic"):
        facts.append(("row by row", f"{cut(column['monotonic'])}"))
    outliers = column.get("outliers")
    if outliers and outliers["count"]:
        text = f"{outliers['count']:,} ({percent(100 * outliers['share'])}) beyond 1.5 IQR{mark('outliers')}"
        if outliers.get("mad_count"):
            text += f"; {outliers['mad_count']:,} beyond 6 MAD"
        facts.append(("outliers", text))
    if column.get("extremes") and not column.get("masked"):
        facts.append(("extremes", ", ".join(_extreme(item) for item in column["extremes"][:5])))
    if column.get("max_length") is not None:
        average = (
            f", {number(round(column['avg_length'], 1))} on average" if column.get("avg_length") is not None else ""
        )
        facts.append(("length", f"{column['min_length']} – {column['max_length']}{average}{mark('max_length')}"))
    return facts


def _extreme(item: Json) -> str:
    where = f"row {item['row']:,}" if item.get("row") is not None else cut(item.get("key") or "", 30)
    return f"{number(item['value'])} <small>({where})</small>" if where else number(item["value"])
