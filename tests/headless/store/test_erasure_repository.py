"""The tables of erasures: two proven approvals, steps in order, and nobody's name afterwards."""

from pathlib import Path

import pytest

from desktop.kit.errors import ConflictError, StorageError
from desktop.model.edit import EditKind, EditState
from desktop.model.erased_people import person_keys
from desktop.model.erasure import ErasureState, ErasureStep, ErasureSubject
from desktop.model.erasure_steps import ErasureProgress
from desktop.model.permission import Actor, Role
from desktop.store.workspace_store import WorkspaceStore
from tests.support.fresh_store import open_fresh_store

ADA = Actor("Ada Admin", Role.ADMIN, 7601, credential="ada's token")
BO = Actor("Bo Berg", Role.ADMIN, 7604, credential="bo's token")
SUBJECT = ErasureSubject(
    "maria@lopez.example", "maria@lopez.example", (7701,), ("a" * 24, "b" * 24),
    ("maria@lopez.example", "m.lopez@work.example"), ("shop-1182",), (48213, 48102),
    closes_tickets=True,
)  # fmt: skip
COUNTS = {"zendesk_users": 1}


@pytest.fixture
def store(tmp_path: Path) -> WorkspaceStore:
    found = open_fresh_store(tmp_path)
    found.audit.signer.use_key("k" * 64)
    return found


def request(store: WorkspaceStore) -> str:
    return store.erasures.request.blocking(SUBJECT, COUNTS, ADA, 1.0)


def begin(store: WorkspaceStore) -> ErasureProgress:
    return store.erasures.approve.blocking(request(store), BO, 2.0)


def test_nothing_is_queued_before_the_second_admin_agrees(store: WorkspaceStore) -> None:
    erasure_id = request(store)
    assert store.outbox.count_open.blocking() == 0
    assert not store.erased_people.load.blocking().hashes
    again = store.erasures.approve.blocking(erasure_id, ADA, 2.0)
    assert again.erasure.state is ErasureState.REQUESTED
    begun = store.erasures.approve.blocking(erasure_id, BO, 3.0)
    assert (begun.erasure.state, begun.erasure.is_approved) == (ErasureState.RUNNING, True)
    assert store.outbox.count_open.blocking() == 6


def test_steps_are_sent_one_after_the_other_in_the_order_of_the_services(
    store: WorkspaceStore,
) -> None:
    begin(store)
    sent = []
    while (edit := store.outbox.claims.claim.blocking(5.0)) is not None:
        assert store.outbox.claims.claim.blocking(5.0) is None, "one at a time"
        sent.append((edit.request.kind, edit.request.name or edit.request.target.id[:1]))
        store.outbox.claims.close(
            store.outbox.claims.mark_sending.blocking(edit, 5.0), 6.0, EditState.DONE, ""
        )
    assert sent == [
        (EditKind.CLOSE_TICKET, "48213"),
        (EditKind.CLOSE_TICKET, "48102"),
        (EditKind.DELETE_USER, "7"),
        (EditKind.DELETE_USER_DATA, "7"),
        (EditKind.DELETE_PROFILE, "a"),
        (EditKind.DELETE_PROFILE, "b"),
    ]


def test_begun_erasure_keeps_every_key_of_the_person(store: WorkspaceStore) -> None:
    begin(store)
    erased = store.erased_people.load.blocking()
    for keys in (
        person_keys(addresses=("M.Lopez@work.example",)),
        person_keys(user_ids=(7701,)),
        person_keys(sids=("B" * 24,)),
        person_keys(external_ids=("SHOP-1182",)),
    ):
        assert erased.is_erased(keys)
    assert not erased.is_erased(person_keys(addresses=("tom@old.example",), user_ids=(7702,)))
    # Under another key nobody is known, and that is told apart from nobody being erased.
    store.audit.signer.__init__()  # type: ignore[misc]
    store.audit.signer.use_key("another")
    unknown = store.erased_people.load.blocking()
    assert (unknown.is_erased(SUBJECT.keys), unknown.has_unknown_key) == (False, True)


@pytest.mark.parametrize(
    "tampering",
    [
        "UPDATE erasure SET subject = replace(subject, '7701', '7702')",
        "UPDATE erasure_approval SET user_id = '1' WHERE user_id = '7604'",
        "UPDATE erasure_approval SET credential = '' WHERE user_id = '7604'",
        "UPDATE erasure_approval SET audit_seq = 1 WHERE user_id = '7604'",
        "INSERT INTO erasure_approval SELECT erasure, '7', 'Eve', '', 1, audit_seq"
        " FROM erasure_approval WHERE user_id = '7601'; DELETE FROM erasure_approval"
        " WHERE user_id = '7604'",
    ],
)
def test_approval_that_the_audit_does_not_tell_counts_for_nothing(
    store: WorkspaceStore, tampering: str
) -> None:
    erasure = begin(store).erasure
    assert erasure.is_approved
    for statement in tampering.split("; "):
        store.fairlead_db.write(lambda c, sql=statement: c.execute(sql))
    assert not store.erasures.get_progress.blocking(erasure.id).erasure.is_approved


