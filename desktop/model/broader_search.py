"""What to search for where a look-up found nobody: a part of it that more customers may have."""

from desktop.model.lookup_query import LookupQuery, LookupQueryKind

# Shorter parts would find half of all customers.
_MIN_NAME_LENGTH = 3
_PHONE_END_LENGTH = 6


def broader_search_text(query: LookupQuery) -> str:
    """Return the part of a look-up query to search everywhere for, or "" where there is none.

    Of an address what stands before its domain, of several names the longest, of a phone number
    its end, of a ticket its number, which may be a customer's id or number as well.
    """
    value = query.value
    if query.kind is LookupQueryKind.EMAIL:
        local = value.rpartition("@")[0]
        return f"{local}@" if len(local) >= _MIN_NAME_LENGTH else ""
    if query.kind is LookupQueryKind.NAME:
        words = value.split()
        longest = max(words, key=len)
        return longest if len(words) > 1 and len(longest) >= _MIN_NAME_LENGTH else ""
    if query.kind is LookupQueryKind.PHONE:
        digits = value.lstrip("+")
        return digits[-_PHONE_END_LENGTH:] if len(digits) > _PHONE_END_LENGTH else ""
    return value if query.kind is LookupQueryKind.TICKET else ""
