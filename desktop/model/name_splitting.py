"""Splits Zendesk's single name into Sailthru's first and last name (S1-31 to S1-33)."""

import re
from collections.abc import Mapping
from enum import Enum

from desktop.model.email_address import parse_email

# The vars in which accounts keep a profile's name.
NAME_VARS = ("first_name", "last_name")
_COMMAS = re.compile(r"\s*[,，،、]\s*")
# What follows a comma without being a first name: “King, Jr.”, “Acme, Inc.”.
_SUFFIX = re.compile(
    r"(?i)(jr|sr|i{2,3}|iv|ph\.?d|m\.?d|m\.?a|m\.?sc|mba|esq|cpa|inc|ltd|llc|corp|co|gmbh|ag|s\.?a"
    r"|plc)\.?"
)
# Zendesk's names for people it knows by a number alone: “Caller +1 (415) 555-0134” (docs/zendesk.md
# 3, “Phone search”), “Visitor 48213607” in a chat.
_NUMBER = re.compile(
    r"(?i)^((caller|visitor|phone|tel|mobile|fax|sms|whatsapp|anonymous|unknown)\b[.:]?\s*)*"
)
# A number beside the name, as channels write it: “Anna Lopez +49 151 234567”.
_PHONE = re.compile(r"[(\[]?\+?\d[\d\s().\-/]{5,22}\d[)\]]?")
# Direction marks and the like; names keep their joiners (Persian, emoji).
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060\u2066-\u2069\ufeff]")


class NameSplitRule(Enum):
    """The space that separates first and last name: the first one, or the last one."""

    FIRST_SPACE = "first_space"
    LAST_WORD = "last_word"

    @property
    def label(self) -> str:
        """The name splitting rule as the mapping editor shows it."""
        return _LABELS[self]


_LABELS = {
    NameSplitRule.FIRST_SPACE: "the first word is the first name",
    NameSplitRule.LAST_WORD: "the last word is the last name",
}


def is_person_name(text: str) -> bool:
    """Whether a Zendesk name is a person's, and no address, number or text without letters.

    Zendesk shows an address or a number as the name of somebody it knows no name of.
    """
    rest = _NUMBER.sub("", text.strip(), count=1) if any(c.isdigit() for c in text) else text
    return any(c.isalpha() for c in rest) and not parse_email(text)


def _split_words(name: str) -> list[str]:
    """Split a Zendesk name at its spaces; "Smith, Jr." stays one word by either rule."""
    words: list[str] = []
    for word in name.split():
        if words and words[-1][-1] in ",，،、" and _SUFFIX.fullmatch(word):
            words[-1] += f" {word}"
        else:
            words.append(word)
    return words


def full_name_of_vars(profile_vars: Mapping[str, object]) -> str:
    """Join first and last name of a Sailthru profile's vars; "" for none."""
    parts = (profile_vars.get(key) for key in NAME_VARS)
    return " ".join(part.strip() for part in parts if isinstance(part, str) and part.strip())


def split_name(name: str, rule: NameSplitRule = NameSplitRule.FIRST_SPACE) -> tuple[str, str]:
    """Split a full name into (first, last) by the rule; runs of spaces count as one.

    "Lopez, Anna" is Anna Lopez by either rule. A single word is a first name by FIRST_SPACE and a
    last name by LAST_WORD. What is no person's name (see `is_person_name`) has neither.
    """
    # str.split() also takes no-break and other Unicode spaces.
    name = _INVISIBLE.sub("", name)
    name = " ".join(word for word in name.split() if "@" not in word or not parse_email(word))
    if not is_person_name(name):
        return "", ""
    name = " ".join(_PHONE.sub(" ", name).split())
    parts = [part for part in _COMMAS.split(name) if part]
    family, *given = [part for part in parts if not _SUFFIX.fullmatch(part)] or parts
    if len(given) == 1:
        return given[0], family
    words = _split_words(name)
    place = 1 if rule is NameSplitRule.FIRST_SPACE else len(words) - 1
    first, last = " ".join(words[:place]), " ".join(words[place:])
    return first.rstrip(",，،、 "), last.rstrip(",，،、 ")
