"""What a run would record, said before it is run."""

from __future__ import annotations

from collections.abc import Iterable

from ..records_plan import PlanItem, RunPlan
from ..settings import TrainingSettings
from .data import run_data_of
from .environment import environment_facts, lock_text
from .frames import frame_data
from .recorder import Recorder, RunOptions
from .source import code_sha256

_OFF = "switched off"


def plan_of(options: RunOptions, settings: TrainingSettings, recorder: Recorder) -> RunPlan:
    """Return what a run with these options records."""
    recorder.check()
    resumed = options.resumed
    return RunPlan(
        name=resumed.name if resumed is not None else options.name,
        experiment=options.experiment_name,
        run=resumed.run_id if resumed is not None else None,
        items=[*_code(options, recorder), *_data(options, settings, recorder), *_results(options, settings, recorder)],
    )


def _code(options: RunOptions, recorder: Recorder) -> list[PlanItem]:
    around = recorder.around
    missing, git, book, facts = around.missing, around.git, around.notebook, environment_facts()
    code = options.cell.source if options.cell is not None else options.code
    head = "" if options.cell is None or options.cell.cell_id is None else f"cell {options.cell.cell_id}, "
    lines = 0 if code is None else code.count("\n") + 1
    dirty = ", with what is not committed as a difference" if around.files() else ""
    saved = ", of which the cell is not a part yet: it is not saved" if book is not None and book.stale else ""
    return [
        _item(
            "code",
            "mlnb/cell.py" if options.cell is not None else "mlnb/source.py",
            code and f"{head}{lines} lines, sha256 {code_sha256(code)[:12]}",
            "the code stands in no file",
        ),
        _item(
            "notebook",
            "mlnb/notebook.ipynb",
            None if book is None else f"{options.path}, revision {book.revision[:12]}{saved}",
            missing.get("notebook", "this is no cell"),
        ),
        _item("cells executed so far", "mlnb/executed.jsonl", "order, sources, names" if options.cell else None, "this is no cell"),
        _item(
            "repository",
            "mlflow.source.git.*, mlnb/git.diff",
            git.commit and f"{git.commit[:12]} on {git.branch or 'no branch'}{dirty}",
            missing.get("git", _OFF),
        ),
        _item(
            "environment",
            "mlnb/environment.lock",
            f"Python {facts['python']}, {lock_text().count('==')} distributions",
        ),
        _item("scope", "mlnb.scope", options.scope, "no --scope"),
    ]  # fmt: skip


def _data(options: RunOptions, settings: TrainingSettings, recorder: Recorder) -> list[PlanItem]:
    cell = options.cell
    names = recorder.names
    frames = [cell.namespace[name] for name in sorted(names.used) if name in cell.namespace] if cell is not None else []
    tables = [f"{item.name}@{item.version}" for item in run_data_of([], frames)]
    tables += [f"{table} (as {name})" for name, table in options.data.items()]
    others = [f"{item.name}: {item.n_rows:,} rows" for item in frame_data(options.namespace, names.used, options.data)]
    return [
        _item(
            "tables",
            "inputs, lineage, pins",
            _listed([*tables, "those the code reads and writes through the catalog"]),
        ),
        _item("frames from elsewhere", "run_data", _listed(others), "every frame of the cell came from a table"),
        _item(
            "files and addresses",
            "run_data",
            "those Python opens for reading" if settings.track_file_reads else None,
            _OFF,
        ),
    ]


def _results(options: RunOptions, settings: TrainingSettings, recorder: Recorder) -> list[PlanItem]:
    cell = options.cell is not None
    params = recorder.parameters()
    if not isinstance(options.params, str) and options.params and not isinstance(options.params, dict):
        params = dict.fromkeys(options.params, "as it is after the cell")
    known = recorder.autologged()
    why = "the cell fits in a loop" if recorder.names.fits_in_a_loop else "no library that MLflow logs"
    last = ["a dictionary of numbers as the last expression"] if cell else ["what run.log is given"]
    printed = f"first 64 kB and last {settings.stdout_kb:,} kB"
    return [
        _item("parameters", "MLflow", _listed(f"{name}={value}" for name, value in params.items()), "none in the code"),
        _item("metrics", "MLflow", _listed([*options.metrics, *last])),
        _item("autologging", "MLflow", _listed(known), why if options.autolog else _OFF),
        _item(
            "models",
            "MLflow",
            "the fitted models that the cell binds" if options.log_models else None,
            "no --log-models",
        ),
        _item("figures", "mlnb/figures/", "at most 20 of 5 MB" if options.figures else None, _OFF),
        _item("printed text", "mlnb/stdout.log", printed if options.stdout and settings.stdout_kb else None, _OFF),
        _item(
            "computer",
            "system/*",
            f"every {settings.heartbeat_seconds:g} s" if options.system_metrics else None,
            _OFF,
        ),
        _item("process", "mlnb/process_*", "processor seconds, peak memory"),
        _item("seeds", "mlnb/seeds.json", None if options.seed is None else str(options.seed), "no --seed"),
    ]


def _item(item: str, where: str, value: str | None, missing: str | None = None) -> PlanItem:
    return PlanItem(item=item, where=where, value=value or None, missing=None if value else missing)


def _listed(parts: Iterable[str], most: int = 12) -> str:
    found = [part if len(part) <= 80 else part[:79] + "…" for part in parts]
    more = f" and {len(found) - most} more" if len(found) > most else ""
    return ", ".join(found[:most]) + more
