"""The configuration of a sync: its source, matching, mapping, effects, limits and schedule.

Presets are syncs like any other; the engine knows none of them.
"""

from dataclasses import dataclass, field, replace
from enum import Enum

from desktop.model.consent_check import ConsentPurpose
from desktop.model.field_condition import FieldCondition
from desktop.model.field_mapping import ConflictPreference, MappingRow, SourceType
from desktop.model.lifecycle_stage import FrequencyCap, LifecycleStage
from desktop.model.name_splitting import NameSplitRule
from desktop.model.rule_trigger import PhrasePlace, RuleTrigger
from desktop.model.run_limit import Limit
from desktop.model.sell_optout import NOTHING_MARKED, SellOptOutRule
from desktop.model.sell_product import PLACEHOLDER_ADDRESSES, ProductRule
from desktop.model.service import Service

# Instead of the name of a covering list: profiles are read one by one.
READ_SINGLY = "none"
# Characters; the name is part of a lock file's name.
SYNC_NAME_MAX_LENGTH = 64
# Name, schedule, limits and notifications change nothing that a plan holds.
_PLAN_RELEVANT_FIELDS = (
    "source", "target", "identity", "effects", "purposes", "stages", "opt_in", "shared_address",
    "armed_at",
)  # fmt: skip


class SourceKind(Enum):
    """The kind of source records that a sync reads."""

    ZENDESK_USERS = "zendesk_users"
    ZENDESK_TICKETS = "zendesk_tickets"
    SAILTHRU_LISTS = "sailthru_lists"
    RULE = "rule"
    SELL_CONTACTS = "sell_contacts"
    SELL_LEADS = "sell_leads"
    SELL_OPTOUTS = "sell_optouts"
    SELL_PRODUCTS = "sell_products"

    @property
    def service(self) -> Service:
        """The service that a sync's source records come from."""
        return _SERVICE_BY_SOURCE.get(self, Service.ZENDESK)


_SERVICE_BY_SOURCE = {
    SourceKind.SAILTHRU_LISTS: Service.SAILTHRU,
    SourceKind.SELL_CONTACTS: Service.SELL,
    SourceKind.SELL_LEADS: Service.SELL,
    SourceKind.SELL_OPTOUTS: Service.SELL,
    SourceKind.SELL_PRODUCTS: Service.SELL,
}


class TargetType(Enum):
    """The kind of target records that a sync writes."""

    PROFILES = "sailthru_profiles"
    CONTENT = "sailthru_content"
    USERS = "zendesk_users"
    SELL_CONTACTS = "sell_contacts"
    SELL_LEADS = "sell_leads"
    SELL_OPTOUTS = "sell_optouts"

    @property
    def service(self) -> Service:
        """The service that a sync's target records are in."""
        return _SERVICE_BY_TARGET[self]


_SERVICE_BY_TARGET = {
    TargetType.PROFILES: Service.SAILTHRU,
    TargetType.CONTENT: Service.SAILTHRU,
    TargetType.USERS: Service.ZENDESK,
    TargetType.SELL_CONTACTS: Service.SELL,
    TargetType.SELL_LEADS: Service.SELL,
    TargetType.SELL_OPTOUTS: Service.SELL,
}


class MatchIdentifier(Enum):
    """What a sync finds a record of the other service by (see `customer_matching`).

    SID: a remembered pair, chosen by hand or matched by an earlier run.
    """

    SID = "sid"
    EMAIL = "email"
    EXTERNAL_ID = "external_id"
    PHONE = "phone"


class SharedAddressRule(Enum):
    """Which of several contacts or leads of Sell with one address a sync updates (S3-40)."""

    ASK = "ask"
    FIRST_SAME_NAME = "first_same_name"
    FIRST = "first"
    NONE = "none"


class FlowPolicy(Enum):
    """Whether a sync's writes may start e-mail flows in Sailthru; it picks the way of writing.

    List changes by single posts start flows; by a job they do not, as far as is known
    (docs/sailthru.md 9).
    """

    MAY_START = "may_start"
    NOT_STARTED = "not_started"


