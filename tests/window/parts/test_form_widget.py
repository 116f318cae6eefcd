"""The form widget: builds controls, reports what a person changes, shows errors and reasons."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.panels.widgets.form import Form, FormLayout, create_control
from desktop.panels.widgets.number_field import NumberField
from desktop.panels.widgets.secret_field import SecretField
from desktop.panels.widgets.segmented_control import SegmentedControl
from desktop.panels.widgets.switch import Switch
from desktop.panels.widgets.text_field import TextField
from desktop.viewmodels.form import FieldKind, FieldValue, FormField, FormState

CHOICES = (("a", "A"), ("b", "B"))
FIELDS = (
    FormField("on", "On", FieldKind.SWITCH, help="Starts it."),
    FormField("box", "Also at night", FieldKind.CHECK_BOX),
    FormField("count", "Times", FieldKind.NUMBER, minimum=1, maximum=9),
    FormField("at", "At", FieldKind.TIME),
    FormField("pick", "Pick", FieldKind.CHOICE, choices=CHOICES),
    FormField("side", "Side", FieldKind.SEGMENTS, choices=CHOICES),
    FormField("names", "Names", FieldKind.NAMES),
    FormField("key", "Key", FieldKind.SECRET),
    FormField("lines", "Lines", FieldKind.LINES),
    FormField("mail", "Mail", visible_when=lambda values: bool(values["on"])),
)
VALUES: dict[str, FieldValue] = {
    "on": True,
    "box": True,
    "count": 3,
    "at": 90,
    "pick": "b",
    "side": "a",
    "names": ("x", "y"),
    "key": "secret",
    "lines": "1\n2",
    "mail": "m@x.example",
}


@pytest.fixture(params=list(FormLayout))
def form(request: pytest.FixtureRequest, qtbot: QtBot) -> Form:
    made = Form(FIELDS, request.param)
    qtbot.addWidget(made)
    made.resize(600, 600)
    made.show()
    return made


def test_form_shows_values_without_reporting_them(form: Form) -> None:
    reported: list[str] = []
    form.edited.connect(lambda path, _value: reported.append(path))
    form.show_state(FormState(VALUES))
    assert {path: form.value(path) for path in VALUES} == VALUES
    assert reported == []


def test_form_reports_path_and_value_of_an_edit(form: Form, qtbot: QtBot) -> None:
    form.show_state(FormState(VALUES))
    edits: list[tuple[str, object]] = []
    form.edited.connect(lambda path, value: edits.append((path, value)))
    form.control("on", Switch).click()
    form.control("count", NumberField).stepUp()
    form.control("side", SegmentedControl).segment("b").click()
    qtbot.keyClicks(form.control("mail", TextField), "!")
    qtbot.keyClicks(form.control("key", SecretField).field, "!")
    assert edits == [
        ("on", False),
        ("count", 4),
        ("side", "b"),
        ("mail", "m@x.example!"),
        ("key", "secret!"),
    ]


def test_form_hides_rows_by_value(form: Form) -> None:
    form.show_state(FormState(VALUES))
    assert form.rows["mail"].isVisible()
    form.show_state(FormState(VALUES | {"on": False}))
    assert not form.rows["mail"].isVisible()


def test_form_error_and_reason_stand_at_their_field(form: Form) -> None:
    form.show_state(
        FormState(VALUES, errors={"mail": "No such host."}, disabled_reasons={"on": "Not now."})
    )
    row = form.rows["mail"]
    assert row.error_label.isVisible()
    assert row.error_label.text() == "No such host."
    assert row.control.property("invalid") == "true"
    assert not form.rows["on"].control.isEnabled()
    assert form.rows["on"].help_label.text() == "Starts it. Not now."
    form.show_state(FormState(VALUES))
    assert not row.error_label.isVisible()
    assert form.rows["on"].control.isEnabled()
    assert form.rows["on"].help_label.text() == "Starts it."


def test_form_controls_have_accessible_names(form: Form) -> None:
    for path in ("on", "count", "pick", "side", "names", "mail", "lines"):
        assert form.rows[path].control.accessibleName() == form.fields[path].label


def test_form_text_half_typed_survives_other_changes(qtbot: QtBot) -> None:
    form = Form([FormField("host", "Host", reports_on_leave=True)])
    qtbot.addWidget(form)
    form.show_state(FormState({"host": "a"}))
    field = form.control("host", TextField)
    edits: list[object] = []
    form.edited.connect(lambda _path, value: edits.append(value))
    qtbot.keyClicks(field, "bc")
    form.show_state(FormState({"host": "a"}))
    assert (field.text(), edits) == ("abc", [])
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert edits == ["abc"]
    form.show_state(FormState({"host": "other"}))
    assert field.text() == "other"


def test_form_custom_field_needs_a_control() -> None:
    with pytest.raises(ValueError, match="days needs a control"):
        create_control(FormField("days", "Days", FieldKind.CUSTOM))


def test_form_wrong_class_of_control_is_named(form: Form) -> None:
    with pytest.raises(TypeError, match="on is edited with a Switch"):
        form.control("on", TextField)
    assert isinstance(form.control("on", QWidget), Switch)
