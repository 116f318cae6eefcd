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

from desktop.kit.errors import ConflictError, InvalidInput, UserDecisionNeeded
from desktop.model.edit import Edit, EditKind, EditRequest, EditState, EditTarget, is_same_json
from desktop.model.service import Service
from desktop.store import process_identity as identity
from desktop.store.outbox import Outbox
from desktop.store.process_identity import is_owner_alive, new_owner_id, process_identity
from desktop.store.workspace_store import WorkspaceStore, open_store
from tests.support.child_processes import ROOT
from tests.support.clocks import ManualClock
from tests.support.fresh_store import open_fresh_store

SID = "a" * 24
WHO = EditTarget(Service.SAILTHRU, SID, "maria@lopez.example")
VAR = EditRequest(EditKind.VAR, WHO, "city", "Lisbon", "Porto", "moved")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path)
    yield found
    found.close()


def put(store: WorkspaceStore, intent: EditRequest, now: float = 1.0, delay: float = 0.0) -> Edit:
    return store.outbox.enqueue.blocking([intent], "Ada", now, [delay])[0]


def test_outbox_same_edit_twice_is_one_row(store: WorkspaceStore) -> None:
    assert put(store, VAR).id == put(store, VAR, 2.0).id
    assert store.outbox.count_open.blocking() == 1


def test_outbox_note_that_waits_is_not_added_by_another_command(
    store: WorkspaceStore, tmp_path: Path
) -> None:
    note = EditRequest(EditKind.NOTE, WHO, "stamp 1", None, "Called back.", ticket=7)
    same = replace(note, name="stamp 2")
    waiting, other = put(store, note), open_fresh_store(tmp_path)
    try:
        with pytest.raises(UserDecisionNeeded, match="waits for #7"):
            put(other, same)
        settled: list[object] = []
        with pytest.raises(UserDecisionNeeded, match="waits for #7"):
            other.outbox.enqueue_and_settle.blocking(
                [same], "Ada", 1.0, lambda *_: 0.0, lambda *given: settled.append(given)
            )
        assert settled == []
        put(other, replace(same, ticket=8))
        put(other, replace(same, name="stamp 3", new="Called back twice."))
        store.outbox.withdraw_unsent.blocking(waiting.id, 2.0, "Undone.")
        put(other, same)
    finally:
        other.close()


def test_outbox_later_edit_replaces_waiting_one_and_keeps_before_value(
    store: WorkspaceStore,
) -> None:
    first = put(store, VAR)
    second = put(store, replace(VAR, old="whatever was shown", new="Faro"), 2.0)
    assert second.id != first.id
    assert (second.request.old, second.request.new) == ("Lisbon", "Faro")
    assert store.outbox.get_edit.blocking(first.id).state is EditState.UNDONE
    assert [r.result for r in store.audit.list_entries.blocking()] == ["undone"]


def test_outbox_edit_back_to_first_value_sends_nothing(store: WorkspaceStore) -> None:
    first = put(store, VAR)
    back = put(store, replace(VAR, old="Porto", new="Lisbon"), 2.0)
    assert (back.id, back.state) == (first.id, EditState.UNDONE)
    assert store.outbox.count_open.blocking() == 0


def test_outbox_edit_behind_one_in_progress_starts_from_its_value(store: WorkspaceStore) -> None:
    first = put(store, VAR)
    taken = store.outbox.claims.claim.blocking(1.0)
    assert taken is not None
    second = put(store, replace(VAR, new="Faro"), 2.0)
    assert second.id != first.id
    assert second.request.old == "Porto"
    assert store.outbox.claims.claim.blocking(3.0) is None
    store.outbox.claims.close(
        store.outbox.claims.mark_sending.blocking(taken, 3.0), 3.0, EditState.DONE, ""
    )
    following = store.outbox.claims.claim.blocking(4.0)
    assert following is not None
    assert following.id == second.id


def test_outbox_enqueue_is_all_or_nothing(store: WorkspaceStore) -> None:
    bad = replace(VAR, name="half \ud800 character")
    with pytest.raises(UnicodeEncodeError):
        store.outbox.enqueue.blocking([VAR, bad], "Ada", 1.0, [0.0, 0.0])
    assert store.outbox.count_open.blocking() == 0


