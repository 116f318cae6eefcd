"""What the Sailthru sandbox has sent: triggered sends and campaigns, and who got which.

Seed mail is in data/sent_mail.json; who was opted out, bounced or not on the list got no campaign.
"""

from hashlib import md5

from desktop.sandbox.data_files import read_data_file
from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.sailthru.repository import SailthruRepository
from desktop.sandbox.timestamps import DAY, HOUR

# Docs/sailthru.md 2.5: an older triggered send cannot be read.
SEND_READABLE_S = 90 * DAY
_SEED_MAIL: JsonObject = read_data_file("sailthru", "sent_mail.json")


class SentMailLog:
    """The sandbox's sent mail: made by calls, over the seed mail of the fixture people."""

    def __init__(self, repository: SailthruRepository) -> None:
        self.repository = repository
        reference = repository.people.reference_time
        self._seed_sends = {
            (send := _seed_send(row, place, reference))["send_id"]: send
            for place, row in enumerate(_SEED_MAIL["sends"])
        }
        self._seed_blasts = {
            str(row["blast_id"]): {**row, "time": reference - row["hours"] * HOUR, "to": None}
            for row in _SEED_MAIL["blasts"]
        }

    def find_send(self, send_id: str) -> JsonObject | None:
        """Find a triggered send of the last 90 days by its id; None: there is none."""
        found = self.repository.records.get(f"send {send_id}") or self._seed_sends.get(send_id)
        is_readable = found and self.repository.state.now() - found["time"] <= SEND_READABLE_S
        return found if is_readable else None

    def sends_to(self, email: str) -> list[JsonObject]:
        """List the triggered sends to one address, the newest first."""
        made = [*self._seed_sends.values(), *self._made("send ")]
        return sorted((s for s in made if s["email"] == email), key=lambda s: -s["time"])

    def add_send(self, email: str, template: str) -> JsonObject:
        """Send a template to one address now; it is delivered a moment later."""
        number = len(self._made("send ")) + 1
        now = self.repository.state.now()
        send = _send_record(f"made {number}", email, template, now, "delivered")
        self.repository.records.put(f"send {send['send_id']}", send)
        return send

    def blasts(self) -> list[JsonObject]:
        """List the sent campaigns, the newest first."""
        made = [*self._seed_blasts.values(), *self._made("blast ")]
        return sorted(made, key=lambda blast: -blast["time"])

    def add_blast(self, name: str, subject: str, list_name: str, suppressed: str) -> JsonObject:
        """Send a campaign to a list now, except to those on the list `suppressed`."""
        number = 18_600_000 + len(self._made("blast "))
        members = (
            profile
            for profile in self.repository.individual_profiles()
            if suppressed not in profile["lists"]
        )
        now = self.repository.state.now()
        blast = {
            "blast_id": number, "name": name, "subject": subject, "list": list_name, "time": now,
            "to": [one["sid"] for one in members if _gets_campaign(one, list_name, now)],
        }  # fmt: skip
        self.repository.records.put(f"blast {number}", blast)
        return blast

    def blasts_to(self, profile: JsonObject) -> list[JsonObject]:
        """List the campaigns that one profile got, the newest first."""
        sid = profile["sid"]
        # Of a seed campaign: as the profile was at the start, whatever became of it since.
        seed = self.repository.seed_data.profile(sid)
        return [
            blast
            for blast in self.blasts()
            if (
                sid in blast["to"]
                if blast["to"] is not None
                else seed is not None and _gets_campaign(seed, blast["list"], blast["time"])
            )
        ]

    def _made(self, kind: str) -> list[JsonObject]:
        found = self.repository.records.existing_overrides()
        return [record for key, record in found if str(key).startswith(kind)]


def _gets_campaign(profile: JsonObject, list_name: str, at: float) -> bool:
    joined = profile["lists"].get(list_name)
    may_be_mailed = profile["optout_email"] == "none" and not profile["hardbounce"]
    return joined is not None and joined <= at and may_be_mailed


def _send_record(
    seed: str, email: str, template: str, at: float, status: str, *, opened: bool = False
) -> JsonObject:
    digest = md5(f"send {seed}".encode(), usedforsecurity=False).hexdigest()
    return {
        "send_id": digest[:16], "email": email, "template": template, "time": at, "status": status,
        "open": at + HOUR if opened else None,
    }  # fmt: skip


def _seed_send(row: JsonObject, place: int, reference: float) -> JsonObject:
    at = reference - row["hours"] * HOUR
    return _send_record(
        str(place), row["email"], row["template"], at, row["status"], opened=row["opened"]
    )
