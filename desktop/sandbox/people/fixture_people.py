"""The fixed cast: the people of the demo's stories, always present."""

from desktop.sandbox.people.edge_case_people import EDGE_CASE_PEOPLE
from desktop.sandbox.people.fixture_records import FixturePerson, FixtureProfile, FixtureTicket
from desktop.sandbox.timestamps import DAY, HOUR, MINUTE

MONTH = 30.4 * DAY

# id → (name, domain names)
ORGANIZATIONS: dict[int, tuple[str, tuple[str, ...]]] = {
    7001: ("Lopez & Daughters", ("lopez.example",)),
    7002: ("Acme Stores", ("acme.example",)),
    7003: ("Reyes Cycling Club", ()),
    7004: ("Corp Holdings", ("corp.example",)),
    7005: ("Nair Clinic", ("nair.example",)),
}

STAFF = (
    FixturePerson(7601, "Ada Admin", ("ada@acme.example",), role="admin", organization_id=7002),
    FixturePerson(7602, "Kim Park", ("kim@acme.example",), role="agent", organization_id=7002),
    FixturePerson(7603, "Lee Chen", ("lee@acme.example",), role="agent", organization_id=7002),
    FixturePerson(7604, "Bo Berg", ("bo@acme.example",), role="admin", organization_id=7002),
)

_CLOSED_TICKET_SUBJECTS = (
    "Invoice copy, please",
    "Gift wrapping",
    "Wrong colour delivered",
    "How do I reset my password?",
    "Voucher does not work",
    "Size exchange",
    "Question about the loyalty points",
)

MARIA = FixturePerson(
    7701,
    "Maria Lopez",
    ("maria@lopez.example", "m.lopez@work.example"),
    phone="+15550134",
    organization_id=7001,
    tags=("vip", "lisbon", "sailthru_highvalue"),
    external_id="shop-1182",
    has_sync_box=True,
    locale="pt-PT",
    time_zone="Europe/Lisbon",
    notes="Prefers e-mail. Runs the shop with her two daughters.",
    age_s=12 * MINUTE,
    tickets=(
        FixtureTicket(
            48213,
            "Too many emails",
            "open",
            12 * MINUTE,
            "Hi, I get an e-mail from you nearly every day. I only want to hear about my orders."
            " Can you stop the rest, please? Maria",
            tags=("email_preferences",),
        ),
        FixtureTicket(
            48102,
            "Where is my parcel?",
            "pending",
            2 * DAY,
            "The tracking page has not changed since Tuesday. Where is my parcel?",
            replies=("I have asked the carrier and will write as soon as I hear from them.",),
        ),
        FixtureTicket(
            47990,
            "Refund for order 1182",
            "open",
            6 * DAY,
            "I sent the blue one back last week. When will I see the refund for order 1182?",
            priority="high",
        ),
        FixtureTicket(
            46011,
            "Change of address",
            "solved",
            41 * DAY,
            "We moved: Rua das Flores 12, Lisbon.",
            replies=("Done, the next parcel goes to the new address.",),
            rating="good",
        ),
        *(
            FixtureTicket(
                45_002 - 871 * number, subject, "closed", (95 + 62 * number) * DAY, subject
            )
            for number, subject in enumerate(_CLOSED_TICKET_SUBJECTS)
        ),
    ),
    profile=FixtureProfile(
        "5e9f3c1b2a4d6e8f00713401",
        "maria@lopez.example",
        {
            "first_name": "Maria",
            "last_name": "Lopez",
            "city": "Lisbon",
            "ltv": 3039,
            "customer_value": 4,
            "rev_365": 1240,
            "favourite_category": "home",
            "source": "checkout",
            "zendesk_health": "neutral",
            "zendesk_sync": True,
            "last_ticket_id": 48213,
            "last_ticket_status": "open",
            "last_ticket_priority": "normal",
            "ticket_count": 11,
        },
        {"Newsletter": 21 * MONTH, "VIP Offers": 9 * MONTH, "Product news": 14 * MONTH},
        engagement="active",
        created_age_s=21 * MONTH,
        activity={
            "signup_time": 21 * MONTH,
            "open_time": 40 * MINUTE,
            "click_time": 2 * DAY,
            "view_time": 2 * DAY - 20 * MINUTE,
        },
        lifetime=(412, 96, 1288, 780),
        purchases=(
            (19 * DAY, 8600, "Linen table cloth"),
            (74 * DAY, 12450, "Set of six bowls"),
            (140 * DAY, 4300, "Tea towels"),
            (201 * DAY, 39900, "Dining chair, oak"),
            (255 * DAY, 39900, "Dining chair, oak"),
            (318 * DAY, 6100, "Candle holder"),
            (402 * DAY, 11250, "Wool throw"),
            (498 * DAY, 148900, "Dining table, oak"),
            (610 * DAY, 32500, "Pendant lamp"),
        ),
        sms="+15550134",
        extid="shop-1182",
    ),
)

