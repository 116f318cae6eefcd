"""Other computers: the policy file to hand out, and whether an agents' key is what it should be."""

from desktop.clients.sailthru.client import SailthruClient
from desktop.connect.check import Check, Checks, failed
from desktop.kit.errors import AppError, Forbidden
from desktop.kit.text import translate
from desktop.model.json_value import Json
from desktop.settings import table
from desktop.settings.setting import Section
from desktop.settings.values import Values

# What is one person's own, or would sign somebody in as another.
_PERSONAL = frozenset(
    {table.ZENDESK_EMAIL.key, table.SOLO_PERSON.key, table.CA_FILE.key, table.LOG_LEVEL.key}
)
_SECTIONS = frozenset(
    {
        Section.SAILTHRU,
        Section.ZENDESK,
        Section.PERMISSIONS,
        Section.NAMES,
        Section.VALUE,
        Section.OPT_IN,
    }
)

HANDING_OUT = translate(
    "Team",
    "Keys are handed out person by person, never in the policy file. Ask Sailthru for a second "
    "key without “job” and give that one to agents: a rule in this app guides, a key that lacks "
    "the right holds. In Zendesk everybody signs in with their own account in the browser.",
)

INSTALLING = translate(
    "Team",
    "Put the file where only administrators can write: Linux /etc/fairlead/policy.json, macOS "
    "/Library/Application Support/Fairlead/policy.json, Windows "
    "C:\\ProgramData\\Fairlead\\policy.json. It must belong to root or an administrator, and "
    "nobody else may write to it; otherwise it is ignored, and Fairlead says so.",
)


def export_policy(values: Values) -> dict[str, Json]:
    """Give the policy file for other computers: this workspace's rules and names, no secrets."""
    return {
        row.key: row.dump(values.get(row))
        for row in table.TABLE
        if row.managed
        and row.section in _SECTIONS
        and row.key not in _PERSONAL
        and (row.section is Section.PERMISSIONS or values.chosen(row))
    }


async def check_agents_key(client: SailthruClient) -> tuple[Check, ...]:
    """Test a key meant for agents: user and list are allowed, job is refused."""
    checks = Checks()
    for endpoint in ("user", "list"):
        try:
            await client.probe(endpoint)
        except AppError as error:
            checks.add(failed(f"Agents' key: {endpoint}", error))
        else:
            checks.add(Check(f"Agents' key: {endpoint}", True, "Allowed, as agents need it."))
    title = "Agents' key: job"
    try:
        await client.probe("job")
    except Forbidden:
        checks.add(Check(title, True, "Refused, as it should be: agents run no bulk jobs."))
    except AppError as error:
        checks.add(failed(title, error))
    else:
        checks.add(
            Check(
                title,
                False,
                "This key may start bulk jobs, so whoever holds it can change every profile.",
                "Ask Sailthru for a key without “job” for agents.",
            )
        )
    return checks.done()
