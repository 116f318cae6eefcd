"""Every field of a sync that a person can set: its label, help, kind and choices.

The forms of the window and `fairlead sync set` are made from this one table.
"""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from desktop.kit.errors import InvalidInput
from desktop.model.attribute_path import read_value, replace_value
from desktop.model.lifecycle_stage import CapPeriod, ContactEvent, FrequencyCap
from desktop.model.name_splitting import NameSplitRule
from desktop.model.optout_level import OptOutLevel
from desktop.model.rule_trigger import MAX_RULE_PAUSE_DAYS, PhrasePlace, RuleTrigger
from desktop.model.sell_optout import SellOptOutDefault
from desktop.model.service import Service
from desktop.model.sync import (
    ATTESTATION_TEXT,
    FlowPolicy,
    MatchIdentifier,
    OptInAttestation,
    SharedAddressRule,
    SourceKind,
    Sync,
)

# Paths of fields that are no attribute of a sync by themselves.
ATTESTED_PATH = "opt_in.attested"
CAP_PATH = "pressure.on"

IDENTIFIER_CHOICES = (
    (MatchIdentifier.SID.value, "earlier match"),
    (MatchIdentifier.EMAIL.value, "e-mail address"),
    (MatchIdentifier.EXTERNAL_ID.value, "external id"),
    (MatchIdentifier.PHONE.value, "phone"),
)
_COPIES_ZENDESK = (SourceKind.ZENDESK_USERS, SourceKind.ZENDESK_TICKETS)
_OF_RULE = (SourceKind.RULE,)
_READS_ZENDESK = (*_COPIES_ZENDESK, *_OF_RULE)
_COPIES_TO_SAILTHRU = (*_COPIES_ZENDESK, SourceKind.SELL_CONTACTS, SourceKind.SELL_LEADS)
_WRITES_SAILTHRU = (*_COPIES_TO_SAILTHRU, *_OF_RULE)
_COPIES = (*_COPIES_TO_SAILTHRU, SourceKind.SAILTHRU_LISTS)
_READS_SAILTHRU = (SourceKind.SAILTHRU_LISTS,)
_OF_PRODUCTS = (SourceKind.SELL_PRODUCTS,)
_OF_OPTOUTS = (SourceKind.SELL_OPTOUTS, SourceKind.SAILTHRU_LISTS)
_OF_PEOPLE = tuple(kind for kind in SourceKind if kind is not SourceKind.SELL_PRODUCTS)
_TO_ANY = tuple(kind for kind in SourceKind if kind is not SourceKind.SELL_OPTOUTS)
_CREATES_PEOPLE = tuple(kind for kind in _TO_ANY if kind is not SourceKind.SELL_PRODUCTS)


class SyncFieldKind(Enum):
    """The form of a sync field's value; the words stand in the command line's help."""

    SWITCH = "on or off"
    TEXT = "text"
    NAMES = "names with commas between"
    NUMBER = "number"
    CHOICE = "one of"
    JSON = "JSON"


@dataclass(frozen=True)
class SyncField:
    """One settable field of a sync, addressed by its attribute's path (`effects.add_tags`).

    `choices` are (key, text). `sources` are the kinds of source whose syncs have the field;
    `service`: only those that read or write it. `of_optouts`: only syncs of opt-outs have it, or
    only the others, as they write nothing else and nothing holds an opt-out back; None: both.
    """

    path: str
    label: str
    help: str
    kind: SyncFieldKind = SyncFieldKind.TEXT
    choices: tuple[tuple[str, str], ...] = ()
    minimum: int = 0
    maximum: int = 0
    sources: tuple[SourceKind, ...] = tuple(SourceKind)
    service: Service | None = None
    of_optouts: bool | None = None


_SWITCH, _NAMES = SyncFieldKind.SWITCH, SyncFieldKind.NAMES
_NUMBER, _CHOICE, _JSON = SyncFieldKind.NUMBER, SyncFieldKind.CHOICE, SyncFieldKind.JSON

