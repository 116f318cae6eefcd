"""Builds `PermissionRules` and the customer value source from a workspace's settings."""

from desktop.model.customer_value import CustomerType, CustomerValueSource, default_value_source
from desktop.model.permission import (
    ADMIN_PERMISSIONS,
    DEFAULT_PERMISSIONS,
    SETTABLE_PERMISSIONS,
    PermissionRules,
    Role,
)
from desktop.settings import settings_table
from desktop.settings.settings_file import SettingsValues


def permission_rules_from(values: SettingsValues) -> PermissionRules:
    """Read the changes switch and the permissions table in force from the settings."""
    cells = {
        role: {
            permission: values.get(settings_table.PERMISSION_SETTINGS[role, permission])
            for permission in SETTABLE_PERMISSIONS
        }
        | {permission: DEFAULT_PERMISSIONS[role][permission] for permission in ADMIN_PERMISSIONS}
        for role in Role
    }
    by_policy = any(
        values.is_managed(row)
        for row in (settings_table.CHANGES_ENABLED, *settings_table.PERMISSION_SETTINGS.values())
    )
    return PermissionRules(
        are_changes_enabled=values.get(settings_table.CHANGES_ENABLED),
        permissions=cells,
        is_managed=by_policy,
        outside_notice=values.outside_changes.notice,
        are_changes_unproven=values.outside_changes.is_seal_unreadable
        and values.outside_changes.values.get(settings_table.CHANGES_ENABLED.key) is True,
    )


def leads_from(values: SettingsValues) -> frozenset[int]:
    """Read from the settings which agents an admin has named leads, as Zendesk user ids."""
    ids = values.get(settings_table.LEADS).split(",")
    return frozenset(int(one) for one in ids if one.strip())


def customer_value_source_from(values: SettingsValues) -> CustomerValueSource:
    """Read from the settings where customer value is; by customer type where no vars are set."""
    usual = default_value_source(
        CustomerType(values.get(settings_table.CUSTOMER_TYPE)), values.get(settings_table.CURRENCY)
    )
    return CustomerValueSource(
        values.get(settings_table.SEGMENT_VAR),
        values.get(settings_table.PREDICTION_VARS) or usual.predictions,
        values.get(settings_table.SEGMENT_LISTS),
        values.get(settings_table.VALUE_THRESHOLDS),
        values.get(settings_table.HIGH_VALUE_FROM),
    )
