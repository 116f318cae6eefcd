"""Signing in to Zendesk: OAuth with PKCE in the system's browser, never in a web view of ours.

Cancelling the task closes the listener and forgets the attempt; nothing of it was stored.
"""

import hmac
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from desktop.clients.http_messages import Transport
from desktop.clients.zendesk import oauth
from desktop.connect.oauth_redirect_listener import (
    REDIRECT_PORTS,
    REDIRECT_TIMEOUT_S,
    OAuthRedirectListener,
)
from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import AuthenticationError, Forbidden, InvalidInput

# Gets the address to open. What it cannot open itself it shows, to be copied.
OpenBrowser = Callable[[str], object]


@dataclass(frozen=True)
class OAuthSignInRequest:
    """Where and as what to sign in. `base_url` and `client_id` come from the settings."""

    base_url: str
    client_id: str
    ports: Iterable[int] = REDIRECT_PORTS
    limit_s: float = REDIRECT_TIMEOUT_S


async def sign_in_with_browser(
    request: OAuthSignInRequest,
    transport: Transport,
    open_browser: OpenBrowser,
    clock: Clock | None = None,
) -> oauth.OAuthTokens:
    """Give the tokens of whoever signed in; `transport` leads to `request.base_url`.

    Raises AuthenticationError when the person or Zendesk said no, NeedsPerson when nobody answered or no
    port is free, Forbidden when less was granted than asked, and what the transport raises.
    """
    if not request.client_id:
        raise InvalidInput(
            "There is no OAuth client to sign in with.",
            "A Zendesk admin makes one in Admin Center › Apps and integrations › OAuth clients.",
            "Enter its unique identifier in Settings › Zendesk, or use an API token.",
        )
    ticking = clock or SystemClock()
    loopback = await OAuthRedirectListener.open(request.ports)
    try:
        attempt = oauth.start_attempt(request.client_id, loopback.redirect_uri)
        open_browser(oauth.authorization_url(request.base_url, attempt))
        target = await loopback.wait_for_redirect(
            lambda found: is_redirect_for(attempt, found), request.limit_s
        )
    finally:
        await loopback.close()
    if _query(target).get("error"):
        raise AuthenticationError(
            "You were not signed in.",
            "Access was refused in the browser.",
            "Start the sign-in again and choose Allow.",
        )
    answer = await transport.send(
        oauth.code_exchange_request(attempt, oauth.authorization_code_from(attempt, target))
    )
    tokens = oauth.parse_tokens(answer, ticking.now())
    lacking = tokens.missing_scopes(attempt.scope)
    if lacking:
        raise Forbidden(
            "Zendesk granted less than Fairlead needs.",
            f"Not granted: {', '.join(sorted(lacking))}.",
            "Ask a Zendesk admin to allow the scopes read and write for the OAuth client.",
        )
    return tokens


def is_redirect_for(attempt: oauth.OAuthAttempt, target: str) -> bool:
    """Whether this redirect answers our attempt.

    A refusal may come without a state: it can end the sign-in, and nothing more.
    """
    query = _query(target)
    states = query.get("state", [])
    if not states:
        return bool(query.get("error"))
    return len(states) == 1 and hmac.compare_digest(states[0].encode(), attempt.state.encode())


def _query(target: str) -> dict[str, list[str]]:
    try:
        return parse_qs(urlsplit(target).query, keep_blank_values=True, max_num_fields=50)
    except ValueError:
        return {}
