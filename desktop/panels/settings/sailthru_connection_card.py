"""Sailthru: key and secret, the account's own settings, and what the key may do."""

from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from desktop.panels.settings.card_layout import LabelledControl, control_row, show_error_banner
from desktop.panels.settings.connection_check_list import ConnectionCheckList
from desktop.panels.settings.copyable_text import CopyableText
from desktop.panels.settings.secret_field import SecretField
from desktop.panels.settings.setting_row import SettingRow
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.fold_button import FoldButton
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.screen_reader import announce
from desktop.settings import settings_table
from desktop.viewmodels.settings.sailthru_connection_model import (
    KEY_LOCATION_HINT,
    SHARED_KEY_WARNING,
    SailthruConnectionModel,
)
from desktop.viewmodels.settings.settings_form_model import SettingsFormModel


class SailthruConnectionCard(Card):
    """Draws the Sailthru card; what was typed is cleared once it is kept."""

    def __init__(self, model: SailthruConnectionModel, form: SettingsFormModel) -> None:
        super().__init__("Sailthru")
        self._model, self._form = model, form
        self._kept_key_label = label("", "strong", wrap=True, tone="ok")
        self.replace_button = secondary_button("Replace the key…", name="Replace the key…")
        self.key_field = SecretField("API key")
        self.secret_field = SecretField("API secret")
        self.dedicated_key_box = QCheckBox("This key is only for Fairlead")
        self.dedicated_key_box.setAccessibleName("This key is only for Fairlead")
        self.dedicated_key_box.setChecked(
            bool(form.field_view(settings_table.HAS_DEDICATED_KEY.key).value)
        )
        self._key_entry = self._create_key_entry()
        self.setting_rows = [
            SettingRow(form, row.key)
            for row in (
                settings_table.CUSTOMER_TYPE,
                settings_table.TIMEZONE,
                settings_table.CURRENCY,
            )
        ]
        self.setting_rows[1].set_completions(form.time_zones())
        self.advanced_button = FoldButton("Advanced")
        self.service_uri_row = SettingRow(form, settings_table.SERVICE_URI.key)
        self.reset_uri_button = LinkButton(
            "Back to Sailthru's own address", name="Reset the Service URI"
        )
        self.test_button = secondary_button("Test and keep", name="Test Sailthru")
        self._banner = Banner()
        self._banner.hide()
        self.check_list = ConnectionCheckList("Test of Sailthru")
        self._is_replacing_key = False
        self._lay_out()
        self._connect()
        self._on_fold(True)
        self._show()

    def _lay_out(self) -> None:
        self.body.setSpacing(fonts.scaled(8))
        self.add(control_row(self._kept_key_label, self.replace_button))
        self.add(self._key_entry)
        for field in self.setting_rows:
            self.add(field)
        self.add(self.advanced_button)
        self.add(self.service_uri_row)
        self.add(self.reset_uri_button)
        self.add(control_row(self.test_button, 1))
        self.add(self._banner)
        self.add(self.check_list)

    def _create_key_entry(self) -> QWidget:
        box = QWidget()
        column = QVBoxLayout(box)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(fonts.scaled(6))
        warning = label(SHARED_KEY_WARNING, wrap=True, tone="warn")
        self.support_text = CopyableText("Text to Sailthru")
        column.addWidget(warning)
        column.addWidget(self.support_text)
        column.addWidget(LabelledControl("API key", KEY_LOCATION_HINT, self.key_field))
        column.addWidget(LabelledControl("API secret", "", self.secret_field))
        column.addWidget(self.dedicated_key_box)
        return box

    def _connect(self) -> None:
        self._model.changed.connect(self._show)
        self._model.message_posted.connect(self._on_key_saved)
        self.replace_button.clicked.connect(self._on_replace)
        self.test_button.clicked.connect(self._on_test)
        self.secret_field.field.returnPressed.connect(self._on_test)
        self.advanced_button.fold_requested.connect(self._on_fold)
        self.reset_uri_button.clicked.connect(self._on_reset)

    def _show(self) -> None:
        view = self._model.view()
        self._kept_key_label.setText(f"✓ {view.key_text}")
        self._kept_key_label.setVisible(view.has_key)
        self.replace_button.setVisible(view.has_key and not self._is_replacing_key)
        self._key_entry.setVisible(not view.has_key or self._is_replacing_key)
        self.support_text.set_text(view.key_request_text)
        self.set_note(view.note, "bad" if view.note_tone == "bad" else "muted")
        testing = "The test is running."
        self.test_button.set_enabled(not view.is_busy, testing)
        self.test_button.set_text(
            "Test" if view.has_key and not self._is_replacing_key else "Test and keep"
        )
        show_error_banner(self._banner, view.error)
        self.check_list.set_checks(view.checks)

    def _on_fold(self, folded: bool) -> None:
        self.advanced_button.set_folded(folded, "folded" if folded else "unfolded")
        self.service_uri_row.setVisible(not folded)
        self.reset_uri_button.setVisible(not folded)

    def _on_replace(self) -> None:
        self._is_replacing_key = True
        self._show()
        self.key_field.setFocus()

    def _on_test(self) -> None:
        self._model.test_and_save_key(
            self.key_field.text(), self.secret_field.text(), own=self.dedicated_key_box.isChecked()
        )

    def _on_reset(self) -> None:
        self._form.reset_setting(settings_table.SERVICE_URI.key)

    def _on_key_saved(self, words: str) -> None:
        self._is_replacing_key = False
        self.key_field.clear()
        self.secret_field.clear()
        self._show()
        announce(self, words)
