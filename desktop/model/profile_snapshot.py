"""What a Sailthru profile holds before and after its e-mail address is changed, and the comparison.

A change of the address keeps the profile's sid, fields, lists and opt-out; a merge of two profiles
keeps the fields of the one, the lists of both and the strictest opt-out.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from desktop.model.json_value import Json, canonical_json
from desktop.model.optout_level import OptOutLevel, is_loosening, strictest_level
from desktop.model.sailthru_profile import SailthruProfile


@dataclass(frozen=True)
class ProfileSnapshot:
    """What of a Sailthru profile an e-mail change must leave as it is.

    `vars` are digests by name: the values themselves need not lie here as well. `optout` is None
    where it was not read. `levels` are those of both profiles that somebody saw who merges them.
    """

    sid: str
    vars: Mapping[str, str]
    lists: tuple[str, ...]
    optout: OptOutLevel | None
    levels: "MergeLevels | None" = None

    @classmethod
    def of_profile(cls, profile: SailthruProfile) -> "ProfileSnapshot":
        """Take the snapshot of a profile before an e-mail change, as it was read."""
        digests = {name: _digest(value) for name, value in profile.vars.items()}
        return cls(profile.sid, digests, tuple(sorted(profile.lists)), profile.optout)

    def merged_with(self, other: "ProfileSnapshot") -> "ProfileSnapshot":
        """Return what a merge makes of two snapshots: own fields, all lists, strictest opt-out.

        docs/sailthru.md 2.1, “Merge Profiles”.
        """
        return ProfileSnapshot(
            self.sid,
            {**other.vars, **self.vars},
            tuple(sorted({*self.lists, *other.lists})),
            strictest_level(self.optout, other.optout),
            MergeLevels(self.optout, other.optout),
        )

    def as_json(self) -> dict[str, Json]:
        """The snapshot of an e-mail change's profile as JSON for the store."""
        levels = self.levels
        return {
            "sid": self.sid,
            "vars": dict(self.vars),
            "lists": list(self.lists),
            "optout": _level_value(self.optout),
            "levels": [_level_value(levels.own), _level_value(levels.other)] if levels else None,
        }


@dataclass(frozen=True)
class MergeLevels:
    """The opt-out levels of two profiles that an e-mail change makes one; None: not read."""

    own: OptOutLevel | None
    other: OptOutLevel | None

    def find_lost_opt_in(self, now: "MergeLevels") -> OptOutLevel | None:
        """Return a level that was loosened since, and that a merge `now` would tighten again.

        The stricter level of this moment stands after a merge. Somebody who has opted back in since
        the merge was decided on must not lose that unasked.
        """
        result = strictest_level(now.own, now.other)
        for seen, stands in ((self.own, now.own), (self.other, now.other)):
            if (
                seen is not None
                and stands is not None
                and is_loosening(seen, stands)
                and (result is None or is_loosening(result, stands))
            ):
                return stands
        return None


@dataclass(frozen=True)
class EmailVerification:
    """What an e-mail change read after the last step, beside what stood there before it.

    `fields` and `lists` are how many stand as expected, of how many. `optout` is the level that was
    read, None where it was not; `is_optout_kept`: it is at least as strict as before.
    """

    is_same_profile: bool
    fields: tuple[int, int]
    lists: tuple[int, int]
    optout: OptOutLevel | None
    is_optout_kept: bool

    @property
    def is_complete(self) -> bool:
        """Whether the verified e-mail change has lost nothing of the profile."""
        kept = self.fields[0] == self.fields[1] and self.lists[0] == self.lists[1]
        return self.is_same_profile and self.is_optout_kept and kept

    def as_json(self) -> dict[str, Json]:
        """The verification of an e-mail change as JSON, for the store and `--json`."""
        return {
            "same_profile": self.is_same_profile,
            "fields": list(self.fields),
            "lists": list(self.lists),
            "optout": _level_value(self.optout),
            "optout_kept": self.is_optout_kept,
        }


def verify_profile(expected: ProfileSnapshot, profile: SailthruProfile) -> EmailVerification:
    """Compare a profile after an e-mail change with what it must still hold."""
    found = ProfileSnapshot.of_profile(profile)
    same = sum(found.vars.get(name) == digest for name, digest in expected.vars.items())
    joined = len(set(expected.lists) & set(found.lists))
    # What was not read before cannot be said to have been loosened, and nor can it be confirmed.
    kept = expected.optout is None or (
        found.optout is not None and not is_loosening(expected.optout, found.optout)
    )
    return EmailVerification(
        found.sid == expected.sid,
        (same, len(expected.vars)),
        (joined, len(expected.lists)),
        found.optout,
        kept,
    )


def parse_snapshot(document: Mapping[str, Json]) -> ProfileSnapshot:
    """Parse an e-mail change's snapshot as `as_json` gives it. Raises ValueError."""
    held, lists, levels = (document.get(name) for name in ("vars", "lists", "levels"))
    return ProfileSnapshot(
        str(document.get("sid", "")),
        {str(k): str(v) for k, v in held.items()} if isinstance(held, Mapping) else {},
        tuple(map(str, lists)) if isinstance(lists, list) else (),
        _parse_level(document.get("optout")),
        MergeLevels(*map(_parse_level, levels))
        if isinstance(levels, list) and len(levels) == 2
        else None,
    )


def parse_verification(document: Mapping[str, Json]) -> EmailVerification:
    """Parse an e-mail change's verification as `as_json` gives it. Raises ValueError."""
    return EmailVerification(
        bool(document.get("same_profile")),
        _pair(document.get("fields")),
        _pair(document.get("lists")),
        _parse_level(document.get("optout")),
        bool(document.get("optout_kept")),
    )


def _level_value(level: OptOutLevel | None) -> str | None:
    return level.value if level is not None else None


def _parse_level(value: Json) -> OptOutLevel | None:
    return OptOutLevel(str(value)) if value is not None else None


def _pair(value: Json) -> tuple[int, int]:
    kept, of = value if isinstance(value, list) and len(value) == 2 else (0, 0)
    return (int(str(kept)), int(str(of)))


def _digest(value: Json) -> str:
    return hashlib.sha256(canonical_json(value).encode()).hexdigest()[:16]
