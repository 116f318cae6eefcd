"""Looking somebody up: whatever is typed, the right sheet, a choice, or a sentence."""

import pytest
from PySide6.QtWidgets import QApplication

from desktop.model.sheet import PartState
from desktop.panels.parts.search_field import LONGEST
from tests.window.at_work import until
from tests.window.desk import CTRL, MARIA, Desk, Key

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


async def test_an_address_and_enter_show_the_whole_sheet(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    for name in PANELS:
        assert desk.all(name), name
    said = desk.texts()
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
    desk.shot("sheet")


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
async def test_every_way_to_name_somebody_leads_to_the_sheet(desk: Desk, typed: str) -> None:
    await desk.look_up(typed)
    sheet = desk.sheet.sheet
    assert sheet is not None
    assert "Maria Lopez" in desk.texts()
    assert sheet.profile.value is not None
    assert sheet.profile.value.sid == MARIA


async def test_two_of_one_name_are_chosen_between_by_keyboard(desk: Desk) -> None:
    await desk.look_up("Alex Kim")
    popup = desk.view.top.field.popup()
    assert popup is not None
    assert popup.isVisible()
    assert "2 customers match." in desk.texts()
    shown = [popup.view.model().index(row, 0).data() for row in range(popup.count())]
    assert shown == ["Alex Kim", "Alex Kim"]
    desk.press(Key.Key_Down, times=2)
    desk.press(Key.Key_Return)
    await desk.settled()
    assert not popup.isVisible()
    assert desk.sheet.sheet is not None
    assert desk.sheet.sheet.address in ("alex.kim@studio.example", "akim@post.example")


async def test_escape_leaves_the_choice_and_the_text(desk: Desk) -> None:
    await desk.look_up("Alex Kim")
    desk.press(Key.Key_Escape)
    popup = desk.view.top.field.popup()
    assert popup is not None
    assert not popup.isVisible()
    assert desk.view.top.field.text() == "Alex Kim"


async def test_nothing_garbage_and_unknown_end_in_a_sentence(desk: Desk) -> None:
    desk.press(Key.Key_K, CTRL)
    desk.press(Key.Key_Return)
    assert desk.sheet.sheet is None
    await desk.look_up("a@@b")
    assert "is not an e-mail address" in desk.texts()
    await desk.look_up("https://evil.example/tickets")
    assert "not a Zendesk ticket" in desk.texts()
    await desk.look_up("\\u202e %00 ';--")
    assert "Nobody found" in desk.texts()
    await desk.look_up("nobody@nowhere.example")
    assert "Nobody found for “nobody@nowhere.example”." in desk.texts()
    assert "Traceback" not in desk.texts()


async def test_ten_megabytes_pasted_are_cut_and_said(desk: Desk) -> None:
    QApplication.clipboard().setText("x" * 10_000_000)
    desk.press(Key.Key_K, CTRL)
    desk.press(Key.Key_V, CTRL)
    assert len(desk.view.top.field.text()) == LONGEST
    assert "too long to look up" in desk.texts()
    desk.press(Key.Key_Return)
    await desk.settled()
    QApplication.clipboard().clear()


async def test_first_panels_arrive_before_the_last(desk: Desk) -> None:
    desk.sandbox.control("POST", "speed", {"latency_ms": 150})
    seen: list[tuple[bool, bool]] = []

    def note() -> None:
        sheet = desk.sheet.sheet
        if sheet is not None:
            seen.append(
                (sheet.profile.value is not None, sheet.tickets.state is not PartState.LOADING)
            )

    desk.sheet.changed.connect(note)
    await desk.look_up("maria@lopez.example", finish=False)
    await until(lambda: any(profile for profile, _ in seen))
    # The panels of one answer are filled in the turns of the loop that follow it.
    await until(lambda: "Newsletter" in desk.texts() or not desk.sheet.loading)
    assert desk.sheet.loading
    assert not seen[-1][1], "the profile is painted while tickets are still asked for"
    assert "Newsletter" in desk.texts()
    await desk.settled()
    assert seen[-1] == (True, True)
    desk.sheet.changed.disconnect(note)


async def test_a_newer_search_cancels_the_older(desk: Desk) -> None:
    desk.sandbox.control("POST", "speed", {"latency_ms": 150})
    shown: list[str] = []

    def note() -> None:
        if desk.sheet.sheet is not None:
            shown.append(desk.sheet.sheet.query.value)

    desk.sheet.changed.connect(note)
    await desk.look_up("maria@lopez.example", finish=False)
    await until(lambda: shown)
    await desk.look_up("tom@old.example")
    last = max(i for i, value in enumerate(shown) if value == "maria@lopez.example")
    assert all(value == "tom@old.example" for value in shown[last + 1 :])
    assert "Tom Reyes" in desk.texts()
    assert "Maria" not in desk.view.customers._sheet._header._name.full_text()  # type: ignore[union-attr]
    desk.sheet.changed.disconnect(note)


async def test_what_is_kept_is_offered_while_typing(desk: Desk) -> None:
    await desk.look_up("maria@lopez.example")
    desk.press(Key.Key_K, CTRL)
    desk.type("mari")
    popup = desk.view.top.field.popup()
    assert popup is not None
    rows = [popup.view.model().index(row, 0).data() for row in range(popup.count())]
    assert rows[0] == "Look up mari"
    assert "Maria Lopez" in rows
    desk.press(Key.Key_Down, times=2)
    desk.press(Key.Key_Return)
    await desk.settled()
    assert desk.sheet.sheet is not None
    assert desk.sheet.sheet.person.value is not None
