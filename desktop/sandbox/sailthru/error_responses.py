"""Sailthru's error envelope and the codes used here (contract 2.0)."""

from desktop.sandbox.http_messages import SandboxHttpError, SandboxResponse, json_response


def error_response(status: int, code: int, message: str) -> SandboxResponse:
    """Return `{"error": …, "errormsg": …}`."""
    return json_response({"error": code, "errormsg": message}, status)


def sailthru_error(status: int, code: int, message: str) -> SandboxHttpError:
    """Return the envelope as something to raise."""
    return SandboxHttpError(error_response(status, code, message))


def user_not_found_error(status: int, key: str, value: str) -> SandboxHttpError:
    """400 on GET, 404 on DELETE, the same text (contract 2.0, REC)."""
    return sailthru_error(status, 99, f"User not found with {key}: {value}")


def unknown_list_error(name: str) -> SandboxHttpError:
    """Name a list that is not there."""
    return sailthru_error(404, 15, f"Unknown list: {name}")


def not_authorized_response(endpoint: str) -> SandboxResponse:
    """Refuse an endpoint to a key; the real text and code are unknown (contract 9)."""
    return error_response(403, 99, f"This API key is not authorized for {endpoint}")


def xml_response(answer: SandboxResponse) -> SandboxResponse:
    """Write an answer as XML, as a request without `format` gets it (contract 1.10)."""
    import json
    from xml.sax.saxutils import escape

    def element(name: str, value: object) -> str:
        if isinstance(value, dict):
            return f"<{name}>{''.join(element(key, it) for key, it in value.items())}</{name}>"
        if isinstance(value, list):
            return "".join(element(name, it) for it in value)
        return f"<{name}>{escape('' if value is None else str(value))}</{name}>"

    body = f'<?xml version="1.0"?>{element("triggermail", json.loads(answer.body))}'
    return SandboxResponse(answer.status, body.encode(), "text/xml; charset=utf-8", answer.headers)
