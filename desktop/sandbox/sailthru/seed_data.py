"""The profiles Sailthru holds before anybody changes them."""

from hashlib import md5
from typing import Any

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

SMART_LIST = "zendesk-sync-smart"
NORMAL_LISTS = (*LIST_MEMBERS_PER_256, "!! bar/foo", "a=b")

_SID_HIGH = 0x5A000000
_SID_MULTIPLIER = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_SID_INVERSE = pow(_SID_MULTIPLIER, -1, 1 << 64)


def make_cookie(sid: str, email: str) -> str:
    """88 hex digits around the sid; the last 32 change with the address (contract 5)."""
    first = md5(f"cookie {sid}".encode(), usedforsecurity=False).hexdigest()
    last = md5(f"cookie {sid} {email}".encode(), usedforsecurity=False).hexdigest()
    return f"{first}{sid}{last}"


def make_profile_record(sid: str, email: str, created: float) -> JsonObject:
    """Return a new profile; times are Unix seconds until they are shown."""
    return {
        "sid": sid,
        "cookie": make_cookie(sid, email),
        "email": email,
        "extid": None,
        "sms": None,
        "vars": {},
        "lists": {},
        "optout_email": "none",
        "optout_templates": {},
        "engagement": "new",
        "hardbounce": False,
        "activity": {"create_time": created},
        "lifetime": {
            "lifetime_message": 0,
            "lifetime_pv": 0,
            "lifetime_open": 0,
            "lifetime_click": 0,
            "lifetime_purchase": 0,
            "lifetime_purchase_price": 0,
        },
        "purchases": [],
        "purchase_incomplete": [],
        "device": {},
        "sms_status": {},
        "_at": created,
    }


def make_purchase_record(number: int, at: float, price: int, title: str) -> JsonObject:
    """One purchase in cents with its items (contract 2.1)."""
    slug = title.lower().replace(" ", "-").replace(",", "")
    item = {
        "id": f"sku-{slug}",
        "title": title,
        "url": f"https://shop.example/{slug}",
        "price": price,
        "qty": 1,
        "tags": [],
        "vars": {},
        "images": {"full": {"url": f"https://shop.example/{slug}.jpg"}, "thumb": {"url": ""}},
    }
    return {"number": number, "price": price, "qty": 1, "time": at, "items": [item]}


