"""The palette by real keys: every action of customer and page, with its reason when disabled."""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox

from desktop.model.lookup_query import parse_lookup_query
from desktop.model.optout_level import OptOutLevel
from desktop.panels.customer.list_details_dialog import ListDetailsDialog
from desktop.panels.widgets.button import Button
from desktop.settings import settings_table
from desktop.viewmodels.command_synonyms import COMMAND_SYNONYMS
from desktop.viewmodels.search_suggestions_model import ENABLED_ROLE, SUBTITLE_ROLE
from tests.support.window_driver import CTRL, Key, WindowDriver

Row = tuple[str, str, bool]  # title, what stands below it, whether it can be chosen


def rows(window: WindowDriver, typed: str) -> list[Row]:
    """What the field offers for a text, typed by real keys."""
    window.press(Key.Key_K, CTRL)
    window.type(typed)
    popup = window.view.top_bar.search_field.popup()
    assert popup is not None
    assert popup.isVisible(), typed
    model = popup.view.model()
    places = [model.index(row, 0) for row in range(popup.count())]
    return [
        (each.data(Qt.ItemDataRole.DisplayRole), each.data(SUBTITLE_ROLE), each.data(ENABLED_ROLE))
        for each in places
    ]


def titles(window: WindowDriver, typed: str) -> list[str]:
    return [title for title, _, _ in rows(window, typed)]


def reason(window: WindowDriver, command: str) -> str:
    """Why the palette's command cannot be chosen; "" where it can."""
    found = {title: (below, enabled) for title, below, enabled in rows(window, f">{command}")}
    below, enabled = found[command]
    return "" if enabled else below


async def test_palette_finds_optout_by_many_words(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    offered = ("Stop marketing e-mail", "Maria Lopez · asks for the reason first", True)
    for prefix in ("", ">"):
        for word in ("opt", "stop", "unsubscribe", "marketing"):
            assert offered in rows(window, prefix + word), prefix + word
        # Without > Enter goes on looking customers up.
        first = titles(window, f"{prefix}stop")[0]
        assert first == ("Stop marketing e-mail" if prefix else "Search for “stop”")


async def test_palette_optout_opens_form_and_form_alone_sends(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    window.press(Key.Key_2, CTRL)
    rows(window, ">stop marketing")
    window.press(Key.Key_Return)
    assert window.view.current_page == "customers"
    reason_field = window.find_one("Reason", QComboBox)
    assert QApplication.focusWidget() in (reason_field, reason_field.lineEdit())
    assert window.newest_edits() == []
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: "Sailthru confirmed" in window.last_status_text)
    assert (await window.read_profile_officially())["optout_email"] == "basic"
    assert reason(window, "Stop marketing e-mail") == "It is set already."
    assert reason(window, "Why opted out?") == ""


async def test_palette_adds_to_and_takes_off_list_by_name(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    assert titles(window, ">winback")[:2] == ["Add to Winback", "About the list Winback"]
    window.press(Key.Key_Return)
    await window.wait_until(lambda: window.toast_texts == ["Maria Lopez joins Winback in 10 s"])
    # The same command is about taking off now; what waits is taken back by it.
    assert titles(window, ">winback")[0] == "Take off Winback"
    rows(window, ">take off newsletter")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: "Maria Lopez leaves Newsletter in 10 s" in window.toast_texts)
    assert reason(window, "Take off zendesk-sync-smart") == (
        "Sailthru computes who is on a smart list."
    )
    rows(window, ">about winback")
    window.press(Key.Key_Return)
    dialog = window.view.findChild(ListDetailsDialog)
    assert dialog is not None
    assert dialog.isVisible()
    dialog.reject()


async def test_palette_sets_health_pauses_and_opens_drawers(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    rows(window, ">happy")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: "Sailthru confirmed" in window.last_status_text)
    assert (await window.read_profile_officially())["vars"]["zendesk_health"] == "happy"
    assert reason(window, "Health: Happy") == "It is set already."
    rows(window, ">snooze")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: any("pauses" in text for text in window.toast_texts))
    await window.wait_until(
        lambda: reason(window, "Pause marketing") == "Marketing is paused already."
    )
    assert reason(window, "End pause") == ""
    rows(window, ">comment")
    window.press(Key.Key_Return)
    assert window.find_one("Add note")
    window.press(Key.Key_Escape)


async def test_palette_says_why_without_customer(window: WindowDriver) -> None:
    for command in (
        "Stop marketing e-mail", "Add to a list", "Health: Happy", "Add note", "Pause marketing",
        "Change e-mail", "Why opted out?",
    ):  # fmt: skip
        assert reason(window, command) == "Open a customer first.", command
    for command in ("Refresh", "Copy e-mail address"):
        assert reason(window, command) == "No customer is open.", command


async def test_palette_says_why_an_agent_may_not(agent_window: WindowDriver) -> None:
    window = agent_window
    await window.look_up("maria@lopez.example")
    window.sheet.edits.choose_optout(OptOutLevel.BASIC, "Customer asked", None)
    await window.wait_until(lambda: "Sailthru confirmed" in window.last_status_text)
    assert "may not opt customers back in" in reason(window, "Opt back in")
    assert reason(window, "Sync") == "Your role (agent) may not run syncs. Ask an admin."
    assert reason(window, "Settings: Changes and permissions") == (
        "Only admins change these settings."
    )


