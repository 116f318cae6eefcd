"""What the pure rules of `model/` need, made from the values."""

from desktop.model.permission import Permission, Role, Rules
from desktop.model.value import CustomerType, ValueSource, default_source
from desktop.settings import table
from desktop.settings.values import Values


def rules(values: Values) -> Rules:
    """The switch and the table of permissions, as policy and settings have them."""
    cells = {
        role: {
            permission: values.get(table.permission_setting(role, permission))
            for permission in Permission
        }
        for role in Role
    }
    by_policy = any(values.managed(row) for row in (table.CHANGES, *table.PERMISSIONS.values()))
    return Rules(changes=values.get(table.CHANGES), table=cells, by_policy=by_policy)


def value_source(values: Values) -> ValueSource:
    """Where customer value is read from; without vars of its own, by the customer type."""
    usual = default_source(
        CustomerType(values.get(table.CUSTOMER_TYPE)), values.get(table.CURRENCY)
    )
    return ValueSource(
        values.get(table.SEGMENT_VAR),
        values.get(table.PREDICTION_VARS) or usual.predictions,
        values.get(table.SEGMENT_LISTS),
    )
