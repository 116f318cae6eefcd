"""Signs a server in to Zendesk by a confidential OAuth client: no person, browser or keyring."""

from desktop.clients.http_messages import Transport
from desktop.clients.oauth import OAuthTokens
from desktop.clients.zendesk import oauth
from desktop.kit.clock import Clock, SystemClock
from desktop.kit.errors import AuthenticationError

# A new token this long before the old one's end, so that no request starts with one that ends
# on its way; Zendesk's shortest lifetime is five minutes.
_MARGIN_S = 60.0


class ClientCredentials:
    """A confidential OAuth client's id and secret, which stand for the admin who made it.

    Each process gets an access token of its own and keeps it in memory alone (docs/zendesk.md 1).
    """

    def __init__(
        self, transport: Transport, client_id: str, secret: str, clock: Clock | None = None
    ) -> None:
        """`transport` leads to the Zendesk account that the client belongs to."""
        self._transport = transport
        self._client_id = client_id
        self._secret = secret
        self._clock = clock or SystemClock()
        self._tokens: OAuthTokens | None = None

    async def authorization_header(self) -> str:
        """Return `Bearer …` of an access token, asked of Zendesk where there is none left.

        Raises AuthenticationError when Zendesk refuses the client, ServiceUnreachable and the like.
        """
        tokens = self._tokens
        if tokens is None or self._ends_soon(tokens):
            tokens = self._tokens = await self._request_tokens()
        return f"Bearer {tokens.access}"

    async def refresh(self) -> bool:
        """Ask Zendesk for a new access token after a 401; False where it refuses the client."""
        try:
            self._tokens = await self._request_tokens()
        except AuthenticationError:
            return False
        return True

    def _ends_soon(self, tokens: OAuthTokens) -> bool:
        return tokens.expires_at is not None and self._clock.now() > tokens.expires_at - _MARGIN_S

    async def _request_tokens(self) -> OAuthTokens:
        request = oauth.client_credentials_request(self._client_id, self._secret)
        response = await self._transport.send(request)
        tokens = oauth.parse_tokens(response, self._clock.now())
        # An unknown scope still yields a token, which is refused everywhere (docs/zendesk.md 1).
        if tokens.missing_scopes(oauth.OAUTH_SCOPE):
            raise AuthenticationError(
                "The Zendesk OAuth client may not do what Fairlead needs.",
                f"It was given {' '.join(sorted(tokens.scopes)) or 'no scope'}.",
                f"Allow it the scopes {oauth.OAUTH_SCOPE} in Zendesk's Admin Center.",
            )
        return tokens
