"""``%%scope`` and ``%scope``: write, show and sign a scope card."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser
from mlnb.magics.names import scope_names

if TYPE_CHECKING:
    pass

_DOC = """State what a model is for, how good it has to be and who signs. Later gates read it.

%%scope late_flights
target: {table: main.ml.flight_labels, column: late}
problem: classification
metrics: [{name: roc_auc, primary: true, min: 0.7, by: [carrier], slice_min: 0.6}]
serving: {latency_p95_ms: 50}
signoff: {approvers: [user:ada]}

%scope NAME shows the card, %scope alone lists all cards.
%scope --template classification         a card to begin with, as YAML
%scope NAME --check @last                what a run does of what the card asks
%scope NAME --diff                       what the newest version changed
%scope NAME --sign owner                 sign the newest version"""


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%%scope", _DOC)
    made.add_argument("name", nargs="?", help="name of the card")
    made.add_argument("--sign", metavar="ROLE", help="sign the newest version in this role")
    made.add_argument("--reject", action="store_true", help="with --sign: sign against it")
    made.add_argument("--comment", default="", help="with --sign and --retire: why")
    made.add_argument("--history", action="store_true", help="list all versions")
    made.add_argument("--version", type=int, help="show this version")
    made.add_argument("--check", metavar="RUN", help="judge a run by the card")
    made.add_argument(
        "--diff",
        action="store_true",
        help="compare the newest version with the one before, or --version with the newest",
    )
    made.add_argument("--retire", action="store_true", help="nothing passes its gates from now on")
    made.add_argument("--template", metavar="PROBLEM", help="show a card to begin with: classification, regression, …")
    return made


#: Options that say what to do, one at a time.
_ACTIONS = ("template", "check", "diff", "history", "sign", "retire")


def _check_options(args: argparse.Namespace, cell: bool) -> None:
    """Refuse what cannot be meant: an option that would do nothing is a misunderstanding."""
    asked = [f"--{name}" for name in _ACTIONS if getattr(args, name)]
    given = asked + [f"--{name}" for name in ("reject", "comment", "version") if getattr(args, name)]
    if cell:
        if not args.name:
            raise UsageError("%%scope needs a name.", hint="Write %%scope NAME, then the card as YAML.")
        if given:
            raise UsageError(
                f"%%scope writes a card and takes no {given[0]}.",
                hint=f"Write %scope {args.name} {given[0]} … by itself.",
            )
    elif len(asked) > 1:
        raise UsageError(f"%scope does one thing at a time, not {' and '.join(asked)}.", hint="Use two lines.")
    elif given and not args.name and not args.template:
        raise UsageError(f"%scope {given[0]} needs a card.", hint="Write %scope NAME first; %scope lists the cards.")
    elif args.reject and not args.sign:
        raise UsageError("--reject goes with --sign.", hint=f"Write %scope {args.name} --sign ROLE --reject.")
    elif args.comment and not (args.sign or args.retire):
        raise UsageError("--comment goes with --sign or --retire.", hint="Say why somebody signs, rejects or retires.")
    elif args.version and asked and not args.diff:
        raise UsageError(f"--version does not go with {asked[0]}.", hint="It shows a version, or compares with --diff.")


def _run(call: MagicCall) -> object:
    args, cards = call.args, call.ws.scopes
    _check_options(args, call.cell is not None)
    if call.cell is not None:
        return cards.put(args.name, call.cell)
    if args.template:
        return cards.template(args.template)
    if not args.name:
        return cards.list()
    if args.check:
        return call.ws.evaluation.gates(call.ws.runs.resolve(args.check), scope=args.name)
    if args.diff:
        return cards.diff(args.name, args.version)
    if args.retire:
        return cards.retire(args.name, args.comment)
    if args.sign:
        return cards.sign(args.name, args.sign, "reject" if args.reject else "approve", args.comment)
    return cards.history(args.name) if args.history else cards.get(args.name, args.version)


MAGICS = [
    MagicSpec(name="scope", kinds=("line", "cell"), run=_run, make_parser=_make_parser, complete={"name": scope_names})
]
