"""`fairlead events serve`: Segment's own library delivers through it; what it refuses, and why."""

import base64
import gzip
import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from segment.analytics.client import Client

from desktop.app.event_intake_app import MAX_BODY_BYTES
from tests.support.child_processes import ROOT
from tests.support.cli_command import FairleadCommand
from tests.support.event_cases import EventRecords
from tests.support.program_fork_server import ForkedProgram
from tests.support.tls_certificates import make_server_tls_context

KEY = "write-key-of-the-tests"


class Intake:
    """A running `fairlead events serve`; with `is_fork` off it has a command line of its own."""

    def __init__(
        self,
        fairlead: FairleadCommand,
        *words: str,
        keys: str = KEY,
        trust: Path | None = None,
        is_fork: bool = True,
    ) -> None:
        self.tls = ssl.create_default_context(cafile=trust) if trust else None
        command = ("events", "serve", "--json", "--port", "0", *words)
        self.process: ForkedProgram | subprocess.Popen[str]
        if is_fork:
            self.process = fairlead.start(*command, FAIRLEAD_EVENTS_KEY=keys)
        else:
            self.process = subprocess.Popen(
                fairlead.command_line(*command),
                env={**fairlead.environ, "FAIRLEAD_EVENTS_KEY": keys},
                cwd=ROOT,
                stdout=subprocess.PIPE,
                text=True,
            )
        assert self.process.stdout is not None
        self.about = json.loads(self.process.stdout.readline())
        self.url = self.about["url"]

    def stop(self, number: int = signal.SIGTERM) -> int:
        with self.process:
            self.process.send_signal(number)
            return self.process.wait(20)

    def post(
        self, path: str, body: Any, *, key: str = KEY, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        basic = base64.b64encode(f"{key}:".encode()).decode()
        sent = {"Authorization": f"Basic {basic}", **(headers or {})}
        request = urllib.request.Request(f"{self.url}{path}", data, sent)  # noqa: S310
        try:
            with urllib.request.urlopen(request, timeout=20, context=self.tls) as answer:  # noqa: S310
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())


StartIntake = Callable[..., Intake]


@pytest.fixture
def start_intake(fairlead: FairleadCommand) -> Iterator[StartIntake]:
    """Starts intakes; what still runs at the end is stopped."""
    started: list[Intake] = []

    def start(*words: str, **options: Any) -> Intake:
        started.append(Intake(fairlead, *words, **options))
        return started[-1]

    yield start
    ended = [one.stop() for one in started if one.process.poll() is None]
    assert set(ended) <= {0}


@pytest.fixture
def intake(start_intake: StartIntake) -> Intake:
    return start_intake()


def stored(fairlead: FairleadCommand) -> int:
    return len(fairlead("events", "log", "--json").json["rows"])


def deliver(fairlead: FairleadCommand) -> Any:
    return fairlead("events", "deliver", "--json").json["totals"]


@pytest.mark.parametrize("is_compressed", [False, True])
def test_segments_own_library_delivers_through_it(
    intake: Intake, fairlead: FairleadCommand, records: EventRecords, is_compressed: bool
) -> None:
    name = records.new_name()
    client = Client(KEY, host=intake.url, gzip=is_compressed, max_retries=1)
    client.identify(name, {"email": f"{name}@new.example", "name": "Homer Simpson"})
    client.track(name, "Article Read", {"title": "Geology"})
    client.group(name, f"g-{name}", {"name": f"Group {name}"})
    client.page(name, "Docs", "Start")
    client.shutdown()
    totals = deliver(fairlead)
    assert (totals["done"], totals["parked"], totals["invalid"]) == (3, 0, 0)
    user = records.find_user(f"{name}@new.example")
    assert user is not None
    assert [one["type"] for one in records.user_events(user["id"])] == ["Article Read"]
    assert records.find_organization(f"g-{name}") is not None