SYNC_FIELDS = (
    SyncField("title", "Name", "What people call the sync."),
    SyncField("description", "Description", "What the sync is for."),
    SyncField("labels", "Labels", "Labels by which syncs are filtered.", _NAMES),
    SyncField("favourite", "Favourite", "Favourites stand first.", _SWITCH),
    SyncField(
        "source.trigger",
        "When",
        "What happens to a customer. It acts on what happens from the moment it is switched on.",
        _CHOICE,
        choices=tuple((trigger.value, trigger.label) for trigger in RuleTrigger),
        sources=_OF_RULE,
    ),
    SyncField(
        "source.phrase",
        "Phrase",
        "Words in a row that a new ticket says; as a place, tag: the whole tag.",
        sources=_OF_RULE,
    ),
    SyncField(
        "source.phrase_in",
        "In its",
        "Where the phrase stands in the ticket.",
        _CHOICE,
        choices=tuple((place.value, place.label) for place in PhrasePlace),
        sources=_OF_RULE,
    ),
    SyncField(
        "source.segment",
        "Only people in the segment",
        "A saved segment of Audience; asked at each run. Empty: everybody. Of “Somebody comes into"
        " the segment”: that one.",
        sources=_READS_ZENDESK,
    ),
    SyncField(
        "source.lists",
        "Lists",
        "Sailthru lists that are read, smart ones too. None: every natural list.",
        _NAMES,
        sources=_READS_SAILTHRU,
    ),
    SyncField(
        "source.within_days",
        "Tickets of",
        "Only tickets made in so many days. 0: of any age.",
        _NUMBER,
        maximum=3650,
        sources=(SourceKind.ZENDESK_TICKETS,),
    ),
    SyncField(
        "source.products.url",
        "Addresses of products",
        "The web address of each product, with {sku} or {id} in it. Sailthru knows an item by its"
        " address: another pattern makes other items.",
        sources=_OF_PRODUCTS,
    ),
    SyncField(
        "source.products.currency",
        "Prices in",
        "Such as EUR: which of a product's prices is taken, in cents. Empty: the first one.",
        sources=_OF_PRODUCTS,
    ),
    SyncField(
        "source.optout.out_tags",
        "Tags that mean opted out",
        "A contact or lead with one of these tags is opted out, whatever else is said of it. Who is"
        " opted out in Sailthru gets the first of them.",
        _NAMES,
        sources=_OF_OPTOUTS,
        of_optouts=True,
    ),
    SyncField(
        "source.optout.in_tags",
        "Tags that mean opted in",
        "Nobody is opted in by a tag alone: a person decides in the preview.",
        _NAMES,
        sources=_OF_OPTOUTS,
        of_optouts=True,
    ),
    SyncField(
        "source.optout.field",
        "Or the custom field",
        "Name or id of a custom field of contacts and leads. The id outlives a new name.",
        sources=_OF_OPTOUTS,
        of_optouts=True,
    ),
    SyncField(
        "source.optout.out_values",
        "Its values that mean opted out",
        "Values of that field; a check box is yes or no. One with a comma stands in quotes.",
        _NAMES,
        sources=_OF_OPTOUTS,
        of_optouts=True,
    ),
    SyncField(
        "source.optout.in_values",
        "Its values that mean opted in",
        "Nobody is opted in by a value alone: a person decides in the preview.",
        _NAMES,
        sources=_OF_OPTOUTS,
        of_optouts=True,
    ),
    SyncField(
        "source.optout.level",
        "Opted out means",
        "The level that they get in Sailthru. A stricter one there stays; who has it or a stricter"
        " one there is marked in Zendesk Sell.",
        _CHOICE,
        choices=tuple((level.value, level.label) for level in (OptOutLevel.BASIC, OptOutLevel.ALL)),
        sources=_OF_OPTOUTS,
        of_optouts=True,
    ),
    SyncField(
        "source.optout.default",
        "Everybody else is",
        "What counts for people who are marked neither way.",
        _CHOICE,
        choices=(
            (SellOptOutDefault.UNKNOWN.value, "Unknown: do not change"),
            (SellOptOutDefault.OPTED_OUT.value, "Opted out"),
            (SellOptOutDefault.OPTED_IN.value, "Opted in, where a person agrees"),
        ),
        sources=_OF_OPTOUTS,
        of_optouts=True,
    ),
    SyncField(
        "source.where",
        "Only people whose…",
        "Conditions that must all hold, objects of field, test and value. None holds an opt-out of"
        " Zendesk Sell back.",
        _JSON,
    ),
    SyncField(
        "stages",
        "Lifecycle stages",
        "Stages, objects of name and where (conditions).",
        _JSON,
        sources=_COPIES,
        of_optouts=False,
    ),
    SyncField(
        "source.stage",
        "Only in stage",
        "Only people in this stage now. Empty: all.",
        sources=_COPIES,
        of_optouts=False,
    ),
    SyncField(
        "identity",
        "Match by",
        "How a person is found in the other service: an earlier match always counts first, then"
        " every address, then the external id. A phone number proposes and never decides.",
        _NAMES,
        choices=IDENTIFIER_CHOICES,
        sources=_OF_PEOPLE,
    ),
    SyncField(
        "mapping",
        "Mapping",
        "Which field goes where, objects of source, target, operator, type and more.",
        _JSON,
        sources=_TO_ANY,
    ),
    SyncField(
        "name_split",
        "Splitting names",
        "How first and last name are made of Zendesk's one name. “Lopez, Anna” is Anna Lopez by"
        " both; an address or a number is nobody's name.",
        _CHOICE,
        choices=tuple((rule.value, rule.label) for rule in NameSplitRule),
        sources=_READS_ZENDESK,
    ),
    SyncField(
        "both_directions",
        "Both directions",
        "Switching this sync on or off does the same with the one of the other direction.",
        _SWITCH,
        service=Service.SELL,
        sources=_OF_PEOPLE,
    ),
    SyncField(
        "shared_address",
        "Several with one address",
        "Which contact or lead of Zendesk Sell is updated where several share an address. A choice"
        " of a person is remembered.",
        _CHOICE,
        choices=(
            (SharedAddressRule.ASK.value, "Ask"),
            (SharedAddressRule.FIRST_SAME_NAME.value, "The first with the same name"),
            (SharedAddressRule.FIRST.value, "The first"),
            (SharedAddressRule.NONE.value, "None of them"),
        ),
        sources=_OF_PEOPLE,
        of_optouts=False,
        service=Service.SELL,
    ),
    SyncField(
        "effects.create_missing",
        "Create missing people",
        "Creates whoever the other service does not have yet; a sync of opt-outs only those who"
        " are opted out.",
        _SWITCH,
        sources=_CREATES_PEOPLE,
    ),
    SyncField(
        "effects.add_to_lists",
        "Adds to lists",
        "Natural lists of Sailthru that people join.",
        _NAMES,
        sources=_WRITES_SAILTHRU,
    ),
    SyncField(
        "effects.remove_from_lists",
        "Removes from lists",
        "Natural lists of Sailthru that people leave.",
        _NAMES,
        sources=_OF_RULE,
    ),
    SyncField(
        "effects.pause_days",
        "Pauses marketing for",
        "At most so many days; it ends sooner with their last open ticket. 0: no pause.",
        _NUMBER,
        maximum=MAX_RULE_PAUSE_DAYS,
        sources=_OF_RULE,
    ),
    SyncField(
        "effects.remove_when_gone",
        "Remove from the list when they no longer qualify",
        "Takes people off these lists again.",
        _SWITCH,
        sources=_COPIES_TO_SAILTHRU,
    ),
    SyncField(
        "effects.add_tags",
        "Gives tags",
        "Tags that people get. A rule that gives tags writes to Zendesk alone.",
        _NAMES,
        sources=(*_READS_SAILTHRU, *_OF_RULE),
        of_optouts=False,
    ),
    SyncField(
        "effects.untag_when_gone",
        "Remove the tag when they no longer qualify",
        "Takes these tags away again.",
        _SWITCH,
        sources=_READS_SAILTHRU,
        of_optouts=False,
    ),
    SyncField(
        "effects.list_name_field",
        "List name into",
        "Key of the user field that takes the name of the list a person came from.",
        sources=_READS_SAILTHRU,
        of_optouts=False,
    ),
    SyncField(
        "effects.deleted_var",
        "Deleted marks",
        "Becomes true when the person is deleted at the source. Nothing is deleted in Sailthru.",
        sources=_COPIES_TO_SAILTHRU,
    ),
    SyncField(
        "effects.lead_lists",
        "Lists by lead status",
        "Each status of Zendesk Sell's leads is a Sailthru list. Of several lists the one joined"
        " last counts.",
        _SWITCH,
        sources=_OF_PEOPLE,
        of_optouts=False,
        service=Service.SELL,
    ),
    SyncField(
        ATTESTED_PATH,
        ATTESTATION_TEXT,
        "Kept with your name and the time. It needs to be on before opt_in.email.",
        _SWITCH,
        sources=_WRITES_SAILTHRU,
    ),
    SyncField(
        "opt_in.email",
        "New people agreed to marketing e-mail",
        "Counts for people created from now on. Nobody who is there already changes.",
        _SWITCH,
        sources=_WRITES_SAILTHRU,
    ),
    SyncField(
        "flows",
        "E-mail flows",
        "Whether joining a list may start e-mail flows in Sailthru.",
        _CHOICE,
        choices=(
            (FlowPolicy.NOT_STARTED.value, "Don't start e-mail flows"),
            (FlowPolicy.MAY_START.value, "May start e-mail flows"),
        ),
        sources=_WRITES_SAILTHRU,
    ),
    SyncField(
        "covering_list",
        "Reads profiles by the list",
        "A plan reads profiles by one export of this Sailthru list, and singly whoever is not on it"
        " or would change. Empty: it chooses a list with 80 % of the people; none: one by one.",
        sources=_WRITES_SAILTHRU,
    ),
    SyncField(
        "purposes",
        "Require consent",
        "Only people with evidence for one of these, objects of name and evidence (a condition).",
        _JSON,
        sources=_OF_PEOPLE,
        of_optouts=False,
    ),
    SyncField(
        CAP_PATH,
        "Contact limit",
        "Leaves out people it reached often enough.",
        _SWITCH,
        sources=_OF_PEOPLE,
        of_optouts=False,
    ),
    SyncField(
        "pressure.most",
        "At most",
        "So many times within the period.",
        _NUMBER,
        minimum=1,
        maximum=1000,
        sources=_OF_PEOPLE,
        of_optouts=False,
    ),
    SyncField(
        "pressure.window",
        "within",
        "The period of the contact limit.",
        _CHOICE,
        choices=(
            (CapPeriod.DAY.value, "a day"),
            (CapPeriod.WEEK.value, "a week"),
            (CapPeriod.MONTH.value, "a month"),
            (CapPeriod.QUARTER.value, "a quarter"),
        ),
        sources=_OF_PEOPLE,
        of_optouts=False,
    ),
    SyncField(
        "pressure.event",
        "Counts",
        "People over the limit are left out until the time has passed. Sailthru tells only"
        " the last open and the last click, of any e-mail.",
        _CHOICE,
        choices=(
            (ContactEvent.SENT.value, "every time it writes to them"),
            (ContactEvent.OPENED.value, "only if they opened e-mail since"),
            (ContactEvent.CLICKED.value, "only if they clicked in e-mail since"),
        ),
        sources=_OF_PEOPLE,
        of_optouts=False,
    ),
    SyncField(
        "limits.people",
        "Limit",
        "A run stops before it writes when more of them would notice it.",
        _NUMBER,
        maximum=1_000_000,
    ),
    SyncField(
        "limits.percent",
        "or",
        "The larger of the two counts. A run stops before it writes when more would start or"
        " stop getting e-mail, join or leave a list, or lose a value.",
        _NUMBER,
        maximum=100,
    ),
    SyncField("schedule", "Schedule", "When it runs, as in `sync schedule`. off: only by hand."),
    SyncField("notify.on_run", "After every run", "Notifies people after every run.", _SWITCH),
    SyncField(
        "notify.on_failure",
        "When it needs attention",
        "Notifies people when a run needs attention.",
        _SWITCH,
    ),
    SyncField(
        "notify.desktop",
        "A notification on the computer that runs it",
        "Shows a notification on that computer's screen.",
        _SWITCH,
    ),
    SyncField("notify.email", "E-mail to", "Addresses that are notified by e-mail.", _NAMES),
)
_FIELDS_BY_PATH: Mapping[str, SyncField] = {field.path: field for field in SYNC_FIELDS}
# What a person decides elsewhere, and how.
_SET_ELSEWHERE = {
    "on": "`fairlead sync on SYNC` and `off` switch a sync.",
    "name": "A sync keeps its name for scripts; `title` is what people read.",
    "target": "`fairlead sync add --from KIND --to KIND --title NAME` makes such a sync.",
    "source.kind": "`fairlead sync add --from KIND --title NAME` makes a sync of another kind.",
}


