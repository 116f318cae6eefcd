"""The table: every row reads its own default, and refuses what it should."""

import pytest

from desktop.kit.errors import InvalidInput
from desktop.model.permission import DEFAULT_PERMISSIONS
from desktop.settings import settings_table
from desktop.settings.dotted_keys import flatten_to_dotted_keys
from desktop.settings.setting_definition import SettingSection
from desktop.settings.settings_reference import settings_markdown


@pytest.mark.parametrize("row", settings_table.ALL_SETTINGS, ids=lambda row: row.key)
def test_setting_default_is_valid(row: object) -> None:
    assert row.parse(row.serialize(row.default)) == row.default
    assert row.label
    assert row.help.endswith(".")


def test_setting_keys_are_unique() -> None:
    assert len(settings_table.SETTINGS_BY_KEY) == len(settings_table.ALL_SETTINGS)


def test_permission_settings_default_to_model_and_fail_closed() -> None:
    for (role, permission), row in settings_table.PERMISSION_SETTINGS.items():
        assert row.default is DEFAULT_PERMISSIONS[role][permission]
        assert row.fallback is False
        assert row.is_admin_only


def test_settings_contain_no_secret() -> None:
    words = ("secret", "password", "api_key", "api_token")
    assert not [
        row.key for row in settings_table.ALL_SETTINGS if any(word in row.key for word in words)
    ]


@pytest.mark.parametrize(
    ("key", "given", "kept"),
    [
        ("sailthru.customer_type", "Ecommerce ", "ecommerce"),
        ("sailthru.customer_type", "E-Commerce", "ecommerce"),
        ("sailthru.customer_type", "PUBLISHER", "publisher"),
        ("sailthru.timezone", " Europe/Berlin", "Europe/Berlin"),
        ("sailthru.currency", "eur", "EUR"),
        ("sailthru.service_uri", "https://api.sailthru.com/", "https://api.sailthru.com"),
        ("sailthru.service_uri", "http://127.0.0.1:8123", "http://127.0.0.1:8123"),
        ("sailthru.service_uri", "http://[::1]:8123", "http://[::1]:8123"),
        ("sailthru.service_uri", "http://localhost:1", "http://localhost:1"),
        ("zendesk.base_url", "acme", "https://acme.zendesk.com"),
        ("zendesk.base_url", " Acme ", "https://acme.zendesk.com"),
        ("zendesk.base_url", "“https://acme.zendesk.com/agent”\n", "https://acme.zendesk.com"),
        ("zendesk.base_url", "<\u200bacme.zendesk.com>,", "https://acme.zendesk.com"),
        ("sailthru.service_uri", "'https://api.sailthru.com/'", "https://api.sailthru.com"),
        ("sell.base_url", '"https://api.getbase.com"', "https://api.getbase.com"),
        ("mail.host", '"SMTP.acme.example"', "smtp.acme.example"),
        ("zendesk.base_url", "acme.zendesk.com", "https://acme.zendesk.com"),
        ("zendesk.base_url", "acme.zendesk.com/agent/tickets/7", "https://acme.zendesk.com"),
        ("zendesk.base_url", "https://acme.zendesk.com/agent?x=1#y", "https://acme.zendesk.com"),
        ("zendesk.base_url", "http://acme.zendesk.com", "https://acme.zendesk.com"),
        ("zendesk.base_url", "https://acme.zendesk.com:443/", "https://acme.zendesk.com"),
        ("zendesk.base_url", "http://127.0.0.1:8124/", "http://127.0.0.1:8124"),
        ("zendesk.base_url", "", ""),
        ("cache.keep_days", 0, 0),
        ("window.theme", "Dark", "dark"),
        ("optin.link", "https://acme.example/in?a=b", "https://acme.example/in?a=b"),
        ("value.segment_lists", {"VIP": 4}, {"VIP": 4}),
        (
            "value.prediction_vars",
            [{"var": "rev", "unit": "EUR", "horizon_days": 30}],
            [{"var": "rev", "unit": "EUR", "horizon_days": 30}],
        ),
    ],
)
def test_setting_values_are_normalised(key: str, given: object, kept: object) -> None:
    assert settings_table.SETTINGS_BY_KEY[key].validate(given) == kept


