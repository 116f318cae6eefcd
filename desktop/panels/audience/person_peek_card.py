"""Card of the person the table is on: why they are in the segment first, then what is known."""

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop.model.audience_person import AudienceColumn, AudiencePerson
from desktop.panels.theme import fonts
from desktop.panels.widgets.button import secondary_button
from desktop.panels.widgets.card import Card
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.form import allow_full_height
from desktop.panels.widgets.key_value_table import KeyValueTable
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.audience.audience_page_model import AudiencePageModel
from desktop.viewmodels.audience.person_text import cell_lines, cell_text, evidence_text
from desktop.viewmodels.key_value_row import KeyValueRow

_C = AudienceColumn
_ZENDESK_FACTS = (
    _C.ORGANIZATION, _C.LAST_TICKET, _C.TICKETS, _C.OPEN_TICKETS, _C.RATING, _C.TAGS, _C.CREATED,
)  # fmt: skip
_SAILTHRU_FACTS = (
    _C.OPTOUT, _C.LISTS, _C.HEALTH, _C.VALUE, _C.PREDICTED, _C.ENGAGEMENT, _C.LAST_OPEN,
    _C.LAST_CLICK,
)  # fmt: skip
_LABEL_WIDTH = 80


class PersonPeekCard(Card):
    """The peek of the Audience page; Open customer shows the whole sheet."""

    customer_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("Person", name="Person", parent=parent)
        allow_full_height(self)
        self.email_label = elided_label("", "small")
        self.why_title = label("Why in this list", "title")
        self.why_table = KeyValueTable("Why in this list", label_width=_LABEL_WIDTH)
        self.excerpt_label = label("", "small", tone="text", wrap=True)
        self.zendesk_table = KeyValueTable("Zendesk", label_width=_LABEL_WIDTH)
        self.sailthru_table = KeyValueTable("Sailthru", label_width=_LABEL_WIDTH)
        self.open_button = secondary_button("Open customer", name="Open customer")
        self.open_button.clicked.connect(self.customer_requested)
        self._lay_out()

    def show_person(self, model: AudiencePageModel, now: float) -> None:
        """Draw the selected person; without one, a text that asks to choose."""
        person = model.person
        if person is None:
            self.set_title("Person")
            self.show_empty("Choose a person to see why they are listed.")
            return
        self.set_title(person.name or "No name")
        self.email_label.setText(person.email or "No e-mail address")
        rows = [
            KeyValueRow(
                one.condition.definition.label,
                evidence_text(one, person, now),
                tip=evidence_text(one, person, now),
                tone="text" if one.is_met else "muted",
                note="✓" if one.is_met else "",
                note_tip="Fits this condition" if one.is_met else "",
            )
            for one in model.evidence
        ]
        excerpts = [f"“{one.excerpt}”" for one in model.evidence if one.excerpt]
        self.excerpt_label.setText("\n".join(dict.fromkeys(excerpts)))
        set_shown(self.excerpt_label, bool(excerpts))
        has_conditions = not model.group.is_everybody
        set_shown(self.why_title, has_conditions)
        set_shown(self.why_table, has_conditions)
        set_shown(self._why_line, has_conditions)
        self.why_table.set_rows(rows)
        self.zendesk_table.set_rows(_facts(person, _ZENDESK_FACTS, now))
        self.sailthru_table.set_rows(_facts(person, _SAILTHRU_FACTS, now))
        self.show_content()

    def _lay_out(self) -> None:
        foot = QWidget()
        row = FlowLayout(fonts.scaled(6), fonts.scaled(2), foot)
        row.addWidget(self.open_button)
        row.addWidget(label("Enter", "small"))
        column = QVBoxLayout()
        column.setSpacing(fonts.scaled(6))
        self._why_line = _line()
        for part in (
            self.email_label,
            self._why_line,
            self.why_title,
            self.why_table,
            self.excerpt_label,
            _line(),
            label("Zendesk", "title"),
            self.zendesk_table,
            _line(),
            label("Sailthru", "title"),
            self.sailthru_table,
            foot,
        ):
            column.addWidget(part)
        self.add(column)


def _facts(
    person: AudiencePerson, columns: tuple[AudienceColumn, ...], now: float
) -> list[KeyValueRow]:
    rows = []
    for column in columns:
        above, below = cell_lines(person, column, now)
        if column is _C.LAST_TICKET and below:
            rows.append(KeyValueRow(column.label, below, tip=f"{above}, {below}"))
            continue
        # Only what a list has no room for is told in whole: all lists.
        text = cell_text(person, column, now) if column is _C.LISTS else above
        rows.append(KeyValueRow(column.label, text, "" if column is _C.LISTS else below, tip=text))
    return rows


def _line() -> QFrame:
    line = QFrame()
    line.setProperty("ground", "line")
    line.setFixedHeight(1)
    return line
