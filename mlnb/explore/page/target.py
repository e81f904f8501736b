"""The target on the page: its classes, what predicts it, where it is high and low, and whether more rows would help."""

from __future__ import annotations

from . import svg
from .words import VALUE, Json, cut, named, number, percent, plural, rate, target_words, unavailable_word


def ranking(profile: Json, shown: int) -> str:
    """Columns by what they predict alone, with the shape of the target along each."""
    target = profile.get("target")
    known = sorted((c for c in profile["columns"] if c.get("association")), key=lambda c: -c["association"]["value"])
    if not target or not known:
        return ""
    metric = known[0]["association"]["metric"]
    figure, floor = ("AUC", 0.5) if metric == "auc" else ("R²", 0.0)
    share = target["task"] == "classification"
    rows = "".join(_row(c, floor, target) for c in known[:shown])
    zero = "0.5 is chance" if metric == "auc" else "0 is no better than the mean"
    lead = (
        f"{figure} of each column alone, out of fold, with its 95 % interval ({zero}). "
        f"Right: {cut(target_words(target), 100)} along the column; dashed is the whole, {rate(target.get('base'), share)}."
    )
    left = len(known) - shown
    more = f'<p class="k">{plural(left, "column")} that predict less are not in this list.</p>' if left > 0 else ""
    head = f'<thead><tr><th scope="col" class="w0">Column</th><th scope="col">Predicts</th><th scope="col" class="z">{figure}</th><th scope="col" class="w2">Shape</th></tr></thead>'
    table = f"<table>{head}<tbody>{rows}</tbody></table>"
    return f'<section><h3>What predicts {cut(target["column"])}</h3>{_classes(target)}<p class="k">{lead}</p>{table}{more}</section>'


def _row(column: Json, floor: float, target: Json) -> str:
    found = column["association"]
    ordered = bool(column.get("histogram"))
    reason = found.get("unavailable")
    gone = f'<br><span class="y" title="{cut(reason, 300)}">{unavailable_word(reason)}</span>' if reason else ""
    tip = f"95 % interval {found['lower']:.3f} to {found['upper']:.3f}"
    if found.get("mutual_information") is not None:
        tip += f"; mutual information {found['mutual_information']:.3g} nats"
    return (
        f'<tr><th scope="row">{named(column["column_name"])}{gone}</th><td>{svg.power_bar(found, floor)}</td>'
        f'<td class="z" title="{tip}">{found["value"]:.3f}</td>'
        f"<td>{svg.shape_picture(found.get('shape') or [], target.get('base'), ordered=ordered)}</td></tr>"
    )


def _classes(target: Json) -> str:
    """The classes with their shares, as one bar and as words."""
    classes = target.get("classes") or []
    total = sum(item["count"] for item in classes)
    if not total or target["task"] != "classification":
        return ""
    shown = classes[:8]
    parts = [(item["item"], item["count"] / total) for item in shown]
    rest = 1 - sum(share for _, share in parts)
    if len(classes) > len(shown):
        parts.append((f"{len(classes) - len(shown):,} more", max(0.0, rest)))
    bars = "".join(
        f'<i style="flex-grow:{max(share, 0.002) * 100:.3g};opacity:{max(0.25, 1 - 0.17 * i):.2f}"></i>'
        for i, (_, share) in enumerate(parts)
    )
    words = " · ".join(f"{cut(name, VALUE)} {percent(100 * share)}" for name, share in parts)
    return f'<div class="t" aria-hidden="true">{bars}</div><p class="k">{words}</p>'


def slices(profile: Json, shown: int) -> str:
    """Subsets of the rows where the target is highest and lowest."""
    found, target = profile.get("slices") or [], profile.get("target")
    if not found or not target:
        return ""
    share, base = target["task"] == "classification", target.get("base")
    ends = [v for s in found for v in (s["lower"], s["upper"])] + ([base] if base is not None else [])
    low, high = min(ends), max(ends)
    tables = ""
    for title, wanted in (("Highest", True), ("Lowest", False)):
        chosen = [s for s in found if s["high"] is wanted][:shown]
        rows = "".join(
            f'<tr><th scope="row">{_conditions(s)}</th><td class="z">{s["rows"]:,}</td><td class="z">{rate(s["target"], share)}</td>'
            f'<td title="95 % interval {rate(s["lower"], share)} to {rate(s["upper"], share)}">'
            f"{svg.interval(s['target'], s['lower'], s['upper'], low, high, base)}</td></tr>"
            for s in chosen
        )
        if rows:
            tables += f'<tbody><tr><td colspan="4" class="k">{title}</td></tr>{rows}</tbody>'
    lead = f"{cut(target_words(target), 100)}, with its 95 % interval; dashed is the whole, {rate(base, share)}. From a sample of {profile['sample_rows']:,} rows."
    head = '<thead><tr><th scope="col" class="w3">Rows where</th><th scope="col" class="z">Rows</th><th scope="col" class="z">Target</th><th scope="col" class="w2"></th></tr></thead>'
    return f'<section><h3>Where {cut(target["column"])} is high and low</h3><p class="k">{lead[0].upper() + lead[1:]}</p><table>{head}{tables}</table></section>'


def _conditions(item: Json) -> str:
    return " and ".join(
        f'{cut(c["column"], 30)} <span class="y">{cut(c["value"], 30)}</span>' for c in item["conditions"]
    )


def learning_curve(profile: Json) -> str:
    """Whether more rows would help: the probe's score against the rows it learnt from."""
    found = profile.get("learning_curve")
    if not found or not found["points"]:
        return ""
    metric = {"auc": "AUC", "r2": "R²"}.get(found["metric"], found["metric"])
    points = found["points"]
    rows = "".join(
        f'<tr><td class="z">{p["rows"]:,}</td><td class="z">{number(round(p["value"], 4))}</td>'
        f'<td class="z">{number(round(p["lower"], 4))} – {number(round(p["upper"], 4))}</td></tr>'
        for p in points
    )
    first, last = points[0], points[-1]
    said = f"{cut(metric)} of a probe rises from {first['value']:.3f} with {first['rows']:,} rows to {last['value']:.3f} with {last['rows']:,} rows"
    drawn = ""
    if len(points) > 1:
        coordinates = [(float(p["rows"]), p["value"], p["lower"], p["upper"]) for p in points]
        axis = f'<div class="a" style="max-width:420px"><span>{first["rows"]:,} rows</span> <span>{last["rows"]:,} rows</span></div>'
        drawn = f"<figure>{svg.curve(coordinates, said)}{axis}</figure>"
    head = f'<thead><tr><th scope="col" class="z">Rows</th><th scope="col" class="z">{cut(metric)}</th><th scope="col" class="z">95 % interval</th></tr></thead>'
    return (
        f"<section><h3>Enough rows?</h3><p>{cut(found.get('verdict') or '', 300)}</p>"
        f'<div class="g2"><div>{drawn}</div><table>{head}<tbody>{rows}</tbody></table></div></section>'
    )
