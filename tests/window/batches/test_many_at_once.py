"""The page Many at once by keyboard and mouse: paste, look up, preview, make, undo, refusals."""

import json
from pathlib import Path

import pytest
from PySide6.QtCore import QByteArray, QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QLineEdit

from desktop.customer.edit_batch.batch_service import EditBatchService
from desktop.model import edit_batch, workspace_kind
from desktop.model.edit_batch import BatchStage
from desktop.model.pasted_addresses import MAX_PASTED_BYTES
from desktop.model.run_limit import Limit
from desktop.panels.batches import pasted_content
from desktop.panels.widgets.admin_approval_dialog import AdminApprovalDialog
from desktop.viewmodels.batches import batch_page_model
from tests.support.batch_page_driver import PROCESS_S, BatchPageDriver
from tests.support.window_driver import CTRL, MARIA, Key, read_profile_officially

PASTED = """Name;E-mail
Maria Lopez;maria@lopez.example
"Reyes, Tom" <tom@old.example>
noname@plain.example
MARIA@LOPEZ.example
nobody@nowhere.example
not an address
"""


def optout(window: BatchPageDriver, sid: str = MARIA) -> str:
    profile = read_profile_officially(window.sandbox, sid, {"optout_email": 1})
    return str(profile["optout_email"])


async def test_pasted_list_is_looked_up_changed_and_undone(window: BatchPageDriver) -> None:
    await window.paste_and_look_up(PASTED)
    counts = window.counts()
    assert (counts[""], counts["found"], counts["missing"]) == (6, 3, 1)
    assert (counts["invalid"], counts["duplicate"], counts["ambiguous"]) == (1, 1, 0)
    assert "2 in Sailthru: 2 get everything · 1 in Zendesk only" in window.visible_texts()
    assert optout(window) == "none"
    await window.preview(change="optout basic", reason="complaint list 21 Nov")
    assert "2 stop getting marketing e-mail" in window.visible_texts()
    assert window.counts()["update"] == 2
    button = window.page.change_card.apply_button
    assert button.accessibleName() == "Stop marketing e-mail for 2 people"
    assert optout(window) == "none"
    await window.make()
    assert "Marketing e-mail stopped for 2 people." in window.visible_texts()
    assert optout(window) == "basic"
    edits = window.house.store.outbox.list_of_batch.blocking(window.model.batch.id)
    assert {edit.request.reason for edit in edits} == {"complaint list 21 Nov"}
    window.click("Undo all")
    await window.confirm()
    await window.wait_until(
        lambda: window.model.batch.undone_at is not None and window.model.is_sent, PROCESS_S
    )
    await window.wait_until(lambda: "Undone for 2 people." in window.visible_texts())
    assert optout(window) == "none"


async def test_what_is_kept_is_found_without_a_process(window: BatchPageDriver) -> None:
    await window.look_up("maria@lopez.example")
    await window.paste("maria@lopez.example")
    await window.wait_until(lambda: window.counts().get("found") == 1)
    batch = window.model.batch
    assert (batch.stage, batch.begun_at) == (BatchStage.NONE, None)
    row = window.model.table_model.row_at(0)
    await window.wait_until(lambda: window.model.table_model.row_at(0) is not None)
    row = window.model.table_model.row_at(0)
    assert row.found_note.startswith("saved on this computer")


async def test_long_look_up_says_how_long_before_it_begins_and_can_be_cancelled(
    window: BatchPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_page_model, "_STARTS_BY_ITSELF_S", 0.0)
    many = "\n".join(f"nobody{number}@nowhere.example" for number in range(120))
    await window.paste(many)
    await window.wait_until(lambda: window.counts().get("waiting") == 120)
    # The sandbox allows 700 calls a minute, a quarter of them kept for people.
    await window.wait_until(
        lambda: "Looking up 120 addresses takes about " in window.visible_texts()
    )
    assert "Zendesk answers one address at a time" in window.visible_texts()
    assert window.model.batch.stage is BatchStage.NONE
    window.sandbox.control("POST", "speed", {"latency_ms": 400})
    window.click("Look up 120")
    await window.wait_until(lambda: window.counts().get("missing", 0) > 0, PROCESS_S)
    window.click("Stop the batch")
    await window.wait_until(
        lambda: not window.model.batch.is_at_work and window.model.view().progress is None,
        PROCESS_S,
    )
    left = window.counts()["waiting"]
    assert 0 < left < 120
    await window.wait_for_text("The look-up was stopped.")
    window.sandbox.control("POST", "speed", {"latency_ms": 0})
    window.click("Resume")
    await window.wait_until(lambda: window.model.is_looked_up, PROCESS_S)
    assert window.counts()["missing"] == 120


