"""Tables against a model in plain Python: whatever is done, each version that can be read holds exactly what the model says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from mlnb.catalog.errors import VersionFilesMissingError
from mlnb.core.caller import calling
from mlnb.door import Workspace

KEYS = st.integers(0, 6)
VALUES = st.one_of(st.none(), st.integers(-3, 3))
ROWS = st.lists(st.tuples(KEYS, VALUES), max_size=4)
WRITERS = st.sampled_from(["ada", "grace", "edsger"])

Row = tuple[int, "int | None"]


class TableMachine(RuleBasedStateMachine):
    """Three writers, each with a workspace object of its own, as three processes have."""

    pins = Bundle("pins")

    @initialize()
    def create(self) -> None:
        TableMachine.number = getattr(TableMachine, "number", 0) + 1
        self.name = f"main.default.t{TableMachine.number}"
        self.writers = {name: WORKSPACES[name] for name in ("ada", "grace", "edsger")}
        self.rows: list[Row] = []
        self.versions: dict[int, list[Row]] = {}
        self.pinned: dict[str, int] = {}
        self.vacuumed = -1
        self.table("ada", create=True)
        self.remember()

    def table(self, who: str, *, create: bool = False) -> Any:
        import pyarrow as pa

        catalog = self.writers[who].catalog
        if create:
            schema = pa.schema([("k", pa.int64()), ("v", pa.int64())])
            return catalog.create_table(self.name, schema=schema, primary_key="k")
        return catalog.table(self.name)

    def remember(self) -> None:
        newest = self.table("ada").version
        for version in range(max(self.versions, default=-1) + 1, newest + 1):
            self.versions[version] = sorted(self.rows, key=str)

    @rule(who=WRITERS, rows=ROWS)
    def append(self, who: str, rows: list[Row]) -> None:
        with calling(principal="ada"):
            self.table(who).append(_data(rows))
        self.rows += rows
        self.remember()

    @rule(who=WRITERS, rows=ROWS)
    def merge(self, who: str, rows: list[Row]) -> None:
        unique = dict(rows)
        self.table(who).merge(_data(list(unique.items())))
        known = {key for key, _ in self.rows}
        self.rows = [(key, unique.get(key, value)) for key, value in self.rows]
        self.rows += [(key, value) for key, value in unique.items() if key not in known]
        self.remember()

    @rule(who=WRITERS, key=KEYS, text=st.sampled_from(["k = {}", "abs(k) = {}", "v < {} OR v IS NULL"]))
    def delete(self, who: str, key: int, text: str) -> None:
        self.table(who).delete(text.format(key))
        gone = (lambda r: r[1] is None or r[1] < key) if "v <" in text else (lambda r: r[0] == key)
        self.rows = [row for row in self.rows if not gone(row)]
        self.remember()

    @rule(who=WRITERS, key=KEYS, new=st.sampled_from(["7", "v + 1", "NULL", "k"]))
    def update(self, who: str, key: int, new: str) -> None:
        self.table(who).update({"v": new}, f"k >= {key}")
        values = {"7": lambda k, v: 7, "v + 1": lambda k, v: None if v is None else v + 1}
        values |= {"NULL": lambda k, v: None, "k": lambda k, v: k}
        self.rows = [(k, values[new](k, v) if k >= key else v) for k, v in self.rows]
        self.remember()

    @rule(who=WRITERS, rows=ROWS)
    def overwrite(self, who: str, rows: list[Row]) -> None:
        self.table(who).overwrite(_data(rows))
        self.rows = list(rows)
        self.remember()

    @rule(who=WRITERS, sort=st.booleans())
    def optimize(self, who: str, sort: bool) -> None:
        self.table(who).optimize(["v"] if sort and self.rows else None)
        self.remember()

    @rule(who=WRITERS, back=st.integers(0, 4))
    def restore(self, who: str, back: int) -> None:
        version = max(max(self.versions) - back, 0)
        try:
            self.table(who).restore(version)
        except VersionFilesMissingError:
            assert version <= self.vacuumed
            assert version not in self.pinned.values()
            return
        self.rows = list(self.versions[version])
        self.remember()

    @rule(target=pins, who=WRITERS, back=st.integers(0, 4), number=st.integers(0, 99))
    def pin(self, who: str, back: int, number: int) -> str:
        version, owner = max(max(self.versions) - back, 0), f"run:{number}"
        if owner not in self.pinned:
            try:
                self.writers[who].catalog.pin(self.name, version, owner)
            except VersionFilesMissingError:
                assert version <= self.vacuumed
            else:
                self.pinned[owner] = version
        return owner

    @rule(who=WRITERS, owner=pins)
    def unpin(self, who: str, owner: str) -> None:
        self.writers[who].catalog.unpin(owner, name=self.name)
        self.pinned.pop(owner, None)

    @rule(who=WRITERS)
    def vacuum(self, who: str) -> None:
        newest = max(self.versions)
        report = self.table(who).vacuum(0, dry_run=False, force=True)
        assert {pin.version for pin in report.pins} == set(self.pinned.values())
        self.vacuumed = newest - 1 if report.files else self.vacuumed
        self.remember()

    @invariant()
    def every_version_holds_what_it_held(self) -> None:
        for who, catalog in ((name, ws.catalog) for name, ws in self.writers.items()):
            assert _content(catalog.table(self.name)) == sorted(self.rows, key=str), who
        catalog = self.writers["grace"].catalog
        for version in {*self.pinned.values(), *range(self.vacuumed + 1, max(self.versions) + 1)}:
            assert _content(catalog.table(self.name, version=version)) == self.versions[version], version


WORKSPACES: dict[str, Workspace] = {}


def _data(rows: list[Row]) -> Any:
    import pyarrow as pa

    return pa.table(
        {"k": pa.array([key for key, _ in rows], pa.int64()), "v": pa.array([value for _, value in rows], pa.int64())}
    )


def _content(table: Any) -> list[Row]:
    found = table.to_arrow()
    return sorted(zip(found["k"].to_pylist(), found["v"].to_pylist(), strict=True), key=str)


@pytest.fixture
def three_writers(workspace_path: Path) -> Any:
    WORKSPACES.update({name: Workspace(workspace_path) for name in ("ada", "grace", "edsger")})
    yield
    for workspace in WORKSPACES.values():
        workspace.catalog.close()
        workspace.close()
    WORKSPACES.clear()


@pytest.mark.usefixtures("three_writers")
def test_tables_do_what_the_model_does() -> None:
    from hypothesis.stateful import run_state_machine_as_test

    run_state_machine_as_test(
        TableMachine,
        settings=settings(
            max_examples=6,
            stateful_step_count=12,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
        ),
    )
