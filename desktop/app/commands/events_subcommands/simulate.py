"""`fairlead events simulate FILE`: shows the exact requests that a file of events would become."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from desktop.app.cli_output import ExitCode, emit, terminal_safe, write_utf_8
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.events_subcommands.event_source import (
    add_file_argument,
    open_event_source,
)
from desktop.app.commands.events_subcommands.field_options import (
    add_field_options,
    take_planned_fields,
)
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.app.event_services import build_action_store, open_directory
from desktop.events.delivery_estimate import DeliveryEstimate, estimate_delivery
from desktop.events.event import Event
from desktop.events.event_action import ActionKind
from desktop.events.event_intake import read_events
from desktop.events.plan_effects import PlanEffects
from desktop.events.planned_request import NoChange, PlannedRequest, RequestEffect
from desktop.events.simulation import (
    SimulationCounts,
    compile_actions,
    explain_not_fired,
    simulate,
)
from desktop.events.user_matching import describe_match
from desktop.kit.text import format_count, format_duration
from desktop.model.admin_center import organization_fields_address, user_fields_address
from desktop.settings import settings_table

# On a terminal; JSON has them all.
_ROWS_SHOWN = 200


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    add_file_argument(parser)
    parser.add_argument(
        "--drafts", action="store_true", help="with the drafts of actions, which may be saved then"
    )
    parser.add_argument(
        "--explain", action="store_true", help="say of each event why the other actions don't fire"
    )
    add_field_options(parser)


# As a run: it waits for the rate limit, and leaves a quarter of it to people.
@in_workspace(for_runs=True)
async def _simulate(services: WorkspaceServices, options: argparse.Namespace) -> int:
    await require_view_permission(services)
    store = build_action_store(services)
    actions = compile_actions(await store.get_actions(with_drafts=options.drafts))
    directory = await open_directory(services)
    take_planned_fields(directory, options)
    base_url = services.session.values.get(settings_table.ZENDESK_BASE_URL)
    output = _JsonOutput(base_url) if options.json else _TextOutput(base_url)
    explained: list[dict[str, Any]] = []

    def explain(event: Event) -> None:
        reasons = explain_not_fired(actions, event)
        not_fired = {kind.value: reason for kind, reason in reasons.items()}
        explained.append({"line": event.line, "type": event.type, "not_fired": not_fired})

    with open_event_source(options.file) as source:
        on_event = explain if options.explain else _pass_over
        erased = await services.store.erased_people.load()
        counts = await simulate(
            read_events(source), actions, directory, output.add, on_event, erased=erased
        )
    if options.drafts:
        await store.mark_previewed()
    estimate = None
    if directory.is_live:
        estimate = estimate_delivery(
            counts,
            services.session.zendesk_calls_per_minute(),
            imports_users=await services.store.event_queries.imports_users(),
        )
    output.finish(counts, explained, estimate)
    return ExitCode.DONE if directory.is_live else ExitCode.SERVICE_AWAY


def _pass_over(_event: Event) -> None:
    """Explain nothing: that would hold a line for each event."""


class _JsonOutput:
    """Prints a simulation as one JSON document piece by piece: a million requests are not held."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._is_begun = False

    def add(self, planned: PlannedRequest | NoChange) -> None:
        """Print a simulated request as JSON; one with nothing to change is only counted."""
        if isinstance(planned, PlannedRequest):
            write_utf_8(("," if self._is_begun else '{"requests": [') + _dump(as_json(planned)))
            self._is_begun = True

    def finish(
        self,
        counts: SimulationCounts,
        explained: list[dict[str, Any]],
        estimate: DeliveryEstimate | None,
    ) -> None:
        """Print the rest of the document; without an `estimate` Zendesk was not asked."""
        document = {**_summary(counts, estimate), **missing_field_addresses(counts, self._base_url)}
        rest = _dump({**document, "explained": explained} if explained else document)
        write_utf_8(("" if self._is_begun else '{"requests": [') + f"], {rest[1:]}\n")


