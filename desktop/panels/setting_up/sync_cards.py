"""Syncs: whether this computer runs what is due, and the mail server that tells about them."""

from PySide6.QtWidgets import QLineEdit

from desktop.panels.parts.announce import announce
from desktop.panels.parts.banner import Banner
from desktop.panels.parts.button import secondary
from desktop.panels.parts.card import Card
from desktop.panels.parts.label import label
from desktop.panels.setting_up.field_row import FieldRow
from desktop.panels.setting_up.rows import Labelled, note, row, show_trouble
from desktop.panels.setting_up.secret_field import SecretField
from desktop.panels.theme import fonts
from desktop.settings import sync_settings
from desktop.viewmodels.setting_up.mail import MailModel
from desktop.viewmodels.setting_up.timer import TimerModel
from desktop.viewmodels.settings_form import FormModel


class RunHereCard(Card):
    """The switch of this computer, and the system's timer for when everything is closed."""

    def __init__(self, model: TimerModel, form: FormModel) -> None:
        super().__init__("Syncs that run by themselves")
        self._model = model
        self.rows = {sync_settings.RUN_HERE.key: FieldRow(form, sync_settings.RUN_HERE.key)}
        self._words = label("", wrap=True)
        self.button = secondary("Run also when closed", name="Run syncs also when closed")
        self._told = note()
        self._told.hide()
        self._banner = Banner()
        self._banner.hide()
        self.body.setSpacing(fonts.scaled(8))
        for field in self.rows.values():
            self.add(field)
        self.add(row(self._words, self.button))
        self.add(self._told)
        self.add(self._banner)
        self.button.clicked.connect(model.press)
        model.changed.connect(self._show)
        model.told.connect(self._on_told)
        self._show()

    def _show(self) -> None:
        view = self._model.view()
        self._words.setVisible(self._model.offered)
        self.button.setVisible(self._model.offered)
        self._words.setText(view.words)
        self.button.set_text(view.action)
        self.button.set_enabled(not view.why_not, view.why_not)
        show_trouble(self._banner, view.trouble)

    def _on_told(self, words: str) -> None:
        self._told.setText(words)
        self._told.show()
        announce(self, words)


class MailCard(Card):
    """The mail server's settings, its password, and a trial; what was typed is cleared."""

    ROWS = (
        sync_settings.MAIL_HOST,
        sync_settings.MAIL_PORT,
        sync_settings.MAIL_SECURITY,
        sync_settings.MAIL_USER,
        sync_settings.MAIL_FROM,
    )

    def __init__(self, model: MailModel, form: FormModel) -> None:
        super().__init__("E-mail about syncs")
        self._model = model
        self.rows = {setting.key: FieldRow(form, setting.key) for setting in self.ROWS}
        self.password = SecretField("Password of the mail server")
        self.keep = secondary("Keep", name="Keep the password of the mail server")
        self.forget = secondary("Forget it", name="Forget the password of the mail server")
        self._kept = label("", "strong", wrap=True, tone="ok")
        self._password_row = Labelled("Password", "Goes to the keyring alone.", self.password)
        self.address = QLineEdit()
        self.address.setAccessibleName("Address for a trial")
        self.address.setObjectName("Address for a trial")
        self.trial = secondary("Send a trial", name="Send a trial")
        self._banner = Banner()
        self._banner.hide()
        self._lay_out()
        self.keep.clicked.connect(self._on_keep)
        self.forget.clicked.connect(model.forget)
        self.password.field.returnPressed.connect(self._on_keep)
        self.trial.clicked.connect(self._on_trial)
        self.address.returnPressed.connect(self._on_trial)
        model.changed.connect(self._show)
        model.told.connect(self._on_told)
        self._show()

    def _lay_out(self) -> None:
        self.body.setSpacing(fonts.scaled(8))
        self.add(note("Each sync says whom it tells, and whether only of failures."))
        for field in self.rows.values():
            self.add(field)
        self.add(self._password_row)
        self.add(row(1, self.forget, self.keep))
        self.add(self._kept)
        self.add(Labelled("Trial", "Goes to this address.", self.address))
        self.add(row(1, self.trial))
        self.add(self._banner)

    def _show(self) -> None:
        view = self._model.view()
        self._password_row.setVisible(view.wanted)
        self.keep.setVisible(view.wanted)
        self.forget.setVisible(view.wanted and view.kept)
        self._kept.setText(f"✓ {view.kept_words}" if view.kept else "")
        self._kept.setVisible(view.wanted and view.kept)
        why_not = "Something is under way." if view.busy else ""
        for button in (self.keep, self.forget):
            button.set_enabled(not why_not, why_not)
        why_not = why_not or ("" if view.ready else "There is no mail server yet.")
        self.trial.set_enabled(not why_not, why_not)
        show_trouble(self._banner, view.trouble)

    def _on_keep(self) -> None:
        self._model.keep(self.password.text())

    def _on_trial(self) -> None:
        self._model.send_trial(self.address.text())

    def _on_told(self, words: str) -> None:
        self.password.clear()
        self.set_note(words)
        announce(self, words)
