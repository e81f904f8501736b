"""Tags, pins, names, notes and moves of runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from mlnb.core.errors import InvalidParameterError, did_you_mean

from ..records import ExperimentNotFoundError
from ..records_keeping import Action, ActionReport, Refusal
from .journaling import note
from .store import PINNED_TAG, Head

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

    from mlnb.core.ground import Ground

    from .choosing import Choice
    from .store import RunStore

#: Tag in which MLflow keeps a note on a run.
NOTE_TAG = "mlflow.note.content"
#: What MLflow takes.
_LONGEST_KEY, _LONGEST_VALUE, _LONGEST_NAME = 250, 8000, 250
_KEY = re.compile(r"[\w.\- /:]+\Z")
_OURS = ("mlnb.", "mlflow.")


class Actions:
    """Small changes to runs.

    Parameters
    ----------
    ground
        The workspace's stores.
    store, choice
        Knows the runs, and which are meant.
    """

    def __init__(self, ground: Ground, store: RunStore, choice: Choice) -> None:
        self._ground, self._store, self._choice = ground, store, choice

    def tag(self, runs: object, key: str, value: object) -> ActionReport:
        """Set a tag; see :meth:`mlnb.training.service.Runs.tag`."""
        key, text = _checked_key(key), str(value)
        _check_text("A tag's value", text, _LONGEST_VALUE)
        heads, refused = self._changeable(runs)
        for head in heads:
            self._client.set_tag(head.run_id, key, text)
        return self._done("tag", "run.tagged", heads, refused, {"key": key, "value": text[:200]})

    def untag(self, runs: object, key: str) -> ActionReport:
        """Take a tag away; runs without it are left alone."""
        key = _checked_key(key)
        heads, refused = self._changeable(runs)
        without = [head for head in heads if key not in self._client.get_run(head.run_id).data.tags]
        heads = [head for head in heads if head not in without]
        for head in heads:
            self._client.delete_tag(head.run_id, key)
        refused += [head.refused(f"has no tag {key}") for head in without]
        return self._done("untag", "run.tagged", heads, refused, {"key": key, "removed": True})

    def pin(self, runs: object) -> ActionReport:
        """Pin runs: they stand first in lists and no purge takes them."""
        heads, refused = self._changeable(runs)
        fresh = [head for head in heads if not head.pinned]
        refused += [head.refused("is pinned already") for head in heads if head.pinned]
        for head in fresh:
            self._client.set_tag(head.run_id, PINNED_TAG, "true")
        return self._done("pin", "run.pinned", fresh, refused)

    def unpin(self, runs: object) -> ActionReport:
        """Take pins away."""
        heads, refused = self._changeable(runs)
        pinned = [head for head in heads if head.pinned]
        refused += [head.refused("is not pinned") for head in heads if not head.pinned]
        for head in pinned:
            self._client.delete_tag(head.run_id, PINNED_TAG)
        return self._done("unpin", "run.pinned", pinned, refused, {"removed": True})

    def rename(self, run: object, name: str) -> ActionReport:
        """Give a run another name."""
        new = name.strip()
        if not new:
            raise InvalidParameterError("A run needs a name.", hint="Write at least one character.")
        _check_text("A run's name", new, _LONGEST_NAME)
        heads, refused = self._changeable(run)
        if len(heads) + len(refused) > 1:
            raise InvalidParameterError("Several runs cannot have one name given.", hint="Rename one run at a time.")
        for head in heads:
            self._client.update_run(head.run_id, name=new)
        return self._done("rename", "run.renamed", heads, refused, {"to": new})

    def annotate(self, runs: object, text: str) -> ActionReport:
        """Write a note on runs; an empty one takes the note away."""
        text = text.strip()
        _check_text("A note", text, _LONGEST_VALUE)
        heads, refused = self._changeable(runs)
        for head in heads:
            if text:
                self._client.set_tag(head.run_id, NOTE_TAG, text)
            elif NOTE_TAG in self._client.get_run(head.run_id).data.tags:
                self._client.delete_tag(head.run_id, NOTE_TAG)
        return self._done("annotate", "run.tagged", heads, refused, {"key": NOTE_TAG})

    def move(self, runs: object, experiment: str) -> ActionReport:
        """Make runs, with those nested below them, part of another experiment."""
        target = self._experiment(experiment)
        heads, refused = self._changeable(runs)
        chosen = {head.run_id: head for head in heads}
        chosen |= {head.run_id: head for head in self._store.children(list(chosen))}
        moving = [head for head in chosen.values() if head.experiment_id != target]
        refused += [head.refused("is there already") for head in heads if head.experiment_id == target]
        if moving:
            self._store.move([head.run_id for head in moving], target)
        return self._done("move", "run.moved", moving, refused, {"to": target})

    def _experiment(self, experiment: str) -> str:
        client = self._client
        text = str(experiment).strip()
        known = list(client.search_experiments(max_results=10_000))
        for item in known:
            if text in (item.experiment_id, item.name):
                return str(item.experiment_id)
        hint = did_you_mean(text, [item.name for item in known])
        raise ExperimentNotFoundError(
            f"There is no experiment {text or '(empty name)'}.",
            hint=hint or 'ws.runs.experiments() lists them; mlflow.create_experiment("NAME") makes one.',
        )

    @property
    def _client(self) -> MlflowClient:
        return self._ground.tracking.client()

    def _changeable(self, runs: object) -> tuple[list[Head], list[Refusal]]:
        """Return the runs that can be changed, and the others: MLflow changes nothing of a run in the trash."""
        heads = self._choice.heads(runs)
        refused = [head.refused("is in the trash; restore it first") for head in heads if head.deleted]
        return [head for head in heads if not head.deleted], refused

    def _done(
        self,
        action: Action,
        event: str,
        heads: Sequence[Head],
        refused: Sequence[Refusal],
        payload: dict[str, object] | None = None,
    ) -> ActionReport:
        note(self._ground, event, heads, payload)
        return ActionReport(action=action, changed=[head.run_id for head in heads], refused=list(refused))


def _checked_key(key: str) -> str:
    key = key.strip()
    if not key or not _KEY.match(key) or posixpath.normpath(key) != key or key.startswith(("/", "..")):
        raise InvalidParameterError(
            f"{key!r} is no name for a tag.", hint="Use letters, digits, spaces and the signs _ - . : and, inside, /"
        )
    _check_text("A tag's name", key, _LONGEST_KEY)
    if key.startswith(_OURS):
        raise InvalidParameterError(
            f"Tags that begin with {key.partition('.')[0]}. have a meaning of their own.",
            hint="Choose another name; pins, names and notes have verbs: pin, rename, annotate.",
        )
    return key


def _check_text(what: str, text: str, most: int) -> None:
    if len(text) > most:
        raise InvalidParameterError(
            f"{what} has {len(text):,} characters; MLflow keeps at most {most:,}.", hint="Shorten it."
        )
    if "\0" in text:
        raise InvalidParameterError(
            f"{what} has a character of code zero.", hint="No database keeps one; leave it out."
        )
