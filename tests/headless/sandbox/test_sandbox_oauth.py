"""OAuth in the Zendesk sandbox: consent page, PKCE, single-use tokens, expiry, scopes."""

import base64
import hashlib
import json
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from tests.support.sandbox_client import HttpResult, SandboxClient

VERIFIER = "v" * 64
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode().strip("=")
REDIRECT = "http://127.0.0.1:47616/callback"


def question(sandbox: SandboxClient, **changes: str) -> dict[str, str]:
    return {
        "response_type": "code",
        "client_id": sandbox.connection_document["zendesk"]["oauth_client_id"],
        "redirect_uri": REDIRECT,
        "scope": "read write",
        "state": "s t&ate",
        "code_challenge": CHALLENGE,
        "code_challenge_method": "S256",
        **changes,
    }


def page(sandbox: SandboxClient, **changes: str) -> HttpResult:
    query = urlencode(question(sandbox, **changes))
    return sandbox.http("zendesk", "GET", f"/oauth/authorizations/new?{query}")


def back(answer: HttpResult) -> dict[str, str]:
    assert answer.status == 302
    address = urlsplit(answer.headers["location"])
    assert f"{address.scheme}://{address.netloc}{address.path}" == REDIRECT
    return {name: values[0] for name, values in parse_qs(address.query).items()}


def exchange(sandbox: SandboxClient, **given: Any) -> HttpResult:
    body = {"client_id": sandbox.connection_document["zendesk"]["oauth_client_id"], **given}
    kind = {"Content-Type": "application/json"}
    return sandbox.http("zendesk", "POST", "/oauth/tokens", json.dumps(body), kind)


def code_grant(sandbox: SandboxClient, code: str, **changes: Any) -> HttpResult:
    given = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": REDIRECT,
        "code_verifier": VERIFIER,
        "expires_in": 600,
        **changes,
    }
    return exchange(sandbox, **given)


def refresh(sandbox: SandboxClient, token: str) -> HttpResult:
    return exchange(sandbox, grant_type="refresh_token", refresh_token=token, expires_in=600)


def bearer(
    sandbox: SandboxClient, token: str, method: str = "GET", path: str = "users/me"
) -> HttpResult:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = '{"user": {"notes": "x"}}' if method == "PUT" else None
    return sandbox.http("zendesk", method, f"/api/v2/{path}", body, headers)


def sign_in(sandbox: SandboxClient, **changes: str) -> Any:
    code = back(page(sandbox, auto="allow", **changes))["code"]
    answer = code_grant(sandbox, code, scope=changes.get("scope", "read write"))
    assert answer.status == 200
    return answer.body


def test_consent_page_allow(writable_sandbox: SandboxClient) -> None:
    shown = page(writable_sandbox)
    assert shown.status == 200
    assert b"<form" in shown.body
    assert b"Deny" in shown.body
    form = urlencode({**question(writable_sandbox), "decision": "allow", "as": "kim@acme.example"})
    kind = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = back(writable_sandbox.http("zendesk", "POST", "/oauth/authorizations", form, kind))
    assert answer["state"] == "s t&ate"
    tokens = code_grant(writable_sandbox, answer["code"]).body
    assert tokens["expires_in"] == 600
    assert tokens["token_type"] == "bearer"
    me = bearer(writable_sandbox, tokens["access_token"]).body["user"]
    assert me["email"] == "kim@acme.example"


def test_consent_page_deny(writable_sandbox: SandboxClient) -> None:
    assert back(page(writable_sandbox, auto="deny"))["error"] == "access_denied"


@pytest.mark.parametrize(
    "change",
    [
        {"redirect_uri": "http://127.0.0.1:1/callback"},
        {"client_id": "other"},
        {"code_challenge": ""},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
    ],
)
def test_authorization_invalid_request_never_redirects(
    read_only_sandbox: SandboxClient, change: dict[str, str]
) -> None:
    answer = page(read_only_sandbox, auto="allow", **change)
    assert answer.status == 400
    assert "location" not in answer.headers


@pytest.mark.parametrize(
    "change",
    [{"code_verifier": "w" * 64}, {"redirect_uri": "http://127.0.0.1:47615/callback"}],
)
def test_code_is_bound_and_single_use(
    writable_sandbox: SandboxClient, change: dict[str, str]
) -> None:
    code = back(page(writable_sandbox, auto="allow"))["code"]
    assert code_grant(writable_sandbox, code, **change).body["error"] == "invalid_grant"
    # Even the right verifier comes too late now.
    assert code_grant(writable_sandbox, code).status == 400


