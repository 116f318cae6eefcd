"""OAuth as values: PKCE, what is sent, and what is made of the answers."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from desktop.clients.http_messages import HttpResponse
from desktop.clients.oauth import authorization_code_from, start_attempt
from desktop.clients.zendesk import oauth
from desktop.kit.errors import AppError, AuthenticationError, RateLimited, ServiceError
from tests.support.fake_transport import NOW, json_response, recorded_response

REDIRECT = "http://127.0.0.1:47615/callback"


def test_pkce_challenge_matches_rfc_7636() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.pkce_challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_authorization_url_has_parameters() -> None:
    attempt = start_attempt("fairlead", REDIRECT, oauth.OAUTH_SCOPE)
    assert 43 <= len(attempt.verifier) <= 128
    assert attempt.verifier not in repr(attempt)
    assert attempt.state not in repr(attempt)
    assert start_attempt("fairlead", REDIRECT, oauth.OAUTH_SCOPE).state != attempt.state
    url = oauth.authorization_url("https://acme.zendesk.com/", attempt)
    parts = urlsplit(url)
    assert (parts.netloc, parts.path) == ("acme.zendesk.com", "/oauth/authorizations/new")
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    assert query == {
        "response_type": "code",
        "client_id": "fairlead",
        "redirect_uri": REDIRECT,
        "scope": "read write",
        "state": attempt.state,
        "code_challenge": oauth.pkce_challenge(attempt.verifier),
        "code_challenge_method": "S256",
    }
    assert attempt.verifier not in url


def test_redirect_code_with_wrong_state_is_refused() -> None:
    attempt = start_attempt("fairlead", REDIRECT, oauth.OAUTH_SCOPE)
    assert authorization_code_from(attempt, f"/callback?code=abc&state={attempt.state}") == "abc"
    for target in (
        "/callback?code=abc",
        "/callback?code=abc&state=other",
        "/callback?code=abc&state=é",
        f"/callback?code=abc&state={attempt.state}&state={attempt.state}",
        f"/callback?state={attempt.state}",
        f"/callback?code=a&code=b&state={attempt.state}",
        f"/callback?error=access_denied&state={attempt.state}",
    ):
        with pytest.raises(AuthenticationError):
            authorization_code_from(attempt, target)


def test_token_requests_are_built() -> None:
    attempt = start_attempt("fairlead", REDIRECT, oauth.OAUTH_SCOPE)
    exchange = oauth.code_exchange_request(attempt, "abc")
    sent = json.loads(exchange.body or b"")
    assert (exchange.method, exchange.path, exchange.is_idempotent) == (
        "POST",
        "/oauth/tokens",
        False,
    )
    assert sent["code_verifier"] == attempt.verifier
    assert sent["grant_type"] == "authorization_code"
    assert sent["expires_in"] == 1800
    assert "client_secret" not in sent
    refresh = oauth.refresh_request("fairlead", "r1")
    assert json.loads(refresh.body or b"")["refresh_token"] == "r1"
    assert not refresh.is_idempotent
    assert oauth.token_info_request("t").headers["Authorization"] == "Bearer t"
    revoke = oauth.revoke_request("t")
    assert (revoke.method, revoke.path) == ("DELETE", "/api/v2/oauth/tokens/current")


@pytest.mark.parametrize("status", [200, 201])
def test_token_response_is_parsed(status: int) -> None:
    given = {
        "access_token": "a1",
        "refresh_token": "r1",
        "scope": "read write",
        "expires_in": 1800,
        "refresh_token_expires_in": 2592000,
    }
    tokens = oauth.parse_tokens(json_response(given, status), NOW)
    assert (tokens.access, tokens.refresh) == ("a1", "r1")
    assert tokens.expires_at == NOW + 1800
    assert tokens.refresh_expires_at == NOW + 2592000
    assert not tokens.missing_scopes(oauth.OAUTH_SCOPE)
    assert "a1" not in repr(tokens)
    assert "r1" not in repr(tokens)
    bare = oauth.parse_tokens(json_response({"access_token": "a1", "scope": "read"}), NOW)
    assert (bare.refresh, bare.expires_at) == (None, None)
    assert bare.missing_scopes(oauth.OAUTH_SCOPE) == {"write"}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (
            json_response({"error": "invalid_grant", "error_description": "used"}, 400),
            AuthenticationError,
        ),
        (json_response({"error": "invalid_client"}, 401), AuthenticationError),
        (HttpResponse(429, {}, b"slow"), RateLimited),
        (HttpResponse(503, {}, b""), ServiceError),
        (HttpResponse(200, {}, b"<html>"), ServiceError),
        (json_response({}), ServiceError),
        (json_response({"access_token": "a\r\nX: y"}), ServiceError),
        (json_response({"access_token": 7}), ServiceError),
    ],
)
def test_token_refusal_raises_error(reply: HttpResponse, kind: type[AppError]) -> None:
    with pytest.raises(kind):
        oauth.parse_tokens(reply, NOW)


def test_current_token_expiry_is_parsed() -> None:
    token = oauth.parse_token_info(
        json_response({"token": {"id": 3, "scopes": ["read", "write"]}}), NOW
    )
    assert (token.id, token.scopes) == (3, frozenset({"read", "write"}))
    with pytest.raises(ServiceError):
        oauth.parse_token_info(json_response({"token": {}}), NOW)
    assert oauth.parse_revocation(HttpResponse(204), NOW)
    for name in ("token_invalid", "record_not_found"):
        assert not oauth.parse_revocation(recorded_response("zendesk", name), NOW)
    # A gateway's page does not say that the token has ended.
    for status in (401, 404, 500):
        with pytest.raises(ServiceError):
            oauth.parse_revocation(HttpResponse(status), NOW)
