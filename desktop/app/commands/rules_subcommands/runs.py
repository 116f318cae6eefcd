"""Rules on the command line: who matches now, and a run. A run is a sync's run."""

import argparse

from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.sync_subcommands import runs
from desktop.app.commands.sync_subcommands.arguments import (
    add_sync_argument,
    parse_count,
    require_sync_permission,
)
from desktop.app.commands.sync_subcommands.run_and_plan_output import emit_plan
from desktop.app.commands.view_permission import require_view_permission
from desktop.app.container import WorkspaceServices
from desktop.app.runner_factory import build_runner
from desktop.kit.clock import iso_timestamp
from desktop.model.rule_trigger import PREVIEW_DAYS, PREVIEW_PEOPLE


def _add_preview_arguments(parser: argparse.ArgumentParser) -> None:
    add_sync_argument(parser)
    parser.add_argument(
        "--rows", type=parse_count, default=20, metavar="N", help="how many rows to print"
    )
    parser.add_argument(
        "--skipped", action="store_true", help="also print who is left out, and why"
    )


@in_workspace(for_runs=True)
async def _preview(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_sync_permission(services, writes=False)
    await require_view_permission(services)
    rule = await services.store.syncs.get(options.sync)
    runner = build_runner(services, rule.name)
    plan = await runner.preview(rule, services.session.actor.name)
    matching = plan.source_record_count
    who = "person matches" if matching == 1 else "people match"
    # More are not read for a preview.
    least = "At least " if matching >= PREVIEW_PEOPLE and not rule.armed_at else ""
    if rule.armed_at:
        line = f"{matching:,} {who} since the last run; on since {iso_timestamp(rule.armed_at)}."
    else:
        line = (
            f"{least}{matching:,} {who}, of the last {PREVIEW_DAYS} days. Switched on now, the rule"
            " leaves them as they are and acts on what happens from then on."
        )
    return await emit_plan(
        plan,
        services.store,
        services.context.clock.now(),
        row_count=options.rows,
        with_skipped=options.skipped,
        as_json=options.json,
        confirmed_over=services.current_settings.confirmed_over(),
        more={"matching": matching, "since": rule.armed_at or None},
        more_lines=[line],
    )


COMMANDS = {
    "preview": CliCommand(_add_preview_arguments, _preview),
    "run": runs.COMMANDS["run"],
}