class SailthruSeedData:
    """Makes profiles by sid and finds their sids by address."""

    def __init__(self, generated_people: GeneratedPeople) -> None:
        self.generated_people = generated_people
        self.fixture_profiles = {
            person.profile.sid: person.profile for person in FIXTURE_PEOPLE if person.profile
        }

    def profile(self, sid: str) -> JsonObject | None:
        """Make a profile, or None where the sid means nobody."""
        if (fixture := self.fixture_profiles.get(sid)) is not None:
            return self._fixture_profile(fixture)
        index = self.index_of(sid)
        if index is None:
            return None
        person = self.generated_people.person(index)
        return self.generated_profile(person) if person.has_profile else None

    def sid_of(self, index: int) -> str:
        """Return the sid of one of the crowd."""
        low = (index * _SID_MULTIPLIER + self.generated_people.seed) & _MASK
        return f"{_SID_HIGH | (low >> 42) & 0xFFFFFF:08x}{low:016x}"

    def index_of(self, sid: str) -> int | None:
        """Return the number in a sid if it is one of the crowd's."""
        try:
            low = int(sid[8:], 16)
        except ValueError:
            return None
        index = (low - self.generated_people.seed) * _SID_INVERSE & _MASK
        return index if index < self.generated_people.total and self.sid_of(index) == sid else None

    def sid_by_email(self, email: str) -> str | None:
        """Return the sid that an unchanged address of the crowd belongs to."""
        index = self.generated_people.index_by_email(email)
        if index is None:
            return None
        person = self.generated_people.person(index)
        return self.sid_of(index) if person.has_profile and person.profile_email == email else None

    def _fixture_profile(self, profile: FixtureProfile) -> JsonObject:
        at = self.generated_people.reference_time
        created = at - profile.created_age_s
        lists = {name: at - age for name, age in profile.lists.items()}
        if profile.created_at is not None:
            created = profile.created_at.timestamp()
            lists = dict.fromkeys(lists, created)
        record = make_profile_record(profile.sid, profile.email, created)
        opens, clicks, views, messages = profile.lifetime
        purchases = [
            make_purchase_record(number, at - age, price, title)
            for number, (age, price, title) in enumerate(profile.purchases)
        ]
        record |= {
            "extid": profile.extid,
            "sms": profile.sms,
            "vars": self._filter_predictions(dict(profile.vars)),
            "lists": lists,
            "optout_email": profile.optout,
            "engagement": profile.engagement,
            "hardbounce": profile.hardbounce,
            "activity": {"create_time": created}
            | {name: at - age for name, age in profile.activity.items()},
            "purchases": purchases,
            "device": {"top_device_email": "iPhone"} if opens else {},
        }
        record["lifetime"] |= {
            "lifetime_message": messages,
            "lifetime_pv": views,
            "lifetime_open": opens,
            "lifetime_click": clicks,
            "lifetime_purchase": len(purchases),
            "lifetime_purchase_price": sum(it["price"] for it in purchases),
        }
        return record

    def _filter_predictions(self, values: dict[str, Any]) -> dict[str, Any]:
        """Fit the vars of the cast to an account without predictions, or to a publisher's."""
        revenue = values.get("rev_365")
        if not self.generated_people.has_predictions:
            return {k: v for k, v in values.items() if k not in ("rev_365", "customer_value")}
        if self.generated_people.is_publisher and revenue is not None:
            del values["rev_365"]
            values["pv_30"] = round(revenue / 10, 1)
        return values

    def generated_lists_of(self, person: GeneratedPerson) -> dict[str, float]:
        """Return the natural lists of one of the crowd, without making the profile."""
        draw = person.random_bytes
        created = _generated_created_at(person)
        return {
            name: created + draw[28 + place] * 3600.0
            for place, (name, share) in enumerate(LIST_MEMBERS_PER_256.items())
            if draw[24 + place] < share
        }

    def generated_profile(self, person: GeneratedPerson) -> JsonObject:
        """Make the profile of one of the crowd."""
        draw, created = person.random_bytes, _generated_created_at(person)
        record = make_profile_record(self.sid_of(person.index), person.profile_email, created)
        sent = 20 + draw[32] * 2
        opens = 0 if draw[33] < 45 else sent * (5 + draw[33] % 70) // 100
        clicks = opens * (draw[34] % 45) // 100
        engagement = _generated_engagement(draw[35], opens, clicks)
        activity = {"create_time": created, "signup_time": created}
        quiet = {"engaged": 1, "active": 3, "passive": 9}.get(engagement, 70)
        last = max(person.last_active_at - (quiet + draw[36] % 9) * DAY, created + HOUR)
        if opens:
            activity["open_time"] = last
        if clicks:
            activity["click_time"] = max(last - (1 + draw[37] % 20) * DAY, created + HOUR)
        if draw[38] < 160:
            activity["view_time"] = last + HOUR
        bought = (draw[39] % 5) if draw[38] < 100 else 0
        purchases = [
            make_purchase_record(
                number,
                max(
                    person.last_active_at - (12 + 90 * number + draw[number]) * DAY, created + HOUR
                ),
                900 + 37 * draw[number + 1] + 500 * (draw[number + 2] % 9),
                PRODUCT_TITLES[(draw[number + 3] + number) % len(PRODUCT_TITLES)],
            )
            for number in range(bought)
        ]
        record |= {
            "extid": f"shop-{person.index:07d}" if draw[20] < 128 else None,
            "vars": self._generated_vars(person, sum(it["price"] for it in purchases)),
            "lists": self.generated_lists_of(person),
            "optout_email": _generated_optout(draw[4]),
            "engagement": engagement,
            "hardbounce": draw[6] < 5,
            "activity": activity,
            "purchases": purchases,
            "device": {"top_device_email": ("iPhone", "Android", "Desktop")[draw[9] % 3]},
        }
        record["lifetime"] |= {
            "lifetime_message": sent,
            "lifetime_pv": draw[38] * 3,
            "lifetime_open": opens,
            "lifetime_click": clicks,
            "lifetime_purchase": bought,
            "lifetime_purchase_price": sum(it["price"] for it in purchases),
        }
        return record

    def _generated_vars(self, person: GeneratedPerson, spent_cents: int) -> dict[str, Any]:
        draw = person.random_bytes
        values: dict[str, Any] = {
            "first_name": person.given,
            "last_name": person.family,
            "city": person.region.city,
            "source": SIGNUP_SOURCES[draw[10] % len(SIGNUP_SOURCES)],
            "favourite_category": CATEGORIES[draw[11] % len(CATEGORIES)],
            "ltv": round(spent_cents / 100, 2),
        }
        if self.generated_people.has_predictions and draw[12] < 215:
            if self.generated_people.is_publisher:
                values["pv_30"] = round(draw[13] ** 2 / 400, 1)
                values["customer_value"] = 1 + (draw[13] > 90) + (draw[13] > 170) + (draw[13] > 230)
            else:
                values["rev_365"] = round(draw[13] ** 2 / 50, 2)
                values["customer_value"] = 1 + (draw[13] > 90) + (draw[13] > 170) + (draw[13] > 230)
        if draw[22] < 60:
            values["zendesk_health"] = ("neutral", "happy", "frustrated")[draw[22] % 3]
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
    if clicks and draw < 60:
        return "engaged"
    if clicks and draw < 140:
        return "active"
    return "passive" if draw < 200 else "disengaged"


def _generated_optout(draw: int) -> str:
    if draw >= 28:
        return "none"
    return "basic" if draw < 17 else "all" if draw < 25 else "blast"
