"""``%%mlrun``: run the cell as a tracked run."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from mlnb.magics import background, mlrun_options
from mlnb.magics.base import MagicCall, MagicSpec, UsageError, execute_cell, parser
from mlnb.magics.names import experiment_names, scope_names

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

    from mlnb.training.recording.session import RunContext

_DOC = """Run the cell as a tracked run.

Recorded without a line of logging: the cell's code, notebook and git commit, the versions of the tables it reads and writes, its literals as
parameters, a dictionary of numbers as its last expression as metrics, figures, printed output, the environment. The run always ends:
FINISHED, FAILED with the traceback, KILLED when interrupted.

%%mlrun --experiment flights --name first
depth = 6
model = LGBMClassifier(max_depth=depth).fit(X, y)
{"auc": roc_auc_score(y_test, model.predict_proba(X_test)[:, 1])}"""


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%%mlrun", _DOC)
    made.add_argument("--name", help="name of the run")
    made.add_argument("--experiment", metavar="E", help="experiment; by default the notebook's own")
    made.add_argument("--tag", action="append", default=[], metavar="K=V", help="set a tag; may be repeated")
    made.add_argument("--note", help="text shown with the run")
    made.add_argument(
        "--params", default="auto", metavar="auto|none|a,b", help="auto: the cell's literals; or these names"
    )
    made.add_argument(
        "--metrics", default="", metavar="a,b", help="log these names: numbers or dictionaries of numbers"
    )
    made.add_argument("--log-models", action="store_true", help="log the fitted models that the cell binds")
    made.add_argument("--nested", action="store_true", help="inside an open run, as its child")
    made.add_argument("--seed", type=int, metavar="N", help="set the seeds of random, NumPy and PyTorch")
    made.add_argument("--scope", metavar="CARD", help="scope card the run works towards")
    made.add_argument("--quiet", action="store_true", help="show no result card")
    mlrun_options.add_arguments(made)
    background.add_arguments(made)
    return made


def _run(call: MagicCall) -> object:
    from mlnb.magics.inplace import Waiting
    from mlnb.training.recording.source import Cell
    from mlnb.training.recording.time_limit import check_minutes, time_limit

    args, shell, source = call.args, call.shell, call.cell or ""
    if not source.strip():
        raise UsageError("%%mlrun: the cell is empty.", hint="Put the code to run below the first line.")
    python = _as_python(shell, source)
    if python is not None and shell.should_run_async(source, transformed_cell=python):
        raise UsageError(
            "%%mlrun cannot run a cell that awaits at its top level.", hint="Use: with ws.runs.start(…) as run: …"
        )
    check_minutes(args.timeout)
    background.check_arguments(args)
    cell = Cell(source, shell.user_ns, _cell_id(), shell.execution_count, python)
    if args.background and not args.dry_run:
        background.start(call, cell, _options(args))
        return None
    waiting = call.ws.runs.waiting_options(args.adopt) if args.adopt else {}
    mode = waiting.pop("mode", None)
    # The first run of a kernel loads MLflow, that of a workspace makes its store: seconds, before anything of the cell is seen.
    with Waiting(shell, "the run begins", quiet=args.quiet or bool(args.adopt)) as line:
        context = call.ws.runs.start(**(waiting or _options(args)), cell=cell)
        if mode is not None:
            context.take(args.adopt, mode)
        if args.dry_run:
            return context.plan()
        try:
            with context as run, _watching_outputs(shell, run), time_limit(args.timeout):
                line.end()
                run.note_result(execute_cell(shell, source))
        finally:
            if context.run_id and not args.quiet:
                from IPython import display

                show: Any = display.display
                show(context.summary)
    return None


def _options(args: argparse.Namespace) -> dict[str, Any]:
    """Return what the line says as options of ``ws.runs.start``."""
    return {
        "name": args.name,
        "experiment": args.experiment,
        "nested": args.nested,
        "tags": dict(_pair(text) for text in args.tag),
        "params": args.params if args.params in ("auto", "none") else _names(args.params),
        "metrics": _names(args.metrics),
        "log_models": args.log_models or None,
        "seed": args.seed,
        "scope": args.scope,
        "note": args.note,
        **mlrun_options.read(args),
    }


def _pair(text: str) -> tuple[str, str]:
    key, equals, value = text.partition("=")
    if not equals or not key.strip():
        raise UsageError(
            f"%%mlrun: --tag {text} is no KEY=VALUE.", hint="Write --tag team=ops, with quotes around blanks."
        )
    return key.strip(), value


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names:
        if not name.isidentifier():
            raise UsageError(
                f"%%mlrun: {name} is no name of a variable.", hint="Write names with commas: --metrics auc,loss"
            )
    return names


def _cell_id() -> str | None:
    from mlnb.core.caller import current_caller

    return current_caller().cell_id


def _as_python(shell: InteractiveShell, source: str) -> str | None:
    """Return the cell with its own magics and shell lines turned into calls; None when it is not Python, as its run will show."""
    transform: Any = shell.transform_cell
    try:
        return str(transform(source))
    except SyntaxError:
        return None


@contextmanager
def _watching_outputs(shell: InteractiveShell, run: RunContext) -> Iterator[None]:
    """Hand what the cell displays to the run, which keeps the figures in it."""
    publisher: Any = shell.display_pub
    publish = publisher.publish

    def watch(data: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(data, dict):
            run.note_output(data)
        return publish(data, *args, **kwargs)

    publisher.publish = watch
    try:
        yield
    finally:
        publisher.publish = publish


MAGICS = [
    MagicSpec(
        name="mlrun",
        kinds=("cell",),
        run=_run,
        make_parser=_make_parser,
        complete={"--experiment": experiment_names, "--scope": scope_names},
    ),
]
