"""Fields of the forms on the page Sync: text lines, check boxes, names split by commas."""

from PySide6.QtWidgets import QCheckBox, QFormLayout, QLineEdit

from desktop.panels.theme import fonts


def create_form_layout() -> QFormLayout:
    """Create a form of labels beside fields; a long field wraps below its label."""
    rows = QFormLayout()
    rows.setHorizontalSpacing(fonts.scaled(12))
    rows.setVerticalSpacing(fonts.scaled(6))
    rows.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
    return rows


def create_text_field(name: str, empty: str = "", *, max_length: int = 200) -> QLineEdit:
    """Create a line to type in; the placeholder `empty` says what no text means."""
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setObjectName(name)
    field.setPlaceholderText(empty)
    field.setMaxLength(max_length)
    return field


def create_check_box(words: str) -> QCheckBox:
    """Create a check box whose accessible name is its text."""
    box = QCheckBox(words)
    box.setAccessibleName(words)
    box.setObjectName(words)
    return box


def parse_names(field: QLineEdit) -> tuple[str, ...]:
    """Parse the names typed in a field, split by commas, each once."""
    return tuple(dict.fromkeys(name.strip() for name in field.text().split(",") if name.strip()))


def show_names(field: QLineEdit, names: tuple[str, ...]) -> None:
    """Show names in a field, unless it holds the same ones already."""
    # Else a comma that was just typed would go again.
    if parse_names(field) != names:
        field.setText(", ".join(names))
