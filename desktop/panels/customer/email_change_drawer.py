"""The drawer Change e-mail: check, choice, side by side, steps, and the button."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QGridLayout, QWidget

from desktop.model.email_change import EmailConflictPolicy
from desktop.panels.customer.drawer_table import DrawerTable, arrange_drawer
from desktop.panels.theme import fonts
from desktop.panels.widgets.banner import Banner
from desktop.panels.widgets.box_layout import hbox, vbox
from desktop.panels.widgets.button import primary_button, secondary_button
from desktop.panels.widgets.chip import Chip
from desktop.panels.widgets.drawer import Drawer
from desktop.panels.widgets.flow_layout import FlowLayout
from desktop.panels.widgets.fold_button import FoldButton
from desktop.panels.widgets.label import elided_label, label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.screen_reader import announce
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.style_property import set_style_properties
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.customer.email_change_model import EmailChangeModel
from desktop.viewmodels.customer.email_change_view import (
    POLICY_CHOICES,
    CheckRowView,
    CompareRowView,
    EmailChangeView,
    StepView,
    VerificationView,
)
from desktop.viewmodels.tone import ChipTone, Tone

_WIDTH = 780  # px of the design
_NARROW_WIDTH = 560
_VERIFICATION_LOOKS: dict[bool | None, tuple[str, ChipTone]] = {
    True: ("✓ ", "ok"),
    False: ("✕ ", "bad"),
    None: ("", "neutral"),
}


class EmailChangeDrawer(Drawer):
    """Shows what `EmailChangeModel` knows; Ctrl+Enter is the button."""

    lookup_requested = Signal(str)  # who has the address, or the profile at it

    def __init__(self, model: EmailChangeModel, host: QWidget) -> None:
        super().__init__("Change e-mail", host, width=_WIDTH)
        self._model = model
        self._folds_by_hand: bool | None = None
        self._is_narrow = False
        self._shown: EmailChangeView | None = None
        self._old = elided_label("", selectable=True)
        self._arrow = label("→", "muted")
        self.address_field = TextField("New e-mail address", "name@example.com", max_length=254)
        self._new = elided_label("", "strong", selectable=True)
        self._checked = label("", "small")
        self.check_again_button = LinkButton("Check again")
        self._banner = Banner()
        self._checks = _CheckTable()
        self._choice_title = label("There is another profile at this address", "title", wrap=True)
        self.policy_control = SegmentedControl(
            "What becomes of the other profile",
            [(policy.value, text) for policy, text in POLICY_CHOICES],
        )
        self._choice = QWidget()
        self._consequence = Banner()
        self._comparison = _CompareTable()
        self.steps_fold = FoldButton("Steps")
        self._steps_note = elided_label("", "small", align_right=True)
        self._steps = _StepList()
        self._foot = label("", "muted", wrap=True)
        self._shortcut = label("Ctrl+Enter", "small")
        self.cancel_button = secondary_button("Cancel")
        self.take_back_button = secondary_button("Take back")
        self.change_button = primary_button("Change e-mail", name="Save the new e-mail address")
        self._lay_out()
        self._connect()

    def open_for_customer(self, proposed: str = "") -> None:
        """Slide the drawer Change e-mail in for the customer on the sheet, `proposed` filled in."""
        self._model.begin(proposed)
        self._open()

    def open_again(self) -> None:
        """Slide the drawer in as it was when its customer went behind another tab."""
        self._model.begin_again()
        self._open()

    def _open(self) -> None:
        self._folds_by_hand = None
        self.refresh()
        self.slide_in()
        first = self.address_field if self._model.view().can_type else self.change_button
        first.setFocus(Qt.FocusReason.OtherFocusReason)

    def refresh(self) -> None:
        """Draw the drawer Change e-mail as its model is now."""
        view = self._model.view()
        if view == self._shown:
            return
        before, self._shown = self._shown, view
        if before is not None:
            _announce_news(self, before, view)
        typed_here = self.address_field.hasFocus()
        self.subtitle_label.setText(view.subtitle)
        self._old.setText(view.old or "no address")
        # Above the field, which is as wide as the drawer there, the address says enough.
        along = "←" if self.isRightToLeft() else "→"
        self._arrow.setText("↓" if self._is_narrow else along)
        self._arrow.setVisible(not (self._is_narrow and view.can_type))
        self.address_field.setVisible(view.can_type)
        self.address_field.set_value(view.new)
        self._new.setVisible(not view.can_type)
        self._new.setText(view.new)
        self._checked.setText(view.checked_text)
        self.check_again_button.setVisible(bool(view.checks) and not view.is_finished)
        self._show_error(view)
        self._checks.show_rows(view.checks)
        self._choice.setVisible(view.asks_policy)
        self.policy_control.set_value(view.policy.value if view.policy is not None else None)
        merge = self.policy_control.segment(EmailConflictPolicy.MERGE.value)
        merge.setEnabled(not view.merge_refusal)
        merge.set_explanation(view.merge_refusal)
        self._consequence.setVisible(bool(view.consequence))
        if view.consequence:
            self._consequence.show_message("warn", view.consequence)
        self._comparison.show_rows(view.comparison)
        self._show_steps(view)
        self._foot.setText(view.foot)
        self._shortcut.setVisible(not view.is_finished and not self._is_narrow)
        self.take_back_button.setVisible(view.takes_back)
        self.cancel_button.setVisible(not view.takes_back and not view.is_finished)
        self.change_button.set_text(view.button)
        self.change_button.set_enabled(not view.button_reason, view.button_reason)
        if typed_here and not view.can_type:
            # The field is gone: the keyboard stays at what goes on, not at the button beside it.
            first = self.change_button if self.change_button.isEnabled() else self.steps_fold
            first.setFocus(Qt.FocusReason.OtherFocusReason)
        layout = self.layout()
        if layout is not None:
            # Another text of the button is not painted into the room of the one before.
            layout.activate()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_narrow = self.width() < fonts.scaled(_NARROW_WIDTH)
        if is_narrow == self._is_narrow:
            return
        self._is_narrow = is_narrow
        rows = (self._address_row, self._addresses, self._choice_row, self._foot_row)
        arrange_drawer(rows, (self._checks, self._comparison, self._steps), is_narrow=is_narrow)
        self._shown = None
        if self.isVisible():
            self.refresh()

    def _lay_out(self) -> None:
        self._addresses = hbox(self._old, self._arrow, self.address_field, self._new)
        self._addresses.setStretch(2, 1)
        self._addresses.addStretch(1)
        self._address_row = hbox()
        self._address_row.addLayout(self._addresses, 1)
        self._address_row.addLayout(hbox(self._checked, self.check_again_button, 1))
        self._old.setMaximumWidth(fonts.scaled(240))
        self.address_field.setMinimumWidth(fonts.scaled(140))
        self._choice_row = hbox(spacing=6)
        self._choice_row.addWidget(self._choice_title, 1)
        self._choice_row.addWidget(self.policy_control, 1)
        self._choice.setLayout(self._choice_row)
        self._foot_row = hbox(spacing=6)
        self._foot_row.addWidget(self._foot, 1)
        self._foot_row.addLayout(
            hbox(
                1,
                self._shortcut,
                self.cancel_button,
                self.take_back_button,
                self.change_button,
            )
        )
        inside = QWidget()
        steps_head = hbox(self.steps_fold, self._steps_note)
        column = vbox(
            self._banner,
            self._checks,
            self._choice,
            self._consequence,
            self._comparison,
            steps_head,
            self._steps,
            spacing=9,
        )
        column.addStretch(1)
        inside.setLayout(column)
        self.body.setSpacing(fonts.scaled(10))
        self.body.addLayout(self._address_row)
        self.body.addWidget(wrap_in_scroll_area(inside, bar_beside=True), 1)
        self.body.addLayout(self._foot_row)

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self._on_model_changed)
        model.settled.connect(self.close_drawer)
        self.address_field.typed.connect(model.type_address)
        self.check_again_button.clicked.connect(model.check_now)
        self.policy_control.chosen.connect(self._on_policy)
        self.steps_fold.fold_requested.connect(self._on_fold)
        self._steps.keeps_old_chosen.connect(model.set_keeps_old)
        self._checks.lookup_requested.connect(self.lookup_requested)
        self.cancel_button.clicked.connect(self.close_drawer)
        self.close_requested.connect(self.close_drawer)
        self.take_back_button.clicked.connect(model.take_back)
        self.change_button.clicked.connect(self._on_change)
        self.submitted.connect(self._on_change)

    def close_drawer(self) -> None:
        """Close the drawer Change e-mail; what was sent goes on, what was typed is forgotten."""
        self.slide_out()
        self._shown = None
        self.address_field.clear()
        self._model.end()

    def _show_error(self, view: EmailChangeView) -> None:
        self._banner.setVisible(bool(view.error_title))
        if view.error_title:
            self._banner.show_message("bad", view.error_title, view.error_text)
        set_style_properties(self.address_field, invalid="true" if view.error_title else "false")

    def _show_steps(self, view: EmailChangeView) -> None:
        has_steps = bool(view.steps)
        self.steps_fold.setVisible(has_steps)
        self._steps_note.setVisible(has_steps)
        # The plain case is: type, Ctrl+Enter, done. Steps are looked at once they run.
        folds = self._folds_by_hand if self._folds_by_hand is not None else view.can_type
        self.steps_fold.set_folded(folds, "folded" if folds else "unfolded")
        self._steps.setVisible(has_steps and not folds)
        self._steps_note.setText(view.steps_note)
        self._steps_note.set_tone(view.steps_note_tone)
        self._steps.show_steps(view.steps, view.verification, keeps_old=view.keeps_old)

    def _on_model_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_policy(self, key: str) -> None:
        self._model.choose_policy(EmailConflictPolicy(key))

    def _on_fold(self, folds: bool) -> None:
        self._folds_by_hand = folds
        self._shown = None
        self.refresh()

    def _on_change(self) -> None:
        if self._model.view().is_finished:
            self.close_drawer()
        else:
            self._model.submit()


def _announce_news(drawer: QWidget, before: EmailChangeView, view: EmailChangeView) -> None:
    """Say to screen readers what a check has found, then each part that has the address."""
    news = [row for row in view.checks if row not in before.checks]
    parts = [f"{row.where}: {row.result}. {row.text}" for row in news]
    if view.is_finished and not before.is_finished:
        parts.append(view.foot)
    announce(drawer, " ".join(part for part in parts if part))


class _CheckTable(DrawerTable):
    """Card in the drawer Change e-mail with a row per service and one for the role."""

    lookup_requested = Signal(str)

    def __init__(self) -> None:
        super().__init__("Check of the new address")
        self._links: dict[LinkButton, str] = {}
        self.hide()

    def show_rows(self, rows: tuple[CheckRowView, ...]) -> None:
        """Draw the check's rows in the drawer Change e-mail; none hides the card."""
        if rows == self.shown:
            return
        self.shown, self._links = rows, {}
        inside = QWidget()
        inside.setLayout(vbox(*map(self._create_row, rows), spacing=0))
        self.replace_rows(inside if rows else None)

    def _create_row(self, row: CheckRowView) -> QWidget:
        frame = QFrame()
        frame.setProperty("ground", "warn" if row.is_warning else "none")
        frame.setAccessibleName(f"{row.where}: {row.result}. {row.text}")
        where = label(row.where, "muted")
        where.setFixedWidth(fonts.scaled(84))
        mark = {"ok": "✓", "warn": "!", "bad": "✕"}.get(row.tone, "")
        result = label(f"{mark} {row.result}", "strong", tone=row.tone)
        result.setMinimumWidth(fonts.scaled(140))
        line: QBoxLayout = hbox(where, result)
        text = label(row.text, wrap=True)
        head = line
        if self.is_narrow:
            head.addStretch(1)
            line = vbox(spacing=0)
            line.addLayout(head)
        line.addWidget(text, 1)
        if row.open_query:
            link = LinkButton("Show", name=f"Show {row.result}")
            link.clicked.connect(self._on_link)
            self._links[link] = row.open_query
            head.addWidget(link)
        side, edge = fonts.scaled(8), fonts.scaled(4)
        line.setContentsMargins(side, edge, side, edge)
        frame.setLayout(line)
        return frame

    def _on_link(self) -> None:
        sender = self.sender()
        if isinstance(sender, LinkButton):
            self.lookup_requested.emit(self._links[sender])


