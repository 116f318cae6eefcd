"""OAuth in the Sell sandbox: one code, tokens of an hour, scopes, renewal in both ways, the end."""

from typing import Any

import pytest

from tests.support.sandbox_client import SandboxClient
from tests.support.sell_oauth import (
    ask_permission,
    post_form,
    redeem,
    redirect_query,
    renew,
    sign_in,
    status_with,
)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"client_id": "other"}, "Invalid client"),
        ({"redirect_uri": "https://evil.example/callback"}, "not registered"),
        ({"response_type": "token"}, "unsupported response type"),
    ],
)
def test_page_for_wrong_client_sends_the_browser_nowhere(
    read_only_sandbox: SandboxClient, changes: dict[str, str], problem: str
) -> None:
    answer = ask_permission(read_only_sandbox, **changes)
    assert answer.status == 400
    assert problem in str(answer.body)


def test_page_asks_for_the_scopes(read_only_sandbox: SandboxClient) -> None:
    answer = ask_permission(read_only_sandbox, auto="")
    assert answer.status == 200
    assert "read write profile sync" in str(answer.body)


@pytest.mark.parametrize(
    ("changes", "error"),
    [({"auto": "deny"}, "access_denied"), ({"scope": "everything"}, "invalid_scope")],
)
def test_refusal_goes_back_with_the_state(
    read_only_sandbox: SandboxClient, changes: dict[str, str], error: str
) -> None:
    told = redirect_query(ask_permission(read_only_sandbox, **changes))
    assert (told["error"], told["state"]) == (error, "s t&ate")
    assert "code" not in told


def test_code_is_good_for_one_attempt(writable_sandbox: SandboxClient) -> None:
    code = redirect_query(ask_permission(writable_sandbox))["code"]
    assert redeem(writable_sandbox, code).status == 200
    again = redeem(writable_sandbox, code)
    assert (again.status, again.body["error"]) == (400, "invalid_grant")
    other = redirect_query(ask_permission(writable_sandbox))["code"]
    wrong = redeem(writable_sandbox, other, redirect_uri="http://127.0.0.1:47615/callback")
    assert wrong.body["error"] == "invalid_grant"
    assert redeem(writable_sandbox, other).body["error"] == "invalid_grant"


def test_wrong_client_secret_has_the_error_of_rfc_6749(writable_sandbox: SandboxClient) -> None:
    tokens = sign_in(writable_sandbox)
    for path, given in (
        ("token", {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}),
        ("revoke", {"token": tokens["refresh_token"]}),
    ):
        answer = post_form(writable_sandbox, path, "wrong", **given)
        assert (answer.status, answer.body["error"]) == (401, "invalid_client")
        assert answer.headers["www-authenticate"].startswith("Basic")
    assert renew(writable_sandbox, tokens["refresh_token"]).status == 200


def test_unknown_grant_type_is_refused(read_only_sandbox: SandboxClient) -> None:
    answer = post_form(read_only_sandbox, "token", grant_type="client_credentials")
    assert (answer.status, answer.body["error"]) == (400, "unsupported_grant_type")


def test_expired_access_token_has_the_envelope(writable_sandbox: SandboxClient) -> None:
    tokens = sign_in(writable_sandbox)
    assert status_with(writable_sandbox, tokens["access_token"]) == 200
    writable_sandbox.control("POST", "expire-tokens")
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    answer = writable_sandbox.sell("GET", "/v2/users/self", headers=headers)
    assert answer.status == 401
    assert answer.body["errors"][0]["error"]["code"] == "unauthorized"


@pytest.mark.parametrize("rotates", [True, False])
def test_renewal_ends_the_tokens_before(writable_sandbox: SandboxClient, rotates: bool) -> None:
    writable_sandbox.control("POST", "account", {"sell_refresh_rotation": rotates})
    first = sign_in(writable_sandbox)
    second: dict[str, Any] = renew(writable_sandbox, first["refresh_token"]).body
    assert ("refresh_token" in second) is rotates
    assert status_with(writable_sandbox, first["access_token"]) == 401
    assert status_with(writable_sandbox, second["access_token"]) == 200
    assert renew(writable_sandbox, first["refresh_token"]).status == (400 if rotates else 200)
    writable_sandbox.control("POST", "account", {"sell_refresh_rotation": True})


def test_revoked_token_takes_its_partner_along(writable_sandbox: SandboxClient) -> None:
    tokens = sign_in(writable_sandbox)
    assert post_form(writable_sandbox, "revoke", token=tokens["access_token"]).status == 200
    assert status_with(writable_sandbox, tokens["access_token"]) == 401
    assert renew(writable_sandbox, tokens["refresh_token"]).body["error"] == "invalid_grant"
    # RFC 7009 2.2: a token that is not known is revoked already.
    assert post_form(writable_sandbox, "revoke", token="never").status == 200


@pytest.mark.parametrize(
    ("scope", "path", "status"),
    [
        ("read", "/v2/contacts", 200),
        ("write", "/v2/contacts", 403),
        ("profile", "/v2/users/self", 200),
        ("read write", "/v2/sync/x/queues/main", 403),
    ],
)
def test_token_opens_what_its_scopes_say(
    writable_sandbox: SandboxClient, scope: str, path: str, status: int
) -> None:
    tokens = sign_in(writable_sandbox, scope=scope)
    assert status_with(writable_sandbox, tokens["access_token"], path) == status
