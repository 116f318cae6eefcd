"""What became of a customer's e-mails, judged from what Sailthru tells."""

import pytest

from desktop.model.mail_trail import (
    MAX_RECENT_MAILS,
    MailOutcome,
    RecentMail,
    SentCampaign,
    SentMail,
    build_mail_trail,
)
from desktop.model.optout_level import OptOutLevel
from desktop.model.sailthru_profile import SailthruProfile

DAY = 86400.0
NOW = 1_000 * DAY


def profile_of(**values: object) -> SailthruProfile:
    given = {"lists": {"News": NOW - 90 * DAY}, "optout": OptOutLevel.NONE, **values}
    return SailthruProfile("s" * 24, "a@x.example", **given)  # type: ignore[arg-type]


def campaign(days: float, number: str = "1", list_name: str = "News") -> SentCampaign:
    return SentCampaign(number, f"Picks {number}", list_name, NOW - days * DAY)


@pytest.mark.parametrize(
    ("status", "outcome", "words"),
    [
        ("delivered", MailOutcome.SENT, ""),
        ("scheduled", MailOutcome.SCHEDULED, ""),
        ("softbounce", MailOutcome.BOUNCED, "for now"),
        ("hardbounce", MailOutcome.BOUNCED, "for good"),
        ("unknown", MailOutcome.UNKNOWN, "does not know yet"),
        ("", MailOutcome.UNKNOWN, "does not know yet"),
        ("a new word", MailOutcome.UNKNOWN, "does not know yet"),
    ],
)
def test_triggered_send_by_its_status(status: str, outcome: MailOutcome, words: str) -> None:
    recent = RecentMail((SentMail("7", "Receipt", NOW, status),), ())
    (entry,) = build_mail_trail(profile_of(), recent, (), is_paused=False, now=NOW).entries
    assert entry.outcome is outcome
    assert words in entry.reason


@pytest.mark.parametrize(
    ("profile", "is_paused", "words"),
    [
        ({"optout": OptOutLevel.BASIC}, False, "opted out: No marketing e-mail"),
        ({"optout": OptOutLevel.ALL, "activity": {"optout_time": NOW - 9 * DAY}}, False, "at all"),
        ({"engagement": "hardbounce"}, False, "bounced for good"),
        ({}, True, "marketing is paused"),
        ({}, False, "reason not available from Sailthru"),
        # Opted out after it was sent: that was not the reason.
        (
            {"optout": OptOutLevel.BASIC, "activity": {"optout_time": NOW - 1 * DAY}},
            False,
            "reason not available from Sailthru",
        ),
    ],
)
def test_campaign_to_their_list_that_they_did_not_get_says_why(
    profile: dict[str, object], is_paused: bool, words: str
) -> None:
    trail = build_mail_trail(
        profile_of(**profile), RecentMail((), ()), (campaign(5),), is_paused=is_paused, now=NOW
    )
    (entry,) = trail.entries
    assert entry.outcome is MailOutcome.SUPPRESSED
    assert words in entry.reason


@pytest.mark.parametrize(
    "sent",
    [
        campaign(5, list_name="Other"),
        campaign(31),
        # Before they joined.
        campaign(89.9, "2"),
        SentCampaign("1", "No time", "News", None),
    ],
)
def test_campaign_that_was_not_for_them_is_not_told(sent: SentCampaign) -> None:
    profile = profile_of(lists={"News": NOW - 10 * DAY})
    trail = build_mail_trail(profile, RecentMail((), ()), (sent,), is_paused=False, now=NOW)
    assert trail.entries == ()


def test_campaign_beyond_the_ten_that_are_told_is_not_taken_for_held_back() -> None:
    got = tuple(
        SentMail(str(n), f"Got {n}", NOW - n * DAY, is_campaign=True)
        for n in range(MAX_RECENT_MAILS)
    )
    sent = (campaign(20, "old"), campaign(3.5, "new"))
    trail = build_mail_trail(profile_of(), RecentMail((), got), sent, is_paused=False, now=NOW)
    held = [one.name for one in trail.entries if one.outcome is MailOutcome.SUPPRESSED]
    assert held == ["Picks new"]


def test_campaign_is_unknown_where_sailthru_does_not_tell_what_they_got() -> None:
    trail = build_mail_trail(
        profile_of(), RecentMail(None, None), (campaign(2),), is_paused=False, now=NOW
    )
    (entry,) = trail.entries
    assert entry.outcome is MailOutcome.UNKNOWN
    assert any("which campaigns they got" in sentence for sentence in trail.unknown)
    # What their opt-out says needs no list of what they got.
    opted_out = build_mail_trail(
        profile_of(optout=OptOutLevel.ALL), RecentMail(None, None), (campaign(2),),
        is_paused=False, now=NOW,
    )  # fmt: skip
    assert opted_out.entries[0].outcome is MailOutcome.SUPPRESSED


def test_campaign_told_by_its_id_alone_has_name_and_time_of_the_campaigns() -> None:
    recent = RecentMail((), (SentMail("1", "", is_campaign=True),))
    (entry,) = build_mail_trail(
        profile_of(), recent, (campaign(2),), is_paused=False, now=NOW
    ).entries
    assert (entry.name, entry.at, entry.outcome) == ("Picks 1", NOW - 2 * DAY, MailOutcome.SENT)