def test_a_batch_sent_again_is_delivered_once(
    intake: Intake, fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    event = {"type": "track", "event": "Read", "userId": "u", "messageId": f"m-{email}"}
    # What a batch says counts for all its events; what one says itself goes before.
    events = [{**event, "integrations": {"Zendesk": True}}, {**event, "messageId": f"n-{email}"}]
    of_all = {"context": {"zendesk_user_id": user}, "integrations": {"All": False}}
    batch = {"batch": events, **of_all, "sentAt": "2026-11-29T09:00:00Z"}
    assert intake.post("/v1/batch", batch) == (200, {"success": True, "stored": 2})
    assert intake.post("/v1/batch", batch) == (200, {"success": True, "stored": 0})
    assert deliver(fairlead)["done"] == 1
    assert len(records.user_events(user)) == 1


def test_what_was_acknowledged_survives_kill_9(
    start_intake: StartIntake, intake: Intake, fairlead: FairleadCommand, records: EventRecords
) -> None:
    user, email = records.user()
    body = {"userId": "u", "event": "Read", "properties": {"email": email}}
    assert intake.post("/v1/track", body)[0] == 200
    assert intake.stop(signal.SIGKILL) == -9
    again = start_intake()
    assert again.about["source"] == intake.about["source"]
    assert again.post("/v1/track", {**body, "event": "Read more"})[0] == 200
    assert again.stop() == 0
    assert deliver(fairlead)["done"] == 2
    assert len(records.user_events(user)) == 2


def test_bad_events_of_a_batch_are_kept_with_their_reason(
    intake: Intake, fairlead: FairleadCommand
) -> None:
    batch = {"batch": [{"type": "identify", "userId": "u"}, 5, {"type": "page", "userId": "u"}]}
    assert intake.post("/v1/batch", batch)[0] == 200
    rows = fairlead("events", "log", "--json").json["rows"]
    reasons = [row["detail"].partition(":")[0] for row in rows if row["state"] == "invalid"]
    assert reasons == ["not an object", "no e-mail"]
    good = '{"type": "page", "userId": "u", "messageId": "%s"}'
    odd = '{"type": "page", "userId": "u", "a": %s}'
    parts = [good % 1, odd % "NaN", odd % "1e999", odd % '"\\ud800é"', odd % ("9" * 41), good % 2]
    body = f'\ufeff{{"batch": [{", ".join(parts)}]}}'.encode()
    assert intake.post("/v1/batch", body)[0] == 200
    rows = fairlead("events", "log", "--json").json["rows"]
    taken = {row["message_id"] for row in rows if row["state"] == "waiting"}
    assert taken >= {"1", "2"}
    assert len([row for row in rows if row["detail"].startswith("bad JSON")]) == 4


BIG = {"batch": [{"type": "page", "userId": "u", "properties": {"a": "x" * MAX_BODY_BYTES}}]}
PAGE = {"userId": "u"}


REFUSED: list[tuple[str, Any, dict[str, Any], int]] = [
    ("/v1/page", PAGE, {"key": "wrong"}, 401),
    ("/v1/page", PAGE, {"headers": {"Authorization": "Bearer x"}}, 401),
    ("/v1/page", {**PAGE, "writeKey": KEY}, {"headers": {"Authorization": "Bearer x"}}, 401),
    ("/v1/page", PAGE, {"headers": {"Authorization": "Basic §"}}, 401),
    ("/v1/page", PAGE, {"headers": {"Host": "evil.example"}}, 421),
    ("/v1/page", PAGE, {"headers": {"Origin": "https://evil.example"}}, 403),
    ("/v1/nothing", PAGE, {}, 404),
    ("/", PAGE, {}, 404),
    ("/v1/batch", b"{", {}, 400),
    ("/v1/batch", [], {}, 400),
    ("/v1/batch", {"batch": {}}, {}, 400),
    ("/v1/batch", b"\xff", {}, 400),
    ("/v1/batch", BIG, {}, 413),
    (
        "/v1/batch",
        gzip.compress(json.dumps(BIG).encode()),
        {"headers": {"Content-Encoding": "gzip"}},
        413,
    ),
    # A bomb in the second member.
    (
        "/v1/batch",
        gzip.compress(b"{}") + gzip.compress(b" " * 20_000_000),
        {"headers": {"Content-Encoding": "gzip"}},
        413,
    ),
    (
        "/v1/batch",
        gzip.compress(b"{}") + b"and more",
        {"headers": {"Content-Encoding": "gzip"}},
        400,
    ),
    (
        "/v1/batch",
        gzip.compress(b"{}") + gzip.compress(b" ")[:-4],
        {"headers": {"Content-Encoding": "gzip"}},
        400,
    ),
    ("/v1/batch", b"\x1f\x8bxx", {"headers": {"Content-Encoding": "gzip"}}, 400),
    ("/v1/batch", b"{}", {"headers": {"Content-Encoding": "deflate"}}, 400),
    ("/v1/batch", b"{}", {"headers": {"Content-Encoding": "br"}}, 415),
]


def test_each_address_of_segments_libraries_is_served(
    intake: Intake, fairlead: FairleadCommand
) -> None:
    person = {"userId": "u", "traits": {"email": "u@person.example", "name": "U"}}
    call = {**person, "event": "E", "groupId": "g"}
    alone = ("identify", "track", "group", "page", "screen", "alias", *"itgpsa")
    for path in alone:
        assert intake.post(f"/v1/{path}", {**call, "messageId": path})[0] == 200, path
    for path in ("batch", "b", "import"):
        batch = [{"type": "page", **call, "messageId": path}]
        assert intake.post(f"/v1/{path}", {"batch": batch})[0] == 200, path
    rows = fairlead("events", "log", "--json").json["rows"]
    assert len(rows) == len(alone) + 3
    assert not [row for row in rows if row["state"] == "invalid"]


def test_what_is_refused_is_not_stored(intake: Intake, fairlead: FairleadCommand) -> None:
    for path, body, options, status in REFUSED:
        answer = intake.post(path, body, **options)
        assert (answer[0], answer[1]["success"]) == (status, False), (path, options)
    assert stored(fairlead) == 0


def in_members(user: str) -> bytes:
    """A batch of one event as gzip of three members with padding."""
    batch = json.dumps({"batch": [{"type": "page", "userId": user}]}).encode()
    return b"".join(map(gzip.compress, (batch[:9], b"", batch[9:]))) + bytes(4)


def test_a_body_is_taken_in_members_in_chunks_and_after_being_asked_for(
    intake: Intake, fairlead: FairleadCommand
) -> None:
    packed = {"Content-Encoding": "gzip"}
    assert intake.post("/v1/batch", in_members("a"), headers=packed)[0] == 200
    here = ("127.0.0.1", intake.about["port"])
    connection = http.client.HTTPConnection(*here, timeout=20)
    headers = {"Authorization": f"Basic {base64.b64encode(f'{KEY}:'.encode()).decode()}", **packed}
    # A body without a length goes in chunks; one byte each, on one connection kept open.
    for user in ("b", "c"):
        pieces = (bytes([byte]) for byte in in_members(user))
        connection.request("POST", "/v1/batch", pieces, headers, encode_chunked=True)
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["stored"]) == (200, 1)
    connection.close()
    body = in_members("d")
    asking = {**headers, "Expect": "100-continue", "Host": f"{here[0]}:{here[1]}"}
    for changed, status in (
        ({"Content-Length": str(len(body))}, 100),
        ({"Content-Length": "9", "Authorization": "Basic eDo="}, 401),
        ({"Content-Length": str(MAX_BODY_BYTES + 1)}, 413),
    ):
        lines = [f"{name}: {value}\r\n" for name, value in {**asking, **changed}.items()]
        with socket.create_connection(here, 20) as raw, raw.makefile("rb") as told:
            raw.sendall(f"POST /v1/batch HTTP/1.1\r\n{''.join(lines)}\r\n".encode())
            assert int(told.readline().split()[1]) == status
            if status == 100:
                assert told.readline() == b"\r\n"
                raw.sendall(body)
                assert told.readline().split()[1] == b"200"
            else:
                # Refused before the body: no other request may follow on this connection.
                assert b"connection: close" in told.read()
    assert stored(fairlead) == 4


