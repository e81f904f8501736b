"""`%deploy`: a registered version as a REST endpoint, and the endpoints that exist."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser
from mlnb.magics.names import endpoint_names

if TYPE_CHECKING:
    from mlnb.door import Workspace

_VERBS = ("status", "test", "logs", "stop", "start", "delete")

_DOC = """Serve a registered model version at a REST address, in a process of its own.

%deploy main.ml.flights@champion --name flights   serve it; a running endpoint is updated without a gap
%deploy                                           list the endpoints
%deploy status NAME                               its state, address and the line that queries it
%deploy test NAME                                 ask it with its own example
%deploy logs NAME [--tail 50]                     the end of its log
%deploy stop NAME · %deploy start NAME · %deploy delete NAME

Every request is recorded in the table NAME_payload beside the model, each scored row in NAME_payload_rows."""


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%deploy", _DOC)
    made.add_argument(
        "model", nargs="?", help="[models:/]CATALOG.SCHEMA.MODEL[/VERSION|@ALIAS], or one of the words above"
    )
    made.add_argument("endpoint", nargs="?", help="the endpoint's name, after one of the words above")
    made.add_argument("--name", help="name of the endpoint; default: the model's")
    made.add_argument("--port", type=int, help="take this port or fail; default: a free one")
    made.add_argument(
        "--log", metavar="SCHEMA[.PREFIX]|off", help="where requests are recorded; default: beside the model"
    )
    made.add_argument(
        "--no-durable", action="store_true", help="do not wait until a request is recorded before answering it"
    )
    made.add_argument("--no-wait", action="store_true", help="return at once, while it starts")
    made.add_argument("--timeout", type=float, default=600, metavar="SECONDS", help="how long to wait")
    made.add_argument("--tail", type=int, default=50, metavar="LINES", help="lines of `logs`")
    return made


def _run(call: MagicCall) -> object:
    args, endpoints = call.args, call.ws.endpoints
    if args.model is None:
        return endpoints.list()
    if args.model in _VERBS:
        return _verb(call)
    if args.endpoint is not None:
        raise UsageError(
            f"%deploy: {args.model!r} is none of {', '.join(_VERBS)}.",
            hint="%deploy MODEL@ALIAS --name NAME, or %deploy status NAME.",
        )
    name = args.name or args.model.removeprefix("models:/").split("@")[0].split("/")[0].rsplit(".", 1)[-1]
    try:
        return endpoints.deploy(
            args.model,
            endpoint=name,
            port=args.port,
            inference_table=True if args.log is None else False if args.log == "off" else args.log,
            durable=False if args.no_durable else None,
            wait=not args.no_wait,
            timeout=args.timeout,
            on_progress=_progress(),
        )
    except KeyboardInterrupt:
        sys.stdout.write(f"It goes on starting: %deploy status {name}\n")
        return None


def _verb(call: MagicCall) -> object:
    args, endpoints = call.args, call.ws.endpoints
    name = args.endpoint or args.name
    if args.model == "status" and name is None:
        return endpoints.list()
    if name is None:
        raise UsageError(f"%deploy {args.model} needs the endpoint's name.", hint=f"%deploy {args.model} NAME")
    if args.model == "status":
        return endpoints.get(name)
    if args.model == "test":
        return endpoints.test(name)
    if args.model == "logs":
        sys.stdout.write("\n".join(endpoints.logs(name, args.tail)) + "\n")
        return None
    if args.model == "stop":
        return endpoints.stop(name, wait=not args.no_wait)
    if args.model == "start":
        return endpoints.start(name, wait=not args.no_wait, timeout=args.timeout)
    endpoints.delete(name)
    sys.stdout.write(f"Endpoint {name} is deleted; its inference tables stay.\n")
    return None


def _progress() -> Callable[[str], None]:
    """Return a function that prints each new message with the time since the start."""
    begun = time.monotonic()

    def say(message: str) -> None:
        sys.stdout.write(f"{time.monotonic() - begun:5.1f} s  {message}\n")
        sys.stdout.flush()

    return say


def _models(ws: Workspace, prefix: str) -> Iterable[str]:
    names = []
    for model in ws.models.search().items:
        names += [f"{model.name}@{alias}" for alias in sorted(model.aliases)] or [model.name]
    return [name for name in (*_VERBS, *names) if name.startswith(prefix)]


MAGICS = [
    MagicSpec(
        name="deploy",
        kinds=("line",),
        run=_run,
        make_parser=_make_parser,
        complete={"model": _models, "endpoint": endpoint_names, "--name": endpoint_names},
    )
]
