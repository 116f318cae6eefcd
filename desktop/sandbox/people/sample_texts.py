"""Sample texts of generated people: tickets, products, tags, list names and company names."""

from desktop.sandbox.data_files import read_data_file

_TEXTS = read_data_file("people", "sample_texts.toml")

# Tag, subject and first message of a ticket.
TICKET_TEXTS: tuple[tuple[str, str, str], ...] = tuple(map(tuple, _TEXTS["tickets"]))
PRODUCT_TITLES: list[str] = _TEXTS["product_titles"]
SIGNUP_SOURCES: list[str] = _TEXTS["signup_sources"]
CATEGORIES: list[str] = _TEXTS["categories"]
USER_TAGS: list[str] = _TEXTS["user_tags"]
# List name → how many of 256 generated people are on it: one random byte decides.
LIST_MEMBERS_PER_256: dict[str, int] = _TEXTS["list_members_per_256"]
_FIRST_WORDS: list[str] = _TEXTS["company_first_words"]
_SECOND_WORDS: list[str] = _TEXTS["company_second_words"]


def organization_name(number: int) -> str:
    """Return the name of a generated organization by its number; no two are the same."""
    row, place = divmod(number, len(_FIRST_WORDS))
    # Three steps at once, so that neighbours in the list of names look unlike.
    return f"{_FIRST_WORDS[place]} {_SECOND_WORDS[row * 3 % len(_SECOND_WORDS)]}"
