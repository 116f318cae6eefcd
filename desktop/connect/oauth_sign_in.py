"""Signs in to a service by OAuth in the system's browser, and returns the tokens.

Cancelling the task closes the listener and forgets the attempt; nothing of it was stored.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from desktop.clients.http_messages import Transport
from desktop.clients.oauth import (
    OAuthClient,
    OAuthTokens,
    authorization_code_from,
    is_redirect_for,
)
from desktop.connect.oauth_redirect_listener import (
    REDIRECT_PORTS,
    REDIRECT_TIMEOUT_S,
    OAuthRedirectListener,
)
from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import Forbidden

# Gets the address to open. What it cannot open itself it shows, to be copied.
OpenBrowser = Callable[[str], object]


@dataclass(frozen=True)
class OAuthSignInRequest:
    """The address of the service and the OAuth client to sign in with."""

    base_url: str
    client: OAuthClient
    ports: Iterable[int] = REDIRECT_PORTS
    limit_s: float = REDIRECT_TIMEOUT_S


async def sign_in_with_browser(
    request: OAuthSignInRequest,
    transport: Transport,
    open_browser: OpenBrowser,
    clock: Clock | None = None,
) -> OAuthTokens:
    """Return the OAuth tokens of whoever signed in; `transport` leads to `request.base_url`.

    Raises AuthenticationError when the person or the service said no, UserDecisionNeeded when
    nobody answered or no port is free, Forbidden when less was granted than asked, and what the
    transport raises.
    """
    client, service = request.client, request.client.service.title
    # Before a port is taken: without a client nothing is asked.
    client.start_attempt("")
    listener = await OAuthRedirectListener.open(request.ports, service)
    try:
        attempt = client.start_attempt(listener.redirect_uri)
        open_browser(client.authorization_url(request.base_url, attempt))
        target = await listener.wait_for_redirect(
            lambda found: is_redirect_for(attempt, found), request.limit_s
        )
    finally:
        await listener.close()
    code = authorization_code_from(attempt, target)
    answer = await transport.send(client.code_exchange_request(attempt, code))
    tokens = client.parse_tokens(answer, (clock or SystemClock()).now())
    missing = tokens.missing_scopes(client.needed_scope)
    if missing:
        needed = client.needed_scope.replace(" ", " and ")
        raise Forbidden(
            f"{service} granted less than Fairlead needs.",
            f"Not granted: {', '.join(sorted(missing))}.",
            f"Ask an admin of {service} to allow the scopes {needed} for the OAuth client.",
        )
    return tokens
