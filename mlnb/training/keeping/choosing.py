"""Which runs somebody means, in the trash or not."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from mlnb.core.errors import InvalidParameterError, MlnbError, did_you_mean

from ..records import RunNotFoundError

if TYPE_CHECKING:
    from .store import Head, RunStore

#: Runs one action takes.
MOST_RUNS = 10_000
_SHORTEST_PREFIX = 8


class Choice:
    """Finds runs by id, the first 8 of it, name, ``@last``, ``@best:metric``, or a run object.

    Parameters
    ----------
    store
        Knows the runs, those in the trash too.
    resolve
        Finds a run that is not in the trash by all its ways of being named.
    """

    def __init__(self, store: RunStore, resolve: Callable[[object], str]) -> None:
        self._store, self._resolve = store, resolve

    def heads(self, runs: object, *, in_trash: bool = False) -> list[Head]:
        """Return the runs, each once, in the order given.

        Parameters
        ----------
        runs
            One or several.
        in_trash
            Names and prefixes mean runs in the trash; whole ids mean what they mean.

        Raises
        ------
        RunNotFoundError
            When one of them does not exist: nothing is done to the others then.
        """
        wanted = several(runs)
        if not wanted:
            raise InvalidParameterError("No run is named.", hint="Name one run at least.")
        if len(wanted) > MOST_RUNS:
            raise InvalidParameterError(f"{len(wanted):,} runs are too many.", hint=f"Name at most {MOST_RUNS:,}.")
        texts = [_text(run) for run in wanted]
        whole = self._store.heads([text for text in texts if len(text) == 32])
        found: dict[str, Head] = {}
        for run, text in zip(wanted, texts, strict=True):
            head = whole.get(text) or (self._trashed(text) if in_trash else self._active(run, text))
            found.setdefault(head.run_id, head)
        return list(found.values())

    def _active(self, run: object, text: str) -> Head:
        try:
            run_id = self._resolve(run)
        except RunNotFoundError:
            if any(_means(text, head) for head in self._store.trashed()):
                raise RunNotFoundError(
                    f"Run {text} is in the trash.", hint=f"Take it out: ws.runs.restore({text!r})."
                ) from None
            raise
        return self._store.heads([run_id])[run_id]

    def _trashed(self, text: str) -> Head:
        trash = self._store.trashed()
        found = [head for head in trash if _means(text, head)]
        if found:
            return found[-1]  # the last one that went there
        try:
            active = self._store.heads([self._resolve(text)])
            return next(iter(active.values()))
        except MlnbError:
            hint = did_you_mean(text, [head.name for head in trash]) or "%runs --deleted lists the trash."
            raise RunNotFoundError(f"There is no run {text or '(empty name)'} in the trash.", hint=hint) from None


def several(runs: object) -> Sequence[object]:
    """Return one or several runs as a list."""
    if isinstance(runs, str) or not isinstance(runs, Iterable) or hasattr(runs, "run_id"):
        return [runs]
    return list(runs)


def _text(run: object) -> str:
    return str(getattr(run, "run_id", None) or getattr(getattr(run, "info", None), "run_id", None) or run).strip()


def _means(text: str, head: Head) -> bool:
    return head.name == text or (len(text) >= _SHORTEST_PREFIX and head.run_id.startswith(text))
