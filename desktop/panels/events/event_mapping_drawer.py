"""The drawer of an action's mapping: rows, or its JSON, tried on a sample event; its options."""

from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from desktop.events.event_action import ActionKind
from desktop.panels.events.json_editor import JsonEditor
from desktop.panels.syncs.mapping_table import MappingTable
from desktop.panels.theme import fonts
from desktop.panels.widgets.box_layout import delete_widget, hbox, vbox
from desktop.panels.widgets.button import icon_button, quiet_button, secondary_button
from desktop.panels.widgets.drawer import Drawer
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.fixed_font import use_fixed_font
from desktop.panels.widgets.form import Form, FormLayout
from desktop.panels.widgets.label import label
from desktop.panels.widgets.link_button import LinkButton
from desktop.panels.widgets.scroll_area import wrap_in_scroll_area
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.visibility import set_shown
from desktop.viewmodels.events.event_mapping_fields import OPTION_FIELDS, ROW_FIELDS
from desktop.viewmodels.events.event_mapping_model import EventMappingModel
from desktop.viewmodels.form import FormState, read_values

_WIDTH = 760  # px at the base font
_FORM, _JSON = "form", "json"
_HEADS = ("Value", "How", "Fills", "On the sample event")
_ROW_PATHS = {"value", "condition", "then", "condition_2", "then_2", "otherwise"}


