"""Colours and rules of a page: JupyterLab's theme inside Lab, the system's outside, paper when printed."""

from __future__ import annotations

from functools import cache

_LIGHT = {
    "fg": ("--jp-content-font-color1", "#1f2933"),
    "muted": ("--jp-content-font-color2", "#586370"),
    "panel": ("--jp-layout-color1", "#ffffff"),
    "soft": ("--jp-layout-color2", "#f1f4f7"),
    "line": ("--jp-border-color2", "#d9dfe5"),
    "bar": ("--jp-brand-color2", "#64a5e8"),
    "deep": ("--jp-brand-color1", "#1f75cb"),
    "rate": ("--jp-warn-color1", "#d9650b"),
    "bad": ("--jp-error-color1", "#c62828"),
    "warn": ("--jp-warn-color1", "#b45f06"),
    "info": ("--jp-info-color1", "#0b7285"),
    "ok": ("--jp-success-color1", "#2e7d32"),
}
_DARK = {
    "fg": "#e3e8ee",
    "muted": "#9aa7b4",
    "panel": "#171d24",
    "soft": "#212a33",
    "line": "#323d49",
    "bar": "#3d7fc4",
    "deep": "#6cb0f5",
    "rate": "#ff9d4d",
    "bad": "#ff7b72",
    "warn": "#f0b429",
    "info": "#4fc3d9",
    "ok": "#66bb6a",
}
# ``&`` stands for the page's short class written twice: Lab's own rules for rendered HTML weigh as much as one class and one element, and come later.
_RULES = """
.mlnb-eda{font:13px/1.5 var(--jp-content-font-family,system-ui,-apple-system,"Segoe UI",sans-serif);color:var(--e-fg);background:var(--e-panel);border:1px solid var(--e-line);border-radius:8px;max-width:1080px;overflow:hidden;text-align:left}
& *{box-sizing:border-box}
& header,& section{padding:14px 20px 16px;border-bottom:1px solid var(--e-line)}
& section:last-child{border-bottom:0}
& h2{font-size:19px;font-weight:600;line-height:1.3;margin:0;overflow-wrap:anywhere;color:var(--e-fg);border:0}
& h3{font-size:11.5px;font-weight:600;letter-spacing:.06em;text-transform:uppercase;color:var(--e-muted);margin:0 0 8px;line-height:1.4}
& h4{font-size:12px;font-weight:600;color:var(--e-fg);margin:12px 0 4px;line-height:1.4}
& p{margin:0 0 8px}& p:last-child{margin-bottom:0}
& .s,& .k,& small,& figcaption{color:var(--e-muted);font-size:12px}
& .s{margin:1px 0 0}
& .u{padding:7px 12px;margin:10px 0 0;border-radius:4px;background:var(--e-soft);border-left:3px solid var(--c,var(--e-info))}
& .f{display:flex;flex-wrap:wrap;gap:10px 30px;margin:13px 0 0}
& .f b{display:block;font-size:17px;font-weight:600;line-height:1.25;font-variant-numeric:tabular-nums}
& .f span{color:var(--e-muted);font-size:11.5px}
& ol,& ul{list-style:none;margin:0;padding:0}
& li{margin:0}
& .i{display:grid;grid-template-columns:58px minmax(0,1fr) auto;gap:0 12px;padding:6px 12px;margin:0 0 4px;border-left:3px solid var(--c);background:var(--e-soft);border-radius:0 4px 4px 0}
& .i>b{color:var(--c);color:color-mix(in srgb,var(--c) 65%,var(--e-fg));font-size:11px;letter-spacing:.03em;line-height:19.5px;font-weight:700}
& .i p{margin:0;overflow-wrap:anywhere}
& code,& pre{font-family:var(--jp-code-font-family,ui-monospace,SFMono-Regular,Menlo,monospace);color:var(--e-fg);background:none;border:0;padding:0}
& .i>code{font-size:10.5px;line-height:19.5px;color:var(--e-muted)}
& pre{font-size:11.5px;line-height:1.5;margin:0 0 4px;padding:7px 10px;background:var(--e-panel);border:1px solid var(--e-line);border-radius:4px;white-space:pre-wrap;overflow-wrap:anywhere;user-select:all}
& summary{cursor:pointer}
& .m>summary{color:var(--e-muted);font-size:12px;padding:2px 0;width:max-content;max-width:100%}
& .m[open]>summary{margin-bottom:4px}
& .h{display:block;color:var(--e-muted);font-size:11px;margin:4px 0 2px}
& .BLOCKED{--c:var(--e-bad)}& .WARNING{--c:var(--e-warn)}& .INFO{--c:var(--e-info)}& .good{--c:var(--e-ok)}& .off{--c:var(--e-line);opacity:.75}
& table{border-collapse:collapse;border:0;margin:0;width:100%;font-size:13px;font-variant-numeric:tabular-nums;table-layout:auto}
& tr{background:none;border:0}
& th,& td{text-align:left;padding:4px 16px 4px 0;border:0;border-top:1px solid var(--e-line);background:none;vertical-align:middle;color:inherit;white-space:normal;overflow-wrap:anywhere;max-width:none}
& thead th{color:var(--e-muted);font-weight:400;font-size:11.5px;border-top:0;padding-top:0;white-space:nowrap}
& th{font-weight:600}
& .z{text-align:right;white-space:nowrap}& th:last-child,& td:last-child{padding-right:0}
& .n{font-weight:600;overflow-wrap:anywhere}
& abbr{text-decoration:none;color:var(--e-muted);cursor:help;padding-left:2px}
& .y{display:inline-block;font-size:11px;line-height:16px;padding:0 6px;margin:1px 4px 1px 0;border-radius:8px;background:var(--e-soft);color:var(--e-fg);border:1px solid var(--e-line);font-weight:400;overflow-wrap:anywhere}
& .w0{width:24%}& .w1{width:34%}& .w2{width:156px}& .w3{width:52%}
& .l{display:grid;align-items:center;gap:0 16px;grid-template-columns:14px minmax(96px,190px) 96px 122px 104px 84px minmax(120px,1fr);min-height:32px;padding:3px 0;border-top:1px solid var(--e-line)}
& .l.o{border-top:0;color:var(--e-muted);font-size:11.5px;min-height:0;padding-bottom:5px}
& .l .n{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
& .l .v{color:var(--e-muted);font-size:12px;font-variant-numeric:tabular-nums;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
& .l .v b{color:var(--e-fg);font-weight:600}& .l .v.hot{color:var(--e-warn);color:color-mix(in srgb,var(--e-warn) 70%,var(--e-fg))}
& .c>summary{list-style:none}& .c>summary::-webkit-details-marker{display:none}
& .c>summary:hover{background:var(--e-soft)}& summary:focus-visible{outline:2px solid var(--e-deep);outline-offset:1px}
& .c>summary:before,& div.l:before{content:"";width:0;height:0;margin-left:3px;border:4px solid transparent}
& .c>summary:before{border-left:6px solid var(--e-muted)}
& .c[open]>summary:before{border-left-color:transparent;border-top:6px solid var(--e-muted);margin-top:5px}
& .e{display:inline-block;width:7px;height:7px;border-radius:4px;background:var(--c);margin-right:6px;vertical-align:1px}
& .d{display:grid;grid-template-columns:minmax(280px,540px) minmax(220px,1fr);gap:10px 34px;padding:8px 0 18px 30px}
& .d1{grid-template-columns:1fr;padding-bottom:12px}& dl{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:1px 14px;margin:0;align-content:start;font-variant-numeric:tabular-nums}
& dt{color:var(--e-muted);float:none;width:auto;font-weight:400;white-space:nowrap;margin:0;padding:0}
& dd{margin:0;float:none;width:auto;overflow-wrap:anywhere}
& figure{margin:0 0 10px}& figcaption{display:flex;flex-wrap:wrap;justify-content:space-between;gap:0 14px;margin-bottom:3px}
& .a{display:flex;justify-content:space-between;gap:0 10px;color:var(--e-muted);font-size:11px;line-height:16px;font-variant-numeric:tabular-nums}
& .g2{display:grid;grid-template-columns:minmax(0,1.25fr) minmax(260px,1fr);gap:14px 40px;align-items:start}
& svg{display:block;max-width:100%;overflow:visible}
& svg text{font-size:11px;fill:var(--e-muted);font-family:inherit}
& .b{fill:var(--e-bar)}& .b3{fill:var(--e-line)}& .g{fill:var(--e-soft)}& .ra{fill:none;stroke:var(--e-rate);stroke-width:1.6;vector-effect:non-scaling-stroke}& .rb{fill:var(--e-rate);opacity:.2}& .rd{fill:var(--e-rate)}
& .ax{fill:none;stroke:var(--e-line);stroke-width:1;vector-effect:non-scaling-stroke}& .me{stroke:var(--e-muted);stroke-dasharray:3 3}& .w{fill:none;stroke:var(--e-fg);stroke-width:1.2;opacity:.65;vector-effect:non-scaling-stroke}
& .hp{stroke:var(--e-rate)}& .hn{stroke:var(--e-deep)}& .hd{stroke:var(--e-deep)}
& .p{position:relative;height:12px;border-radius:2px;background:var(--e-soft);min-width:60px}& .p i{display:block;height:100%;border-radius:2px;background:var(--e-bar)}& .p i.no{background:var(--e-line)}& .p i.ho{background:var(--e-rate)}
& .p u{position:absolute;top:2px;bottom:2px;border:solid var(--e-fg);border-width:0 1px;opacity:.6}& .p u:before{content:"";position:absolute;left:0;right:0;top:3.5px;border-top:1px solid var(--e-fg)}
& .o1{position:relative;height:14px;margin:0 4px;min-width:90px}& .o1 u{position:absolute;top:6px;min-width:1px;border-top:2px solid var(--e-rate)}& .o1 i{position:absolute;top:4px;width:6px;height:6px;margin-left:-3px;border-radius:3px;background:var(--e-rate)}& .o1 s{position:absolute;top:0;bottom:0;border-left:1px dashed var(--e-muted)}
& .j{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 0;vertical-align:-1px}
& .t{display:flex;height:14px;border-radius:3px;overflow:hidden;gap:1px;margin:4px 0}& .t i{background:var(--e-bar);min-width:2px}
@media(max-width:760px){& .l{grid-template-columns:14px minmax(0,1fr) 122px 84px}& .l .kk,& .l .dd,& .l .rr{display:none}& .d,& .g2{grid-template-columns:minmax(0,1fr)}& .d{padding-left:14px}& .i{grid-template-columns:44px minmax(0,1fr)}& .i>code{grid-column:2}& .w2{width:80px}}
@media(forced-colors:active){& svg{forced-color-adjust:none}}
@media print{.mlnb-eda{max-width:none;border:0;print-color-adjust:exact;-webkit-print-color-adjust:exact}& section{break-inside:auto}& .i,& .l,& tr,& figure{break-inside:avoid}}
"""


@cache
def style() -> str:
    """The page's style element."""
    light = ";".join(f"--e-{name}:var({variable},{value})" for name, (variable, value) in _LIGHT.items())
    dark = ";".join(f"--e-{name}:var({_LIGHT[name][0]},{value})" for name, value in _DARK.items())
    rules = _RULES.replace("&", ".e1.e1").replace("\n", "")
    # Inside Lab the --jp variables are set and the system's preference changes nothing; paper is always light.
    return f"<style>.mlnb-eda{{{light}}}@media screen and (prefers-color-scheme:dark){{.mlnb-eda{{{dark}}}}}{rules}</style>"


def document(title: str, body: str) -> str:
    """A whole document around a page; ``title`` is escaped already."""
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{title}</title>'
    page = "<style>:root{color-scheme:light dark}body{margin:24px auto;max-width:1080px;padding:0 12px}@media screen and (prefers-color-scheme:dark){body{background:#0f1419}}@media print{body{margin:0;padding:0}}</style>"
    return f'<!doctype html><html lang="en"><head>{head}{page}</head><body><main>{body}</main></body></html>'
