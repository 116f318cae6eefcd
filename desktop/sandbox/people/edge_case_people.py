"""Members of the cast who exist to trip a careless client."""

from desktop.sandbox.people.fixture_records import FixturePerson, FixtureProfile, FixtureTicket
from desktop.sandbox.timestamps import DAY

_LONG_NAME = (
    "Wolfeschlegelsteinhausenbergerdorff-Featherstonehaugh de la Santísima Trinidad y Todos los"
    " Santos, Countess of Llanfairpwllgwyngyll and the Outer Isles"
)


def _profile(sid: str, email: str, first_name: str, optout: str, engagement: str) -> FixtureProfile:
    return FixtureProfile(
        sid,
        email,
        {"first_name": first_name, "customer_value": 2, "rev_365": 64},
        {"Newsletter": 300 * DAY},
        optout=optout,
        engagement=engagement,
        created_age_s=400 * DAY,
        activity={"signup_time": 400 * DAY, "open_time": 20 * DAY},
        lifetime=(25, 4, 12, 130),
    )


EDGE_CASE_PEOPLE: tuple[FixturePerson, ...] = (
    # Two people with one name.
    FixturePerson(
        7707,
        "Alex Kim",
        ("alex.kim@studio.example",),
        phone="+15550177",
        tags=("press",),
        age_s=4 * DAY,
        tickets=(
            FixtureTicket(47903, "Press samples", "open", 4 * DAY, "Who do I ask for samples?"),
        ),
        profile=_profile(
            "5c90d4b1e2f34a0000770707", "alex.kim@studio.example", "Alex", "none", "engaged"
        ),
    ),
    FixturePerson(
        7708,
        "Alex Kim",
        ("akim@post.example",),
        age_s=16 * DAY,
        profile=_profile(
            "5c90d4b1e2f34a0000770708", "akim@post.example", "Alex", "none", "dormant"
        ),
    ),
    FixturePerson(
        7709,
        "<img src=x onerror=alert(1)>",
        ("html@markup.example",),
        notes="<b>not bold</b> <a href='https://evil.example'>not a link</a>",
        age_s=7 * DAY,
        tickets=(
            FixtureTicket(
                47777,
                "<h1>Hello</h1><script>alert(1)</script>",
                "open",
                7 * DAY,
                "<img src=x onerror=alert(1)>",
            ),
        ),
        profile=_profile(
            "5c90d4b1e2f34a0000770709",
            "html@markup.example",
            "<img src=x onerror=alert(1)>",
            "none",
            "passive",
        ),
    ),
    FixturePerson(
        7710,
        "=cmd()",
        ("formula@sheet.example",),
        age_s=8 * DAY,
        profile=_profile(
            "5c90d4b1e2f34a0000770710", "formula@sheet.example", "=cmd()", "none", "active"
        ),
    ),
    # Zendesk shows the address where a name is missing.
    FixturePerson(7711, "noname@plain.example", ("noname@plain.example",), age_s=11 * DAY),
    FixturePerson(
        7712,
        _LONG_NAME,
        ("countess@outer-isles.example",),
        age_s=13 * DAY,
        profile=FixtureProfile(
            "5c90d4b1e2f34a0000770712",
            "countess@outer-isles.example",
            {"first_name": _LONG_NAME, "customer_value": 4, "rev_365": 20_350.75},
            {
                "Newsletter": 90 * DAY,
                "VIP Offers": 80 * DAY,
                "Product news": 70 * DAY,
                "!! bar/foo": 60 * DAY,
                "a=b": 50 * DAY,
            },
            engagement="engaged",
            created_age_s=95 * DAY,
            activity={"signup_time": 95 * DAY, "open_time": DAY, "view_time": DAY},
            lifetime=(60, 40, 900, 90),
        ),
    ),
    FixturePerson(
        7713,
        "Vera Archer",
        ("vera@archive.example",),
        has_sync_box=True,
        age_s=20 * DAY,
        profile=FixtureProfile(
            "5c90d4b1e2f34a0000770713",
            "vera@archive.example",
            {"first_name": "Vera"} | {f"field_{number:04d}": number for number in range(4999)},
            {"Newsletter": 200 * DAY},
            engagement="passive",
            created_age_s=220 * DAY,
            activity={"signup_time": 220 * DAY, "open_time": 6 * DAY},
        ),
    ),
    FixturePerson(
        7714,
        "Ben Castle",
        ("ben@castle.example",),
        age_s=21 * DAY,
        profile=_profile(
            "5c90d4b1e2f34a0000770714", "ben@castle.example", "Ben", "basic", "passive"
        ),
    ),
    FixturePerson(
        7715,
        "Alma Quist",
        ("alma@quist.example",),
        age_s=22 * DAY,
        profile=_profile(
            "5c90d4b1e2f34a0000770715", "alma@quist.example", "Alma", "all", "dormant"
        ),
    ),
    FixturePerson(
        7716,
        "Bo Larsen",
        ("bo@larsen.example",),
        age_s=23 * DAY,
        profile=_profile("5c90d4b1e2f34a0000770716", "bo@larsen.example", "Bo", "blast", "passive"),
    ),
    FixturePerson(
        7717,
        "Hana Bounds",
        ("hana@bounds.example",),
        age_s=24 * DAY,
        profile=FixtureProfile(
            "5c90d4b1e2f34a0000770717",
            "hana@bounds.example",
            {"first_name": "Hana"},
            {"Newsletter": 300 * DAY},
            engagement="dormant",
            created_age_s=310 * DAY,
            activity={"signup_time": 310 * DAY},
            hardbounce=True,
        ),
    ),
    FixturePerson(
        7718,
        "Stan Gray",
        ("stan@gray.example",),
        suspended=True,
        age_s=25 * DAY,
        profile=_profile("5c90d4b1e2f34a0000770718", "stan@gray.example", "Stan", "none", "new"),
    ),
    FixturePerson(
        7719,
        "ليلى حداد",
        ("layla@haddad.example",),
        locale="ar",
        time_zone="Asia/Beirut",
        age_s=26 * DAY,
        tickets=(FixtureTicket(47500, "أين طلبي؟", "open", 10 * DAY, "لم يصل طلبي بعد."),),
        profile=_profile(
            "5c90d4b1e2f34a0000770719", "layla@haddad.example", "ليلى", "none", "active"
        ),
    ),
    FixturePerson(
        7720,
        "נועה לוי",
        ("noa@levi.example",),
        locale="he",
        time_zone="Asia/Jerusalem",
        has_sync_box=True,
        age_s=27 * DAY,
        profile=_profile("5c90d4b1e2f34a0000770720", "noa@levi.example", "נועה", "none", "new"),
    ),
    # Known by phone alone.
    FixturePerson(7721, "Phil Noel", phone="+15550182", has_sync_box=True, age_s=28 * DAY),
)
