"""What stands on paper about a customer: each source with its age, who printed, and no book."""

from dataclasses import replace

from desktop.model.customer_sheet import SheetPart, SheetPartState
from desktop.model.edit import EditKind
from desktop.viewmodels.customer.printed_sheet import PrintedSection, build_printed_sheet
from tests.support.customer_contexts import NOW, PROFILE, make_context, make_edit


def sections(**changes: object) -> dict[str, PrintedSection]:
    context = make_context(**changes)  # type: ignore[arg-type]
    return {each.title: each for each in build_printed_sheet(context).sections}


def test_printed_sheet_names_source_age_and_who_printed() -> None:
    sheet = build_printed_sheet(make_context())
    assert sheet.name == "Ada Lovelace"
    assert sheet.footer.startswith("Printed by ")
    assert make_context().actor.name in sheet.footer
    assert "2023" in sheet.footer
    found = {each.title: each for each in sheet.sections}
    assert list(found) == [
        "Opt-out", "Health", "Customer value", "Lists", "Tickets", "Zendesk", "Engagement",
        "Timeline", "Profile data",
    ]  # fmt: skip
    assert found["Opt-out"].source.startswith("Sailthru, read 14 Nov 2023")
    assert found["Opt-out"].source.endswith(", 1 min old")
    assert found["Opt-out"].rows[0].value == "Gets everything"


def test_printed_sheet_says_what_was_not_refreshed_and_what_is_absent() -> None:
    old = SheetPart(PROFILE, SheetPartState.FAILED, NOW - 7200)
    found = sections(sheet={"profile": old})
    assert found["Health"].source.endswith(", 2 h old, not refreshed since")
    absent = sections(profile=None)["Opt-out"]
    assert absent.rows == ()
    assert absent.text.startswith("No Sailthru profile for ada@acme.example.")


def test_printed_sheet_cuts_what_would_fill_a_book() -> None:
    fields = {f"field_{number:04}": "x" * 5000 for number in range(500)}
    found = sections(profile=replace(PROFILE, vars=fields))["Profile data"]
    assert len(found.rows) == 201
    assert found.rows[-1].value == "and 301 more, which are not printed"
    assert max(len(row.value) for row in found.rows) <= 400


def test_printed_sheet_texts_are_single_lines() -> None:
    found = sections(profile=replace(PROFILE, vars={"note": "one\ntwo\u2029three\u202eevil"}))
    note = next(row for row in found["Profile data"].rows if row.label == "note")
    assert note.value == "one two three evil"


def test_printed_sheet_says_what_is_not_confirmed() -> None:
    edit = make_edit(EditKind.HEALTH, "health", "happy")
    sheet = build_printed_sheet(make_context(sheet={"pending_edits": (edit,)}))
    assert sheet.lines[-1] == (
        "1 change is shown as wanted, and not confirmed by the services yet."
    )


def test_printed_sheet_file_name_is_plain() -> None:
    sheet = build_printed_sheet(make_context())
    assert sheet.file_name == "Ada-Lovelace.pdf"
    assert replace(sheet, name="../../etc/pass wd\x00").file_name == "etc-pass-wd.pdf"
    assert replace(sheet, name="???").file_name == "customer.pdf"
