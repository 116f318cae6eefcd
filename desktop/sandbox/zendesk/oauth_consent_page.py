"""The page on which a person allows or denies the app (contract 1, step 1).

For tests `&auto=allow` or `&auto=deny` answers at once, `&as=E-MAIL` chooses who signs in.
"""

from collections.abc import Mapping
from html import escape
from urllib.parse import parse_qsl, urlencode

from desktop.sandbox.credentials import ADMIN_EMAIL, OAUTH_CLIENT_ID
from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse
from desktop.sandbox.people.fixture_people import STAFF
from desktop.sandbox.router import Router
from desktop.sandbox.zendesk.oauth_endpoints import OAuthEndpoints
from desktop.sandbox.zendesk.repository import ZendeskRepository

# The list is fixed on the client; any other address is refused (contract 1).
ALLOWED_REDIRECT_URIS = tuple(f"http://127.0.0.1:{port}/callback" for port in (47615, 47616, 47617))
_HIDDEN_FIELDS = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Allow Fairlead? – acme</title>
<style>body{{font:16px system-ui;max-width:32rem;margin:4rem auto;padding:0 1rem}}
button{{font:inherit;padding:.5rem 1.2rem;margin-right:.5rem}}</style></head>
<body><h1>Fairlead wants to use your acme account</h1>
<p>It asks for: <strong>{scope}</strong>. This is the training sandbox, not Zendesk.</p>
<form method="post" action="/oauth/authorizations">{hidden}
<p><label>Sign in as <select name="as">{people}</select></label></p>
<button name="decision" value="allow">Allow</button>
<button name="decision" value="deny">Deny</button></form></body></html>"""


class OAuthConsentPage:
    """/oauth/authorizations."""

    def __init__(self, repository: ZendeskRepository, oauth: OAuthEndpoints) -> None:
        self.repository = repository
        self.oauth = oauth

    def add_routes(self, public_router: Router) -> None:
        """Serve the paths."""
        public_router.add("GET", "/oauth/authorizations/new", self.show_page)
        public_router.add("POST", "/oauth/authorizations", self.submit_decision)

    def show_page(self, request: SandboxRequest) -> SandboxResponse:
        """Show the question."""
        if (refusal := _authorization_error(request.query)) is not None:
            return refusal
        if request.query.get("auto") in ("allow", "deny"):
            return self._redirect_with_decision(
                request.query, request.query["auto"], request.query.get("as", ADMIN_EMAIL)
            )
        hidden = "".join(
            f'<input type="hidden" name="{name}" value="{escape(request.query.get(name, ""))}">'
            for name in _HIDDEN_FIELDS
        )
        people = "".join(
            f'<option value="{member.emails[0]}">{member.name} ({member.role})</option>'
            for member in STAFF
        )
        scope = escape(request.query.get("scope", "read"))
        page = _PAGE.format(scope=scope, hidden=hidden, people=people)
        return SandboxResponse(200, page.encode(), "text/html; charset=utf-8")

    def submit_decision(self, request: SandboxRequest) -> SandboxResponse:
        """Take the decision and send the browser back."""
        given = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        if (refusal := _authorization_error(given)) is not None:
            return refusal
        return self._redirect_with_decision(
            given, given.get("decision", "deny"), given.get("as", ADMIN_EMAIL)
        )

    def _redirect_with_decision(
        self, given: Mapping[str, str], decision: str, email: str
    ) -> SandboxResponse:
        user = self.repository.user_by_identity(email)
        back = {"state": given["state"]} if given.get("state") else {}
        if decision != "allow" or user is None:
            denied = "The end-user or authorization server denied the request."
            back |= {"error": "access_denied", "error_description": denied}
        else:
            back["code"] = self.oauth.create_code(
                user_id=user["id"],
                redirect_uri=given["redirect_uri"],
                scope=given.get("scope") or "read",
                challenge=given["code_challenge"],
            )
        address = f"{given['redirect_uri']}?{urlencode(back)}"
        return SandboxResponse(302, b"", "text/html; charset=utf-8", (("location", address),))


def _authorization_error(given: Mapping[str, str]) -> SandboxResponse | None:
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
    page = f"<!DOCTYPE html><title>Error</title><p>{problem}</p>"
    return SandboxResponse(400, page.encode(), "text/html; charset=utf-8")