@dataclass(frozen=True)
class SyncSource:
    """The query a sync reads its source records with: every condition must hold.

    `lists`: the Sailthru lists (smart ones included); none means every natural list.
    `within_days`: only tickets made in so many days; None: all. `stage`: only people who are in
    this stage now; empty: all. Of a rule: `trigger` is what happens to people, `phrase` what a
    ticket says, `phrase_in` where. `segment` names the saved segment people have to be in, of a
    rule and of a sync that copies users or tickets of Zendesk; empty: everybody. `optout` says whom
    of Sell's contacts and leads a sync of opt-outs, in either direction, takes for opted out;
    `products` how Sell's products become content.
    """

    kind: SourceKind
    lists: tuple[str, ...] = ()
    where: tuple[FieldCondition, ...] = ()
    within_days: int | None = None
    stage: str = ""
    trigger: RuleTrigger = RuleTrigger.TICKET_CREATED
    phrase: str = ""
    phrase_in: PhrasePlace = PhrasePlace.TEXT
    segment: str = ""
    optout: SellOptOutRule = NOTHING_MARKED
    products: ProductRule = PLACEHOLDER_ADDRESSES

    @property
    def condition_fields(self) -> frozenset[str]:
        """The fields that the conditions of a sync's source read."""
        return frozenset(condition.field for condition in self.where)


@dataclass(frozen=True)
class SyncEffects:
    """The changes a sync makes besides its mapping: creates, lists, tags, marks.

    `remove_when_gone`: who was on the lists through this sync and is not in its source any more
    leaves them; `untag_when_gone` likewise for tags. `list_name_field`: the Zendesk user field
    that takes the name of the list a person came from; empty: none. `deleted_var`: the var that
    becomes true when the person is deleted in Zendesk; nothing is ever deleted in Sailthru.
    `lead_lists`: a lead's status in Sell is the Sailthru list of its name.
    Of a rule: `pause_days` pauses marketing for at most so many days (0: it does not), by the var
    and on the list that the account uses for it.
    """

    create_missing: bool = False
    add_to_lists: tuple[str, ...] = ()
    remove_when_gone: bool = False
    add_tags: tuple[str, ...] = ()
    untag_when_gone: bool = False
    list_name_field: str = ""
    deleted_var: str = ""
    remove_from_lists: tuple[str, ...] = ()
    pause_days: int = 0
    pause_var: str = ""
    pause_list: str = ""
    lead_lists: bool = False


# What somebody confirms with their name; the audit keeps the sentence as it was shown.
ATTESTATION_TEXT = "I confirm that the people this sync creates have given their consent"


@dataclass(frozen=True)
class OptInAttestation:
    """Who attested the consent of new contacts, and when (Unix seconds); S1-07, S1-08."""

    email: bool = False
    sms: bool = False
    attested_by: str = ""
    attested_at: float = 0.0

    @property
    def is_attested(self) -> bool:
        """Whether anybody has attested a sync's consent, without which its boxes do not count."""
        return bool(self.attested_by) and self.attested_at > 0


@dataclass(frozen=True)
class NotificationSettings:
    """Who is notified of a sync's runs: after every run, or only after a failed one."""

    on_run: bool = False
    on_failure: bool = True
    desktop: bool = True
    email: tuple[str, ...] = ()


