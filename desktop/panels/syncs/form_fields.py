"""Forms of the page “Sync”: labels beside fields, and names in one line with commas between."""

from PySide6.QtWidgets import QCheckBox, QFormLayout, QLineEdit

from desktop.panels.theme import fonts


def create_form_layout() -> QFormLayout:
    """Rows of a label and a field; long ones wrap below their label."""
    rows = QFormLayout()
    rows.setHorizontalSpacing(fonts.scaled(12))
    rows.setVerticalSpacing(fonts.scaled(6))
    rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    return rows


def create_text_field(name: str, empty: str = "", *, max_length: int = 200) -> QLineEdit:
    """A line to type in; `empty` says what nothing means."""
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setObjectName(name)
    field.setPlaceholderText(empty)
    field.setMaxLength(max_length)
    return field


def create_check_box(words: str) -> QCheckBox:
    """A box to tick, called what it says."""
    box = QCheckBox(words)
    box.setAccessibleName(words)
    box.setObjectName(words)
    return box


def parse_names(field: QLineEdit) -> tuple[str, ...]:
    """The names typed, each once."""
    return tuple(dict.fromkeys(name.strip() for name in field.text().split(",") if name.strip()))


def show_names(field: QLineEdit, names: tuple[str, ...]) -> None:
    """Show these; a comma that was just typed stays."""
    if parse_names(field) != names:
        field.setText(", ".join(names))
