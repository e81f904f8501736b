"""The pages agree with the product: links lead somewhere, every command and path is in the reference."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*(ROOT / "docs").glob("**/*.md"), *ROOT.glob("*.md")])


def _anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = set()
    for heading in re.findall(r"^#+ +(.+)$", text, re.MULTILINE):
        plain = re.sub(r"[`*_\[\]]|\(.*?\)", "", heading).strip().lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in _anchors(file.read_text())):
            broken.append(target)
    assert broken == []


def _commands() -> Iterator[str]:
    from mlnb.cli.main import cli

    context = click.Context(cli)
    waiting = [(name, cli.get_command(context, name)) for name in cli.list_commands(context)]
    while waiting:
        path, command = waiting.pop(0)
        if isinstance(command, click.Group):
            waiting += [(f"{path} {name}", inner) for name, inner in command.commands.items()]
        else:
            yield path


def test_the_reference_pages_are_up_to_date() -> None:
    program = [sys.executable, str(ROOT / "scripts" / "reference"), "--check"]
    done = subprocess.run(program, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_command_is_in_the_reference() -> None:
    text = (ROOT / "docs" / "reference-cli.md").read_text()
    assert [path for path in _commands() if f"`mlnb {path}" not in text] == []


def test_every_path_is_in_the_reference() -> None:
    from mlnb.server.router import load_routes

    text = (ROOT / "docs" / "reference-rest.md").read_text()
    routes = [route for route in load_routes() if route.tag != "MLflow"]
    assert [route.path for route in routes if f"`{route.verb} {route.path}`" not in text] == []


def test_every_magic_is_in_a_page() -> None:
    from mlnb.magics import MAGICS

    text = "".join(page.read_text() for page in PAGES)
    assert [name for name in MAGICS if f"%{name}" not in text] == []
