"""What the placeholders of prepared texts become, for the customer of one sheet."""

from collections.abc import Mapping

from desktop.model.customer_health import parse_health
from desktop.model.customer_sheet import CustomerSheet
from desktop.model.customer_value import CustomerValueSource, read_customer_value
from desktop.model.optout_level import LEVEL_NOT_KNOWN_LABEL
from desktop.model.text_template import NoteTemplate, fill_template


def build_text_template_values(
    sheet: CustomerSheet,
    *,
    health_var: str,
    value_source: CustomerValueSource,
    agent: str,
    ticket: int | None,
    changes: str = "",
) -> Mapping[str, str]:
    """Return the placeholders' values for a customer; an empty one is not known.

    `changes` is what was changed here; `ticket` the number a text is about.
    """
    profile, page = sheet.profile.value, sheet.tickets.value
    tickets = [*(page.tickets if page is not None else ()), sheet.ticket]
    subjects = [one.subject for one in tickets if one is not None and one.id == ticket]
    values = {
        "name": sheet.display_name,
        "address": sheet.address,
        "ticket": str(ticket) if ticket is not None else "",
        "subject": subjects[0] if subjects else "",
        "agent": agent,
        "changes": changes,
    }
    if profile is None:
        return values
    health = parse_health(profile.vars.get(health_var))
    lists = frozenset(profile.lists) | frozenset(profile.smart_lists or ())
    value = read_customer_value(value_source, profile.vars, lists)
    level = profile.optout.label if profile.optout is not None else LEVEL_NOT_KNOWN_LABEL
    return values | {
        "level": level,
        "lists": ", ".join(sorted(profile.lists)) or "none",
        "health": health.value if health is not None else "not set",
        "value": f"{value.segment} of 4" if value is not None and value.segment else "",
    }


def fill_note_template(template: NoteTemplate, values: Mapping[str, str]) -> str:
    """Fill a note template; where nothing was changed here it says so."""
    changes = values.get("changes") or "Nothing was changed in Fairlead."
    return fill_template(template.text, {**values, "changes": changes})
