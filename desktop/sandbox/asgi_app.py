"""ASGI application of one sandbox service: reads a request, delays it, injects faults, logs it.

Nothing in it knows what the services mean.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

from desktop.sandbox.control_api import ControlApi
from desktop.sandbox.fault_injector import FaultInjector
from desktop.sandbox.http_messages import SandboxRequest, SandboxResponse
from desktop.sandbox.request_log import RequestLog
from desktop.sandbox.response_sender import send_response
from desktop.sandbox.state import SandboxState


class ServiceApp:
    """Serves one sandbox service on one port; control requests are answered on every port."""

    def __init__(
        self,
        service: str,
        state: SandboxState,
        handle: Callable[[SandboxRequest], SandboxResponse],
        fault_injector: FaultInjector,
        control: ControlApi,
        log: RequestLog,
    ) -> None:
        self.service = service
        self.state = state
        self.handle = handle
        self.fault_injector = fault_injector
        self.control = control
        self.log = log

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one HTTP request of the sandbox over ASGI, unless the client is gone."""
        if scope["type"] != "http":
            # Neither service has web sockets.
            return
        request = Request(scope, receive)
        try:
            body = await request.body()
        except ClientDisconnect:
            return
        raw_query = scope["query_string"].decode("latin-1")
        sandbox_request = SandboxRequest(
            service=self.service,
            method=scope["method"],
            path=scope["path"],
            raw_query=raw_query,
            query=dict(parse_qsl(raw_query, keep_blank_values=True)),
            headers={
                name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
            },
            body=body,
            received_at=self.state.now(),
        )
        if sandbox_request.path.startswith("/sandbox/"):
            answer = self.control.handle(sandbox_request)
            self.state.store.commit()
            await send_response(send, answer)
            return
        await self._serve(sandbox_request, receive, send)

    async def _serve(self, request: SandboxRequest, receive: Receive, send: Send) -> None:
        if self.state.latency_s:
            await asyncio.sleep(self.state.latency_s)
        fault = self.state.fault_rules.next_fault(request)
        self.state.request_counts[
            f"{self.service} {request.method} {request.path.removesuffix('.json')}"
        ] += 1
        if fault is not None:
            status = await self.fault_injector.inject(
                fault, request, self._handle_with_body_in_memory, receive, send
            )
            self.log.write(request, status)
            return
        answer = self.handle_and_commit(request)
        # Before the answer: a client that has it finds its request in the log.
        self.log.write(request, answer.status)
        await send_response(send, answer)

    def handle_and_commit(self, request: SandboxRequest) -> SandboxResponse:
        """Let the sandbox's service answer; its changes commit before the client hears of them."""
        answer = self.handle(request)
        self.state.store.commit()
        return answer

    def _handle_with_body_in_memory(self, request: SandboxRequest) -> SandboxResponse:
        """Answer with the file in the body: the sandbox's faults spoil bodies, not files."""
        answer = self.handle_and_commit(request)
        if answer.file is None:
            return answer
        return replace(answer, body=answer.file.read_bytes(), file=None)
