"""Who is known to Sailthru alone is erased from every file, and outlives the data of Zendesk."""

from dataclasses import replace
from pathlib import Path

import pytest

from desktop.audience.audience_service import AudienceRights, AudienceService
from desktop.connect.local_data_service import LocalDataService
from desktop.kit.errors import UserDecisionNeeded
from desktop.model.audience_segment import SavedSegment
from desktop.model.data_source import DataSourceKind
from desktop.model.exported_profile import ExportedProfile
from desktop.model.match_keys import hash_email
from desktop.settings.workspace import Workspace
from desktop.store.audit_signer import AuditSigner
from desktop.store.data_source_erasure import erase_source
from desktop.store.data_source_repository import USERS_SOURCE
from desktop.store.data_workspace_erasure import find_kept_people
from desktop.store.data_workspace_store import DataStore, open_data_store
from desktop.store.kept_person_export_rows import read_kept_person_rows
from desktop.store.profile_person_table import profile_person_id
from desktop.store.workspace_store import open_store
from tests.headless.audience.test_audience_query import FIELDS, SEARCH_CHECK, profile
from tests.support.clocks import ManualClock
from tests.support.data_cases import NOON, FakeExport, open_small_store, read_all, user
from tests.support.report_cases import ADMIN, build_rules

CANARY, OTHER = "canary7f3a", "other5b2c"
SIDS = {CANARY: "a" * 24, OTHER: "b" * 24}


def address(who: str) -> str:
    return f"{who}@lopez.example"


def row_of(who: str, *, has_hash: bool) -> ExportedProfile:
    """A row of an export: the account's exports have addresses, and mostly their hashes."""
    hashed = hash_email(address(who)) if has_hash else ""
    names = {"first_name": who, "last_name": "Lopez"}
    return ExportedProfile(SIDS[who], hashed, email=address(who), vars=names)


async def keep_people(folder: Path, *, has_hash: bool = True) -> DataStore:
    workspace = open_store(folder)
    for who in (CANARY, OTHER):
        workspace.segments.save.blocking(SavedSegment(f"Of {who} Lopez", "name has x", 1.0, "Ada"))
    workspace.close()
    store = open_data_store(folder)
    await read_all(store, FakeExport(users=[user(1)]))
    # Paired with a user whom nobody has read yet: until then they are nobody's.
    await store.people.remember_pairs({77: SIDS[CANARY]})
    rows = [row_of(who, has_hash=has_hash) for who in (CANARY, OTHER)]
    # Stored twice: what was replaced names them too.
    for reading in ("job 1", "job 2"):
        await store.profiles.save_profiles("News", rows, reading, FIELDS, NOON)
    ids = [profile_person_id(SIDS[who]) for who in (CANARY, OTHER)]
    await store.segment_presence.note_look("Newcomers", "list is News", ids, NOON)
    return store


