"""Damaged, cut, newer and full files: a sentence, never a crash, and never an emptied outbox."""

import random
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.kit.errors import StorageError
from desktop.model.edit import EditKind, EditRequest, EditTarget
from desktop.model.service import Service
from desktop.store import sqlite_database
from desktop.store.workspace_store import open_store
from tests.faults.file_damage import (
    OPEN_EDITS,
    DamageCounts,
    make_sample_workspace,
    start_with_damaged_file,
)

VAR = EditRequest(
    EditKind.VAR, EditTarget(Service.SAILTHRU, "a" * 24, "a@b.example"), "x", None, "y" * 9000
)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample_workspace(tmp_path_factory.mktemp("damage") / "sample")


@pytest.mark.parametrize("name", ["fairlead.db", "mirror.db"])
def test_database_random_damage_is_reported_or_harmless(
    name: str, sample: Path, tmp_path: Path
) -> None:
    outcome, rng = DamageCounts(), random.Random(22)
    for _ in range(60):
        start_with_damaged_file(sample, tmp_path / "work", name, rng, outcome)
    assert outcome.tried == 60
    assert (outcome.crashed, outcome.emptied, outcome.touched) == ([], [], [])
    # The damage was felt at all: otherwise the test is blind.
    assert outcome.refused + outcome.rebuilt > 5


@pytest.mark.parametrize("keep", [0, 1, 99, 4096])
def test_database_truncated_main_file_is_refused_and_untouched(
    keep: int, sample: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    path = folder / "fairlead.db"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StorageError, match="damaged") as told:
        open_store(folder)
    assert str(path) in told.value.hint
    assert path.stat().st_size == keep


def test_mirror_truncated_is_backed_up_and_rebuilt(sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    (folder / "mirror.db").write_bytes(b"not a database at all" * 50)
    store = open_store(folder)
    assert store.outbox.count_open.blocking() == OPEN_EDITS
    assert store.sheet_reader.count_customers.blocking() == 0
    store.close()
    assert len(list(folder.glob("mirror.db.damaged-*"))) == 1


def test_database_file_moved_away_starts_empty(sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    (folder / "fairlead.db").rename(tmp_path / "moved.db")
    store = open_store(folder)
    assert store.outbox.count_open.blocking() == 0
    assert store.sheet_reader.count_customers.blocking() > 0
    store.close()


def test_database_newer_version_is_refused_and_untouched(sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    path = folder / "fairlead.db"
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA journal_mode = DELETE")
    raw.execute("PRAGMA user_version = 2001")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StorageError, match="newer Fairlead") as told:
        open_store(folder)
    assert "2001" in told.value.message
    assert path.read_bytes() == before


def test_mirror_newer_version_is_rebuilt(sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    raw = sqlite3.connect(folder / "mirror.db")
    raw.execute("PRAGMA user_version = 9001")
    raw.close()
    store = open_store(folder)
    assert store.outbox.count_open.blocking() == OPEN_EDITS
    store.close()


def test_database_disk_full_is_reported_without_partial_write(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    (first,) = store.outbox.enqueue.blocking([VAR], "Ada", 1.0, [0.0])
    pages = store.fairlead_db.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
    store.fairlead_db.read(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone())
    with pytest.raises(StorageError, match="disk is full") as told:
        store.outbox.enqueue.blocking([replace(VAR, name=n) for n in "ab"], "Ada", 2.0, [0.0, 0.0])
    assert told.value.hint
    # The connection was opened anew, without the limit; nothing of the failed step is there.
    assert [e.id for e in store.outbox.list_recent.blocking()] == [first.id]
    assert store.audit.verify_chain.blocking().row_count == 0
    store.close()


def test_mirror_disk_full_is_reported(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.mirror_db.read(lambda c: c.execute("PRAGMA max_page_count = 1").fetchone())
    with pytest.raises(StorageError, match="disk is full"):
        store.customer_cache._save_catalogue_entry("lists", "x" * 100_000, 1.0)
    store.close()


def test_database_folder_not_creatable_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StorageError, match="data folder"):
        open_store(tmp_path / "file" / "below")


def test_database_locked_too_long_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_database, "_BUSY_TIMEOUT_S", 0.05)
    store = open_store(tmp_path)
    other = sqlite3.connect(tmp_path / "fairlead.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StorageError, match="busy"):
        store.outbox.enqueue.blocking([VAR], "Ada", 1.0, [0.0])
    other.execute("ROLLBACK")
    other.close()
    assert len(store.outbox.enqueue.blocking([VAR], "Ada", 1.0, [0.0])) == 1
    store.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [("new", "{broken"), ("kind", "sorcery"), ("service", "fax"), ("old", ""), ("new", '"half"')],
)
def test_database_invalid_row_is_reported(column: str, value: str, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    target = EditTarget(Service.SAILTHRU, "a" * 24, "a@b.example")
    wish = EditRequest(EditKind.OPTOUT, target, "", "none", "all", "asked to")
    store.outbox.enqueue.blocking([wish], "Ada", 1.0, [0.0])
    store.close()
    raw = sqlite3.connect(tmp_path / "fairlead.db")
    with raw:
        raw.execute(f"UPDATE outbox SET {column} = ?", (value,))  # noqa: S608
    raw.close()
    store = open_store(tmp_path)
    for look in (
        store.outbox.list_recent.blocking,
        lambda: store.outbox.get_edit.blocking("1"),
        lambda: store.outbox.retry.blocking(
            "1", 9, actor="ada", actor_key="1", judge=lambda _wish, _open: 0.0
        ),
    ):
        with pytest.raises(StorageError, match="damaged"):
            look()
    store.close()


def test_mirror_damaged_text_does_not_hide_customer(sample: Path, tmp_path: Path) -> None:
    from desktop.model.lookup_query import parse_lookup_query

    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    raw = sqlite3.connect(folder / "mirror.db")
    with raw:
        raw.execute("UPDATE cached_user SET body = CAST(X'7B22FF' AS TEXT) WHERE id = 1")
    raw.close()
    store = open_store(folder)
    sheet = store.sheet_reader.read_sheet.blocking(parse_lookup_query("p0@damage.example"))
    assert sheet.user.value is None
    assert sheet.profile.value is not None
    store.close()
