"""Opt-out levels that look-ups read are kept for reports, and erased with their person."""

from pathlib import Path

from desktop.app.screenshot_tour.sample_optouts import sid
from desktop.store.data_workspace_erasure import erase_everybody, erase_kept_people
from desktop.store.data_workspace_store import open_data_store
from desktop.store.profile_report_repository import OptOutReading


async def test_the_opt_out_levels_of_an_erased_person_are_erased(tmp_path: Path) -> None:
    store = open_data_store(tmp_path / "data")
    try:
        levels = [OptOutReading(sid(n), 100.0, "none") for n in (1, 2)]
        await store.profile_reports.note_optouts(levels)
        erase_kept_people(store.data_db, store.history_db, (), [sid(1)])
        left = await store.profile_reports.list_optout_readings()
        assert [reading.sid for _before, reading in left] == [sid(2)]
        erase_everybody(store.data_db, store.history_db, with_counts=False)
        assert await store.profile_reports.list_optout_readings() == ()
    finally:
        store.close()
