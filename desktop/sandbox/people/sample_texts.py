"""What customers write about, and where they work."""

# (tag, subject, first message)
TICKET_TEXTS: tuple[tuple[str, str, str], ...] = (
    ("delivery", "Where is my order?", "It should have been here on Monday. Where is it?"),
    ("delivery", "Parcel arrived damaged", "The box was open and one glass is broken."),
    ("delivery", "Wrong item in the box", "I ordered the green one and got the grey one."),
    ("delivery", "Can you deliver on a Saturday?", "I work during the week."),
    ("delivery", "Change the delivery address", "Please send it to my office instead."),
    ("returns", "How do I return this?", "The size is wrong. Do I need a label?"),
    ("returns", "Refund not received", "I returned the shoes two weeks ago."),
    ("returns", "Exchange for a larger size", "Could I have the next size up?"),
    ("billing", "Charged twice", "My bank shows two payments for one order."),
    ("billing", "Invoice with company name", "We need our company's name on the invoice."),
    ("billing", "Voucher code is refused", "It says the code has expired. It has not."),
    ("billing", "Payment declined", "My card works everywhere else."),
    ("account", "Cannot sign in", "The reset mail never comes."),
    ("account", "Change my e-mail address", "My old mailbox is closing soon."),
    ("account", "Please delete my account", "I do not need it any more."),
    ("account", "My loyalty points are gone", "I had 420 points last week."),
    ("email_preferences", "Too many newsletters", "Once a week would be plenty."),
    ("email_preferences", "I did not sign up for this", "How did you get my address?"),
    ("email_preferences", "I no longer get your offers", "I used to get them on Fridays."),
    ("product", "Is this back in stock soon?", "The oak shelf in the wide size."),
    ("product", "Spare part needed", "The lid of the coffee grinder cracked."),
    ("product", "Does it fit?", "My bike has 28 inch wheels."),
    ("product", "Washing instructions", "Can the throw go into the machine?"),
    ("product", "Lamp flickers", "It flickers with the bulb that came with it."),
    ("warranty", "Warranty claim", "It stopped working after five months."),
    ("warranty", "Second repair in a year", "I would rather have a new one."),
    ("feedback", "Great service, thank you", "Kim was very helpful. Just wanted to say so."),
    ("feedback", "The new website is slow", "It takes ages on my phone."),
    ("orders", "Cancel my order", "I ordered twice by mistake."),
    ("orders", "Add something to my order", "Can you add two more cups?"),
    ("orders", "Order confirmation missing", "I paid, but no mail came."),
    ("subscription", "Pause my subscription", "We are away for two months."),
    ("subscription", "Change the delivery day", "Thursday would be better."),
    ("gift", "Gift message was missing", "The card was not in the parcel."),
    ("gift", "Send a gift receipt", "Without the price, please."),
    ("wholesale", "Prices for larger amounts", "We would need about forty."),
)

_COMPANY_FIRST_WORDS = (
    "Harbour", "Cedar", "Northlight", "Willow", "Granite", "Blue Door", "Meridian", "Juniper",
    "Old Mill", "Foxglove", "Lantern", "Copper", "Silver Birch", "Tidewater", "Bright", "Anchor",
    "Maple", "Stonebridge", "Clover", "Summit",
)  # fmt: skip
_COMPANY_SECOND_WORDS = (
    "Studio",
    "Trading",
    "& Sons",
    "Cooperative",
    "Hotels",
    "Logistics",
    "Bakery",
    "Books",
)


def organization_name(number: int) -> str:
    """Return the name of a generated organization; no two are the same."""
    return f"{_COMPANY_FIRST_WORDS[number % len(_COMPANY_FIRST_WORDS)]} {_COMPANY_SECOND_WORDS[number // len(_COMPANY_FIRST_WORDS) * 3 % len(_COMPANY_SECOND_WORDS)]}"
