"""The Zendesk app beside a ticket, in a headless Chromium and a stand-in of Zendesk's page."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.support.chromium import ChromiumPage, HeadlessChromium
from tests.support.zendesk_app_build import build_app
from tests.support.zendesk_frame import AGENT_PAGE, ZendeskFrameServer


@dataclass
class AppBesideTicket:
    """The agent's page, and the app's frame in it."""

    browser: HeadlessChromium
    server: ZendeskFrameServer
    page: ChromiumPage = field(init=False)
    app: ChromiumPage = field(init=False)

    def open(self, query: str = "") -> None:
        self.browser.events.clear()
        self.server.requested.clear()
        self.page = self.browser.open_page(AGENT_PAGE + query)
        self.app = self.browser.find_frame("/iframe.html")

    def text(self, name: str) -> str:
        return str(self.app.evaluate(f"document.getElementById('{name}').textContent"))

    def wait_for_text(self, name: str, text: str) -> None:
        self.app.wait_for(f"document.getElementById('{name}').textContent.includes({text!r})")


@pytest.fixture(scope="module")
def beside_ticket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AppBesideTicket]:
    folder = tmp_path_factory.mktemp("zendesk-app")
    server = ZendeskFrameServer(build_app(folder), folder)
    browser = HeadlessChromium(folder / "profile", server.port)
    yield AppBesideTicket(browser, server)
    browser.close()
    server.stop()


def test_app_shows_requester_and_link_without_any_request(beside_ticket: AppBesideTicket) -> None:
    beside_ticket.open()
    beside_ticket.wait_for_text("requester", "Maria Lopez")
    assert beside_ticket.text("address") == "maria@lopez.example"
    app = beside_ticket.app
    assert app.evaluate("document.getElementById('open').href") == "fairlead://ticket/48213"
    assert app.evaluate("document.getElementById('open').textContent") == "Open in Fairlead"
    assert not app.evaluate("document.getElementById('actions').hidden")
    said = set(beside_ticket.page.evaluate("said"))
    assert said <= {"iframe.handshake", "get", "invoke"} | {
        name for name in said if name.startswith("iframe.on:")
    }
    app_files = "924817.apps.zdusercontent.com/924817/assets/1795-abc/"
    assert set(beside_ticket.server.requested) - {"acme.zendesk.com/favicon.ico"} == {
        "acme.zendesk.com/agent/tickets/48213",
        f"{app_files}iframe.html",
        f"{app_files}app.css",
        f"{app_files}app.js",
        "static.zdassets.com/zendesk_app_framework_sdk/2.0/zaf_sdk.min.js",
    }


def test_app_can_send_no_request_at_all(beside_ticket: AppBesideTicket) -> None:
    beside_ticket.open()
    beside_ticket.wait_for_text("requester", "Maria")
    refused = beside_ticket.app.evaluate(
        "fetch('https://acme.zendesk.com/api/v2/users/me.json').then(() => 'sent', e => e.name)"
    )
    assert refused == "TypeError"
    assert not [name for name in beside_ticket.server.requested if "/api/" in name]


def test_app_follows_another_requester(beside_ticket: AppBesideTicket) -> None:
    beside_ticket.open()
    beside_ticket.wait_for_text("requester", "Maria")
    beside_ticket.page.wait_for("subscribed['ticket.requester.id.changed']")
    beside_ticket.page.evaluate(
        "ticket['ticket.requester.name'] = 'Tom Reyes';"
        "ticket['ticket.requester.email'] = 'tom@old.example';"
        "tell('ticket.requester.id.changed', {})"
    )
    beside_ticket.wait_for_text("requester", "Tom Reyes")
    assert beside_ticket.text("address") == "tom@old.example"


def test_app_shows_name_of_markup_as_typed(beside_ticket: AppBesideTicket) -> None:
    name = "<img src=x onerror=alert(1)>"
    beside_ticket.open()
    beside_ticket.wait_for_text("requester", "Maria")
    beside_ticket.page.evaluate(
        f"ticket['ticket.requester.name'] = '{name}'; tell('app.activated', {{}})"
    )
    beside_ticket.wait_for_text("requester", "<img")
    assert beside_ticket.text("requester") == name
    assert beside_ticket.app.evaluate("document.images.length") == 0


@pytest.mark.parametrize("number", ["1e5", "48213/../customer/x", "javascript:alert(1)", None])
def test_app_links_nothing_but_ticket_number(
    beside_ticket: AppBesideTicket, number: str | None
) -> None:
    beside_ticket.open()
    beside_ticket.wait_for_text("requester", "Maria")
    wanted = "null" if number is None else repr(number)
    beside_ticket.page.evaluate(f"ticket['ticket.id'] = {wanted}; tell('app.activated', {{}})")
    beside_ticket.wait_for_text("message", "no number yet")
    assert beside_ticket.app.evaluate("document.getElementById('actions').hidden")
    assert beside_ticket.app.evaluate("document.getElementById('open').href") == ""


def test_app_says_what_is_wrong_when_zendesk_answers_nothing(
    beside_ticket: AppBesideTicket,
) -> None:
    beside_ticket.open()
    beside_ticket.wait_for_text("requester", "Maria")
    beside_ticket.page.evaluate("answers = false; tell('app.activated', {})")
    beside_ticket.wait_for_text("message", "Zendesk did not say which ticket this is.")
    assert beside_ticket.app.evaluate("document.getElementById('actions').hidden")


def test_app_outside_zendesk_says_so(beside_ticket: AppBesideTicket) -> None:
    beside_ticket.open("?colorScheme=light")
    beside_ticket.wait_for_text("message", "This page belongs into a Zendesk ticket.")
    assert beside_ticket.app.evaluate("document.getElementById('actions').hidden")


def test_app_copies_link_by_keyboard(beside_ticket: AppBesideTicket) -> None:
    beside_ticket.open()
    beside_ticket.wait_for_text("requester", "Maria")
    app = beside_ticket.app
    app.evaluate("document.body.focus(); window.focus(); document.getElementById('open').focus()")
    app.press("Tab", 9)
    app.wait_for("document.activeElement.id === 'copy'")
    app.press("Enter", 13, "\r")
    beside_ticket.wait_for_text("message", "Link copied: fairlead://ticket/48213")
    assert app.evaluate("document.activeElement.id") == "copy"
    beside_ticket.browser.send("Browser.grantPermissions", {"permissions": ["clipboardReadWrite"]})
    beside_ticket.page.evaluate("window.focus(); document.body.focus()")
    assert beside_ticket.page.evaluate("navigator.clipboard.readText()") == (
        "fairlead://ticket/48213"
    )


def test_app_click_opens_link_and_says_what_to_do(beside_ticket: AppBesideTicket) -> None:
    beside_ticket.open()
    beside_ticket.wait_for_text("requester", "Maria")
    beside_ticket.app.send("Page.enable")
    beside_ticket.app.evaluate("document.getElementById('open').click()")
    beside_ticket.wait_for_text("message", "Opening Fairlead…")
    wanted = [
        event["params"].get("url")
        for event in beside_ticket.browser.events
        if event["method"] == "Page.frameRequestedNavigation"
    ]
    assert wanted == ["fairlead://ticket/48213"]
    # The app stays where it is.
    assert beside_ticket.text("requester") == "Maria Lopez"


def test_app_is_dark_where_zendesk_is(beside_ticket: AppBesideTicket) -> None:
    beside_ticket.open()
    beside_ticket.wait_for_text("requester", "Maria")
    ground = "getComputedStyle(document.body).backgroundColor"
    assert beside_ticket.app.evaluate(ground) == "rgb(255, 255, 255)"
    beside_ticket.page.evaluate("tell('colorScheme.changed', 'dark')")
    beside_ticket.app.wait_for(f"{ground} === 'rgb(26, 30, 35)'")


def test_app_has_names_and_fits_narrow_sidebar(beside_ticket: AppBesideTicket) -> None:
    beside_ticket.open()
    beside_ticket.wait_for_text("requester", "Maria")
    beside_ticket.page.evaluate(
        "frame.width = 200; ticket['ticket.requester.name'] = 'W'.repeat(80);"
        "tell('app.activated', {})"
    )
    beside_ticket.wait_for_text("requester", "WWW")
    app = beside_ticket.app
    app.wait_for("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    # As high as its text, so that nothing is cut.
    app.wait_for("document.body.offsetHeight <= window.innerHeight")
    tree = app.send("Accessibility.getFullAXTree")["nodes"]
    named = {(n["role"]["value"], n.get("name", {}).get("value")) for n in tree if "role" in n}
    assert {("link", "Open in Fairlead"), ("button", "Copy link")} <= named
