"""The workspace that a command line names: one that is not there is wrong usage."""

from desktop.kit.errors import InvalidInput, NotFound
from desktop.settings.workspace import Workspace, WorkspaceRegistry


def open_named_workspace(workspaces: WorkspaceRegistry, name: str) -> Workspace:
    """Open it. Raises InvalidInput that says which there are."""
    try:
        return workspaces.open(name)
    except NotFound as error:
        raise InvalidInput(error.title, error.message, error.hint) from error