def test_refresh_token_is_single_use_and_replay_harmless(writable_sandbox: SandboxClient) -> None:
    first = sign_in(writable_sandbox)
    second = refresh(writable_sandbox, first["refresh_token"]).body
    assert bearer(writable_sandbox, first["access_token"]).status == 401
    assert refresh(writable_sandbox, first["refresh_token"]).body["error"] == "invalid_grant"
    assert bearer(writable_sandbox, second["access_token"]).status == 200
    assert writable_sandbox.control("GET", "tokens") == {"code": 0, "access": 1, "refresh": 1}


def test_access_token_expired_is_refused_until_refreshed(writable_sandbox: SandboxClient) -> None:
    tokens = sign_in(writable_sandbox)
    assert writable_sandbox.control("POST", "expire-tokens") == {"expired": 1}
    refused = bearer(writable_sandbox, tokens["access_token"])
    assert (refused.status, refused.body["error"]) == (401, "invalid_token")
    fresh = refresh(writable_sandbox, tokens["refresh_token"]).body
    assert bearer(writable_sandbox, fresh["access_token"]).status == 200


def test_token_lifetimes_have_bounds_and_are_returned_if_asked(
    writable_sandbox: SandboxClient,
) -> None:
    code = back(page(writable_sandbox, auto="allow"))["code"]
    assert code_grant(writable_sandbox, code, expires_in=60).status == 400
    code = back(page(writable_sandbox, auto="allow"))["code"]
    silent = code_grant(writable_sandbox, code, expires_in=None)
    assert "expires_in" not in silent.body


def test_current_token_can_be_read_and_revoked(writable_sandbox: SandboxClient) -> None:
    tokens = sign_in(writable_sandbox)
    access = tokens["access_token"]
    current = bearer(writable_sandbox, access, path="oauth/tokens/current").body["token"]
    assert current["scopes"] == ["read", "write"]
    assert current["user_id"] == 7601
    assert bearer(writable_sandbox, access, "DELETE", "oauth/tokens/current").status == 204
    assert bearer(writable_sandbox, access).status == 401
    assert refresh(writable_sandbox, tokens["refresh_token"]).status == 400


def test_scopes_are_checked(writable_sandbox: SandboxClient) -> None:
    reader = sign_in(writable_sandbox, scope="read")["access_token"]
    assert bearer(writable_sandbox, reader, path="users/7701").status == 200
    assert bearer(writable_sandbox, reader, "PUT", "users/7701").status == 403
    narrow = sign_in(writable_sandbox, scope="users:read users:write")["access_token"]
    assert bearer(writable_sandbox, narrow, "PUT", "users/7701").status == 200
    assert bearer(writable_sandbox, narrow, path="tickets/48213").status == 403
    # Identities want the broad scope.
    assert bearer(writable_sandbox, narrow, path="users/7701/identities").status == 403
    # An unknown scope still yields a token, good for nothing.
    nothing = sign_in(writable_sandbox, scope="everything")["access_token"]
    assert bearer(writable_sandbox, nothing, path="users/7701").status == 403


def test_client_credentials_are_for_the_confidential_client_alone(sandbox: SandboxClient) -> None:
    zendesk = sandbox.connection_document["zendesk"]
    client = {
        "client_id": zendesk["server_client_id"],
        "client_secret": zendesk["server_client_secret"],
        "grant_type": "client_credentials",
        "scope": "read write",
    }
    answer = exchange(sandbox, **client, expires_in=600)
    assert (answer.status, answer.body["expires_in"]) == (200, 600)
    assert "refresh_token" not in answer.body
    bearer = {"Authorization": f"Bearer {answer.body['access_token']}"}
    me = sandbox.http("zendesk", "GET", "/api/v2/users/me", headers=bearer)
    assert me.body["user"]["role"] == "admin"
    wrong = exchange(sandbox, **{**client, "client_secret": "x"})
    assert (wrong.status, wrong.body["error"]) == (401, "invalid_client")
    public = exchange(sandbox, grant_type="client_credentials", scope="read write")
    assert (public.status, public.body["error"]) == (400, "unauthorized_client")