def trouble_of(fairlead: FairleadCommand) -> str:
    (source,) = fairlead("events", "source", "--json").json["sources"]
    return str(source["trouble"])


def test_a_port_that_is_taken_is_named(
    start_intake: StartIntake, fairlead: FairleadCommand
) -> None:
    # By its command line it is known as Fairlead's.
    intake = start_intake(is_fork=False)
    port = str(intake.about["port"])
    taken = fairlead("events", "serve", "--port", port, "--json", FAIRLEAD_EVENTS_KEY=KEY)
    assert taken.exit_code == 2
    # The source is served: no trouble to be shown at it.
    assert taken.json["error"]["title"] == f"Port {port} is taken by another intake of Fairlead."
    assert trouble_of(fairlead) == ""


def test_a_port_that_another_program_has_is_told_at_the_source_until_it_is_served(
    start_intake: StartIntake, fairlead: FairleadCommand
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        serve = ("events", "serve", "--port", str(port), "--json")
        taken = fairlead(*serve, FAIRLEAD_EVENTS_KEY=KEY)
    assert taken.exit_code == 2
    told = trouble_of(fairlead)
    assert f"Port {port} is taken by python" in told
    assert f"(process {os.getpid()})" in told
    assert f"--port {port + 1}" in told
    assert start_intake().stop() == 0
    assert trouble_of(fairlead) == ""


def test_without_a_keyring_the_key_has_to_be_given(fairlead: FairleadCommand) -> None:
    refused = fairlead("events", "serve", "--port", "0", "--json")
    assert refused.json["error"]["code"] == "no_keyring"


def test_the_key_is_told_only_when_asked(
    start_intake: StartIntake, fairlead: FairleadCommand, home: Path
) -> None:
    shown = start_intake("--show-key")
    assert shown.about["write_key"] == KEY
    assert shown.stop() == 0
    assert KEY not in "".join(file.read_text() for file in home.rglob("*.log"))
    assert os.environ.get("FAIRLEAD_EVENTS_KEY") is None


def ask(
    intake: Intake, method: str, path: str, body: Any = None, **headers: str
) -> tuple[int, Any]:
    """One request with exactly these headers; status and the answer's headers."""
    connection = http.client.HTTPConnection("127.0.0.1", intake.about["port"], timeout=20)
    data = None if body is None else json.dumps(body).encode()
    connection.request(method, path, data, {k.replace("_", "-"): v for k, v in headers.items()})
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders())


