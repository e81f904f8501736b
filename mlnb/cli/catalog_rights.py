"""``mlnb catalog grants``: who may do what, and giving and taking rights from the command line."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from mlnb.cli.output import emit, fail, json_option, workspace_command

if TYPE_CHECKING:
    from mlnb.catalog.records_objects import Grant
    from mlnb.door import Workspace


@click.command()
@click.argument("name")
@click.option(
    "--kind",
    type=click.Choice(["catalog", "schema", "table", "view", "volume", "function"]),
    help="Else it is found out.",
)
@click.option(
    "--principal", metavar="NAME", help="Only this user's or group's: every right they have, and where it comes from."
)
@click.option("--grant", "given", multiple=True, metavar="PRIVILEGE", help="Give this to --principal.")
@click.option("--revoke", "taken", multiple=True, metavar="PRIVILEGE", help="Take this from --principal.")
@json_option
@workspace_command
def grants(
    ws: Workspace,
    name: str,
    kind: str | None,
    principal: str | None,
    given: tuple[str, ...],
    taken: tuple[str, ...],
    json_flag: bool,
) -> None:
    """Show who may do what with a catalog, schema, table, volume or function, and which level each right comes from."""
    from mlnb.catalog.records_objects import GrantChange

    if given or taken:
        if principal is None:
            fail("Nobody is named.", "Say who with --principal NAME.")
        ws.catalog.change_grants(
            name, [GrantChange(principal=principal, add=list(given), remove=list(taken))], kind=kind
        )
    found = ws.catalog.grants(name, principal=principal, effective=True, kind=kind)
    if json_flag:
        emit(found, json_flag)
        return
    emit([_line(grant) for grant in found], empty="Nobody but the owner has rights on it.")
    view = ws.catalog.grants_view(name, kind=kind)
    click.echo(f"Owner: {view['owner']}. {view['note']}", err=True)


def _line(grant: Grant) -> dict[str, str | None]:
    above = grant.inherited_from
    return {
        "principal": grant.principal,
        "privilege": grant.privilege,
        "from": f"{above.kind} {above.name}" if above else "itself",
    }
