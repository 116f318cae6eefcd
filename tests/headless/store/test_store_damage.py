"""Damaged, cut, newer and full files: a sentence, never a crash, and never an emptied outbox."""

import random
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.kit.errors import StoreKnown
from desktop.model.edit import EditKind, Intent, Service, Target
from desktop.store import database
from desktop.store.store import open_store
from tests.faults.damage import OPEN, Outcome, make_sample, start_on

VAR = Intent(EditKind.VAR, Target(Service.SAILTHRU, "a" * 24, "a@b.example"), "x", None, "y" * 9000)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_sample(tmp_path_factory.mktemp("damage") / "sample")


@pytest.mark.parametrize("name", ["fairlead.db", "mirror.db"])
def test_random_damage_is_told_or_harmless(name: str, sample: Path, tmp_path: Path) -> None:
    outcome, rng = Outcome(), random.Random(22)
    for _ in range(60):
        start_on(sample, tmp_path / "work", name, rng, outcome)
    assert outcome.tried == 60
    assert (outcome.crashed, outcome.emptied, outcome.touched) == ([], [], [])
    # The damage was felt at all: otherwise the test is blind.
    assert outcome.refused + outcome.rebuilt > 5


@pytest.mark.parametrize("keep", [0, 1, 99, 4096])
def test_a_cut_database_of_edits_is_refused_and_left_as_it_is(
    keep: int, sample: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    path = folder / "fairlead.db"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(StoreKnown, match="damaged") as told:
        open_store(folder)
    assert str(path) in told.value.hint
    assert path.stat().st_size == keep


def test_a_cut_mirror_is_put_aside_and_made_anew(sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    (folder / "mirror.db").write_bytes(b"not a database at all" * 50)
    store = open_store(folder)
    assert store.outbox.open_count() == OPEN
    assert store.reader.kept_count() == 0
    store.close()
    assert len(list(folder.glob("mirror.db.damaged-*"))) == 1


def test_a_database_moved_away_begins_anew(sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    (folder / "fairlead.db").rename(tmp_path / "moved.db")
    store = open_store(folder)
    assert store.outbox.open_count() == 0
    assert store.reader.kept_count() > 0
    store.close()


def test_a_newer_database_is_refused_and_not_touched(sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    path = folder / "fairlead.db"
    raw = sqlite3.connect(path)
    raw.execute("PRAGMA journal_mode = DELETE")
    raw.execute("PRAGMA user_version = 2001")
    raw.close()
    before = path.read_bytes()
    with pytest.raises(StoreKnown, match="newer Fairlead") as told:
        open_store(folder)
    assert "2001" in told.value.message
    assert path.read_bytes() == before


def test_a_newer_mirror_is_made_anew(sample: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    raw = sqlite3.connect(folder / "mirror.db")
    raw.execute("PRAGMA user_version = 9001")
    raw.close()
    store = open_store(folder)
    assert store.outbox.open_count() == OPEN
    store.close()


def test_a_full_disk_is_told_and_leaves_nothing_half_done(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    (first,) = store.outbox.enqueue([VAR], "Ada", 1.0, [0.0])
    pages = store.fairlead.read(lambda c: c.execute("PRAGMA page_count").fetchone()[0])
    store.fairlead.read(lambda c: c.execute(f"PRAGMA max_page_count = {pages}").fetchone())
    with pytest.raises(StoreKnown, match="disk is full") as told:
        store.outbox.enqueue([replace(VAR, name=n) for n in "ab"], "Ada", 2.0, [0.0, 0.0])
    assert told.value.hint
    # The connection was opened anew, without the limit; nothing of the failed step is there.
    assert [e.id for e in store.outbox.recent()] == [first.id]
    assert store.audit.verify().rows == 0
    store.close()


def test_a_full_disk_for_the_mirror_is_told(tmp_path: Path) -> None:
    store = open_store(tmp_path)
    store.said.read(lambda c: c.execute("PRAGMA max_page_count = 1").fetchone())
    with pytest.raises(StoreKnown, match="disk is full"):
        store.mirror._save_catalogue("lists", "x" * 100_000, 1.0)
    store.close()


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(StoreKnown, match="data folder"):
        open_store(tmp_path / "file" / "below")


def test_a_database_held_for_too_long_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "_BUSY_TIMEOUT_S", 0.05)
    store = open_store(tmp_path)
    other = sqlite3.connect(tmp_path / "fairlead.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(StoreKnown, match="busy"):
        store.outbox.enqueue([VAR], "Ada", 1.0, [0.0])
    other.execute("ROLLBACK")
    other.close()
    assert len(store.outbox.enqueue([VAR], "Ada", 1.0, [0.0])) == 1
    store.close()


@pytest.mark.parametrize(
    ("column", "value"),
    [("new", "{broken"), ("kind", "sorcery"), ("service", "fax"), ("old", ""), ("new", '"half"')],
)
def test_a_row_that_makes_no_sense_is_told(column: str, value: str, tmp_path: Path) -> None:
    store = open_store(tmp_path)
    target = Target(Service.SAILTHRU, "a" * 24, "a@b.example")
    wish = Intent(EditKind.OPTOUT, target, "", "none", "all", "asked to")
    store.outbox.enqueue([wish], "Ada", 1.0, [0.0])
    store.close()
    raw = sqlite3.connect(tmp_path / "fairlead.db")
    with raw:
        raw.execute(f"UPDATE outbox SET {column} = ?", (value,))  # noqa: S608
    raw.close()
    store = open_store(tmp_path)
    for look in (
        store.outbox.recent,
        lambda: store.outbox.get("1"),
        lambda: store.outbox.retry("1", 9),
    ):
        with pytest.raises(StoreKnown, match="damaged"):
            look()
    store.close()


def test_a_damaged_letter_in_the_mirror_does_not_hide_a_customer(
    sample: Path, tmp_path: Path
) -> None:
    from desktop.model.query import recognise

    folder = Path(shutil.copytree(sample, tmp_path / "work"))
    raw = sqlite3.connect(folder / "mirror.db")
    with raw:
        raw.execute("UPDATE person SET body = CAST(X'7B22FF' AS TEXT) WHERE id = 1")
    raw.close()
    store = open_store(folder)
    sheet = store.reader.sheet(recognise("p0@damage.example"))
    assert sheet.person.value is None
    assert sheet.profile.value is not None
    store.close()
