"""The section Data sources: gallery, one source's view, its name, the way out, the set-up."""

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.audience.data_service import DataStatus
from desktop.model.data_source import DataSourceKind, DataSourceState
from desktop.panels.settings.data_sources_section import DataSourcesSection
from desktop.panels.settings.leave_source_dialog import LeaveSourceDialog
from desktop.panels.widgets.confirmation_dialog import ConfirmationDialog
from desktop.store.data_source_repository import ReadingState
from desktop.viewmodels.audience.audience_page_model import READING_STOPPED
from desktop.viewmodels.settings.data_sources_model import SETUP_STEPS
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.settings_page_driver import SettingsPageDriver
from tests.support.window_workspace import wait_until


async def open_section(driver: SettingsPageDriver) -> DataSourcesSection:
    driver.page.show_section("sources")
    driver.window.show()
    section = driver.page.data_sources
    assert section is not None
    await wait_until(driver.model.sources.rows)
    return section


async def test_gallery_finds_by_word_and_category_and_says_what_each_needs(
    admin_page: SettingsPageDriver,
) -> None:
    section = await open_section(admin_page)
    gallery, model = section.gallery, admin_page.model.sources
    assert [row.kind for row in model.rows()] == list(DataSourceKind)
    assert {row.kind: row.action for row in model.rows()}[DataSourceKind.EVENTS] == "Get started"
    assert all(row.needs for row in model.rows() if row.action == "Get started")
    gallery.search_edit.setText("leads")
    gallery.search_edit.typed.emit("leads")
    assert [row.kind for row in model.rows()] == [DataSourceKind.SELL]
    model.search("", "Marketing")
    assert list(gallery.buttons) == [DataSourceKind.SAILTHRU]
    assert controls_without_name(gallery) == []
    assert clipped_texts(gallery) == []


async def test_source_is_renamed_in_place_and_left_after_a_question(
    admin_page: SettingsPageDriver,
) -> None:
    section = await open_section(admin_page)
    model, detail = admin_page.model.sources, section.detail
    section.gallery.buttons[DataSourceKind.SAILTHRU].click()  # type: ignore[attr-defined]
    await wait_until(lambda: model.view() is not None and detail.isVisible())
    assert not section.gallery.isVisible()
    assert controls_without_name(detail) == []
    # Esc keeps the name, Enter saves it.
    for key, wanted in ((Qt.Key.Key_Escape, "Sailthru"), (Qt.Key.Key_Return, "Acme mail")):
        detail.rename_button.click()
        detail.name_edit.set_value("Acme mail")
        QTest.keyClick(detail.name_edit, key)
        await wait_until(lambda wanted=wanted: detail.name_label.text() == wanted)  # type: ignore[misc]
    for state, answer in ((DataSourceState.CONNECTED, "cancel"),
                          (DataSourceState.DISCONNECTED, "confirm")):  # fmt: skip
        # Off while the former act is under way.
        await wait_until(detail.step_button.isEnabled)
        detail.step_button.click()
        await wait_until(
            lambda: [w for w in admin_page.window.findChildren(ConfirmationDialog) if w.isVisible()]
        )
        question = admin_page.window.findChildren(ConfirmationDialog)[-1]
        assert question.windowTitle() == "Disconnect “Acme mail”?"
        getattr(question, f"{answer}_button").click()
        await wait_until(
            lambda state=state: (
                (view := model.view()) is not None  # type: ignore[misc]
                and view.state == state.label
            )
        )
    await wait_until(lambda: admin_page.house.session.clients.zendesk is not None)
    assert admin_page.house.session.clients.sailthru is None
    # Zendesk is archived along with it, while it still says that an admin does it.
    model.open_source(DataSourceKind.SUPPORT)
    await wait_until(lambda: detail.step_button.text() == "Disconnect…")
    await wait_until(detail.step_button.isEnabled)
    detail.step_button.click()
    await wait_until(
        lambda: [w for w in admin_page.window.findChildren(LeaveSourceDialog) if w.isVisible()]
    )
    way = admin_page.window.findChildren(LeaveSourceDialog)[-1]
    assert [row.accessibleName() for row in way.rows] == [
        "Disconnect", "Disconnect and archive", "Disconnect, archive and delete",
    ]  # fmt: skip
    assert controls_without_name(way) == clipped_texts(way) == []
    way.rows[1].click()
    assert way.confirm_button.plain_text() == "Disconnect and archive"
    way.confirm_button.click()
    await wait_until(
        lambda: (view := model.view()) is not None and view.state == DataSourceState.ARCHIVED.label
    )


async def test_connecting_goes_through_the_forms_of_the_settings(
    admin_page: SettingsPageDriver,
) -> None:
    section = await open_section(admin_page)
    model = admin_page.model.sources
    # The one that is connected already is opened instead.
    model.set_up(DataSourceKind.SUPPORT)
    assert (model.opened, model.setting_up) == (DataSourceKind.SUPPORT, None)
    for kind, steps in SETUP_STEPS.items():
        model.open_source(None)
        model.setting_up, model.step_index = kind, 0
        for place in range(len(steps)):
            model.go_to_step(place)
            shown = [page.isVisible() for page in section.setup.pages]
            assert shown == [n == place for n in range(len(steps))], (kind, place)
    model.setting_up = DataSourceKind.SUPPORT
    model.go_to_step(5)
    await wait_until(lambda: model.first_run)
    assert "opted in to nothing" in " ".join(model.first_run)


class EndlessReading:
    """A reading process that runs until it is stopped."""

    exit_code: int | None = None

    def stop(self) -> None:
        self.exit_code = -15


async def test_reading_begun_here_shows_how_far_it_is_and_can_be_stopped(
    admin_page: SettingsPageDriver,
) -> None:
    section = await open_section(admin_page)
    model, detail, reading = admin_page.model.sources, section.detail, EndlessReading()
    use_cases, rows_read = model._use_cases, 0
    assert use_cases is not None

    async def read_status() -> DataStatus:
        return DataStatus((ReadingState("users", rows_read=rows_read, expected=9_000),), 0, 0, 0, 0)

    model._use_cases = replace(
        use_cases, read_status=read_status, start_reading=lambda _is_full: reading
    )
    model.open_source(DataSourceKind.SUPPORT)
    await wait_until(detail.catch_up_button.isVisible)
    assert not detail.stop_reading_button.isVisible()
    detail.catch_up_button.click()
    assert detail.stop_reading_button.isVisible()
    assert not detail.catch_up_button.isVisible()
    rows_read = 1_200
    await wait_until(lambda: (view := model.view()) is not None and "1,200" in view.readings[0][1])
    detail.stop_reading_button.click()
    await wait_until(detail.catch_up_button.isVisible)
    assert reading.exit_code is not None
    assert not detail.stop_reading_button.isVisible()
    assert detail.result_note.text() == READING_STOPPED
