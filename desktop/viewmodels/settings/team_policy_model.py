"""Model of the team cards: exports the policy file, tests that an agents' key lacks `job`."""

import json
from dataclasses import dataclass
from pathlib import Path

from desktop.clients.sailthru.protocol import SailthruCredentials
from desktop.connect.connection_check import ConnectionCheck
from desktop.connect.connection_config import ConnectionConfig
from desktop.connect.support_request_texts import request_api_key_text
from desktop.connect.team_rollout import (
    KEY_HANDOUT_NOTES,
    POLICY_INSTALL_NOTES,
    check_agents_key,
    export_policy,
)
from desktop.kit.errors import InvalidInput
from desktop.settings import settings_table
from desktop.vault.secret import Secret, validate_secret
from desktop.viewmodels.file_export import write_private_file
from desktop.viewmodels.settings.card_model import CardModel
from desktop.viewmodels.settings.connection_check_view import ConnectionCheckView, build_check_view
from desktop.viewmodels.settings.error_message import ErrorMessage
from desktop.viewmodels.workspace_settings_protocol import WorkspaceSettingsProtocol


@dataclass(frozen=True)
class TeamPolicyView:
    """View of the team cards; `managed_settings`: (label, value) that a policy has fixed."""

    handing_out_text: str
    installing_text: str
    key_request_text: str
    is_busy: bool
    checks: tuple[ConnectionCheckView, ...]
    error: ErrorMessage
    managed_settings: tuple[tuple[str, str], ...]
    policy_files: str
    policy_notices: tuple[str, ...]


class TeamPolicyModel(CardModel):
    """Model of the team cards; an agents' key is tested, never kept."""

    def __init__(
        self, workspace: WorkspaceSettingsProtocol, connection_config: ConnectionConfig
    ) -> None:
        super().__init__()
        self._workspace, self._connection_config = workspace, connection_config
        self._checks: tuple[ConnectionCheck, ...] = ()

    def view(self) -> TeamPolicyView:
        """Build the view of the team card and the policy card."""
        policy = self._workspace.values.policy
        managed = tuple(
            (
                settings_table.SETTINGS_BY_KEY[key].label
                if key in settings_table.SETTINGS_BY_KEY
                else key,
                _format_policy_value(value),
            )
            for key, value in sorted(policy.values.items())
        )
        return TeamPolicyView(
            handing_out_text=KEY_HANDOUT_NOTES,
            installing_text=POLICY_INSTALL_NOTES,
            key_request_text=request_api_key_text(),
            is_busy=bool(self._busy_text),
            checks=tuple(build_check_view(check) for check in self._checks),
            error=self._error,
            managed_settings=managed,
            policy_files=", ".join(str(path) for path in policy.sources),
            policy_notices=policy.notices,
        )

    def policy_text(self) -> str:
        """Return the managed policy that the team card exports, as JSON without any secret."""
        policy = export_policy(self._workspace.values)
        return json.dumps(policy, ensure_ascii=False, indent=2, sort_keys=True) + "\n"

    def export_policy_file(self, path: str) -> None:
        """Write the policy file to the path chosen on the team card."""
        self._start_work("export", self._export(Path(path)))

    def test_agents_key(self, key: str, secret: str) -> None:
        """Test for the team card that an agents’ key looks up and changes, and starts no jobs."""
        if not self._busy_text:
            self._checks = ()
        self._start_work("test", self._test(key, secret))

    async def _export(self, path: Path) -> None:
        await write_private_file(path, self.policy_text())
        self._finish_work(f"The policy was written to {path.name}. It holds no key.")

    async def _test(self, key: str, secret: str) -> None:
        if not key.strip() or not secret.strip():
            raise InvalidInput("Key and secret go together.", "", "Enter both.")
        pair = SailthruCredentials(
            validate_secret(Secret.SAILTHRU_KEY, key),
            validate_secret(Secret.SAILTHRU_SECRET, secret),
        )
        own = await self._connection_config.vault.get(Secret.SAILTHRU_KEY)
        # The key of this computer may start jobs: testing it would prove nothing.
        if own == pair.key:
            raise InvalidInput(
                "That is the key of this computer.", "", "Enter the key meant for agents."
            )
        values = self._workspace.values
        services = self._connection_config.temporary_clients(values)
        async with services.sailthru(values.get(settings_table.SERVICE_URI), pair) as client:
            self._checks = await check_agents_key(client)
        self._finish_work()


def _format_policy_value(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, str | int):
        return str(value) or "empty"
    return json.dumps(value, ensure_ascii=False)


POLICY_FILE_NAME = "fairlead-policy.json"
