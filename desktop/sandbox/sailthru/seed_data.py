"""Seed data of the Sailthru sandbox: fixture profiles, and generated ones on demand.

Times in profiles are Unix seconds until they are shown, amounts are cents.
"""

from hashlib import md5
from typing import Any

from desktop.sandbox.data_files import read_data_file
from desktop.sandbox.http_messages import JsonObject
from desktop.sandbox.people.fixture_people import FIXTURE_PEOPLE, FixtureProfile
from desktop.sandbox.people.generated_people import GeneratedPeople, GeneratedPerson
from desktop.sandbox.people.sample_texts import (
    CATEGORIES,
    LIST_MEMBERS_PER_256,
    PRODUCT_TITLES,
    SIGNUP_SOURCES,
)
from desktop.sandbox.timestamps import DAY, HOUR

RECORD_TEMPLATES: dict[str, JsonObject] = read_data_file("sailthru", "record_templates.json")
SMART_LIST = "zendesk-sync-smart"
NORMAL_LISTS = (*LIST_MEMBERS_PER_256, "Back in stock", "Event invitations")
_DEVICES = ("iPhone", "Android", "Desktop")
_HEALTH = ("neutral", "happy", "frustrated")
# Days since the last opening, by engagement; 70 for the others.
_QUIET_DAYS = {"engaged": 1, "active": 3, "passive": 9}
# Vars that come from predictions: an account without them has none.
_PREDICTION_VARS = ("rev_365", "customer_value")

# The sid of a generated person is its number times an odd constant: whoever has the inverse finds
# the number again, and neighbours look unlike.
_SID_HIGH = 0x5A000000
_SID_MULTIPLIER = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_SID_INVERSE = pow(_SID_MULTIPLIER, -1, 1 << 64)


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()


def make_cookie(sid: str, email: str) -> str:
    """Make the login cookie of a sandbox profile: 88 hex digits around the sid."""
    return f"{_md5(f'cookie {sid}')}{sid}{_md5(f'cookie {sid} {email}')}"


def make_profile_record(sid: str, email: str, created: float) -> JsonObject:
    """Make an empty profile of the sandbox's Sailthru with keys and time of creation."""
    # A deep copy of the template would double the time of an export: drafts are copied later.
    return RECORD_TEMPLATES["profile"] | {
        "sid": sid,
        "cookie": make_cookie(sid, email),
        "email": email,
        "activity": {"create_time": created},
        "_at": created,
    }


def make_purchase_record(number: int, at: float, price: int, title: str) -> JsonObject:
    """Make a sandbox profile's purchase of one item."""
    slug = title.lower().replace(" ", "-").replace(",", "")
    url = f"https://shop.example/{slug}"
    item = {
        "id": f"sku-{slug}",
        "title": title,
        "url": url,
        "price": price,
        "qty": 1,
        "tags": [],
        "vars": {},
        "images": {"full": {"url": f"{url}.jpg"}, "thumb": {"url": ""}},
    }
    return {"number": number, "price": price, "qty": 1, "time": at, "items": [item]}


def _lifetime(
    purchases: list[JsonObject], *, messages: int, views: int, opens: int, clicks: int
) -> JsonObject:
    return {
        "lifetime_message": messages,
        "lifetime_pv": views,
        "lifetime_open": opens,
        "lifetime_click": clicks,
        "lifetime_purchase": len(purchases),
        "lifetime_purchase_price": sum(it["price"] for it in purchases),
    }


