"""The conditions of a mapping in a narrow window: under each other, and none cut."""

from PySide6.QtWidgets import QWidget

from desktop.panels.syncs.condition_editor import ConditionEditorRow
from tests.support.sync_page_driver import SyncPageDriver


async def test_condition_is_whole_when_first_shown_in_a_narrow_window(
    window: SyncPageDriver,
) -> None:
    window.view.resize(392, 860)
    await window.add_preset("high-value-tagging")
    window.show_mapping()
    await window.wait_until(lambda: window.page.findChildren(ConditionEditorRow))
    rows = [one for one in window.page.findChildren(ConditionEditorRow) if one.isVisible()]
    assert rows
    await window.pause(0.2)
    for row in rows:
        for part in (row.field_picker, row.test_dropdown, row.value_edit):
            assert isinstance(part, QWidget)
            assert part.height() >= part.minimumSizeHint().height(), part.accessibleName()
            assert part.mapTo(row, part.rect().bottomLeft()).y() < row.height()
