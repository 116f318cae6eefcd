"""Rows of another account are never taken, and a move drops them all at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.kit.errors import ConflictError
from desktop.model.account import Account
from desktop.model.edit import EditKind, EditRequest, EditState, EditTarget
from desktop.model.service import Service
from desktop.model.sync_run import RunState
from desktop.model.zendesk_user import ZendeskUser
from desktop.store.mirror_feed_repository import USERS_FEED
from desktop.store.workspace_store import WorkspaceStore, open_store
from desktop.sync.sync_presets import PresetNames, build_preset
from tests.support.fresh_store import open_fresh_store

ACME = Account("https://acme.zendesk.com", "99999", "https://api.sailthru.com")
OTHER = Account("https://other.zendesk.com", "11111", "https://api.sailthru.com")
VAR = EditRequest(
    EditKind.VAR, EditTarget(Service.SAILTHRU, "a" * 24, "a@b.example"), "city", None, "Lisbon"
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[WorkspaceStore]:
    found = open_fresh_store(tmp_path)
    yield found
    found.close()


def put(store: WorkspaceStore, request: EditRequest = VAR) -> str:
    (edit,) = store.outbox.enqueue.blocking([request], "Ada", 1.0, [0.0])
    return edit.id


def test_account_first_connection_takes_over_what_was_written_before(
    store: WorkspaceStore,
) -> None:
    edit = put(store)
    assert store.accounts.connect.blocking(ACME, 1.0)
    claimed = store.outbox.claims.claim.blocking(2.0)
    assert claimed is not None
    assert claimed.id == edit


def test_account_another_one_connected_claims_nothing(store: WorkspaceStore) -> None:
    assert store.accounts.connect.blocking(ACME, 1.0)
    put(store)
    assert not store.accounts.connect.blocking(OTHER, 2.0)
    assert store.outbox.claims.claim.blocking(3.0) is None
    assert store.accounts.connect.blocking(ACME, 4.0)
    assert store.outbox.claims.claim.blocking(5.0) is not None


def test_account_moved_by_another_process_claims_nothing(
    store: WorkspaceStore, tmp_path: Path
) -> None:
    assert store.accounts.connect.blocking(ACME, 1.0)
    other = open_store(tmp_path)
    other.accounts.move.blocking(OTHER, 2.0)
    put(other)
    # This process is still connected to the former account.
    assert store.outbox.claims.claim.blocking(3.0) is None
    assert other.outbox.claims.claim.blocking(3.0) is not None
    other.close()


def test_account_moved_by_another_process_takes_no_edit_of_the_former_one(
    store: WorkspaceStore, tmp_path: Path
) -> None:
    assert store.accounts.connect.blocking(ACME, 1.0)
    other = open_store(tmp_path)
    other.accounts.move.blocking(OTHER, 2.0)
    other.close()
    with pytest.raises(ConflictError, match="another account"):
        put(store)


def test_account_row_left_over_from_a_former_account_is_not_claimed(
    store: WorkspaceStore,
) -> None:
    assert store.accounts.connect.blocking(ACME, 1.0)
    put(store)
    # As a file from a backup, or an older version at work beside this one, could hold it.
    store.fairlead_db.write(lambda c: c.execute("UPDATE outbox SET account = 'former'"))
    assert store.outbox.claims.claim.blocking(2.0) is None


def test_account_completed_later_stays_the_same(store: WorkspaceStore) -> None:
    assert store.accounts.connect.blocking(Account("", "99999", ACME.sailthru_service_uri), 1.0)
    put(store)
    assert store.accounts.connect.blocking(ACME, 2.0)
    assert store.accounts.get_current.blocking() == ACME
    assert store.outbox.claims.claim.blocking(3.0) is not None


def test_account_move_drops_what_waits_and_says_so_in_the_audit(store: WorkspaceStore) -> None:
    store.accounts.connect.blocking(ACME, 1.0)
    done, waiting = put(store), None
    claimed = store.outbox.claims.claim.blocking(1.0)
    assert claimed is not None
    store.outbox.claims.close(
        store.outbox.claims.mark_sending.blocking(claimed, 1.0), 1.0, EditState.DONE, "confirmed"
    )
    waiting = put(store, EditRequest(EditKind.VAR, VAR.target, "x", None, 1))
    store.drafts_and_links.save_link.blocking(7, "b" * 24, "Ada", 1.0)
    store.drafts_and_links.save_draft.blocking("k", "half", 1.0)
    store.accounts.move.blocking(OTHER, 2.0)
    assert store.accounts.count_kept.blocking().is_nothing
    assert store.outbox.get_edit.blocking(waiting).state is EditState.UNDONE
    assert store.outbox.get_edit.blocking(done).state is EditState.DONE
    assert store.outbox.claims.claim.blocking(9.0) is None
    assert store.drafts_and_links.get_link.blocking(7) is None
    assert store.sync_state.find_sids.blocking([7]) == {}
    newest = store.audit.list_entries.blocking()[0]
    assert (newest.edit, newest.result) == (waiting, "undone")
    assert store.audit.verify_chain.blocking().first_broken_seq is None


def test_account_undo_and_retry_of_a_former_accounts_edit_are_refused(
    store: WorkspaceStore,
) -> None:
    store.accounts.connect.blocking(ACME, 1.0)
    edit = put(store)
    claimed = store.outbox.claims.claim.blocking(1.0)
    assert claimed is not None
    store.outbox.claims.close(
        store.outbox.claims.mark_sending.blocking(claimed, 1.0), 1.0, EditState.FAILED, "refused"
    )
    store.accounts.move.blocking(OTHER, 2.0)
    with pytest.raises(ConflictError, match="another account"):
        store.outbox.retry.blocking(
            edit, 3.0, actor="ada", actor_key="1", judge=lambda _wish, _open: 0.0
        )
    undo = EditRequest(EditKind.VAR, VAR.target, "city", "Lisbon", None, undoes=edit)
    with pytest.raises(ConflictError, match="another account"):
        put(store, undo)
    assert store.outbox.count_open.blocking() == 0


def test_account_plan_and_run_of_a_former_account_are_refused(store: WorkspaceStore) -> None:
    store.accounts.connect.blocking(ACME, 1.0)
    sync = store.syncs.save.blocking(
        build_preset("zendesk-to-sailthru", PresetNames("box", "smart", "mark", "high")), 1.0
    )
    plan = store.plans.begin.blocking(sync, "Ada", 1.0)
    run = store.runs.begin.blocking(sync.name, "manual", "Ada", 1.0)
    store.runs.end.blocking(run.id, RunState.WAITING, 1.0, {})
    store.syncs.set_watermark.blocking(sync.name, "g:9")
    store.accounts.move.blocking(OTHER, 2.0)
    with pytest.raises(ConflictError, match="another account"):
        store.batches.begin_batch.blocking(plan, "posts", [], 3.0)
    with pytest.raises(ConflictError, match="another account"):
        store.runs.take_over.blocking(run.id, sync.name)
    assert store.syncs.get_watermark.blocking(sync.name) == ""
    assert store.runs.begin.blocking(sync.name, "manual", "Ada", 3.0).id != run.id


def test_account_another_one_connected_starts_no_run_and_reads_no_feed(
    store: WorkspaceStore,
) -> None:
    store.accounts.connect.blocking(ACME, 1.0)
    assert not store.accounts.connect.blocking(OTHER, 2.0)
    with pytest.raises(ConflictError, match="another account"):
        store.runs.begin.blocking("s", "manual", "Ada", 3.0)
    with pytest.raises(ConflictError, match="another account"):
        store.feeds.begin_reading.blocking(USERS_FEED, 3.0)


def test_account_feed_of_a_former_account_is_read_anew(store: WorkspaceStore) -> None:
    store.accounts.connect.blocking(ACME, 1.0)
    store.feeds.begin_reading.blocking(USERS_FEED, 1.0)
    store.feeds.save_users.blocking([ZendeskUser(id=1, name="Ada", email="a@b.example")], "c1")
    before = store.feeds.end_reading.blocking(USERS_FEED, 2.0)
    store.accounts.move.blocking(OTHER, 3.0)
    assert store.feeds.get_state.blocking(USERS_FEED).generation == ""
    after = store.feeds.begin_reading.blocking(USERS_FEED, 4.0)
    assert (after.cursor, after.ended_at, after.seq) == ("", None, 0)
    assert after.generation != before.generation
    assert list(store.feeds.iter_users()) == []
