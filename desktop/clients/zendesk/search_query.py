"""Zendesk search queries for an address, a phone number or a name, and checks of the results.

Nothing a person typed reaches the language as syntax. The index lags by minutes and matches
loosely (docs/zendesk.md 3), so addresses and numbers are compared once more here.
"""

import re
from collections.abc import Iterable

from desktop.model.email_address import email_match_key
from desktop.model.match_keys import MIN_PHONE_DIGITS, is_same_phone
from desktop.model.zendesk_user import ZendeskUser

_SYNTAX = re.compile(r'[":<>*~()\[\]{}\\]')


def email_query(address: str) -> str:
    """Build Zendesk's search query for everyone with this address."""
    return f"email:{_quoted(address.strip().lower())}"


def phone_query(number: str) -> str:
    """Build Zendesk's search query for numbers that end like this one; empty for no digits.

    Zendesk keeps numbers in the form they came in and compares digits only after a leading `*`
    (docs/zendesk.md 17). The last seven find a number with and without its country code or trunk
    zero; who has another is left out by `filter_by_phone`.
    """
    digits = _digits(number)[-MIN_PHONE_DIGITS:]
    return f"phone:*{digits}" if digits else ""


def email_part_query(part: str) -> str:
    """Build Zendesk's search query for addresses that begin with `part`, which has one @.

    `*` at the end is an operator of the search language outside quotes; a quote or another sign
    of its syntax would end the term, so they are left out. Empty where nothing is left.
    """
    kept = _SYNTAX.sub("", "".join(part.lower().split()))
    return f"email:{kept}*" if kept.strip("@-") else ""


def phone_end_query(digits: str) -> str:
    """Build Zendesk's search query for everyone with a number that ends with these digits."""
    return f"phone:*{_digits(digits)}"


def name_query(text: str) -> str:
    """Build Zendesk's search query for plain words, the last unfinished; empty for none."""
    words = (word.lstrip("-") for word in _SYNTAX.sub(" ", text).split())
    kept = [word for word in words if word]
    return f"{' '.join(kept)}*" if kept else ""


def filter_by_email(users: Iterable[ZendeskUser], address: str) -> tuple[ZendeskUser, ...]:
    """Filter Zendesk's search results to users who have exactly this address."""
    wanted = email_match_key(address)
    return tuple(
        person for person in users if any(email_match_key(one) == wanted for one in person.emails)
    )


def filter_by_phone(users: Iterable[ZendeskUser], number: str) -> tuple[ZendeskUser, ...]:
    """Filter Zendesk's search results by phone; one side may lack the country code."""
    return tuple(p for p in users if any(_is_number(number, n) for n in _numbers(p)))


def _numbers(user: ZendeskUser) -> tuple[str, ...]:
    own = (user.phone,) if user.phone else ()
    return own + tuple(i.value for i in user.identities if i.type == "phone_number")


def _is_number(one: str, other: str) -> bool:
    # A short number is looked up as it stands.
    return is_same_phone(one, other) or (bool(_digits(one)) and _digits(one) == _digits(other))


def _digits(text: str) -> str:
    return re.sub(r"[^0-9]", "", text)


def _quoted(text: str) -> str:
    # There is no known way to write a quote inside quotes.
    return '"' + text.replace('"', " ").replace("\\", " ") + '"'
