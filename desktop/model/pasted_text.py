"""Takes off what other programs put around a copied address, number or link."""

import re
from unicodedata import category

_ENTITY = re.compile(r"&(?:lt|gt|quot|apos|nbsp|amp|commat|#\d{1,6}|#x[0-9a-f]{1,5});", re.I)
_TAG = re.compile(r"</?[a-z][a-z0-9]{0,9}(?:\s[^<>]*)?/?>", re.I)
_MAILTO_TAG = re.compile(r"<a\s[^<>]*?[\"']mailto:([^\"'?<>]*)[^<>]*>", re.I)
# Excel keeps the zeros of a number as a formula.
_FORMULA = re.compile(r"\s*=\s*[\"“”]([^\"“”]*)[\"“”]\s*")
_BRACKETED_AT = re.compile(r"\s*[\[({<]\s*(?:at|@)\s*[\])}>]\s*", re.I)
_BRACKETED_DOT = re.compile(r"\s*[\[({<]\s*(?:dot|punkt|punto|point|\.)\s*[\])}>]\s*", re.I)
_SPOKEN = re.compile(r"\s*\S+ at \S+(?: dot \S+)+\s*", re.I)
_DEFANGED_LINK = re.compile(r"\bhxxp(?=s?://)", re.I)


# What programs put before and after a copied key or address, and people around it.
_AROUND = " \t\r\n\"'`“”„‘’«»<>,;"


def strip_around(text: str) -> str:
    """Strip quotes, brackets, spaces and invisible characters around a pasted key or address."""
    visible = "".join(sign for sign in text if category(sign) != "Cf")
    return visible.strip().strip(_AROUND).strip()


def strip_dressing(text: str) -> str:
    """Strip HTML, formulas and disguises of `@` and dots off a pasted text.

    `maria [at] lopez [dot] example` and `hxxps://acme.zendesk[.]com` are written so that programs
    do not find them.
    """
    if "&" in text:
        import html

        text = _ENTITY.sub(lambda found: html.unescape(found.group()), text)
    # A name may look like a tag.
    if "<" in text and "@" in text:
        text = _TAG.sub(" ", _MAILTO_TAG.sub(r" <\1> ", text))
    if formula := _FORMULA.fullmatch(text):
        text = formula.group(1)
    if _SPOKEN.fullmatch(text):
        text = re.sub(r"(?i) dot ", ".", re.sub(r"(?i) at ", "@", text, count=1))
    text = _BRACKETED_DOT.sub(".", _BRACKETED_AT.sub("@", text))
    return _DEFANGED_LINK.sub("http", text)
