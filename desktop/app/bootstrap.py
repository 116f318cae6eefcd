"""The process's dependencies (`AppContext`), and how a start builds them before opening anything.

Light on purpose: no database, HTTP client, keyring or asyncio, so that a window is painted first.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass

from desktop.kit.clock import Clock, SystemClock
from desktop.kit.log_redaction import Redactor
from desktop.kit.logging_setup import set_up_logging
from desktop.settings.managed_policy import ManagedPolicy, read_policy
from desktop.settings.paths import AppPaths, find_paths
from desktop.settings.policy_file_discovery import system_policy_folder
from desktop.settings.workspace import Workspace, WorkspaceRegistry
from desktop.vault.environment_vault import EnvironmentSecrets, read_environment_secrets
from desktop.vault.secret import Vault


@dataclass(frozen=True)
class AppContext:
    """Paths, policy, redactor, environment secrets and clock of this process.

    `vault_factory` says where a workspace's secrets are kept, if not in the system's keyring;
    `is_demo` marks the throw-away account of `fairlead demo`. `policy_reader` reads the policy once
    more: an administrator may change it while a window is open.
    """

    paths: AppPaths
    policy: ManagedPolicy
    redactor: Redactor
    environment_secrets: EnvironmentSecrets
    clock: Clock
    is_demo: bool = False
    vault_factory: Callable[[Workspace], Vault] | None = None
    policy_reader: Callable[[], ManagedPolicy] | None = None

    def read_policy(self) -> ManagedPolicy:
        """Read the managed policy again, as this process finds it now."""
        return self.policy_reader() if self.policy_reader is not None else self.policy

    @property
    def workspaces(self) -> WorkspaceRegistry:
        """The registry of workspaces under this process's paths; it holds no state."""
        return WorkspaceRegistry(self.paths, self.policy, self.clock)


def build_app_context(clock: Clock | None = None) -> AppContext:
    """Build the process's context: paths, secrets from the environment, logging, managed policy.

    `clock` is the system's by default. Raises StorageError where the home folder cannot be written.
    """
    paths = find_paths()
    redactor = Redactor()
    secrets = read_environment_secrets()
    # Before the first log line: a secret that is logged once is on disk for good.
    redactor.add_secrets(*secrets.secrets.values())
    set_up_logging(os.environ.get("FAIRLEAD_LOG", "info"), paths.logs, redactor)

    def read_system_policy() -> ManagedPolicy:
        return read_policy(system_policy_folder())

    return AppContext(
        paths,
        read_system_policy(),
        redactor,
        secrets,
        clock or SystemClock(),
        policy_reader=read_system_policy,
    )