class _CompareTable(DrawerTable):
    """Card in the drawer Change e-mail with both profiles row by row; the winner is bold."""

    def __init__(self) -> None:
        super().__init__("Both profiles side by side")
        self.hide()

    def show_rows(self, rows: tuple[CompareRowView, ...]) -> None:
        """Draw the comparison's rows in the drawer Change e-mail; none hides the card."""
        if rows == self.shown:
            return
        self.shown = rows
        create = _create_narrow_comparison if self.is_narrow else _create_compare_grid
        self.replace_rows(create(rows) if rows else None)


def _create_narrow_comparison(rows: Sequence[CompareRowView]) -> QWidget:
    """Create the drawer's comparison for a narrow window, each row below its name."""
    column = vbox(spacing=4)
    for row in rows:
        column.addWidget(label(row.label, "muted"))
        values = hbox()
        values.addWidget(_value_cell(row.own, wins=row.own_wins), 1)
        values.addWidget(_value_cell(row.other, wins=row.other_wins), 1)
        column.addLayout(values)
        column.addWidget(label(f"Afterwards: {row.result} ({row.rule})", "small", wrap=True))
    inside = QWidget()
    inside.setLayout(column)
    return inside


def _create_compare_grid(rows: Sequence[CompareRowView]) -> QWidget:
    inside = QWidget()
    grid = QGridLayout(inside)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(fonts.scaled(10))
    grid.setVerticalSpacing(fonts.scaled(5))
    for column, title in enumerate(("", "This profile", "Other profile", "Afterwards")):
        grid.addWidget(label(title, "strong"), 0, column)
        grid.setColumnStretch(column, 2 if column else 1)
    for line, row in enumerate(rows, start=1):
        grid.addWidget(elided_label(row.label, "muted"), line, 0)
        grid.addWidget(_value_cell(row.own, wins=row.own_wins), line, 1)
        grid.addWidget(_value_cell(row.other, wins=row.other_wins), line, 2)
        after = QWidget()
        after.setLayout(
            vbox(elided_label(row.result, "strong"), elided_label(row.rule, "small"), spacing=0)
        )
        grid.addWidget(after, line, 3)
    return inside


