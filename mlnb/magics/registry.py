"""``%register``, ``%promote``, ``%approve``, ``%reject`` and ``%models``: from a run's model to the one in use."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from mlnb.core.errors import did_you_mean
from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser

if TYPE_CHECKING:
    from mlnb.door import Workspace

_TO = "the alias, such as @champion"


def _register_parser() -> argparse.ArgumentParser:
    made = parser(
        "%register",
        "Register a run's model as the next version of NAME.\n\n%register main.ml.flights --alias challenger",
    )
    made.add_argument("name", help="catalog.schema.model")
    made.add_argument("--run", help="run id or name; default: the last run")
    made.add_argument("--artifact", metavar="MODEL", help="name of the model in the run; needed when it logged several")
    made.add_argument("--uri", help="address of a logged model, models:/m-…, instead of a run")
    made.add_argument("--alias", help="give this alias to the new version")
    made.add_argument("--tag", metavar="K=V", action="append", default=[], help="tag of the version")
    made.add_argument("--description", help="description of the version")
    return made


def _register(call: MagicCall) -> object:
    args = call.args
    for pair in args.tag:
        if "=" not in pair:
            raise UsageError(f"%register: {pair!r} is not of the form name=value.", hint="For example: --tag team=ops.")
    tags = dict(pair.split("=", 1) for pair in args.tag)
    uri = args.uri or _model_of_run(call.ws, args.run or "@last", args.artifact)
    return call.ws.models.register(uri, args.name, alias=args.alias, description=args.description, tags=tags)


def _model_of_run(ws: Workspace, run: str, wanted: str | None) -> str:
    """Return the address of the model that the run logged."""
    record = ws.runs.get(run)
    models = {model.name: model.uri for model in record.models}
    if wanted is not None and wanted not in models:
        near = did_you_mean(wanted, models)
        raise UsageError(
            f"Run {record.name} has no model {wanted!r}.", hint=near or f"Its models: {', '.join(models) or 'none'}."
        )
    if not models:
        raise UsageError(
            f"Run {record.name} logged no model.", hint="Log one in the cell: mlflow.<flavor>.log_model(…)."
        )
    if wanted is None and len(models) > 1:
        raise UsageError(
            f"Run {record.name} logged several models.", hint=f"Choose with --artifact: {', '.join(models)}."
        )
    return models[wanted] if wanted is not None else next(iter(models.values()))


def _promote_parser() -> argparse.ArgumentParser:
    made = parser(
        "%promote", "Let an alias name a version, or ask for it.\n\n%promote main.ml.flights 3 --to @champion --request"
    )
    made.add_argument("name", help="catalog.schema.model")
    made.add_argument("version", nargs="?", help="a number or an alias; default: the newest")
    made.add_argument("--to", required=True, help=_TO)
    made.add_argument("--comment", help="why")
    made.add_argument(
        "--request", action="store_true", help="ask those whom the scope card names, instead of moving it yourself"
    )
    return made


def _promote(call: MagicCall) -> object:
    args, models = call.args, call.ws.models
    version = args.version if args.version is not None else _newest(call.ws, args.name)
    return models.promote(args.name, version, args.to, comment=args.comment, request=args.request)


def _newest(ws: Workspace, name: str) -> int:
    newest = ws.models.get(name).latest_version
    if newest is None:
        raise UsageError(f"{name} has no versions yet.", hint=f"Register one: %register {name}.")
    return newest


def _decide_parser(name: str, doc: str) -> Callable[[], argparse.ArgumentParser]:
    def make() -> argparse.ArgumentParser:
        made = parser(name, doc)
        made.add_argument("name", help="catalog.schema.model")
        made.add_argument("version", help="a number or an alias")
        made.add_argument("--to", required=True, help=_TO)
        made.add_argument("--comment", help="why")
        return made

    return make


def _approve(call: MagicCall) -> object:
    args = call.args
    return call.ws.models.approve(args.name, args.version, args.to, comment=args.comment)


def _reject(call: MagicCall) -> object:
    args = call.args
    return call.ws.models.reject(args.name, args.version, args.to, comment=args.comment)


def _models_parser() -> argparse.ArgumentParser:
    made = parser(
        "%models",
        "Show registered models, one model or one version.\n\n%models · %models main.ml.flights · %models main.ml.flights 3 --check",
    )
    made.add_argument("name", nargs="?", help="catalog.schema.model")
    made.add_argument("version", nargs="?", help="a number or an alias")
    made.add_argument(
        "--check", nargs="?", const="@champion", metavar="ALIAS", help="judge the version on its way to this alias"
    )
    made.add_argument("--activity", action="store_true", help="show what happened, newest first")
    made.add_argument("--requests", action="store_true", help="show open requests")
    return made


def _models(call: MagicCall) -> object:
    from mlnb.registry.records import RegisteredModels

    args, models = call.args, call.ws.models
    if args.requests:
        return models.requests(args.name, args.version)
    if not args.name:
        return RegisteredModels(models.search().items)
    if args.activity:
        return models.activities(args.name, args.version)
    if args.check:
        return models.check(args.name, args.version or _newest(call.ws, args.name), args.check)
    return models.version(args.name, args.version) if args.version else models.get(args.name)


def _names(ws: Workspace, prefix: str) -> Iterable[str]:
    return [model.name for model in ws.models.search().items if model.name.startswith(prefix)]


_COMPLETE = {"name": _names}

MAGICS = [
    MagicSpec(name="register", kinds=("line",), run=_register, make_parser=_register_parser, complete=_COMPLETE),
    MagicSpec(name="promote", kinds=("line",), run=_promote, make_parser=_promote_parser, complete=_COMPLETE),
    MagicSpec(
        name="approve",
        kinds=("line",),
        run=_approve,
        make_parser=_decide_parser(
            "%approve",
            "Approve what was asked for.\n\n%approve main.ml.flights 3 --to @champion --comment 'July AUC fine'",
        ),
        complete=_COMPLETE,
    ),
    MagicSpec(
        name="reject",
        kinds=("line",),
        run=_reject,
        make_parser=_decide_parser(
            "%reject", "Reject what was asked for.\n\n%reject main.ml.flights 3 --to @champion --comment 'weak on B6'"
        ),
        complete=_COMPLETE,
    ),
    MagicSpec(name="models", kinds=("line",), run=_models, make_parser=_models_parser, complete=_COMPLETE),
]
