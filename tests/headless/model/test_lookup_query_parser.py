"""What was typed, recognised by its form alone; nothing typed can do more than look up."""

import contextlib
import time
from urllib.parse import quote, unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.kit.errors import InvalidInput
from desktop.kit.text import is_text_character
from desktop.model.email_address import is_email
from desktop.model.lookup_query import (
    LookupQuery,
    LookupQueryKind,
    link_host,
    normalize_phone,
    parse_lookup_query,
)

K = LookupQueryKind


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("maria@lopez.example", K.EMAIL, "maria@lopez.example"),
        ("  MARIA@Lopez.Example  ", K.EMAIL, "maria@lopez.example"),
        ("Maria Lopez <maria@lopez.example>", K.EMAIL, "maria@lopez.example"),
        ('"Lopez, Maria" <maria@lopez.example> ', K.EMAIL, "maria@lopez.example"),
        ("mailto:maria@lopez.example", K.EMAIL, "maria@lopez.example"),
        ("MAILTO:maria@lopez.example", K.EMAIL, "maria@lopez.example"),
        ("maria@lopez.example,", K.EMAIL, "maria@lopez.example"),
        ("o'neil+tag@sub.domain.example", K.EMAIL, "o'neil+tag@sub.domain.example"),
        ("müller@straße.example", K.EMAIL, "müller@straße.example"),
        ("jo@lind", K.EMAIL, "jo@lind"),
        ("maria@lopez.example\u200b", K.EMAIL, "maria@lopez.example"),
        ("\u202emaria@lopez.example", K.EMAIL, "maria@lopez.example"),
        ("mailto:maria@lopez.example?subject=Hi", K.EMAIL, "maria@lopez.example"),
        ("＂ｍaria＠lopez.example＂", K.EMAIL, "maria@lopez.example"),
        ("'maria@lopez.example'", K.EMAIL, "maria@lopez.example"),
        ("darcy.o’neill@acme.example", K.EMAIL, "darcy.o'neill@acme.example"),
        ("#48213", K.TICKET, "48213"),
        ("#48213.", K.TICKET, "48213"),
        ("(#48213)", K.TICKET, "48213"),
        ("“#48213”,", K.TICKET, "48213"),
        ("Ticket #48213", K.TICKET, "48213"),
        ("ticket no. 48213:", K.TICKET, "48213"),
        ("Request 48213", K.TICKET, "48213"),
        ("ticket#48213", K.TICKET, "48213"),
        ("[48213]", K.NUMBER, "48213"),
        ("48213.", K.NUMBER, "48213"),
        ("'5e9f3c1b2a4d6e8f00713401'", K.SID, "5e9f3c1b2a4d6e8f00713401"),
        ("Re: [Request received] #48213", K.TICKET, "48213"),
        ("AW: #48213", K.TICKET, "48213"),
        ("Ticket-ID: 48213", K.TICKET, "48213"),
        ("＃48213", K.TICKET, "48213"),
        ("№48213", K.TICKET, "48213"),
        ("Re: order #48213", K.NAME, "Re: order #48213"),
        ("tel:+44%2020%207946%200958", K.PHONE, "+442079460958"),
        ("tel:+15551234567;ext=12", K.PHONE, "+15551234567"),
        ("+1 555 123 4567;ext=12", K.PHONE, "+15551234567"),
        ("Tel. +44 20 7946 0958", K.PHONE, "+442079460958"),
        ("☎️ +44 20 7946 0958", K.PHONE, "+442079460958"),
        ("callto:+442079460958", K.PHONE, "+442079460958"),
        ("maria%40lopez.example", K.EMAIL, "maria@lopez.example"),
        ("mailto:maria%2Bnews%40lopez.example", K.EMAIL, "maria+news@lopez.example"),
        ("100%40 off", K.NAME, "100%40 off"),
        ("Order #48213", K.NAME, "Order #48213"),
        ("acme.zendesk.com/agent/tickets/48213", K.TICKET, "48213"),
        ("(acme.zendesk.com/agent/users/7701).", K.ZENDESK_ID, "7701"),
        ("acme.zendesk.com/agent/#/tickets/48213", K.TICKET, "48213"),
        ("https://acme.zendesk.com/agent/tickets/48213)", K.TICKET, "48213"),
        ("“https://acme.zendesk.com/agent/tickets/48213”", K.TICKET, "48213"),
        ("<https://acme.zendesk.com/agent/tickets/48213|#48213>", K.TICKET, "48213"),
        ("see https://acme.zendesk.com/agent/tickets/48213.", K.TICKET, "48213"),
        ("[#48213](https://acme.zendesk.com/agent/tickets/48213)", K.TICKET, "48213"),
        ("# 48213", K.TICKET, "48213"),
        ("ticket: 48213", K.TICKET, "48213"),
        ("ticket:#48213", K.TICKET, "48213"),
        ("#0048213", K.TICKET, "48213"),
        ("https://acme.zendesk.com/agent/tickets/48213", K.TICKET, "48213"),
        ("https://acme.zendesk.com/agent/tickets/48213?brand_id=1#x", K.TICKET, "48213"),
        ("https://acme.zendesk.com/hc/en-us/requests/48213", K.TICKET, "48213"),
        ("https://acme.zendesk.com/api/v2/tickets/48213.json", K.TICKET, "48213"),
        ("https://acme.zendesk.com/agent/#/tickets/48213", K.TICKET, "48213"),
        ("HTTPS://ACME.ZENDESK.COM/agent/tickets/48213", K.TICKET, "48213"),
        ("https://acme.zendesk.com/agent/users/7701", K.ZENDESK_ID, "7701"),
        ("https://acme.zendesk.com/agent/users/7701/requested_tickets", K.ZENDESK_ID, "7701"),
        ("fairlead://ticket/48213", K.TICKET, "48213"),
        ("fairlead://ticket/48213/", K.TICKET, "48213"),
        ("FairLead://customer/Maria@Lopez.example", K.EMAIL, "maria@lopez.example"),
        ("fairlead://customer/maria%40lopez.example", K.EMAIL, "maria@lopez.example"),
        ("id:7701", K.ZENDESK_ID, "7701"),
        ("User: 7701", K.ZENDESK_ID, "7701"),
        ("ext:shop-1182", K.EXTERNAL_ID, "shop-1182"),
        ("external: A b", K.EXTERNAL_ID, "A b"),
        ("5E9F3C1B2A4D6E8F00713401", K.SID, "5e9f3c1b2a4d6e8f00713401"),
        ("sid:5e9f3c1b2a4d6e8f00713401", K.SID, "5e9f3c1b2a4d6e8f00713401"),
        # Twenty-four digits could be anything, but a sid is what has this form.
        ("123456789012345678901234", K.SID, "123456789012345678901234"),
        ("48213", K.NUMBER, "48213"),
        ("0", K.NUMBER, "0"),
        ("+1 (555) 013-4999", K.PHONE, "+15550134999"),
        ("0049 30 1234567", K.PHONE, "+49301234567"),
        ("555-0134", K.PHONE, "5550134"),
        ("+44 20 7946 0958", K.PHONE, "+442079460958"),
        ("+44 (0)20 7946 0958", K.PHONE, "+442079460958"),
        ("(020) 7946 0958.", K.PHONE, "02079460958"),
        ("\u202d+44\u00a020\u20117946\u20130958\u202c", K.PHONE, "+442079460958"),
        ("+44 20 7946 0958 ext. 12", K.PHONE, "+442079460958"),
        ("tel:+44-20-7946-0958;ext=12", K.PHONE, "+442079460958"),
        ("＋４４ ２０ ７９４６ ０９５８", K.PHONE, "+442079460958"),
        ("٠٢٠ ٧٩٤٦ ٠٩٥٨", K.PHONE, "02079460958"),
        ("tel: 555", K.PHONE, "555"),
        ("12-34", K.NAME, "12-34"),
        ("Maria", K.NAME, "Maria"),
        ("ليلى حداد", K.NAME, "ليلى حداد"),
        ("name: 48213", K.NAME, "48213"),
        ("a\tb\nc", K.NAME, "a b c"),
        ("علی\u200cرضا", K.NAME, "علی\u200cرضا"),
        ("\u200fعلی\u200f", K.NAME, "علی"),
        ("%' OR 1=1 --", K.NAME, "%' OR 1=1 --"),
        ("٤٨٢١٣", K.NAME, "٤٨٢١٣"),
        ("<img src=x>", K.NAME, "<img src=x>"),
        # As programs copy it.
        ("tel://+15550134", K.PHONE, "+15550134"),
        ("callto://+15550134", K.PHONE, "+15550134"),
        ("sms:+15550134?body=Hi", K.PHONE, "+15550134"),
        ("facetime:+15550134", K.PHONE, "+15550134"),
        ("skype:+15550134?call", K.PHONE, "+15550134"),
        ("https://wa.me/15550134?text=Hi", K.PHONE, "+15550134"),
        ("wa.me/15550134", K.PHONE, "+15550134"),
        ("https://api.whatsapp.com/send?phone=15550134", K.PHONE, "+15550134"),
        ("https://web.whatsapp.com/send/?phone=%2B15550134&text=Hi", K.PHONE, "+15550134"),
        ("whatsapp://send?phone=15550134", K.PHONE, "+15550134"),
        ("viber://chat?number=%2B15550134", K.PHONE, "+15550134"),
        ("https://signal.me/#p/+15550134", K.PHONE, "+15550134"),
        ("Tel.: +1 555 0134", K.PHONE, "+15550134"),
        ("M +1 555 0134", K.PHONE, "+15550134"),
        ("Mob. +1 555 0134 (private)", K.PHONE, "+15550134"),
        ("Phone number: +1 555 0134", K.PHONE, "+15550134"),
        ('="+15550134"', K.PHONE, "+15550134"),
        ("+1 555 0134 / 001 555 0134", K.NAME, "+1 555 0134 / 001 555 0134"),
        ("M 5550134", K.NAME, "M 5550134"),
        ("Maria 5550134", K.NAME, "Maria 5550134"),
        ("#48,213", K.TICKET, "48213"),
        ("#48 213", K.TICKET, "48213"),
        ("48,213", K.NAME, "48,213"),
        ("Re: Ticket #48213 - Help", K.TICKET, "48213"),
        ("Ticket #48213 and ticket #48240", K.NAME, "Ticket #48213 and ticket #48240"),
        ("ticket #48213 #48240", K.NAME, "ticket #48213 #48240"),
        ('sid:"5e9f3c1b2a4d6e8f00713401"', K.SID, "5e9f3c1b2a4d6e8f00713401"),
        ("user: 7701;", K.ZENDESK_ID, "7701"),
        ('ext:"shop-1182"', K.EXTERNAL_ID, "shop-1182"),
        ("sid 5e9f3c1b2a4d6e8f00713401", K.SID, "5e9f3c1b2a4d6e8f00713401"),
        ('"sid": "5e9f3c1b2a4d6e8f00713401",', K.SID, "5e9f3c1b2a4d6e8f00713401"),
        ('ObjectId("5e9f3c1b2a4d6e8f00713401")', K.SID, "5e9f3c1b2a4d6e8f00713401"),
        ('"requester_id": 7701,', K.ZENDESK_ID, "7701"),
        ('"ticket_id": 48213,', K.TICKET, "48213"),
        # Of a user, a ticket or anything else.
        ('"id": 7701,', K.NUMBER, "7701"),
        ('"external_id": "shop-1182",', K.EXTERNAL_ID, "shop-1182"),
        ("hxxps://acme.zendesk[.]com/agent/tickets/48213", K.TICKET, "48213"),
        ('=HYPERLINK("https://acme.zendesk.com/agent/tickets/48213";"#48213")', K.TICKET, "48213"),
        ("maria [at] lopez [dot] example", K.EMAIL, "maria@lopez.example"),
        ("maria@lopez.example\tMaria Lopez", K.EMAIL, "maria@lopez.example"),
    ],
)  # fmt: skip
def test_query_kind_is_recognised(text: str, kind: LookupQueryKind, value: str) -> None:
    assert parse_lookup_query(text) == LookupQuery(kind, value)


