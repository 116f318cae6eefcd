"""Keys in the rows of a preview: ranges, what is selected, and names by their first letters."""

import pytest
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication

from desktop.panels.syncs.plan_row_geometry import field_name_width
from desktop.panels.theme import fonts
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from tests.support.sync_page_driver import SyncPageDriver
from tests.support.window_driver import CTRL, SHIFT, Key
from tests.window.syncs.test_sync_plan_table import made_plan, row, shown

NAMES = ("Ruby Smith", "Élodie Durand", "Rosa Ortega", "Ruby Stone", "Zoë Zielińska", "Rune Berg")


async def open_rows(window: SyncPageDriver, count: int = 400) -> None:
    """A preview of so many rows, more than the pages that are read at first; the keyboard on it."""
    await window.add_preset()
    rows = [row(n, name=f"Person {n:04}") for n in range(1, count - len(NAMES) + 1)]
    rows += [row(count - len(NAMES) + 1 + n, name=name) for n, name in enumerate(NAMES)]
    made_plan(window, rows)
    await shown(window, count)
    window.rows.setFocus()
    window.rows.select_row(0)


def summary(window: SyncPageDriver) -> str:
    return window.page.plan_tab.summary_label.full_text()


async def test_shift_with_home_and_end_selects_the_range(window: SyncPageDriver) -> None:
    await open_rows(window)
    window.rows.select_row(10)
    window.press(Key.Key_End, SHIFT)
    assert (window.rows.selected_count(), window.rows.current_row()) == (390, 399)
    assert summary(window) == "390 of 400 rows selected"
    window.press(Key.Key_Home, SHIFT)
    assert (window.rows.selected_count(), window.rows.current_row()) == (11, 0)
    window.press(Key.Key_Home)
    assert window.rows.selected_count() == 1
    assert summary(window) == "400 rows"


async def test_selection_is_counted_and_never_overstated(window: SyncPageDriver) -> None:
    await open_rows(window)
    window.press(Key.Key_A, CTRL)
    assert summary(window) == "All 400 rows selected"
    window.press(Key.Key_Down, SHIFT)
    window.press(Key.Key_Down, SHIFT)
    assert summary(window) == f"{window.rows.selected_count()} of 400 rows selected"
    window.press(Key.Key_Home)
    assert summary(window) == "400 rows"


async def test_control_with_space_selects_and_ticks_nothing(window: SyncPageDriver) -> None:
    await open_rows(window)
    window.press(Key.Key_Down, CTRL)
    window.press(Key.Key_Down, CTRL)
    window.press(Key.Key_Space, CTRL)
    await window.pause(0.1)
    assert window.rows.selected_count() == 2
    assert window.models.plan.tick_counts == (400, 400)


@pytest.mark.parametrize(
    ("letters", "name"),
    [
        ("ru", "Ruby Smith"),
        ("ruby st", "Ruby Stone"),
        ("zo", "Zoë Zielińska"),
        ("el", "Élodie Durand"),
        ("person 0300", "Person 0300"),
    ],
)
async def test_first_letters_find_a_name_whose_page_is_not_read(
    window: SyncPageDriver, letters: str, name: str
) -> None:
    await open_rows(window)
    asked = len(window.models.plan.table_model.cached_pages())
    for letter in letters:
        window.press(Key.Key_Space) if letter == " " else window.type(letter)
    await window.wait_until(
        lambda: (
            (found := window.models.plan.table_model.row_at(window.rows.current_row())) is not None
            and found.name == name
        )
    )
    # Nothing was ticked by the space inside of a name, and no page was read for nothing.
    assert window.models.plan.tick_counts == (400, 400)
    assert len(window.models.plan.table_model.cached_pages()) <= asked + 3


async def test_same_letter_goes_on_to_the_next_name(window: SyncPageDriver) -> None:
    await open_rows(window, 12)
    window.models.plan.set_filter(PlanFilter())
    found = []
    for _ in range(4):
        window.rows._typing_timer.stop()
        window.rows._typed = ""
        before = window.rows.current_row()
        window.type("r")
        await window.wait_until(lambda before=before: window.rows.current_row() != before)
        view = window.models.plan.table_model.row_at(window.rows.current_row())
        assert view is not None
        found.append(view.name)
    assert found == ["Ruby Smith", "Rosa Ortega", "Ruby Stone", "Rune Berg"]


async def test_undo_key_brings_discarded_preview_back(window: SyncPageDriver) -> None:
    await open_rows(window, 20)
    window.press(Key.Key_Space)
    await window.wait_until(lambda: window.models.plan.tick_counts == (19, 20))
    window.click("Discard")
    await window.wait_until(lambda: "Preview discarded" in window.visible_texts(window.page))
    window.press(Key.Key_Z, CTRL)
    await shown(window, 20)
    await window.wait_until(lambda: window.models.plan.tick_counts == (19, 20))
    assert "There is nothing to undo right now." not in window.visible_texts()


def test_names_of_fields_are_whole_where_the_row_has_room(qapp: QApplication) -> None:
    metrics = QFontMetrics(fonts.font())
    for title in ("Last ticket created", "Last ticket priority", "Number of tickets"):
        assert metrics.horizontalAdvance(title) + fonts.scaled(6) <= field_name_width(620), title
    # Where there is little, values keep most of it.
    assert field_name_width(300) == fonts.scaled(104)