TOM = FixturePerson(
    7702,
    "Tom Reyes",
    ("tom@old.example",),
    phone="+15550171",
    organization_id=7003,
    tags=("cyclist",),
    has_sync_box=True,
    age_s=50 * MINUTE,
    tickets=(
        FixtureTicket(
            48240,
            "Please use tom@new.example",
            "open",
            50 * MINUTE,
            "Hello, my old mailbox closes at the end of the month. Please use tom@new.example"
            " for everything from now on. Thanks, Tom",
        ),
        FixtureTicket(44870, "Broken spoke", "closed", 130 * DAY, "Two spokes broke after a week."),
    ),
    profile=FixtureProfile(
        "5f1c7d02a9be4c3300240012",
        "tom@old.example",
        {
            "first_name": "Tom",
            "last_name": "Reyes",
            "city": "Austin",
            "ltv": 918,
            "customer_value": 3,
            "rev_365": 410,
            "favourite_category": "outdoor",
            "bike": {"brand": "Kestrel", "size": 56},
            "topics": ["bikes", "touring"],
            "source": "popup",
            "zendesk_health": "happy",
            "last_ticket_id": 48240,
            "last_ticket_status": "open",
            "ticket_count": 2,
        },
        {"Newsletter": 15 * MONTH, "VIP Offers": 4 * MONTH},
        engagement="engaged",
        created_age_s=26 * MONTH,
        activity={
            "signup_time": 26 * MONTH,
            "open_time": 26 * HOUR,
            "click_time": 4 * DAY,
            "view_time": 5 * HOUR,
        },
        lifetime=(188, 51, 530, 402),
        purchases=((33 * DAY, 21900, "Pannier set"), (300 * DAY, 69900, "Touring wheelset")),
    ),
)

# The other profile in Tom's new address: journeys AG2 needs its date to be absolute (see base.py).
TOM_SECOND_PROFILE = FixturePerson(
    None,
    "Tom Reyes",
    profile=FixtureProfile(
        "65bb8f40c0de4a1100240013",
        "tom@new.example",
        {"first_name": "Tom", "source": "sweepstake"},
        {"Winback": 0},
        engagement="dormant",
    ),
)

