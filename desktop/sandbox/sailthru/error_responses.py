"""Error responses of the Sailthru sandbox: the JSON envelope with codes, and its XML form.

Facts: docs/sailthru.md 2.0.
"""

import json
from xml.sax.saxutils import escape

from desktop.sandbox.http_messages import SandboxHttpError, SandboxResponse, json_response


def error_response(status: int, code: int, message: str) -> SandboxResponse:
    """Return `{"error": code, "errormsg": message}`."""
    return json_response({"error": code, "errormsg": message}, status)


def sailthru_error(status: int, code: int, message: str) -> SandboxHttpError:
    """Return Sailthru's error envelope as something to raise."""
    return SandboxHttpError(error_response(status, code, message))


def user_not_found_error(status: int, key: str, value: str) -> SandboxHttpError:
    """Return the error of an unknown profile: recorded with 400 on GET and 404 on DELETE."""
    return sailthru_error(status, 99, f"User not found with {key}: {value}")


def unknown_list_error(name: str) -> SandboxHttpError:
    """Return the error of an unknown list."""
    return sailthru_error(404, 15, f"Unknown list: {name}")


def xml_response(answer: SandboxResponse) -> SandboxResponse:
    """Turn a JSON answer into XML, which a request without `format` gets."""

    def element(name: str, value: object) -> str:
        if isinstance(value, dict):
            return f"<{name}>{''.join(element(key, it) for key, it in value.items())}</{name}>"
        if isinstance(value, list):
            return "".join(element(name, it) for it in value)
        return f"<{name}>{escape('' if value is None else str(value))}</{name}>"

    body = f'<?xml version="1.0"?>{element("triggermail", json.loads(answer.body))}'
    return SandboxResponse(answer.status, body.encode(), "text/xml; charset=utf-8", answer.headers)
