"""The condition editor in a narrow window: what is compared with can be read whole."""

from PySide6.QtWidgets import QApplication

from desktop.model.field_condition import ConditionOperator, FieldCondition
from desktop.panels.syncs.condition_editor import ConditionEditorRow


def test_narrow_condition_shows_its_whole_value(qapp: QApplication) -> None:
    row = ConditionEditorRow("Condition")
    row.show_condition(FieldCondition("lists", ConditionOperator.HAS, "VIP Offers"))
    row.resize(290, 150)
    row.show()
    qapp.processEvents()
    field = row.value_edit
    # The style sheet's padding and border, at both sides.
    assert field.width() >= field.fontMetrics().horizontalAdvance("VIP Offers") + 28
