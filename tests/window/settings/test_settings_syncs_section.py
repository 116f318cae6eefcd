"""Settings › Syncs: the switch, the system's timer, the mail server and its password."""

from PySide6.QtWidgets import QLineEdit

from desktop.kit.errors import StorageError
from desktop.panels.settings.mail_server_card import MailServerCard
from desktop.panels.settings.scheduled_runs_card import ScheduledRunsCard
from desktop.settings import sync_settings
from desktop.vault.secret import Secret
from desktop.viewmodels.settings.system_timer_model import SystemTimerModel
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.settings_page_driver import SettingsPageDriver
from tests.support.window_workspace import await_with_timeout, delete_qt_objects, wait_until

PASSWORD = "canary pass 4711"


class System:
    """The operating system's timer."""

    def __init__(self) -> None:
        self.there = False
        self.refuses = False

    def install(self) -> str:
        if self.refuses:
            raise StorageError("The system did not take the timer.", "It said no.")
        self.there = True
        return "The system looks every five minutes."

    def remove(self) -> str:
        self.there = False
        return "The system runs nothing any more."

    def is_installed(self) -> bool:
        return self.there


def cards(admin: SettingsPageDriver) -> tuple[ScheduledRunsCard, MailServerCard]:
    admin.page.show_section("syncs")
    here, mail = admin.page.cards["syncs"]
    assert isinstance(here, ScheduledRunsCard)
    assert isinstance(mail, MailServerCard)
    return here, mail


async def test_syncs_section_controls_have_names_and_texts_fit(
    admin_page: SettingsPageDriver,
) -> None:
    cards(admin_page)
    for width in (1060, 420):
        admin_page.window.resize(width, 760)
        await wait_until(lambda: clipped_texts(admin_page.window) == [])
        assert controls_without_name(admin_page.window) == []


async def test_syncs_section_button_installs_system_timer(admin_page: SettingsPageDriver) -> None:
    system = System()
    model = SystemTimerModel(admin_page.house.session, system)
    card = ScheduledRunsCard(model, admin_page.model.form)
    card.show()
    model.load_status()
    await wait_until(
        lambda: "Nothing runs" in model.view().status_text and model.view().disabled_reason != ""
    )
    await wait_until(lambda: "Scheduled syncs don't run" in model.view().disabled_reason)
    card.timer_button.click()
    assert not system.there
    admin_page.house.session.change_settings({sync_settings.RUN_DUE_SYNCS_HERE.key: True})
    model.refresh()
    await wait_until(lambda: card.timer_button.isEnabled())
    system.refuses = True
    card.timer_button.click()
    await wait_until(lambda: bool(model.view().error))
    assert not system.there
    system.refuses = False
    card.timer_button.click()
    await wait_until(lambda: model.view().action_label == "Stop that")
    assert system.there
    card.timer_button.click()
    await wait_until(lambda: model.view().action_label == "Run also when closed")
    assert not system.there
    await model.close()
    card.close()
    await delete_qt_objects(card, model)


async def test_syncs_section_mail_password_is_stored_in_vault_only(
    admin_page: SettingsPageDriver,
) -> None:
    _, mail = cards(admin_page)
    vault = admin_page.house.session.connection_config.vault
    assert not mail.password_field.isVisible()
    user = mail.form.rows[sync_settings.MAIL_USER.key].control
    assert isinstance(user, QLineEdit)
    user.setText("lee@desk.example")
    user.editingFinished.emit()
    await wait_until(lambda: mail.password_field.isVisible())
    mail.password_field.field.setText(PASSWORD)
    mail.save_password_button.click()
    await wait_until(lambda: admin_page.model.mail.view().has_password)
    assert await await_with_timeout(vault.get(Secret.SMTP_PASSWORD)) == PASSWORD
    assert mail.password_field.text() == ""
    for path in admin_page.house.workspace.folder.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path
    # A second press keeps what is there: nothing is no password.
    mail.save_password_button.click()
    await wait_until(lambda: bool(admin_page.model.mail.view().error))
    assert await await_with_timeout(vault.get(Secret.SMTP_PASSWORD)) == PASSWORD
    mail.delete_password_button.click()
    await wait_until(lambda: not admin_page.model.mail.view().has_password)
    assert await await_with_timeout(vault.get(Secret.SMTP_PASSWORD)) is None


async def test_syncs_section_test_mail_names_missing_setting(
    admin_page: SettingsPageDriver,
) -> None:
    _, mail = cards(admin_page)
    assert not mail.send_test_button.isEnabled()
    assert "no mail server" in mail.send_test_button.accessibleDescription()
    admin_page.house.session.change_settings(
        {"mail.host": "127.0.0.1", "mail.port": 1, "mail.security": "none", "mail.from": "a@b.c"}
    )
    await wait_until(lambda: mail.send_test_button.isEnabled())
    mail.send_test_button.click()
    await wait_until(lambda: bool(admin_page.model.mail.view().error))
    assert "an address for the test" in admin_page.model.mail.view().error.title
    mail.test_address_field.setText("lee@desk.example")
    mail.send_test_button.click()
    await wait_until(lambda: "cannot be reached" in admin_page.model.mail.view().error.title)
