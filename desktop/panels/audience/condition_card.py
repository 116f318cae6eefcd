"""Card of the conditions: chips with their counts, groups as boxes, the form, the total."""

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.panels.audience.condition_chip import ConditionChip
from desktop.panels.audience.condition_form import ConditionForm
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import clear_layout, delete_widget
from desktop.panels.widgets.button import Button
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.label import PlainLabel, elided_label, label
from desktop.panels.widgets.layout_children import layout_children
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.scroll_area import PageScrollArea
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.audience.audience_page_model import AudiencePageModel
from desktop.viewmodels.audience.condition_view import (
    ConditionChipView,
    ConditionGroupView,
    ConditionItemView,
    ConditionPath,
)

_MATCH_ALL, _MATCH_ANY = "all", "any"
# px at the base font: a chip with its frame.
_CHIP_HEIGHT = 28
# px at the base font: more conditions scroll, so that people stay in sight below them.
_MAX_HEIGHT = 190
_NOTE = "A number says how many match that condition alone."


class _ChipScrollArea(PageScrollArea):
    """Scroll area of the chips: as high as they are, or one line of them where room is short."""

    def __init__(self, inside: QWidget) -> None:
        super().__init__(bar_beside=True)
        self._wanted_height = 0
        self.hand_over(inside)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def set_wanted_height(self, height: int) -> None:
        """Take the height in px at which nothing scrolls, and no more."""
        if height != self._wanted_height:
            self._wanted_height = height
            self.updateGeometry()

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), self._wanted_height)

    def minimumSizeHint(self) -> QSize:
        least = min(fonts.scaled(_CHIP_HEIGHT), self._wanted_height)
        return QSize(super().minimumSizeHint().width(), least)