def test_approvals_by_one_token_count_once(store: WorkspaceStore) -> None:
    erasure_id = request(store)
    same = Actor("Bo Berg", Role.ADMIN, 7604, credential=ADA.credential)
    progress = store.erasures.approve.blocking(erasure_id, same, 2.0)
    assert (progress.erasure.is_approved, progress.erasure.state) == (False, ErasureState.REQUESTED)


def test_person_has_one_open_erasure_at_a_time(store: WorkspaceStore) -> None:
    erasure_id = request(store)
    with pytest.raises(ConflictError, match="requested already"):
        request(store)
    store.erasures.cancel.blocking(erasure_id, "Ada", 2.0)
    assert request(store) != erasure_id


def test_cancelled_erasure_leaves_nothing_of_the_person(store: WorkspaceStore) -> None:
    erasure = begin(store).erasure
    store.erasures.cancel.blocking(erasure.id, "Ada", 3.0)
    ended = store.erasures.get_progress.blocking(erasure.id).erasure
    assert (ended.state, ended.subject, ended.counts) == (ErasureState.CANCELLED, None, {})
    assert not store.erased_people.load.blocking().hashes
    assert store.outbox.list_recent.blocking() == ()


def test_erasure_of_which_a_step_was_sent_is_not_cancelled(store: WorkspaceStore) -> None:
    erasure = begin(store).erasure
    edit = store.outbox.claims.claim.blocking(5.0)
    assert edit is not None
    store.outbox.claims.mark_sending.blocking(edit, 5.0)
    with pytest.raises(ConflictError, match="was sent already"):
        store.erasures.cancel.blocking(erasure.id, "Ada", 6.0)


def test_failed_step_stops_the_others_and_is_queued_again_with_new_tickets(
    store: WorkspaceStore,
) -> None:
    erasure = begin(store).erasure
    for state in (EditState.DONE, EditState.DONE, EditState.FAILED):
        edit = store.outbox.claims.claim.blocking(5.0)
        assert edit is not None
        store.outbox.claims.close(
            store.outbox.claims.mark_sending.blocking(edit, 5.0), 6.0, state, "refused"
        )
    stopped = store.erasures.get_progress.blocking(erasure.id).stopped_at
    assert stopped is not None
    assert (stopped.step, stopped.detail) == (ErasureStep.DELETE_USER, "refused")
    assert store.outbox.claims.claim.blocking(7.0) is None
    store.erasures.queue_again.blocking(erasure.id, [48213, 99], ADA, 8.0)
    edit = store.outbox.claims.claim.blocking(9.0)
    assert edit is not None
    # The ticket that is new is closed first; the one that is closed is not closed again.
    assert (edit.request.kind, edit.request.name) == (EditKind.CLOSE_TICKET, "99")
    assert store.erasures.get_progress.blocking(erasure.id).stopped_at is None


def test_failed_step_that_was_edited_in_the_file_is_not_queued_again(store: WorkspaceStore) -> None:
    erasure = begin(store).erasure
    for state in (EditState.DONE, EditState.DONE, EditState.FAILED):
        edit = store.outbox.claims.claim.blocking(5.0)
        assert edit is not None
        store.outbox.claims.close(
            store.outbox.claims.mark_sending.blocking(edit, 5.0), 6.0, state, "refused"
        )
    # Somebody else than the two admins have agreed on.
    store.fairlead_db.write(
        lambda c: c.execute("UPDATE outbox SET target = '4711' WHERE kind = 'delete_user'")
    )
    store.erasures.queue_again.blocking(erasure.id, [], ADA, 8.0)
    assert store.outbox.claims.claim.blocking(9.0) is None


def test_erasure_of_another_account_is_not_gone_on_with(store: WorkspaceStore) -> None:
    erasure_id = request(store)
    store.fairlead_db.write(lambda c: c.execute("UPDATE erasure SET account = 'another'"))
    with pytest.raises(ConflictError, match="another account"):
        store.erasures.approve.blocking(erasure_id, BO, 2.0)
    assert store.outbox.count_open.blocking() == 0


def test_without_any_key_nobody_is_erased(tmp_path: Path) -> None:
    store = open_fresh_store(tmp_path)
    with pytest.raises(StorageError, match="without a key"):
        request(store)
    assert store.erasures.list_progress.blocking() == ()