def _value_cell(text: str, *, wins: bool) -> QWidget:
    cell = QFrame()
    cell.setProperty("ground", "accent" if wins else "none")
    value = elided_label(text, "text" if wins else "muted")
    line = hbox(value)
    line.setStretch(0, 1)
    if wins:
        line.addWidget(label("✓", tone="accent", tip="Stands afterwards"))
    line.setContentsMargins(fonts.scaled(8), fonts.scaled(3), fonts.scaled(8), fonts.scaled(3))
    cell.setLayout(line)
    return cell


class _StepList(DrawerTable):
    """Card in the drawer Change e-mail with the steps, and below them what is compared."""

    keeps_old_chosen = Signal(bool)

    def __init__(self) -> None:
        super().__init__("Steps of the change")
        self.keep_switch: Switch | None = None

    def show_steps(
        self,
        steps: tuple[StepView, ...],
        verification: tuple[VerificationView, ...],
        *,
        keeps_old: bool,
    ) -> None:
        """Draw the steps in the drawer Change e-mail."""
        if (steps, verification, keeps_old) == self.shown:
            return
        self.shown = (steps, verification, keeps_old)
        had_focus = self.keep_switch is not None and self.keep_switch.hasFocus()
        self.keep_switch = None
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(fonts.scaled(10))
        grid.setVerticalSpacing(fonts.scaled(6))
        grid.setColumnStretch(1, 1)
        column = vbox(grid, spacing=6)
        for line, step in enumerate(steps):
            self._add_step(grid, 2 * line, step, keeps_old=keeps_old)
        if verification:
            chips = QWidget()
            flow = FlowLayout(fonts.scaled(6), fonts.scaled(4), chips)
            flow.addWidget(label("it compares", "small"))
            for one in verification:
                mark, tone = _VERIFICATION_LOOKS[one.is_kept]
                flow.addWidget(Chip(mark + one.text, tone))
            column.addWidget(chips)
        is_folded, inside = self.isHidden(), QWidget()
        inside.setLayout(column)
        self.replace_rows(inside)
        self.setHidden(is_folded)
        if had_focus:
            self._focus_keep_switch()

    def _focus_keep_switch(self) -> None:
        if self.keep_switch is not None:
            self.keep_switch.setFocus()

    def _add_step(self, grid: QGridLayout, line: int, step: StepView, *, keeps_old: bool) -> None:
        mark = "✓" if step.is_done else "!" if step.is_failed else str(step.number)
        tone: Tone = "ok" if step.is_done else "bad" if step.is_failed else "muted"
        grid.addWidget(label(mark, "strong", tone=tone), line, 0)
        words = label(step.text, "strong" if step.is_failed else "text", wrap=True)
        grid.addWidget(words, line, 1)
        if step.detail:
            detail_tone: Tone = "bad" if step.is_failed else "warn"
            grid.addWidget(label(step.detail, "small", tone=detail_tone, wrap=True), line + 1, 1)
        if step.is_switch:
            self.keep_switch = Switch("Keep the old address", on=keeps_old)
            self.keep_switch.chosen.connect(self.keeps_old_chosen)
            grid.addWidget(self.keep_switch, line, 2)
        elif not self.is_narrow:
            grid.addWidget(label(step.service, "muted"), line, 2)
        grid.addWidget(Chip(step.state, step.tone, min_width=92), line, 3)
