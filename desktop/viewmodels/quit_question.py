"""View of the question before quitting over changes that could not be sent on the way out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from desktop.clients.service_status import ServiceState
from desktop.kit.text import format_count, to_sentence
from desktop.model.edit import Edit
from desktop.viewmodels.customer.timeline_view import edit_text
from desktop.viewmodels.edit_progress import queued_text

_MAX_LINES = 5


@dataclass(frozen=True)
class QuitQuestion:
    """All texts of the dialog before quitting; `detail` has a line for each change."""

    title: str
    message: str
    detail: str
    confirm: str


def build_quit_question(
    edits: Sequence[Edit], states: Iterable[ServiceState], now: float
) -> QuitQuestion:
    """Build the question before quitting about edits that are not made: open or failed."""
    states = tuple(states)
    open_count = sum(not edit.state.is_final for edit in edits)
    lines = [_edit_line(edit, states, now) for edit in edits[:_MAX_LINES]]
    if len(edits) > _MAX_LINES:
        lines.append(format_count(len(edits) - _MAX_LINES, "more change", "more changes"))
    verb = "is" if len(edits) == 1 else "are"
    if not open_count:
        return QuitQuestion(
            f"{format_count(len(edits), 'change', 'changes')} {verb} not made",
            "You can decide about it on the Activity page, now or at the next start.",
            "\n".join(lines),
            "Quit",
        )
    return QuitQuestion(
        f"{format_count(len(edits), 'change', 'changes')} {verb} not sent yet",
        "What is not sent stays saved on this computer. Fairlead sends it at the next start, as"
        " soon as that is possible.",
        "\n".join(lines),
        "Quit, send at next start",
    )


def _edit_line(edit: Edit, states: Sequence[ServiceState], now: float) -> str:
    request = edit.request
    what = edit_text(request.kind.value, request.name, request.new)
    why = edit.detail if edit.state.is_final else queued_text(edit, states, now)
    return f"{request.target.label}: {what}. {to_sentence(why)}"
