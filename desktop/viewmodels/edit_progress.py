"""How far an open edit is, in words for panels and the page Activity: what it waits for."""

import math
from collections.abc import Iterable

from desktop.clients.service_status import ServiceState, ServiceStatus
from desktop.model.edit import Edit, EditState
from desktop.viewmodels import time_format


def edit_progress_text(edit: Edit, states: Iterable[ServiceState], now: float) -> str:
    """Describe on screen how far an open edit is: sends in 8 s, queued, sending, confirmed.

    `states` are the services' states by which a queued edit is told what it waits for.
    """
    service = edit.request.target.service.title
    if edit.state is EditState.WAITING:
        held = outage_text(service, states)
        return held or f"sends in {max(1, math.ceil(edit.not_before - now))} s"
    if edit.state is EditState.QUEUED:
        return queued_text(edit, states, now)
    if edit.state is EditState.SENDING:
        return "sending"
    if edit.state is EditState.UNKNOWN:
        return edit.detail or f"sent, {service} did not answer yet"
    if edit.state is EditState.DONE:
        at = time_format.format_time_of_day(edit.updated_at)
        return f"{edit.detail or service + ' confirmed'} {at}"
    return edit.detail or edit.state.value


def queued_text(edit: Edit, states: Iterable[ServiceState], now: float) -> str:
    """Say on screen what a queued edit waits for: the rules, its service, or its turn."""
    service = edit.request.target.service.title
    if edit.not_sent_reason:
        return edit.detail
    outage = outage_text(service, states)
    if outage:
        return outage
    # A rate limit says by itself until when.
    if edit.detail and edit.not_before > now and " until " not in edit.detail:
        return f"{edit.detail} Tried again at {time_format.format_time_of_day(edit.not_before)}."
    return edit.detail or "waiting to be sent"


def outage_text(service: str, states: Iterable[ServiceState]) -> str:
    """Say on screen what edits of a service that is away are queued for; "" where it is not."""
    status = next((state.status for state in states if state.service == service), None)
    if status is ServiceStatus.OFFLINE:
        return f"queued until {service} is back"
    if status is ServiceStatus.SIGNED_OUT:
        return f"queued until {service} is signed in again"
    return ""
