"""The one rule for an e-mail address: how a pasted one is read, and which text can be one."""

import re
from functools import lru_cache
from unicodedata import category, decomposition, normalize
from urllib.parse import unquote

from desktop.model.pasted_text import strip_dressing

# A whole mail was pasted.
_LONGEST_TEXT = 4096
# Texts whose address is held: one event's is asked for some ten times, by each of its readers.
_TEXTS_HELD = 1024
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ASCII_EMAIL = re.compile(rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~.-]+@{_LABEL}(?:\.{_LABEL})*")
_ASCII_LOCAL = frozenset("!#$%&'*+/=?^_`{|}~.-")
# What word processors, phones and PDF files make of ASCII: no mailbox is written with these.
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("’‘‛ʼ′´", "'"),
        **dict.fromkeys("‐‑‒–—―−", "-"),
        **{chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)},
        # What a Chinese or Japanese keyboard types for a full stop; IDNA reads it as one.
        **dict.fromkeys("。｡", "."),
        "ﬀ": "ff",
        "ﬁ": "fi",
        "ﬂ": "fl",
        "ﬃ": "ffi",
        "ﬄ": "ffl",
        "ﬅ": "st",
        "ﬆ": "st",
    }
)
_WRAPPERS = " '\"`“”„«»‹›<>()[]{}.,;:"
_GROUP = re.compile(r"[<(\[]([^<>()\[\]]*@[^<>()\[\]]*)[>)\]]")
_FIELD_NAME = re.compile(r"(?:e-?mail|to|from|cc|reply-to|smtp|sips?|xmpp)\s*:\s*")
# Cells of a table, and what a chat writes between an address and its label.
_CELL_SEPARATORS = re.compile(r"[\t\n|;]+")
# A comma alone may be a slip for the dot of an address: `anna,maria@lopez.example`.
_QUOTED_OR_SEVERAL_CELLS = re.compile(r'\s*(?:"[^"]*"(?:,"[^"]*")+|[^,]*(?:,[^,]*){2,})\s*')
# Before an address: a label with a colon, or signs that are no part of a word.
_LABEL_BEFORE = re.compile(r"\A\s*(?:[^@:]{1,40}:|[^\w@\s'{]+|\d{1,3}[.)])\s+(?=\S+$)")
_WROTE_AFTER = re.compile(r"\s+(?:wrote|writes|schrieb|a écrit|escribió)\s*:?$")
_MARKUP = re.compile(r"([*_~`]+)(.+?)\1")


@lru_cache(maxsize=_TEXTS_HELD)
def parse_email(text: str) -> str:
    """Parse the one e-mail address in a text, to lower case and normal form; "" for none.

    Takes it as people paste it: in quotes or brackets, as `Name <a@b.example>` or `mailto:` with
    a query, with typographic apostrophes and hyphens, decomposed accents, invisible characters,
    and a sentence's punctuation. Two different addresses are none.
    """
    plain = text.strip().lower()
    if plain.isascii() and is_email(plain) and plain[0] not in _WRAPPERS:
        return plain
    if len(text) > _LONGEST_TEXT:
        return ""
    text = strip_dressing(text)
    cells = list(map(_normalize, _cells_with_address(text)))
    if len(cells) == 1 and not _GROUP.search(cells[0]):
        address = _unwrap(cells[0])
        return address if is_reachable_email(address) or cells[0] == _normalize(text) else ""
    plain = _normalize(text)
    groups = _GROUP.findall(plain.replace("|", "><"))
    if not groups:
        return _unwrap(plain)
    rest = [word for word in re.split(r"[\s,;]+", _GROUP.sub(" ", plain)) if "@" in word]
    found = {_unwrap(part) for part in (*groups, *rest)}
    return found.pop() if len(found) == 1 else ""


def normalize_email(stored: str) -> str:
    """Normalise an e-mail address that a service stores; its domain stays as spelled there.

    Where it is no address, its lower case: it may still be somebody's key at the service.
    """
    return parse_email(stored) or stored.strip().lower()


def email_match_key(address: str) -> str:
    """Return the form of an e-mail address for comparing: normalised, domain in ASCII.

    `anna@bücher.example` and `anna@xn--bcher-kva.example` are one mailbox (IDNA 2008).
    """
    local, at, domain = normalize_email(address).rpartition("@")
    if domain.isascii():
        return f"{local}{at}{domain}"
    return f"{local}{at}{'.'.join(map(_to_a_label, domain.split('.')))}"


