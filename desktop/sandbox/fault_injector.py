"""Fault injector: what each kind of fault does to a response and to the connection."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

from starlette.types import Receive, Send

from desktop.sandbox.fault_rules import FaultRule
from desktop.sandbox.http_messages import (
    SandboxRequest,
    SandboxResponse,
    json_response,
    request_id_headers,
)
from desktop.sandbox.response_sender import close_connection, response_start_message, send_response
from desktop.sandbox.sell.error_responses import request_error_response
from desktop.sandbox.sell.service import sell_response

RequestHandler = Callable[[SandboxRequest], SandboxResponse]

# A slow answer comes in so many pieces.
_SLOW_PIECES = 20
_HTML = "<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%s</h1></body></html>"
# Errors of a proxy in front of the service are HTML, whatever the service speaks.
_GATEWAY_TITLES = {"502": "Bad Gateway", "503": "Service Unavailable", "504": "Gateway Timeout"}
_SAILTHRU_CODES = {"401": 5, "500": 9, "429": 43}
_ZENDESK_ERRORS = {
    "400": "InvalidRequest",
    "403": "Forbidden",
    "404": "RecordNotFound",
    "409": "DatabaseConflict",
    "422": "RecordInvalid",
    "423": "Locked",
    "429": "APIRateLimitExceeded",
    "500": "InternalServerError",
}
_SELL_CODES = {
    "400": "invalid_param",
    "401": "unauthorized",
    "403": "insufficient_scope",
    "404": "not_found",
    "409": "conflict",
    "422": "incorrect_payload",
    "423": "temporarily_unavailable",
    "429": "rate_limit_exceeded",
    "500": "server_error",
}


class FaultInjector:
    """Performs the sandbox's faults; two kinds are switched on within the services."""

    def __init__(
        self, set_stale: Callable[[float], None], set_job_fault: Callable[[str, str], None]
    ) -> None:
        self.set_stale = set_stale
        self.set_job_fault = set_job_fault
        # Set when the process is to end: no request hangs any longer.
        self.stopping = asyncio.Event()

    async def inject(
        self,
        fault: FaultRule,
        request: SandboxRequest,
        apply: RequestHandler,
        receive: Receive,
        send: Send,
    ) -> int:
        """Let a request suffer the sandbox's fault; return the status sent, 0 for none."""
        kind = fault.kind
        if kind in ("timeout", "timeout-after", "reset", "reset-after"):
            if kind.endswith("-after"):
                apply(request)
            if kind.startswith("timeout"):
                await self._wait_for_disconnect(receive, fault.argument)
            close_connection(send, reset=kind.startswith("reset"))
            # uvicorn complains of a missing answer unless it has seen the connection end.
            await self._wait_for_disconnect(receive, 1)
            return 0
        if kind == "slow":
            answer = apply(request)
            await _send_slowly(send, answer, fault.argument)
        elif kind == "cut":
            answer = apply(request)
            await _send_half(send, answer)
        else:
            answer = self._faulty_response(fault, request, apply)
            await send_response(send, answer)
        return answer.status

    async def _wait_for_disconnect(self, receive: Receive, seconds: float) -> None:
        """Wait in the sandbox's fault until the client gives up, the time is over or it stops."""

        async def disconnected() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        waiting = [asyncio.create_task(disconnected()), asyncio.create_task(self.stopping.wait())]
        await asyncio.wait(waiting, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in waiting:
            task.cancel()

    def _faulty_response(
        self, fault: FaultRule, request: SandboxRequest, apply: RequestHandler
    ) -> SandboxResponse:
        kind = fault.kind
        if kind == "stale":
            self.set_stale(fault.argument)
            try:
                return apply(request)
            finally:
                self.set_stale(0)
        if kind.endswith("-job"):
            self.set_job_fault(request.service, f"{kind}={fault.argument:g}")
            try:
                return apply(request)
            finally:
                self.set_job_fault(request.service, "")
        if kind == "truncated":
            answer = apply(request)
            return replace(answer, body=answer.body[: len(answer.body) // 2])
        if kind == "wrong-type":
            return replace(apply(request), content_type="text/plain; charset=utf-8")
        if kind == "500-after":
            apply(request)
        return _error_response(kind.removesuffix("-after"), fault, request)


def _error_response(kind: str, fault: FaultRule, request: SandboxRequest) -> SandboxResponse:
    is_sailthru = request.service == "sailthru"
    if kind == "html":
        page = _HTML % ("Sign in to the network", "Welcome to the guest network")
        return SandboxResponse(200, page.encode(), "text/html; charset=utf-8")
    if kind == "page":
        page = _HTML % ("Notice", "This request was not passed on")
        answer = SandboxResponse(int(fault.argument), page.encode(), "text/html; charset=utf-8")
        return answer.with_headers(("location", "https://portal.example/"))
    if kind == "proxy-json":
        return json_response({"message": "Forbidden"}, int(fault.argument))
    if kind == "error-200":
        if is_sailthru:
            return json_response({"error": int(fault.argument), "errormsg": "Internal error"})
        return json_response({"error": "unavailable", "description": "Sorry, we could not do that"})
    if kind == "429-bare":
        # Text bodies occur at the edge of Zendesk: docs/zendesk.md 12.
        return SandboxResponse(429, b"Too Many Requests", "text/plain; charset=utf-8")
    if title := _GATEWAY_TITLES.get(kind):
        page = _HTML % (f"{kind} {title}", title)
        answer = SandboxResponse(int(kind), page.encode(), "text/html; charset=utf-8")
    else:
        answer = _json_error_response(kind, request)
        if request.service == "zendesk":
            # The service's own refusal, not a gateway's: it can be asked about.
            answer = answer.with_headers(*request_id_headers(request))
    if request.service == "sell" and kind == "429":
        # It never says how long to wait: docs/zendesk-sell.md 4.
        return answer
    if kind == "429" or fault.given:
        return answer.with_headers(("retry-after", f"{fault.argument:g}"))
    return answer


def _json_error_response(kind: str, request: SandboxRequest) -> SandboxResponse:
    message = f"Fault on demand: {kind}"
    if request.service == "sell":
        return sell_response(request, request_error_response(_SELL_CODES[kind], message))
    if request.service == "sailthru":
        body = {"error": _SAILTHRU_CODES.get(kind, 99), "errormsg": message}
    elif kind == "401":
        body = {"error": "Couldn't authenticate you"}
    else:
        if kind == "429":
            message = "Number of allowed API requests per minute exceeded"
        body = {"error": _ZENDESK_ERRORS.get(kind, "Error"), "description": message}
    return json_response(body, int(kind))


async def _send_slowly(send: Send, answer: SandboxResponse, seconds: float) -> None:
    await send(response_start_message(answer))
    body = answer.body or b" "
    pieces = min(len(body), _SLOW_PIECES)
    size = -(-len(body) // pieces)
    for start in range(0, len(body), size):
        await asyncio.sleep(seconds / pieces)
        has_more = start + size < len(body)
        part = body[start : start + size]
        await send({"type": "http.response.body", "body": part, "more_body": has_more})


async def _send_half(send: Send, answer: SandboxResponse) -> None:
    # Content-Length promises the whole body, so the client must notice that the end is missing.
    body = answer.body or b"null"
    await send(response_start_message(answer, len(body)))
    half = body[: len(body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    close_connection(send, reset=False)