class EventMappingDrawer(Drawer):
    """The drawer of one action's mapping and options."""

    def __init__(self, model: EventMappingModel, host: QWidget) -> None:
        super().__init__("Mapping", host, width=_WIDTH)
        self._model = model
        self._shown_kind: ActionKind | None = None
        self.sample_dropdown = DropdownField("Sample event")
        self.sample_dropdown.allow_shrinking()
        self.sample_button = LinkButton("Show the event", name="Show the sample event")
        self.sample_label = label("", "small", tone="text", wrap=True, selectable=True)
        use_fixed_font(self.sample_label)
        self.view_control = SegmentedControl(
            "Edit as", ((_FORM, "Form"), (_JSON, "Advanced (JSON)"))
        )
        self.mapping_table = MappingTable(has_switches=False)
        self.row_form = Form(ROW_FIELDS, FormLayout.COMPACT)
        self.row_error_label = label("", "note", wrap=True, tone="bad")
        self.result_label = label("", wrap=True, selectable=True)
        self.null_label = label(
            "This event says null: the field is emptied in Zendesk. Tick “Leave the field as it is”"
            " to keep it.",
            "note",
            wrap=True,
            tone="bad",
        )
        self.json_editor = JsonEditor("Mapping as JSON", min_height=280)
        self.json_error_label = label("", "note", wrap=True, tone="bad")
        self.options_form: Form | None = None
        self.add_button = quiet_button("Add a row", name="Add a row")
        self.add_button.set_icon("plus")
        self.duplicate_button = icon_button("copy", "Duplicate the row")
        self.move_up_button = icon_button("chevron-up", "Move the row up")
        self.move_down_button = icon_button("chevron-down", "Move the row down")
        self.delete_button = icon_button("trash", "Delete the row")
        self.status_label = label("", "muted", wrap=True)
        self.reset_button = LinkButton("Reset", name="Reset the mapping")
        self.reset_button.set_tooltip("Trigger, mapping and options as they come with Fairlead")
        self.done_button = secondary_button("Close")
        self._lay_out()
        self._connect()

    def open_for(self, kind: ActionKind) -> None:
        """Slide the drawer in with the mapping of an action."""
        self._model.open(kind)
        self.refresh()
        self.slide_in()
        self.mapping_table.setFocus()

    def refresh(self) -> None:
        """Draw the mapping as its model is now."""
        model = self._model
        self.subtitle_label.setText(f"{model.kind.label} · a draft until it is previewed and saved")
        self._show_sample()
        self.view_control.set_value(_JSON if model.is_json_shown else _FORM)
        set_shown(self._form_part, not model.is_json_shown)
        set_shown(self._json_part, model.is_json_shown)
        refusal = model.change_refusal()
        if model.is_json_shown:
            self._show_json(refusal)
        else:
            self._show_rows(refusal)
        self._show_options(refusal)
        self.status_label.setText(refusal or model.status())
        self.reset_button.set_enabled(not refusal, refusal)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.mapping_table.fit_columns(self.width() - fonts.scaled(44))

    # How it is drawn.

    def _show_sample(self) -> None:
        model = self._model
        samples = model.samples
        options = [(str(place), text) for place, text in enumerate(samples)]
        shown = [self.sample_dropdown.itemText(n) for n in range(self.sample_dropdown.count())]
        if shown != [text for _, text in options]:
            self.sample_dropdown.set_options(options)
        self.sample_dropdown.set_value(str(model.sample_index) if samples else None)
        reason = "" if samples else "Open a file or paste events first."
        self.sample_dropdown.set_enabled(bool(samples), reason)
        self.sample_label.setText(model.sample_text())
        set_shown(self.sample_button, bool(samples))

    def _show_rows(self, refusal: str) -> None:
        model = self._model
        rows = model.row_views()
        self.mapping_table.show_lines(rows, model.selected_index, _HEADS)
        row = model.selected_row()
        view = rows[model.selected_index] if row is not None else None
        set_shown(self.row_form, row is not None)
        self.row_error_label.setText(view.problem if view is not None else "")
        set_shown(self.row_error_label, bool(self.row_error_label.text()))
        result = view.result if view is not None else ""
        self.result_label.setText(f"On the sample event: {result}")
        set_shown(self.result_label, bool(result))
        set_shown(self.null_label, view is not None and view.empties_field)
        if row is not None:
            operators = self.row_form.control("operator", DropdownField)
            choices = model.operator_choices()
            if [operators.itemText(n) for n in range(operators.count())] != [t for _, t in choices]:
                operators.set_options(choices)
            paths = model.path_choices()
            reasons = dict.fromkeys((field.path for field in ROW_FIELDS), refusal)
            if len(choices) == 1 and not refusal:
                reasons["operator"] = "This field is always set."
            self.row_form.show_state(
                FormState(
                    read_values(ROW_FIELDS, row),
                    disabled_reasons=reasons,
                    completions={
                        "target": model.target_choices(),
                        **dict.fromkeys(_ROW_PATHS, paths),
                    },
                )
            )
        many = len(rows)
        for button, is_possible, why in (
            (self.add_button, True, ""),
            (self.duplicate_button, many > 0, "There is no row."),
            (self.delete_button, many > 0, "There is no row."),
            (self.move_up_button, model.selected_index > 0, "It is the first."),
            (self.move_down_button, model.selected_index < many - 1, "It is the last."),
        ):
            button.set_enabled(is_possible and not refusal, refusal or why)

    def _show_json(self, refusal: str) -> None:
        model = self._model
        self.json_editor.set_text(model.json_text)
        self.json_editor.set_enabled(not refusal, refusal)
        fault = model.json_fault
        self.json_editor.mark_fault(
            fault.start if fault is not None else None, fault.length if fault is not None else 1
        )
        self.json_error_label.setText(fault.text if fault is not None else "")
        set_shown(self.json_error_label, fault is not None)

    def _show_options(self, refusal: str) -> None:
        model = self._model
        fields = OPTION_FIELDS[model.kind]
        if self._shown_kind is not model.kind:
            self._shown_kind = model.kind
            if self.options_form is not None:
                delete_widget(self.options_form)
            self.options_form = Form(fields, FormLayout.COMPACT)
            self.options_form.edited.connect(model.change_option)
            self._options_place.addWidget(self.options_form)
        if self.options_form is not None:
            reasons = dict.fromkeys((field.path for field in fields), refusal)
            values = read_values(fields, model.action.options)
            self.options_form.show_state(FormState(values, disabled_reasons=reasons))

    def _lay_out(self) -> None:
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, fonts.scaled(12), 0)
        column.setSpacing(fonts.scaled(8))
        column.addLayout(hbox(label("Try on", "muted"), self.sample_dropdown, self.sample_button))
        policy = QSizePolicy.Policy
        self.sample_dropdown.setSizePolicy(policy.Expanding, policy.Fixed)
        self._sample_ground = QFrame()
        self._sample_ground.setProperty("ground", "raised")
        ground = vbox(self.sample_label)
        pad = fonts.scaled(8)
        ground.setContentsMargins(pad, pad, pad, pad)
        self._sample_ground.setLayout(ground)
        self._sample_ground.hide()
        column.addWidget(self._sample_ground)
        column.addWidget(self.view_control)
        self._form_part = QWidget()
        tools = hbox(self.add_button, 1, spacing=2)
        for button in (
            self.duplicate_button,
            self.move_up_button,
            self.move_down_button,
            self.delete_button,
        ):
            tools.addWidget(button)
        self._form_part.setLayout(
            vbox(
                self.mapping_table,
                tools,
                self.row_form,
                self.row_error_label,
                self.result_label,
                self.null_label,
                spacing=6,
            )
        )
        self._json_part = QWidget()
        self._json_part.setLayout(vbox(self.json_editor, self.json_error_label, spacing=6))
        column.addWidget(self._form_part)
        column.addWidget(self._json_part, 1)
        column.addWidget(label("Options", "title"))
        self._options_place = QVBoxLayout()
        column.addLayout(self._options_place)
        self.body.setSpacing(fonts.scaled(8))
        self.body.addWidget(wrap_in_scroll_area(inside, bar_beside=True), 1)
        self.body.addLayout(hbox(self.status_label, self.reset_button, self.done_button))

    def _connect(self) -> None:
        model = self._model
        model.changed.connect(self._on_changed)
        self.sample_dropdown.chosen.connect(self._on_sample)
        self.sample_button.clicked.connect(self._on_show_sample)
        self.view_control.chosen.connect(self._on_view)
        self.mapping_table.row_chosen.connect(model.select_row)
        self.mapping_table.move_requested.connect(model.move_row)
        self.mapping_table.delete_requested.connect(model.delete_row)
        self.mapping_table.duplicate_requested.connect(model.duplicate_row)
        self.row_form.edited.connect(model.change_row)
        self.json_editor.edited.connect(model.set_json)
        self.add_button.clicked.connect(self._on_add)
        self.duplicate_button.clicked.connect(model.duplicate_row)
        self.move_up_button.clicked.connect(self._on_up)
        self.move_down_button.clicked.connect(self._on_down)
        self.delete_button.clicked.connect(model.delete_row)
        self.reset_button.clicked.connect(model.reset)
        self.done_button.clicked.connect(self.slide_out)
        self.close_requested.connect(self.slide_out)

    def _on_changed(self) -> None:
        if self.isVisible():
            self.refresh()

    def _on_sample(self, place: str) -> None:
        self._model.choose_sample(int(place))

    def _on_show_sample(self) -> None:
        shown = not self._sample_ground.isVisible()
        self.sample_button.set_text("Hide the event" if shown else "Show the event")
        set_shown(self._sample_ground, shown)

    def _on_view(self, key: str) -> None:
        self._model.show_json(shown=key == _JSON)

    def _on_add(self) -> None:
        self._model.add_row()
        self.row_form.rows["target"].control.setFocus()

    def _on_up(self) -> None:
        self._model.move_row(-1)

    def _on_down(self) -> None:
        self._model.move_row(1)
