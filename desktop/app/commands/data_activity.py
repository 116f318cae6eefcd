"""`fairlead data activity`: what customers did, newest first, as the window lists it."""

import argparse

from desktop.app.cli_output import emit
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.container import WorkspaceServices
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import InvalidInput
from desktop.kit.text import to_single_line
from desktop.model.customer_activity import (
    CustomerAct,
    CustomerActivity,
    CustomerActivityFilter,
)
from desktop.model.json_value import Json

_MAX_LIMIT = 1_000


def add_activity_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `data activity` to the parser of `data`."""
    parser.add_argument(
        "--type",
        action="append",
        dest="types",
        choices=[act.value for act in CustomerAct],
        metavar="TYPE",
        help="with “activity”: only these, several times for several; "
        + ", ".join(act.value for act in CustomerAct),
    )
    parser.add_argument("--agent", default="", help="with “activity”: of tickets with this agent")
    parser.add_argument("--phrase", default="", help="with “activity”: in which words stand")
    parser.add_argument(
        "--limit", type=int, default=50, metavar="N", help="with “activity”: how many, 50 at first"
    )


@in_workspace()
async def run_activity(services: WorkspaceServices, options: argparse.Namespace) -> int:
    """List the newest things that customers did."""
    if not 1 <= options.limit <= _MAX_LIMIT:
        raise InvalidInput(f"--limit takes 1 to {_MAX_LIMIT:,}.", "Nothing was listed.")
    wanted = CustomerActivityFilter(
        frozenset(map(CustomerAct, options.types or ())),
        options.customer or "",
        options.agent,
        options.phrase,
    )
    page = await services.customer_activity.list_page(wanted, limit=options.limit)
    return emit(
        {"activity": [_document(one) for one in page]},
        [_line(one) for one in page] or ["Nothing of it was read on this computer."],
        as_json=options.json,
    )


def _document(one: CustomerActivity) -> dict[str, Json]:
    return {
        "at": one.at,
        "type": one.act.value,
        "zendesk_id": one.person_id if one.person_id > 0 else None,
        "sid": one.sid or None,
        "name": one.name,
        "email": one.email,
        "ticket": one.ticket_id,
        "agent": one.agent or None,
        "title": one.title,
        "text": one.text,
    }


def _line(one: CustomerActivity) -> str:
    ticket = f"#{one.ticket_id} " if one.ticket_id is not None else ""
    agent = f", with {one.agent}" if one.agent else ""
    title = to_single_line(one.title)
    who = one.name or one.email or "somebody unknown"
    return f"{iso_timestamp(one.at)}  {one.act.label}: {who}  {ticket}{title}{agent}"
