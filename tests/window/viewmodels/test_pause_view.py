"""The end of a pause that nobody pressed here: who is told, and why it ended."""

from dataclasses import replace
from typing import Any

import pytest

from desktop.model.customer_sheet import SheetPart, SheetPartState
from desktop.model.edit import EditKind, EditState
from desktop.model.json_value import Json
from desktop.model.marketing_pause import pause_name
from desktop.viewmodels.customer.customer_context import CustomerContext
from desktop.viewmodels.customer.pause_view import (
    PauseView,
    build_pause_view,
    describe_released_pause,
)
from tests.support.customer_contexts import NAMES, PROFILE, make_context, make_edit

TITLE = "Marketing for Ada Lovelace is no longer paused."
NAME = pause_name(NAMES.paused_var, NAMES.paused_list)
PAUSED = replace(PROFILE, vars={NAMES.paused_var: "2026-04-12"})
SOLVED = "The customer's last ticket is solved."


def with_edit(new: Json, reason: str = "") -> dict[str, Any]:
    edit = make_edit(EditKind.PAUSE, NAME, new, state=EditState.QUEUED)
    edit = replace(edit, request=replace(edit.request, reason=reason))
    return {"sheet": {"pending_edits": (edit,)}}


@pytest.mark.parametrize(
    ("before", "now", "said"),
    [
        (make_context(PAUSED), make_context(), (TITLE, "The timeline shows what ended it.")),
        (make_context(PAUSED), make_context(PAUSED, **with_edit(None, SOLVED)), (TITLE, SOLVED)),
        # End pause was pressed here, and a toast says so.
        (make_context(PAUSED), make_context(PAUSED, **with_edit(None)), ("", "")),
        # Undone before it was sent: it never began.
        (make_context(**with_edit({"until": "2026-04-12"})), make_context(), ("", "")),
        (make_context(PAUSED), make_context(PAUSED), ("", "")),
        (make_context(), make_context(), ("", "")),
        # The services can't be asked: nothing is known of its end.
        (
            make_context(PAUSED),
            make_context(sheet={"profile": SheetPart(None, SheetPartState.FAILED)}),
            ("", ""),
        ),
    ],
)
def test_pause_released_is_told_unless_ended_here(
    before: CustomerContext, now: CustomerContext, said: tuple[str, str]
) -> None:
    assert describe_released_pause(now, build_pause_view(before)) == said


def test_pause_never_shown_is_not_told_to_have_ended() -> None:
    assert describe_released_pause(make_context(), PauseView()) == ("", "")
