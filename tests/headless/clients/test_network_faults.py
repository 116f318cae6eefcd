"""What a bad wire does to each kind of request: no crash, no false success (figure F6)."""

import asyncio
import gzip
import json
import socket
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from desktop.clients.http_messages import HttpRequest
from desktop.clients.rate_limiter import RateLimiter as Budgets
from desktop.clients.request_pipeline import RequestPipeline, RetryPolicy
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sailthru.protocol import SailthruCredentials, read_endpoint_rate_limits
from desktop.clients.service_status import ServiceStatusTracker
from desktop.clients.transport import HttpTransport, TransportOptions, tls_context
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ApiTokenCredentials, ZendeskAuthenticator
from desktop.kit.errors import (
    AppError,
    InternalError,
    InvalidInput,
    ResponseTimeout,
    ServiceError,
    ServiceUnreachable,
)
from desktop.model.retry_backoff import ExponentialBackoff
from tests.support.clocks import ManualClock
from tests.support.raw_http_server import (
    ConnectionScript,
    RawConnection,
    RawHttpServer,
    serve_script,
)
from tests.support.tls_certificates import make_server_tls_context

ASK = HttpRequest("GET", "/user", "/user", query=(("api_key", "canary"),), is_idempotent=True)
TELL = HttpRequest("POST", "/user", "/user", body=b"a=b")
SHORT = TransportOptions(connect_s=0.5, read_s=0.3, write_s=0.5, pool_s=0.5, total_s=1.0)
ONE_TRY = RetryPolicy(ExponentialBackoff(max_attempts=1), max_wait_s=5.0)
OK = b'{"ok":true}'


