"""What a start knows before it opens a workspace; light, so that a window can be painted first."""

from collections.abc import Callable
from dataclasses import dataclass

from desktop.kit.clock import Clock, SystemClock
from desktop.kit.redact import Redactor
from desktop.settings.paths import Paths
from desktop.settings.policy import Policy
from desktop.settings.workspace import Workspace
from desktop.vault.environment import Overrides
from desktop.vault.secret import Vault


@dataclass(frozen=True)
class Ground:
    """What a start knows before it opens a workspace.

    `demo` keeps secrets in memory; `vault` says where else they are, if not in the keyring.
    """

    paths: Paths
    policy: Policy
    redactor: Redactor
    overrides: Overrides
    clock: Clock
    demo: bool = False
    vault: Callable[[Workspace], Vault] | None = None


def system_clock() -> Clock:
    """The computer's own."""
    return SystemClock()
