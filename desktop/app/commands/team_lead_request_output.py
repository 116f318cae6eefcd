"""Prints requests to a lead, as lines or as the JSON object `requests`."""

from collections.abc import Sequence

from desktop.app.cli_output import ExitCode, emit
from desktop.model.team_lead_request import TeamLeadRequest, describe_wanted


def emit_lead_requests(requests: Sequence[TeamLeadRequest], *, as_json: bool) -> int:
    """Print requests to a lead; the exit code is that of a command that has done its work."""
    document = {"requests": [each.as_json() for each in requests]}
    lines = list(map(_request_line, requests)) or ["No request waits."]
    return emit(document, lines, as_json=as_json, exit_code=ExitCode.DONE)


def _request_line(asked: TeamLeadRequest) -> str:
    request = asked.request
    ticket = f", #{request.ticket}" if request.ticket is not None else ""
    answered = f" by {asked.answered_by}" if asked.answered_by else ""
    answer = f": {asked.answer}" if asked.answer else ""
    return (
        f"{asked.id}  {request.target.label}  {describe_wanted(request)}  asked by {asked.actor}:"
        f" {request.reason}{ticket}  {asked.state.value}{answered}{answer}"
    )