def find_sync_field(path: str) -> SyncField:
    """Find the sync field at `path`. Raises InvalidInput with the nearest one."""
    field = _FIELDS_BY_PATH.get(path)
    if field is not None:
        return field
    shown = path[:60]
    if path in _SET_ELSEWHERE:
        raise InvalidInput(f"“{shown}” is not set here.", "", _SET_ELSEWHERE[path])
    near = difflib.get_close_matches(path, _FIELDS_BY_PATH, n=1)
    hint = f"Did you mean “{near[0]}”?" if near else "`fairlead sync set --help` lists them."
    raise InvalidInput(f"A sync has no field “{shown}”.", "Nothing was changed.", hint)


def sync_fields_of(sync: Sync) -> tuple[SyncField, ...]:
    """Return the settable fields of a sync of this kind of source."""
    return tuple(
        field
        for field in SYNC_FIELDS
        if sync.source.kind in field.sources
        and (field.service is None or field.service in sync.services)
        and field.of_optouts in (None, sync.is_of_optouts)
    )


def read_sync_field(sync: Sync, path: str) -> Any:
    """Read a sync field's value as the forms have it; without a frequency cap its defaults."""
    if path == ATTESTED_PATH:
        return sync.opt_in.is_attested
    if path == CAP_PATH:
        return sync.pressure is not None
    if path == "identity":
        return tuple(identifier.value for identifier in sync.identity)
    if path == "source.within_days":
        return sync.source.within_days or 0
    if path.startswith("pressure."):
        return read_value(sync.pressure or FrequencyCap(), path.removeprefix("pressure."))
    return read_value(sync, path)