MARIAS_SID = "5e9f3c1b2a4d6e8f00713401"
TICKET_LINK = "https://acme.zendesk.com/agent/tickets/48213"
QUOTED_LINK = quote(TICKET_LINK, safe="")


@pytest.mark.parametrize(
    ("link", "kind", "value"),
    [
        (f"https://my.sailthru.com/user/{MARIAS_SID}", K.SID, MARIAS_SID),
        (f"https://my.sailthru.com/profile?sid={MARIAS_SID}&tab=lists", K.SID, MARIAS_SID),
        ("https://my.sailthru.com/user?email=m%40lopez.example", K.EMAIL, "m@lopez.example"),
        (f"https://acme.zendesk.com/access/return_to?return_to={TICKET_LINK}", K.TICKET, "48213"),
        (f"https://eur01.safelinks.outlook.com/?url={QUOTED_LINK}&data=x", K.TICKET, "48213"),
        (f"https://slack-redir.net/link?url={QUOTED_LINK}", K.TICKET, "48213"),
        ("https://b.example/?q=https://a.zendesk.com/agent/users/77&sa=D", K.ZENDESK_ID, "77"),
    ],
)
def test_query_link_to_profile_or_behind_a_redirect(
    link: str, kind: LookupQueryKind, value: str
) -> None:
    query = parse_lookup_query(link)
    assert query == LookupQuery(kind, value)
    # Whose account it is, is asked of the link itself.
    assert query.host == ("" if kind in (K.SID, K.EMAIL) else link_host(query_target(link)))


