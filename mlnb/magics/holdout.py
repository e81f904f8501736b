"""``%holdout``: keep rows for the final test, see who looked at them, and look."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING

from mlnb.core.errors import did_you_mean
from mlnb.magics.base import MagicCall, MagicSpec, UsageError, parser
from mlnb.magics.names import table_names

if TYPE_CHECKING:
    from mlnb.door import Workspace

_DOC = """Keep rows for the final test: they are left out of queries, profiles, plots and training sets, and every look at them is counted.

%holdout                                            what is held out, and how many looks were taken
%holdout declare main.shop.orders --key customer_id --fraction 0.2 --looks 5
%holdout declare main.shop.orders --time day --since 2025-01-01
%holdout status main.shop.orders                    the looks: who, when, why, what was seen
%holdout open main.shop.orders --reason "final check of the report"      one look; returns the rows
%holdout renew main.shop.orders --looks 3 --reason "new season of data"  by a signer of the scope card
%holdout retire main.shop.orders"""

ACTIONS = ("declare", "status", "open", "renew", "retire")


def _make_parser() -> argparse.ArgumentParser:
    made = parser("%holdout", _DOC)
    made.add_argument(
        "action", metavar="ACTION", nargs="?", default="status", help=f"{', '.join(ACTIONS)}; by default status"
    )
    made.add_argument("table", nargs="?", help="the table")
    made.add_argument(
        "--key", action="append", default=[], metavar="COLUMN", help="declare: all rows of one key are on one side"
    )
    made.add_argument("--fraction", type=float, help="declare: share of the keys, 0.2 by default")
    made.add_argument("--time", metavar="COLUMN", help="declare: rows from --since on")
    made.add_argument("--since", help="declare: a time, date or number")
    made.add_argument("--column", help="declare: rows whose column has --value")
    made.add_argument("--value", help="declare: the value that marks held-out rows")
    made.add_argument("--looks", type=int, help="declare: looks allowed; renew: more looks")
    made.add_argument(
        "--may-look", action="append", default=[], metavar="WHO", help="declare: user:NAME, group:NAME or agent:NAME"
    )
    made.add_argument("--scope", metavar="CARD", help="declare: the scope card whose signers decide about renewal")
    made.add_argument("--reason", default="", help="open, renew, retire: why")
    return made


#: Options, and the actions that take them.
_OPTIONS = {
    **dict.fromkeys(("key", "fraction", "time", "since", "column", "value", "may_look", "scope"), ("declare",)),
    "looks": ("declare", "renew"),
    "reason": ("open", "renew", "retire"),
}


def _check(args: argparse.Namespace) -> None:
    """Refuse what cannot be meant; a table alone asks for its status."""
    if args.action not in ACTIONS:
        if args.table is not None or "." not in args.action:
            near = did_you_mean(args.action, ACTIONS)
            raise UsageError(
                f"%holdout does not know {args.action}.", hint=f"{near} It knows {', '.join(ACTIONS)}.".lstrip()
            )
        args.action, args.table = "status", args.action
    for name, actions in _OPTIONS.items():
        if getattr(args, name) not in (None, [], "") and args.action not in actions:
            option = "--" + name.replace("_", "-")
            hint = f"{option} goes with {' and '.join(actions)}."
            raise UsageError(f"%holdout {args.action} takes no {option}.", hint=hint)


def _run(call: MagicCall) -> object:
    args, holdouts = call.args, call.ws.scopes.holdouts
    _check(args)
    if args.table is None:
        if args.action != "status":
            raise UsageError(f"%holdout {args.action} needs a table.", hint=f"Write %holdout {args.action} TABLE.")
        return type(found := holdouts.list())(holdouts.get(one.id) for one in found)
    if args.action == "declare":
        keys = [name.strip() for item in args.key for name in item.split(",") if name.strip()]
        return holdouts.declare(
            args.table,
            key=keys or None,
            fraction=args.fraction,
            time=args.time,
            since=args.since,
            column=args.column,
            value=args.value,
            looks=args.looks,
            may_look=args.may_look,
            scope=args.scope,
        )
    if args.action == "open":
        return holdouts.rows(args.table, args.reason)
    if args.action == "renew":
        if args.looks is None:
            raise UsageError(
                "%holdout renew needs --looks N.", hint="Say how many more looks are allowed, and --reason."
            )
        return holdouts.renew(args.table, args.looks, args.reason)
    if args.action == "retire":
        return holdouts.retire(args.table, args.reason)
    return holdouts.status(args.table)


def _actions(ws: Workspace, prefix: str) -> Iterable[str]:
    return [name for name in ACTIONS if name.startswith(prefix)]


MAGICS = [
    MagicSpec(
        name="holdout",
        kinds=("line",),
        run=_run,
        make_parser=_make_parser,
        complete={"action": _actions, "table": table_names},
    )
]