def test_outbox_claim_respects_not_before(store: WorkspaceStore) -> None:
    edit = put(store, VAR, now=100.0, delay=10.0)
    assert edit.state is EditState.WAITING
    assert store.outbox.claims.claim.blocking(109.999) is None
    taken = store.outbox.claims.claim.blocking(110.0)
    assert taken is not None
    assert taken.state is EditState.QUEUED


def test_outbox_undo_time_ended_early_is_claimed_once(store: WorkspaceStore) -> None:
    waits = put(store, VAR, now=100.0, delay=10.0)
    postponed = put(store, replace(VAR, name="street"), now=100.0)
    taken = store.outbox.claims.claim.blocking(100.0)
    assert taken is not None
    store.outbox.claims.release.blocking(
        taken, 100.0, state=EditState.QUEUED, not_before=200.0, detail="a pause"
    )
    store.outbox.end_undo_waits.blocking(103.0)
    taken = store.outbox.claims.claim.blocking(103.0)
    assert taken is not None
    assert taken.id == waits.id
    # What a service asked to wait for stays put, and nothing is taken twice.
    assert store.outbox.claims.claim.blocking(103.0) is None
    assert store.outbox.get_edit.blocking(postponed.id).not_before == 200.0


@pytest.mark.parametrize("at", [109.999, 110.001])
def test_outbox_undo_and_claim_exclude_each_other(store: WorkspaceStore, at: float) -> None:
    edit = put(store, VAR, now=100.0, delay=10.0)
    taken = store.outbox.claims.claim.blocking(at)
    withdrawn = store.outbox.withdraw_unsent.blocking(edit.id, at, "undone")
    assert (taken is None) != (withdrawn is None)
    assert (taken is None) == (at < 110.0)


def test_outbox_immediate_edit_ignores_clock_set_back(store: WorkspaceStore) -> None:
    put(store, VAR, now=10_000.0)
    taken = store.outbox.claims.claim.blocking(8_200.0)
    assert taken is not None
    # A wait after a trouble is kept, so that nothing is tried over and over.
    store.outbox.claims.release.blocking(
        taken, 8_200.0, state=EditState.QUEUED, not_before=8_204.0, detail=""
    )
    assert store.outbox.claims.claim.blocking(8_203.0) is None
    assert store.outbox.claims.claim.blocking(8_204.0) is not None


@pytest.mark.parametrize("set_back_s", [5.0, 600.0, 1_800.0, 86_400.0, -86_400.0])
def test_outbox_undo_time_is_kept_whatever_the_clock_says(
    tmp_path: Path, set_back_s: float
) -> None:
    clock = ManualClock(100_000.0)
    made = open_store(tmp_path, clock.monotonic)
    put(made, VAR, now=clock.now(), delay=10.0)
    clock.advance(6)
    clock.correct_wall_clock(-set_back_s)
    assert made.outbox.claims.claim.blocking(clock.now()) is None
    assert made.outbox.seconds_until_due.blocking(clock.now()) == pytest.approx(4)
    clock.advance(3.9)
    assert made.outbox.claims.claim.blocking(clock.now()) is None
    clock.advance(0.2)
    assert made.outbox.claims.claim.blocking(clock.now()) is not None
    made.close()


def test_outbox_undo_time_of_an_earlier_process_begins_anew_when_the_clock_is_set_back(
    store: WorkspaceStore,
) -> None:
    put(store, VAR, now=10_000.0, delay=10.0)
    assert store.outbox.claims.claim.blocking(8_200.0) is None
    assert store.outbox.seconds_until_due.blocking(8_200.0) == 10.0
    assert store.outbox.claims.claim.blocking(8_209.0) is None
    assert store.outbox.claims.claim.blocking(8_210.0) is not None


def test_outbox_withdrawn_edit_is_never_claimed(store: WorkspaceStore) -> None:
    edit = put(store, VAR)
    assert store.outbox.withdraw_unsent.blocking(edit.id, 1.0, "undone") is not None
    assert store.outbox.claims.claim.blocking(99.0) is None
    assert store.outbox.withdraw_unsent.blocking(edit.id, 1.0, "undone") is None
    assert len(store.audit.list_entries.blocking()) == 1


