"""Reads “Did the mail go out?” from Sailthru: a customer's last e-mails, as far as it tells."""

import asyncio
import logging
from datetime import datetime

from desktop.clients.sailthru.client import SailthruClient
from desktop.kit.errors import AppError, Forbidden, InvalidInput, NotFound, ValuesRejected
from desktop.model.mail_trail import (
    MailTrail,
    RecentMail,
    SentCampaign,
    SentMail,
    build_mail_trail,
)
from desktop.model.marketing_pause import parse_pause_terms
from desktop.model.sailthru_profile import SailthruProfile

log = logging.getLogger(__name__)

_REFUSALS = (Forbidden, NotFound, ValuesRejected, InvalidInput)


async def read_mail_trail(
    sailthru: SailthruClient, profile: SailthruProfile, paused_var: str, now: float
) -> MailTrail:
    """Read a customer's last e-mails: two calls, and one for each send whose end is not told.

    What the key may not read is said in the trail. Raises what keeps Sailthru from answering.
    """
    address = profile.email or ""
    if not address:
        return MailTrail((), ("The profile has no e-mail address.",))
    recent, campaigns = await asyncio.gather(
        _read_recent(sailthru, address), _read_campaigns(sailthru)
    )
    if recent.sends is not None:
        sends = await asyncio.gather(*(_complete(sailthru, one) for one in recent.sends))
        recent = RecentMail(
            tuple(sends), recent.campaigns, recent.is_hard_bounced, recent.refused_templates
        )
    terms = parse_pause_terms(profile.vars.get(paused_var))
    today = datetime.fromtimestamp(now).astimezone().date()
    is_paused = terms is not None and not terms.is_over(today)
    return build_mail_trail(profile, recent, campaigns, is_paused=is_paused, now=now)


async def _read_recent(sailthru: SailthruClient, address: str) -> RecentMail:
    try:
        return await sailthru.get_recent_mail(address)
    except _REFUSALS as error:
        log.info("The last e-mails of a customer could not be read: %s", error.code)
        return RecentMail(None, None)


async def _read_campaigns(sailthru: SailthruClient) -> tuple[SentCampaign, ...] | None:
    try:
        return await sailthru.list_sent_campaigns()
    except _REFUSALS as error:
        log.info("The campaigns could not be read: %s", error.code)
        return None


async def _complete(sailthru: SailthruClient, send: SentMail) -> SentMail:
    """Read how a triggered send ended, where Sailthru has told no more than its id."""
    if send.status or not send.id:
        return send
    try:
        return await sailthru.get_send(send.id)
    except AppError as error:
        # It is told without its end: older than 90 days, or not for this key.
        log.info("A send could not be read: %s", error.code)
        return send
