"""`fairlead sell`: export everything from Zendesk Sell before it ends, sign in, disconnect it."""

import argparse
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from desktop.app.cli_output import ExitCode, emit, terminal_safe
from desktop.app.commands.cli_command import CliCommand
from desktop.app.commands.connection_check_output import connection_check_lines
from desktop.app.commands.json_lines_printer import JsonLinesPrinter
from desktop.app.commands.open_workspace import in_workspace
from desktop.app.commands.view_permission import require_admin
from desktop.app.container import WorkspaceServices
from desktop.connect.disconnect import disconnect_sell
from desktop.connect.sell_sign_in import sign_in_to_sell
from desktop.customer.sell_export.sell_exporter import SellExportResult, SellExportStep
from desktop.kit.errors import InvalidInput


def _add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=["export", "sign-in", "disconnect"],
        help="take everything out; sign in with the browser (OAuth); forget the sign-in",
    )
    parser.add_argument(
        "folder",
        nargs="?",
        type=Path,
        metavar="DIR",
        help="where to; a stopped export there goes on",
    )
    parser.add_argument(
        "--no-links",
        action="store_true",
        help="leave out who the contacts and leads are in Zendesk and Sailthru",
    )
    parser.add_argument("--progress", choices=["jsonl"], help="tell how far it is")


@in_workspace(for_runs=True)
async def _work_on_sell(services: WorkspaceServices, options: argparse.Namespace) -> int:
    if services.session.connection_error is not None:
        raise services.session.connection_error
    if options.action == "disconnect":
        return await _disconnect(services, options)
    if options.action == "sign-in":
        return await _sign_in(services, options)
    if options.folder is None:
        raise InvalidInput("Say where to: fairlead sell export DIR.", "Nothing was exported.")
    exporter = services.build_sell_exporter(_step_printer(options.progress))
    result = await exporter.export(options.folder, with_links=not options.no_links)
    return emit(
        {"folder": str(result.folder), **result.manifest},
        _result_lines(result),
        as_json=options.json,
        exit_code=ExitCode.DONE if result.is_complete else ExitCode.NEEDS_PERSON,
    )


async def _disconnect(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_admin(services, "disconnect Zendesk Sell")
    result = await disconnect_sell(services.session.connection_config)
    answer = {"connected": False, "revoked": result.is_revoked}
    return emit(answer, [result.message], as_json=options.json)


async def _sign_in(services: WorkspaceServices, options: argparse.Namespace) -> int:
    require_admin(services, "connect Zendesk Sell")
    report = await sign_in_to_sell(services.session.connection_config, _show_address)
    return emit(
        report.as_json(),
        (*connection_check_lines(report.checks), *report.notes),
        as_json=options.json,
        exit_code=ExitCode.DONE if report.is_ok else ExitCode.FAILED,
    )


def _show_address(url: str) -> None:
    # On stderr, as stdout is the answer's; the browser has to be this computer's.
    sys.stderr.write(f"Open this address in a browser of this computer:\n{url}\n")
    sys.stderr.flush()


def _step_printer(form: str | None) -> Callable[[SellExportStep], None]:
    """Return what prints an export's progress: JSON lines, or a line a table for a terminal."""
    if form == "jsonl":
        printer = JsonLinesPrinter()
        return lambda step: printer.print_line(
            {"table": step.table, "records": step.records, "check": step.is_check}
        )
    if not sys.stderr.isatty():
        return lambda _step: None

    def print_step(step: SellExportStep) -> None:
        what = "checked" if step.is_check else "read"
        sys.stderr.write(f"\r\x1b[K{step.table}: {step.records:,} {what}")
        sys.stderr.flush()

    return print_step


def _result_lines(result: SellExportResult) -> Iterator[str]:
    tables = result.manifest["tables"]
    if isinstance(tables, dict):
        for name, entry in tables.items():
            if not isinstance(entry, dict):
                continue
            note = f"  {entry['note']}" if entry.get("note") else ""
            proof = "" if entry["verified"] or note else "  not verified: it kept changing"
            yield terminal_safe(f"{name:<24} {entry['rows']:>9,}{proof}{note}")
    yield f"Saved {result.folder}; manifest.json has the checksums."
    if not result.is_complete:
        yield "Some lists kept changing while they were read. Export once more when it is quiet."


COMMANDS = {"sell": CliCommand(_add_arguments, _work_on_sell)}
