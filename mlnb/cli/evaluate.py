"""``mlnb evaluate``: score a model on a table, compare it with another, and leave with an error when a threshold is not reached."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from mlnb.cli.output import emit, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.door import Workspace


@click.command()
@click.argument("model")
@click.option("--data", metavar="TABLE", help="The table; by default the scope card's.")
@click.option("--target", metavar="COLUMN", help="The column with the answer; by default the scope card's.")
@click.option("--slices", metavar="A,B", multiple=True, help="Columns and expressions, separated by commas.")
@click.option("--protected", metavar="A,B", multiple=True, help="Groups to set beside everybody else.")
@click.option("--model-type", type=click.Choice(["classifier", "regressor"]), help="Found by default.")
@click.option("--pos-label", metavar="CLASS", help="The positive class of two.")
@click.option("--metrics", metavar="A,B", help="Keep only these; the first is looked at first.")
@click.option("--baseline", metavar="MODEL", help="A model to beat on the same rows.")
@click.option("--compare", metavar="MODEL", help="Only compare with this model.")
@click.option("--margin", type=float, default=0.0, help="With --compare: how much may be lost.")
@click.option("--threshold", "thresholds", metavar="METRIC=X", multiple=True, help="What a metric has to reach.")
@click.option("--explain", type=click.Choice(["global", "per_prediction"]), help="Say what the predictions rest on.")
@click.option("--scope", metavar="NAME", help="A scope card: its target, slices, groups and metrics.")
@click.option("--holdout", is_flag=True, help="Score the held-out rows: one counted look.")
@click.option("--version", type=int, help="Of the table; the newest by default.")
@click.option("--run", metavar="RUN", help="Keep the result there.")
@json_option
@workspace_command
def evaluate(
    ws: Workspace,
    model: str,
    data: str | None,
    target: str | None,
    slices: tuple[str, ...],
    protected: tuple[str, ...],
    metrics: str | None,
    baseline: str | None,
    compare: str | None,
    margin: float,
    thresholds: tuple[str, ...],
    explain: Any,
    json_flag: bool,
    **shared: Any,
) -> None:
    """Score MODEL (an address, or a run: its model) on a table.

    The exit code is 1 when a threshold is not reached, or when the compared model is not beaten.
    """
    from mlnb.training.scoring.expressions import split_expressions

    shared |= {"targets": target, "metrics": metrics.split(",") if metrics else None}
    if compare is not None:
        found = ws.evaluation.compare(model, compare, data, margin=margin, **shared)
        _print(found, json_flag)
        sys.exit(0 if found.verdict == "BETTER" or (found.verdict == "NOT_WORSE" and margin > 0) else 1)
    result = ws.evaluation.evaluate(
        model,
        data,
        slices=[piece for text in slices for piece in split_expressions(text)],
        protected=[piece for text in protected for piece in split_expressions(text)],
        baseline=baseline,
        thresholds=dict(map(_threshold, thresholds)),
        explain=explain,
        **shared,
    )
    _print(result, json_flag)
    sys.exit(0 if result.passed else 1)


def _print(found: Any, json_flag: bool) -> None:
    if json_flag:
        emit(found, json_flag)
    else:
        click.echo(str(found))


def _threshold(text: str) -> tuple[str, float]:
    name, _, number = text.partition("=")
    try:
        return name.strip(), float(number)
    except ValueError:
        raise click.UsageError(f"--threshold {text}: write --threshold roc_auc=0.8") from None
