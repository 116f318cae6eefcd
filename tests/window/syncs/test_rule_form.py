"""A rule on the page Sync: the one form, with what it waits for first."""

from PySide6.QtWidgets import QLabel

from desktop.model.rule_trigger import RuleTrigger
from desktop.model.sell_product import PLACEHOLDER_TEXT
from desktop.model.sync import SourceKind, TargetType
from desktop.panels.widgets.dropdown_field import DropdownField
from desktop.panels.widgets.number_field import NumberField
from tests.support.accessibility_checks import clipped_texts, controls_without_name
from tests.support.sync_page_driver import SyncPageDriver


async def add_rule(window: SyncPageDriver) -> None:
    window.models.page.add_new("", SourceKind.RULE.value, "Unhappy")
    await window.wait_until(
        lambda: (now := window.models.page.selected_sync()) is not None and now.sync.is_rule
    )
    window.show_mapping()


async def test_rule_asks_when_and_for_a_phrase_only_where_it_needs_one(
    window: SyncPageDriver,
) -> None:
    await add_rule(window)
    editor = window.page.mapping_tab.rules_editor
    assert editor.source_card.isVisible()
    assert not editor.stages_card.isVisible()
    # What it waits for stands above the fields that it sets.
    fields = window.page.mapping_tab.mapping_table
    assert (
        editor.mapTo(window.page, editor.rect().topLeft()).y()
        < fields.mapTo(window.page, fields.rect().topLeft()).y()
    )
    texts = window.visible_texts()
    assert "Preview shows to whom it happened in the last 28 days" in texts
    assert "Phrase" not in texts
    when = next(one for one in editor.findChildren(DropdownField) if one.accessibleName() == "When")
    when.chosen.emit(RuleTrigger.PHRASE.value)
    assert "Phrase" in window.visible_texts()
    view = window.models.mapping.view()
    assert view is not None
    assert "Say the phrase that a ticket has to hold." in view.problems
    assert controls_without_name(window.page) == []
    await window.wait_until(lambda: clipped_texts(window.page) == [])


async def test_rule_without_everybodys_data_says_what_is_missing(window: SyncPageDriver) -> None:
    await add_rule(window)
    window.models.mapping.change_rule("effects.pause_days", 7)
    window.models.mapping.save_draft()
    await window.wait_until(
        lambda: "No data was read on this computer yet." in window.visible_texts()
    )
    assert window.models.mapping.has_unsaved_changes


async def test_sync_of_sell_optouts_asks_for_its_marks_and_for_nothing_else(
    window: SyncPageDriver,
) -> None:
    window.models.page.add_new("", SourceKind.SELL_OPTOUTS.value, "Refused in Sell")
    await window.wait_until(
        lambda: (
            (now := window.models.page.selected_sync()) is not None
            and now.sync.source.kind is SourceKind.SELL_OPTOUTS
        )
    )
    window.show_mapping()
    texts = window.visible_texts()
    wanted = ("Tags that mean opted out", "Its values that mean opted out", "Everybody else is")
    assert all(one in texts for one in wanted)
    for absent in ("What it does", "Only with consent for", "Contact limit", "Add a row"):
        assert absent not in texts
    assert not window.page.mapping_tab.rules_editor.stages_card.isVisible()
    window.models.mapping.change_rule("source.optout.out_values", ("no",))
    view = window.models.mapping.view()
    assert view is not None
    assert "Say which custom field of Zendesk Sell has these values." in view.problems
    assert controls_without_name(window.page) == []
    await window.wait_until(lambda: clipped_texts(window.page) == [])

    window.models.mapping.discard_draft()
    window.models.page.add_new("", "sailthru_lists sell_optouts", "Refused in Sailthru")
    await window.wait_until(
        lambda: (
            (now := window.models.page.selected_sync()) is not None
            and now.sync.target is TargetType.SELL_OPTOUTS
        )
    )
    window.show_mapping()
    texts = window.visible_texts()
    assert all(one in texts for one in ("Lists", *wanted, "What it does"))
    assert all(one not in texts for one in ("Several with one address", "Contact limit"))

    window.models.page.add_new("", SourceKind.SELL_PRODUCTS.value, "Our products")
    await window.wait_until(
        lambda: (now := window.models.page.selected_sync()) is not None and now.sync.is_of_products
    )
    window.show_mapping()
    texts = window.visible_texts()
    assert all(one in texts for one in ("Which products", "Addresses of products", "Prices in"))
    assert PLACEHOLDER_TEXT.partition(":")[0] in texts
    for absent in ("Tags that mean opted out", "Contact limit", "What it does"):
        assert absent not in texts
    editor = window.page.mapping_tab.rules_editor
    assert not editor.stages_card.isVisible()
    assert window.find_one("Limit in products", NumberField).text() == "200 products"
    assert "people" not in window.visible_texts(editor)
    # A product has no address to be left out by.
    card = window.page.mapping_tab.left_out_card
    await window.wait_until(card.form.isHidden)
    assert any("row of a preview" in one.text() for one in card.findChildren(QLabel))
    assert controls_without_name(window.page) == []
