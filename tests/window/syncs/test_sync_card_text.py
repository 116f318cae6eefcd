"""A card's last line: what waits for a person is the last thing to be cut."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from desktop.model.sync import SyncStatus
from desktop.model.sync_run import Run, RunStage, RunState
from desktop.panels.syncs.sync_card import status_texts
from desktop.panels.theme import fonts
from desktop.sync.sync_presets import ZENDESK_TO_SAILTHRU, PresetNames, build_preset
from desktop.sync.sync_snapshot import SyncSnapshot
from desktop.viewmodels.syncs.sync_card_view import SyncCardView, build_sync_card

_NOW = 1_780_000_000.0
_NAMES = PresetNames("sync_to_sailthru", "zendesk-sync-smart", "zendesk_sync", "sailthru_highvalue")
# The list's width less what a card keeps free at its sides.
_ROOM = 300 - 2 * 14


def card(totals: Mapping[str, int], *, schedule: str = "daily at 09:00") -> SyncCardView:
    goal = replace(build_preset(ZENDESK_TO_SAILTHRU, _NAMES), on=True, schedule=schedule)
    run = Run(
        "1", goal.name, RunState.DONE, RunStage.FINISH, "manual", "Ada", _NOW, _NOW, totals=totals
    )
    state = SyncStatus(goal, next_run_at=_NOW + 20 * 86_400.0)
    return build_sync_card(
        SyncSnapshot(state, (), run, None, None, 0), _NAMES, _NOW, starting=False
    )


def line(view: SyncCardView, width: int) -> tuple[str, str]:
    return status_texts(view, QFontMetrics(fonts.font(11)), fonts.scaled(width), fonts.scaled(8))


@pytest.mark.parametrize("totals", [
    {"created": 200, "updated": 640, "parked": 2, "unchanged": 7},
    {"updated": 12_640, "parked": 1_231, "failed": 12},
    {"parked": 2},
])  # fmt: skip
def test_sync_card_waiting_count_is_complete_beside_schedule(
    qtbot: QtBot, totals: dict[str, int]
) -> None:
    view = card(totals)
    last, following = line(view, _ROOM)
    assert f"{totals['parked']:,} need attention" in last
    assert following in ("", view.next_run_text)
    # Where there is still less room, the schedule goes first.
    vital = QFontMetrics(fonts.font(11)).horizontalAdvance(f"{view.urgent_text}, …")
    last, following = status_texts(view, QFontMetrics(fonts.font(11)), vital + 9, 8)
    assert last.startswith(view.urgent_text)
    assert following == ""


def test_sync_card_wide_shows_everything_accessibly(qtbot: QtBot) -> None:
    view = card({"created": 200, "updated": 640, "parked": 2})
    last, following = line(view, 900)
    assert last.endswith(": 2 need attention, 200 created, 640 updated")
    assert last in view.accessible_text
    assert following in view.accessible_text


def test_sync_card_other_counts_are_cut_before_schedule(qtbot: QtBot) -> None:
    view = card({"created": 200_000, "updated": 640_000})
    last, following = line(view, _ROOM)
    assert last.endswith(": 200,000 created, …")
    assert following == view.next_run_text


def test_sync_card_without_changes_has_text(qtbot: QtBot) -> None:
    assert card({"unchanged": 3}).last_run_text.endswith(": nothing to change")
    assert card({"unchanged": 3, "parked": 1}).last_run_text.endswith(": 1 needs attention")
