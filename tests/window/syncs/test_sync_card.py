"""A card's last line: what waits for a person is the last thing to be cut."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from PySide6.QtGui import QFontMetrics
from pytestqt.qtbot import QtBot

from desktop.model.goal import GoalState
from desktop.model.run import Run, RunStage, RunState
from desktop.panels.syncs.sync_card import third_line
from desktop.panels.theme import fonts
from desktop.sync.presets import TO_SAILTHRU, SyncNames, preset
from desktop.viewmodels.syncs.card import CardView, card_of
from desktop.viewmodels.syncs.look import SyncLook

_NOW = 1_780_000_000.0
_NAMES = SyncNames("sync_to_sailthru", "zendesk-sync-smart", "zendesk_sync", "sailthru_highvalue")
# The list's width less what a card keeps free at its sides.
_ROOM = 300 - 2 * 14


def card(totals: Mapping[str, int], *, schedule: str = "daily at 09:00") -> CardView:
    goal = replace(preset(TO_SAILTHRU, _NAMES), on=True, schedule=schedule)
    run = Run(
        "1", goal.name, RunState.DONE, RunStage.FINISH, "hand", "Ada", _NOW, _NOW, totals=totals
    )
    state = GoalState(goal, next_at=_NOW + 20 * 86_400.0)
    return card_of(SyncLook(state, (), run, None, None, 0), _NAMES, _NOW, starting=False)


def line(view: CardView, width: int) -> tuple[str, str]:
    return third_line(view, QFontMetrics(fonts.font(11)), fonts.scaled(width), fonts.scaled(8))


@pytest.mark.parametrize("totals", [
    {"created": 200, "updated": 640, "parked": 2, "unchanged": 7},
    {"updated": 12_640, "parked": 1_231, "failed": 12},
    {"parked": 2},
])  # fmt: skip
def test_what_waits_is_whole_beside_the_schedule(qtbot: QtBot, totals: dict[str, int]) -> None:
    view = card(totals)
    last, following = line(view, _ROOM)
    assert f"{totals['parked']:,} to correct" in last
    assert following in ("", view.following)
    # Where there is still less room, the schedule goes first.
    vital = QFontMetrics(fonts.font(11)).horizontalAdvance(f"{view.vital}, …")
    last, following = third_line(view, QFontMetrics(fonts.font(11)), vital + 9, 8)
    assert last.startswith(view.vital)
    assert following == ""


def test_all_is_said_where_there_is_room_and_to_who_listens(qtbot: QtBot) -> None:
    view = card({"created": 200, "updated": 640, "parked": 2})
    last, following = line(view, 900)
    assert last.endswith(": 2 to correct, 200 created, 640 updated")
    assert last in view.spoken
    assert following in view.spoken


def test_what_nobody_waits_for_is_cut_before_the_schedule(qtbot: QtBot) -> None:
    view = card({"created": 200_000, "updated": 640_000})
    last, following = line(view, _ROOM)
    assert last.endswith(": 200,000 created, …")
    assert following == view.following


def test_nothing_to_change_says_so(qtbot: QtBot) -> None:
    assert card({"unchanged": 3}).last.endswith(": nothing to change")
    assert card({"unchanged": 3, "parked": 1}).last.endswith(": 1 to correct")