def email_spellings(address: str) -> tuple[str, ...]:
    """Return every form in which a service may store an e-mail address, the given one first.

    Services compare texts: each spelling of an international domain is a key of its own there.
    """
    spelling = normalize_email(address)
    if spelling.isascii() and "xn--" not in spelling:
        return (spelling,) if spelling else ()
    key = email_match_key(spelling)
    local, at, domain = key.rpartition("@")
    readable = f"{local}{at}{'.'.join(map(_to_u_label, domain.split('.')))}"
    return tuple(dict.fromkeys((spelling, key, readable)))


def is_email(text: str) -> bool:
    """Whether a text has the form of one e-mail address, with nothing around it."""
    # RFC 5321 4.5.3.1: 254 octets for the address, 64 for the part before the @.
    if len(text) > 254 or ".." in text or text.startswith("."):
        return False
    local, _, domain = text.rpartition("@")
    if text.isascii():
        return len(local) <= 64 and _ASCII_EMAIL.fullmatch(text) is not None
    if not text.isprintable() or len(text.encode()) > 254 or not 0 < len(local.encode()) <= 64:
        return False
    return all(map(_is_local_character, local)) and all(map(_is_label, domain.split(".")))


def is_reachable_email(text: str) -> bool:
    """Whether mail can reach an address: a domain without a dot is a typing mistake."""
    return is_email(text) and "." in text.rpartition("@")[2]


def strip_token_suffix(text: str) -> str:
    """Strip `/token` off `ADDRESS/token`, Zendesk's user name of an API token."""
    return re.sub(r"(?i)/token(?::[^\s>\"']*)?(?=\W*$)", "", text)


def _to_a_label(label: str) -> str:
    if label.isascii():
        return label
    # Imported here: most domains are plain ASCII, and no window needs it before its first paint.
    import idna

    try:
        return idna.encode(label, uts46=True).decode()
    except UnicodeError:
        return label


def _to_u_label(label: str) -> str:
    """Decode a label of an address's domain for people, if it is a valid A-label."""
    if not label.startswith("xn--"):
        return label
    import idna

    try:
        readable = idna.decode(label)
    except UnicodeError:
        return label
    return readable if _to_a_label(readable) == label else label


def _is_local_character(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in _ASCII_LOCAL
    return _is_letter(character)


def _is_label(label: str) -> bool:
    return (
        0 < len(label) <= 63
        and not label.startswith("-")
        and not label.endswith("-")
        and category(label[0])[0] != "M"
        and all(c == "-" or (c.isascii() and c.isalnum()) or _is_letter(c) for c in label)
    )


def _is_letter(character: str) -> bool:
    """Whether a non-ASCII character may stand in an e-mail address (RFC 6532)."""
    kind = category(character)
    if character.isascii() or not (kind[0] in "LM" or kind == "Nd"):
        return False
    dressed = decomposition(character)
    return not dressed.startswith("<") or dressed.startswith("<compat>")


def _normalize(text: str) -> str:
    visible = (
        c for c in text if category(c) != "Cf" and c != "\u034f" and not "\ufe00" <= c <= "\ufe0f"
    )
    plain = " ".join("".join(visible).translate(_TYPOGRAPHY).split())
    return normalize("NFC", plain.lower())


def _cells_with_address(text: str) -> list[str]:
    """Return the cells of a copied table row that hold an e-mail address, else the text."""
    cells = _CELL_SEPARATORS.split(text)
    if len(cells) == 1 and _QUOTED_OR_SEVERAL_CELLS.fullmatch(text):
        cells = text.split(",")
    return [cell for cell in cells if "@" in cell or "＠" in cell]


def _unwrap(text: str) -> str:
    """Return the one e-mail address in a normalised text, "" for none or several."""
    # A comment after it, as mail writes: `maria@lopez.example (Maria Lopez)`.
    bare = re.sub(r"\s\([^()@]*\)$", "", text)
    bare = _LABEL_BEFORE.sub("", _WROTE_AFTER.sub("", bare), count=1).strip(_WRAPPERS)
    if marked := _MARKUP.fullmatch(bare):
        bare = text = marked.group(2)
    if named := _FIELD_NAME.match(bare):
        bare = bare[named.end() :].strip(_WRAPPERS)
    if bare.startswith("mailto:"):
        bare = _normalize(unquote(bare[len("mailto:") :].lstrip("/").partition("?")[0]))
        bare = bare.strip(_WRAPPERS)
    # `'` and `{` may begin an address; nothing but a letter or digit ends one.
    for candidate in (bare, text):
        end = len(candidate)
        while end and category(candidate[end - 1])[0] not in "LMN":
            end -= 1
        if is_email(candidate[:end]):
            return candidate[:end]
    return ""
