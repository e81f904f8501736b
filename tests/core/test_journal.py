"""The journal: order, chain, and that any changed byte shows."""

from __future__ import annotations

import sqlite3

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from mlnb.core.caller import Caller, calling
from mlnb.core.journal import Journal
from mlnb.core.metastore import Metastore


@pytest.fixture(params=["sqlite", "postgresql"])
def metastore(request, tmp_path):
    url = f"sqlite:///{tmp_path / 'm.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    store = Metastore(url)
    store.migrate()
    yield store
    store.dispose()


def test_events_follow_the_order_of_commits_and_name_the_caller(metastore):
    journal = Journal(metastore)
    with calling(Caller("grace")):
        journal.append("table.created", "table:main.a.b", {"rows": 3})
    journal.append("table.committed", "table:main.a.b", actor="ada")
    events = journal.tail()
    assert [(event.id, event.actor, event.action) for event in events] == [
        (1, "grace", "table.created"),
        (2, "ada", "table.committed"),
    ]
    assert events[0].payload == {"rows": 3}


def test_tail_filters_by_subject_prefix_and_continues_after_an_id(metastore):
    journal = Journal(metastore)
    for number in range(6):
        journal.append("run.started", f"run:{number % 2}{number}")
    assert [event.subject for event in journal.tail(subjects=["run:1*"])] == ["run:11", "run:13", "run:15"]
    assert [event.id for event in journal.tail(2, after=3)] == [4, 5]
    assert journal.tail(subjects=[]) == []


def test_an_event_is_gone_when_its_transaction_fails(metastore):
    journal = Journal(metastore)
    with pytest.raises(ValueError, match="no"), metastore.begin():
        journal.append("table.created", "table:x")
        raise ValueError("no")
    assert journal.tail() == []
    assert journal.verify().ok


def test_writers_in_many_threads_lose_nothing(metastore):
    from concurrent.futures import ThreadPoolExecutor

    journal = Journal(metastore)
    with ThreadPoolExecutor(6) as pool:
        list(pool.map(lambda n: journal.append("a.b", f"s:{n}"), range(60)))
    report = journal.verify()
    assert (report.ok, report.events) == (True, 60)


def test_a_missing_tail_shows(metastore):
    journal = Journal(metastore)
    for number in range(3):
        journal.append("a.b", f"s:{number}")
    with metastore.begin() as connection:
        connection.execute(sa.text("DELETE FROM journal WHERE id = 3"))
    report = journal.verify()
    assert not report.ok
    assert report.broken_id == 3


@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_any_changed_byte_shows_and_names_the_first_broken_event(tmp_path_factory, data):
    path = tmp_path_factory.mktemp("j") / "m.db"
    store = Metastore(f"sqlite:///{path}")
    store.migrate()
    journal = Journal(store)
    for number in range(4):
        journal.append("a.b", f"s:{number}", {"text": data.draw(st.text(max_size=8)), "n": number}, time=number)
    broken = data.draw(st.integers(1, 4))
    column = data.draw(st.sampled_from(["actor", "action", "subject", "payload", "hash", "previous_hash"]))
    connection = sqlite3.connect(path)
    (old,) = connection.execute(f"SELECT {column} FROM journal WHERE id = ?", (broken,)).fetchone()
    at = data.draw(st.integers(0, len(old)))
    new = old[:at] + "x" + old[at + 1 :]
    if new == old:
        new += "x"
    connection.execute(f"UPDATE journal SET {column} = ? WHERE id = ?", (new, broken))
    connection.commit()
    connection.close()
    report = journal.verify()
    assert (report.ok, report.broken_id) == (False, broken)
