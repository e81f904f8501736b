"""``%evaluate``: how good a model is, where it is worst, and whether it beats another."""

from __future__ import annotations

import argparse
from typing import Any

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser
from mlnb.magics.eda import column_names
from mlnb.magics.names import run_names, scope_names, table_names

_DOC = """Score a model on rows whose answer is known: every metric with its interval, where it is worst, for whom, against what was asked.

%evaluate model --data flights --target late
%evaluate @last --data main.ml.flights_july --target late --slices "carrier, distance > 1000" --explain
%evaluate first --data main.ml.flights_july --target late --baseline models:/main.ml.flights@champion
%evaluate @best:roc_auc --scope punctual --holdout
%evaluate first --data main.ml.flights_july --target late --threshold roc_auc=0.7 --threshold log_loss=0.6

MODEL is a variable, an address (models:/…, runs:/…), or a run: its model. The result is the cell's value and is kept as _evaluation.
--compare answers with the comparison alone: the difference in every metric with its interval, and a verdict."""


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%evaluate", _DOC)
    made.add_argument("model", metavar="MODEL", help="a variable, an address, or a run")
    made.add_argument("--data", metavar="DATA", help="a variable or a table; by default the scope card's")
    made.add_argument("--target", metavar="COLUMN", help="the column with the answer; by default the scope card's")
    made.add_argument("--slices", metavar="A,B", action="append", help="columns and expressions, separated by commas")
    made.add_argument("--protected", metavar="A,B", action="append", help="groups to set beside everybody else")
    made.add_argument("--model-type", choices=("classifier", "regressor"), help="found by default")
    made.add_argument("--pos-label", metavar="CLASS", help="the positive class of two")
    made.add_argument("--metrics", metavar="A,B", help="keep only these; the first is looked at first")
    made.add_argument("--baseline", metavar="MODEL", help="a model to beat on the same rows; @ALIAS of the same name")
    made.add_argument("--compare", metavar="MODEL", help="only compare with this model")
    made.add_argument("--margin", type=float, default=0.0, help="with --compare: how much may be lost (default 0)")
    made.add_argument("--threshold", metavar="METRIC=X", action="append", help="what a metric has to reach")
    made.add_argument("--explain", nargs="?", const="global", choices=("global", "per_prediction"), help="say why")
    made.add_argument("--scope", metavar="NAME", help="a scope card: its target, slices, groups and metrics")
    made.add_argument("--holdout", action="store_true", help="score the held-out rows: one counted look")
    made.add_argument("--version", type=int, metavar="N", help="of the table; the newest by default")
    made.add_argument("--run", metavar="RUN", help="keep the result there")
    return made


def _run(call: MagicCall) -> object:
    from mlnb.magics.inplace import Waiting

    args, names = call.args, call.shell.user_ns
    data = names.get(args.data, args.data) if args.data is not None else None
    model = _model(names, args.model)
    shared: dict[str, Any] = {
        "targets": args.target,
        "model_type": args.model_type,
        "pos_label": args.pos_label,
        "metrics": args.metrics.split(",") if args.metrics else None,
        "holdout": args.holdout,
        "version": args.version,
        "scope": args.scope,
        "run": args.run,
    }
    if args.compare is not None:
        _check_compare(args)
        champion = _model(names, args.compare)
        with Waiting(call.shell, f"comparing {args.model} with {args.compare}"):
            found = call.ws.evaluation.compare(model, champion, data, margin=args.margin, **shared)
        names["_comparison"] = found
        return found
    with Waiting(call.shell, f"evaluating {args.model}"):
        result = call.ws.evaluation.evaluate(
            model,
            data,
            slices=_split(args.slices),
            protected=_split(args.protected),
            baseline=_model(names, args.baseline),
            thresholds=_thresholds(args.threshold),
            explain=args.explain,
            **shared,
        )
    names["_evaluation"] = result
    return result


def _check_compare(args: argparse.Namespace) -> None:
    """Refuse what a comparison does not look at: it would be ignored without a word."""
    for option in ("slices", "protected", "baseline", "threshold", "explain"):
        if getattr(args, option):
            raise UsageError(
                f"%evaluate: --compare answers with the comparison alone, so --{option} has no meaning.",
                hint=f"Leave --{option} out, or write --baseline {args.compare} instead of --compare.",
            )


def _model(names: dict[str, Any], text: str | None) -> Any:
    """Return the variable of that name, else the text: an address or a run."""
    found = names.get(text, text) if text is not None else None
    if text is not None and found is None:
        raise UsageError(f"{text} is None.", hint="Run the cell that fits the model first.")
    return found


def _split(texts: list[str] | None) -> list[str]:
    from mlnb.training.scoring.expressions import split_expressions

    return [piece for text in texts or () for piece in split_expressions(text)]


def _thresholds(texts: list[str] | None) -> dict[str, float]:
    found = {}
    for text in texts or ():
        name, sign, number = text.partition("=")
        try:
            found[name.strip()] = float(number)
        except ValueError:
            sign = ""
        if not sign or not name.strip():
            raise UsageError(f"--threshold {text} is not understood.", hint="Write --threshold roc_auc=0.8.")
    return found


MAGICS = [
    MagicSpec(
        name="evaluate",
        kinds=("line",),
        run=_run,
        make_parser=_make_parser,
        complete={
            "model": run_names,
            "--data": table_names,
            "--scope": scope_names,
            "--run": run_names,
            **dict.fromkeys(("--target", "--slices", "--protected"), column_names),
        },
    )
]
