"""The evidence of an erasure, as JSON and as a page: steps, counts, times, and nobody's data."""

from collections.abc import Mapping
from html import escape
from typing import Any

from desktop.kit.clock import iso_timestamp
from desktop.kit.text import format_count
from desktop.model.erasure import ErasureState, ErasureStep
from desktop.model.erasure_steps import ErasureProgress

STEP_TEXTS = {
    ErasureStep.SUPPRESS: "Keep syncs, events, imports and edits from making them again",
    ErasureStep.CLOSE_TICKETS: "Close tickets in Zendesk",
    ErasureStep.DELETE_USER: "Delete the user in Zendesk",
    ErasureStep.DELETE_USER_DATA: "Delete the user's data in Zendesk for good",
    ErasureStep.DELETE_PROFILE: "Delete the profile in Sailthru",
    ErasureStep.ERASE_HERE: "Erase what this computer keeps",
}
# By their keys in counts: which system holds them, and what one and several are called.
COUNT_WORDS = {
    "zendesk_users": ("Zendesk", "user", "users"),
    "zendesk_addresses": ("Zendesk", "address or number", "addresses and numbers"),
    "zendesk_tickets": ("Zendesk", "ticket", "tickets"),
    "zendesk_unclosed_tickets": ("Zendesk", "of them not closed", "of them not closed"),
    "sailthru_profiles": ("Sailthru", "profile", "profiles"),
    "sailthru_lists": ("Sailthru", "list membership", "list memberships"),
    "sailthru_fields": ("Sailthru", "field", "fields"),
    "cached": ("This computer", "row of opened customers", "rows of opened customers"),
    "feed_records": ("This computer", "record that syncs read", "records that syncs read"),
    "audit_entries": (
        "This computer",
        "entry of the record of changes",
        "entries of the record of changes",
    ),
    "edits": ("This computer", "change that has ended", "changes that have ended"),
    "plan_rows": ("This computer", "row of a preview or run", "rows of previews and runs"),
    "remembered": ("This computer", "value that syncs remember", "values that syncs remember"),
    "events": ("This computer", "event", "events"),
    "everybody_records": (
        "This computer",
        "record among everybody's data",
        "records among everybody's data",
    ),
}
# What the services keep, and what nobody can promise: said with every erasure.
KEPT_TEXTS = (
    "Zendesk keeps the closed tickets with their texts; the requester shows as “Permanently Deleted"
    " User”. What the texts tell has to be redacted or deleted in Zendesk.",
    "Zendesk deletes the data in the background, which can take a while.",
    "Sailthru makes a profile again when something writes to the address, such as a form or a shop"
    " that is connected to it.",
    "Of the record of changes the values are erased; its chain still verifies.",
    "Other computers with Fairlead, exports, backups and mailboxes keep what they have.",
)


def describe_counts(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Return what each system holds of an erasure's person, in words and in a fixed order."""
    known = [
        (f"{system}: {many}", counts[key])
        for key, (system, _, many) in COUNT_WORDS.items()
        if key in counts
    ]
    return [*known, *((key, n) for key, n in counts.items() if key not in COUNT_WORDS)]


def count_words(counts: Mapping[str, int], system: str) -> list[str]:
    """Return what one system holds of a person, each with its number: "2 tickets"."""
    return [
        format_count(counts[key], one, many)
        for key, (of_system, one, many) in COUNT_WORDS.items()
        if of_system == system and counts.get(key)
    ]


def build_erasure_report(progress: ErasureProgress) -> dict[str, Any]:
    """Build the evidence of an erasure as JSON; nothing in it tells who was erased.

    `subject_hash` is a keyed hash: whoever knows address and key can prove whose it was.
    """
    erasure = progress.erasure
    return {
        "erasure": erasure.id,
        "state": erasure.state.value,
        "subject_hash": erasure.subject_hash,
        "requested_at": iso_timestamp(erasure.created_at),
        "requested_by": erasure.actor,
        "approvals": [
            {"by": one.name, "user_id": one.user_id, "at": iso_timestamp(one.approved_at)}
            for one in erasure.approvals
        ],
        "ended_at": iso_timestamp(erasure.ended_at) if erasure.ended_at is not None else None,
        "counts": dict(erasure.counts),
        "erased": dict(erasure.erased),
        "steps": [step.as_json() for step in progress.steps],
        "kept": list(KEPT_TEXTS),
    }


def render_erasure_report(progress: ErasureProgress) -> str:
    """Render the evidence of an erasure as one HTML page that loads nothing; all is escaped."""
    erasure, report = progress.erasure, build_erasure_report(progress)
    is_done = erasure.state is ErasureState.DONE
    title = f"Erasure {erasure.id}: {'done' if is_done else erasure.state.value}"
    facts = [
        ("Requested", f"{report['requested_at']} by {erasure.actor}"),
        *(("Approved", f"{one['at']} by {one['by']}") for one in report["approvals"]),
        ("Ended", report["ended_at"] or "not yet"),
        ("Keyed hash of the address", erasure.subject_hash),
    ]
    steps = [
        (
            STEP_TEXTS[step.step] + (f" ({step.count})" if step.count > 1 else ""),
            f"{step.state.value}, {iso_timestamp(step.ended_at)}"
            if step.ended_at is not None
            else step.state.value,
        )
        for step in progress.steps
    ]
    held, erased = (
        [(text, str(count)) for text, count in describe_counts(counts)]
        for counts in (erasure.counts, erasure.erased)
    )
    return render_page(
        title,
        [
            ("Erasure of one person", facts),
            ("Steps", steps),
            ("What there was", held),
            ("Erased from this computer", erased),
            ("What stays", [("", text) for text in KEPT_TEXTS]),
        ],
    )


def render_page(title: str, sections: list[tuple[str, list[tuple[str, str]]]]) -> str:
    """Render titled tables of two columns as one HTML page of privacy; every text is escaped."""
    body = "".join(
        f"<h2>{escape(name)}</h2>\n<table>\n"
        + "".join(
            f"<tr><th>{escape(label)}</th><td>{escape(text)}</td></tr>\n" for label, text in rows
        )
        + "</table>\n"
        for name, rows in sections
        if rows
    )
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        # The page is opened in a browser: it may load and run nothing.
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'\">\n"
        f"<title>{escape(title)}</title>\n<style>{_STYLE}</style>\n</head>\n"
        f"<body>\n<h1>{escape(title)}</h1>\n{body}</body>\n</html>\n"
    )


_STYLE = (
    "body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}"
    "table{border-collapse:collapse;width:100%;table-layout:fixed}"
    "th,td{text-align:left;vertical-align:top;padding:.3rem .6rem;border-bottom:1px solid #8884;"
    "overflow-wrap:anywhere;white-space:pre-wrap}th{width:34%;font-weight:600}"
    ":root{color-scheme:light dark}"
)
