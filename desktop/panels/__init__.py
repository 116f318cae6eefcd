"""The window: widgets of the main window, pages, panels and dialogs. They draw and forward."""

from desktop.panels.qt_override_errors import normalize_override_errors

# Before the first class of a widget.
normalize_override_errors()