def test_a_full_batch_of_segments_own_library_is_taken(
    intake: Intake, fairlead: FairleadCommand
) -> None:
    """The library ends a batch only with the event that passes 475,000 bytes."""
    name = "full"
    failed: list[Any] = []
    client = Client(
        KEY, host=intake.url, max_retries=1, upload_interval=5, on_error=lambda *a: failed.append(a)
    )
    for number in range(17):
        client.page(name, "Docs", str(number), {"text": "x" * 31_000})
    client.shutdown()
    assert failed == []
    assert stored(fairlead) == 17


def test_each_source_has_its_own_key(start_intake: StartIntake, fairlead: FairleadCommand) -> None:
    for name in ("shop", "Web app", "keyless"):
        fairlead("events", "source", "add", name, "--kind", "http")
    keys = f"{KEY},shop=key-of-the-shop,Web app=key-of-the-app=="
    intake = start_intake("--name", "other", keys=keys)
    assert list(intake.about["sources"]) == ["other", "shop", "Web app"]
    assert intake.about["without_key"] == ["keyless"]
    for key, line in (
        (KEY, 1),
        ("key-of-the-shop", 1),
        ("key-of-the-shop", 2),
        ("key-of-the-app==", 1),
    ):
        assert intake.post("/v1/page", {**PAGE, "messageId": f"{key}{line}"}, key=key)[0] == 200
    rows = fairlead("events", "log", "--json").json["rows"]
    assert {(row["source"], row["line"]) for row in rows} == {
        ("other", 1), ("shop", 1), ("shop", 2), ("Web app", 1),
    }  # fmt: skip
    # A source that is removed is refused at once, though its key was read before.
    fairlead("events", "source", "remove", "shop")
    assert intake.post("/v1/page", PAGE, key="key-of-the-shop")[0] == 401
    assert intake.post("/v1/page", PAGE, key="nobody")[0] == 401


def test_who_may_change_no_source_makes_none_and_sees_no_key(
    fairlead: FairleadCommand, as_agent: FairleadCommand
) -> None:
    taken = socket.create_server(("127.0.0.1", 0))
    # Who is not refused before fails at the port, instead of serving for ever.
    serve = ("events", "serve", "--port", str(taken.getsockname()[1]), "--json")
    for words, keys in (
        (("--name", "intruder", "--show-key"), {"FAIRLEAD_EVENTS_KEY": "intruder=mine"}),
        (("--name", "intruder"), {"FAIRLEAD_EVENTS_KEY": "intruder=mine"}),
        (("--name", "intruder"), {}),
        (("--name", "web"), {}),
        (("--name", "web", "--show-key"), {"FAIRLEAD_EVENTS_KEY": "web=secret-of-web"}),
    ):
        fairlead("events", "source", "add", "web", "--kind", "http")
        answer = as_agent(*serve, *words, **keys)
        assert answer.json["error"]["code"] in ("not_permitted", "no_keyring"), (words, answer)
        if keys:
            assert answer.json["error"]["code"] == "not_permitted"
        assert "secret-of-web" not in answer.stdout + answer.stderr
    assert [one["source"] for one in fairlead("events", "source", "--json").json["sources"]] == [
        "web"
    ]
    # With a key that nobody has given, and while nobody can say who is at work.
    answer = as_agent(*serve, "--name", "other", FAIRLEAD_ZENDESK_TOKEN="w" * 40)
    assert answer.json["error"]["code"] == "auth_lost", answer.stdout
    taken.close()


