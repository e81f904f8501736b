"""A random story of requests, decisions and moves by three people keeps the registry's promises."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from mlnb.core.caller import calling
from mlnb.core.errors import MlnbError

if TYPE_CHECKING:
    from mlnb.door import Workspace

PEOPLE = ("ada", "bob", "eve")
ROLES = {"owner": "ada", "risk": "bob"}
_count = itertools.count(1)
person = st.sampled_from(PEOPLE)
version = st.integers(1, 2)


class Workflow(RuleBasedStateMachine):
    """Mirrors what may happen under a card with two roles and four eyes; ``champion`` is what the model must show."""

    ws: ClassVar[Workspace]
    run: ClassVar[str]

    @initialize()
    def register(self) -> None:
        self.name = f"main.ml.story_{next(_count)}"
        self.open: dict[int, set[str]] = {1: set(), 2: set()}
        self.approved: dict[int, dict[str, set[str]]] = {
            1: {},
            2: {},
        }  # version → creator of the request → approvers of it
        self.champion: int | None = None
        with calling(principal="zoe"):
            for _ in range(2):
                self.ws.models.register(f"runs:/{self.run}/model", self.name)

    def _may(self, allowed: bool, call: Any, who: str) -> bool:
        with calling(principal=who):
            if allowed:
                call()
            else:
                with pytest.raises(MlnbError) as caught:
                    call()
                assert caught.value.hint
        return allowed

    @rule(who=person, v=version)
    def request(self, who: str, v: int) -> None:
        allowed = who not in self.open[v] and self.champion != v
        if self._may(allowed, lambda: self.ws.models.request(self.name, v, "@champion"), who):
            self.open[v].add(who)
            self.approved[v][who] = set()

    @rule(who=person, v=version)
    def approve(self, who: str, v: int) -> None:
        allowed = bool(self.open[v]) and who in ROLES.values() and who not in self.open[v]
        if self._may(allowed, lambda: self.ws.models.approve(self.name, v, "@champion"), who):
            for creator in self.open[v]:
                self.approved[v][creator].add(who)
            if set.union(*(self.approved[v][creator] for creator in self.open[v])) >= set(ROLES.values()):
                self.champion = v
                self._clear(v)

    @rule(who=person, v=version)
    def reject(self, who: str, v: int) -> None:
        allowed = bool(self.open[v]) and who in ROLES.values()
        if self._may(allowed, lambda: self.ws.models.reject(self.name, v, "@champion"), who):
            self._clear(v)

    @rule(who=person, v=version)
    def cancel(self, who: str, v: int) -> None:
        allowed = who in self.open[v]
        if self._may(allowed, lambda: self.ws.models.cancel_request(self.name, v, "@champion"), who):
            self.open[v].discard(who)
            del self.approved[v][who]

    @rule(who=person, v=version)
    def move_directly(self, who: str, v: int) -> None:
        self._may(self.champion == v, lambda: self.ws.models.promote(self.name, v, "@champion"), who)

    def _clear(self, v: int) -> None:
        self.open[v], self.approved[v] = set(), {}

    @invariant()
    def the_registry_shows_what_was_agreed(self) -> None:
        if not hasattr(self, "name"):
            return
        model = self.ws.models.get(self.name)
        assert model.aliases == ({"champion": self.champion} if self.champion else {})
        is_open = {(request.version, request.creator) for request in model.requests if request.state == "open"}
        assert is_open == {(v, who) for v, creators in self.open.items() for who in creators}
        moves = [
            item.version for item in self.ws.models.activities(self.name) if item.activity_type == "APPLIED_TRANSITION"
        ]
        assert (moves[0] if moves else None) == self.champion


def test_no_story_moves_a_version_without_its_approvals(registry_ws: Workspace, train: Any, evaluate: Any) -> None:
    Workflow.ws, Workflow.run = registry_ws, train(scope="four_eyes")
    evaluate(Workflow.run)
    run_state_machine_as_test(
        Workflow,
        # Without shrinking: a step costs tens of milliseconds, and the story that failed is printed anyway.
        settings=settings(
            max_examples=6,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            phases=[Phase.generate],
        ),
    )
    assert registry_ws.journal.verify().ok
