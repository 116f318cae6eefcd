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

from desktop.clients.caller import Caller, Patience
from desktop.clients.exchange import Request
from desktop.clients.limits import Limits as Budgets
from desktop.clients.sailthru.client import SailthruClient
from desktop.clients.sailthru.protocol import Credentials, readings
from desktop.clients.state import Tracker
from desktop.clients.transport import HttpTransport, Limits, tls_context
from desktop.clients.zendesk.client import ZendeskClient
from desktop.clients.zendesk.credentials import ApiToken, Authorization
from desktop.kit.errors import AppError, BadInput, Bug, Offline, ServiceTrouble, TimedOut
from desktop.model.retry import Backoff
from tests.headless.clients.certificates import server_context
from tests.headless.clients.fakes import ManualClock
from tests.headless.clients.raw_server import RawServer, Script, Talk, serving

ASK = Request("GET", "/user", "/user", query=(("api_key", "canary"),), safe=True)
TELL = Request("POST", "/user", "/user", body=b"a=b")
SHORT = Limits(connect_s=0.5, read_s=0.3, write_s=0.5, pool_s=0.5, whole_s=1.0)
ONE_TRY = Patience(Backoff(tries=1), patience_s=5.0)
OK = b'{"ok":true}'


@asynccontextmanager
async def transport(
    url: str, limits: Limits = SHORT, **options: object
) -> AsyncIterator[HttpTransport]:
    made = HttpTransport("Sailthru", url, limits=limits, **options)  # type: ignore[arg-type]
    try:
        yield made
    finally:
        await made.aclose()


async def reset_at_once(talk: Talk) -> None:
    talk.reset()


async def hang_up(talk: Talk) -> None:
    talk.writer.close()


async def cut_body(talk: Talk) -> None:
    await talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", OK)
    talk.writer.close()


async def reset_in_body(talk: Talk) -> None:
    await talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n", OK)
    await asyncio.sleep(0.05)
    talk.reset()


async def cut_head(talk: Talk) -> None:
    await talk.say(b"HTTP/1.1 200 OK\r\nContent-Le")
    talk.writer.close()


async def cut_chunks(talk: Talk) -> None:
    await talk.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n40\r\n", OK)
    talk.writer.close()


async def no_http(talk: Talk) -> None:
    await talk.say(b"SSH-2.0-OpenSSH_9.2\r\n\r\n")
    talk.writer.close()


async def two_lengths(talk: Talk) -> None:
    await talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 11\r\n\r\n", OK)


async def odd_length(talk: Talk) -> None:
    await talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", OK)


async def silence(talk: Talk) -> None:
    await asyncio.sleep(5)


async def drip(talk: Talk) -> None:
    await talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n")
    await talk.say(*(OK[i : i + 1] for i in range(len(OK))), every_s=0.2)


async def cut_gzip(talk: Talk) -> None:
    await talk.answer(gzip.compress(OK * 50)[:-12], "200 OK", "Content-Encoding: gzip")