class ConditionCard(QFrame):
    """Widget of the page's conditions: who matches, in chips that can be changed and removed."""

    def __init__(self, model: AudiencePageModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._shown: tuple[tuple[ConditionItemView, ...], bool] | None = None
        self._is_narrow = False
        self._form_opener: Button | None = None
        self.setAccessibleName("Conditions")
        self.setObjectName("Conditions")
        self.setProperty("ground", "card")
        self.match_dropdown = DropdownField(
            "People who match", [(_MATCH_ALL, "all"), (_MATCH_ANY, "any")]
        )
        self.add_button = LinkButton("+ Condition", name="Add a condition")
        self.group_button = LinkButton("+ Group", name="Add a group to the last condition")
        self.note_label = elided_label(_NOTE, "small")
        self.total_label = label("", "strong")
        self.total_label.setAccessibleDescription("How many people match all conditions")
        self._form: ConditionForm | None = None
        self._chips: list[ConditionChip] = []
        self._lay_out()
        self.match_dropdown.chosen.connect(lambda key: model.set_is_any(key == _MATCH_ANY))
        self.add_button.clicked.connect(lambda: self._open_form((), self.add_button))
        self.group_button.clicked.connect(self._on_group)

    @property
    def form(self) -> ConditionForm:
        """The form of a condition, below the chips; made when it is first wanted."""
        if self._form is None:
            form = self._form = ConditionForm(self._model, self)
            form.hide()
            form.submitted.connect(self._on_submitted)
            form.closed.connect(self.close_form)
            self._column.insertWidget(self._column.indexOf(self.area) + 1, form)
        return self._form

    @property
    def chips(self) -> tuple[ConditionChip, ...]:
        """The chips of all audience conditions on the card, in order."""
        return tuple(self._chips)

    def show_conditions(self) -> None:
        """Draw the conditions as the model has them."""
        model = self._model
        items, is_any = model.conditions(), model.group.is_any
        self.total_label.setText(model.total_text())
        set_shown(self.note_label, bool(items) and not self._is_narrow)
        self.group_button.set_enabled(
            bool(items), "A group joins the last condition with another: add one first."
        )
        self.match_dropdown.set_value(_MATCH_ANY if is_any else _MATCH_ALL)
        self.match_dropdown.set_enabled(len(items) > 1, "Add a second condition to choose.")
        if (items, is_any) != self._shown:
            focused = self._focused_place()
            self._shown = (items, is_any)
            self._rebuild(items, is_any=is_any)
            if focused is not None and self._chips:
                self._chips[min(focused, len(self._chips) - 1)].text_button.setFocus()

    def set_narrow(self, narrow: bool) -> None:
        """Leave the note about the numbers out where there is no room for it."""
        self._is_narrow = narrow
        set_shown(self.note_label, bool(self._chips) and not narrow)

    def close_form(self) -> None:
        """Close the form of a condition, and put the keyboard back where it was opened."""
        if self._form is not None:
            self._form.hide()
        if self._form_opener is not None and self._form_opener.isVisible():
            self._form_opener.setFocus()
        else:
            self.add_button.setFocus()

    # How it is put together.

    def _lay_out(self) -> None:
        self._flow_holder = QWidget()
        self._flow = FlowLayout(fonts.scaled(8), fonts.scaled(6), self._flow_holder)
        self._lead = QWidget()
        lead = QHBoxLayout(self._lead)
        lead.setContentsMargins(0, 0, 0, 0)
        lead.setSpacing(fonts.scaled(8))
        lead.addWidget(label("People who match"))
        lead.addWidget(self.match_dropdown)
        self._flow.addWidget(self._lead)
        foot = QHBoxLayout()
        foot.setSpacing(fonts.scaled(16))
        for part in (self.add_button, self.group_button, self.note_label):
            foot.addWidget(part)
        foot.setStretchFactor(self.note_label, 1)
        foot.addWidget(self.total_label)
        column = self._column = QVBoxLayout(self)
        side = fonts.scaled(12)
        column.setContentsMargins(side, fonts.scaled(8), side, fonts.scaled(8))
        column.setSpacing(fonts.scaled(6))
        self._groups = QVBoxLayout()
        self._groups.setSpacing(fonts.scaled(6))
        self._inside = QWidget()
        inside = QVBoxLayout(self._inside)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(fonts.scaled(6))
        inside.addWidget(self._flow_holder)
        inside.addLayout(self._groups)
        self.area = _ChipScrollArea(self._inside)
        # Qt shows what was added in a later turn of the loop; only then it needs room.
        self._inside.installEventFilter(self)
        column.addWidget(self.area)
        column.addLayout(foot)

    def _rebuild(self, items: Sequence[ConditionItemView], *, is_any: bool) -> None:
        """Draw the chips in one flow, and each group as a line of its own below it."""
        for part in layout_children(self._flow).values():
            if isinstance(part, QWidget) and part is not self._lead:
                delete_widget(part)
        clear_layout(self._groups)
        self._chips = []
        word = "or" if is_any else "and"
        is_first = True
        for item in items:
            if isinstance(item, ConditionChipView):
                if not is_first:
                    self._flow.addWidget(_joiner(word))
                self._flow.addWidget(self._build_chip(item))
                is_first = False
        for item in items:
            if isinstance(item, ConditionGroupView):
                self._groups.addWidget(self._build_group(item, "" if is_first else word))
                is_first = False
        self._flow_holder.updateGeometry()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.LayoutRequest:
            self._fit()
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Ask for as many lines of chips as the width needs, up to a bound."""
        inside = self._inside.layout()
        if inside is not None:
            wanted = inside.totalHeightForWidth(self.area.width())
            self.area.set_wanted_height(min(wanted, fonts.scaled(_MAX_HEIGHT)))

    def _build_chip(self, view: ConditionChipView) -> ConditionChip:
        chip = ConditionChip(view)
        chip.edit_requested.connect(self._on_edit)
        chip.remove_requested.connect(self._model.remove_condition)
        self._chips.append(chip)
        return chip

    def _build_group(self, group: ConditionGroupView, word: str) -> QWidget:
        box = QFrame()
        box.setProperty("ground", "raised")
        kind = "any" if group.is_any else "all"
        box.setAccessibleName(f"Group: {kind} of {len(group.chips)} conditions, {group.count}")
        holder = QWidget()
        inside = FlowLayout(fonts.scaled(8), fonts.scaled(4), holder)
        for place, chip in enumerate(group.chips):
            if place:
                inside.addWidget(_joiner("or" if group.is_any else "and"))
            inside.addWidget(self._build_chip(chip))
        more = LinkButton("+ Or" if group.is_any else "+ And", name="Add to the group")
        more.setMinimumHeight(fonts.scaled(_CHIP_HEIGHT))
        more.clicked.connect(lambda _on=False, path=group.path: self._open_form(path, more))
        inside.addWidget(more)
        row = QHBoxLayout(box)
        pad = fonts.scaled(4)
        row.setContentsMargins(pad, pad, 2 * pad, pad)
        row.addWidget(holder, 1)
        if group.count and not self._is_narrow:
            row.addWidget(label(group.count, "small"))
        line = QWidget()
        outer = QHBoxLayout(line)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(fonts.scaled(8))
        lead = _joiner(f"{word} {kind} of".strip())
        outer.addWidget(lead, 0, Qt.AlignmentFlag.AlignTop)
        outer.addWidget(box, 1)
        return line

    def _focused_place(self) -> int | None:
        return next(
            (n for n, chip in enumerate(self._chips) if chip.isAncestorOf(self.focusWidget())), None
        ) if self.focusWidget() is not None else None  # fmt: skip

    def _open_form(self, into: ConditionPath, opener: Button) -> None:
        self._form_opener = opener
        self.form.open_new(into)

    def _on_group(self) -> None:
        # A group of the last condition and another: one of the two is enough.
        self._open_form((len(self._model.group.items) - 1,), self.group_button)

    def _on_edit(self, path: object) -> None:
        if isinstance(path, tuple) and (condition := self._model.condition_at(path)) is not None:
            self._form_opener = None
            self.form.open_condition(path, condition)

    def _on_submitted(self, path: object, into: object, condition: object) -> None:
        self.close_form()
        self._model.put_condition(path, into, condition)  # type: ignore[arg-type]


def _joiner(text: str) -> PlainLabel:
    """Build the word between two chips, as high as they are."""
    word = label(text, "muted")
    word.setMinimumHeight(fonts.scaled(_CHIP_HEIGHT))
    return word
