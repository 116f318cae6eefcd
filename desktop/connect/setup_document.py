"""Parses the document of `fairlead setup`: the sandbox's first line, or one's own keys."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop.kit.errors import InvalidInput
from desktop.model.json_value import Json
from desktop.settings import settings_table
from desktop.settings.dotted_keys import flatten_to_dotted_keys
from desktop.vault.secret import SELL_SECRETS, Secret, validate_secret

# Keys of the sandbox's line that are not for this set-up: they belong to other people.
_IGNORED_KEYS = frozenset({
    "agent_api_key", "agent_api_secret", "agent_email", "agent_api_token",
    "second_admin_email", "second_admin_api_token",
    "server_client_id", "server_client_secret",
})  # fmt: skip
# true: a move to another account drops what waits and is remembered for the former one.
MOVE_ACCOUNT_KEY = "move_account"
_SHORT_KEYS = {
    "customer_type": settings_table.CUSTOMER_TYPE.key,
    "timezone": settings_table.TIMEZONE.key,
    "currency": settings_table.CURRENCY.key,
    "kind": settings_table.WORKSPACE_KIND.key,
    "zendesk.account": settings_table.ZENDESK_BASE_URL.key,
}
_SECRET_KEYS = {
    "sailthru.api_key": Secret.SAILTHRU_KEY,
    "sailthru.api_secret": Secret.SAILTHRU_SECRET,
    "zendesk.api_token": Secret.ZENDESK_TOKEN,
    "sell.access_token": Secret.SELL_TOKEN,
    "sell.refresh_token": Secret.SELL_REFRESH,
    "sell.oauth_client_secret": Secret.SELL_CLIENT_SECRET,
    "mail.password": Secret.SMTP_PASSWORD,
}


@dataclass(frozen=True)
class SetupDocument:
    """A validated set-up document: settings by key, secrets, notes about what was left out."""

    settings: Mapping[str, Json]
    secrets: Mapping[Secret, str] = field(repr=False)
    notes: tuple[str, ...] = ()
    # Whether a move to another account may drop what waits and is remembered here.
    moves_account: bool = False


def parse_setup_document(document: Json) -> SetupDocument:
    """Validate a set-up document. Raises InvalidInput that names the key."""
    if not isinstance(document, Mapping):
        raise InvalidInput(
            "The set-up must be a JSON object.",
            "It is what `fairlead sandbox` prints, or the same with your own keys.",
        )
    for section in ("sailthru", "zendesk", "sell"):
        if section in document and not isinstance(document[section], Mapping):
            raise InvalidInput(f"“{section}” in the set-up must be an object.")
    settings: dict[str, Json] = {}
    secrets: dict[Secret, str] = {}
    notes: list[str] = []
    moves_account = False
    for found, value in flatten_to_dotted_keys(document):
        key = _SHORT_KEYS.get(found, found)
        if found == MOVE_ACCOUNT_KEY:
            if not isinstance(value, bool):
                raise InvalidInput(f"“{MOVE_ACCOUNT_KEY}” in the set-up must be true or false.")
            moves_account = value
        elif found in _SECRET_KEYS:
            secrets[_SECRET_KEYS[found]] = _parse_secret(found, value)
        elif key in settings_table.SETTINGS_BY_KEY:
            settings[key] = _parse_setting(found, key, value)
        elif key.rpartition(".")[2] in _IGNORED_KEYS:
            continue
        # A misspelt permission could leave open what was meant to be shut.
        elif key.startswith("permissions"):
            raise InvalidInput(f"“{key}” in the set-up is not a permission.")
        else:
            notes.append(f"“{key}” is not known and was left out.")
    _keep_one_sell_sign_in(settings, secrets)
    if not secrets.keys().isdisjoint(SELL_SECRETS):
        # Whoever gives the token wants it used; false keeps it for later.
        settings.setdefault(settings_table.SELL_ENABLED.key, True)
    _require_key_and_secret(secrets)
    return SetupDocument(settings, secrets, tuple(notes), moves_account)


def _keep_one_sell_sign_in(settings: dict[str, Json], secrets: dict[Secret, str]) -> None:
    """Leave out what the other way to sign in to Sell needs: the sandbox's line has both."""
    auth = settings.get(settings_table.SELL_AUTH.key)
    if auth == "oauth":
        secrets.pop(Secret.SELL_TOKEN, None)
    elif auth == "token" or Secret.SELL_TOKEN in secrets:
        secrets.pop(Secret.SELL_REFRESH, None)
        secrets.pop(Secret.SELL_CLIENT_SECRET, None)
        settings.pop(settings_table.SELL_CLIENT_ID.key, None)


def _parse_secret(key: str, value: Json) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"“{key}” in the set-up must be a text.")
    try:
        return validate_secret(_SECRET_KEYS[key], value)
    except InvalidInput as error:
        raise InvalidInput(
            f"“{key}” in the set-up cannot be used.", error.title, error.hint
        ) from error


def _parse_setting(found: str, key: str, value: Json) -> Json:
    try:
        return settings_table.SETTINGS_BY_KEY[key].validate(value)
    except InvalidInput as error:
        raise InvalidInput(
            f"“{found}” in the set-up cannot be used.", error.message, error.hint
        ) from error


def _require_key_and_secret(secrets: Mapping[Secret, str]) -> None:
    one = (Secret.SAILTHRU_KEY in secrets, Secret.SAILTHRU_SECRET in secrets)
    if any(one) and not all(one):
        raise InvalidInput("“sailthru.api_key” and “sailthru.api_secret” go together.")