@pytest.mark.parametrize(
    ("key", "given", "says"),
    [
        ("sailthru.customer_type", "shop", "either ecommerce or publisher"),
        ("sailthru.timezone", "New York", "not a time zone"),
        ("sailthru.timezone", "../../etc/passwd", "not a time zone"),
        ("sailthru.timezone", "", "not a time zone"),
        ("sailthru.timezone", "America", "not a time zone"),
        ("sailthru.currency", "euro", "three letters"),
        ("sailthru.service_uri", "http://api.sailthru.com", "Plain http"),
        ("sailthru.service_uri", "http://127.0.0.1.evil.example", "Plain http"),
        ("sailthru.service_uri", "https://api.sailthru.com/v1", "ends after the host"),
        ("sailthru.service_uri", "https://u:p@api.sailthru.com", "user name"),
        ("sailthru.service_uri", "ftp://api.sailthru.com", "https://"),
        ("sailthru.service_uri", "https://api.sailthru.com:99999", "not a web address"),
        ("sailthru.service_uri", "", "Service URI is an address"),
        ("zendesk.base_url", "acme/agent", "slash"),
        ("zendesk.base_url", "evil.example/acme.zendesk.com", "slash"),
        ("zendesk.base_url", "https://evil.example/acme.zendesk.com", "does not end in"),
        ("zendesk.base_url", "https://acme.zendesk.com@evil.example", "user name"),
        ("zendesk.base_url", "https://acme.zendesk.com.evil.example", "does not end in"),
        ("zendesk.base_url", "acme.zendesk.co", "does not end in"),
        ("zendesk.base_url", "a.b.zendesk.com", "not an address of Zendesk"),
        ("zendesk.base_url", "acme.zendesk.com:8443", "port"),
        ("zendesk.base_url", "-acme", "not the name"),
        ("zendesk.base_url", "аcme", "not the name"),
        ("zendesk.base_url", "acme\\agent", "no address has"),
        ("zendesk.base_url", "http://10.0.0.1", "does not end in"),
        ("changes", "true", "true or false"),
        ("changes", 1, "true or false"),
        ("permissions.agent.opt_in", "yes", "true or false"),
        ("cache.keep_days", -1, "from 0 to 3650"),
        ("cache.keep_days", 14.5, "whole number"),
        ("cache.keep_days", True, "whole number"),
        ("names.health_var", "zendesk health", "letters, digits"),
        ("names.health_var", "", "cannot be empty"),
        ("names.smart_list", "a\nb", "line break"),
        ("optin.link", "javascript:alert(1)", "https://"),
        ("optin.link", "file:///etc/passwd", "https://"),
        ("advanced.ca_file", "ca.pem", "whole path"),
        ("value.segment_lists", {"VIP": 5}, "from 1 to 4"),
        ("value.segment_lists", ["VIP"], "object"),
        ("value.prediction_vars", [{"var": "rev"}], "cannot be set"),
        ("value.prediction_vars", "rev", "list"),
        ("window.theme", "pink", "one of"),
        ("zendesk.email", "nobody", "e-mail"),
    ],
)
def test_setting_invalid_value_is_explained(key: str, given: object, says: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        settings_table.SETTINGS_BY_KEY[key].validate(given)
    assert says in str(caught.value)
    assert caught.value.hint


def test_settings_nested_document_is_flattened() -> None:
    document = {
        "permissions": {"agent": {"list_remove": True}},
        "value": {"segment_lists": {"VIP": 4}},
        "sailthru.currency": "EUR",
    }
    assert dict(flatten_to_dotted_keys(document)) == {
        "permissions.agent.list_remove": True,
        "value.segment_lists": {"VIP": 4},
        "sailthru.currency": "EUR",
    }


def test_settings_reference_lists_each_once() -> None:
    text = settings_markdown()
    for row in settings_table.ALL_SETTINGS:
        assert text.count(f"| `{row.key}` |") == 1
    assert all(f"### {section.value}" in text for section in SettingSection)
    assert text.count("| --- | --- | --- | --- |") == len(SettingSection)
