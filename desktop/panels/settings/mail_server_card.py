"""Card of the mail server that sends notifications of syncs: settings, password, test e-mail."""

from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.settings.settings_form import SettingsForm
from desktop.panels.widgets.box_layout import hbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.form import Form
from desktop.panels.widgets.label import label
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.secret_field import SecretField
from desktop.panels.widgets.text_field import TextField
from desktop.settings import sync_settings
from desktop.viewmodels.form import FieldKind, FormField
from desktop.viewmodels.settings.mail_server_model import MailServerModel
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel

_SETTINGS = (
    sync_settings.MAIL_HOST,
    sync_settings.MAIL_PORT,
    sync_settings.MAIL_SECURITY,
    sync_settings.MAIL_USER,
    sync_settings.MAIL_FROM,
)
_PASSWORD = FormField(
    "password",
    "Password",
    FieldKind.SECRET,
    name="Password of the mail server",
    help="Saved in the keyring only.",
)
_TEST_ADDRESS = FormField(
    "address",
    "Test e-mail",
    name="Address for a test e-mail",
    help="The test e-mail goes to this address.",
)


class MailServerCard(SettingsCard):
    """Widget of the mail server card; its password field is cleared once the keyring has it."""

    def __init__(self, model: MailServerModel, form: SettingsFormModel) -> None:
        super().__init__("E-mail about syncs")
        self._model = model
        self.form = SettingsForm(form, [setting.key for setting in _SETTINGS])
        self._password_form = Form([_PASSWORD])
        self.password_field = self._password_form.control("password", SecretField)
        self.save_password_button = secondary_button(
            "Save", name="Save the password of the mail server"
        )
        self.delete_password_button = secondary_button(
            "Delete it", name="Delete the password of the mail server"
        )
        self._kept_password_label = label("", "strong", wrap=True, tone="ok")
        self._test_form = Form([_TEST_ADDRESS])
        self.test_address_field = self._test_form.control("address", TextField)
        self.send_test_button = secondary_button("Send test", name="Send test")
        self.add_rows(
            label("Each sync's schedule says who is notified, and when.", "note", wrap=True),
            self.form,
            self._password_form,
            hbox(1, self.delete_password_button, self.save_password_button),
            self._kept_password_label,
            self._test_form,
            hbox(1, self.send_test_button),
            self.error_banner,
        )
        self.save_password_button.clicked.connect(self._on_save_password)
        self.delete_password_button.clicked.connect(model.forget_password)
        self.password_field.field.returnPressed.connect(self._on_save_password)
        self.send_test_button.clicked.connect(self._on_send_test)
        self.test_address_field.returnPressed.connect(self._on_send_test)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self._on_message_posted)
        self._on_changed()

    def _on_changed(self) -> None:
        view = self._model.view()
        has_password = view.needs_password and view.has_password
        for part, shown in (
            (self._password_form, view.needs_password),
            (self.save_password_button, view.needs_password),
            (self.delete_password_button, has_password),
            (self._kept_password_label, has_password),
        ):
            part.setVisible(shown)
        self._kept_password_label.setText(view.password_text)
        for button in (self.save_password_button, self.delete_password_button):
            button.set_enabled(not view.busy_text, view.busy_text)
        self.send_test_button.set_enabled(not view.test_disabled_reason, view.test_disabled_reason)
        self.show_error(view.error)

    def _on_save_password(self) -> None:
        self._model.save_password(self.password_field.text())

    def _on_send_test(self) -> None:
        self._model.send_test_mail(self.test_address_field.text())

    def _on_message_posted(self, text: str) -> None:
        # Also after a test e-mail: nothing typed stays on screen longer than needed.
        self.password_field.clear()
        self.set_note(text)
        announce(self, text)
