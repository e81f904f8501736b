"""Notebooks of a first look, as ``ws.explore.notebook`` writes them: they run where nothing of ours is installed."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlnb.core.errors import AlreadyExistsError, InvalidParameterError

from ..profiling import Profiling
from ..records import ColumnNotFoundError, Profile

if TYPE_CHECKING:
    from ..reading.readers import Data


class NotebookExistsError(AlreadyExistsError):
    """A notebook of that name is there, and was not to be replaced."""

    code = "NOTEBOOK_EXISTS"


class NotebookWriting(Profiling):
    """Writes notebooks."""

    def notebook(
        self,
        data: Any,
        path: str | Path,
        *,
        target: str | None = None,
        time_column: str | None = None,
        profile: Profile | None = None,
        load_cell: str | None = None,
        overwrite: bool = False,
        where: str | None = None,
    ) -> Path:
        """Write a readable notebook of a first look: load, overview, pictures, findings in words with code, a cleaning pipeline.

        It needs pandas, numpy, matplotlib and scikit-learn, and deltalake for a table. A table without held-out rows is read at its
        version, a file where it lies; for everything else a copy of the rows that may be seen is written beside the notebook.

        Parameters
        ----------
        data
            As for :meth:`profile`.
        path
            Where to write it, below the notebook folder; ``.ipynb``.
        profile
            One that was made of the data already; by default it is made.
        load_cell
            Code that puts the rows into ``df``, instead of a copy; it must leave held-out rows out.
        overwrite
            Replace a notebook of that name.
        where
            The SQL condition that ``profile`` was made with.

        Raises
        ------
        NotebookExistsError
            When a file of that name is there.
        PermissionDeniedError
            For a path outside of the notebook folder.
        ColumnNotFoundError
            When there is no such target.
        """
        place = self._notebook_file(path, overwrite)
        if load_cell is not None:
            _check_code(load_cell)
        if profile is None or not self._fits(profile, target, time_column):
            profile = self.profile(data, target=target, time_column=time_column, where=where)
        from .cells import Book
        from .facts import Facts
        from .loading import given, plan
        from .looking import correlations, look
        from .mending import findings, pipeline, steps
        from .outcome import target as about_target
        from .outcome import time

        if load_cell is not None:
            loading = given(self._without_looks(data, profile, where), load_cell)
            profile = self._without_looks(data, profile, where)
        else:
            opened = self._opened_for(data, profile, where)
            profile = self._without_looks(data, profile, where, opened)
            loading = plan(opened, profile, self._catalog, place, where is not None)
        facts, book = Facts(profile, loading.columns), Book()
        look(book, facts, loading)
        about_target(book, facts)
        correlations(book, facts)
        time(book, facts)
        findings(book, facts)
        steps(book, facts, pipeline(book, facts))
        copy = loading.copy
        text = book.notebook({"profile_id": profile.id, **({"rows": copy[0]} if copy is not None else {})})
        self._write_notebook(place, text, copy)
        return place

    def _notebook_file(self, path: str | Path, overwrite: bool) -> Path:
        if Path(path).suffix != ".ipynb":
            raise InvalidParameterError(f"{path} is no notebook.", hint="Let the name end in .ipynb.")
        place = self._ground.files.inside(self._ground.root, path)
        if place.is_dir():
            raise InvalidParameterError(f"{path} is a folder.", hint="Choose another name.")
        if place.exists() and not overwrite:
            raise NotebookExistsError(
                f"{path} is there already.", hint="Choose another name, or pass overwrite=True to replace it."
            )
        return place

    def _fits(self, profile: Profile, target: str | None, time_column: str | None) -> bool:
        """Whether a profile answers for this target and time; one that was made without them does not."""
        columns = [column.column_name for column in profile.columns]
        for what, name in (("target", target), ("time column", time_column)):
            if name is not None and name not in columns:
                raise ColumnNotFoundError.for_name(name, columns, what)
        if target is not None and profile.target is not None and profile.target.column != target:
            raise InvalidParameterError(
                f"The profile is about {profile.target.column!r}, not {target!r}.",
                hint="Leave profile out: it is then made for this target.",
            )
        made = target is None or profile.target is not None
        return made and time_column in (None, profile.time_column)

    def _opened_for(self, data: Any, profile: Profile, where: str | None) -> Data:
        """Open the rows of a profile again: those of the version that it is of, without what is held out."""
        from ..reading.sources import open_source

        source = profile.source
        if isinstance(data, str) and source.kind == "table" and source.version is not None:
            from ..naming import split_version

            plain, _ = split_version(data)
            data = f"{plain}@v{source.version}"
        opened = open_source(data, self._catalog, self._scopes, root=self._ground.root, where=where)
        if opened.source.kind == "frame":
            opened.source.name = source.name
        for column in profile.columns:
            if column.column_name not in opened.schema.names:
                raise ColumnNotFoundError.for_name(column.column_name, opened.schema.names, "column of the profile")
        return opened

    def _without_looks(self, data: Any, profile: Profile, where: str | None, opened: Data | None = None) -> Profile:
        """A profile whose figures are of held-out rows too is made again without them: the notebook repeats its words."""
        seen = profile.holdout is not None and profile.holdout.included is not None
        if opened is not None and opened.holdout is not None and opened.holdout.excluded:
            seen = seen or profile.holdout is None or profile.holdout.excluded != opened.holdout.excluded
        if not seen:
            return profile
        return self.profile(
            data,
            target=profile.target.column if profile.target is not None else None,
            time_column=profile.time_column,
            group=profile.group,
            columns=[column.column_name for column in profile.columns],
            scope=profile.scope,
            where=where,
            name=profile.source.name if profile.source.kind == "frame" else None,
        )

    def _write_notebook(self, place: Path, text: str, copy: tuple[str, bytes] | None) -> None:
        """Write the rows, then the notebook that names them, then take away what the replaced one named: it is whole at any time."""
        older = _copy_of(place)
        files = self._ground.files
        if copy is not None:
            files.write_atomic(place.with_name(copy[0]), copy[1])
        try:
            files.write_atomic(place, text)
        except BaseException:
            if copy is not None:
                place.with_name(copy[0]).unlink(missing_ok=True)
            raise
        if older is not None:
            older.unlink(missing_ok=True)


def _copy_of(place: Path) -> Path | None:
    """The rows beside a notebook that this module wrote."""
    try:
        name = json.loads(place.read_text(encoding="utf-8"))["metadata"]["mlnb"]["rows"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    ours = isinstance(name, str) and re.fullmatch(re.escape(place.stem) + r"-[0-9a-f]{8}\.parquet", name)
    return place.with_name(name) if ours else None


def _check_code(code: str) -> None:
    try:
        compile(code, "load_cell", "exec")
    except (SyntaxError, ValueError) as error:
        raise InvalidParameterError(
            f"load_cell is no Python code: {error}.", hint="Give plain code that puts the rows into df."
        ) from None
