"""The mail server of the syncs: its password goes to the keyring, and a trial says if it works."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from desktop.connect.desk import Desk
from desktop.kit.errors import AppError, BadInput
from desktop.kit.text import translate
from desktop.settings import reading, sync_settings
from desktop.vault.secret import Secret
from desktop.viewmodels.setting_up.trouble import NONE, Trouble, trouble_of
from desktop.viewmodels.settings_office import SettingsOffice
from desktop.viewmodels.tasks import Tasks


@dataclass(frozen=True)
class MailView:
    """`kept` says that there is a password; it is never shown again. `wanted`: a user signs in."""

    kept: bool
    kept_words: str
    wanted: bool
    busy: bool
    ready: bool
    trouble: Trouble


class MailModel(QObject):
    """The password passes through to the keyring and is not held here."""

    changed = Signal()
    told = Signal(str)

    def __init__(self, office: SettingsOffice, desk: Desk) -> None:
        super().__init__()
        self._office, self._desk = office, desk
        self.tasks = Tasks(self._on_trouble)
        self._kept = False
        self._busy = False
        self._trouble: Trouble = NONE

    def view(self) -> MailView:
        """Build the card."""
        get = self._office.values.get
        return MailView(
            kept=self._kept,
            kept_words=f"The password is {self._desk.vault.words}." if self._kept else "",
            wanted=bool(get(sync_settings.MAIL_USER)),
            busy=self._busy,
            ready=bool(get(sync_settings.MAIL_HOST)),
            trouble=self._trouble,
        )

    def look(self) -> None:
        """Ask the keyring whether there is a password, where one is needed."""
        if self.view().wanted and not self.tasks.runs("look"):
            self.tasks.start("look", self._look())

    def keep(self, password: str) -> None:
        """Keep the password."""
        if self._begin():
            self.tasks.start("work", self._keep(password))

    def forget(self) -> None:
        """Forget the password."""
        if self._begin():
            self.tasks.start("work", self._forget())

    def send_trial(self, address: str) -> None:
        """Send a letter there."""
        if self._begin():
            self.tasks.start("work", self._send(address))

    def refresh(self) -> None:
        """The settings are others now."""
        self.changed.emit()

    async def close(self) -> None:
        """End what runs."""
        await self.tasks.close()

    def _begin(self) -> bool:
        if self._busy:
            return False
        self._busy, self._trouble = True, NONE
        self.changed.emit()
        return True

    def _done(self, words: str) -> None:
        self._busy = False
        self.changed.emit()
        self.told.emit(words)

    async def _look(self) -> None:
        self._kept = bool(await self._desk.vault.get(Secret.SMTP_PASSWORD))
        self.changed.emit()

    async def _keep(self, password: str) -> None:
        await self._desk.vault.set(Secret.SMTP_PASSWORD, password)
        self._kept = True
        self._done(translate("Mail", "The password is kept."))

    async def _forget(self) -> None:
        await self._desk.vault.delete(Secret.SMTP_PASSWORD)
        self._kept = False
        self._done(translate("Mail", "The password is forgotten."))

    async def _send(self, address: str) -> None:
        from desktop.connect.mail import send_trial

        to = reading.email(address)
        if not to:
            raise BadInput(translate("Mail", "Say where the trial goes to."))
        await send_trial(self._desk, self._office.values, to)
        self._done(translate("Mail", "The mail server took the trial."))

    def _on_trouble(self, error: AppError) -> None:
        self._busy = False
        self._trouble = trouble_of(error)
        self.changed.emit()
