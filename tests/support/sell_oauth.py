"""OAuth of the sandbox's Sell by raw HTTP, as a browser and an OAuth client would ask."""

import base64
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.support.sandbox_process import HttpResult, SandboxProcess

REDIRECT = "http://127.0.0.1:47616/callback"
_FORM = "application/x-www-form-urlencoded"


def ask_permission(sandbox: SandboxProcess, **changes: str) -> HttpResult:
    """Open the page to allow the app; it is allowed at once unless `changes` say otherwise."""
    asked = {
        "response_type": "code",
        "client_id": sandbox.connection_document["sell"]["oauth_client_id"],
        "redirect_uri": REDIRECT,
        "scope": "read write profile sync",
        "state": "s t&ate",
        "auto": "allow",
        **changes,
    }
    headers = {"User-Agent": "browser"}
    return sandbox.http("sell", "GET", f"/oauth2/authorize?{urlencode(asked)}", headers=headers)


def redirect_query(answer: HttpResult) -> dict[str, str]:
    assert answer.status == 302, answer
    query = urlsplit(answer.headers["location"]).query
    return {name: values[0] for name, values in parse_qs(query).items()}


def post_form(
    sandbox: SandboxProcess, path: str, client_secret: str | None = None, **given: str
) -> HttpResult:
    """POST a form to /oauth2/… as the sandbox's OAuth client, or with another secret."""
    about = sandbox.connection_document["sell"]
    secret = about["oauth_client_secret"] if client_secret is None else client_secret
    pair = base64.b64encode(f"{about['oauth_client_id']}:{secret}".encode()).decode()
    headers = {"User-Agent": "raw", "Authorization": f"Basic {pair}", "Content-Type": _FORM}
    return sandbox.http("sell", "POST", f"/oauth2/{path}", urlencode(given), headers)


def redeem(sandbox: SandboxProcess, code: str, **changes: str) -> HttpResult:
    given = {"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT, **changes}
    return post_form(sandbox, "token", **given)


def renew(sandbox: SandboxProcess, refresh: str) -> HttpResult:
    return post_form(sandbox, "token", grant_type="refresh_token", refresh_token=refresh)


def sign_in(sandbox: SandboxProcess, **changes: str) -> dict[str, Any]:
    """Return the answer with the tokens of whoever allows the app."""
    code = redirect_query(ask_permission(sandbox, **changes))["code"]
    answer = redeem(sandbox, code)
    assert answer.status == 200, answer
    tokens: dict[str, Any] = answer.body
    return tokens


def status_with(sandbox: SandboxProcess, access: str, path: str = "/v2/users/self") -> int:
    headers = {"User-Agent": "raw", "Authorization": f"Bearer {access}"}
    return sandbox.http("sell", "GET", path, headers=headers).status


def is_accepted(sandbox: SandboxProcess, access: str) -> bool:
    """Whether Sell knows the access token; one over the rate limit is known too."""
    return status_with(sandbox, access) != 401