def files_with(needle: str, folder: Path) -> list[str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return [path.name for path in files if needle.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    ("given", "has_hash"), [(SIDS[CANARY], True), (address(CANARY), True), (address(CANARY), False)]
)
async def test_who_is_known_to_sailthru_alone_is_erased_from_every_file(
    given: str, has_hash: bool, tmp_path: Path
) -> None:
    (await keep_people(tmp_path, has_hash=has_hash)).close()
    local = LocalDataService(Workspace("main", "0" * 32, tmp_path))
    for needle in (CANARY, SIDS[CANARY]):
        assert "data.db" in files_with(needle, tmp_path)
    counted = await local.count_customer([given])
    # Their own row of everybody's, and that of their profile.
    assert counted.everybody_records == 2
    assert await local.erase_customer([given], "Ada", 1.0, AuditSigner()) == counted
    for needle in (CANARY, SIDS[CANARY]):
        assert files_with(needle, tmp_path) == []
    store, workspace = open_data_store(tmp_path), open_store(tmp_path)
    people = store.data_db.read(lambda c: c.execute("SELECT id, name FROM person").fetchall())
    other = profile_person_id(SIDS[OTHER])
    assert {tuple(row) for row in people} == {(1, "Person 1"), (other, f"{OTHER} Lopez")}
    present = store.history_db.read(
        lambda c: c.execute("SELECT * FROM segment_presence").fetchall()
    )
    assert {row["person"] for row in present} == {other}
    left = await workspace.segments.list_all()
    assert [one.name for one in left] == [f"Of {OTHER} Lopez"]
    workspace.close()
    store.close()


async def test_the_row_of_who_is_known_to_sailthru_alone_is_in_their_export(tmp_path: Path) -> None:
    store = await keep_people(tmp_path)
    users, sids = find_kept_people(store.data_db, store.history_db, [address(CANARY)])
    assert (users, sids) == (set(), {SIDS[CANARY]})
    kept = read_kept_person_rows(store.data_db, store.history_db, users, sids)["data.db"]
    assert [row["name"] for row in kept["person"]] == [f"{CANARY} Lopez"]
    assert set(kept) == {"person", "profile", "list_member", "remembered_pair"}
    store.close()


async def test_people_on_lists_stand_alone_once_what_zendesk_told_is_erased(tmp_path: Path) -> None:
    def list_people() -> set[tuple[int, str | None]]:
        rows = store.data_db.read(lambda c: c.execute("SELECT id, sid FROM person").fetchall())
        return {(row["id"], row["sid"]) for row in rows}

    for store in open_small_store(tmp_path):
        users = [user(1), user(2, external_id="shop-2"), user(3), user(4)]
        await read_all(store, FakeExport(users=users))
        # By address; two for one, which is a conflict; by an earlier match; one of nobody's.
        rows = [
            profile(1), profile(2), replace(profile(12), extid="shop-2"), profile(13), profile(5),
        ]  # fmt: skip
        await store.people.remember_pairs({3: profile(13).sid})
        await store.profiles.save_profiles("A", rows, "job", FIELDS, NOON)
        alone = (profile_person_id(profile(5).sid), profile(5).sid)
        before = {(1, profile(1).sid), (2, None), (3, profile(13).sid), (4, None), alone}
        assert list_people() == before
        erase_source(store.data_db, store.history_db, DataSourceKind.SUPPORT)
        assert list_people() == {(profile_person_id(one.sid), one.sid) for one in rows}
        store.data_db.write(lambda c: c.execute(SEARCH_CHECK))
        await read_all(store, FakeExport(users=users))
        assert list_people() == before


async def test_coverage_counts_who_is_left_after_each_erasure(tmp_path: Path) -> None:
    (await keep_people(tmp_path)).close()
    local = LocalDataService(Workspace("main", "0" * 32, tmp_path))
    await local.erase_customer([SIDS[CANARY]], "Ada", 1.0, AuditSigner())
    store, workspace = open_data_store(tmp_path), open_store(tmp_path)
    rules = build_rules(())
    rights = AudienceRights(lambda: ADMIN, lambda: rules, lambda: True)
    audience = AudienceService(
        lambda: store, workspace.segments, workspace.audit, ManualClock(), rights, lambda: "UTC"
    )

    async def count() -> tuple[int, int, int]:
        found = await audience.read_coverage()
        return found.people, found.zendesk_users, found.profiles

    assert await count() == (2, 1, 1)
    # A Full rebuild begins: whom it has not read again is kept.
    await store.sources.reset([USERS_SOURCE])
    assert await count() == (2, 1, 1)
    erase_source(store.data_db, store.history_db, DataSourceKind.SUPPORT)
    assert await count() == (1, 0, 1)
    assert (await audience.read_coverage()).is_first_read
    erase_source(store.data_db, store.history_db, DataSourceKind.SAILTHRU)
    with pytest.raises(UserDecisionNeeded):
        await audience.read_coverage()
    workspace.close()
    store.close()
