"""The sandbox's /oauth/authorizations: the page on which a user allows or denies the app.

Facts: docs/zendesk.md 1. For tests `&auto=allow` or `&auto=deny` answers at once, and `&as=E-MAIL`
chooses who signs in.
"""

from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qsl, urlencode

from desktop.sandbox.credentials import ADMIN_EMAIL, OAUTH_CLIENT_ID
from desktop.sandbox.data_files import read_data_text
from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse
from desktop.sandbox.people.fixture_people import STAFF
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.oauth_endpoints import OAuthEndpoints
from desktop.sandbox.zendesk.repository import ZendeskRepository

# The list is fixed on the OAuth client; any other address is refused.
ALLOWED_REDIRECT_URIS = tuple(f"http://127.0.0.1:{port}/callback" for port in (47615, 47616, 47617))
_HIDDEN_FIELDS = (
    *("response_type", "client_id", "redirect_uri", "scope", "state"),
    *("code_challenge", "code_challenge_method"),
)
_HTML_TYPE = "text/html; charset=utf-8"


class OAuthConsentPage:
    """Shows the sandbox's OAuth consent page and takes the decision."""

    def __init__(self, repository: ZendeskRepository, oauth: OAuthEndpoints) -> None:
        self.repository = repository
        self.oauth = oauth

    def add_routes(self, public_router: Router) -> None:
        """Register the sandbox's OAuth consent page, which needs no sign-in."""
        public_router.add("GET", "/oauth/authorizations/new", self.show_page)
        public_router.add("POST", "/oauth/authorizations", self.submit_decision)

    def show_page(self, request: SandboxRequest) -> SandboxResponse:
        """Answer with the sandbox's consent page, or with the decision that `auto` says."""
        asked = request.query
        if (refusal := _authorization_error(asked)) is not None:
            return refusal
        if asked.get("auto") in ("allow", "deny"):
            return self._redirect(asked, asked["auto"], asked.get("as", ADMIN_EMAIL))
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(asked.get(name, ""))}">'
            for name in _HIDDEN_FIELDS
        )
        people = "".join(
            f'<option value="{person.emails[0]}">{person.name} ({person.role})</option>'
            for person in STAFF
        )
        scope = escape(asked.get("scope", "read"))
        template = read_data_text("zendesk", "consent_page.html")
        page = template.format(scope=scope, hidden=hidden, people=people)
        return SandboxResponse(200, page.encode(), _HTML_TYPE)

    def submit_decision(self, request: SandboxRequest) -> SandboxResponse:
        """Take the consent page's decision and send the browser from the sandbox to the app."""
        given = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        if (refusal := _authorization_error(given)) is not None:
            return refusal
        return self._redirect(given, given.get("decision", "deny"), given.get("as", ADMIN_EMAIL))

    def _redirect(self, given: Mapping[str, str], decision: str, email: str) -> SandboxResponse:
        user = self.repository.user_by_identity(email)
        answer = {"state": given["state"]} if given.get("state") else {}
        if decision != "allow" or user is None:
            denied = "The end-user or authorization server denied the request."
            answer |= {"error": "access_denied", "error_description": denied}
        else:
            answer["code"] = self.oauth.create_code(
                user_id=user["id"],
                redirect_uri=given["redirect_uri"],
                scope=given.get("scope") or "read",
                challenge=given["code_challenge"],
            )
        address = f"{given['redirect_uri']}?{urlencode(answer)}"
        return SandboxResponse(302, b"", _HTML_TYPE, (("location", address),))


def _authorization_error(given: Mapping[str, str]) -> SandboxResponse | None:
    """Return the sandbox's error page for an OAuth request of a wrong client, or None."""
    if given.get("client_id") != OAUTH_CLIENT_ID:
        problem = "Invalid client: no such client is configured."
    elif given.get("redirect_uri") not in ALLOWED_REDIRECT_URIS:
        problem = "Invalid authorization request: the redirect URI is not registered."
    elif given.get("response_type") != "code":
        problem = "Invalid authorization request: unsupported response type."
    elif not given.get("code_challenge") or given.get("code_challenge_method") != "S256":
        problem = "Invalid authorization request: PKCE with S256 is required."
    else:
        return None
    # Shown, not sent to the redirect URI: nobody has proved that the address is the app's.
    page = f"<!DOCTYPE html><title>Error</title><p>{problem}</p>"
    return SandboxResponse(400, page.encode(), _HTML_TYPE)
