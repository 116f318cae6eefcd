"""Names and one-line summaries of all commands; their modules are imported when they are run.

The order is that of `--help`. Kept as text so that `--help` and `--version` import no command:
with all of them imported they took 490 modules instead of some 150.
"""

from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from desktop.app.commands.cli_command import CliCommand


class CommandEntry(NamedTuple):
    """One line of `--help`, and the module under `desktop.app.commands` that holds the command."""

    name: str
    summary: str
    module: str

    def load(self) -> "CliCommand":
        """Import the command's module and return the CliCommand of this name."""
        module = import_module(f"desktop.app.commands.{self.module}")
        command: CliCommand = module.COMMANDS[self.name]
        return command


# `window` needs no name on the command line: `argv_normalizer` adds it.
COMMANDS = (
    CommandEntry("window", "open the window (the default)", "window"),
    CommandEntry("demo", "open the window on invented data", "demo"),
    CommandEntry("lookup", "show one customer's sheet", "lookup"),
    CommandEntry("why", "explain why a customer is opted out", "why"),
    CommandEntry("bounce", "repair a customer's hard bounce and keep the opt-out", "bounce"),
    CommandEntry("edit", "change one customer", "edit"),
    CommandEntry("addresses", "list addresses changed in Zendesk and not in Sailthru", "addresses"),
    CommandEntry("note", "put an internal note on a customer's ticket", "note"),
    CommandEntry("pause", "hold a customer's marketing back while a ticket is open", "pause"),
    CommandEntry("bulk", "look up and change many customers at once", "bulk"),
    CommandEntry("undo", "take one change back, or a whole batch", "undo"),
    CommandEntry("requests", "what leads were asked for; do, decline or withdraw it", "requests"),
    CommandEntry("outbox", "list, send, retry or discard wanted changes", "outbox"),
    CommandEntry("audit", "show or verify the record of changes", "audit"),
    CommandEntry("data", "what is kept of customers on this computer; read, erase it", "data"),
    CommandEntry("audience", "look everybody up by conditions; segments, export", "audience"),
    CommandEntry("report", "count tickets, ratings, opt-outs, health and runs by day", "report"),
    CommandEntry("report-mail", "send the week's reports each Monday; tell of opt-outs", "report"),
    CommandEntry("privacy", "export or erase everything known of one person", "privacy"),
    CommandEntry("sync", "preview, run and schedule syncs between Zendesk and Sailthru", "sync"),
    CommandEntry(
        "rules", "act when a ticket is solved, a rating is bad, a phrase appears", "rules"
    ),
    CommandEntry("events", "turn events of Segment's form into changes in Zendesk", "events"),
    CommandEntry("sell", "export everything from Zendesk Sell before it ends", "sell"),
    CommandEntry("team", "share record, approvals and scheduled syncs with other desks", "team"),
    CommandEntry("worker", "run a team's scheduled syncs on a server", "worker"),
    CommandEntry("setup", "connect a workspace from a JSON object", "setup"),
    CommandEntry("doctor", "test every connection and permission", "doctor"),
    CommandEntry("sandbox", "serve an imitation of Sailthru and Zendesk", "sandbox"),
)

COMMAND_NAMES = tuple(entry.name for entry in COMMANDS)


# Several subcommands share a module where they share their arguments and checks.
def _sync(module: str, name: str, summary: str) -> CommandEntry:
    return CommandEntry(name, summary, f"sync_subcommands.{module}")


SYNC_SUBCOMMANDS = (
    _sync("configure", "list", "every sync and how it stands"),
    _sync("configure", "add", "make a sync: from a preset, a blank one, or a copy"),
    _sync("configure", "set", "set fields of a sync, or show them"),
    _sync("configure", "on", "check a sync and switch it on"),
    _sync("configure", "off", "switch a sync off"),
    _sync("configure", "remove", "take a sync away; its history stays"),
    _sync("configure", "schedule", "say when a sync runs"),
    _sync("plans", "plan", "show what a run would change; nothing is written"),
    _sync("plans", "tick", "leave a row or field of a plan out, or take it in again"),
    _sync("plans", "resolve", "pick a side where both have changed"),
    _sync("left_out", "leave-out", "who is always left out of a sync; add or remove somebody"),
    _sync("runs", "run", "run a sync now"),
    _sync("runs", "cancel", "stop a run; it can go on later"),
    _sync("runs", "rollback", "take back what a run wrote"),
    _sync("runs", "retry", "try what was refused or corrected again"),
    _sync("history", "history", "past and coming runs"),
    _sync("history", "show", "one run, row by row"),
    _sync("scheduled_runs", "due", "run every sync whose time has come"),
    _sync("scheduled_runs", "here", "whether this computer runs scheduled syncs"),
    _sync("notification_settings", "notify", "say whom a sync tells how it went"),
    _sync("notification_settings", "mail", "say how e-mail about syncs goes out"),
    _sync("export_import", "export", "write syncs to a file that people can read"),
    _sync("export_import", "import", "take syncs in from a file, all or none"),
)


RULES_SUBCOMMANDS = tuple(
    CommandEntry(name, summary, f"rules_subcommands.{module}")
    for module, name, summary in (
        ("configure", "list", "every rule and how it stands"),
        ("configure", "add", "make a rule, switched off"),
        ("configure", "show", "what a rule waits for and does, and its last runs"),
        ("configure", "set", "set fields of a rule"),
        ("configure", "on", "check a rule and switch it on; it acts on what happens from then on"),
        ("configure", "off", "switch a rule off"),
        ("runs", "preview", "show who matches now and what would change; nothing is written"),
        ("runs", "run", "run a rule now"),
        ("configure", "remove", "take a rule away; its history stays"),
    )
)


def _events(module: str, name: str, summary: str) -> CommandEntry:
    return CommandEntry(name, summary, f"events_subcommands.{module}")


EVENTS_SUBCOMMANDS = (
    _events("check", "check", "count what a file of events holds, and name its bad lines"),
    _events("match", "match", "say of each event whether a trigger picks it"),
    _events("map", "map", "show what a mapping makes of each event"),
    _events("actions", "actions", "the six actions: show them, change them, save drafts"),
    _events("simulate", "simulate", "show the exact requests of events; nothing is written"),
    _events("deliver", "deliver", "store events and send them to Zendesk"),
    _events("sources", "source", "where events come from; what is delivered by itself"),
    _events("destination", "destination", "whether events of all sources go to Zendesk, or wait"),
    _events("collect", "collect", "take watched folders in; send what may go by itself"),
    _events("log", "log", "what became of each event"),
    _events("deliver", "retry", "try again what waits for a person, corrected or as it is"),
    _events("replay", "replay", "send delivered events once more, where Zendesk lacks them"),
    _events("rollback", "rollback", "take back what delivered events changed, where that can be"),
    _events("clear", "clear", "clear delivered events by age, with the counts first"),
    _events("deliver", "ignore", "never send an event that waits for a person; later ones go on"),
    _events("serve", "serve", "take events over HTTP on this computer, and store them"),
)
