"""What is kept on this computer about one e-mail address, and whether that tells whose it is."""

from dataclasses import dataclass

from desktop.model.email_address import email_match_key
from desktop.model.sailthru_profile import SailthruProfile
from desktop.model.zendesk_user import ZendeskUser

# That a service has nobody counts as long as the export of a covering list does.
ABSENCE_MAX_AGE_S = 3600.0


@dataclass(frozen=True)
class KeptAddress:
    """The Zendesk user and the Sailthru profile that are kept for one address.

    `user_at` and `profile_at` (Unix seconds) are when each was read, also where the service had
    nobody (`user` or `profile` is None); None: nothing is kept. `has_several_users`: different
    readings name different users. `paired`: the profile remembered for this user, kept or not
    (`paired_sid`).
    """

    user: ZendeskUser | None = None
    user_at: float | None = None
    has_several_users: bool = False
    profile: SailthruProfile | None = None
    profile_at: float | None = None
    paired_sid: str = ""
    paired: SailthruProfile | None = None
    paired_at: float | None = None

    def is_user_known(self, now: float) -> bool:
        """Whether it is known here who has the address in Zendesk, or that nobody does."""
        if self.user_at is None or self.has_several_users:
            return False
        if self.user is not None:
            # Without their other addresses it is not known which profiles may be theirs.
            return self.user.identities_read and self.user.active
        return now - self.user_at <= ABSENCE_MAX_AGE_S

    def is_profile_known(self, now: float) -> bool:
        """Whether it is known here which profile has the address, or that none does."""
        if self.profile_at is None:
            return False
        return self.profile is not None or now - self.profile_at <= ABSENCE_MAX_AGE_S

    @property
    def has_other_addresses(self) -> bool:
        """Whether the Zendesk user may have a Sailthru profile by another key than this address."""
        user = self.user
        return user is not None and bool(user.external_id or len(user.emails) > 1)

    @property
    def conflicting_sid(self) -> str:
        """The sid remembered for the user, where the address has another profile; else ""."""
        if self.profile is None or self.paired_sid in ("", self.profile.sid):
            return ""
        return self.paired_sid


def is_same_address(one: str, other: str) -> bool:
    """Whether two texts are one mailbox, whichever way a service spells it."""
    return email_match_key(one) == email_match_key(other)
