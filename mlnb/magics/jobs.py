"""`%jobs`: notebooks that run without you."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser

if TYPE_CHECKING:
    from mlnb.door import Workspace

_DOC = """Run notebooks as jobs and look at their runs.

%jobs                                  list the jobs
%jobs create report.ipynb -p year=2013 make a notebook a job
%jobs run report -p year=2014 --wait   run it once
%jobs runs · %jobs show RUN · %jobs cancel RUN"""


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%jobs", _DOC)
    verbs = made.add_subparsers(dest="verb", metavar="list|create|run|runs|show|cancel")
    verbs.add_parser("list", help="list the jobs")
    create = verbs.add_parser("create", help="make a saved notebook a job")
    create.add_argument("path", help="the notebook, relative to the notebook root")
    create.add_argument("--name", help="name of the job; default: the file's")
    run = verbs.add_parser("run", help="run a job once")
    run.add_argument("job", help="name or id")
    run.add_argument("--wait", action="store_true", help="wait for the end")
    for part in (create, run):
        part.add_argument("-p", dest="pairs", metavar="NAME=VALUE", action="append", default=[], help="a parameter")
    runs = verbs.add_parser("runs", help="list runs, newest first")
    runs.add_argument("--limit", type=int, default=10)
    for verb, text in (("show", "show a run"), ("cancel", "ask a run to stop")):
        verbs.add_parser(verb, help=text).add_argument("run_id", type=int)
    return made


def _run(call: MagicCall) -> object:
    args, jobs = call.args, call.ws.jobs
    if args.verb in (None, "list"):
        return jobs.summaries()
    if args.verb == "create":
        return jobs.from_notebook(args.path, name=args.name, parameters=_values(args.pairs))
    if args.verb == "run":
        started = jobs.run_now(args.job, job_parameters=_values(args.pairs))
        return started.wait() if args.wait else started
    if args.verb == "runs":
        return jobs.runs(limit=args.limit).items
    return jobs.cancel(args.run_id) if args.verb == "cancel" else jobs.run(args.run_id)


def _values(pairs: Iterable[str]) -> dict[str, str]:
    for pair in pairs:
        if "=" not in pair:
            raise UsageError(f"%jobs: {pair!r} is not of the form name=value.", hint="For example: -p year=2013.")
    return dict(pair.split("=", 1) for pair in pairs)


def _names(ws: Workspace, prefix: str) -> Iterable[str]:
    return [job.name for job in ws.jobs.list().items if job.name.startswith(prefix)]


MAGICS = [MagicSpec(name="jobs", kinds=("line",), run=_run, make_parser=_make_parser, complete={"job": _names})]