def query_target(link: str) -> str:
    """The link that a redirect's address leads to."""
    return unquote(f"https{link.rpartition('=https')[2]}")


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "\n\t", "\x00", "\u200b", "@", "a@", "@b", "a@@b", "a@b@c", "a b@c.example",
        "a@b..example", "a@-b.example", "a@b.example/../x", "a" * 65 + "@b.example",
        "a@" + "b" * 300 + ".example", "<>@<>", "#0", "#99999999999999999999", "ticket:abc",
        "id:-1", "id:0", "id:9999999999999999999", "sid:xyz", "ftp://a.example/tickets/1",
        "https://acme.zendesk.com/", "https://[", "https://a.zendesk.com/agent/tickets/10000000000000000001",
        "https:///agent/tickets/1", "https://acme.zendesk.com/agent/tickets/48213abc",
        "https://acme.zendesk.com:x/agent/tickets/1", "https://acme.zendesk.com:99999/agent/users/1",
        "https://acme.zendesk.com/agent/tickets/abc",
        "https://a.example/tickets/1 https://b.example/tickets/2", "#٣",
        "file:///etc/passwd", "javascript://%0aalert(1)", "\\\\server\\share\\tickets\\1@",
        "fairlead://", "fairlead://ticket/", "fairlead://ticket/abc", "fairlead://ticket/-1",
        "fairlead://ticket/1/../2", "fairlead://ticket/0", "fairlead://ticket/٣",
        "fairlead://edit/maria@lopez.example?optout=all", "fairlead://customer/",
        "fairlead://customer/Maria", "fairlead://customer/a%40b%40c", "fairlead://customer/%00@b.c",
        "fairlead://customer/a@b.example%0d%0aX", "fairlead://ticket/" + "9" * 400,
        # Several, or a page that stands for no customer.
        "+1 555 0134 / +1 555 0135", "1.5550134E+7", "Lopez, maria@lopez.example",
        "https://acme.zendesk.com/agent/organizations/360001",
        "https://acme.zendesk.com/agent/filters/360001", "https://t.me/+15550134",
        "https://my.sailthru.com/lists/6158a1b2c3d4e5f600000001",
        "https://my.sailthru.com/user?a=5e9f3c1b2a4d6e8f00713401&b=5f1c7d02a9be4c3300240012",
        "https://sailthru.com.evil.example/user/5e9f3c1b2a4d6e8f00713401",
        "https://a.example/?u=https://a.zendesk.com/agent/tickets/1&v=https://b.zendesk.com/agent/tickets/2",
        "fairlead://undo/1", "fairlead:///ticket/1", "x" * 4097, "a@b.example " * 300,
    ],
)  # fmt: skip
def test_query_invalid_is_explained(text: str) -> None:
    with pytest.raises(InvalidInput) as told:
        parse_lookup_query(text)
    assert told.value.title
    assert len(told.value.title) < 200


