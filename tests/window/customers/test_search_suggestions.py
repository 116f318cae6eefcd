"""What the search field offers while somebody types, and when nothing is typed."""

import json
from urllib.parse import parse_qs

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.panels.widgets.search_results_popup import SearchPopup
from desktop.viewmodels.search_suggestions_model import ENABLED_ROLE, NOTE_ROLE, SUBTITLE_ROLE
from tests.support.window_driver import CTRL, Key, WindowDriver
from tests.support.window_workspace import wait_until

SEARCHING = "Searching Zendesk…"
USER_SEARCH = "/api/v2/users/search"


def open_popup(window: WindowDriver) -> SearchPopup:
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    assert popup.isVisible()
    return popup


def offered(window: WindowDriver, role: int = Qt.ItemDataRole.DisplayRole) -> list[str]:
    model = open_popup(window).view.model()
    return [model.index(row, 0).data(role) for row in range(model.rowCount())]


def searches(window: WindowDriver) -> list[str]:
    """The parts that Zendesk was asked to search for."""
    asked = [
        parse_qs(r["query"]) for r in window.sandbox.logged_requests() if r["path"] == USER_SEARCH
    ]
    # A look-up asks for whole addresses.
    return [query["query"][0] for query in asked if "*" in query.get("query", [""])[0]]


async def type_and_wait(window: WindowDriver, text: str) -> None:
    window.press(Key.Key_K, CTRL)
    window.type(text)
    await wait_until(lambda: SEARCHING not in offered(window))


async def test_search_part_of_address_finds_zendesk_user_after_pause(window: WindowDriver) -> None:
    await type_and_wait(window, "maria@lopez")
    assert offered(window) == ["Maria Lopez"]
    assert searches(window) == ["email:maria@lopez*"]
    await wait_until(lambda: "#48" in offered(window, SUBTITLE_ROLE)[0])
    below = offered(window, SUBTITLE_ROLE)[0]
    assert below.startswith("maria@lopez.example · Lopez & Daughters · #48213 ")
    assert offered(window, NOTE_ROLE)[0] == "Zendesk"
    assert open_popup(window).view.currentIndex().row() == 0
    window.save_screenshot("search_zendesk")
    window.press(Key.Key_Return)
    await window.is_lookup_finished()
    assert "Maria Lopez" in window.visible_texts()


async def test_search_end_of_number_finds_zendesk_user(window: WindowDriver) -> None:
    await type_and_wait(window, "0134")
    assert "Maria Lopez" in offered(window)
    assert searches(window) == ["phone:*0134"]