def test_what_a_server_takes_in_goes_by_itself_with_the_right_of_who_serves(
    fairlead: FairleadCommand, as_agent: FairleadCommand, records: EventRecords
) -> None:
    people = [records.user() for _ in range(3)]
    fairlead("events", "source", "add", "web", "--kind", "http")
    fairlead("events", "source", "unattended", "web", "on")
    nobody = FairleadCommand(fairlead.home, {"sailthru": {}, "zendesk": {}}, keyring=True)
    nobody.environ |= fairlead.environ | {"FAIRLEAD_ZENDESK_TOKEN": "w" * 40}
    for who, (user, email) in zip((as_agent, nobody, fairlead), people, strict=True):
        intake = Intake(who, "--name", "web", keys="web=mine")
        body = {"userId": f"u{user}", "event": "Read", "properties": {"email": email}}
        assert intake.post("/v1/track", body, key="mine")[0] == 200
        assert intake.stop() == 0
    done = fairlead("events", "collect", "--json")
    assert done.json["delivered"]["events"] == 1, done.stdout
    assert done.json["waiting"] == {"web": 2}
    assert [len(records.user_events(user)) for user, _ in people] == [0, 0, 1]


@pytest.mark.parametrize("keys", ["a=x,a=y", "a=x,b=x", "x,y"])
def test_keys_that_collide_are_refused(fairlead: FairleadCommand, keys: str) -> None:
    answer = fairlead("events", "serve", "--port", "0", "--json", FAIRLEAD_EVENTS_KEY=keys)
    assert (answer.exit_code, answer.json["error"]["code"]) == (2, "bad_input")


def test_pages_of_an_allowed_origin_may_post(
    start_intake: StartIntake, fairlead: FairleadCommand
) -> None:
    shop = "https://shop.example"
    intake = start_intake("--origin", f"{shop}/")
    asked = {"Access_Control_Request_Method": "POST", "Access_Control_Request_Headers": "x"}
    status, headers = ask(intake, "OPTIONS", "/v1/page", Origin=shop, **asked)
    assert (status, headers["access-control-allow-origin"]) == (204, shop)
    allowed = headers["access-control-allow-headers"].split(", ")
    assert {"authorization", "x-retry-count", "anonymousid"} <= set(allowed)
    # A browser's library names its key in the body, and the event by its first letter.
    body = {**PAGE, "writeKey": KEY}
    status, headers = ask(intake, "POST", "/v1/p", body, Origin=shop)
    assert (status, headers["access-control-allow-origin"], headers["vary"]) == (
        200,
        shop,
        "origin",
    )
    assert "access-control-allow-credentials" not in headers
    for other in ("https://evil.example", "http://shop.example", "null", "https://shop.example:8"):
        for method in ("OPTIONS", "POST"):
            status, headers = ask(intake, method, "/v1/page", body, Origin=other)
            assert (status, headers.get("access-control-allow-origin")) == (403, None), other
    assert stored(fairlead) == 1


def test_with_a_certificate_it_serves_over_tls(
    start_intake: StartIntake, fairlead: FairleadCommand, tmp_path: Path
) -> None:
    _, trust = make_server_tls_context(tmp_path)
    files = ("--certificate", str(tmp_path / "server.pem"), "--key", str(tmp_path / "server.key"))
    intake = start_intake(*files, trust=trust)
    assert intake.url.startswith("https://127.0.0.1:")
    assert intake.post("/v1/page", PAGE)[0] == 200
    assert intake.post("/v1/page", PAGE, headers={"Host": "evil.example"})[0] == 421
    # In the clear nothing is answered.
    with pytest.raises((http.client.HTTPException, OSError)):
        ask(intake, "POST", "/v1/page", PAGE)


def test_nothing_is_served_in_the_clear_or_under_no_name(
    fairlead: FairleadCommand, tmp_path: Path
) -> None:
    make_server_tls_context(tmp_path)
    pem, key = str(tmp_path / "server.pem"), str(tmp_path / "server.key")
    tls = ("--certificate", pem, "--key", key)
    for words in (
        ("--address", "0.0.0.0"),  # noqa: S104 - refused
        ("--address", "0.0.0.0", "--host-name", "desk.example"),  # noqa: S104 - refused
        ("--address", "::"),
        ("--address", "shop.example"),
        ("--address", "0.0.0.0", *tls),  # noqa: S104 - refused: under which name?
        ("--certificate", pem),
        ("--key", key),
        ("--certificate", key, "--key", pem),
        ("--certificate", str(tmp_path / "none.pem"), "--key", key),
        ("--origin", "shop.example"),
        ("--origin", "https://shop.example/path"),
        ("--port", "65536"),
        ("--name", "a=b"),
        ("--connections-per-address", "0"),
        ("--connections-per-address", "201"),
    ):
        answer = fairlead("events", "serve", "--json", *words, FAIRLEAD_EVENTS_KEY=KEY)
        assert (answer.exit_code, answer.json["error"]["code"]) == (2, "bad_input"), words
