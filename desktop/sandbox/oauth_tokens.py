"""What the OAuth tokens of the sandbox's Zendesk and Sell have in common."""

from desktop.sandbox.record_table import RecordTable


def expire_access_tokens(tokens: RecordTable[str], now: float) -> int:
    """Let every access token end before `now` (Unix seconds); returns how many were alive.

    Refresh tokens stay as they are.
    """
    live = [
        (key, token)
        for key, token in tokens.existing_overrides()
        if key.startswith("access ") and token["expires"] > now
    ]
    for key, token in live:
        tokens.put(key, {**token, "expires": now - 1})
    return len(live)
