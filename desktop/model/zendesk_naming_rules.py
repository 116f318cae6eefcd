"""Zendesk's rules for names of fields."""

import re

# developer.zendesk.com, User Fields: “letters, digits and underscores, not digits only”.
ZENDESK_FIELD_KEY = re.compile(r"(?=.*[^0-9])[A-Za-z0-9_]+")