@dataclass(frozen=True)
class Sync:
    """One configured sync. `name` is its identity for scripts; `title` is what people read.

    New syncs are off, and while a sync is off it only reads. `switched_on_by`: whose rights its
    scheduled runs have, as `Actor.key`: who switched it on, or changed what it writes since.
    `checked_at` is when it was last
    checked against the services (Unix seconds, 0: never since it was changed). `schedule` is a
    rule of `model.schedule`, empty: only by hand. `covering_list`: the Sailthru list whose export
    profiles are read by; empty: chosen by each plan, READ_SINGLY: none. `target`: what it writes;
    None: profiles, Zendesk users where it reads Sailthru, content where it reads products.
    `partner`: the sync of the other direction, which is switched on and off with it while
    `both_directions`. `version` counts its saves. `armed_at`: what happened before this moment
    (Unix seconds) makes a rule do nothing; 0: it is off.
    """

    name: str
    title: str
    source: SyncSource
    target: TargetType | None = None
    identity: tuple[MatchIdentifier, ...] = (
        MatchIdentifier.SID,
        MatchIdentifier.EMAIL,
        MatchIdentifier.EXTERNAL_ID,
    )
    mapping: tuple[MappingRow, ...] = ()
    effects: SyncEffects = SyncEffects()
    limits: Limit = field(default_factory=Limit)
    purposes: tuple[ConsentPurpose, ...] = ()
    opt_in: OptInAttestation = OptInAttestation()
    stages: tuple[LifecycleStage, ...] = ()
    pressure: FrequencyCap | None = None
    flows: FlowPolicy = FlowPolicy.NOT_STARTED
    name_split: NameSplitRule = NameSplitRule.FIRST_SPACE
    shared_address: SharedAddressRule = SharedAddressRule.ASK
    partner: str = ""
    both_directions: bool = False
    covering_list: str = ""
    schedule: str = ""
    notify: NotificationSettings = NotificationSettings()
    on: bool = False
    switched_on_by: str = ""
    checked_at: float = 0.0
    preset: str = ""
    favourite: bool = False
    labels: tuple[str, ...] = ()
    description: str = ""
    version: int = 0
    armed_at: float = 0.0

    @property
    def is_rule(self) -> bool:
        """Whether the sync acts on people to whom something has happened."""
        return self.source.kind is SourceKind.RULE

    @property
    def is_of_optouts(self) -> bool:
        """Whether a sync copies opt-outs between Sell and Sailthru, and nothing besides."""
        kinds = (self.source.kind, self.target)
        return SourceKind.SELL_OPTOUTS in kinds or TargetType.SELL_OPTOUTS in kinds

    @property
    def is_of_products(self) -> bool:
        """Whether a sync copies products, which are nobody: no consent, opt-out or match of one."""
        return self.source.kind is SourceKind.SELL_PRODUCTS

    @property
    def picks_people(self) -> bool:
        """Whether the sync looks people up in everybody's data, which needs a right."""
        return self.is_rule or bool(self.source.segment)

    @property
    def noun(self) -> tuple[str, str]:
        """What a sync copies, in a line of text: one of them, several."""
        return ("product", "products") if self.is_of_products else ("person", "people")

    @property
    def target_service(self) -> Service:
        """The service that a configured sync writes to."""
        return self.target_type.service

    @property
    def target_type(self) -> TargetType:
        """The kind of record that a configured sync writes."""
        if self.is_rule:
            # Tags are Zendesk's; all else that a rule does is Sailthru's.
            return TargetType.USERS if self.effects.add_tags else TargetType.PROFILES
        if self.target is not None:
            return self.target
        if self.is_of_products:
            return TargetType.CONTENT
        reads_sailthru = self.source.kind.service is Service.SAILTHRU
        return TargetType.USERS if reads_sailthru else TargetType.PROFILES

    @property
    def services(self) -> frozenset[Service]:
        """The services that a configured sync reads or writes."""
        return frozenset({self.source.kind.service, self.target_service})

    @property
    def pairs_sell_people(self) -> bool:
        """Whether this sync remembers which profile a contact or lead of Sell belongs to."""
        return Service.SELL in self.services and self.source.kind is not SourceKind.SELL_PRODUCTS

    @property
    def stage_fields(self) -> tuple[str, ...]:
        """The target fields of a sync's lifecycle stages; emptied for who leaves the source."""
        return tuple(row.target for row in self.mapping if row.on and row.type is SourceType.STAGES)

    def is_plan_compatible(self, other: "Sync") -> bool:
        """Whether a plan of this sync is valid for `other`: same people, fields and effects.

        Whose value wins a conflict does not count: conflicts are looked at again anyway.
        """
        same = all(getattr(self, part) == getattr(other, part) for part in _PLAN_RELEVANT_FIELDS)
        return same and _without_preferences(self.mapping) == _without_preferences(other.mapping)

    @property
    def is_saved(self) -> bool:
        """Whether a sync's configuration was ever stored."""
        return self.version > 0


def _without_preferences(mapping: tuple[MappingRow, ...]) -> tuple[MappingRow, ...]:
    return tuple(replace(row, prefer=ConflictPreference.SOURCE) for row in mapping)


@dataclass(frozen=True)
class SyncProblem:
    """A problem that keeps a sync from running: a code for scripts, a sentence for people."""

    code: str
    message: str


@dataclass(frozen=True)
class SyncStatus:
    """State of a configured sync: its last run, the next one, how many rows wait for a person.

    `pause_reason` is why it does not run by itself although it is on and has a schedule.
    `paused_people` are those whose marketing a rule has paused, which it ends only while it is on.
    """

    sync: Sync
    last_run: str | None = None
    last_run_state: str = ""
    last_run_at: float | None = None
    next_run_at: float | None = None
    pause_reason: str = ""
    waiting_count: int = 0
    paused_people: int = 0
    running_run: str | None = None
    totals: dict[str, int] = field(default_factory=dict)
