"""`fairlead events actions`: lists the six actions; changes them as drafts, and saves those."""

import argparse
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from desktop.app.cli_output import emit
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands.arguments import require_sync_permission
from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_action_store
from desktop.events.action_store import DEFAULTS, ActionState, ActionStore
from desktop.events.event_action import (
    ActionKind,
    ActionOptions,
    EventAction,
    OrganizationIdKind,
)
from desktop.events.event_json import BadJsonError, parse_event_json
from desktop.kit.errors import InvalidInput
from desktop.model.field_mapping import MappingOperator
from desktop.model.json_value import Json

_KINDS = [kind.value for kind in ActionKind]
_SWITCHES = ("verified", "skip_verify_email", "public_comment")


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        nargs="?",
        type=_parse_action,
        metavar="ACTION",
        help=f"the action to show or change: {', '.join(_KINDS)}, or its name",
    )
    parser.add_argument("--trigger", metavar="EXPR", help="which events fire it")
    parser.add_argument("--mapping", metavar="FILE", help="the mapping's JSON")
    parser.add_argument(
        "--operator",
        action="append",
        default=[],
        metavar="FIELD=OP",
        help=f"how a field is joined: {', '.join(one.value for one in MappingOperator)}",
    )
    parser.add_argument(
        "--option",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help=f"{', '.join(_SWITCHES)}, source_name or organization_id",
    )
    switch = parser.add_mutually_exclusive_group()
    switch.add_argument("--on", action="store_true", help="switch it on")
    switch.add_argument("--off", action="store_true", help="switch it off; the trigger stays")
    switch.add_argument("--reset", action="store_true", help="a draft as it comes with Fairlead")
    switch.add_argument("--discard", action="store_true", help="take the draft away")
    switch.add_argument("--save", action="store_true", help="make all previewed drafts count")


@in_workspace()
async def _work_on_actions(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, writes=False)
    store = build_action_store(services)
    if options.save:
        await store.save_drafts(services.session.actor)
        await services.keep_audit_head()
    elif options.action is not None:
        await _change(store, ActionKind(options.action), options)
    elif _is_change(options):
        raise InvalidInput("Name the action to change.", "", f"One of {', '.join(_KINDS)}.")
    states = await store.get_states()
    chosen = [states[kind] for kind in ActionKind if options.action in (None, kind.value)]
    return emit(
        {"actions": [_as_json(state) for state in chosen]},
        (line for state in chosen for line in _describe(state)),
        as_json=options.json,
    )


def _parse_action(text: str) -> str:
    """Return an action's key by any of its names. Raises ArgumentTypeError."""
    found = ActionKind.find(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text[:40]} is none of {', '.join(_KINDS)}")
    return found.value


def _is_change(options: argparse.Namespace) -> bool:
    given = (options.trigger, options.mapping, options.operator, options.option)
    return any(given) or options.on or options.off or options.reset or options.discard


async def _change(store: ActionStore, kind: ActionKind, options: argparse.Namespace) -> None:
    if not _is_change(options):
        return
    if options.discard:
        await store.discard_draft(kind)
        return
    action = DEFAULTS[kind] if options.reset else (await store.get_states())[kind].newest
    if options.trigger is not None:
        action = replace(action, trigger=options.trigger)
    if options.mapping is not None:
        action = replace(action, mapping=_read_mapping(options.mapping))
    if options.on or options.off:
        action = replace(action, is_on=options.on)
    for text in options.operator:
        action = _with_operator(action, *_split(text))
    for text in options.option:
        action = replace(action, options=_with_option(action.options, *_split(text)))
    await store.put_draft(action)


def _read_mapping(file: str) -> dict[str, Json]:
    try:
        found = parse_event_json(Path(file).expanduser().read_text(encoding="utf-8-sig")).value
    except (OSError, UnicodeDecodeError, BadJsonError) as error:
        raise InvalidInput(f"The mapping {file} can't be read: {error}.") from error
    if not isinstance(found, dict):
        raise InvalidInput("A mapping is an object of field and value.", "Nothing was changed.")
    return found


def _split(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals:
        raise InvalidInput(f"“{text[:60]}” is not NAME=VALUE.", "Nothing was changed.")
    return name.strip(), value.strip()


def _with_operator(action: EventAction, field: str, name: str) -> EventAction:
    known = {one.value: one for one in MappingOperator}
    if name not in known:
        raise InvalidInput(
            f"There is no operator “{name[:40]}”.", "", f"One of {', '.join(known)}."
        )
    return replace(action, operators={**action.operators, field: known[name]})


def _with_option(options: ActionOptions, name: str, value: str) -> ActionOptions:
    if name in _SWITCHES:
        if value not in ("on", "off"):
            raise InvalidInput(f"{name} is on or off.", "Nothing was changed.")
        return replace(options, **{name: value == "on"})  # type: ignore[arg-type]
    if name == "source_name" and value and value.lower() != "zendesk":
        return replace(options, source_name=value)
    if name == "organization_id" and value in [one.value for one in OrganizationIdKind]:
        return replace(options, organization_id=OrganizationIdKind(value))
    raise InvalidInput(
        f"{name}={value} is no option of an action."[:120],
        "Nothing was changed.",
        f"There are {', '.join(_SWITCHES)} (on or off), source_name (not zendesk),"
        f" organization_id ({', '.join(one.value for one in OrganizationIdKind)}).",
    )


def _as_json(state: ActionState) -> dict[str, Any]:
    return {
        **_action_json(state.action),
        "draft": _action_json(state.draft) if state.draft else None,
        "previewed": state.is_draft_previewed,
        "proven": state.is_proven,
    }


def _action_json(action: EventAction) -> dict[str, Any]:
    return {
        "action": action.kind.value,
        "on": action.is_on,
        "trigger": action.trigger,
        "mapping": action.mapping,
        "operators": {name: one.value for name, one in action.operators.items()},
        "options": {
            **{name: getattr(action.options, name) for name in (*_SWITCHES, "source_name")},
            "organization_id": action.options.organization_id.value,
        },
    }


def _describe(state: ActionState) -> Iterator[str]:
    for label, action in (("", state.action), ("draft: ", state.draft)):
        if action is not None:
            switch = "on " if action.is_on else "off"
            yield f"{switch} {action.kind.value:<15} {label}{action.trigger}"
    if state.draft is not None and not state.is_draft_previewed:
        yield "    simulate with --drafts, then --save makes it count"
    if not state.is_proven:
        yield "    changed outside Fairlead: it does not count until somebody saves it"


COMMANDS = {"actions": CliCommand(_add_arguments, _work_on_actions)}