async def test_palette_command_of_former_customer_changes_nobody(window: WindowDriver) -> None:
    await window.look_up("maria@lopez.example")
    rows(window, ">add to winback")
    # Follow Zendesk opens somebody else while the list stands open.
    window.sheet.open_query(parse_lookup_query("tom@old.example"))
    # The panels still show Maria: what is chosen now would be about somebody not seen yet.
    made = {each.label: each for each in window.view.window_actions.commands()}
    assert made["Stop marketing e-mail"].disabled_reason == "The customer is being opened."
    await window.is_lookup_finished()
    window.press(Key.Key_Return)
    await window.wait_for_text("Another customer was opened before the command was chosen.")
    assert window.newest_edits() == []


async def test_palette_finds_each_sync_by_name(window: WindowDriver) -> None:
    models = window.window.page_factory.sync_models  # type: ignore[union-attr]
    await window.wait_until(lambda: models.page.preset_views())
    models.page.add("sailthru-to-zendesk")
    await window.wait_until(lambda: models.page.all_syncs())
    title = models.page.all_syncs()[0].sync.title
    found = rows(window, f">{title}")
    assert (f"Sync now: {title}", "Switch the sync on first.", False) in found
    assert (f"Preview: {title}", "", True) in found
    assert (f"Remove the sync: {title}", "Asks first.", True) in found
    window.save_screenshot("palette-sync")
    rows(window, f">preview {title}")
    window.press(Key.Key_Return)
    assert window.view.current_page == "sync"
    head = models.page.header_view()
    assert head is not None
    assert head.progress is not None


async def test_palette_finds_buttons_of_page_in_front(window: WindowDriver) -> None:
    window.press(Key.Key_3, CTRL)
    await window.wait_until(lambda: window.view.current_page == "activity")
    page = window.view.page_stack.currentWidget()
    assert page is not None
    buttons = [b for b in page.findChildren(Button) if b.isVisible()]
    assert buttons
    offered = titles(window, ">")
    for button in buttons:
        name = (button.accessibleName() or button.plain_text()).rstrip("…")
        assert name in offered, name
    # What Audience opens is found on the other pages as well.
    assert ("Fields of Zendesk and Sailthru", "", True) in rows(window, ">merge tags fields")
    rows(window, ">verify record")
    window.press(Key.Key_Return)
    await window.wait_until(lambda: page.banner.isVisible())  # type: ignore[attr-defined]
    assert window.visible_texts(page.banner) == "The record is empty."  # type: ignore[attr-defined]


async def test_palette_has_help_once_while_about_is_open(window: WindowDriver) -> None:
    window.view.window_actions["About Fairlead"].trigger()
    assert titles(window, ">help").count("Help") == 1


async def test_palette_chooses_appearance(window: WindowDriver) -> None:
    assert titles(window, ">dark mode")[0] == "Appearance: Dark"
    window.press(Key.Key_Return)
    await window.wait_until(lambda: window.window.theme.tokens.dark)
    # Kept like the setting's own control keeps it.
    assert window.house.session.values.get(settings_table.WINDOW_THEME) == "dark"
    assert reason(window, "Appearance: Dark") == "It is set already."


async def test_palette_synonyms_belong_to_commands(window: WindowDriver) -> None:
    """A renamed action would lose its words unseen."""
    kinds = {"create", "health", "list", "list about", "list off", "opt-in", "opt-out", "pause",
             "pause end", "profile data", "sync mark", "theme"}  # fmt: skip
    for kind in COMMAND_SYNONYMS:
        if kind not in kinds and not kind.startswith(("sync ", "settings ")):
            assert kind in window.view.window_actions.names(), kind


async def test_escape_closes_popup_then_clears_text_and_undo_restores(
    window: WindowDriver,
) -> None:
    field = window.view.top_bar.search_field
    window.press(Key.Key_K, CTRL)
    window.type("maria")
    window.press(Key.Key_Escape)
    assert (field.text(), field.is_popup_open) == ("maria", False)
    window.press(Key.Key_Escape)
    assert (field.text(), field.is_popup_open) == ("", False)
    assert QApplication.focusWidget() is field
    window.press(Key.Key_Z, CTRL)
    assert field.text() == "maria"


async def test_nobody_found_offers_to_search_everywhere_and_to_create(
    window: WindowDriver,
) -> None:
    await window.look_up("maria@nowhere.example")
    assert "Nobody found for “maria@nowhere.example”." in window.visible_texts()
    window.save_screenshot("nobody-found")
    assert window.find_one("Create a Sailthru profile").isEnabled()
    window.click("Search everywhere for “maria@”")
    field = window.view.top_bar.search_field
    assert (field.text(), field.is_popup_open) == ("maria@", True)
    popup = field.popup()
    assert popup is not None
    await window.wait_until(lambda: popup.view.model().index(0, 0).data() == "Maria Lopez")
    window.press(Key.Key_Return)
    await window.is_lookup_finished()
    assert "Maria Lopez" in window.visible_texts()


async def test_nobody_found_says_who_may_create(agent_window: WindowDriver) -> None:
    window = agent_window
    await window.look_up("nobody@nowhere.example")
    button = window.find_one("Create a Sailthru profile")
    if not button.isEnabled():
        assert button.accessibleDescription() in window.visible_texts()
    await window.look_up("Zzyzx")
    window.click("Search for something else")
    assert window.view.top_bar.search_field.selectedText() == "Zzyzx"
