"""Turns Zendesk Sell's error envelope and statuses into `AppError`s (docs/zendesk-sell.md 3)."""

from dataclasses import dataclass, field

from desktop.clients.error_text import sanitize_error_text
from desktop.clients.service_errors import (
    error_from_status,
    foreign_response_error,
    rate_limit_error,
    rejected_error,
)
from desktop.kit.errors import AppError, ConflictError
from desktop.model.service import Service

_SELL = Service.SELL
_POINTER = "/data/"


@dataclass(frozen=True)
class SellErrorBody:
    """The content of Sell's error envelope; `logref` is what Zendesk's support asks for.

    `fields` maps an attribute to what is wrong with it, where the errors are about attributes.
    """

    codes: tuple[str, ...] = ()
    message: str = ""
    logref: str = ""
    fields: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The service's own words with the reference to quote, for the details of an error."""
        if not self.logref:
            return self.message
        words = f"{self.message.rstrip('.')}. " if self.message else ""
        return f"{words}Quote this to Zendesk: {self.logref}"


def parse_error_body(document: object) -> SellErrorBody | None:
    """Parse Sell's envelope of several errors; None: it is not Sell's own."""
    listed = document.get("errors") if isinstance(document, dict) else None
    meta = document.get("meta") if isinstance(document, dict) else None
    if not isinstance(listed, list) or not isinstance(meta, dict):
        return None
    errors = [item["error"] for item in listed if isinstance(item, dict) and "error" in item]
    errors = [error for error in errors if isinstance(error, dict)]
    if not errors:
        return None
    fields: dict[str, str] = {}
    sentences: list[str] = []
    for error in errors:
        text = sanitize_error_text(error.get("details")) or sanitize_error_text(
            error.get("message")
        )
        name = sanitize_error_text(error.get("field")).removeprefix(_POINTER)
        if name:
            fields[name] = text
        sentences.append(text)
    return SellErrorBody(
        tuple(sanitize_error_text(error.get("code")) for error in errors),
        "; ".join(dict.fromkeys(sentence for sentence in sentences if sentence)),
        sanitize_error_text(meta.get("logref")),
        fields,
    )


def error_from_body(status: int, body: SellErrorBody | None, now: float) -> AppError:
    """Return the error for Sell's refusal; `body` is None where it is not Sell's own."""
    # How long is never said: the rate limiter's own pauses follow (docs/zendesk-sell.md 4).
    if status == 429 or (body is not None and "rate_limit_exceeded" in body.codes):
        return rate_limit_error(_SELL, 0.0, now)
    if body is None:
        return foreign_response_error(_SELL, status)
    if status == 409:
        return ConflictError(
            "Several records in Zendesk Sell match.", body.text, "Choose one of them."
        )
    if status in (400, 422):
        return rejected_error(_SELL, body.text, body.fields)
    return error_from_status(_SELL, status, body.text)