class SailthruSeedData:
    """Makes seed profiles of the sandbox's Sailthru by sid; finds sids by number, address."""

    def __init__(self, generated_people: GeneratedPeople) -> None:
        self.generated_people = generated_people
        self.fixture_profiles = {
            person.profile.sid: person.profile for person in FIXTURE_PEOPLE if person.profile
        }

    def profile(self, sid: str) -> JsonObject | None:
        """Make a seed profile of the sandbox's Sailthru, or None where the sid means nobody."""
        if (fixture := self.fixture_profiles.get(sid)) is not None:
            return self._fixture_profile(fixture)
        index = self.index_of(sid)
        if index is None:
            return None
        person = self.generated_people.person(index)
        return self.generated_profile(person) if person.has_profile else None

    def sid_of(self, index: int) -> str:
        """Return the sid of a generated person's number at the sandbox's Sailthru."""
        low = (index * _SID_MULTIPLIER + self.generated_people.seed) & _MASK
        return f"{_SID_HIGH | (low >> 42) & 0xFFFFFF:08x}{low:016x}"

    def index_of(self, sid: str) -> int | None:
        """Return the number in a sid of the sandbox if it is a generated person's."""
        try:
            low = int(sid[8:], 16)
        except ValueError:
            return None
        index = (low - self.generated_people.seed) * _SID_INVERSE & _MASK
        return index if index < self.generated_people.total and self.sid_of(index) == sid else None

    def sid_by_email(self, email: str) -> str | None:
        """Return the generated person's sid at an unchanged address of the sandbox's Sailthru."""
        index = self.generated_people.index_by_email(email)
        if index is None:
            return None
        person = self.generated_people.person(index)
        return self.sid_of(index) if person.has_profile and person.profile_email == email else None

    def _fixture_profile(self, profile: FixtureProfile) -> JsonObject:
        now = self.generated_people.reference_time
        created = now - profile.created_age_s
        lists = {name: now - age for name, age in profile.lists.items()}
        if profile.created_at is not None:
            created = profile.created_at.timestamp()
            lists = dict.fromkeys(lists, created)
        opens, clicks, views, messages = profile.lifetime
        purchases = [
            make_purchase_record(number, now - age, price, title)
            for number, (age, price, title) in enumerate(profile.purchases)
        ]
        times = {name: now - age for name, age in profile.activity.items()}
        return make_profile_record(profile.sid, profile.email, created) | {
            "extid": profile.extid,
            "sms": profile.sms,
            "vars": self._filter_predictions(dict(profile.vars)),
            "lists": lists,
            "optout_email": profile.optout,
            "engagement": profile.engagement,
            "hardbounce": profile.hardbounce,
            "activity": {"create_time": created, **times},
            "purchases": purchases,
            "device": {"top_device_email": "iPhone"} if opens else {},
            "lifetime": _lifetime(
                purchases, messages=messages, views=views, opens=opens, clicks=clicks
            ),
        }

    def _filter_predictions(self, values: dict[str, Any]) -> dict[str, Any]:
        """Fit a fixture profile's prediction vars to the sandbox's options for the account."""
        if not self.generated_people.has_predictions:
            return {name: it for name, it in values.items() if name not in _PREDICTION_VARS}
        if self.generated_people.is_publisher and values.get("rev_365") is not None:
            # Publishers predict page views instead of revenue.
            values["pv_30"] = round(values.pop("rev_365") / 10, 1)
        return values

    def generated_lists_of(self, person: GeneratedPerson) -> dict[str, float]:
        """Return a generated person's natural lists, without making the profile."""
        draw, created = person.random_bytes, _generated_created_at(person)
        return {
            name: created + float(draw[28 + place] * HOUR)
            for place, (name, share) in enumerate(LIST_MEMBERS_PER_256.items())
            if draw[24 + place] < share
        }

    def generated_profile(self, person: GeneratedPerson) -> JsonObject:
        """Make a generated person's profile for the sandbox's Sailthru."""
        draw, created = person.random_bytes, _generated_created_at(person)
        messages = 20 + draw[32] * 2
        opens = 0 if draw[33] < 45 else messages * (5 + draw[33] % 70) // 100
        clicks = opens * (draw[34] % 45) // 100
        engagement = _generated_engagement(draw[35], opens, clicks)

        def after_creation(at: float) -> float:
            # Nothing happened before the profile was there.
            return max(at, created + HOUR)

        quiet_days = _QUIET_DAYS.get(engagement, 70) + draw[36] % 9
        opened = after_creation(person.last_active_at - quiet_days * DAY)
        activity = {"create_time": created, "signup_time": created}
        if opens:
            activity["open_time"] = opened
        if clicks:
            activity["click_time"] = after_creation(opened - (1 + draw[37] % 20) * DAY)
        if draw[38] < 160:
            activity["view_time"] = opened + HOUR
        purchases = [
            make_purchase_record(
                number,
                after_creation(person.last_active_at - (12 + 90 * number + draw[number]) * DAY),
                900 + 37 * draw[number + 1] + 500 * (draw[number + 2] % 9),
                PRODUCT_TITLES[(draw[number + 3] + number) % len(PRODUCT_TITLES)],
            )
            for number in range((draw[39] % 5) if draw[38] < 100 else 0)
        ]
        views = draw[38] * 3
        lifetime = _lifetime(purchases, messages=messages, views=views, opens=opens, clicks=clicks)
        spent = lifetime["lifetime_purchase_price"]
        return make_profile_record(self.sid_of(person.index), person.profile_email, created) | {
            "extid": f"shop-{person.index:07d}" if draw[20] < 128 else None,
            "vars": self._generated_vars(person, spent),
            "lists": self.generated_lists_of(person),
            "optout_email": _generated_optout(draw[4]),
            "engagement": engagement,
            "hardbounce": draw[6] < 5,
            "activity": activity,
            "purchases": purchases,
            "device": {"top_device_email": _DEVICES[draw[9] % len(_DEVICES)]},
            "lifetime": lifetime,
        }

    def _generated_vars(self, person: GeneratedPerson, spent_cents: int) -> dict[str, Any]:
        draw, people = person.random_bytes, self.generated_people
        values: dict[str, Any] = {
            "first_name": person.given,
            "last_name": person.family,
            "city": person.region.city,
            "source": SIGNUP_SOURCES[draw[10] % len(SIGNUP_SOURCES)],
            "favourite_category": CATEGORIES[draw[11] % len(CATEGORIES)],
            "ltv": round(spent_cents / 100, 2),
        }
        if people.has_predictions and draw[12] < 215:
            worth = draw[13]
            if people.is_publisher:
                values["pv_30"] = round(worth**2 / 400, 1)
            else:
                values["rev_365"] = round(worth**2 / 50, 2)
            # Four classes of customers, the last of them a tenth.
            values["customer_value"] = 1 + sum(worth > limit for limit in (90, 170, 230))
        if draw[22] < 60:
            values["zendesk_health"] = _HEALTH[draw[22] % len(_HEALTH)]
        if person.on_smart_list:
            values["zendesk_sync"] = True
        if draw[23] < 40:
            values["topics"] = [CATEGORIES[draw[14] % 6], CATEGORIES[draw[15] % 6]]
        return values


def _generated_created_at(person: GeneratedPerson) -> float:
    return person.last_active_at - (30 + person.random_bytes[10] * 4) * DAY


def _generated_engagement(draw: int, opens: int, clicks: int) -> str:
    if not opens:
        return "new" if draw < 60 else "dormant"
    if clicks and draw < 140:
        return "engaged" if draw < 60 else "active"
    return "passive" if draw < 200 else "disengaged"


def _generated_optout(draw: int) -> str:
    if draw >= 28:
        return "none"
    return "basic" if draw < 17 else "all" if draw < 25 else "blast"
