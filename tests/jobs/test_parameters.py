"""Parameters: what a notebook offers, how text becomes values, and where they are put."""

from __future__ import annotations

import nbformat
import pytest
from jobs_helpers import make_notebook

from mlnb.core.errors import InvalidParameterError, InvalidStateError, NotFoundError
from mlnb.core.notebooks.files import choose_kernel, read_notebook
from mlnb.jobs.parameters import find_parameters, inject_parameters

DEFAULTS = "year = 2013\nrate: float = 0.5\nname = 'a'\nquick = True\ndays = [1, 2]\nlimit = None\ncomputed = len('x')\n-3\nn = -3"


@pytest.fixture
def notebook(tmp_path):
    return read_notebook(make_notebook(tmp_path / "n.ipynb", "year + 1", parameters=DEFAULTS))


def test_only_literal_assignments_are_parameters(notebook):
    found = {item.name: (item.type, item.default) for item in find_parameters(notebook)}
    assert found == {
        "year": ("int", 2013),
        "rate": ("float", 0.5),
        "name": ("str", "a"),
        "quick": ("bool", True),
        "days": ("list", [1, 2]),
        "limit": ("any", None),
        "n": ("int", -3),
    }


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("year", "2014", 2014),
        ("rate", "1", 1.0),
        ("rate", 2, 2.0),
        ("name", "5", "5"),
        ("quick", "false", False),
        ("quick", "Yes", True),
        ("days", "[3]", [3]),
        ("limit", "7", "7"),
        ("limit", 7, 7),
        ("unknown", "x", "x"),
    ],
)
def test_text_becomes_the_type_of_the_default(notebook, name, text, value):
    source = inject_parameters(notebook, {name: text}).cells[1].source
    scope: dict = {}
    exec(source, scope)
    assert scope[name] == value
    assert type(scope[name]) is type(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [("year", "soon"), ("quick", "perhaps"), ("days", "{"), ("days", "3"), ("2x", "1"), ("for", "1"), ("year", 1.5)],
)
def test_a_value_that_does_not_fit_is_refused_with_the_type(notebook, name, value):
    with pytest.raises(InvalidParameterError) as error:
        inject_parameters(notebook, {name: value})
    assert error.value.code == "INVALID_PARAMETER_VALUE"
    assert repr(name) in error.value.message


def test_the_values_stand_behind_the_defaults_and_replace_earlier_ones(notebook, tmp_path):
    once = inject_parameters(notebook, {"year": "1"})
    twice = inject_parameters(once, {"year": "2"})
    assert [cell.metadata.get("tags") for cell in twice.cells] == [["parameters"], ["injected-parameters"], None]
    assert twice.cells[1].source.endswith("year = 2")
    assert len(notebook.cells) == 2
    plain = read_notebook(make_notebook(tmp_path / "p.ipynb", "x"))
    assert inject_parameters(plain, {"a": "1"}).cells[0].metadata.tags == ["injected-parameters"]
    assert inject_parameters(plain, {}).cells == plain.cells


def test_text_cannot_become_code(notebook):
    source = inject_parameters(notebook, {"name": "'; import os; os._exit(1) #"}).cells[1].source
    scope: dict = {}
    exec(source, scope)
    assert scope["name"] == "'; import os; os._exit(1) #"


def test_files_that_are_no_notebooks_are_refused(tmp_path):
    with pytest.raises(NotFoundError, match="no notebook at"):
        read_notebook(tmp_path / "missing.ipynb")
    (tmp_path / "broken.ipynb").write_text('{"cells": [')
    with pytest.raises(InvalidStateError, match="is not a notebook") as error:
        read_notebook(tmp_path / "broken.ipynb")
    assert "JupyterLab" in error.value.hint
    other = make_notebook(tmp_path / "r.ipynb", "1")
    other.write_text(other.read_text().replace('"language": "python"', '"language": "R"'))
    with pytest.raises(InvalidStateError, match="is a R notebook"):
        read_notebook(other)


def test_a_missing_kernel_is_named_with_those_there_are(tmp_path):
    made = read_notebook(make_notebook(tmp_path / "n.ipynb", "1", kernel="julia-9"))
    with pytest.raises(InvalidStateError, match="kernel 'julia-9' is not installed") as error:
        choose_kernel(made)
    assert "python3" in error.value.hint


def test_old_notebooks_get_cell_ids(tmp_path):
    old = {"cells": [{"cell_type": "code", "metadata": {}, "source": "1", "outputs": [], "execution_count": None}]}
    path = tmp_path / "old.ipynb"
    path.write_text(nbformat.writes(nbformat.from_dict({**old, "metadata": {}, "nbformat": 4, "nbformat_minor": 2})))
    assert read_notebook(path).cells[0].id
