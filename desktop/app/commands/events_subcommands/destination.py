"""`fairlead events destination`: whether events go to Zendesk at all, or wait."""

import argparse

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.container import WorkspaceServices
from desktop.connect.identity_and_roles import check_setting_change
from desktop.kit.errors import NotPermitted
from desktop.kit.text import format_count
from desktop.model.event_delivery import DESTINATION_OFF_TEXT
from desktop.settings.settings_table import EVENTS_DELIVERED


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "state", nargs="?", choices=("on", "off"), help="an admin's switch; without: how it is"
    )


@in_workspace()
async def _destination(services: WorkspaceServices, options: argparse.Namespace) -> int:
    session = services.session
    if options.state is not None:
        actor = session.confirmed_actor if session.is_connected else None
        decision = check_setting_change(EVENTS_DELIVERED, actor, session.values)
        if not decision.is_allowed:
            raise NotPermitted("Delivery can't be switched here.", decision.reason)
        session.change_settings({EVENTS_DELIVERED.key: options.state == "on"})
    is_on = session.values.get(EVENTS_DELIVERED)
    waiting = await services.store.event_queries.count_unsent()
    lines = [
        "Events are delivered to Zendesk." if is_on else DESTINATION_OFF_TEXT,
        f"{format_count(waiting, 'event waits', 'events wait')}.",
    ]
    return emit({"on": is_on, "waiting": waiting}, lines, as_json=options.json)


COMMANDS = {"destination": CliCommand(_add_arguments, _destination)}
