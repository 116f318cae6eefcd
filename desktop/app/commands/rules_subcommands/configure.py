"""The rules of a workspace on the command line: list, add, show; the rest is as of any sync."""

import argparse

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands import configure
from desktop.app.commands.sync_subcommands.arguments import add_sync_argument
from desktop.app.commands.sync_subcommands.configure import emit_sync, sync_line, sync_state_to_json
from desktop.app.commands.sync_subcommands.run_and_plan_output import format_totals
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.kit.clock import iso_timestamp
from desktop.kit.errors import InvalidInput
from desktop.model.field_mapping import MappingRow, SourceType
from desktop.model.rule_trigger import MAX_RULE_PAUSE_DAYS, PhrasePlace, RuleTrigger
from desktop.model.sync import SourceKind, Sync, SyncEffects, SyncSource
from desktop.model.target_record import VAR_PREFIX
from desktop.sync.rule_text import describe_rule

_SHOWN_RUNS = 5


@in_workspace(connect=False)
async def _list_rules(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    states = [state for state in services.syncs.list_states() if state.sync.is_rule]
    lines = [line for state in states for line in (sync_line(state), *_rule_lines(state.sync))]
    document = {
        "rules": [
            sync_state_to_json(state, services) | {"rule": list(describe_rule(state.sync))}
            for state in states
        ]
    }
    return emit(document, lines or ["There is no rule yet."], as_json=options.json)


def _rule_lines(rule: Sync) -> list[str]:
    return [f"     {line}" for line in describe_rule(rule)]


def _add_add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--title", required=True, metavar="TEXT", help="what the rule is called")
    parser.add_argument(
        "--when",
        required=True,
        choices=[trigger.value for trigger in RuleTrigger],
        help="what happens to a customer",
    )
    parser.add_argument("--phrase", default="", metavar="TEXT", help="what a new ticket says")
    parser.add_argument(
        "--in",
        dest="place",
        choices=[place.value for place in PhrasePlace],
        default=PhrasePlace.TEXT.value,
        help="where the phrase stands; text: subject or message",
    )
    parser.add_argument(
        "--segment", default="", metavar="NAME", help="only people in this saved segment"
    )
    parser.add_argument(
        "--var", action="append", default=[], metavar="NAME=VALUE", help="set a Sailthru field"
    )
    parser.add_argument(
        "--list", action="append", default=[], metavar="NAME=on|off", help="join or leave a list"
    )
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="give a tag")
    parser.add_argument(
        "--pause",
        type=int,
        default=0,
        metavar="DAYS",
        help=f"pause marketing while a ticket is open, 1 to {MAX_RULE_PAUSE_DAYS} days at most",
    )


@in_workspace()
async def _add_rule(services: WorkspaceServices, options: argparse.Namespace) -> int:
    lists = [_split(text, "--list NAME=on|off") for text in options.list]
    if any(state not in ("on", "off") for _, state in lists):
        raise InvalidInput("A list is joined (on) or left (off).", "Nothing was added.")
    source = SyncSource(
        SourceKind.RULE,
        trigger=RuleTrigger(options.when),
        phrase=options.phrase,
        phrase_in=PhrasePlace(options.place),
        segment=options.segment,
    )
    effects = SyncEffects(
        add_to_lists=tuple(name for name, state in lists if state == "on"),
        remove_from_lists=tuple(name for name, state in lists if state == "off"),
        add_tags=tuple(options.tag),
        pause_days=options.pause,
    )
    rows = tuple(
        MappingRow(value, f"{VAR_PREFIX}{name}", type=SourceType.TEXT)
        for name, value in (_split(text, "--var NAME=VALUE") for text in options.var)
    )
    rule = services.syncs.add_rule(options.title, source, rows, effects)
    return emit_sync(services, rule, (), as_json=options.json, more_lines=_rule_lines(rule))


def _split(text: str, form: str) -> tuple[str, str]:
    name, equals, value = text.rpartition("=") if form.startswith("--list") else text.partition("=")
    if not (equals and name.strip()):
        raise InvalidInput(f"“{text[:60]}” is not {form}.", "Nothing was added.")
    return name.strip(), value.strip()


@in_workspace(connect=False)
async def _show_rule(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    rule = await services.store.syncs.get(options.sync)
    runs = await services.store.runs.list_runs(rule.name, _SHOWN_RUNS)
    state = services.syncs.get_state(rule)
    armed = f"On since {iso_timestamp(rule.armed_at)}." if rule.armed_at else "Off."
    lines = [
        sync_line(state),
        *_rule_lines(rule),
        f"     {armed}",
        *(
            f"  run {run.id}  {iso_timestamp(run.started_at)}  {run.state.value}"
            f"  {format_totals(run.totals)}"
            for run in runs
        ),
    ]
    document = sync_state_to_json(state, services) | {
        "rule": list(describe_rule(rule)),
        "since": rule.armed_at or None,
        "runs": [run.as_json() for run in runs],
    }
    return emit(document, lines, as_json=options.json)


COMMANDS = {
    "list": CliCommand(run=_list_rules),
    "add": CliCommand(_add_add_arguments, _add_rule),
    "show": CliCommand(add_sync_argument, _show_rule),
    **{name: configure.COMMANDS[name] for name in ("set", "on", "off", "remove")},
}