OTHER_PEOPLE = (
    FixturePerson(
        7703,
        "Priya Nair",
        ("priya@nair.example",),
        phone="+442055501830",
        organization_id=7005,
        has_sync_box=True,
        locale="en-GB",
        time_zone="Europe/London",
        age_s=35 * MINUTE,
        tickets=(
            FixtureTicket(
                48302,
                "Third replacement and still broken",
                "open",
                35 * MINUTE,
                "This is the third grinder in two months and it does not switch on either."
                " I need this solved today or I want my money back.",
                priority="urgent",
                tags=("replacement", "complaint"),
            ),
            FixtureTicket(47655, "Second grinder broken", "solved", 19 * DAY, "It stopped again."),
            FixtureTicket(
                47102, "Grinder does not start", "closed", 52 * DAY, "It does not start."
            ),
        ),
        profile=FixtureProfile(
            "600a1f55d3c1aa2b00483020",
            "priya@nair.example",
            {
                "first_name": "Priya",
                "last_name": "Nair",
                "city": "London",
                "ltv": 1490,
                "customer_value": 4,
                "rev_365": 610,
                "zendesk_health": "neutral",
                "last_ticket_id": 48302,
                "last_ticket_status": "open",
                "last_ticket_priority": "urgent",
            },
            {"Newsletter": 12 * MONTH, "Product news": 12 * MONTH},
            engagement="passive",
            created_age_s=13 * MONTH,
            activity={"signup_time": 13 * MONTH, "open_time": 3 * DAY, "click_time": 31 * DAY},
            lifetime=(77, 12, 140, 160),
            purchases=((60 * DAY, 24900, "Coffee grinder"),),
        ),
    ),
    FixturePerson(
        7781,
        "Jordan Doe",
        ("j.doe@corp.example", "jdoe@home.example"),
        organization_id=7004,
        age_s=3 * DAY,
        tickets=(
            FixtureTicket(48177, "Delivery to the office", "solved", 3 * DAY, "Is that possible?"),
        ),
        profile=FixtureProfile(
            "5dc2b1e77a0f4499007781aa",
            "jdoe@home.example",
            {"first_name": "Jordan", "source": "blog", "customer_value": 2, "rev_365": 85},
            {"Newsletter": 30 * MONTH},
            engagement="passive",
            created_age_s=30 * MONTH,
            activity={"signup_time": 30 * MONTH, "open_time": 12 * DAY},
            lifetime=(54, 3, 20, 300),
        ),
    ),
    FixturePerson(
        7704,
        "Dana Okafor",
        ("dana@okafor.example",),
        phone="+2348055507704",
        tags=("wholesale",),
        has_sync_box=True,
        locale="en-GB",
        time_zone="Africa/Lagos",
        age_s=5 * DAY,
        tickets=(
            FixtureTicket(47811, "Fewer offers, please", "pending", 5 * DAY, "Too many offers."),
        ),
        profile=FixtureProfile(
            "5fd01c0a11b94e5500770404",
            "dana@okafor.example",
            {
                "first_name": "Dana",
                "last_name": "Okafor",
                "city": "Lagos",
                "customer_value": 3,
                "rev_365": 300,
                "zendesk_sync": True,
            },
            {"VIP Offers": 8 * MONTH, "Newsletter": 10 * MONTH},
            engagement="active",
            created_age_s=18 * MONTH,
            activity={"signup_time": 18 * MONTH, "open_time": 9 * HOUR, "click_time": 3 * DAY},
            lifetime=(130, 22, 201, 260),
            purchases=((12 * DAY, 30500, "Copper pan"),),
        ),
    ),
    FixturePerson(
        7705,
        "Sam Fox",
        ("sam@fox.example",),
        phone="+15550100",
        has_sync_box=True,
        age_s=DAY,
        profile=FixtureProfile(
            "5a77c3d29e8b4f1100770505",
            "sam@fox.example",
            {
                "first_name": "Sam",
                "last_name": "Fox",
                "phone": "+15550199",
                "customer_value": 1,
                "rev_365": 12,
                "zendesk_sync": True,
            },
            {"Newsletter": 40 * MONTH, "Winback": 2 * MONTH},
            engagement="disengaged",
            created_age_s=44 * MONTH,
            activity={"signup_time": 44 * MONTH, "open_time": 190 * DAY},
            lifetime=(31, 2, 9, 400),
        ),
    ),
    FixturePerson(7706, "Jo Lind", ("jo@lind",), has_sync_box=True, age_s=9 * DAY),
    FixturePerson(
        None,
        "Wren Halloway",
        profile=FixtureProfile(
            "5b3de40177aa4c22007799ff",
            "wren@halloway.example",
            {"first_name": "Wren", "last_name": "Halloway", "zendesk_sync": True, "rev_365": 150},
            {"Newsletter": 6 * MONTH},
            engagement="active",
            created_age_s=6 * MONTH,
            activity={"signup_time": 6 * MONTH, "open_time": 2 * DAY, "click_time": 5 * DAY},
            lifetime=(40, 9, 66, 71),
        ),
    ),
)

FIXTURE_PEOPLE: tuple[FixturePerson, ...] = (
    *STAFF,
    MARIA,
    TOM,
    TOM_SECOND_PROFILE,
    *OTHER_PEOPLE,
    *EDGE_CASE_PEOPLE,
)