def test_query_of_10_mb_is_refused_fast() -> None:
    started = time.monotonic()
    for piece in ("a", "a@", "(", "+1 ", "<@", "\u202e", "#1", "https://"):
        with pytest.raises(InvalidInput):
            parse_lookup_query(piece * (10_000_000 // len(piece)))
    assert time.monotonic() - started < 2.0


@given(st.text(max_size=5000))
def test_query_any_text_is_recognised_or_refused(text: str) -> None:
    try:
        query = parse_lookup_query(text)
    except InvalidInput:
        return
    assert query.value
    assert all(map(is_text_character, query.value))
    if query.kind in (K.TICKET, K.ZENDESK_ID):
        assert 0 < int(query.value) < 2**63
    if query.kind is K.EMAIL:
        assert is_email(query.value)
    if query.kind is K.SID:
        assert len(query.value) == 24


@given(st.emails())
def test_query_plain_email_is_email(address: str) -> None:
    if not any(c in address for c in '"(),:;<>[]\\/#|`'):
        assert parse_lookup_query(address).kind in (K.EMAIL, K.NAME)


@given(
    st.text(alphabet="fairled:/tickcusomr0123456789%@.#?&", max_size=60).map("fairlead://".__add__)
)
def test_query_link_only_looks_up(link: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert parse_lookup_query(link).kind in (K.TICKET, K.EMAIL)


@pytest.mark.parametrize("text", ["ſid:1", "ticKet:5", "a\u0000b", "📞+49 30 123456"])
def test_query_odd_letters_are_harmless(text: str) -> None:
    assert parse_lookup_query(text).value


def test_query_phone_keeps_plus() -> None:
    assert normalize_phone(" +49 (0)30 / 12") == "+4903012"
    assert normalize_phone("0049") == "+49"
    assert normalize_phone("x") == ""
