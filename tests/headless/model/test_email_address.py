"""The one rule for an address: found as pasted, or refused; never a second spelling of it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.model.email_address import (
    email_match_key,
    email_spellings,
    is_email,
    is_reachable_email,
    parse_email,
    strip_token_suffix,
)


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("maria@lopez.example", "maria@lopez.example"),
        ("mailto:maria@lopez.example?subject=Hi&body=a%0Ab", "maria@lopez.example"),
        ("<MAILTO:Maria%40lopez.example>", "maria@lopez.example"),
        ("mailto:o%27neill@acme.example", "o'neill@acme.example"),
        ("mailto://maria@lopez.example", "maria@lopez.example"),
        ("E-Mail: maria@lopez.example", "maria@lopez.example"),
        ("'maria@lopez.example'", "maria@lopez.example"),
        ("'maria@lopez.example", "maria@lopez.example"),
        ("‘maria@lopez.example’", "maria@lopez.example"),
        ("„maria@lopez.example“;", "maria@lopez.example"),
        ("«\u00a0maria@lopez.example\u00a0»", "maria@lopez.example"),
        ("[maria@lopez.example]", "maria@lopez.example"),
        ("Maria Lopez (maria@lopez.example)", "maria@lopez.example"),
        ("maria@lopez.example (Maria Lopez)", "maria@lopez.example"),
        ("maria@lopez.example<mailto:maria@lopez.example>", "maria@lopez.example"),
        ("[maria@lopez.example](mailto:maria@lopez.example)", "maria@lopez.example"),
        ("maria@lopez.example!…", "maria@lopez.example"),
        ("maria@lo\u00adpez.exam\u200bple\ufeff", "maria@lopez.example"),
        ("\u202dmaria@lopez.example\u202c", "maria@lopez.example"),
        ("darcy.o’neill@acme.example", "darcy.o'neill@acme.example"),
        ("darcy.o´neill@acme.example", "darcy.o'neill@acme.example"),
        ("anne\u2011marie@acme.example", "anne-marie@acme.example"),
        ("jose\u0301@pen\u0303a.example", "jos\u00e9@pe\u00f1a.example"),
        ("ｍａｒｉａ＠ｌｏｐｅｚ．ｅｘａｍｐｌｅ", "maria@lopez.example"),
        ("suﬃeld@lopez.example", "suffield@lopez.example"),
        ("संपर्क@डाटामेल.भारत", "संपर्क@डाटामेल.भारत"),
        ("maria@lopez。example", "maria@lopez.example"),
        # As programs copy it: Outlook, Gmail, Excel, Slack, Markdown, HTML, chats, lists.
        ("'Maria Lopez' via Support <maria@lopez.example>", "maria@lopez.example"),
        ("Maria Lopez [mailto:maria@lopez.example]", "maria@lopez.example"),
        ("On Mon, Maria Lopez <maria@lopez.example> wrote:", "maria@lopez.example"),
        ("maria@lopez.example wrote:", "maria@lopez.example"),
        (">> maria@lopez.example", "maria@lopez.example"),
        ("Email address: maria@lopez.example", "maria@lopez.example"),
        ("E-Mail-Adresse:\tmaria@lopez.example", "maria@lopez.example"),
        ("maria@lopez.example\tMaria\t42", "maria@lopez.example"),
        ('"maria@lopez.example"\t"Maria"', "maria@lopez.example"),
        ('"maria@lopez.example","Maria Lopez"', "maria@lopez.example"),
        ("Lopez,Maria,maria@lopez.example", "maria@lopez.example"),
        ("maria@lopez.example;Maria;Lopez", "maria@lopez.example"),
        ('="maria@lopez.example"', "maria@lopez.example"),
        ('"""maria@lopez.example"""', "maria@lopez.example"),
        ("<mailto:maria@lopez.example|maria@lopez.example>", "maria@lopez.example"),
        ("**maria@lopez.example**", "maria@lopez.example"),
        ("_maria@lopez.example_", "maria@lopez.example"),
        ("`maria@lopez.example`", "maria@lopez.example"),
        ("_maria@lopez.example", "_maria@lopez.example"),
        ("• maria@lopez.example", "maria@lopez.example"),
        ("1. maria@lopez.example", "maria@lopez.example"),
        ("✉️ maria@lopez.example", "maria@lopez.example"),
        ("maria@lopez.example<br>", "maria@lopez.example"),
        ('<a href="mailto:maria@lopez.example">maria@lopez.example</a>', "maria@lopez.example"),
        ('<a href="mailto:maria@lopez.example?subject=x">Maria</a>', "maria@lopez.example"),
        ("&lt;maria@lopez.example&gt;", "maria@lopez.example"),
        ("maria&#64;lopez.example", "maria@lopez.example"),
        ("smtp:maria@lopez.example", "maria@lopez.example"),
        ("SIP:maria@lopez.example", "maria@lopez.example"),
        ("maria [at] lopez [dot] example", "maria@lopez.example"),
        ("maria(at)lopez.example", "maria@lopez.example"),
        ("maria@lopez[.]example", "maria@lopez.example"),
        ("maria at lopez dot example", "maria@lopez.example"),
        ("maria@lopez.example.", "maria@lopez.example"),
        ("Anna@BÜCHER.example", "anna@bücher.example"),
        ("anna@XN--BCHER-KVA.example", "anna@xn--bcher-kva.example"),
    ],
)
def test_email_pasted_is_found(text: str, address: str) -> None:
    assert parse_email(text) == address
    assert is_email(address)


@pytest.mark.parametrize(
    "text",
    [
        "", "maria", "@", "maria@", "maria @lopez.example", "a b@lopez.example",
        "maria@lopez.example, jo@lind.example", "M <maria@lopez.example>, J <jo@lind.example>",
        "jo@lind.example <maria@lopez.example>", "maria@lopez.example's",
        # A comma may be a slip for a dot, a space one too many: whose it is nobody can say.
        "anna,maria@lopez.example", "maria, lopez@b.example", "Lopez, maria@lopez.example",
        "maria@lopez.co,uk", "maria@lopez.example, de", "Maria maria@lopez.example",
        "maria@lopez.example Maria", "maria@lopez .example", "maria@lopez. example",
        "maria@lopez;example", "maria@lopez.example\tjo@lind.example",
        "maria@lopez.example or jo@lind.example", "mailto:maria@lopez.example,jo@lind.example",
        '<a href="mailto:jo@lind.example">maria@lopez.example</a>',
        "maria at lopez.example", "meet me at lopez dot example",
        "maria@lopez.example?subject=Hi", "mailto:?subject=maria@lopez.example",
        "maria@lopez_example", "maria@-lopez.example", "maria@lopez-.example",
        "maria@lopez,example",
        "maria..x@lopez.example", "m²@lopez.example", "𝐦@lopez.example",
        "maria\x00@lopez.example", "maria\ud800@lopez.example",
        "é" * 33 + "@lopez.example", "x@" + "a" * 64 + ".example", "x" * 5000 + "@b.example",
    ],
)  # fmt: skip
def test_email_that_is_none_is_refused(text: str) -> None:
    assert parse_email(text) == ""


@given(st.text(max_size=80) | st.emails())
def test_email_found_is_its_own_normal_form(text: str) -> None:
    found = parse_email(text)
    if found:
        assert is_email(found)
        assert parse_email(found) == found


def test_email_reachable_needs_a_dot() -> None:
    assert is_email("jo@lind")
    assert not is_reachable_email("jo@lind")
    assert is_reachable_email("jo@lind.example")


@pytest.mark.parametrize(
    ("stored", "key"),
    [(" Maria@Lopez.example ", "maria@lopez.example"), ("Jo at Lind", "jo at lind"), ("", "")],
)
def test_email_match_key_compares_what_is_stored(stored: str, key: str) -> None:
    assert email_match_key(stored) == key


BOOKS = "anna@b\u00fccher.example"
BOOKS_ASCII = "anna@xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("stored", "key"),
    [
        (BOOKS, BOOKS_ASCII),
        (BOOKS_ASCII, BOOKS_ASCII),
        ("Anna@B\u00dcCHER.Example.", BOOKS_ASCII),
        ("anna@bu\u0308cher.example", BOOKS_ASCII),
        ("ａｎｎａ＠ｂücher．example", BOOKS_ASCII),
        ("anna@bücher。example", BOOKS_ASCII),
        ("anna@XN--BCHER-KVA.EXAMPLE.", BOOKS_ASCII),
        # IDNA 2003 would make it strasse.example, which belongs to somebody else.
        ("a@straße.example", "a@xn--strae-oqa.example"),
        ("a@strasse.example", "a@strasse.example"),
        ("संपर्क@डाटामेल.भारत", "संपर्क@xn--c2bd4bq1db8d.xn--h2brj9c"),
        ("josé@lopez.example", "josé@lopez.example"),
        ("a@xn--zzz--.example", "a@xn--zzz--.example"),
    ],
)
def test_email_match_key_is_one_for_each_spelling(stored: str, key: str) -> None:
    assert email_match_key(stored) == key
    assert {email_match_key(one) for one in email_spellings(stored)} == {key}


@pytest.mark.parametrize(
    ("address", "spellings"),
    [
        (BOOKS, (BOOKS, BOOKS_ASCII)),
        (BOOKS_ASCII, (BOOKS_ASCII, BOOKS)),
        ("maria@lopez.example", ("maria@lopez.example",)),
        ("josé@lopez.example", ("josé@lopez.example",)),
        ("a@xn--zzz--.example", ("a@xn--zzz--.example",)),
        ("", ()),
    ],
)
def test_email_spellings_are_the_typed_one_and_the_other(
    address: str, spellings: tuple[str, ...]
) -> None:
    assert email_spellings(address) == spellings


@given(st.text(max_size=40) | st.emails())
def test_email_spellings_of_anything_have_one_key(text: str) -> None:
    assert len({email_match_key(one) for one in email_spellings(text)}) <= 1


@pytest.mark.parametrize("suffix", ["", "/token", "/TOKEN:abc"])
def test_token_suffix_is_taken_off(suffix: str) -> None:
    assert strip_token_suffix(f"ada@acme.example{suffix}") == "ada@acme.example"
    assert parse_email(strip_token_suffix(f" “<ada@acme.example{suffix}>”, ")) == "ada@acme.example"
