"""Model of the settings card with prepared notes: choose one, change it, see it filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from desktop.customer.text_template_values import fill_note_template
from desktop.kit.errors import AppError
from desktop.model.text_template import (
    MAX_TEMPLATES,
    NoteTemplate,
    placeholder_help,
    validate_note_template,
)
from desktop.settings.settings_table import NOTE_TEMPLATES
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.error_message import NO_ERROR, ErrorMessage, to_error_message
from desktop.viewmodels.workspace_settings_protocol import (
    WorkspaceSettingsProtocol,
    setting_disabled_reason,
)

# The customer of the demo, whom everybody knows from there.
_EXAMPLE: Mapping[str, str] = MappingProxyType(
    {
        "name": "Maria Lopez",
        "address": "maria@lopez.example",
        "ticket": "48213",
        "subject": "Too many emails",
        "level": "No marketing e-mail",
        "lists": "Newsletter, VIP Offers",
        "health": "neutral",
        "value": "4 of 4",
        "changes": "Opt-out: No marketing e-mail (before: Gets everything). Reason: asked.",
    }
)


@dataclass(frozen=True)
class NoteTemplatesView:
    """What the card of prepared notes shows; `chosen` is "" while a new one is typed.

    `preview` is the text filled for an example, or empty while it has a mistake. The reasons say
    why a button or the fields are disabled, or are "".
    """

    titles: tuple[str, ...]
    chosen: str
    title: str
    text: str
    preview: str
    help: str
    disabled_reason: str
    save_reason: str
    delete_reason: str
    error: ErrorMessage


class NoteTemplatesModel(CardModel):
    """Model of the card of prepared notes; each is stored by Save, for everybody here."""

    def __init__(self, workspace: WorkspaceSettingsProtocol) -> None:
        super().__init__()
        self._workspace = workspace
        self._chosen = ""
        self._typed = NoteTemplate("", "")
        stored = self._stored()
        if stored:
            self.choose(stored[0].title)

    def view(self) -> NoteTemplatesView:
        """Build the view of the card of prepared notes."""
        disabled = setting_disabled_reason(self._workspace, NOTE_TEMPLATES)
        stored = self._stored()
        kept = next((each for each in stored if each.title == self._chosen), None)
        unchanged = "Nothing was changed." if kept == self._typed else ""
        full = not self._chosen and len(stored) >= MAX_TEMPLATES
        too_many = f"There are {MAX_TEMPLATES} already. Delete one first." if full else ""
        return NoteTemplatesView(
            titles=tuple(each.title for each in stored),
            chosen=self._chosen,
            title=self._typed.title,
            text=self._typed.text,
            preview=self._preview(),
            help=placeholder_help(),
            disabled_reason=disabled,
            save_reason=disabled or unchanged or too_many,
            delete_reason=disabled or ("" if kept else "It is not saved yet."),
            error=self._error,
        )

    def choose(self, title: str) -> None:
        """Show another prepared note in the card, or an empty one for ""."""
        found = next((each for each in self._stored() if each.title == title), None)
        self._chosen = title if found else ""
        self._typed, self._error = found or NoteTemplate("", ""), NO_ERROR
        self.changed.emit()

    def type_title(self, title: str) -> None:
        """Take what is typed as the title of the prepared note."""
        self._type(replace(self._typed, title=title))

    def type_text(self, text: str) -> None:
        """Take what is typed as the text of the prepared note."""
        self._type(replace(self._typed, text=text))

    def save(self) -> None:
        """Store the prepared note as typed; refused, it stays typed with the sentence beside."""
        if self.view().save_reason:
            return
        try:
            saved = validate_note_template(self._typed.title, self._typed.text)
            stored = self._stored()
            kept = [saved if each.title == self._chosen else each for each in stored]
            self._store(kept if self._chosen else [*stored, saved])
        except AppError as error:
            self._error = to_error_message(error)
            self.changed.emit()
            return
        self.choose(saved.title)
        self.message_posted.emit(f"Saved “{saved.title}”")

    def delete(self) -> None:
        """Delete the prepared note that is chosen; the next one is shown."""
        if self.view().delete_reason:
            return
        title = self._chosen
        left = [each for each in self._stored() if each.title != title]
        try:
            self._store(left)
        except AppError as error:
            self._error = to_error_message(error)
            self.changed.emit()
            return
        self.choose(left[0].title if left else "")
        self.message_posted.emit(f"Deleted “{title}”")

    def _type(self, typed: NoteTemplate) -> None:
        if typed != self._typed:
            self._typed, self._error = typed, NO_ERROR
            self.changed.emit()

    def _stored(self) -> tuple[NoteTemplate, ...]:
        return self._workspace.values.get(NOTE_TEMPLATES)

    def _store(self, templates: Sequence[NoteTemplate]) -> None:
        value = NOTE_TEMPLATES.validate(NOTE_TEMPLATES.serialize(tuple(templates)))
        self._workspace.change_settings({NOTE_TEMPLATES.key: value})

    def _preview(self) -> str:
        try:
            template = validate_note_template(self._typed.title or "…", self._typed.text)
        except AppError:
            return ""
        return fill_note_template(template, {**_EXAMPLE, "agent": self._workspace.actor.name})
