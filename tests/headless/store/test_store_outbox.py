"""The outbox: what is merged, who may take what, what becomes of the dead, and order."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop.kit.errors import BadInput, Conflict
from desktop.model.edit import Edit, EditKind, EditState, Intent, Service, Target, same
from desktop.store.outbox import Outbox
from desktop.store.owner import identity_of, lives, own_identity
from desktop.store.store import Store, open_store

ROOT = Path(__file__).resolve().parents[3]
SID = "a" * 24
WHO = Target(Service.SAILTHRU, SID, "maria@lopez.example")
VAR = Intent(EditKind.VAR, WHO, "city", "Lisbon", "Porto", "moved")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path)
    yield found
    found.close()


def put(store: Store, intent: Intent, now: float = 1.0, delay: float = 0.0) -> Edit:
    return store.outbox.enqueue([intent], "Ada", now, [delay])[0]


def test_wanting_the_same_again_is_one_edit(store: Store) -> None:
    assert put(store, VAR).id == put(store, VAR, 2.0).id
    assert store.outbox.open_count() == 1


def test_a_later_wish_replaces_one_that_waits_and_keeps_the_first_value(store: Store) -> None:
    first = put(store, VAR)
    second = put(store, replace(VAR, old="whatever was shown", new="Faro"), 2.0)
    assert second.id != first.id
    assert (second.intent.old, second.intent.new) == ("Lisbon", "Faro")
    assert store.outbox.get(first.id).state is EditState.UNDONE
    assert [r.result for r in store.audit.rows()] == ["undone"]


def test_wanting_the_first_value_back_leaves_nothing_to_send(store: Store) -> None:
    first = put(store, VAR)
    back = put(store, replace(VAR, old="Porto", new="Lisbon"), 2.0)
    assert (back.id, back.state) == (first.id, EditState.UNDONE)
    assert store.outbox.open_count() == 0


def test_behind_an_edit_under_way_the_next_starts_from_its_value(store: Store) -> None:
    first = put(store, VAR)
    taken = store.outbox.claim(1.0)
    assert taken is not None
    second = put(store, replace(VAR, new="Faro"), 2.0)
    assert second.id != first.id
    assert second.intent.old == "Porto"
    assert store.outbox.claim(3.0) is None
    store.outbox.close(store.outbox.mark_sending(taken, 3.0), 3.0, EditState.DONE, "")
    following = store.outbox.claim(4.0)
    assert following is not None
    assert following.id == second.id


def test_all_are_put_in_or_none(store: Store) -> None:
    bad = replace(VAR, name="half \ud800 character")
    with pytest.raises(UnicodeEncodeError):
        store.outbox.enqueue([VAR, bad], "Ada", 1.0, [0.0, 0.0])
    assert store.outbox.open_count() == 0


def test_nothing_is_claimed_before_its_time(store: Store) -> None:
    edit = put(store, VAR, now=100.0, delay=10.0)
    assert edit.state is EditState.WAITING
    assert store.outbox.claim(109.999) is None
    taken = store.outbox.claim(110.0)
    assert taken is not None
    assert taken.state is EditState.QUEUED


@pytest.mark.parametrize("at", [109.999, 110.001])
def test_an_undo_and_a_claim_cannot_both_win(store: Store, at: float) -> None:
    edit = put(store, VAR, now=100.0, delay=10.0)
    taken = store.outbox.claim(at)
    withdrawn = store.outbox.withdraw(edit.id, at, "undone")
    assert (taken is None) != (withdrawn is None)
    assert (taken is None) == (at < 110.0)


def test_what_goes_at_once_is_not_held_by_a_clock_set_back(store: Store) -> None:
    put(store, VAR, now=10_000.0)
    taken = store.outbox.claim(8_200.0)
    assert taken is not None
    # A wait after a trouble is kept, so that nothing is tried over and over.
    store.outbox.release(taken, 8_200.0, state=EditState.QUEUED, not_before=8_204.0, detail="")
    assert store.outbox.claim(8_203.0) is None
    assert store.outbox.claim(8_204.0) is not None


def test_an_undo_time_outlasts_a_clock_set_back_a_little_and_not_for_long(store: Store) -> None:
    put(store, VAR, now=10_000.0, delay=10.0)
    assert store.outbox.claim(9_400.0) is None
    assert store.outbox.claim(8_200.0) is not None


def test_a_withdrawn_edit_is_never_claimed(store: Store) -> None:
    edit = put(store, VAR)
    assert store.outbox.withdraw(edit.id, 1.0, "undone") is not None
    assert store.outbox.claim(99.0) is None
    assert store.outbox.withdraw(edit.id, 1.0, "undone") is None
    assert len(store.audit.rows()) == 1


def test_another_living_process_keeps_its_row(store: Store, tmp_path: Path) -> None:
    put(store, VAR)
    assert store.outbox.claim(1.0) is not None
    other = open_store(tmp_path)
    assert other.outbox.claim(2.0) is None
    edit = store.outbox.get("1")
    with pytest.raises(Conflict):
        other.outbox.close(edit, 2.0, EditState.DONE, "")
    assert other.outbox.withdraw("1", 2.0, "x") is None
    other.close()


def test_a_row_this_process_dropped_comes_back_as_unknown(store: Store) -> None:
    put(store, VAR)
    taken = store.outbox.claim(1.0)
    assert taken is not None
    store.outbox.mark_sending(taken, 1.0)
    assert store.outbox.claim(2.0) is None
    store.outbox.let_go(taken.id)
    again = store.outbox.claim(3.0)
    assert again is not None
    assert (again.state, again.tries) == (EditState.UNKNOWN, 1)


@pytest.mark.parametrize("sending", [False, True])
def test_a_row_of_a_dead_process_is_taken_over(sending: bool, store: Store, tmp_path: Path) -> None:
    put(store, VAR)
    code = (
        "import sys; from pathlib import Path; from desktop.store.store import open_store\n"
        "s = open_store(Path(sys.argv[1])); e = s.outbox.claim(1.0)\n"
        "if sys.argv[2] == 'True': s.outbox.mark_sending(e, 1.0)\n"
        "import os; os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path), str(sending)], cwd=ROOT, check=True)
    taken = store.outbox.claim(2.0)
    assert taken is not None
    assert taken.state is (EditState.UNKNOWN if sending else EditState.QUEUED)


def test_a_dead_process_is_told_from_a_recycled_pid() -> None:
    mine = own_identity()
    assert lives(mine)
    pid, start, *rest = mine.split(":")
    assert not lives(":".join([pid, str(int(start) + 1), *rest]))
    assert not lives(":".join([pid, start, "another boot", "1"]))
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    theirs = identity_of(child.pid)
    assert theirs is not None
    assert lives(theirs + ":1")
    child.kill()
    # A zombie has ended too, though its pid is not free yet.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not lives(theirs + ":1")
    child.communicate()
    assert not lives(theirs + ":1")


@pytest.mark.parametrize("owner", ["", ":", "abc", "-1::", "²::", "999999999::", "1" * 30])
def test_an_odd_owner_is_nobody(owner: str) -> None:
    assert not lives(owner)


@pytest.mark.parametrize("edit_id", ["", "0", "-1", "2", "x", "1.0", "9" * 40, "٣", "1 OR 1=1"])
def test_an_unknown_edit_is_bad_input(edit_id: str, store: Store) -> None:
    put(store, VAR)
    for act in (
        store.outbox.get,
        lambda i: store.outbox.retry(i, 1.0),
        lambda i: store.outbox.withdraw(i, 1.0, ""),
    ):
        with pytest.raises(BadInput):
            act(edit_id)


def test_retry_makes_due_what_waits_or_failed_and_nothing_else(store: Store) -> None:
    waiting = put(store, VAR, delay=100.0)
    store.outbox.retry(waiting.id, 5.0)
    taken = store.outbox.claim(5.0)
    assert taken is not None
    store.outbox.close(store.outbox.mark_sending(taken, 5.0), 5.0, EditState.FAILED, "refused")
    again = store.outbox.retry(waiting.id, 6.0)
    assert again.id != waiting.id
    assert (again.state, again.intent, again.tries) == (EditState.QUEUED, waiting.intent, 0)
    assert store.outbox.get(waiting.id).detail == f"refused Tried again as {again.id}."
    taken = store.outbox.claim(6.0)
    assert taken is not None
    store.outbox.close(taken, 6.0, EditState.DONE, "")
    with pytest.raises(BadInput):
        store.outbox.retry(again.id, 7.0)
    # One edit, one end in the record.
    assert [row.edit for row in store.audit.rows()] == [again.id, waiting.id]


def test_open_edits_are_found_by_value_and_counted(store: Store) -> None:
    assert store.outbox.open_edit(VAR) is None
    assert store.outbox.next_due() is None
    edit = put(store, VAR, now=50.0, delay=3.0)
    found = store.outbox.open_edit(VAR)
    assert found is not None
    assert found.id == edit.id
    assert store.outbox.open_edit(replace(VAR, name="other")) is None
    assert store.outbox.next_due() == 53.0
    assert store.outbox.claim(60.0, services=[Service.ZENDESK]) is None


VALUES = st.sampled_from(["a", "b", "c", None, True, 1])


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.one_of(VALUES.map(lambda v: ("want", v)), st.just(("send", None))), max_size=8
    )
)
def test_however_wishes_and_sends_follow_the_last_wish_stands(
    steps: list[tuple[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A model of the service: a send compares, then writes; in the end it has what was wanted."""
    store = open_store(tmp_path_factory.mktemp("model"))
    service: object = "a"
    wanted: object = "a"
    now = 1.0
    try:
        for step, value in [*steps, ("send", None)]:
            now += 1
            if step == "want":
                put(store, replace(VAR, old=service, new=value), now)  # type: ignore[arg-type]
                wanted = value
                continue
            while (edit := store.outbox.claim(now)) is not None:
                assert same(edit.intent.old, service) or same(edit.intent.new, service)  # type: ignore[arg-type]
                service = edit.intent.new
                store.outbox.close(store.outbox.mark_sending(edit, now), now, EditState.DONE, "")
        assert same(service, wanted)  # type: ignore[arg-type]
        edits = store.outbox.recent()
        assert all(e.state.final for e in edits)
        assert sorted(r.edit for r in store.audit.rows()) == sorted(e.id for e in edits)
        assert store.audit.verify().broken_at is None
    finally:
        store.close()


def test_two_outboxes_never_hold_one_row(tmp_path: Path) -> None:
    first, second = open_store(tmp_path), open_store(tmp_path)
    intents = [replace(VAR, name=f"v{n}") for n in range(20)]
    first.outbox.enqueue(intents, "Ada", 1.0, [0.0] * 20)
    taken: list[str] = []
    outboxes: list[Outbox] = [first.outbox, second.outbox]
    for turn in range(30):
        edit = outboxes[turn % 2].claim(2.0)
        if edit is not None:
            taken.append(edit.id)
    assert sorted(taken, key=int) == [str(n) for n in range(1, 21)]
    first.close()
    second.close()
