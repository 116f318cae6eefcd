"""Finds the workspace that a command line names, and opens it for one command.

Light to import: the window's command uses it before the first paint.
"""

import argparse
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from desktop.app.bootstrap import AppContext
from desktop.kit.errors import InvalidInput, NotFound, UserDecisionNeeded
from desktop.settings.workspace import Workspace

if TYPE_CHECKING:
    from desktop.app.container import WorkspaceServices

    RunInWorkspace = Callable[[WorkspaceServices, argparse.Namespace], Coroutine[Any, Any, int]]
    RunInContext = Callable[[AppContext, argparse.Namespace], Coroutine[Any, Any, int]]


def open_named_workspace(context: AppContext, name: str) -> Workspace:
    """Return the workspace named on the command line. Raises InvalidInput, with the known names.

    A name that is not there is wrong usage (exit code 2), not a failure.
    """
    try:
        return context.workspaces.open(name)
    except NotFound as error:
        raise InvalidInput(error.title, error.message, error.hint) from error


def find_workspace(context: AppContext, name: str | None) -> Workspace:
    """Return the workspace of `--workspace NAME`, else the current one.

    Raises UserDecisionNeeded before any set-up, InvalidInput for a name that is not there.
    """
    # Said before anything else: every other error would only follow from it.
    workspaces = context.workspaces
    if name is None and not workspaces.names():
        raise UserDecisionNeeded(
            "Fairlead is not set up yet.",
            "There is no workspace on this computer.",
            "Open the window and follow the set-up, or use `fairlead setup --from FILE`.",
        )
    return open_named_workspace(context, name or workspaces.current_name())


@asynccontextmanager
async def open_workspace(
    context: AppContext,
    name: str | None,
    *,
    connect: bool = True,
    for_runs: bool = False,
    signs_audit: bool | None = None,
) -> "AsyncIterator[WorkspaceServices]":
    """Open a workspace's services for one command's block, and close them afterwards.

    `connect=False` asks neither keyring nor network. `for_runs` connects with a run's retry
    policy: it waits longer and leaves a quarter of every rate limit to people. `signs_audit` asks
    the keyring for the audit's key; None: where it connects.
    """
    # Imported here: databases and use cases are half of what a command imports.
    from desktop.app.container import build_services

    services = build_services(context, find_workspace(context, name))
    try:
        if connect:
            require_set_up(services)
            await services.session.connect(for_runs=for_runs, signs_audit=signs_audit is not False)
        elif signs_audit:
            await services.session.load_audit_key()
        yield services
    finally:
        await services.close()


def require_set_up(services: "WorkspaceServices") -> None:
    """Raise UserDecisionNeeded where no service was ever connected, before a command asks one."""
    if services.session.is_configured:
        return
    # Keys of the environment would go to an address that nobody has chosen.
    raise UserDecisionNeeded(
        f"The workspace “{services.workspace.name}” is not set up yet.",
        "Nothing was asked of Sailthru or Zendesk.",
        "Open the window and follow the set-up, or use `fairlead setup --from FILE`.",
    )


def in_workspace(
    *, connect: bool = True, for_runs: bool = False
) -> "Callable[[RunInWorkspace], RunInContext]":
    """Decorate a command that needs an open workspace: opened before it, closed after it.

    `connect` and `for_runs` are those of `open_workspace`.
    """

    def decorate(run: "RunInWorkspace") -> "RunInContext":
        async def run_in_workspace(context: AppContext, options: argparse.Namespace) -> int:
            async with open_workspace(
                context, options.workspace, connect=connect, for_runs=for_runs
            ) as services:
                return await run(services, options)

        return run_in_workspace

    return decorate
