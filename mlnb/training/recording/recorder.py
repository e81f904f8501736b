"""What happens while a run is open and is recorded without a logging line: code, output, figures, data, seeds, the repository."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeAlias

from mlnb.core.access import TableAccess, collecting
from mlnb.core.caller import calling

from ..records import RunData, RunGit
from ..settings import TrainingSettings
from . import figures as fig
from .autologging import autologging, libraries
from .batches import check_names, clean_key, error_line, error_text, seed_everything
from .capture import (
    CellNames,
    OutputLog,
    automatic_parameters,
    is_secret,
    no_metrics,
    numbers_of,
    read_names,
    recording_output,
)
from .data import merged, run_data_of
from .frames import frame_data
from .machine import Machine
from .opened import collecting_files, file_data
from .resuming import Resumption
from .source import Cell
from .surroundings import Surroundings

#: ``auto`` logs the cell's literals; names are looked up after the cell; a mapping is logged as it is.
Params: TypeAlias = Literal["auto", "none"] | Sequence[str] | Mapping[str, Any] | None


@dataclass(frozen=True)
class RunOptions:
    """What was asked for; see :meth:`mlnb.training.service.Runs.start`.

    Attributes
    ----------
    autolog_stated
        Autologging was asked for, so that it is not left out where it would be slow.
    code, path, folder
        The code as far as it is known, its file as seen from the notebook root, and the folder it lies in.
    """

    name: str | None = None
    experiment_id: str = ""
    experiment_name: str = ""
    parent_run_id: str | None = None
    resumed: Resumption | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    params: Params = None
    metrics: Sequence[str] = ()
    data: Mapping[str, str] = field(default_factory=dict)
    autolog: bool = False
    autolog_stated: bool = False
    log_models: bool = False
    figures: bool = True
    stdout: bool = True
    system_metrics: bool = True
    strict: bool = False
    seed: int | None = None
    scope: str | None = None
    note: str | None = None
    cell: Cell | None = None
    code: str | None = None
    path: str | None = None
    folder: Path = Path()

    @property
    def namespace(self) -> Mapping[str, Any]:
        """The variables of the cell; none outside one."""
        return self.cell.namespace if self.cell is not None else {}


class Recorder:
    """Listens while a run is open and says at its end what there is to store.

    Parameters
    ----------
    options
        What was asked for.
    settings
        What is recorded.
    root
        The notebook root.
    apart
        Folders whose files are recorded as what they are part of, such as tables.
    """

    def __init__(
        self, options: RunOptions, settings: TrainingSettings, *, root: Path = Path(), apart: Sequence[Path] = ()
    ) -> None:
        self._options, self._settings, self._root, self._apart = options, settings, root, apart
        cell = options.cell
        self.names = read_names(cell.python or cell.source) if cell is not None else CellNames()
        self.notes: list[str] = []
        self.figures: dict[str, bytes] = {}
        self._log = OutputLog(settings.stdout_kb * 1024) if options.stdout and settings.stdout_kb else None
        self._stack = ExitStack()
        self._accesses: list[TableAccess] = []
        self._frames: list[Any] = []
        self._figures_before: set[int] = set()
        self._seeds: dict[str, int] = {}
        self._result: Any = None
        self._files: dict[str, None] = {}
        self._given: list[RunData] = []
        self._machine: Machine | None = None
        self._around: Surroundings | None = None

    def check(self) -> None:
        """Refuse options that cannot be fulfilled, before anything has happened.

        Raises
        ------
        NameNotDefinedError
            When ``params`` or ``metrics`` names what will not exist.
        """
        options = self._options
        if options.cell is not None:
            wanted = options.params if isinstance(options.params, (list, tuple)) else ()
            check_names(wanted, self.names, options.namespace, "--params")
            check_names(options.metrics, self.names, options.namespace, "--metrics")
            check_names(options.data, self.names, options.namespace, "--data")
        made = self.around.made_from
        if made is not None:
            made.keep_options(options)
            if options.strict:
                made.require_clean()
            self.notes += made.notes()

    @property
    def around(self) -> Surroundings:
        """Notebook, repository and environment, looked at when first asked for; git's answer is not waited for."""
        if self._around is None:
            options = self._options
            self._around = Surroundings(
                self._settings,
                cell=options.cell,
                code=options.code,
                path=options.path,
                folder=options.folder,
                root=self._root,
            )
        return self._around

    def start(self, run_id: str) -> None:
        """Begin to listen; calls made from now on carry the run's id."""
        options, names = self._options, self.names
        self._figures_before = fig.open_numbers()
        self._frames = self._used_values()
        self._given = frame_data(options.namespace, names.used, options.data)
        self._stack.enter_context(calling(run_id=run_id))
        self._accesses = self._stack.enter_context(collecting())
        if packages := self.autologged():
            self._stack.enter_context(autologging(packages))
        elif options.autolog and names.fits_in_a_loop:
            self.notes.append("Not autologged, because the cell fits in a loop; --autolog records it all the same.")
        if self._settings.track_file_reads:
            self._files = self._stack.enter_context(collecting_files())
        self._stack.enter_context(recording_output(self._log))
        if options.seed is not None:
            self._seeds = seed_everything(options.seed)
        self._machine = Machine(sampling=options.system_metrics)

    def autologged(self) -> list[str]:
        """Return the libraries whose doings MLflow is going to log."""
        options = self._options
        if not options.autolog or (self.names.fits_in_a_loop and not options.autolog_stated):
            return []
        return libraries(self.names.imported)

    def stop(self) -> None:
        """Stop listening."""
        self._stack.close()

    def release(self) -> None:
        """Let go of the user's data: the run's summary may live as long as the notebook."""
        self._frames, self._result = [], None
        self.figures = dict.fromkeys(self.figures, b"")

    @property
    def output(self) -> str:
        """What was printed so far."""
        return self._log.text if self._log is not None else ""

    @property
    def printed(self) -> int:
        """How many characters were printed so far."""
        return self._log.written if self._log is not None else 0

    @property
    def git(self) -> RunGit:
        """The state of the repository when the run began."""
        return self.around.git

    def sample(self) -> tuple[dict[str, float], int]:
        """Measure the computer; return the figures and their step."""
        return self._machine.sample() if self._machine is not None else ({}, 0)

    # -- handed over by the notebook host --------------------------------------------------------------------------------------------

    def look_again(self) -> bool:
        """Take the notebook once more if it had not been saved when the cell began; return whether that brought anything."""
        before = self.around.made_from
        if not self.around.look_again():
            if self.around.notebook is not None and self.around.notebook.stale:
                self.notes.append("The notebook was not saved: the copy kept with the run does not hold this cell.")
            return False
        after = self.around.made_from
        if before is not None and after is not None:
            self.notes = [*after.notes(), *(note for note in self.notes if note not in before.notes())]
        return True

    def note_result(self, value: Any) -> None:
        """Take the value of the cell's last expression."""
        self._result = value

    def note_output(self, data: Mapping[str, Any]) -> None:
        """Take something the cell displayed, as a MIME bundle."""
        if self._options.figures and (made := fig.output_file(dict(data))) is not None:
            self._keep_figure(*made)

    def _keep_figure(self, suffix: str, content: bytes) -> None:
        fits = len(self.figures) < fig.MOST_FIGURES and len(content) <= fig.LARGEST_FIGURE
        if fits and content not in self.figures.values():
            self.figures[f"{fig.FOLDER}/figure_{len(self.figures) + 1}{suffix}"] = content

    # -- asked at the end ------------------------------------------------------------------------------------------------------------

    def parameters(self) -> dict[str, str]:
        """Return the parameters that follow from the options and the cell's code."""
        chosen, namespace = self._options.params, self._options.namespace
        if chosen is None or chosen == "none":
            return {}
        if chosen == "auto":
            found: Mapping[str, Any] = automatic_parameters(self.names)
        elif isinstance(chosen, Mapping):
            found = chosen
        else:
            values = {name: namespace[name] for name in chosen if name in namespace}
            found = {name: value for name, value in values.items() if not is_secret(name, value)}
        return {clean_key(str(name)): value if isinstance(value, str) else str(value) for name, value in found.items()}

    def metrics(self) -> dict[str, float]:
        """Return the metrics in the cell's result and in the names asked for."""
        found = numbers_of(self._result)
        if not found and (odd := no_metrics(self._result)):
            self.notes.append(f"The dictionary at the end was not logged as metrics: {odd}, no number.")
        for name in self._options.metrics:
            value = self._options.namespace.get(name)
            own = numbers_of(value) or numbers_of(value, name)
            if not own:
                self.notes.append(f"Metric {name} was not logged: it is {type(value).__name__}, not a number.")
            found |= own
        named = {name: clean_key(name) for name in found}
        renamed = {name: key for name, key in named.items() if name != key}
        self.notes += [f"Metric {name} is called {key}: MLflow takes no other signs." for name, key in renamed.items()]
        return {named[name]: value for name, value in found.items()}

    def totals(self) -> dict[str, float]:
        """Return what the process used meanwhile."""
        return self._machine.totals() if self._machine is not None else {}

    def tags(self, error: BaseException | None) -> dict[str, str]:
        """Return the tags that are known at the end."""
        seed = self._options.seed
        tags = {
            "mlnb.error": None if error is None else error_line(error),
            "mlnb.seed": None if seed is None else str(seed),
        }
        return {**self.around.tags(), **{key: value for key, value in tags.items() if value}}

    def collect_figures(self) -> None:
        """Keep the figures that are still open, and the one the cell ended with."""
        if self._options.figures:
            for value in (*fig.figures_since(self._figures_before), self._result):
                made = fig.figure_file(value) if value is not None else None
                if made is not None:
                    self._keep_figure(*made)

    def files(self, error: BaseException | None) -> dict[str, bytes | str]:
        """Return the files below ``mlnb/`` that are known at the end."""
        files: dict[str, bytes | str] = {path: content for path, content in self.figures.items() if content}
        files |= self.around.files()
        if self.output:
            files["mlnb/stdout.log"] = self.output
        if error is not None:
            files["mlnb/error.txt"] = error_text(error)
        files["mlnb/seeds.json"] = json.dumps(self._seeds or {"seed": "not set"})
        return files

    def data(self) -> list[RunData]:
        """Return the tables that were read and written, the files that were read, and the frames that came from neither."""
        tables = run_data_of(self._accesses, [*self._frames, *self._used_values()])
        return merged([*tables, *file_data(list(self._files), leave_out=self._apart), *self._given])

    def received(self) -> tuple[list[TableAccess], list[Any]]:
        """Return what the catalog reported and the values the code used: what held-out rows may be in."""
        return self._accesses, [*self._frames, *self._used_values(), self._result]

    def _used_values(self) -> list[Any]:
        """Return the values the cell uses or binds by name, as they are now."""
        namespace = self._options.namespace
        return [namespace[name] for name in (*self.names.used, *self.names.bound) if name in namespace]
