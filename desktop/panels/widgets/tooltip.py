"""Tool tips with escaped text, for Qt guesses rich text in them."""

from PySide6.QtWidgets import QWidget

# `html.escape` would do it, but its module brings two thousand names along before the first paint.
_PLAIN_TIP = "plainToolTip"
_HTML_ESCAPES = str.maketrans(
    # The five characters of HTML, and line breaks, which rich text would ignore.
    {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "\n": "<br>"}
)


def escape_tooltip(text: str) -> str:
    """Escape a text so that Qt's tool tip shows it as typed."""
    # The wrapper makes Qt read it as rich text for certain: escaped text alone is read as plain
    # unless it holds a "<", and would then show "&amp;".
    if not text:
        return ""
    return f"<qt>{text.translate(_HTML_ESCAPES)}</qt>"


def set_tooltip(widget: QWidget, text: str, *, describe: bool = True) -> None:
    """Give a widget a tool tip; screen readers get the same as its description.

    `describe=False`: the widget has a description of its own. Without any Qt would read the tool
    tip out, mark-up and all, so the text takes its place.
    """
    widget.setToolTip(escape_tooltip(text))
    if describe or widget.accessibleDescription() == (widget.property(_PLAIN_TIP) or ""):
        widget.setAccessibleDescription(text)
    widget.setProperty(_PLAIN_TIP, text)


class DisabledReasonMixin:
    """Mixin of a widget that says in tool tip and description why it is disabled."""

    def set_enabled(self, enabled: bool, reason: str = "") -> None:
        """Enable this widget, or disable it with the reason in tool tip and description."""
        assert isinstance(self, QWidget)  # noqa: S101 - a mixin of widgets only
        self.setEnabled(enabled)
        set_tooltip(self, "" if enabled else reason)
