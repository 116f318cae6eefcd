"""The contract's vectors V1–V16: what the official clients and the vendor's own tests sign."""

import pytest

from desktop.clients.sailthru.protocol import SailthruCredentials, build_request, sign_parameters

MY = {"api_key": "my_api_key"}
JSON = {**MY, "format": "json"}
LINUX = {"unix": ["Linux", "Mac", "Solaris"], "windows": "None"}
PLACES = {
    "US": [
        {"New York": ["Queens", "New York", "Brooklyn"]},
        "Virginia",
        "Washington DC",
        "Maryland",
    ],
    "Canada": ["Ontario", "Quebec", "British Columbia"],
}
DEEP = {
    "name": "Unix",
    "myvar": [1111, 2],
    "api_key": "363636avdsfdfd",
    "myvar2": {"myvar3": "hello", "myvar4": ["hello", "world"]},
}
IAN = {**MY, "email": "ian@sailthru.com"}
RAW = '{"id":"josé@example.com","vars":{"n":"é😃"}}'
ESCAPED = r'{"id": "jos\u00e9@example.com", "vars": {"n": "\u00e9\ud83d\ude03"}}'

VECTORS = {
    "V1": (
        {"api_key": "123key", "format": "json", "json": '{"id":"neil@example.com"}'},
        "abcsecret",
        "fa5c79189b708199f3cf69f1cf8f7928",
    ),
    "V2": (LINUX, "123456", "0f798a41c5f4fcfed1c7dd88da77f697"),
    "V3": (PLACES, "s3cr3t", "fd7d7b7aa8dbc5426c72bee3c4260044"),
    "V4": ({"a": ["sailthru", 1, 2]}, "1246helloMan", "2ba980bc5f1b5ba9132eb8cf3f357288"),
    "V5": (DEEP, "my_secret", "428bb0ea1bd5425f9823a7c8512a195a"),
    "V6": (
        {**IAN, "mode": "all", "optout": "0", "action": "optout"},
        "my_secret",
        "f978f50c1f71225130ea678277292746",
    ),
    "V7": (
        {
            **IAN,
            "page": "optout",
            "optout_email": "none",
            "lists": {"All Users": "0"},
            "action": "update",
        },
        "my_secret",
        "f1237313078825f12697dfd015f53c08",
    ),
    "V8": (
        {**IAN, "action": "hardbounce", "send_id": "TT1ClGdj2bRHAAP6"},
        "my_secret",
        "8245fdb754ba1f9d4bcda3070f79e3db",
    ),
    "V9": (
        {
            "item1": "value1",
            "item2": "value2",
            "item3": ["value3", "value4"],
            "item4": False,
            "item5": True,
        },
        "ABCXYZ",
        "d09145ce526b8b51a7a36005aac7b146",
    ),
    "V10": (
        {**JSON, "json": '{"id": "test@example.com"}'},
        "my_secret",
        "6c43b76096f35ac7e3d315518bc577e6",
    ),
    "V11": (
        {**JSON, "json": '{"id":"test@example.com"}'},
        "my_secret",
        "4d748ce9abbe3ac718c23167e81db503",
    ),
    "V12": (
        {"api_key": "k", "format": "json", "json": RAW},
        "sec",
        "8c9416fe4ec4d70aefe923fd5f8ce39f",
    ),
    "V13": (
        {"api_key": "k", "format": "json", "json": ESCAPED},
        "sec",
        "a23b0e4618c25559a0760dd89682e15b",
    ),
    "V14": (
        {"api_key": "mykey", "format": "json", "json": "{}"},
        "mysecret",
        "bd3951e35d660f042ee02efcbe0d732c",
    ),
    "V15": ({**JSON, "json": "null"}, "my_secret", "e631c39c4ce30233a1100925fb346195"),
    "V16": (
        {**JSON, "id": "test@example.com", "key": "email"},
        "my_secret",
        "8e531e28b9b0ced12cd2b9f809fa5a0b",
    ),
}


@pytest.mark.parametrize("name", VECTORS)
def test_signature_matches_vector(name: str) -> None:
    parameters, secret, expected = VECTORS[name]
    assert sign_parameters(secret, parameters) == expected


def test_signature_null_value_is_omitted() -> None:
    assert sign_parameters("s", {"a": None, "b": "x"}) == sign_parameters("s", {"b": "x"})


def test_request_signature_matches_first_vector() -> None:
    request = build_request(
        SailthruCredentials("123key", "abcsecret"), "GET", "user", {"id": "neil@example.com"}
    )
    assert dict(request.query) == {
        "api_key": "123key",
        "format": "json",
        "json": '{"id":"neil@example.com"}',
        "sig": "fa5c79189b708199f3cf69f1cf8f7928",
    }