UNFINISHED: dict[str, Script] = {
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
async def test_sent_and_no_whole_answer(fault: str, request_: Request) -> None:
    async with serving(UNFINISHED[fault]) as server, transport(server.url) as wire:
        with pytest.raises(TimedOut) as caught:
            await wire.send(request_)
    assert len(server.talks) == 1
    assert "canary" not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"


async def bomb(talk: Talk) -> None:
    await talk.answer(gzip.compress(b"0" * 20_000_000), "200 OK", "Content-Encoding: gzip")


async def flood(talk: Talk) -> None:
    await talk.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    for _ in range(200):
        await talk.say(b"10000\r\n", b"0" * 65_536, b"\r\n")


async def brotli(talk: Talk) -> None:
    await talk.answer(OK, "200 OK", "Content-Encoding: br")


async def false_gzip(talk: Talk) -> None:
    await talk.answer(OK, "200 OK", "Content-Encoding: gzip")


@pytest.mark.parametrize("fault", [bomb, flood, brotli, false_gzip])
async def test_an_answer_that_cannot_be_taken_in(fault: Script) -> None:
    small = Limits(largest=1_000_000)
    async with serving(fault) as server, transport(server.url, small) as wire:
        for request in (ASK, TELL):
            with pytest.raises(ServiceTrouble) as caught:
                await wire.send(request)
            assert caught.value.applied_unknown


async def test_gzip_is_asked_for_and_unpacked() -> None:
    async def packed(talk: Talk) -> None:
        await talk.answer(gzip.compress(OK), "200 OK", "Content-Encoding: gzip")

    async with serving(packed) as server, transport(server.url) as wire:
        assert (await wire.send(ASK)).body == OK
    assert b"accept-encoding: gzip\r\n" in server.heard.lower()


async def test_a_longer_body_than_promised_spoils_nothing() -> None:
    async def chatty(talk: Talk) -> None:
        await talk.say(b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n", OK + b"HTTP/1.1 200 evil")

    async with serving(chatty) as server, transport(server.url) as wire:
        for _ in range(3):
            assert (await wire.send(ASK)).body == OK


async def test_no_redirect_is_followed_and_no_key_leaves() -> None:
    async def elsewhere(talk: Talk) -> None:
        await talk.answer(OK)

    async with serving(elsewhere) as evil:

        async def redirect(talk: Talk) -> None:
            await talk.answer(b"", "302 Found", f"Location: {evil.url}/user")

        async with serving(redirect) as server, transport(server.url) as wire:
            answer = await wire.send(ASK)
            assert answer.status == 302
            for client in (sailthru(wire), zendesk(wire)):
                with pytest.raises(ServiceTrouble) as caught:
                    await call(client)
                assert not caught.value.retryable
    assert not evil.talks


async def test_a_sign_in_page_of_the_network_is_no_success() -> None:
    async def portal(talk: Talk) -> None:
        await talk.answer(b"<html>Welcome! Sign in</html>", "200 OK", "Content-Type: text/html")

    async with serving(portal) as server, transport(server.url) as wire:
        for client in (sailthru(wire), zendesk(wire)):
            with pytest.raises(ServiceTrouble):
                await call(client)
            with pytest.raises(ServiceTrouble) as caught:
                await change(client)
            assert caught.value.applied_unknown


async def test_cookies_are_not_kept() -> None:
    async def baker(talk: Talk) -> None:
        await talk.answer(OK, "200 OK", "Set-Cookie: _zendesk_session=canary; Path=/")

    async with serving(baker) as server, transport(server.url) as wire:
        await wire.send(ASK)
        await wire.send(ASK)
    assert b"cookie" not in server.heard.lower()


async def test_connections_are_used_again_and_opened_in_advance() -> None:
    async def polite(talk: Talk) -> None:
        if talk.head.startswith(b"HEAD"):
            await talk.say(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
        else:
            await talk.answer(OK)

    async with serving(polite) as server, transport(server.url) as wire:
        await wire.warm(2)
        assert server.connections == 2
        assert b"canary" not in server.heard
        await asyncio.gather(wire.send(ASK), wire.send(ASK))
        await wire.send(TELL)
        assert server.connections == 2


async def test_a_connection_the_server_dropped_meanwhile_is_not_used() -> None:
    async def short_lived(talk: Talk) -> None:
        await talk.answer(OK)
        talk.writer.close()

    async with serving(short_lived) as server, transport(server.url) as wire:
        for _ in range(3):
            assert (await wire.send(TELL)).body == OK
            await asyncio.sleep(0.05)


async def test_the_name_is_unknown() -> None:
    async with transport("https://nobody.fairlead.invalid") as wire:
        with pytest.raises(Offline) as caught:
            await wire.send(TELL)
        assert "not found" in caught.value.title
        await wire.warm()


async def test_nobody_listens() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with transport(f"http://127.0.0.1:{port}") as wire:
        with pytest.raises(Offline) as caught:
            await wire.send(TELL)
        assert "does not accept connections" in caught.value.title


async def test_all_connections_busy() -> None:
    one = Limits(connections=1, pool_s=0.1, read_s=1.0)
    async with serving(silence) as server, transport(server.url, one) as wire:
        results = await asyncio.gather(wire.send(TELL), wire.send(TELL), return_exceptions=True)
    assert sorted(type(r).__name__ for r in results) == ["Offline", "TimedOut"]
    assert len(server.talks) == 1


@pytest.mark.parametrize("headers", [{"X-Odd": "a\r\nb"}, {"X-Odd": "ü"}, {"Bad Name": "x"}])
async def test_a_request_that_cannot_be_written_is_our_mistake(headers: dict[str, str]) -> None:
    async with serving(greet) as server, transport(server.url) as wire:
        with pytest.raises(Bug):
            await wire.send(Request("GET", "/", "/", headers=headers))
    assert not server.talks


async def test_after_closing() -> None:
    wire = HttpTransport("Sailthru", "http://127.0.0.1:9")
    await wire.aclose()
    with pytest.raises(Offline):
        await wire.send(ASK)


async def test_cancelling_a_request_leaves_the_pool_usable() -> None:
    async def first_slow(talk: Talk) -> None:
        if b"slow" in talk.head:
            await asyncio.sleep(5)
        await talk.answer(OK)

    one = Limits(connections=1, pool_s=0.5)
    slow = Request("GET", "/slow", "/slow", safe=True)
    async with serving(first_slow) as server, transport(server.url, one) as wire:
        for _ in range(3):
            task = asyncio.create_task(wire.send(slow))
            await asyncio.sleep(0.05)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert (await wire.send(ASK)).body == OK


def sailthru(wire: HttpTransport) -> SailthruClient:
    return SailthruClient(Credentials("key", "secret"), caller(wire))


def zendesk(wire: HttpTransport) -> ZendeskClient:
    return ZendeskClient(caller(wire, Authorization(ApiToken("a@b.example", "token"))))


def caller(wire: HttpTransport, *authority: Authorization) -> Caller:
    clock = ManualClock()
    budgets = Budgets(clock, readings, shared=False)
    tracker = Tracker("Sailthru", clock)
    if authority:
        return Caller(wire, budgets, tracker, clock, authority[0], patience=ONE_TRY)
    return Caller(wire, budgets, tracker, clock, patience=ONE_TRY)


async def call(client: SailthruClient | ZendeskClient) -> object:
    if isinstance(client, SailthruClient):
        return await client.settings()
    return await client.recent_tickets()


async def change(client: SailthruClient | ZendeskClient) -> object:
    if isinstance(client, SailthruClient):
        return await client.post_user("0" * 24, vars={"a": 1})
    return await client.update_user(1, notes="x")


@pytest.mark.parametrize("kind", [call, change])
@pytest.mark.parametrize("make", [sailthru, zendesk])
@pytest.mark.parametrize("fault", UNFINISHED)
async def test_through_the_clients(
    fault: str, make: Callable[[HttpTransport], object], kind: Callable[[object], object]
) -> None:
    async with serving(UNFINISHED[fault]) as server, transport(server.url) as wire:
        with pytest.raises(TimedOut):
            await kind(make(wire))  # type: ignore[misc]
    assert len(server.talks) == 1


async def greet(talk: Talk) -> None:
    await talk.answer(OK)


@pytest.mark.parametrize(
    ("host", "age_days", "trusted", "words"),
    [
        ("127.0.0.1", 1, False, "signed by nobody"),
        ("127.0.0.1", 60, True, "expired"),
        ("api.example.com", 1, True, "another host"),
    ],
)
async def test_certificates_are_checked(
    tmp_path: Path, host: str, age_days: int, trusted: bool, words: str
) -> None:
    context, pem = server_context(tmp_path, host=host, age_days=age_days)
    async with serving(greet, context) as server:
        options: dict[str, object] = {"tls": tls_context(pem)} if trusted else {}
        async with transport(server.url, **options) as wire:
            with pytest.raises(Offline) as caught:
                await wire.send(TELL)
    assert words in caught.value.message
    assert not server.talks


async def test_an_own_ca_file_is_trusted(tmp_path: Path) -> None:
    context, pem = server_context(tmp_path)
    async with (
        serving(greet, context) as server,
        transport(server.url, tls=tls_context(pem)) as wire,
    ):
        assert (await wire.send(ASK)).body == OK
    with pytest.raises(BadInput):
        tls_context(tmp_path / "none.pem")
    (tmp_path / "empty.pem").write_text("nothing")
    with pytest.raises(BadInput):
        tls_context(tmp_path / "empty.pem")


def test_certificates_are_read_again_once_they_have_changed(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    _, before = server_context(tmp_path / "one")
    _, after = server_context(tmp_path / "two", host="api.example.com")
    chosen = tmp_path / "chosen.pem"
    chosen.write_bytes(before.read_bytes())
    old = tls_context(chosen)
    assert tls_context(chosen) is old
    chosen.write_bytes(after.read_bytes())
    new = tls_context(chosen)
    assert len(new.get_ca_certs()) == len(old.get_ca_certs())
    assert new.get_ca_certs() != old.get_ca_certs()
    assert tls_context() is not new


async def test_no_tls_is_refused() -> None:
    async with (
        serving(no_http, read=False) as plain,
        transport(f"https://127.0.0.1:{plain.port}") as wire,
    ):
        with pytest.raises(Offline) as caught:
            await wire.send(TELL)
    assert "secure connection" in caught.value.title


async def test_tls_1_1_is_refused(tmp_path: Path) -> None:
    context, pem = server_context(tmp_path)
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    async with (
        serving(greet, context) as server,
        transport(server.url, tls=tls_context(pem)) as wire,
    ):
        with pytest.raises(Offline) as caught:
            await wire.send(TELL)
    assert "secure connection" in caught.value.title
    assert not server.talks


def proxied(monkeypatch: pytest.MonkeyPatch, server: RawServer) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setenv("HTTPS_PROXY", server.url)


@pytest.mark.parametrize(
    ("status", "words"),
    [("407 Proxy Authentication Required", "who you are"), ("502 Bad Gateway", "refused")],
)
async def test_a_proxy_that_refuses(
    monkeypatch: pytest.MonkeyPatch, status: str, words: str
) -> None:
    async def gate(talk: Talk) -> None:
        await talk.answer(b"no", status)

    async with serving(gate) as proxy:
        proxied(monkeypatch, proxy)
        async with transport("https://api.example.com") as wire:
            with pytest.raises(Offline) as caught:
                await wire.send(TELL)
    assert words in caught.value.message
    assert proxy.talks[0].head.startswith(b"CONNECT api.example.com:443")
    assert b"canary" not in proxy.heard


async def test_this_computer_is_never_asked_through_a_proxy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with serving(greet) as proxy, serving(greet) as server:
        proxied(monkeypatch, proxy)
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        async with transport(server.url) as wire:
            await wire.send(ASK)
    assert not proxy.talks


async def test_a_proxy_nobody_can_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "socks5://127.0.0.1:1080")
    with pytest.raises(BadInput):
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
def test_addresses_that_are_refused(url: str) -> None:
    with pytest.raises(BadInput):
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
def test_addresses_that_are_taken(url: str, base: str) -> None:
    from desktop.clients.address import checked_base

    assert checked_base(url) == base


async def test_a_download_carries_nothing_of_ours() -> None:
    async def file(talk: Talk) -> None:
        await talk.answer(b"Profile Id\n1\n" * 20_000)

    async with serving(file) as store, transport("http://127.0.0.1:9") as wire:
        pieces = [piece async for piece in wire.download(f"{store.url}/a.csv?X-Amz=canary%2F")]
    assert b"".join(pieces) == b"Profile Id\n1\n" * 20_000
    assert store.heard.startswith(b"GET /a.csv?X-Amz=canary%2F HTTP/1.1")
    assert b"authorization" not in store.heard.lower()


@pytest.mark.parametrize(
    ("script", "kind"), [(cut_body, TimedOut), (silence, TimedOut), (hang_up, TimedOut)]
)
async def test_a_download_that_breaks_off(script: Script, kind: type[AppError]) -> None:
    async with serving(script) as store, transport("http://127.0.0.1:9") as wire:
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
async def test_a_download_that_is_refused(status: str, code: str) -> None:
    async def refuse(talk: Talk) -> None:
        await talk.answer(b"", status, "Location: http://127.0.0.1:1/")

    async with serving(refuse) as store, transport("http://127.0.0.1:9") as wire:
        with pytest.raises(AppError) as caught:
            [piece async for piece in wire.download(store.url)]
    assert caught.value.code == code
    async with transport("http://127.0.0.1:9") as wire:
        with pytest.raises(BadInput):
            [piece async for piece in wire.download("http://files.example/a.csv")]


async def test_nothing_secret_reaches_a_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    secret = "canary-s3cr3t"

    async def noisy(talk: Talk) -> None:
        if b"reset" in talk.head:
            talk.reset()
        else:
            await talk.answer(json.dumps({"note": secret}).encode())

    headers = {"Authorization": f"Bearer {secret}"}
    query = (("api_key", secret), ("sig", secret))
    async with serving(noisy) as server, transport(server.url) as wire:
        path = f"/users/{secret}"
        await wire.send(Request("GET", "/users/{id}", path, query, headers))
        with pytest.raises(TimedOut):
            await wire.send(Request("POST", "/reset/{id}", "/reset", query, headers, b"secret"))
        [piece async for piece in wire.download(f"{server.url}/{secret}?{secret}")]
    async with transport(f"https://{secret}.invalid") as wire:
        with pytest.raises(Offline):
            await wire.send(Request("GET", "/users/{id}", "/", query, headers))
    text = "\n".join(f"{r.getMessage()} {r.exc_info} {r.args}" for r in caplog.records)
    assert "canary" not in text
    assert "GET /users/{id} → 200 in" in text
    assert "POST /reset/{id} → timed_out in" in text
    assert "?" not in text
