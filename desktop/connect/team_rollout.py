"""Rolls a workspace out to other computers: exports the policy file, checks an agents' key."""

from desktop.clients.sailthru.client import SailthruClient, SailthruEndpoint
from desktop.connect.connection_check import CheckCollector, ConnectionCheck
from desktop.connect.sailthru_key_checks import probe_error
from desktop.kit.errors import Forbidden
from desktop.model.json_value import Json
from desktop.settings import settings_table
from desktop.settings.setting_definition import SettingSection
from desktop.settings.settings_file import SettingsValues

# What is one person's own, or would sign somebody in as another.
_PERSONAL_KEYS = frozenset(
    {
        settings_table.ZENDESK_EMAIL.key,
        settings_table.SAILTHRU_ONLY_OWNER.key,
        settings_table.CA_FILE.key,
        settings_table.LOG_LEVEL.key,
    }
)
# Window, data and syncs are each computer's own.
_POLICY_SECTIONS = frozenset(
    {
        SettingSection.SAILTHRU,
        SettingSection.ZENDESK,
        SettingSection.SELL,
        SettingSection.PERMISSIONS,
        SettingSection.NAMES,
        SettingSection.VALUE,
        SettingSection.OPT_IN,
        SettingSection.TEXTS,
    }
)
# The team's too, though it stands beside a switch of each computer's own.
_TEAM_KEYS = frozenset({settings_table.DESK_COUNT.key})

KEY_HANDOUT_NOTES = (
    "Keys are handed out person by person, never in the policy file. Ask Sailthru for a second "
    "key without “job” and give that one to agents: a rule in this app guides, a key that lacks "
    "the right holds. In Zendesk everybody signs in with their own account in the browser."
)

POLICY_INSTALL_NOTES = (
    "Put the file where only administrators can write: Linux /etc/fairlead/policy.json, macOS "
    "/Library/Application Support/Fairlead/policy.json, Windows "
    "C:\\ProgramData\\Fairlead\\policy.json. It must belong to root or an administrator, and "
    "nobody else may write to it; otherwise it is ignored, and Fairlead says so."
)


def export_policy(values: SettingsValues) -> dict[str, Json]:
    """Return the managed policy for a team's other computers: rules and names, no secrets."""
    return {
        row.key: row.serialize(values.get(row))
        for row in settings_table.ALL_SETTINGS
        if row.is_policy_manageable
        and (row.section in _POLICY_SECTIONS or row.key in _TEAM_KEYS)
        and row.key not in _PERSONAL_KEYS
        and (row.section is SettingSection.PERMISSIONS or values.is_set(row))
    }


async def check_agents_key(client: SailthruClient) -> tuple[ConnectionCheck, ...]:
    """Check an agents' Sailthru key: `user` and `list` are allowed, `job` is refused."""
    checks = CheckCollector()
    endpoints: tuple[SailthruEndpoint, ...] = ("user", "list")
    for endpoint in endpoints:
        name = f"Agents' key: {endpoint}"
        error = await probe_error(client, endpoint)
        if error is not None:
            checks.report_error(name, error)
        else:
            checks.report(name, True, "Allowed, as agents need it.")
    name, error = "Agents' key: job", await probe_error(client, "job")
    if error is None:
        checks.report(
            name,
            False,
            "This key may start bulk jobs, so whoever holds it can change every profile.",
            "Ask Sailthru for a key without “job” for agents.",
        )
    elif isinstance(error, Forbidden):
        checks.report(name, True, "Refused, as it should be: agents run no bulk jobs.")
    else:
        checks.report_error(name, error)
    return checks.results()
