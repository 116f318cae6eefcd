"""Card that connects Sailthru: API key and secret, account settings, and what the key may do."""

from desktop.panels.settings.account_move_question import AccountMoveQuestion
from desktop.panels.settings.connection_check_list import ConnectionCheckList
from desktop.panels.settings.copyable_text import CopyableText
from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.settings.settings_form import SettingsForm
from desktop.panels.theme.design_tokens import ROW_GAP
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.check_box import CheckBox
from desktop.panels.widgets.fold_button import FoldButton
from desktop.panels.widgets.form import Form
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.secret_field import SecretField
from desktop.panels.widgets.visibility import set_shown
from desktop.settings import settings_table
from desktop.viewmodels.form import FieldKind, FormField
from desktop.viewmodels.settings.sailthru_connection_model import (
    KEY_LOCATION_HINT,
    SHARED_KEY_WARNING,
    SailthruConnectionModel,
)
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel

_KEY_FIELDS = (
    FormField("key", "API key", FieldKind.SECRET, help=KEY_LOCATION_HINT),
    FormField("secret", "API secret", FieldKind.SECRET),
    FormField("dedicated", "This key is only for Fairlead", FieldKind.CHECK_BOX),
)
_ACCOUNT_SETTINGS = (
    settings_table.CUSTOMER_TYPE,
    settings_table.TIMEZONE,
    settings_table.CURRENCY,
)


class SailthruConnectionCard(SettingsCard):
    """Widget of the Sailthru card; its key fields are cleared once the keyring has them."""

    def __init__(self, model: SailthruConnectionModel, form: SettingsFormModel) -> None:
        super().__init__("Sailthru")
        self._model, self._form_model = model, form
        self._is_replacing_key = False
        self._kept_key_label = label("", "strong", wrap=True, tone="ok")
        self.replace_button = secondary_button("Replace the key…", name="Replace the key…")
        self._warning_label = label(SHARED_KEY_WARNING, wrap=True, tone="warn")
        self.support_text = CopyableText("Text to Sailthru")
        self.key_form = Form(_KEY_FIELDS, spacing=ROW_GAP)
        self.key_field = self.key_form.control("key", SecretField)
        self.secret_field = self.key_form.control("secret", SecretField)
        self.dedicated_key_box = self.key_form.control("dedicated", CheckBox)
        self.dedicated_key_box.set_value(model.has_dedicated_key)
        self.form = SettingsForm(form, [s.key for s in _ACCOUNT_SETTINGS])
        self.advanced_button = FoldButton("Advanced")
        self.service_uri_form = SettingsForm(form, (settings_table.SERVICE_URI.key,))
        self.reset_uri_button = LinkButton(
            "Back to Sailthru's own address", name="Reset the Service URI"
        )
        self.test_button = secondary_button("Test and save", name="Test Sailthru")
        self.check_list = ConnectionCheckList("Test of Sailthru")
        self.add_rows(
            hbox(self._kept_key_label, self.replace_button),
            vbox(self._warning_label, self.support_text, self.key_form, spacing=ROW_GAP),
            self.form,
            self.advanced_button,
            self.service_uri_form,
            self.reset_uri_button,
            hbox(self.test_button, 1),
            self.error_banner,
            self.check_list,
        )
        self.account_move_question = AccountMoveQuestion(model, self)
        self._connect()
        # The address of the API is for test accounts; nobody else needs to see it.
        self._on_fold(True)
        self._on_changed()

    def _connect(self) -> None:
        self._model.changed.connect(self._on_changed)
        self._model.message_posted.connect(self._on_key_saved)
        self._model.input_refused.connect(self.key_form.focus_refused)
        self.key_form.edited.connect(self._on_edited)
        self.replace_button.clicked.connect(self._on_replace)
        self.test_button.clicked.connect(self._on_test)
        self.secret_field.field.returnPressed.connect(self._on_test)
        self.advanced_button.fold_requested.connect(self._on_fold)
        self.reset_uri_button.clicked.connect(self._on_reset)

    def _on_changed(self) -> None:
        view = self._model.view()
        enters_key = not view.has_key or self._is_replacing_key
        self._kept_key_label.setText(f"✓ {view.key_text}")
        set_shown(self._kept_key_label, bool(view.key_text))
        set_shown(self.replace_button, not enters_key)
        for part in (self._warning_label, self.support_text, self.key_form):
            set_shown(part, enters_key)
        self.support_text.set_text(view.key_request_text)
        self.set_note(view.note, view.note_tone)
        self.test_button.set_enabled(not view.is_busy, "The test is running.")
        self.test_button.set_text("Test and save" if enters_key else "Test")
        for path in self.key_form.rows:
            self.key_form.set_error(path, self._model.field_errors.get(path, ""))
        self.show_error(view.error)
        self.check_list.set_checks(view.checks)

    def _on_fold(self, folded: bool) -> None:
        self.advanced_button.set_folded(folded, "folded" if folded else "unfolded")
        set_shown(self.service_uri_form, not folded)
        set_shown(self.reset_uri_button, not folded)

    def _on_replace(self) -> None:
        self._is_replacing_key = True
        self._on_changed()
        self.key_field.setFocus()

    def _on_test(self) -> None:
        self._model.test_and_save_key(
            self.key_field.text(), self.secret_field.text(), own=self.dedicated_key_box.isChecked()
        )

    def _on_edited(self, path: str, _value: object) -> None:
        self._model.clear_field_error(path)

    def _on_reset(self) -> None:
        # The only setting of this card that is hard to type from memory.
        self._form_model.reset_setting(settings_table.SERVICE_URI.key)

    def _on_key_saved(self, text: str) -> None:
        self._is_replacing_key = False
        self.key_field.clear()
        self.secret_field.clear()
        self._on_changed()
        announce(self, text)
