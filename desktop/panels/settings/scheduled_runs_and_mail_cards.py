"""Syncs: whether this computer runs what is due, and the mail server that tells about them."""

from PySide6.QtWidgets import QLineEdit

from desktop.panels.settings.card_layout import (
    LabelledControl,
    control_row,
    show_error_banner,
    small_note,
)
from desktop.panels.settings.secret_field import SecretField
from desktop.panels.settings.setting_row import SettingRow
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.label import label
from desktop.panels.widgets.screen_reader import announce
from desktop.settings import sync_settings
from desktop.viewmodels.settings.mail_server_model import MailServerModel
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel
from desktop.viewmodels.settings.system_timer_model import SystemTimerModel


class ScheduledRunsCard(Card):
    """The switch of this computer, and the system's timer for when everything is closed."""

    def __init__(self, model: SystemTimerModel, form: SettingsFormModel) -> None:
        super().__init__("Syncs that run by themselves")
        self._model = model
        self.setting_rows = {
            sync_settings.RUN_DUE_SYNCS_HERE.key: SettingRow(
                form, sync_settings.RUN_DUE_SYNCS_HERE.key
            )
        }
        self._words = label("", wrap=True)
        self.timer_button = secondary_button(
            "Run also when closed", name="Run syncs also when closed"
        )
        self._result_note = small_note()
        self._result_note.hide()
        self._banner = Banner()
        self._banner.hide()
        self.body.setSpacing(fonts.scaled(8))
        for field in self.setting_rows.values():
            self.add(field)
        self.add(control_row(self._words, self.timer_button))
        self.add(self._result_note)
        self.add(self._banner)
        self.timer_button.clicked.connect(model.toggle_installed)
        model.changed.connect(self._show)
        model.message_posted.connect(self._on_announced)
        self._show()

    def _show(self) -> None:
        view = self._model.view()
        self._words.setVisible(self._model.is_available)
        self.timer_button.setVisible(self._model.is_available)
        self._words.setText(view.status_text)
        self.timer_button.set_text(view.action_label)
        self.timer_button.set_enabled(not view.disabled_reason, view.disabled_reason)
        show_error_banner(self._banner, view.error)

    def _on_announced(self, words: str) -> None:
        self._result_note.setText(words)
        self._result_note.show()
        announce(self, words)


class MailServerCard(Card):
    """The mail server's settings, its password, and a trial; what was typed is cleared."""

    SETTINGS = (
        sync_settings.MAIL_HOST,
        sync_settings.MAIL_PORT,
        sync_settings.MAIL_SECURITY,
        sync_settings.MAIL_USER,
        sync_settings.MAIL_FROM,
    )

    def __init__(self, model: MailServerModel, form: SettingsFormModel) -> None:
        super().__init__("E-mail about syncs")
        self._model = model
        self.setting_rows = {
            setting.key: SettingRow(form, setting.key) for setting in self.SETTINGS
        }
        self.password_field = SecretField("Password of the mail server")
        self.save_password_button = secondary_button(
            "Keep", name="Keep the password of the mail server"
        )
        self.delete_password_button = secondary_button(
            "Forget it", name="Forget the password of the mail server"
        )
        self._kept_password_label = label("", "strong", wrap=True, tone="ok")
        self._password_row = LabelledControl(
            "Password", "Goes to the keyring alone.", self.password_field
        )
        self.test_address_field = QLineEdit()
        self.test_address_field.setAccessibleName("Address for a trial")
        self.test_address_field.setObjectName("Address for a trial")
        self.send_test_button = secondary_button("Send a trial", name="Send a trial")
        self._banner = Banner()
        self._banner.hide()
        self._lay_out()
        self.save_password_button.clicked.connect(self._on_save_password)
        self.delete_password_button.clicked.connect(model.forget_password)
        self.password_field.field.returnPressed.connect(self._on_save_password)
        self.send_test_button.clicked.connect(self._on_send_test)
        self.test_address_field.returnPressed.connect(self._on_send_test)
        model.changed.connect(self._show)
        model.message_posted.connect(self._on_announced)
        self._show()

    def _lay_out(self) -> None:
        self.body.setSpacing(fonts.scaled(8))
        self.add(small_note("Each sync says whom it tells, and whether only of failures."))
        for field in self.setting_rows.values():
            self.add(field)
        self.add(self._password_row)
        self.add(control_row(1, self.delete_password_button, self.save_password_button))
        self.add(self._kept_password_label)
        self.add(LabelledControl("Trial", "Goes to this address.", self.test_address_field))
        self.add(control_row(1, self.send_test_button))
        self.add(self._banner)

    def _show(self) -> None:
        view = self._model.view()
        self._password_row.setVisible(view.needs_password)
        self.save_password_button.setVisible(view.needs_password)
        self.delete_password_button.setVisible(view.needs_password and view.has_password)
        self._kept_password_label.setText(f"✓ {view.password_text}" if view.has_password else "")
        self._kept_password_label.setVisible(view.needs_password and view.has_password)
        why_not = "Something is under way." if view.is_busy else ""
        for button in (self.save_password_button, self.delete_password_button):
            button.set_enabled(not why_not, why_not)
        why_not = why_not or ("" if view.can_send_test else "There is no mail server yet.")
        self.send_test_button.set_enabled(not why_not, why_not)
        show_error_banner(self._banner, view.error)

    def _on_save_password(self) -> None:
        self._model.save_password(self.password_field.text())

    def _on_send_test(self) -> None:
        self._model.send_test_mail(self.test_address_field.text())

    def _on_announced(self, words: str) -> None:
        self.password_field.clear()
        self.set_note(words)
        announce(self, words)