def replace_sync_field(sync: Sync, path: str, value: Any) -> Sync:
    """Return a sync with one field replaced by a value as `read_sync_field` gives it.

    Attesting needs a person and a time: see `attest_consent`; here it can only be taken back.
    """
    if path == ATTESTED_PATH:
        # Taken back: what was confirmed with it is not either.
        return replace(sync, opt_in=OptInAttestation())
    if path == CAP_PATH:
        return replace(sync, pressure=(sync.pressure or FrequencyCap()) if value else None)
    if path == "identity":
        return replace(sync, identity=tuple(map(MatchIdentifier, value)))
    if path == "source.within_days":
        days = value if isinstance(value, int) and value > 0 else None
        return replace(sync, source=replace(sync.source, within_days=days))
    if path.startswith("pressure."):
        cap = replace_value(sync.pressure or FrequencyCap(), path.removeprefix("pressure."), value)
        return replace(sync, pressure=cap)
    return replace_value(sync, path, value)


def attest_consent(sync: Sync, who: str, now: float) -> Sync:
    """Return a sync with its consent attested by `who` at `now` (Unix seconds)."""
    return replace(sync, opt_in=replace(sync.opt_in, attested_by=who, attested_at=now))


def widens_opt_in(before: Sync | None, after: Sync) -> bool:
    """Whether a changed sync opts in people whom the old attestation did not speak of.

    An attestation speaks of the people a sync creates: other people or other lists need another.
    """
    if not (after.opt_in.email and after.effects.create_missing):
        return False
    if before is None or not (before.opt_in.is_attested and before.opt_in.email):
        return True
    return _opted_in(before) != _opted_in(after)


def _opted_in(sync: Sync) -> tuple[object, ...]:
    effects = sync.effects
    stages = sync.stages if sync.source.stage else ()
    return (sync.source, stages, sync.purposes, effects.create_missing, effects.add_to_lists)
