"""`%monitor`: watch tables and endpoints."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser
from mlnb.magics.names import endpoint_names

if TYPE_CHECKING:
    from mlnb.door import Workspace

_DOC = """Watch a table or an endpoint for drift and failing predictions.

%monitor                                       list the monitors
%monitor endpoint flights --time requested_at --labels main.ml.flights_outcomes:flight_id:late --baseline main.ml.july
%monitor create main.sales.orders --type timeseries --time ordered_at --every "1 day" --baseline main.sales.orders_2023
%monitor refresh flights                       compute what is new
%monitor show flights                          verdict, heat map, quality over time
%monitor alert flights psi --above 0.2         an alert on a metric
%monitor decide flights                        retrain or not, on record"""

_TYPES = ("inference", "timeseries", "snapshot")


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%monitor", _DOC)
    verbs = made.add_subparsers(dest="verb", metavar="list|create|endpoint|refresh|show|alert|alerts|decide|delete")
    verbs.add_parser("list", help="list the monitors")
    endpoint = verbs.add_parser("endpoint", help="watch what an endpoint was asked and answered")
    endpoint.add_argument("endpoint", help="name of the endpoint")
    create = verbs.add_parser("create", help="watch a table")
    create.add_argument("table", help="catalog.schema.table")
    create.add_argument("--type", choices=_TYPES, default="timeseries", help="what its rows are")
    create.add_argument("--prediction", metavar="COL", help="column with the prediction")
    create.add_argument("--label", metavar="COL", help="column with the truth")
    create.add_argument("--model", metavar="COL", help="column with the model's id")
    create.add_argument("--proba", metavar="COL", help="column with probabilities")
    for part in (endpoint, create):
        part.add_argument("--time", metavar="COL", help="column that windows follow")
        part.add_argument(
            "--every", metavar="GRANULARITY", action="append", help='for example "1 day"; may be repeated'
        )
        part.add_argument("--problem", choices=("classification", "regression"), help="what is predicted")
        part.add_argument("--baseline", metavar="TABLE", help="a table to compare every window with")
        part.add_argument("--slice", metavar="EXPR", action="append", help="a column or condition; may be repeated")
        part.add_argument("--labels", metavar="TABLE:ID:LABEL[:TIME]", help="where the truth arrives later")
    refresh = verbs.add_parser("refresh", help="compute what is new")
    refresh.add_argument("--full", action="store_true", help="compute everything again")
    refresh.add_argument("--background", action="store_true", help="let the supervisor do it")
    alert = verbs.add_parser("alert", help="set an alert")
    decide = verbs.add_parser("decide", help="retrain or not, on record")
    decide.add_argument("--cooldown", metavar="DAYS", type=float, default=7, help="at most one request in so many days")
    for part in (refresh, alert, decide, *(verbs.add_parser(v) for v in ("show", "alerts", "delete"))):
        part.add_argument("table", help="the monitored table, or its endpoint")
    _alert_arguments(alert)
    return made


def _alert_arguments(alert: argparse.ArgumentParser) -> None:
    alert.add_argument("metric", help="psi, js, ks, roc_auc, percent_null, …")
    limit = alert.add_mutually_exclusive_group(required=True)
    limit.add_argument("--above", type=float, metavar="X")
    limit.add_argument("--below", type=float, metavar="X")
    alert.add_argument("--name", help="default: metric and limit")
    alert.add_argument("--column", action="append", help="only this column; may be repeated")
    alert.add_argument("--every", metavar="GRANULARITY", help="default: the monitor's first")
    alert.add_argument("-k", type=int, default=2, help="in so many …")
    alert.add_argument("-n", type=int, default=3, help="… of the last so many windows")
    alert.add_argument("--min-rows", type=int, default=200)


def _run(call: MagicCall) -> object:
    args, monitors = call.args, call.ws.monitors
    if args.verb in (None, "list"):
        return monitors.summaries()
    if args.verb == "endpoint":
        return _endpoint(monitors, args)
    if args.verb == "create":
        return monitors.create(
            args.table, profile=_profile(args), baseline_table_name=args.baseline, slicing_exprs=args.slice
        )
    if args.verb == "refresh":
        found = monitors.refresh(args.table, full=args.full, wait=not args.background)
        return found if args.background else monitors.verdict(args.table)
    if args.verb == "alert":
        return _alert(monitors, args)
    if args.verb == "decide":
        return monitors.decide_retraining(args.table, cooldown_days=args.cooldown)
    if args.verb == "delete":
        monitors.delete(args.table)
        return None
    return monitors.alerts(args.table) if args.verb == "alerts" else monitors.verdict(args.table)


def _endpoint(monitors: Any, args: argparse.Namespace) -> object:
    return monitors.for_endpoint(
        args.endpoint,
        labels=_labels(args.labels),
        baseline=args.baseline,
        slices=args.slice,
        granularities=args.every or ["1 day"],
        timestamp_col=args.time or "request_time",
        problem_type=args.problem,
    )


def _profile(args: argparse.Namespace) -> Any:
    from mlnb.monitoring.records import InferenceLog, Snapshot, TimeSeries

    if args.type == "snapshot":
        return Snapshot()
    if not args.time:
        raise UsageError(
            "%monitor create: --time names the column that windows follow.", hint="Or use --type snapshot."
        )
    every = args.every or ["1 day"]
    if args.type == "timeseries":
        return TimeSeries(timestamp_col=args.time, granularities=every)
    if not args.prediction or not args.model:
        raise UsageError("%monitor create: an inference log needs --prediction and --model.")
    return InferenceLog(
        problem_type=args.problem or "classification",
        timestamp_col=args.time,
        granularities=every,
        prediction_col=args.prediction,
        prediction_proba_col=args.proba,
        model_id_col=args.model,
        label_col=args.label,
        labels=_labels(args.labels),
    )


def _labels(text: str | None) -> Any:
    from mlnb.monitoring.records import LabelSource

    if text is None:
        return None
    parts = text.split(":")
    if len(parts) not in (3, 4) or not all(parts):
        raise UsageError(
            f"%monitor: --labels {text!r} is not TABLE:ID:LABEL.", hint="For example main.ml.outcomes:flight_id:late"
        )
    return LabelSource(
        table=parts[0], request_id_col=parts[1], label_col=parts[2], timestamp_col=parts[3] if len(parts) == 4 else None
    )


def _alert(monitors: Any, args: argparse.Namespace) -> object:
    above = args.above is not None
    limit = args.above if above else args.below
    direction = "above" if above else "below"
    made = monitors.alert(
        args.table,
        args.name or f"{args.metric} {direction} {limit:g}",
        metric=args.metric,
        threshold=limit,
        direction=direction,
        columns=args.column,
        granularity=args.every,
        k=args.k,
        n=args.n,
        min_rows=args.min_rows,
    )
    judged = monitors.evaluate(args.table)
    return next(alert for alert in judged if alert.id == made.id)


def _tables(ws: Workspace, prefix: str) -> Iterable[str]:
    return [info.table_name for info in ws.monitors.list() if info.table_name.startswith(prefix)]


MAGICS = [
    MagicSpec(
        name="monitor",
        kinds=("line",),
        run=_run,
        make_parser=_make_parser,
        complete={"table": _tables, "endpoint": endpoint_names},
    )
]
