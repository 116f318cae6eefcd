"""Always leaving somebody out: from a row of a preview, and in the sync's own list."""

from PySide6.QtWidgets import QLineEdit

from desktop.model.permission import Permission, Role
from desktop.model.sync_plan import PlannedOutcome
from desktop.settings.settings_table import PERMISSION_SETTINGS
from desktop.sync.sync_presets import SAILTHRU_TO_ZENDESK
from desktop.viewmodels.syncs.plan_filter import PlanFilter
from tests.support.sync_page_driver import TO_SAILTHRU, SyncPageDriver
from tests.support.window_driver import Key

MARIA = "maria@lopez.example"


def left_out(window: SyncPageDriver) -> list[tuple[str, str, str]]:
    people = window.house.store.sync_state.list_left_out.blocking(TO_SAILTHRU)
    return [(person.source_id, person.label, person.reason) for person in people]


async def type_into(window: SyncPageDriver, name: str, text: str) -> None:
    field = window.find_one(name, QLineEdit)
    field.setFocus()
    window.type(text)


async def test_row_is_left_out_at_once_and_included_again(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    window.click_row("Maria Lopez")
    await window.wait_until(lambda: window.find_all("Always leave out"))
    assert not window.find_one("Always leave out").isEnabled()
    await type_into(window, "Reason to always leave them out", "asked us to")
    window.save_screenshot("leave_out_row")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: window.fate(MARIA) is PlannedOutcome.SKIPPED)
    assert left_out(window) == [("7701", "Maria Lopez", "asked us to")]
    window.models.plan.set_filter(PlanFilter(fate="skipped"))
    await window.wait_until(lambda: row_names(window) == ["Phil Noel", "Maria Lopez"])
    await window.wait_until(lambda: not window.models.plan.tasks.is_running("facts"))
    window.click_row("Maria Lopez")
    await window.wait_until(lambda: window.find_all("Include this person again"))
    window.save_screenshot("left_out_row")
    await window.wait_for_text("always left out: asked us to")
    window.click("Include this person again")
    await window.wait_until(lambda: not left_out(window))


def row_names(window: SyncPageDriver) -> list[str]:
    table = window.models.plan.table_model
    rows = [table.row_at(place) for place in range(table.rowCount())]
    return [row.name for row in rows if row is not None]


async def test_sync_shows_its_list_and_adds_and_removes_by_keyboard(
    window: SyncPageDriver,
) -> None:
    await window.add_preset()
    await window.make_preview()
    window.show_mapping()
    card = window.page.mapping_tab.left_out_card
    assert card.note_label.full_text() == "nobody"
    await type_into(window, "Who to leave out", "no@body.example")
    await type_into(window, "Reason to always leave them out", "x")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: "No match in Zendesk" in window.visible_texts(card))
    assert left_out(window) == []
    window.find_one("Who to leave out", QLineEdit).clear()
    await type_into(window, "Who to leave out", MARIA)
    window.press(Key.Key_Return)
    await window.wait_until(lambda: left_out(window))
    await window.wait_until(lambda: card.note_label.full_text() == "1 person")
    # The fields are empty again, and the open preview writes nothing of them.
    assert window.find_one("Who to leave out", QLineEdit).text() == ""
    await window.wait_until(lambda: window.fate(MARIA) is PlannedOutcome.SKIPPED)
    await window.wait_for_text(MARIA, card)
    window.save_screenshot("left_out_card", card)
    window.click(f"Include {MARIA} again")
    await window.wait_until(lambda: not left_out(window))
    await window.wait_until(lambda: card.note_label.full_text() == "nobody")


async def test_refusal_after_a_change_of_sync_stays_off_the_other_form(
    window: SyncPageDriver,
) -> None:
    await window.add_preset(SAILTHRU_TO_ZENDESK)
    await window.add_preset()
    model = window.models.left_out
    told: list[object] = []
    model.failed.connect(told.append)
    model.add("no@body.example", "x")
    window.models.page.select_sync(SAILTHRU_TO_ZENDESK)
    await window.wait_until(lambda: not model.tasks.is_running("add"))
    assert model.view().error == ""
    assert len(told) == 1
    assert not model.view().disabled_reason


async def test_nobody_is_left_out_without_the_right_to_run_syncs(window: SyncPageDriver) -> None:
    model = window.models.left_out
    assert model.view().can_change
    runs = PERMISSION_SETTINGS[Role.ADMIN, Permission.RUNS].key
    window.house.session.change_settings({runs: False})
    assert not model.view().can_change
    assert model.view().disabled_reason


async def test_left_out_card_follows_the_rights(window: SyncPageDriver) -> None:
    await window.add_preset()
    await window.make_preview()
    window.show_mapping()
    card = window.page.mapping_tab.left_out_card
    window.models.left_out.add(MARIA, "asked us to")
    await window.wait_until(lambda: window.find_all(f"Include {MARIA} again"))
    runs = PERMISSION_SETTINGS[Role.ADMIN, Permission.RUNS].key
    window.house.session.change_settings({runs: False})
    await window.wait_until(lambda: not window.find_all(f"Include {MARIA} again"))
    refused = window.models.left_out.view().disabled_reason
    assert refused in card.form.button.toolTip()
    window.house.session.change_settings({runs: True})
    await window.wait_until(lambda: window.find_all(f"Include {MARIA} again"))
    assert refused not in card.form.button.toolTip()
