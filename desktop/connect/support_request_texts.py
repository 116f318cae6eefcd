"""E-mail texts to copy: requests to Sailthru's support or a Zendesk admin, without any key."""

from collections.abc import Iterable

from desktop.connect.oauth_redirect_listener import REDIRECT_PATH, REDIRECT_PORTS

# What each endpoint is for, in words that support people can check a request against.
_ENDPOINT_PURPOSES = {
    "user": "read and change single profiles",
    "list": "read the lists of the account",
    "job": "bulk updates and exports for scheduled syncs",
    "settings": "read the account's time zone and features",
}


def request_api_key_text() -> str:
    """Return an e-mail that asks Sailthru for an API key of this app's own."""
    lines = "\n".join(f"  - {name}: {why}" for name, why in _ENDPOINT_PURPOSES.items())
    return (
        "Hello,\n\n"
        "we use the desktop app Fairlead to look up and update customers who write to us in "
        "Zendesk. Please issue an API key and secret for this application alone, separate from "
        "our main account key, with access to these endpoints:\n\n"
        f"{lines}\n\n"
        "For our support agents please issue a second key with user, list and settings, but "
        "without job.\n\nThank you!"
    )


def request_endpoints_text(refused: Iterable[str]) -> str:
    """Return an e-mail that asks Sailthru to allow the endpoints a key lacks."""
    lines = "\n".join(
        f"  - {name}: {_ENDPOINT_PURPOSES.get(name, '')}".rstrip(": ") for name in refused
    )
    return (
        "Hello,\n\n"
        "the API key of our application Fairlead is refused by these endpoints (HTTP 403). "
        "Please allow them for this key:\n\n"
        f"{lines}\n\n"
        "You find the key in our account under Settings › Setup › API and Postbacks; we will "
        "tell you its first four characters if you need them.\n\nThank you!"
    )


def request_sell_oauth_client_text() -> str:
    """Return an e-mail that asks an admin of Zendesk Sell for an OAuth client."""
    uris = "\n".join(f"  http://127.0.0.1:{port}{REDIRECT_PATH}" for port in REDIRECT_PORTS)
    return (
        "Hello,\n\n"
        "please add the desktop app Fairlead as an OAuth app in Sell: Settings › Integrations › "
        "OAuth.\n\n"
        f"  Name: Fairlead\n  Redirect addresses:\n{uris}\n\n"
        "Where Sell takes one redirect address only, the first is enough. Please send us the "
        "client ID and, by a safe way, the client secret.\n\nThank you!"
    )


def request_oauth_client_text() -> str:
    """Return an e-mail that asks a Zendesk admin for an OAuth client."""
    uris = "\n".join(f"  http://127.0.0.1:{port}{REDIRECT_PATH}" for port in REDIRECT_PORTS)
    return (
        "Hello,\n\n"
        "please create an OAuth client for the desktop app Fairlead: Admin Center › Apps and "
        "integrations › APIs › OAuth clients › Add.\n\n"
        "  Name: Fairlead\n  Identifier: fairlead\n  Client kind: Public\n  Redirect URLs:\n"
        f"{uris}\n\n"
        "Fairlead needs the identifier only, no secret.\n\nThank you!"
    )