@asynccontextmanager
async def transport(
    url: str, limits: TransportOptions = SHORT, **options: object
) -> AsyncIterator[HttpTransport]:
    made = HttpTransport("Sailthru", url, limits=limits, **options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.aclose()


async def reset_at_once(talk: RawConnection) -> None:
    talk.reset()


async def hang_up(talk: RawConnection) -> None:
    talk.writer.close()


async def cut_body(talk: RawConnection) -> None:
    await talk.send_chunks(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", OK)
    talk.writer.close()


async def reset_in_body(talk: RawConnection) -> None:
    await talk.send_chunks(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", OK)
    await asyncio.sleep(0.05)
    talk.reset()


async def cut_head(talk: RawConnection) -> None:
    await talk.send_chunks(b"HTTP/1.1 200 OK\r\nContent-Le")
    talk.writer.close()


async def cut_chunks(talk: RawConnection) -> None:
    await talk.send_chunks(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n", OK)
    talk.writer.close()


async def no_http(talk: RawConnection) -> None:
    await talk.send_chunks(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    talk.writer.close()


async def two_lengths(talk: RawConnection) -> None:
    await talk.send_chunks(
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 11\r\n\r\n", OK
    )


async def odd_length(talk: RawConnection) -> None:
    await talk.send_chunks(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", OK)


async def silence(talk: RawConnection) -> None:
    await asyncio.sleep(5)


async def drip(talk: RawConnection) -> None:
    await talk.send_chunks(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n")
    await talk.send_chunks(*(OK[i : i + 1] for i in range(len(OK))), every_s=0.2)


async def cut_gzip(talk: RawConnection) -> None:
    await talk.send_response(gzip.compress(OK * 50)[:-12], "200 OK", "Content-Encoding: gzip")


UNFINISHED: dict[str, ConnectionScript] = {
    script.__name__: script
    for script in (
        reset_at_once,
        hang_up,
        cut_body,
        reset_in_body,
        cut_head,
        cut_chunks,
        no_http,
        two_lengths,
        odd_length,
        silence,
        drip,
        cut_gzip,
    )
}


@pytest.mark.parametrize("request_", [ASK, TELL], ids=["read", "write"])
@pytest.mark.parametrize("fault", UNFINISHED)
async def test_request_without_complete_response_is_unknown(
    fault: str, request_: HttpRequest
) -> None:
    async with serve_script(UNFINISHED[fault]) as server, transport(server.url) as wire:
        with pytest.raises(ResponseTimeout) as caught:
            await wire.send(request_)
    assert len(server.received) == 1
    assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"


async def bomb(talk: RawConnection) -> None:
    await talk.send_response(gzip.compress(b"0" * 20_000_000), "200 OK", "Content-Encoding: gzip")


async def flood(talk: RawConnection) -> None:
    await talk.send_chunks(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(200):
        await talk.send_chunks(b"10000\r\n", b"0" * 65_536, b"\r\n")


async def brotli(talk: RawConnection) -> None:
    await talk.send_response(OK, "200 OK", "Content-Encoding: br")


async def false_gzip(talk: RawConnection) -> None:
    await talk.send_response(OK, "200 OK", "Content-Encoding: gzip")


@pytest.mark.parametrize("fault", [bomb, flood, brotli, false_gzip])
async def test_response_unreadable_raises(fault: ConnectionScript) -> None:
    small = TransportOptions(max_body_bytes=1_000_000)
    async with serve_script(fault) as server, transport(server.url, small) as wire:
        for request in (ASK, TELL):
            with pytest.raises(ServiceError) as caught:
                await wire.send(request)
            assert caught.value.is_outcome_unknown


async def test_gzip_response_is_decompressed() -> None:
    async def packed(talk: RawConnection) -> None:
        await talk.send_response(gzip.compress(OK), "200 OK", "Content-Encoding: gzip")

    async with serve_script(packed) as server, transport(server.url) as wire:
        assert (await wire.send(ASK)).body == OK
    assert b"accept-encoding: gzip\r\n" in server.wait_for_requests.lower()


async def test_response_longer_than_promised_breaks_nothing() -> None:
    async def chatty(talk: RawConnection) -> None:
        await talk.send_chunks(
            b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", OK + b"HTTP/1.1 200 evil"
        )

    async with serve_script(chatty) as server, transport(server.url) as wire:
        for _ in range(3):
            assert (await wire.send(ASK)).body == OK


async def test_redirect_is_not_followed_and_sends_no_key() -> None:
    async def elsewhere(talk: RawConnection) -> None:
        await talk.send_response(OK)

    async with serve_script(elsewhere) as evil:

        async def redirect(talk: RawConnection) -> None:
            await talk.send_response(b"", "302 Found", f"Location: {evil.url}/user")

        async with serve_script(redirect) as server, transport(server.url) as wire:
            answer = await wire.send(ASK)
            assert answer.status == 302
            for client in (sailthru(wire), zendesk(wire)):
                with pytest.raises(ServiceError) as caught:
                    await call(client)
                # A network that asks to sign in first sends elsewhere too, and that passes.
                assert caught.value.is_retryable
                assert not caught.value.is_outcome_unknown
    assert not evil.received


async def test_captive_portal_page_is_no_success() -> None:
    async def portal(talk: RawConnection) -> None:
        await talk.send_response(
            b"<html>Welcome! Sign in</html>", "200 OK", "Content-Type: text/html"
        )

    async with serve_script(portal) as server, transport(server.url) as wire:
        for client in (sailthru(wire), zendesk(wire)):
            with pytest.raises(ServiceError):
                await call(client)
            with pytest.raises(ServiceError) as caught:
                await change(client)
            assert caught.value.is_outcome_unknown


async def test_cookies_are_not_stored() -> None:
    async def baker(talk: RawConnection) -> None:
        await talk.send_response(OK, "200 OK", "Set-Cookie: _zendesk_session=canary; Path=/")

    async with serve_script(baker) as server, transport(server.url) as wire:
        await wire.send(ASK)
        await wire.send(ASK)
    assert b"cookie" not in server.wait_for_requests.lower()


async def test_connections_are_reused() -> None:
    async def polite(talk: RawConnection) -> None:
        await talk.send_response(OK)

    async with serve_script(polite) as server, transport(server.url) as wire:
        await asyncio.gather(wire.send(ASK), wire.send(ASK))
        await wire.send(TELL)
        assert server.connections == 2


async def test_connection_closed_by_server_is_not_reused() -> None:
    async def short_lived(talk: RawConnection) -> None:
        await talk.send_response(OK)
        talk.writer.close()

    async with serve_script(short_lived) as server, transport(server.url) as wire:
        for _ in range(3):
            assert (await wire.send(TELL)).body == OK
            await asyncio.sleep(0.05)


async def test_host_unknown_raises_unreachable() -> None:
    async with transport("https://nobody.fairlead.invalid") as wire:
        with pytest.raises(ServiceUnreachable) as caught:
            await wire.send(TELL)
        assert "not found" in caught.value.title


async def test_connection_refused_raises_unreachable() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with transport(f"http://127.0.0.1:{port}") as wire:
        with pytest.raises(ServiceUnreachable) as caught:
            await wire.send(TELL)
        assert "does not accept connections" in caught.value.title


async def test_connection_pool_exhausted_raises() -> None:
    one = TransportOptions(connections=1, pool_s=0.1, read_s=1.0)
    async with serve_script(silence) as server, transport(server.url, one) as wire:
        results = await asyncio.gather(wire.send(TELL), wire.send(TELL), return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["ResponseTimeout", "ServiceUnreachable"]
    assert len(server.received) == 1


@pytest.mark.parametrize("headers", [{"X-Odd": "a\r\nb"}, {"X-Odd": "ü"}, {"Bad Name": "x"}])
async def test_request_not_serialisable_is_programming_error(headers: dict[str, str]) -> None:
    async with serve_script(greet) as server, transport(server.url) as wire:
        with pytest.raises(InternalError):
            await wire.send(HttpRequest("GET", "/", "/", headers=headers))
    assert not server.received


@pytest.mark.parametrize(
    ("request_", "lines"),
    [
        (
            HttpRequest("GET", "/user", "/user/a b?c#d/é", query=(("json", '{"id": "ü"}'),)),
            {"GET /api/user/a%20b%3Fc%23d/%C3%A9?json=%7B%22id%22%3A+%22%C3%BC%22%7D HTTP/1.1"},
        ),
        (
            HttpRequest("GET", "/user", "/user", headers={"Accept": "application/json"}),
            {"GET /api/user HTTP/1.1", "Accept: application/json"},
        ),
        (HttpRequest("POST", "/user", "/user"), {"POST /api/user HTTP/1.1", "Content-Length: 0"}),
        (
            HttpRequest("PUT", "/user", "/user", body=b"x" * 300_000),
            {"PUT /api/user HTTP/1.1", "Content-Length: 300000"},
        ),
    ],
    ids=["quoted", "own accept", "no body", "long body"],
)
async def test_request_head_is_as_said(request_: HttpRequest, lines: set[str]) -> None:
    async with serve_script(greet) as server, transport(f"{server.url}/api") as wire:
        await wire.send(request_)
    head = server.received[0].head.decode().splitlines()
    assert set(head) >= {*lines, f"Host: {server.url.removeprefix('http://')}"}
    names = [line.partition(":")[0].lower() for line in head[1:]]
    assert len(names) == len(set(names))


async def test_request_after_close_raises() -> None:
    wire = HttpTransport("Sailthru", "http://127.0.0.1:9")
    await wire.aclose()
    with pytest.raises(ServiceUnreachable):
        await wire.send(ASK)


async def test_request_cancelled_keeps_pool_usable() -> None:
    async def first_slow(talk: RawConnection) -> None:
        if b"slow" in talk.head:
            await asyncio.sleep(5)
        await talk.send_response(OK)

    one = TransportOptions(connections=1, pool_s=0.5)
    slow = HttpRequest("GET", "/slow", "/slow", is_idempotent=True)
    async with serve_script(first_slow) as server, transport(server.url, one) as wire:
        for _ in range(3):
            task = asyncio.create_task(wire.send(slow))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert (await wire.send(ASK)).body == OK


def sailthru(wire: HttpTransport) -> SailthruClient:
    return SailthruClient(SailthruCredentials("key", "secret"), caller(wire))


def zendesk(wire: HttpTransport) -> ZendeskClient:
    return ZendeskClient(
        caller(wire, ZendeskAuthenticator(ApiTokenCredentials("a@b.example", "token")))
    )


def caller(wire: HttpTransport, *authority: ZendeskAuthenticator) -> RequestPipeline:
    clock = ManualClock()
    budgets = Budgets(clock, read_endpoint_rate_limits, shared=False)
    tracker = ServiceStatusTracker("Sailthru", clock)
    if authority:
        return RequestPipeline(wire, budgets, tracker, clock, authority[0], retry_policy=ONE_TRY)
    return RequestPipeline(wire, budgets, tracker, clock, retry_policy=ONE_TRY)


async def call(client: SailthruClient | ZendeskClient) -> object:
    if isinstance(client, SailthruClient):
        return await client.get_account()
    return await client.list_recent_tickets()


async def change(client: SailthruClient | ZendeskClient) -> object:
    if isinstance(client, SailthruClient):
        return await client.post_user("0" * 24, vars={"a": 1})
    return await client.update_user(1, notes="x")


@pytest.mark.parametrize("kind", [call, change])
@pytest.mark.parametrize("make", [sailthru, zendesk])
@pytest.mark.parametrize("fault", UNFINISHED)
async def test_client_calls_under_network_faults(
    fault: str, make: Callable[[HttpTransport], object], kind: Callable[[object], object]
) -> None:
    async with serve_script(UNFINISHED[fault]) as server, transport(server.url) as wire:
        with pytest.raises(ResponseTimeout):
            await kind(make(wire))  # type: ignore[misc]
    assert len(server.received) == 1


async def greet(talk: RawConnection) -> None:
    await talk.send_response(OK)


@pytest.mark.parametrize(
    ("host", "age_days", "trusted", "words"),
    [
        ("127.0.0.1", 1, False, "signed by nobody"),
        ("127.0.0.1", 60, True, "expired"),
        ("api.example.com", 1, True, "another host"),
    ],
)
async def test_tls_certificate_is_verified(
    tmp_path: Path, host: str, age_days: int, trusted: bool, words: str
) -> None:
    context, pem = make_server_tls_context(tmp_path, host=host, age_days=age_days)
    async with serve_script(greet, context) as server:
        options: dict[str, object] = {"tls": tls_context(pem)} if trusted else {}
        async with transport(server.url, **options) as wire:
            with pytest.raises(ServiceUnreachable) as caught:
                await wire.send(TELL)
    assert words in caught.value.message
    assert not server.received


async def test_tls_custom_ca_file_is_trusted(tmp_path: Path) -> None:
    context, pem = make_server_tls_context(tmp_path)
    async with (
        serve_script(greet, context) as server,
        transport(server.url, tls=tls_context(pem)) as wire,
    ):
        assert (await wire.send(ASK)).body == OK
    with pytest.raises(InvalidInput):
        tls_context(tmp_path / "none.pem")
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(InvalidInput):
        tls_context(tmp_path / "empty.pem")


def test_tls_changed_ca_file_is_reloaded(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    _, before = make_server_tls_context(tmp_path / "one")
    _, after = make_server_tls_context(tmp_path / "two", host="api.example.com")
    chosen = tmp_path / "chosen.pem"
    chosen.write_bytes(before.read_bytes())
    old = tls_context(chosen)
    assert tls_context(chosen) is old
    chosen.write_bytes(after.read_bytes())
    new = tls_context(chosen)
    assert len(new.get_ca_certs()) == len(old.get_ca_certs())
    assert new.get_ca_certs() != old.get_ca_certs()
    assert tls_context() is not new


async def test_plain_http_is_refused() -> None:
    async with (
        serve_script(no_http, read=False) as plain,
        transport(f"https://127.0.0.1:{plain.port}") as wire,
    ):
        with pytest.raises(ServiceUnreachable) as caught:
            await wire.send(TELL)
    assert "secure connection" in caught.value.title


async def test_tls_1_1_is_refused(tmp_path: Path) -> None:
    context, pem = make_server_tls_context(tmp_path)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with (
        serve_script(greet, context) as server,
        transport(server.url, tls=tls_context(pem)) as wire,
    ):
        with pytest.raises(ServiceUnreachable) as caught:
            await wire.send(TELL)
    assert "secure connection" in caught.value.title
    assert not server.received


def proxied(monkeypatch: pytest.MonkeyPatch, server: RawHttpServer) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", server.url)


@pytest.mark.parametrize(
    ("status", "words"),
    [("407 Proxy Authentication Required", "who you are"), ("502 Bad Gateway", "refused")],
)
async def test_proxy_refusal_raises(
    monkeypatch: pytest.MonkeyPatch, status: str, words: str
) -> None:
    async def gate(talk: RawConnection) -> None:
        await talk.send_response(b"no", status)

    async with serve_script(gate) as proxy:
        proxied(monkeypatch, proxy)
        async with transport("https://api.example.com") as wire:
            with pytest.raises(ServiceUnreachable) as caught:
                await wire.send(TELL)
    assert words in caught.value.message
    assert proxy.received[0].head.startswith(b"CONNECT api.example.com:443")
    assert b"canary" not in proxy.wait_for_requests


async def test_loopback_bypasses_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serve_script(greet) as proxy, serve_script(greet) as server:
        proxied(monkeypatch, proxy)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        async with transport(server.url) as wire:
            await wire.send(ASK)
    assert not proxy.received


async def test_host_in_no_proxy_bypasses_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serve_script(greet) as proxy:
        proxied(monkeypatch, proxy)
        monkeypatch.setenv("NO_PROXY", "api.invalid")
        async with transport("https://api.invalid") as wire:
            with pytest.raises(ServiceUnreachable):
                await wire.send(ASK)
    assert not proxy.received


async def test_proxy_invalid_url_raises(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(InvalidInput):
        HttpTransport("Sailthru", "https://api.example.com")


@pytest.mark.parametrize(
    "url",
    [
        "http://api.sailthru.com",
        "http://192.168.1.5:8000",
        "http://127.0.0.1.evil.example",
        "http://localhost.evil.example",
        "ftp://127.0.0.1",
        "https://",
        "api.sailthru.com",
        "",
        "https://user:pw@api.sailthru.com",
        "https://api.sailthru.com/?x=1",
        "https://api.sailthru.com/#x",
        "https://api.sailthru.com:port",
        "https://[::1",
        "javascript:alert(1)",
        "https://a.example/\r\nX: y",
    ],
)
def test_base_url_invalid_is_refused(url: str) -> None:
    with pytest.raises(InvalidInput):
        HttpTransport("Sailthru", url)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.sailthru.com/", "https://api.sailthru.com"),
        ("http://localhost:80/x/", "http://localhost:80/x"),
        ("http://127.8.9.1", "http://127.8.9.1"),
        ("http://[::1]:9", "http://[::1]:9"),
    ],
)
def test_base_url_valid_is_accepted(url: str, base: str) -> None:
    from desktop.settings.service_address import normalize_base_url

    assert normalize_base_url(url) == base


async def test_download_sends_no_credentials() -> None:
    async def file(talk: RawConnection) -> None:
        await talk.send_response(b"Profile Id\n1\n" * 20_000)

    async with serve_script(file) as store, transport("http://127.0.0.1:9") as wire:
        pieces = [piece async for piece in wire.download(f"{store.url}/a.csv?X-Amz=canary%2F")]
    assert b"".join(pieces) == b"Profile Id\n1\n" * 20_000
    assert store.wait_for_requests.startswith(b"GET /a.csv?X-Amz=canary%2F HTTP/1.1")
    assert b"authorization" not in store.wait_for_requests.lower()


@pytest.mark.parametrize(
    ("script", "kind"),
    [(cut_body, ResponseTimeout), (silence, ResponseTimeout), (hang_up, ResponseTimeout)],
)
async def test_download_broken_off_raises(script: ConnectionScript, kind: type[AppError]) -> None:
    async with serve_script(script) as store, transport("http://127.0.0.1:9") as wire:
        with pytest.raises(kind):
            [piece async for piece in wire.download(store.url)]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        ("403 No", "not_found"),
        ("404 No", "not_found"),
        ("500 No", "service_trouble"),
        ("302 Go", "service_trouble"),
    ],
)
async def test_download_refused_raises(status: str, code: str) -> None:
    async def refuse(talk: RawConnection) -> None:
        await talk.send_response(b"", status, "Location: http://127.0.0.1:1/")

    async with serve_script(refuse) as store, transport("http://127.0.0.1:9") as wire:
        with pytest.raises(AppError) as caught:
            [piece async for piece in wire.download(store.url)]
    assert caught.value.code == code
    async with transport("http://127.0.0.1:9") as wire:
        with pytest.raises(InvalidInput):
            [piece async for piece in wire.download("http://files.example/a.csv")]


async def test_log_contains_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret = "canary-s3cr3t"

    async def noisy(talk: RawConnection) -> None:
        if b"reset" in talk.head:
            talk.reset()
        else:
            await talk.send_response(json.dumps({"note": secret}).encode())

    headers = {"Authorization": f"Bearer {secret}"}
    query = (("api_key", secret), ("sig", secret))
    async with serve_script(noisy) as server, transport(server.url) as wire:
        path = f"/users/{secret}"
        await wire.send(HttpRequest("GET", "/users/{id}", path, query, headers))
        with pytest.raises(ResponseTimeout):
            await wire.send(HttpRequest("POST", "/reset/{id}", "/reset", query, headers, b"secret"))
        [piece async for piece in wire.download(f"{server.url}/{secret}?{secret}")]
    async with transport(f"https://{secret}.invalid") as wire:
        with pytest.raises(ServiceUnreachable):
            await wire.send(HttpRequest("GET", "/users/{id}", "/", query, headers))
    text = "\n".join(f"{r.getMessage()} {r.exc_info} {r.args}" for r in caplog.records)
    assert "canary" not in text
    assert "GET /users/{id} → 200 in" in text
    assert "POST /reset/{id} → timed_out in" in text
    assert "?" not in text


async def test_pools_are_built_once_all_are_in_use() -> None:
    all_asked = asyncio.Event()

    async def answer_when_all_have_asked(talk: RawConnection) -> None:
        if talk.head.startswith(b"GET"):
            await talk.send_response(OK)
            return
        if len(service.received) == 2 + 3:
            all_asked.set()
        await all_asked.wait()
        await talk.send_response(OK)

    wide = TransportOptions(connections=3, pools=3)
    async with (
        serve_script(answer_when_all_have_asked) as service,
        transport(service.url, wide) as wire,
    ):
        for _ in range(2):
            await wire.send(ASK)
        assert service.connections == 1
        found = await asyncio.gather(*(wire.send(TELL) for _ in range(3)))
        assert [each.status for each in found] == [200, 200, 200]
        assert service.connections == 3
