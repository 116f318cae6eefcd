"""What a start knows before it opens a workspace; light, so that a window can be painted first."""

from collections.abc import Callable
from dataclasses import dataclass

from desktop.kit.clock import Clock, SystemClock
from desktop.kit.log_redaction import Redactor
from desktop.settings.managed_policy import ManagedPolicy
from desktop.settings.paths import AppPaths
from desktop.settings.workspace import Workspace
from desktop.vault.environment_vault import EnvironmentSecrets
from desktop.vault.secret import Vault


@dataclass(frozen=True)
class AppContext:
    """What a start knows before it opens a workspace.

    `demo` keeps secrets in memory; `vault` says where else they are, if not in the keyring.
    """

    paths: AppPaths
    policy: ManagedPolicy
    redactor: Redactor
    overrides: EnvironmentSecrets
    clock: Clock
    is_demo: bool = False
    vault_factory: Callable[[Workspace], Vault] | None = None


def system_clock() -> Clock:
    """The computer's own."""
    return SystemClock()
