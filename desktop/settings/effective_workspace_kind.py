"""Decides a workspace's kind: as an admin set it, else by where its services are."""

from urllib.parse import urlsplit

from desktop.kit.loopback import is_loopback
from desktop.model.workspace_kind import WorkspaceKind
from desktop.settings.settings_file import SettingsValues
from desktop.settings.settings_table import (
    AUTOMATIC_KIND,
    CONNECTION_SETTINGS,
    WORKSPACE_KIND,
)


def shown_workspace_kind(values: SettingsValues) -> WorkspaceKind | None:
    """Return the kind that the window names, or None for a workspace that was never set up."""
    is_set_up = any(values.is_set(row) for row in CONNECTION_SETTINGS)
    return effective_workspace_kind(values) if is_set_up else None


def effective_workspace_kind(values: SettingsValues) -> WorkspaceKind:
    """Return the workspace's kind: production unless somebody said otherwise.

    Services on this computer are the sandbox's: real ones are reached by https alone.
    """
    chosen = values.get(WORKSPACE_KIND)
    if chosen != AUTOMATIC_KIND:
        return WorkspaceKind(chosen)
    # The default address too: whoever names none uses the real service.
    used = [address for row in CONNECTION_SETTINGS if (address := values.get(row))]
    is_here = all(is_loopback(urlsplit(address).hostname or "") for address in used)
    return WorkspaceKind.SANDBOX if is_here else WorkspaceKind.PRODUCTION