async def test_number_over_the_limit_is_typed(
    window: BatchPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Four people over a limit of one: two hundred would take their time.
    monkeypatch.setattr(edit_batch, "Limit", lambda: Limit(people=1, percent=0))
    await window.paste_and_look_up("maria@lopez.example, tom@old.example, dana@okafor.example")
    await window.preview(change="optout all", reason="complaints")
    words = "3 people would be opted out further; the limit is 1 at once."
    assert words in window.visible_texts()
    window.click(window.page.change_card.apply_button)
    await window.wait_until(lambda: window.question() is not None)
    question = window.question()
    assert question is not None
    assert question.cancel_button.isDefault()
    question.findChildren(QLineEdit)[0].setText("2")
    assert not question.confirm_button.isEnabled()
    question.reject()
    assert optout(window) == "none"
    await window.make(typed="3")
    assert optout(window) == "all"


async def test_undo_of_a_batch_in_production_is_typed(
    window: BatchPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workspace_kind, "CONFIRM_OVER", 1)
    window.house.session.change_settings({"workspace.kind": "production"})
    await window.paste_and_look_up("maria@lopez.example, tom@old.example")
    await window.preview(change="optout basic", reason="complaints")
    await window.make(typed="2")
    window.click("Undo all")
    await window.wait_until(lambda: window.question() is not None)
    question = window.question()
    assert question is not None
    assert "This is production." in window.visible_texts(question)
    assert not question.confirm_button.isEnabled()
    await window.confirm(typed="2")
    await window.wait_until(lambda: "Undone for 2 people." in window.visible_texts(), PROCESS_S)
    assert optout(window) == "none"


async def test_right_taken_away_while_the_page_is_open_is_refused_at_the_click(
    window: BatchPageDriver,
) -> None:
    await window.paste_and_look_up(PASTED)
    await window.preview(change="optout basic", reason="complaints")
    # Another process of an admin writes the settings; this window has not heard of it.
    path = window.home.workspace.settings_path
    document = json.loads(path.read_text())
    document["settings"]["permissions.admin.bulk"] = False
    path.write_text(json.dumps(document))
    assert window.page.change_card.apply_button.isEnabled()
    window.click(window.page.change_card.apply_button)
    await window.wait_until(lambda: "is not allowed" in window.visible_texts())
    assert window.house.store.outbox.count_open.blocking() == 0
    assert optout(window) == "none"
    # What was typed stands.
    assert window.model.draft.reason == "complaints"


async def test_agent_without_the_right_is_told_why(agent_window: BatchPageDriver) -> None:
    action = agent_window.view.window_actions["Many at once"]
    # Who is at work is known a moment after the window is there.
    await agent_window.wait_until(lambda: not action.isEnabled())
    assert "look up and change many customers at once" in action.statusTip()
    agent_window.view.show_page("bulk")
    assert agent_window.view.current_page == "customers"


async def test_gigabyte_on_the_clipboard_is_a_sentence(
    window: BatchPageDriver, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = []
    monkeypatch.setattr(
        EditBatchService,
        "create",
        lambda _self, content: decoded.append(content),
    )
    # Its bytes stand for a thousand times as many: nothing of them is decoded or parsed.
    mime = QMimeData()
    mime.setData("text/plain", QByteArray(b"a@b.example\n" * (MAX_PASTED_BYTES // 12 + 2)))
    await window.paste(mime)
    await window.wait_until(
        lambda: "That is too large to be a list of addresses." in window.visible_texts()
    )
    assert not decoded
    assert window.model.batch is None


@pytest.mark.parametrize("text", ["", "hello", "no address here"])
async def test_clipboard_without_an_address_is_a_sentence(
    window: BatchPageDriver, text: str
) -> None:
    await window.paste(text)
    await window.wait_until(lambda: "no e-mail address in that" in window.visible_texts())
    assert window.model.batch is None


async def test_file_and_text_are_dropped_anywhere(window: BatchPageDriver, tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("name;mail\nMaria;maria@lopez.example\n".encode("utf-16"))
    mime = QMimeData()
    mime.setUrls([QUrl.fromLocalFile(str(file))])
    drop(window, mime)
    await window.wait_until(lambda: window.counts().get("") == 1)
    assert window.view.current_page == "bulk"
    text = QMimeData()
    text.setText("tom@old.example, dana@okafor.example")
    drop(window, text)
    await window.wait_until(lambda: window.counts().get("") == 2)
    gone = QMimeData()
    gone.setUrls([QUrl.fromLocalFile(str(tmp_path / "no-such-file"))])
    drop(window, gone)
    await window.wait_until(lambda: "no-such-file cannot be read." in window.visible_texts())
    # Every batch is there to be opened again.
    assert len(window.model.recent) == 2


def drop(window: BatchPageDriver, mime: QMimeData) -> None:
    """Drag it over the window's middle, and let it go."""
    actions, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(600, 400), actions, mime, left, none)
    window.view.dragEnterEvent(enter)
    assert enter.isAccepted()
    window.view.dropEvent(QDropEvent(QPointF(600, 400), actions, mime, left, none))


def test_table_of_links_is_read_from_its_html() -> None:
    mime = QMimeData()
    mime.setText("Maria\nTom")
    mime.setHtml("<table><tr><td><a href='mailto:maria@lopez.example'>Maria</a></td></tr></table>")
    assert "maria@lopez.example" in pasted_content.read_pasted_text(mime)


async def test_typed_reason_survives_and_words_missing_are_said(window: BatchPageDriver) -> None:
    await window.paste_and_look_up(PASTED)
    card = window.page.change_card
    assert card.reason_label.text() == "Choose a change first."
    window.choose(change="optout basic")
    assert card.reason_label.text() == "Give a reason first."
    window.choose(reason="half a rea")
    await window.wait_until(
        lambda: window.house.store.drafts_and_links.get_draft.blocking("many at once")
    )
    await window.reopen_window()
    window.window.page_factory.open_batch_page()
    await window.wait_until(
        lambda: (
            window.model.batch is not None
            and window.page.change_card.form.text("reason") == "half a rea"
        )
    )
    # So does the batch: it is there again, with everybody found.
    assert window.counts()["found"] == 3


async def test_keyboard_alone_previews_and_makes_the_change(window: BatchPageDriver) -> None:
    await window.paste_and_look_up("maria@lopez.example")
    window.choose(change="health", health="happy")
    control = window.page.change_card.form.rows["change"].control
    control.setFocus()
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: window.model.is_previewed, PROCESS_S)
    window.press(Key.Key_Return, CTRL)
    await window.wait_until(lambda: window.model.is_sent, PROCESS_S)
    profile = read_profile_officially(window.sandbox, MARIA, {"vars": 1})
    assert profile["vars"]["zendesk_health"] == "happy"


async def test_every_control_of_the_page_has_a_name(window: BatchPageDriver) -> None:
    await window.paste_and_look_up(PASTED)
    names = {
        "Many at once", "Paste addresses", "Choose a file", "Earlier batches", "Search the rows",
        "Pasted addresses", "Counts", "Change", "Reason", "Ticket", "Preview change",
    }  # fmt: skip
    assert all(window.find_all(name) for name in names)


async def test_what_is_dropped_while_the_list_before_is_still_read_is_taken(
    window: BatchPageDriver,
) -> None:
    for pasted in ("maria@lopez.example", "tom@old.example, dana@okafor.example"):
        mime = QMimeData()
        mime.setText(pasted)
        # At once, one after the other: neither waits for the page to show the one before.
        drop(window, mime)
    await window.wait_until(lambda: window.counts().get("") == 2)


async def test_same_list_pasted_again_after_its_change_makes_a_new_batch(
    window: BatchPageDriver,
) -> None:
    await window.paste_and_look_up("maria@lopez.example")
    await window.preview(change="optout basic", reason="complaints")
    await window.make()
    first = window.model.batch
    assert first is not None
    await window.wait_until(lambda: window.model.is_sent)
    await window.paste_and_look_up("maria@lopez.example")
    assert window.model.batch is not None
    assert window.model.batch.id != first.id


async def test_part_of_a_batch_is_undone_once_another_admin_has_signed_in_and_approved(
    window: BatchPageDriver,
) -> None:
    await window.paste_and_look_up(PASTED)
    await window.preview(change="optout basic", reason="complaint list 21 Nov")
    await window.make()
    batch = window.model.batch
    found = await window.house.store.edit_batches.list_profiles(batch.id)
    sids = [one.sid for one in found if one.sid]
    # One is taken back before anybody has approved it.
    window.model.undo_part(batch.id, sids, "by mistake")
    await window.wait_until(lambda: window.model.batch.undone_batch == batch.id)
    await window.wait_until(lambda: window.model.is_previewed, PROCESS_S)
    await window.wait_for_text("2 people would have an opt-out loosened.")
    window.click("Cancel the undo")
    await window.wait_for_text("It was cancelled.")
    assert not window.page.change_card.apply_button.isEnabled()
    cancelled = window.model.batch.id
    window.model.undo_part(batch.id, sids, "they read their mail")
    await window.wait_until(lambda: window.model.batch.id not in (batch.id, cancelled))
    await window.wait_until(lambda: window.model.is_previewed, PROCESS_S)
    assert window.counts()["update"] == 2
    button = window.page.change_card.apply_button
    assert button.accessibleName() == "Undo for 2 people"
    # Not without a second person, who is not the one at work.
    assert not button.isEnabled()
    await window.wait_for_text("2 people would have an opt-out loosened.")
    window.click("Ask another admin…")
    await window.wait_until(lambda: window.view.findChild(AdminApprovalDialog) is not None)
    dialog = window.view.findChild(AdminApprovalDialog)
    assert "they read their mail" in window.visible_texts(dialog)
    zendesk = window.sandbox.zendesk
    for name, refused in (("", "already approved it"), ("second_admin_", "")):
        dialog.email_field.setText(zendesk[f"{name}email"])
        dialog.token_field.setText(zendesk[f"{name}api_token"])
        window.click(dialog.allow_button)
        if refused:
            await window.wait_until(lambda: "already approved it" in dialog.error_label.text())
    await window.wait_until(button.isEnabled)
    assert "Approved by " in window.visible_texts()
    assert optout(window) == "basic"
    await window.make()
    assert optout(window) == "none"
    rows = await window.house.store.audit.list_entries()
    asked, given = (row for row in reversed(rows) if row.kind == "approval")
    assert asked.actor != given.actor
    written = next(row for row in rows if row.kind == "optout" and row.new == "none")
    assert written.actor == asked.actor
    assert f"approved by {given.actor}" in written.reason
