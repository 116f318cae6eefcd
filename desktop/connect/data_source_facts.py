"""The facts of a data source: account, sign-in, scopes, role and what that can't do, read-only."""

from desktop.clients.sell.oauth import SELL_OAUTH_SCOPE
from desktop.clients.zendesk.oauth import OAUTH_SCOPE
from desktop.connect.zendesk_account_checks import API_TOKENS_END
from desktop.kit.clock import utc_datetime
from desktop.kit.text import format_long_day
from desktop.model.data_source import DataSource, DataSourceKind, DataSourceState
from desktop.model.permission import Actor, Role
from desktop.model.retention import describe_days
from desktop.model.sell_record import SELL_END
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues

_K = DataSourceKind
# What Zendesk and Fairlead leave to administrators, feature by feature.
ADMIN_ONLY = (
    "read everybody for Audience and Reports",
    "create the user field of the sync checkbox",
    "decide what others may do",
    "erase a customer",
)


def list_facts(
    source: DataSource, values: SettingsValues, actor: Actor
) -> tuple[tuple[str, str], ...]:
    """Return a data source's facts as labels and texts; what is not known is left out.

    `actor` is who is signed in to Zendesk at this moment.
    """
    is_connected = source.state is DataSourceState.CONNECTED
    facts = [("State", source.state.label), ("Account", source.account)]
    record = source.record
    if record is not None and record.by:
        what = "Authorised" if is_connected else "Left"
        day = format_long_day(utc_datetime(record.at).astimezone().date())
        facts.append((f"{what} by", f"{record.by}, {day}"))
    elif is_connected and source.kind is not _K.EVENTS:
        facts.append(("Authorised by", "Not noted; it was connected by an earlier version"))
    if is_connected:
        facts += _describe_access(source.kind, values, actor)
    return tuple((label, text) for label, text in facts if text)


def _describe_access(
    kind: DataSourceKind, values: SettingsValues, actor: Actor
) -> list[tuple[str, str]]:
    if kind is _K.SUPPORT:
        return _describe_zendesk(values, actor)
    if kind is _K.SAILTHRU:
        own = values.get(settings_table.HAS_DEDICATED_KEY)
        return [
            ("Scopes", "What the key may; “Test the connection” asks for each"),
            ("Key", "Only for this app" if own else "Perhaps shared with other programs"),
            _read_only(values),
        ]
    if kind is _K.SELL:
        return [
            ("Scopes", _describe_sell_scopes(values)),
            ("Ends", f"Zendesk ends Sell on {format_long_day(SELL_END)}"),
        ]
    days = values.get(settings_table.EVENT_DAYS)
    return [("Kept", f"Delivered events, {describe_days(days)}"), _read_only(values)]


def _describe_sell_scopes(values: SettingsValues) -> str:
    if values.get(settings_table.SELL_AUTH) == "oauth":
        return ", ".join(SELL_OAUTH_SCOPE.split())
    return "All that the user of the access token may"


def _describe_zendesk(values: SettingsValues, actor: Actor) -> list[tuple[str, str]]:
    is_token = values.get(settings_table.ZENDESK_AUTH) == "token"
    scopes = (
        f"All that the person may: an API token, which ends on {format_long_day(API_TOKENS_END)}"
        if is_token
        else ", ".join(OAUTH_SCOPE.split())
    )
    facts = [("Signed in", actor.name if actor.is_confirmed else ""), ("Scopes", scopes)]
    if not actor.is_confirmed:
        facts.append(("Role", "Not known while Zendesk does not answer"))
    elif actor.role is Role.ADMIN:
        facts.append(("Role", "Administrator: nothing is missing"))
    else:
        facts.append(("Role", f"Agent, who may not: {'; '.join(ADMIN_ONLY)}"))
    return [*facts, _read_only(values)]


def _read_only(values: SettingsValues) -> tuple[str, str]:
    is_on = values.get(settings_table.CHANGES_ENABLED)
    return ("Changes", "On" if is_on else "Off: it is only read")
