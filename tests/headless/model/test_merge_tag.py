"""Merge tags: what a template reads as a customer's field, and nothing else."""

import pytest

from desktop.model.merge_tag import liquid_user_tag, zephyr_key_tag, zephyr_var_tag


@pytest.mark.parametrize(
    ("name", "tag"),
    [
        ("zendesk_health", "{zendesk_health}"),
        ("First_Name2", "{First_Name2}"),
        # Zephyr's own variables would win.
        ("email", "{profile.vars.email}"),
        ("profile", "{profile.vars.profile}"),
        ("two words", ""),
        ("with-hyphen", ""),
        ("2nd", ""),
        ("größe", ""),
        ("a}{b", ""),
        ("name\n", ""),
        ("", ""),
    ],
)
def test_zephyr_tag_of_var(name: str, tag: str) -> None:
    assert zephyr_var_tag(name) == tag


@pytest.mark.parametrize(
    ("name", "tag"),
    [("sid", "{profile.id}"), ("extid", "{profile.keys.extid}"), ("email", "{email}"), ("a b", "")],
)
def test_zephyr_tag_of_key(name: str, tag: str) -> None:
    assert zephyr_key_tag(name) == tag


@pytest.mark.parametrize(
    ("field", "tag"),
    [
        ("phone", "{{ phone }}"),
        ("user_fields.plan_level", "{{ user_fields.plan_level }}"),
        ("user_fields.", ""),
        ("user_fields.a b", ""),
        ("user_fields.x }} {{ y", ""),
        ("unknown", ""),
        ("", ""),
    ],
)
def test_liquid_tag_of_zendesk_field(field: str, tag: str) -> None:
    assert liquid_user_tag(field) == tag
