"""Card of the prepared notes: a drop-down of them, title and text, and how one is filled."""

from desktop.panels.settings.settings_card import SettingsCard
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.label import label
from desktop.panels.widgets.text_field import MultilineTextField, TextField
from desktop.viewmodels.settings.note_templates_model import NoteTemplatesModel

_NEW = ("", "New template…")


class NoteTemplatesCard(SettingsCard):
    """Widget of the card of prepared notes; Save stores the one shown."""

    def __init__(self, model: NoteTemplatesModel) -> None:
        super().__init__("Note templates")
        self._model = model
        self.template_dropdown = DropdownField("Note template")
        self.title_field = TextField("Title of the note template", max_length=60)
        self.text_field = MultilineTextField("Text of the note template")
        self.text_field.setFixedHeight(fonts.scaled(110))
        self._help = label("", "note", wrap=True)
        self._preview = label("", wrap=True, selectable=True)
        self._preview.setAccessibleName("Preview of the note template")
        self._preview_title = label("For Maria Lopez, #48213, it reads:", "small")
        self.save_button = primary_button("Save", name="Save the note template")
        self.delete_button = secondary_button("Delete", name="Delete the note template")
        title_label = label("Title")
        title_label.setBuddy(self.title_field)
        title = hbox(title_label)
        title.addWidget(self.title_field, 1)
        self.add_rows(
            label("Add note offers them, filled for the customer.", "note", wrap=True),
            self.template_dropdown,
            title,
            self.text_field,
            self._help,
            vbox(self._preview_title, self._preview),
            self.error_banner,
            self.result_note,
            hbox(1, self.delete_button, self.save_button),
        )
        self.template_dropdown.chosen.connect(model.choose)
        self.title_field.chosen.connect(model.type_title)
        self.text_field.textChanged.connect(self._on_typed)
        self.save_button.clicked.connect(model.save)
        self.delete_button.clicked.connect(model.delete)
        model.changed.connect(self._on_changed)
        model.message_posted.connect(self.show_result)
        self._on_changed()

    def _on_typed(self) -> None:
        self._model.type_text(self.text_field.toPlainText())

    def _on_changed(self) -> None:
        view = self._model.view()
        self.template_dropdown.set_options([*((t, t) for t in view.titles), _NEW])
        self.template_dropdown.set_value(view.chosen)
        if self.title_field.text() != view.title:
            self.title_field.set_value(view.title)
        self.text_field.set_value(view.text)
        for field in (self.title_field, self.text_field):
            field.set_enabled(not view.disabled_reason, view.disabled_reason)
        self._help.setText(view.help)
        self._preview.setText(view.preview)
        self._preview_title.setVisible(bool(view.preview))
        self.save_button.set_enabled(not view.save_reason, view.save_reason)
        self.delete_button.set_enabled(not view.delete_reason, view.delete_reason)
        self.show_error(view.error)
