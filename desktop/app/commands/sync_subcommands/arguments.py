"""Arguments and checks that several subcommands of `fairlead sync` share."""

import argparse
from collections.abc import Sequence

from desktop.app.container import WorkspaceServices
from desktop.model.run_limit import TYPED_CONSEQUENCES
from desktop.sync.plan_limit_check import require_known_limits


def add_sync_argument(parser: argparse.ArgumentParser) -> None:
    """Add `fairlead sync`'s positional argument SYNC: a sync by its name."""
    parser.add_argument("sync", metavar="SYNC", help="which sync, by its name")


def add_progress_option(parser: argparse.ArgumentParser) -> None:
    """Add `--progress jsonl` to a subcommand: one JSON line for each change of a run's progress."""
    # A choice of one: other formats can follow without a new option.
    parser.add_argument("--progress", choices=["jsonl"], help="tell how far it is")


def add_allow_option(parser: argparse.ArgumentParser) -> None:
    """Add the repeatable `--allow LIMIT`; admins only, except for opt-outs and production."""
    parser.add_argument(
        "--allow",
        action="append",
        default=[],
        metavar="LIMIT",
        help="let a limit pass once; production: change more than 50 people there",
    )


def parse_count(text: str) -> int:
    """Parse a number of rows on the command line, 0 to 9,999,999. Raises ArgumentTypeError."""
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 8 else -1
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text[:40]} is not a number from 0 to 9999999")
    return number


def require_sync_permission(
    services: WorkspaceServices, allowed_limits: Sequence[str] = (), *, writes: bool = True
) -> None:
    """Raise NotPermitted where `fairlead sync` may not run, or let a limit pass, for this actor.

    `writes=False` asks for making, changing and previewing syncs alone, also with changes off. A
    service that is away comes first: while it is, nobody can say who may.
    """
    error = services.session.connection_error
    if error is not None:
        raise error
    if writes:
        services.syncs.require_permission()
    else:
        services.syncs.require_configuration_permission()
    require_known_limits(allowed_limits)
    # An admin's act: it lets a run change more customers than the limit allows.
    if not TYPED_CONSEQUENCES.issuperset(allowed_limits):
        services.syncs.require_admin()
