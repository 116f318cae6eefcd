"""Which syncs, rules and segments use a Sailthru list."""

from dataclasses import replace

from desktop.audience.list_uses import find_list_uses
from desktop.model.audience_segment import SavedSegment
from desktop.model.sync import SourceKind, SyncEffects, SyncSource
from desktop.sync.sync_presets import PresetNames, build_preset


def test_each_way_of_using_a_list_is_told_and_once() -> None:
    sync = replace(
        build_preset("sailthru-to-zendesk", PresetNames("box", "smart", "mark", "tag")),
        title="Back",
        source=SyncSource(SourceKind.SAILTHRU_LISTS, lists=("VIP", "VIP")),
        effects=SyncEffects(add_to_lists=("Seen",)),
        covering_list="All",
    )
    rule = replace(
        sync,
        title="Angry",
        source=SyncSource(SourceKind.RULE),
        effects=SyncEffects(remove_from_lists=("VIP",), pause_days=3, pause_list="Paused"),
        covering_list="",
    )
    segments = [
        SavedSegment("Good", 'list is "VIP" or (list is not Winback and tag is x)', 0.0, "Ada"),
        SavedSegment("Newer", "moon is full", 0.0, "Ada"),
    ]
    assert find_list_uses([sync, rule], segments) == {
        "VIP": (
            "sync “Back” reads it",
            "rule “Angry” takes people off it",
            "segment “Good” asks for it",
        ),
        "Seen": ("sync “Back” puts people on it",),
        "All": ("sync “Back” reads profiles by its export",),
        "Paused": ("rule “Angry” pauses by it",),
        "Winback": ("segment “Good” asks for it",),
    }