async def test_search_kept_customer_is_first_and_enter_opens_them(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await window.look_up("tom@old.example")
    window.press(Key.Key_K, CTRL)
    window.type("a@lop")
    # At once, with no answer of a service.
    assert offered(window)[0] == "Maria Lopez"
    assert offered(window, NOTE_ROLE)[0] == "saved on this computer"
    assert "Lopez & Daughters · #48213" in offered(window, SUBTITLE_ROLE)[0]
    assert open_popup(window).view.currentIndex().row() == 0
    window.press(Key.Key_Return)
    await window.is_lookup_finished()
    assert window.sheet.sheet is not None
    assert window.sheet.sheet.query.value == "7701"


async def test_search_typing_on_asks_once_and_moves_no_row(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_K, CTRL)
    window.type("maria l")
    first = offered(window)
    assert first == ["Maria Lopez", SEARCHING]
    await wait_until(lambda: SEARCHING not in offered(window))
    assert searches(window) == ["maria l*"]
    # What was there stays where it was; who is there already is not there twice.
    assert offered(window) == ["Maria Lopez", "Search for “maria l”"]
    assert open_popup(window).view.currentIndex().row() == 0


async def test_search_escape_and_enter_end_the_search(window: WindowDriver) -> None:
    window.press(Key.Key_K, CTRL)
    window.type("maria@lopez")
    window.press(Key.Key_Escape)
    await window.pause(0.4)
    assert searches(window) == []
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    assert not popup.isVisible()


async def test_search_ticket_number_is_looked_up_and_not_a_part(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_K, CTRL)
    # Also the end of Maria's number without its zero.
    window.type("134")
    assert offered(window)[:2] == ["Search for “134”", "Maria Lopez"]
    assert open_popup(window).view.currentIndex().row() == 0


async def test_search_more_than_twenty_are_not_counted(window: WindowDriver) -> None:
    for number in range(24):
        user = {"name": f"Quilla Marsh {number}", "email": f"q{number}@marsh.example"}
        headers = window.sandbox.basic_auth_headers() | {"content-type": "application/json"}
        body = json.dumps({"user": user})
        answer = window.sandbox.http("zendesk", "POST", "/api/v2/users", body, headers)
        assert answer.status == 201
    await type_and_wait(window, "quilla")
    assert offered(window)[0].startswith("Quilla Marsh")
    people = [title for title in offered(window) if title.startswith("Quilla Marsh")]
    assert len(people) == 20
    assert offered(window)[-1] == "More than 20 customers match. Type more to see fewer."
    assert offered(window, ENABLED_ROLE)[-1] is False
    at = offered(window).index("Search for “quilla”")
    window.press(Key.Key_Down, times=at)
    window.press(Key.Key_Return)
    await window.is_lookup_finished()
    # The same by looking them up.
    assert sum(title.startswith("Quilla Marsh") for title in offered(window)) == 20
    assert offered(window)[-1] == "More than 20 customers match. Type more to see fewer."


async def test_search_commands_follow_people_without_prefix(window: WindowDriver) -> None:
    await type_and_wait(window, "narrow")
    assert offered(window)[0] == "Search for “narrow”"
    at = offered(window).index("Narrow window")
    window.press(Key.Key_Down, times=at)
    wide = window.view.width()
    window.press(Key.Key_Return)
    await wait_until(lambda: window.view.width() < wide)


async def test_search_failure_is_told_in_the_list(window: WindowDriver) -> None:
    window.sandbox.add_fault(f"zendesk:GET {USER_SEARCH}*:403", times=None)
    await type_and_wait(window, "maria@lopez")
    assert offered(window)[-1].startswith("Zendesk could not be searched. ")
    assert not window.view.banner.isVisible()


async def test_search_few_calls_left_are_kept_for_looking_up(window: WindowDriver) -> None:
    limiter = window.house.session.clients.zendesk.pipeline.rate_limiter  # type: ignore[union-attr]
    bucket = limiter._buckets["account"]
    bucket.remaining = bucket.limit // 10
    window.press(Key.Key_K, CTRL)
    window.type("maria@lopez")
    assert any("few calls" in title for title in offered(window))
    await window.pause(0.4)
    assert searches(window) == []


async def test_search_empty_field_shows_customers_opened_last(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await window.look_up("tom@old.example")
    field = window.view.top_bar.search_field
    window.press(Key.Key_K, CTRL)
    window.press(Key.Key_Backspace)
    assert field.text() == ""
    assert offered(window) == ["Tom Reyes", "Maria Lopez"]
    assert all(note.startswith("opened ") for note in offered(window, NOTE_ROLE))
    window.save_screenshot("search_recent")
    # Nobody is meant yet: Enter opens nobody.
    window.press(Key.Key_Return)
    assert not field.popup().isVisible()  # type: ignore[union-attr]
    QTest.mouseClick(field, Qt.MouseButton.LeftButton)
    assert offered(window) == ["Tom Reyes", "Maria Lopez"]
    window.press(Key.Key_Down, times=2)
    window.press(Key.Key_Return)
    await window.is_lookup_finished()
    assert window.sheet.sheet is not None
    assert window.sheet.sheet.query.value == "7701"


async def test_search_without_right_to_see_customers_offers_none(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.window.search_model._may_view = lambda: False
    window.press(Key.Key_K, CTRL)
    window.press(Key.Key_Backspace)
    assert not window.view.top_bar.search_field.is_popup_open
    window.type("maria")
    await window.pause(0.4)
    assert not window.view.top_bar.search_field.is_popup_open
    assert searches(window) == []
