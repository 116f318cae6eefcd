"""The workspace that a command line names: one that is not there is wrong usage."""

from desktop.kit.errors import BadInput, NotFound
from desktop.settings.workspace import Workspace, Workspaces


def named_workspace(workspaces: Workspaces, name: str) -> Workspace:
    """Open it. Raises BadInput that says which there are."""
    try:
        return workspaces.open(name)
    except NotFound as error:
        raise BadInput(error.title, error.message, error.hint) from error
