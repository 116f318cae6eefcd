"""Looking somebody up: whatever is typed, the right sheet, a choice, or a sentence."""

import pytest
from PySide6.QtWidgets import QApplication

from desktop.model.customer_sheet import SheetPartState
from desktop.panels.widgets.search_field import MAX_QUERY_LENGTH
from tests.support.window_driver import CTRL, MARIA, Key, WindowDriver
from tests.support.window_workspace import wait_until

PANELS = (
    "Zendesk",
    "Lists",
    "Opt-out",
    "Health",
    "Customer value",
    "Engagement",
    "Tickets",
    "Profile data",
    "Timeline",
)


async def test_search_email_and_enter_shows_complete_sheet(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    for name in PANELS:
        assert desk.find_all(name), name
    said = desk.visible_texts()
    for words in (
        "Maria Lopez",
        "maria@lopez.example",
        "Lopez & Daughters",
        "Newsletter",
        "4 of 4",
        "$1,240 predicted revenue",
        "3 unsolved of 11",
        "Too many emails",
        "Ticket #48213",
        "Lisbon",
        "412 opens",
    ):
        assert words in said, words
    desk.save_screenshot("sheet")


@pytest.mark.parametrize(
    "typed",
    [
        "#48213",
        "https://acme.zendesk.com/agent/tickets/48213",
        "+1 555 0134",
        MARIA,
        "id:7701",
        "7701",
        "ext:shop-1182",
        "Maria Lopez",
        " MARIA@lopez.example ",
        "fairlead://customer/maria@lopez.example",
    ],
)
async def test_search_each_identifier_opens_sheet(desk: WindowDriver, typed: str) -> None:
    await desk.look_up(typed)
    sheet = desk.sheet.sheet
    assert sheet is not None
    assert "Maria Lopez" in desk.visible_texts()
    assert sheet.profile.value is not None
    assert sheet.profile.value.sid == MARIA


async def test_search_two_matches_are_chosen_by_keyboard(desk: WindowDriver) -> None:
    await desk.look_up("Alex Kim")
    popup = desk.view.top_bar.search_field.popup()
    assert popup is not None
    assert popup.isVisible()
    assert "2 customers match." in desk.visible_texts()
    shown = [popup.view.model().index(row, 0).data() for row in range(popup.count())]
    assert shown == ["Alex Kim", "Alex Kim"]
    desk.press(Key.Key_Down, times=2)
    desk.press(Key.Key_Return)
    await desk.is_lookup_finished()
    assert not popup.isVisible()
    assert desk.sheet.sheet is not None
    assert desk.sheet.sheet.address in ("alex.kim@studio.example", "akim@post.example")


async def test_search_escape_leaves_choice_and_text(desk: WindowDriver) -> None:
    await desk.look_up("Alex Kim")
    desk.press(Key.Key_Escape)
    popup = desk.view.top_bar.search_field.popup()
    assert popup is not None
    assert not popup.isVisible()
    assert desk.view.top_bar.search_field.text() == "Alex Kim"


async def test_search_unknown_or_invalid_input_is_explained(desk: WindowDriver) -> None:
    desk.press(Key.Key_K, CTRL)
    desk.press(Key.Key_Return)
    assert desk.sheet.sheet is None
    await desk.look_up("a@@b")
    assert "is not an e-mail address" in desk.visible_texts()
    await desk.look_up("https://evil.example/tickets")
    assert "not a Zendesk ticket" in desk.visible_texts()
    await desk.look_up("\\u202e %00 ';--")
    assert "Nobody found" in desk.visible_texts()
    await desk.look_up("nobody@nowhere.example")
    assert "Nobody found for “nobody@nowhere.example”." in desk.visible_texts()
    assert "Traceback" not in desk.visible_texts()


async def test_search_10_mb_paste_is_cut_and_reported(desk: WindowDriver) -> None:
    QApplication.clipboard().setText("x" * 10_000_000)
    desk.press(Key.Key_K, CTRL)
    desk.press(Key.Key_V, CTRL)
    assert len(desk.view.top_bar.search_field.text()) == MAX_QUERY_LENGTH
    assert "too long to look up" in desk.visible_texts()
    desk.press(Key.Key_Return)
    await desk.is_lookup_finished()
    QApplication.clipboard().clear()


async def test_search_first_panels_appear_before_last(desk: WindowDriver) -> None:
    desk.sandbox.control("POST", "speed", {"latency_ms": 150})
    seen: list[tuple[bool, bool]] = []

    def note() -> None:
        sheet = desk.sheet.sheet
        if sheet is not None:
            seen.append(
                (sheet.profile.value is not None, sheet.tickets.state is not SheetPartState.LOADING)
            )

    desk.sheet.changed.connect(note)
    await desk.look_up("maria@lopez.example", finish=False)
    await wait_until(lambda: any(profile for profile, _ in seen))
    # The panels of one answer are filled in the turns of the loop that follow it.
    await wait_until(lambda: "Newsletter" in desk.visible_texts() or not desk.sheet.is_loading)
    assert desk.sheet.is_loading
    assert not seen[-1][1], "the profile is painted while tickets are still asked for"
    assert "Newsletter" in desk.visible_texts()
    await desk.is_lookup_finished()
    assert seen[-1] == (True, True)
    desk.sheet.changed.disconnect(note)


async def test_search_newer_cancels_older(desk: WindowDriver) -> None:
    desk.sandbox.control("POST", "speed", {"latency_ms": 150})
    shown: list[str] = []

    def note() -> None:
        if desk.sheet.sheet is not None:
            shown.append(desk.sheet.sheet.query.value)

    desk.sheet.changed.connect(note)
    await desk.look_up("maria@lopez.example", finish=False)
    await wait_until(lambda: shown)
    await desk.look_up("tom@old.example")
    last = max(i for i, value in enumerate(shown) if value == "maria@lopez.example")
    assert all(value == "tom@old.example" for value in shown[last + 1 :])
    assert "Tom Reyes" in desk.visible_texts()
    assert "Maria" not in desk.view.customers_page._sheet._header._name.full_text()  # type: ignore[union-attr]
    desk.sheet.changed.disconnect(note)


async def test_search_suggests_cached_customers_while_typing(desk: WindowDriver) -> None:
    await desk.look_up("maria@lopez.example")
    desk.press(Key.Key_K, CTRL)
    desk.type("mari")
    popup = desk.view.top_bar.search_field.popup()
    assert popup is not None
    rows = [popup.view.model().index(row, 0).data() for row in range(popup.count())]
    assert rows[0] == "Look up mari"
    assert "Maria Lopez" in rows
    desk.press(Key.Key_Down, times=2)
    desk.press(Key.Key_Return)
    await desk.is_lookup_finished()
    assert desk.sheet.sheet is not None
    assert desk.sheet.sheet.user.value is not None
