"""Signature of the Sailthru sandbox: known vectors, and requests that are signed wrongly."""

from typing import Any
from urllib.parse import quote, urlencode

import pytest

from desktop.sandbox.sailthru.signature import is_signed, signature
from tests.support.sandbox_client import SandboxClient, sailthru_signature


def leaves(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [leaf for item in value.values() for leaf in leaves(item)]
    if isinstance(value, list):
        return [leaf for item in value for leaf in leaves(item)]
    return [str(value)]


PYTHON_TEXT = '{"id": "jos\\u00e9@example.com", "vars": {"n": "\\u00e9\\ud83d\\ude03"}}'
VECTORS = [
    (
        "abcsecret",
        ["123key", "json", '{"id":"neil@example.com"}'],
        "fa5c79189b708199f3cf69f1cf8f7928",
    ),
    (
        "123456",
        {"unix": ["Linux", "Mac", "Solaris"], "windows": "None"},
        "0f798a41c5f4fcfed1c7dd88da77f697",
    ),
    (
        "s3cr3t",
        {
            "US": [
                {"New York": ["Queens", "New York", "Brooklyn"]},
                "Virginia",
                "Washington DC",
                "Maryland",
            ],
            "Canada": ["Ontario", "Quebec", "British Columbia"],
        },
        "fd7d7b7aa8dbc5426c72bee3c4260044",
    ),
    ("1246helloMan", {"a": ["sailthru", 1, 2]}, "2ba980bc5f1b5ba9132eb8cf3f357288"),
    (
        "my_secret",
        {
            "name": "Unix",
            "myvar": [1111, 2],
            "api_key": "363636avdsfdfd",
            "myvar2": {"myvar3": "hello", "myvar4": ["hello", "world"]},
        },
        "428bb0ea1bd5425f9823a7c8512a195a",
    ),
    (
        "my_secret",
        ["ian@sailthru.com", "all", "0", "optout", "my_api_key"],
        "f978f50c1f71225130ea678277292746",
    ),
    (
        "my_secret",
        ["ian@sailthru.com", "optout", "none", "0", "update", "my_api_key"],
        "f1237313078825f12697dfd015f53c08",
    ),
    (
        "my_secret",
        ["ian@sailthru.com", "hardbounce", "TT1ClGdj2bRHAAP6", "my_api_key"],
        "8245fdb754ba1f9d4bcda3070f79e3db",
    ),
    (
        "ABCXYZ",
        ["value1", "value2", "value3", "value4", "0", "1"],
        "d09145ce526b8b51a7a36005aac7b146",
    ),
    (
        "my_secret",
        ["my_api_key", "json", '{"id": "test@example.com"}'],
        "6c43b76096f35ac7e3d315518bc577e6",
    ),
    (
        "my_secret",
        ["my_api_key", "json", '{"id":"test@example.com"}'],
        "4d748ce9abbe3ac718c23167e81db503",
    ),
    (
        "sec",
        ["k", "json", '{"id":"josé@example.com","vars":{"n":"é😃"}}'],
        "8c9416fe4ec4d70aefe923fd5f8ce39f",
    ),
    ("sec", ["k", "json", PYTHON_TEXT], "a23b0e4618c25559a0760dd89682e15b"),
    ("mysecret", ["mykey", "json", "{}"], "bd3951e35d660f042ee02efcbe0d732c"),
    ("my_secret", ["my_api_key", "json", "null"], "e631c39c4ce30233a1100925fb346195"),
    (
        "my_secret",
        ["my_api_key", "json", "test@example.com", "email"],
        "8e531e28b9b0ced12cd2b9f809fa5a0b",
    ),
]


@pytest.mark.parametrize(("secret", "values", "expected"), VECTORS)
def test_signature_matches_vectors(secret: str, values: Any, expected: str) -> None:
    assert signature(secret, leaves(values)) == expected
    pairs = [("name", leaf) for leaf in leaves(values)]
    assert is_signed(secret, [*pairs, ("sig", expected)])
    assert not is_signed(secret, [*pairs, ("more", "x"), ("sig", expected)])


def call(
    sandbox: SandboxClient, text: str, *, encoded: str | None = None, sig: str | None = None
) -> Any:
    about = sandbox.connection_document["sailthru"]
    key, secret = about["api_key"], about["api_secret"]
    sig = sig or sailthru_signature(secret, key, "json", text)
    query = f"api_key={key}&format=json&json={encoded or quote(text)}&sig={sig}"
    return sandbox.http("sailthru", "GET", f"/user?{query}")


def test_signature_covers_exact_text(read_only_sandbox: SandboxClient) -> None:
    for text in (
        '{"id":"maria@lopez.example"}',
        '{ "id" : "maria@lopez.example" }',
        '{"id": "\\u006daria@lopez.example"}',
    ):
        assert call(read_only_sandbox, text).status == 200
    assert call(read_only_sandbox, '{"id":"maria@lopez.example"}', sig="0" * 32).status == 401
    changed = call(
        read_only_sandbox,
        '{"id":"maria@lopez.example"}',
        encoded=quote('{"id": "maria@lopez.example"}'),
    )
    assert (changed.status, changed.body) == (
        401,
        {"error": 5, "errormsg": "Signature hash does not match"},
    )


def test_signature_raw_utf_8_is_as_sent(read_only_sandbox: SandboxClient) -> None:
    answer = call(read_only_sandbox, '{"id":"josé@example.com"}')
    assert answer.status == 400
    assert answer.body["error"] == 99


@pytest.mark.parametrize("text", ["null", "{}", '{"list":""}'])
def test_request_without_parameters_has_three_forms(
    read_only_sandbox: SandboxClient, text: str
) -> None:
    answer = read_only_sandbox.sailthru("GET", "list", None, text=text)
    names = {record["name"] for record in answer.body["lists"]}
    assert {"Newsletter", "VIP Offers", "Winback", "zendesk-sync-smart", "Back in stock"} <= names


def test_legacy_request_without_json_is_parsed(read_only_sandbox: SandboxClient) -> None:
    about = read_only_sandbox.connection_document["sailthru"]
    values = {"api_key": about["api_key"], "format": "json", "id": "maria@lopez.example"}
    values |= {"key": "email", "fields[keys]": "1", "fields[lists]": "1"}
    values["sig"] = sailthru_signature(about["api_secret"], *values.values())
    answer = read_only_sandbox.http("sailthru", "GET", f"/user?{urlencode(values)}")
    assert set(answer.body) == {"keys", "lists"}


def test_request_without_format_gets_xml(read_only_sandbox: SandboxClient) -> None:
    answer = read_only_sandbox.http("sailthru", "GET", "/user")
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("text/xml")
    assert b"<error>2</error><errormsg>Missing required parameter: api_key" in answer.body


def test_api_key_unknown_is_refused(read_only_sandbox: SandboxClient) -> None:
    answer = read_only_sandbox.http("sailthru", "GET", "/user?api_key=x&format=json&json={}&sig=x")
    assert (answer.status, answer.body["error"]) == (401, 3)
