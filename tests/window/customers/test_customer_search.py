"""Looking somebody up: whatever is typed, the right sheet, a choice, or a sentence."""

from PySide6.QtWidgets import QApplication

from desktop.model.customer_sheet import SheetPartState
from desktop.panels.widgets.search_field import MAX_QUERY_LENGTH
from desktop.viewmodels.search_suggestions_model import SUBTITLE_ROLE
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


async def test_search_email_and_enter_shows_complete_sheet(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    for name in PANELS:
        assert window.find_all(name), name
    said = window.visible_texts()
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
    window.save_screenshot("sheet")


async def test_search_each_identifier_opens_sheet(window: WindowDriver) -> None:
    for typed in (
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
    ):
        await window.look_up(typed)
        sheet = window.sheet.sheet
        assert sheet is not None, typed
        assert "Maria Lopez" in window.visible_texts(), typed
        assert sheet.profile.value is not None, typed
        assert sheet.profile.value.sid == MARIA, typed
        # The next one finds her anew.
        await window.look_up("nobody@nowhere.example")
        assert "Maria Lopez" not in window.visible_texts(window.view.customers_page), typed


async def test_search_two_matches_are_chosen_by_keyboard(window: WindowDriver) -> None:
    await window.look_up("Alex Kim")
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    assert popup.isVisible()
    assert "2 customers match." in window.visible_texts()
    shown = [popup.view.model().index(row, 0).data() for row in range(popup.count())]
    assert shown == ["Alex Kim", "Alex Kim"]
    window.press(Key.Key_Down, times=2)
    window.press(Key.Key_Return)
    await window.is_lookup_finished()
    assert not popup.isVisible()
    assert window.sheet.sheet is not None
    assert window.sheet.sheet.address in ("alex.kim@studio.example", "akim@post.example")


async def test_search_enter_opens_first_of_several_matches(window: WindowDriver) -> None:
    await window.look_up("Alex Kim")
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    first = popup.view.model().index(0, 0).data(SUBTITLE_ROLE)
    window.press(Key.Key_Return)
    await window.is_lookup_finished()
    assert window.sheet.sheet is not None
    assert window.sheet.sheet.address == first


async def test_search_matches_of_a_link_are_offered_under_an_empty_field(
    window: WindowDriver,
) -> None:
    window.view.look_up("Alex Kim")
    await window.is_lookup_finished()
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    assert popup.isVisible()
    assert [popup.view.model().index(row, 0).data() for row in range(popup.count())] == [
        "Alex Kim",
        "Alex Kim",
    ]
    window.press(Key.Key_Escape)
    window.click("Show the list")
    assert popup.isVisible()
    assert popup.count() == 2
    # Another page is not covered by it, whose shortcut leaves the keyboard in the field.
    window.press(Key.Key_2, CTRL)
    assert window.view.navigation_rail.current() != "customers"
    assert not popup.isVisible()


async def test_search_escape_leaves_choice_and_text(window: WindowDriver) -> None:
    await window.look_up("Alex Kim")
    window.press(Key.Key_Escape)
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    assert not popup.isVisible()
    assert window.view.top_bar.search_field.text() == "Alex Kim"
    said = window.visible_texts()
    assert "2 customers match." in said
    # No sentence speaks of a list that is gone; the button brings it back.
    assert "Down" not in said
    window.click("Show the list")
    assert popup.isVisible()
    assert popup.view.currentIndex().row() == 0


async def test_search_unknown_or_invalid_input_is_explained(window: WindowDriver) -> None:
    window.press(Key.Key_K, CTRL)
    window.press(Key.Key_Return)
    assert window.sheet.sheet is None
    await window.look_up("a@@b")
    assert "is not an e-mail address" in window.visible_texts()
    await window.look_up("https://evil.example/tickets")
    assert "not a Zendesk ticket" in window.visible_texts()
    await window.look_up("\\u202e %00 ';--")
    assert "Nobody found" in window.visible_texts()
    await window.look_up("nobody@nowhere.example")
    assert "Nobody found for “nobody@nowhere.example”." in window.visible_texts()
    assert "Traceback" not in window.visible_texts()


async def test_search_10_mb_paste_is_cut_and_reported(window: WindowDriver) -> None:
    QApplication.clipboard().setText("x" * 10_000_000)
    window.press(Key.Key_K, CTRL)
    window.press(Key.Key_V, CTRL)
    assert len(window.view.top_bar.search_field.text()) == MAX_QUERY_LENGTH
    assert "too long to look up" in window.visible_texts()
    window.press(Key.Key_Return)
    await window.is_lookup_finished()
    QApplication.clipboard().clear()


async def test_search_first_panels_appear_before_last(window: WindowDriver) -> None:
    window.sandbox.control("POST", "speed", {"latency_ms": 150})
    seen: list[tuple[bool, bool]] = []

    def note() -> None:
        sheet = window.sheet.sheet
        if sheet is not None:
            seen.append(
                (sheet.profile.value is not None, sheet.tickets.state is not SheetPartState.LOADING)
            )

    window.sheet.changed.connect(note)
    await window.look_up("maria@lopez.example", finish=False)
    await wait_until(lambda: any(profile for profile, _ in seen))
    # The panels of one answer are filled in the turns of the loop that follow it.
    await wait_until(lambda: "Newsletter" in window.visible_texts() or not window.sheet.is_loading)
    assert window.sheet.is_loading
    assert not seen[-1][1], "the profile is painted while tickets are still asked for"
    assert "Newsletter" in window.visible_texts()
    await window.is_lookup_finished()
    assert seen[-1] == (True, True)
    window.sheet.changed.disconnect(note)


async def test_search_newer_cancels_older(window: WindowDriver) -> None:
    window.sandbox.control("POST", "speed", {"latency_ms": 150})
    shown: list[str] = []

    def note() -> None:
        if window.sheet.sheet is not None:
            shown.append(window.sheet.sheet.query.value)

    window.sheet.changed.connect(note)
    await window.look_up("maria@lopez.example", finish=False)
    await wait_until(lambda: shown)
    await window.look_up("tom@old.example")
    last = max(i for i, value in enumerate(shown) if value == "maria@lopez.example")
    assert all(value == "tom@old.example" for value in shown[last + 1 :])
    assert "Tom Reyes" in window.visible_texts()
    assert "Maria" not in window.view.customers_page._sheet._header._name.full_text()  # type: ignore[union-attr]
    window.sheet.changed.disconnect(note)


async def test_search_suggests_cached_customers_while_typing(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    # Whoever is open already is not opened once more.
    await window.look_up("tom@old.example")
    window.press(Key.Key_K, CTRL)
    window.type("mari")
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    rows = [popup.view.model().index(row, 0).data() for row in range(popup.count())]
    assert rows[0] == "Maria Lopez"
    window.press(Key.Key_Return)
    await window.is_lookup_finished()
    assert window.sheet.sheet is not None
    assert window.sheet.sheet.query.value == "7701"


async def test_search_goes_on_when_what_was_open_is_refreshed(window: WindowDriver) -> None:
    """A service that comes back refreshes the customer, also while the next one is on the way."""
    await window.look_up("maria@lopez.example")
    await window.look_up("tom@old.example", finish=False)
    window.press(Key.Key_F5)
    await window.is_lookup_finished()
    assert window.view.customers_page._sheet._header._name.full_text() == "Tom Reyes"  # type: ignore[union-attr]


async def test_search_goes_on_when_it_is_refreshed_before_its_first_answer(
    window: WindowDriver,
) -> None:
    await window.look_up("tom@old.example", finish=False)
    window.sheet.refresh()
    await window.is_lookup_finished()
    assert "Tom Reyes" in window.visible_texts()


async def test_search_refused_leaves_who_is_shown_to_be_refreshed(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    await window.look_up("https://other.zendesk.com/agent/tickets/48213")
    assert "other.zendesk.com" in window.visible_texts()
    before = len(window.sandbox.logged_requests())
    window.press(Key.Key_F5)
    await window.is_lookup_finished()
    assert window.sheet.sheet is not None
    assert window.sheet.sheet.query.value == "maria@lopez.example"
    assert len(window.sandbox.logged_requests()) > before
