"""Format amounts of money on screen with their currency sign."""

_CURRENCY_SYMBOLS = {"USD": "$", "EUR": "€", "GBP": "£", "JPY": "¥"}


def format_amount(value: float, currency: str) -> str:
    """Format an amount on screen as `$1,240`, `€86.50`, `SEK 990`: cents only if any."""
    digits = f"{value:,.0f}" if float(value).is_integer() else f"{value:,.2f}"
    sign = _CURRENCY_SYMBOLS.get(currency)
    return f"{sign}{digits}" if sign else f"{currency} {digits}"


def format_price_in_cents(cents: float, currency: str) -> str:
    """Format a price given in cents, always with both digits: `$86.00`."""
    sign = _CURRENCY_SYMBOLS.get(currency, currency + " ")
    return f"{sign}{cents / 100:,.2f}"


def format_prediction(amount: float, unit: str, horizon_days: int) -> str:
    """Format a predicted amount: `$300 predicted revenue, next 365 days`, or page views."""
    # Publishers predict page views instead of revenue.
    if unit == "pageviews":
        return f"{amount:,.0f} predicted page views, next {horizon_days} days"
    return f"{format_amount(amount, unit)} predicted revenue, next {horizon_days} days"