class _TextOutput:
    """Prints a simulation's consequences and then its first requests as text."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._rows: list[PlannedRequest] = []

    def add(self, planned: PlannedRequest | NoChange) -> None:
        """Hold a simulated request for the text output while a terminal has room for it."""
        if isinstance(planned, PlannedRequest) and len(self._rows) < _ROWS_SHOWN:
            self._rows.append(planned)

    def finish(
        self,
        counts: SimulationCounts,
        explained: list[dict[str, Any]],
        estimate: DeliveryEstimate | None,
    ) -> None:
        """Print everything; without an `estimate` Zendesk was not asked."""
        emit({}, self._lines(counts, estimate), as_json=False)
        lines = (
            f"  line {one['line']} {one['type']}: {kind}: {reason}"
            for one in explained
            for kind, reason in one["not_fired"].items()
        )
        emit({}, lines, as_json=False)

    def _lines(self, counts: SimulationCounts, estimate: DeliveryEstimate | None) -> Iterator[str]:
        if estimate is None:
            yield "Zendesk can't be reached: compared with the users saved on this computer."
        yield from describe_effects(counts)
        for address in missing_field_addresses(counts, self._base_url).values():
            yield f"An admin defines them in Admin Center › People › Configuration: {address}"
        yield describe_actions(counts)
        if estimate is not None and estimate.calls:
            minutes = estimate.minutes
            took = f", about {format_duration(minutes * 60)}" if minutes else ""
            yield f"A delivery takes about {estimate.calls:,} calls to Zendesk{took}."
            if estimate.import_calls is not None:
                yield (
                    f"About {estimate.import_calls:,} where Zendesk lets the account import users,"
                    " which the first delivery finds out."
                )
        for row in self._rows:
            yield f"  line {row.line}: {terminal_safe(row.summary)}"
            found_by = f" (found by {describe_match(row.found_by)})" if row.found_by else ""
            yield f"      {row.method} {row.path}{terminal_safe(found_by)}"
            yield from (f"      {terminal_safe(warning)}" for warning in row.warnings)
        left = counts.requests - len(self._rows)
        if left > 0:
            yield f"  … and {left:,} more; --json prints all."


def missing_field_addresses(counts: SimulationCounts, base_url: str) -> dict[str, str]:
    """Return where in Zendesk an admin defines the fields that events have values for."""
    found = {}
    if counts.effects.discarded:
        found["user_fields_at"] = user_fields_address(base_url)
    if counts.effects.organization_fields:
        found["organization_fields_at"] = organization_fields_address(base_url)
    return found


def describe_actions(counts: SimulationCounts) -> str:
    """Describe how many events fired which action, in one line."""
    fired = [f"{kind.label} {counts.actions[kind]:,}" for kind in ActionKind]
    return ", ".join([*fired, f"no action {counts.no_action:,}"])


def describe_effects(counts: SimulationCounts) -> Iterator[str]:
    """Describe what people will notice, the most serious first; one sentence each."""
    effects = counts.effects
    if effects.removals:
        tickets = [ticket for one in effects.removals for ticket in one.tickets]
        named = " ".join(f"#{ticket}" for ticket in tickets[:20])
        yield (
            f"{format_count(len(effects.removals), 'removal', 'removals')}:"
            f" {format_count(len(tickets), 'open ticket loses', 'open tickets lose')}"
            f" the organisation {named}".rstrip()
        )
    for trait, need in sorted(effects.discarded.items(), key=lambda item: -item[1].count)[:10]:
        yield f"Zendesk discards {trait} ({need.count:,} ×): there is no such user field"
    for key, need in effects.organization_fields.items():
        yield f"Organisation field {key} ({need.type}) is missing, {need.count:,} ×"
    if effects.verification_mails:
        mails = format_count(effects.verification_mails, "new user gets", "new users get")
        yield f"{mails} a verification mail from Zendesk"
        if effects.is_mailing_many:
            yield (
                "To create them without: `fairlead events actions upsert_user --option"
                " skip_verify_email=on`, `events simulate FILE --drafts`, `events actions --save`"
            )
    yield from _describe_values(effects)
    if effects.no_user.count:
        yield f"{format_count(effects.no_user.count, 'event has', 'events have')} no user"
    if effects.kept_events.count:
        yield f"{effects.kept_events.count:,} events are saved here: Zendesk takes none"
    if counts.intake.invalid:
        yield f"{format_count(len(counts.intake.invalid), 'line', 'lines')} can't be read"
    for problem in counts.problems[:20]:
        yield f"  line {problem.line}: {problem.action.label}: {problem.reason}"


def _describe_values(effects: PlanEffects) -> Iterator[str]:
    for field, count in effects.emptied.items():
        yield f"{field} is emptied, {count:,} ×"
    if effects.second_addresses.count:
        users = format_count(effects.second_addresses.count, "user gets", "users get")
        yield f"{users} a second address"
    if effects.kept_phones.count:
        users = format_count(effects.kept_phones.count, "user keeps", "users keep")
        yield f"{users} the phone number in Zendesk: another would be added beside it"
    if effects.unknown_time_zones.count:
        zones = format_count(effects.unknown_time_zones.count, "event names", "events name")
        yield f"{zones} no real time zone: it is left out"
    if effects.read_only:
        yield f"Zendesk sets {', '.join(sorted(effects.read_only))} itself: not sent"
    if effects.not_for_zendesk.count:
        told = format_count(effects.not_for_zendesk.count, "event leaves", "events leave")
        yield f"{told} Zendesk out by its integrations"


def as_json(planned: PlannedRequest) -> dict[str, Any]:
    """Return a planned request as `events simulate` prints it."""
    document: dict[str, Any] = {
        "line": planned.line,
        "action": planned.action.value,
        "method": planned.method,
        "path": planned.path,
        "body": planned.body,
        "effect": planned.effect.value,
        "who": planned.who,
        "summary": planned.summary,
    }
    if planned.headers:
        document["headers"] = planned.headers
    if planned.user_id is not None:
        kind, _, key = planned.found_by.partition(" ")
        document["user"] = {"id": planned.user_id, "found_by": kind, "key": key}
    if planned.changes:
        document["changes"] = [
            {"field": one.field, "old": one.old, "new": one.new} for one in planned.changes
        ]
    if planned.effect is RequestEffect.REMOVE:
        document["tickets"] = list(planned.tickets)
    if planned.warnings:
        document["warnings"] = list(planned.warnings)
    return document


def _summary(counts: SimulationCounts, estimate: DeliveryEstimate | None) -> dict[str, Any]:
    intake = counts.intake
    is_live = estimate is not None
    return {
        "actions": {
            **{kind.value: counts.actions[kind] for kind in ActionKind},
            "none": counts.no_action,
        },
        "effects": counts.effects.as_json(),
        "problems": [
            {"line": one.line, "action": one.action.value, "reason": one.reason}
            for one in counts.problems
        ],
        "problem_count": counts.problem_count,
        "unchanged": counts.unchanged,
        "lines": intake.lines,
        "valid": intake.valid,
        "duplicates": intake.duplicates,
        "invalid": [{"line": line, "reason": reason} for line, reason in intake.invalid],
        "source": "zendesk" if is_live else "kept",
        **({"estimate": _estimate_as_json(estimate)} if estimate is not None else {}),
    }


def _estimate_as_json(estimate: DeliveryEstimate) -> dict[str, Any]:
    document: dict[str, Any] = {"calls": estimate.calls, "minutes": round(estimate.minutes, 1)}
    if estimate.import_calls is not None:
        document["calls_with_import"] = estimate.import_calls
    return document


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


COMMANDS = {"simulate": CliCommand(_add_arguments, _simulate)}