def test_outbox_row_of_living_process_is_kept(store: WorkspaceStore, tmp_path: Path) -> None:
    put(store, VAR)
    assert store.outbox.claims.claim.blocking(1.0) is not None
    other = open_store(tmp_path)
    assert other.outbox.claims.claim.blocking(2.0) is None
    edit = store.outbox.get_edit.blocking("1")
    with pytest.raises(ConflictError):
        other.outbox.claims.close(edit, 2.0, EditState.DONE, "")
    assert other.outbox.withdraw_unsent.blocking("1", 2.0, "x") is None
    other.close()


def test_outbox_row_dropped_by_own_process_becomes_unknown(store: WorkspaceStore) -> None:
    put(store, VAR)
    taken = store.outbox.claims.claim.blocking(1.0)
    assert taken is not None
    store.outbox.claims.mark_sending.blocking(taken, 1.0)
    assert store.outbox.claims.claim.blocking(2.0) is None
    store.outbox.claims.stop_work.blocking(taken.id)
    again = store.outbox.claims.claim.blocking(3.0)
    assert again is not None
    assert (again.state, again.tries) == (EditState.UNKNOWN, 1)


@pytest.mark.parametrize("sending", [False, True])
def test_outbox_row_of_dead_process_is_taken_over(
    sending: bool, store: WorkspaceStore, tmp_path: Path
) -> None:
    put(store, VAR)
    code = (
        "import sys; from pathlib import Path\n"
        "from desktop.store.workspace_store import open_store\n"
        "s = open_store(Path(sys.argv[1])); e = s.outbox.claims.claim.blocking(1.0)\n"
        "if sys.argv[2] == 'True': s.outbox.claims.mark_sending.blocking(e, 1.0)\n"
        "import os; os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path), str(sending)], cwd=ROOT, check=True)
    taken = store.outbox.claims.claim.blocking(2.0)
    assert taken is not None
    assert taken.state is (EditState.UNKNOWN if sending else EditState.QUEUED)


@pytest.mark.parametrize("system", ["native", "portable"])
def test_outbox_owner_pid_reuse_is_detected(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    if system == "portable":
        monkeypatch.setattr(identity, "_linux_identity", identity._portable_identity)
    mine = new_owner_id()
    assert is_owner_alive(mine)
    pid, start, boot, _ = mine.split(":")
    later = str(int(start) + 1) if system == "native" else f"{float(start) + 1:.3f}"
    assert not is_owner_alive(f"{pid}:{later}:{boot}:1")
    assert not is_owner_alive(f"{pid}:{start}:another boot:1")
    child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    theirs = process_identity(child.pid)
    assert theirs is not None
    assert is_owner_alive(theirs + ":1")
    child.kill()
    # A zombie has ended too, though its pid is not free yet.
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    assert not is_owner_alive(theirs + ":1")
    child.communicate()
    assert not is_owner_alive(theirs + ":1")


def test_outbox_owner_of_unknown_start_counts_as_alive() -> None:
    assert is_owner_alive(f"{os.getpid()}:::1")
    assert not is_owner_alive("999999999:::1")


@pytest.mark.parametrize("owner", ["", ":", "abc", "-1::", "²::", "999999999::", "1" * 30])
def test_outbox_invalid_owner_counts_as_dead(owner: str) -> None:
    assert not is_owner_alive(owner)


@pytest.mark.parametrize("edit_id", ["", "0", "-1", "2", "x", "1.0", "9" * 40, "٣", "1 OR 1=1"])
def test_outbox_unknown_edit_id_is_bad_input(edit_id: str, store: WorkspaceStore) -> None:
    put(store, VAR)
    for act in (
        store.outbox.get_edit.blocking,
        lambda i: store.outbox.retry.blocking(
            i, 1.0, actor="ada", actor_key="7", judge=lambda _wish, _open: 0.0
        ),
        lambda i: store.outbox.withdraw_unsent.blocking(i, 1.0, ""),
    ):
        with pytest.raises(InvalidInput):
            act(edit_id)


def test_outbox_retry_makes_waiting_and_failed_due(store: WorkspaceStore) -> None:
    waiting = put(store, VAR, delay=100.0)
    store.outbox.retry.blocking(
        waiting.id, 5.0, actor="ada", actor_key="7", judge=lambda _wish, _open: 0.0
    )
    taken = store.outbox.claims.claim.blocking(5.0)
    assert taken is not None
    store.outbox.claims.close(
        store.outbox.claims.mark_sending.blocking(taken, 5.0), 5.0, EditState.FAILED, "refused"
    )
    again = store.outbox.retry.blocking(
        waiting.id, 6.0, actor="ada", actor_key="7", judge=lambda _wish, _open: 0.0
    )
    assert again.id != waiting.id
    assert (again.state, again.request, again.tries) == (EditState.QUEUED, waiting.request, 0)
    assert (
        store.outbox.get_edit.blocking(waiting.id).detail == f"refused Tried again as {again.id}."
    )
    taken = store.outbox.claims.claim.blocking(6.0)
    assert taken is not None
    store.outbox.claims.close(taken, 6.0, EditState.DONE, "")
    with pytest.raises(InvalidInput):
        store.outbox.retry.blocking(
            again.id, 7.0, actor="ada", actor_key="7", judge=lambda _wish, _open: 0.0
        )
    # One edit, one end in the record.
    assert [row.edit for row in store.audit.list_entries.blocking()] == [again.id, waiting.id]


def test_outbox_open_edits_are_found_by_value_and_counted(store: WorkspaceStore) -> None:
    assert store.outbox.find_open_edit.blocking(VAR) is None
    assert store.outbox.seconds_until_due.blocking(50.0) is None
    edit = put(store, VAR, now=50.0, delay=3.0)
    found = store.outbox.find_open_edit.blocking(VAR)
    assert found is not None
    assert found.id == edit.id
    assert store.outbox.find_open_edit.blocking(replace(VAR, name="other")) is None
    count = store.sheet_reader.count_open_edits.blocking
    assert count([VAR.target.id, "nobody"]) == {VAR.target.id: 1}
    assert store.outbox.seconds_until_due.blocking(51.0) == 2.0
    # Due by now, and tried.
    assert store.outbox.seconds_until_due.blocking(54.0, elapsed_s=1.0) is None
    assert store.outbox.seconds_until_due.blocking(54.0, elapsed_s=2.0) == 0.0
    assert store.outbox.claims.claim.blocking(60.0, services=[Service.ZENDESK]) is None


VALUES = st.sampled_from(["a", "b", "c", None, True, 1])


@settings(max_examples=60, deadline=None)
@given(
    steps=st.lists(
        st.one_of(VALUES.map(lambda v: ("want", v)), st.just(("send", None))), max_size=8
    )
)
def test_outbox_any_interleaving_ends_with_last_edit(
    steps: list[tuple[str, object]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A model of the service: a send compares, then writes; in the end it has what was wanted."""
    store = open_fresh_store(tmp_path_factory.mktemp("model"))
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
            while (edit := store.outbox.claims.claim.blocking(now)) is not None:
                assert is_same_json(edit.request.old, service) or is_same_json(
                    edit.request.new, service
                )  # type: ignore[arg-type]
                service = edit.request.new
                store.outbox.claims.close(
                    store.outbox.claims.mark_sending.blocking(edit, now), now, EditState.DONE, ""
                )
        assert is_same_json(service, wanted)  # type: ignore[arg-type]
        edits = store.outbox.list_recent.blocking()
        assert all(e.state.is_final for e in edits)
        assert sorted(r.edit for r in store.audit.list_entries.blocking()) == sorted(
            e.id for e in edits
        )
        assert store.audit.verify_chain.blocking().first_broken_seq is None
    finally:
        store.close()


def test_outbox_two_instances_never_hold_same_row(tmp_path: Path) -> None:
    first, second = open_store(tmp_path), open_store(tmp_path)
    intents = [replace(VAR, name=f"v{n}") for n in range(20)]
    first.outbox.enqueue.blocking(intents, "Ada", 1.0, [0.0] * 20)
    taken: list[str] = []
    outboxes: list[Outbox] = [first.outbox, second.outbox]
    for turn in range(30):
        edit = outboxes[turn % 2].claims.claim.blocking(2.0)
        if edit is not None:
            taken.append(edit.id)
    assert sorted(taken, key=int) == [str(n) for n in range(1, 21)]
    first.close()
    second.close()
