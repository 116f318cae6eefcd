"""Signs in to Zendesk by OAuth with PKCE in the system's browser, and returns the tokens.

Cancelling the task closes the listener and forgets the attempt; nothing of it was stored.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from desktop.clients.http_messages import Transport
from desktop.clients.zendesk import oauth
from desktop.connect.oauth_redirect_listener import (
    REDIRECT_PORTS,
    REDIRECT_TIMEOUT_S,
    OAuthRedirectListener,
)
from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import Forbidden, InvalidInput

# Gets the address to open. What it cannot open itself it shows, to be copied.
OpenBrowser = Callable[[str], object]


@dataclass(frozen=True)
class OAuthSignInRequest:
    """The Zendesk account and OAuth client to sign in with, both from the settings."""

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
    """Return the OAuth tokens of whoever signed in; `transport` leads to `request.base_url`.

    Raises AuthenticationError when the person or Zendesk said no, UserDecisionNeeded when
    nobody answered or no port is free, Forbidden when less was granted than asked, and what the
    transport raises.
    """
    if not request.client_id:
        raise InvalidInput(
            "There is no OAuth client to sign in with.",
            "A Zendesk admin makes one in Admin Center › Apps and integrations › OAuth clients.",
            "Enter its unique identifier in Settings › Connections, or use an API token.",
        )
    listener = await OAuthRedirectListener.open(request.ports)
    try:
        attempt = oauth.start_attempt(request.client_id, listener.redirect_uri)
        open_browser(oauth.authorization_url(request.base_url, attempt))
        target = await listener.wait_for_redirect(
            lambda found: oauth.is_redirect_for(attempt, found), request.limit_s
        )
    finally:
        await listener.close()
    code = oauth.authorization_code_from(attempt, target)
    answer = await transport.send(oauth.code_exchange_request(attempt, code))
    tokens = oauth.parse_tokens(answer, (clock or SystemClock()).now())
    missing = tokens.missing_scopes(attempt.scope)
    if missing:
        raise Forbidden(
            "Zendesk granted less than Fairlead needs.",
            f"Not granted: {', '.join(sorted(missing))}.",
            "Ask a Zendesk admin to allow the scopes read and write for the OAuth client.",
        )
    return tokens
