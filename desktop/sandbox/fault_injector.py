"""What each fault kind does to an answer and to the connection."""

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace

from starlette.types import Receive, Send

from desktop.sandbox.fault_rules import FaultRule
from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse, json_response
from desktop.sandbox.response_sender import close_connection, response_start_message, send_response

RequestHandler = Callable[[SandboxRequest], SandboxResponse]

_HTML = """<!DOCTYPE html><html><head><title>%s</title></head><body><h1>%s</h1></body></html>"""
_SAILTHRU_CODES = {"401": 5, "403": 99, "409": 99, "400": 99, "404": 99, "500": 9, "429": 43}
_ZENDESK_ERRORS = {
    "400": "InvalidRequest",
    "403": "Forbidden",
    "404": "RecordNotFound",
    "409": "DatabaseConflict",
    "422": "RecordInvalid",
    "423": "Locked",
    "500": "InternalServerError",
}


class FaultInjector:
    """Performs faults; `set_stale` and `doom_job` belong to the services."""

    def __init__(
        self, set_stale: Callable[[float], None], set_job_fault: Callable[[str, str], None]
    ) -> None:
        self.set_stale = set_stale
        self.set_job_fault = set_job_fault
        # Set when the process is to end: nobody hangs any longer.
        self.stopping = asyncio.Event()

    async def inject(
        self,
        fault: FaultRule,
        request: SandboxRequest,
        apply: RequestHandler,
        receive: Receive,
        send: Send,
    ) -> int:
        """Do it; return the status sent, 0 for none."""
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
        if kind in ("slow", "cut"):
            answer = apply(request)
            if kind == "slow":
                await _send_slowly(send, answer, fault.argument)
            else:
                await _send_half(send, answer)
            return answer.status
        answer = self._faulty_response(fault, request, apply)
        await send_response(send, answer)
        return answer.status

    async def _wait_for_disconnect(self, receive: Receive, seconds: float) -> None:
        """Wait until the client gives up, the time is over or the process ends."""

        async def gone() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass

        waiting = [asyncio.create_task(gone()), asyncio.create_task(self.stopping.wait())]
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
        if kind in ("stuck-job", "failed-job"):
            self.set_job_fault(request.service, kind)
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
            return _error_response("500", fault, request)
        return _error_response(kind, fault, request)


def _error_response(kind: str, fault: FaultRule, request: SandboxRequest) -> SandboxResponse:
    if kind == "html":
        page = _HTML % ("Sign in to the network", "Welcome to the guest network")
        return SandboxResponse(200, page.encode(), "text/html; charset=utf-8")
    if kind == "error-200":
        if request.service == "sailthru":
            code = int(fault.argument)
            return json_response({"error": code, "errormsg": "Internal error"})
        return json_response({"error": "unavailable", "description": "Sorry, we could not do that"})
    if kind == "429-bare":
        # Text bodies occur at the edge (Zendesk contract 12).
        return SandboxResponse(429, b"Too Many Requests", "text/plain; charset=utf-8")
    if kind in ("502", "503", "504"):
        title = {"502": "Bad Gateway", "503": "Service Unavailable", "504": "Gateway Timeout"}[kind]
        page = _HTML % (f"{kind} {title}", title)
        answer = SandboxResponse(int(kind), page.encode(), "text/html; charset=utf-8")
    else:
        answer = _json_error_response(kind, request.service)
    if kind == "429" or fault.given:
        return answer.with_headers(("retry-after", f"{fault.argument:g}"))
    return answer


def _json_error_response(kind: str, service: str) -> SandboxResponse:
    status = int(kind)
    if service == "sailthru":
        code = _SAILTHRU_CODES.get(kind, 99)
        return json_response({"error": code, "errormsg": f"Fault on demand: {kind}"}, status)
    if kind == "401":
        return json_response({"error": "Couldn't authenticate you"}, status)
    if kind == "429":
        description = "Number of allowed API requests per minute exceeded"
        return json_response({"error": "APIRateLimitExceeded", "description": description}, status)
    description = f"Fault on demand: {kind}"
    return json_response(
        {"error": _ZENDESK_ERRORS.get(kind, "Error"), "description": description}, status
    )


async def _send_slowly(send: Send, answer: SandboxResponse, seconds: float) -> None:
    await send(response_start_message(answer))
    body = answer.body or b" "
    pieces = min(len(body), 20)
    size = -(-len(body) // pieces)
    for start in range(0, len(body), size):
        await asyncio.sleep(seconds / pieces)
        more = start + size < len(body)
        part = body[start : start + size]
        await send({"type": "http.response.body", "body": part, "more_body": more})


async def _send_half(send: Send, answer: SandboxResponse) -> None:
    body = answer.body or json.dumps(None).encode()
    await send(response_start_message(answer, len(body)))
    half = body[: len(body) // 2]
    await send({"type": "http.response.body", "body": half, "more_body": True})
    close_connection(send, reset=False)
