"""Sailthru's error envelope and the codes used here (contract 2.0)."""

from desktop.sandbox.call import Answer, Refused, said


def envelope(status: int, code: int, message: str) -> Answer:
    """Return `{"error": …, "errormsg": …}`."""
    return said({"error": code, "errormsg": message}, status)


def refuse(status: int, code: int, message: str) -> Refused:
    """Return the envelope as something to raise."""
    return Refused(envelope(status, code, message))


def user_not_found(status: int, key: str, value: str) -> Refused:
    """400 on GET, 404 on DELETE, the same text (contract 2.0, REC)."""
    return refuse(status, 99, f"User not found with {key}: {value}")


def unknown_list(name: str) -> Refused:
    """Name a list that is not there."""
    return refuse(404, 15, f"Unknown list: {name}")


def not_authorized(endpoint: str) -> Answer:
    """Refuse an endpoint to a key; the real text and code are unknown (contract 9)."""
    return envelope(403, 99, f"This API key is not authorized for {endpoint}")


def as_xml(answer: Answer) -> Answer:
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
    return Answer(answer.status, body.encode(), "text/xml; charset=utf-8", answer.headers)
