"""Dynamic Qt properties that the style sheet selects by, set with the repaint they need."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

_POLISHED = Qt.WidgetAttribute.WA_WState_Polished


def set_style_properties(widget: QWidget, **properties: str | bool) -> None:
    """Set a widget's style properties and polish it again if any of them changed."""
    changed = False
    for name, value in properties.items():
        wanted = ("true" if value else "false") if isinstance(value, bool) else value
        # What was never said is not so: a new widget need not be polished for that.
        if (widget.property(name) or "false") != (wanted or "false"):
            widget.setProperty(name, wanted)
            changed = True
    # A widget not polished yet will read the properties when it first shows.
    if changed and widget.testAttribute(_POLISHED):
        style = widget.style()
        # Qt evaluates property selectors only when it polishes a widget.
        style.unpolish(widget)
        style.polish(widget)
        widget.updateGeometry()
        widget.update()
