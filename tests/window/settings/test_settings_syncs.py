"""Settings › Syncs: the switch, the system's timer, the mail server and its password."""

import asyncio

from PySide6.QtWidgets import QLineEdit

from desktop.kit.errors import StoreKnown
from desktop.panels.setting_up.sync_cards import MailCard, RunHereCard
from desktop.settings import sync_settings
from desktop.vault.secret import Secret
from desktop.viewmodels.setting_up.timer import TimerModel
from tests.window.at_work import bury, soon, until
from tests.window.careful import cut_off, unnamed
from tests.window.settings.settings_desk import Office

PASSWORD = "canary pass 4711"


class System:
    """The operating system's timer."""

    def __init__(self) -> None:
        self.there = False
        self.refuses = False

    def install(self) -> str:
        if self.refuses:
            raise StoreKnown("The system did not take the timer.", "It said no.")
        self.there = True
        return "The system looks every five minutes."

    def remove(self) -> str:
        self.there = False
        return "The system runs nothing any more."

    def installed(self) -> bool:
        return self.there


def cards(admin: Office) -> tuple[RunHereCard, MailCard]:
    admin.page.show_section("syncs")
    here, mail = admin.page.cards["syncs"]
    assert isinstance(here, RunHereCard)
    assert isinstance(mail, MailCard)
    return here, mail


async def test_everything_has_a_name_and_nothing_is_cut_off(admin: Office) -> None:
    cards(admin)
    for width in (1060, 420):
        admin.window.resize(width, 760)
        await asyncio.sleep(0.05)
        assert unnamed(admin.window) == []
        assert cut_off(admin.window) == []


async def test_one_button_has_the_system_run_what_is_due(admin: Office) -> None:
    system = System()
    model = TimerModel(admin.house.live, system)
    card = RunHereCard(model, admin.model.form)
    card.show()
    model.look()
    await until(lambda: "nothing runs" in model.view().words and model.view().why_not != "")
    await until(lambda: "does not run what is due" in model.view().why_not)
    card.button.click()
    assert not system.there
    admin.house.live.change({sync_settings.RUN_HERE.key: True})
    model.refresh()
    await until(lambda: card.button.isEnabled())
    system.refuses = True
    card.button.click()
    await until(lambda: bool(model.view().trouble))
    assert not system.there
    system.refuses = False
    card.button.click()
    await until(lambda: model.view().action == "Stop that")
    assert system.there
    card.button.click()
    await until(lambda: model.view().action == "Run also when closed")
    assert not system.there
    await model.close()
    card.close()
    await bury(card, model)


async def test_the_password_goes_to_the_vault_and_nowhere_else(admin: Office) -> None:
    _, mail = cards(admin)
    vault = admin.house.live.desk.vault
    assert not mail.password.isVisible()
    user = mail.rows[sync_settings.MAIL_USER.key].field()
    assert isinstance(user, QLineEdit)
    user.setText("lee@desk.example")
    user.editingFinished.emit()
    await until(lambda: mail.password.isVisible())
    mail.password.field.setText(PASSWORD)
    mail.keep.click()
    await until(lambda: admin.model.mail.view().kept)
    assert await soon(vault.get(Secret.SMTP_PASSWORD)) == PASSWORD
    assert mail.password.text() == ""
    for path in admin.house.workspace.folder.rglob("*"):
        assert not path.is_file() or PASSWORD.encode() not in path.read_bytes(), path
    # A second press keeps what is there: nothing is no password.
    mail.keep.click()
    await until(lambda: bool(admin.model.mail.view().trouble))
    assert await soon(vault.get(Secret.SMTP_PASSWORD)) == PASSWORD
    mail.forget.click()
    await until(lambda: not admin.model.mail.view().kept)
    assert await soon(vault.get(Secret.SMTP_PASSWORD)) is None


async def test_a_trial_says_what_is_missing(admin: Office) -> None:
    _, mail = cards(admin)
    assert not mail.trial.isEnabled()
    assert "no mail server" in mail.trial.accessibleDescription()
    admin.house.live.change(
        {"mail.host": "127.0.0.1", "mail.port": 1, "mail.security": "none", "mail.from": "a@b.c"}
    )
    await until(lambda: mail.trial.isEnabled())
    mail.trial.click()
    await until(lambda: bool(admin.model.mail.view().trouble))
    assert "where the trial goes" in admin.model.mail.view().trouble.title
    mail.address.setText("lee@desk.example")
    mail.trial.click()
    await until(lambda: "cannot be reached" in admin.model.mail.view().trouble.title)
