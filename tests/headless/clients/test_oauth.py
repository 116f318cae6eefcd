"""OAuth as values: PKCE, what is sent, and what is made of the answers."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from desktop.clients.exchange import Answer
from desktop.clients.zendesk import oauth
from desktop.kit.errors import AppError, AuthLost, RateLimited, ServiceTrouble
from tests.headless.clients.fakes import NOW, answer

REDIRECT = "http://127.0.0.1:47615/callback"


def test_the_challenge_is_rfc_7636_appendix_b() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_the_address_for_the_browser() -> None:
    attempt = oauth.begin("fairlead", REDIRECT)
    assert 43 <= len(attempt.verifier) <= 128
    assert attempt.verifier not in repr(attempt)
    assert attempt.state not in repr(attempt)
    assert oauth.begin("fairlead", REDIRECT).state != attempt.state
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
        "code_challenge": oauth.challenge(attempt.verifier),
        "code_challenge_method": "S256",
    }
    assert attempt.verifier not in url


def test_the_code_is_taken_only_from_our_own_answer() -> None:
    attempt = oauth.begin("fairlead", REDIRECT)
    assert oauth.code_from(attempt, f"/callback?code=abc&state={attempt.state}") == "abc"
    for target in (
        "/callback?code=abc",
        "/callback?code=abc&state=other",
        "/callback?code=abc&state=é",
        f"/callback?code=abc&state={attempt.state}&state={attempt.state}",
        f"/callback?state={attempt.state}",
        f"/callback?code=a&code=b&state={attempt.state}",
        f"/callback?error=access_denied&state={attempt.state}",
    ):
        with pytest.raises(AuthLost):
            oauth.code_from(attempt, target)


def test_the_requests() -> None:
    attempt = oauth.begin("fairlead", REDIRECT)
    exchange = oauth.exchange(attempt, "abc")
    sent = json.loads(exchange.body or b"")
    assert (exchange.method, exchange.path, exchange.safe) == ("POST", "/oauth/tokens", False)
    assert sent["code_verifier"] == attempt.verifier
    assert sent["grant_type"] == "authorization_code"
    assert sent["expires_in"] == 1800
    assert "client_secret" not in sent
    refresh = oauth.refresh("fairlead", "r1")
    assert json.loads(refresh.body or b"")["refresh_token"] == "r1"
    assert not refresh.safe
    assert oauth.current("t").headers["Authorization"] == "Bearer t"
    revoke = oauth.revoke("t")
    assert (revoke.method, revoke.path) == ("DELETE", "/api/v2/oauth/tokens/current")


@pytest.mark.parametrize("status", [200, 201])
def test_tokens(status: int) -> None:
    given = {
        "access_token": "a1",
        "refresh_token": "r1",
        "scope": "read write",
        "expires_in": 1800,
        "refresh_token_expires_in": 2592000,
    }
    tokens = oauth.read_tokens(answer(given, status), NOW)
    assert (tokens.access, tokens.refresh) == ("a1", "r1")
    assert tokens.expires_at == NOW + 1800
    assert tokens.refresh_expires_at == NOW + 2592000
    assert not tokens.lacks()
    assert "a1" not in repr(tokens)
    assert "r1" not in repr(tokens)
    bare = oauth.read_tokens(answer({"access_token": "a1", "scope": "read"}), NOW)
    assert (bare.refresh, bare.expires_at) == (None, None)
    assert bare.lacks() == {"write"}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (answer({"error": "invalid_grant", "error_description": "used"}, 400), AuthLost),
        (answer({"error": "invalid_client"}, 401), AuthLost),
        (Answer(429, {}, b"slow"), RateLimited),
        (Answer(503, {}, b""), ServiceTrouble),
        (Answer(200, {}, b"<html>"), ServiceTrouble),
        (answer({}), ServiceTrouble),
        (answer({"access_token": "a\r\nX: y"}), ServiceTrouble),
        (answer({"access_token": 7}), ServiceTrouble),
    ],
)
def test_tokens_refused(reply: Answer, kind: type[AppError]) -> None:
    with pytest.raises(kind):
        oauth.read_tokens(reply, NOW)


def test_the_current_token_and_its_end() -> None:
    token = oauth.read_current(answer({"token": {"id": 3, "scopes": ["read", "write"]}}), NOW)
    assert (token.id, token.scopes) == (3, frozenset({"read", "write"}))
    with pytest.raises(ServiceTrouble):
        oauth.read_current(answer({"token": {}}), NOW)
    for gone in (Answer(204), Answer(401), Answer(404)):
        oauth.read_revoked(gone, NOW)
    with pytest.raises(ServiceTrouble):
        oauth.read_revoked(Answer(500), NOW)
