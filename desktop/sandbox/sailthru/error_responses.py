"""Error responses of the Sailthru sandbox: the JSON envelope with codes, and its XML form.

Facts: docs/sailthru.md 2.0.
"""

import json
from xml.sax.saxutils import escape

from desktop.sandbox.http_messages import SandboxHttpError, SandboxResponse, json_response


def error_response(status: int, code: int, message: str) -> SandboxResponse:
    """Make the error response of the sandbox's Sailthru: `{"error": code, "errormsg": message}`."""
    return json_response({"error": code, "errormsg": message}, status)


def sailthru_error(status: int, code: int, message: str) -> SandboxHttpError:
    """Make the error envelope of the sandbox's Sailthru as something to raise."""
    return SandboxHttpError(error_response(status, code, message))


def user_not_found_error(status: int, key: str, value: str) -> SandboxHttpError:
    """Make the error of an unknown profile at the sandbox: 400 on GET, 404 on DELETE."""
    return sailthru_error(status, 99, f"User not found with {key}: {value}")


def unknown_list_error(name: str) -> SandboxHttpError:
    """Make the error of an unknown list at the sandbox's Sailthru."""
    return sailthru_error(404, 15, f"Unknown list: {name}")


def xml_response(answer: SandboxResponse) -> SandboxResponse:
    """Convert a JSON answer of the sandbox's Sailthru to XML, for want of `format`."""

    def element(name: str, value: object) -> str:
        if isinstance(value, dict):
            return f"<{name}>{''.join(element(key, it) for key, it in value.items())}</{name}>"
        if isinstance(value, list):
            return "".join(element(name, it) for it in value)
        return f"<{name}>{escape('' if value is None else str(value))}</{name}>"

    body = f'<?xml version="1.0"?>{element("triggermail", json.loads(answer.body))}'
    return SandboxResponse(answer.status, body.encode(), "text/xml; charset=utf-8", answer.headers)
