"""What stands in a layout, found without touching its QLayoutItems."""

from PySide6.QtWidgets import QLayout, QWidget


def layout_children(layout: QLayout) -> dict[int, QWidget | QLayout]:
    """Return the widgets and inner layouts of a layout in its order, by their index in it.

    An index that is missing is a spacer. Not by `itemAt()`: PySide keeps its wrapper of an item as
    long as the layout lives, but Qt deletes the item with its widget. The next object at the
    same address is then taken for that item, which ends the process.
    """
    parent = layout.parentWidget()
    found = {
        layout.indexOf(part): part
        for part in (*layout.children(), *(parent.children() if parent is not None else ()))
        if isinstance(part, QWidget | QLayout)
    }
    found.pop(-1, None)
    return dict(sorted(found.items()))
