"""“Did the mail go out?”: a customer's last e-mails, each sent, held back, or bounced.

Sailthru has no record of what it held back. A campaign to a list that the customer is on, which is
not among the campaigns that they got, was: the reason is judged by what their profile says.
docs/sailthru.md 2.2, 2.5.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from desktop.model.json_value import Json
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_profile import SailthruProfile

# As many as Sailthru returns of either kind (docs/sailthru.md 2.2).
MAX_RECENT_MAILS = 10
# Older campaigns are not judged: what the profile says now was not so then.
TRAIL_DAYS = 30
_DAY_S = 86400.0


class MailOutcome(Enum):
    """What became of an e-mail to a customer; UNKNOWN: Sailthru does not say."""

    SENT = "sent"
    SCHEDULED = "scheduled"
    BOUNCED = "bounced"
    SUPPRESSED = "suppressed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SentMail:
    """An e-mail that Sailthru says it sent to one address; `name` is its template or campaign.

    `status` is Sailthru's word for a triggered send, empty for a campaign. Times are Unix seconds,
    None where they are not told. `id` is empty where it is not told.
    """

    id: str
    name: str
    at: float | None = None
    status: str = ""
    opened_at: float | None = None
    is_campaign: bool = False


@dataclass(frozen=True)
class SentCampaign:
    """A campaign that Sailthru has sent to a list, whoever of it got it."""

    id: str
    name: str
    list_name: str
    at: float | None


@dataclass(frozen=True)
class RecentMail:
    """What Sailthru tells of one address's last e-mails; a kind it does not tell of is None.

    `refused_templates` are single templates that the customer has unsubscribed from.
    """

    sends: tuple[SentMail, ...] | None
    campaigns: tuple[SentMail, ...] | None
    is_hard_bounced: bool = False
    refused_templates: tuple[str, ...] = ()


@dataclass(frozen=True)
class MailEntry:
    """An e-mail on a customer's trail; `reason` says why it was held back, or how it bounced."""

    name: str
    at: float | None
    outcome: MailOutcome
    reason: str = ""
    is_campaign: bool = False
    opened_at: float | None = None

    def as_json(self) -> dict[str, Json]:
        """The e-mail as JSON, an object of `mail` of `fairlead why` and `lookup --mail`."""
        return {
            "name": self.name,
            "at": self.at,
            "kind": "campaign" if self.is_campaign else "triggered",
            "outcome": self.outcome.value,
            "reason": self.reason or None,
            "opened_at": self.opened_at,
        }


@dataclass(frozen=True)
class MailTrail:
    """A customer's last e-mails, the newest first, and what cannot be known, a sentence each.

    `refused_templates` are single e-mails that the customer has unsubscribed from.
    """

    entries: tuple[MailEntry, ...]
    unknown: tuple[str, ...]
    refused_templates: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Json]:
        """The trail as JSON: `mail` of `fairlead why` and `lookup --mail`."""
        entries: list[Json] = [one.as_json() for one in self.entries]
        unknown: list[Json] = list(self.unknown)
        refused: list[Json] = list(self.refused_templates)
        return {"entries": entries, "unknown": unknown, "refused_templates": refused}


def build_mail_trail(
    profile: SailthruProfile,
    recent: RecentMail,
    campaigns: tuple[SentCampaign, ...] | None,
    *,
    is_paused: bool,
    now: float,
) -> MailTrail:
    """Build the trail of a customer's e-mails from what Sailthru told.

    `campaigns` were sent to any list, None where the key may not read them. `is_paused`: marketing
    is held back by a pause at this moment.
    """
    entries = [_entry_of_send(one) for one in recent.sends or ()]
    got = {one.id: one for one in recent.campaigns or () if one.id}
    told = {one.id: one for one in campaigns or ()}
    for one in recent.campaigns or ():
        known = told.get(one.id)
        name = one.name or (known.name if known is not None else f"Campaign {one.id}")
        at = one.at if one.at is not None else (known.at if known is not None else None)
        entries.append(MailEntry(name, at, MailOutcome.SENT, "", True, one.opened_at))
    # Of ten that are told, an older one may be the eleventh.
    reach = -1.0
    if recent.campaigns is not None and len(recent.campaigns) >= MAX_RECENT_MAILS:
        reach = min((one.at or now for one in recent.campaigns), default=now)
    for campaign in campaigns or ():
        at = campaign.at
        joined_at = profile.lists.get(campaign.list_name, now)
        is_theirs = campaign.list_name in profile.lists and at is not None
        if campaign.id in got or not is_theirs or at is None or now - at > TRAIL_DAYS * _DAY_S:
            continue
        if at < (joined_at or 0.0) or at < reach:
            continue
        reason = _held_back_because(profile, recent, at, is_paused=is_paused)
        is_told = recent.campaigns is not None
        outcome = MailOutcome.SUPPRESSED if reason or is_told else MailOutcome.UNKNOWN
        reason = reason or (
            "reason not available from Sailthru: a filter, or an opt-out of single e-mails"
            if is_told
            else f"sent to the list {campaign.list_name}; whether to them is not told"
        )
        entries.append(MailEntry(campaign.name, at, outcome, reason, True))
    entries.sort(key=lambda one: -(one.at or 0.0))
    unknown = tuple(_unknown(recent, campaigns))
    return MailTrail(tuple(entries), unknown, recent.refused_templates)


_SEND_OUTCOMES: Mapping[str, tuple[MailOutcome, str]] = {
    "delivered": (MailOutcome.SENT, ""),
    "scheduled": (MailOutcome.SCHEDULED, ""),
    "softbounce": (MailOutcome.BOUNCED, "for now: a full mailbox, or a server that was away"),
    "hardbounce": (MailOutcome.BOUNCED, "for good: the address does not accept mail"),
}


def _entry_of_send(send: SentMail) -> MailEntry:
    unsaid = (MailOutcome.UNKNOWN, "Sailthru does not know yet whether it arrived")
    outcome, reason = _SEND_OUTCOMES.get(send.status, unsaid)
    name = send.name or f"E-mail {send.id}"
    return MailEntry(name, send.at, outcome, reason, False, send.opened_at)


def _held_back_because(
    profile: SailthruProfile, recent: RecentMail, at: float, *, is_paused: bool
) -> str:
    """Say why a campaign to a customer's list was held back, as the profile tells; or ""."""
    if recent.is_hard_bounced or (profile.engagement or "").lower() == "hardbounce":
        return "mail to the address has bounced for good"
    opted_out_at = profile.activity.get("optout_time")
    is_opted_out = profile.optout not in (None, OptOutLevel.NONE)
    if is_opted_out and profile.optout and (opted_out_at is None or opted_out_at <= at):
        return f"opted out: {profile.optout.label}"
    if is_paused:
        return "marketing is paused, if the campaign leaves out the list of paused customers"
    return ""


def _unknown(recent: RecentMail, campaigns: tuple[SentCampaign, ...] | None) -> Iterator[str]:
    if recent.sends is None:
        yield "Sailthru does not tell the last triggered e-mails of this account."
    if recent.campaigns is None:
        yield "Sailthru does not tell which campaigns they got."
    if campaigns is None:
        yield "Your Sailthru key may not read campaigns, so those held back are not listed."
    else:
        yield (
            f"Held-back campaigns are judged by the lists they are on, for {TRAIL_DAYS} days back."
        )
    yield (
        "A triggered e-mail that Sailthru refused, such as a receipt to somebody who gets no e-mail"
        " at all, leaves no trace."
    )
