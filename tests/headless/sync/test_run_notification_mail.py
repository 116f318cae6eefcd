"""Who is told of a run, what it says, and that a mail server's moods never change a run."""

import asyncio
import ssl
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.app.container import WorkspaceServices
from desktop.app.run_notifications import notify_run_ended
from desktop.clients.smtp import OutgoingEmail, SmtpSecurity, SmtpServer, send_email
from desktop.connect.mail_password import store_mail_password
from desktop.connect.mail_server import send_test_email
from desktop.kit.errors import (
    AppError,
    AuthenticationError,
    InvalidInput,
    ResponseTimeout,
    ServiceUnreachable,
    UserDecisionNeeded,
    ValuesRejected,
)
from desktop.kit.log_redaction import Redactor
from desktop.model.sync import NotificationSettings, SourceKind, Sync, SyncSource
from desktop.model.sync_run import RUN_OUTCOMES, Run, RunStage, RunState
from desktop.sync.run_notification import build_run_notification, needs_attention, should_notify
from desktop.vault.bound_secrets import SecretForOtherHost
from desktop.vault.secret import Secret
from tests.support.cli_command import FairleadCommand
from tests.support.mail_server import PASSWORD, USER, MailServer, run_mail_server
from tests.support.sandbox_servers import SandboxServers
from tests.support.tls_certificates import make_server_tls_context

ZONE = "America/New_York"
LEE = "lee@desk.example"
GOAL = Sync(
    "nightly",
    "Nightly",
    SyncSource(SourceKind.ZENDESK_USERS),
    notify=NotificationSettings(email=(LEE,)),
)
FAILED = Run(
    "143",
    "nightly",
    RunState.FAILED,
    RunStage.APPLY,
    "schedule",
    "Lee",
    1_780_000_000.0,
    1_780_000_300.0,
    totals={"created": 4200, "failed": 1},
    error="Zendesk refused the token. It belongs to lee.ng@desk.example.",
    error_code="auth_lost",
)


def test_run_mail_names_sync_state_totals_and_next_step() -> None:
    notice = build_run_notification(GOAL, FAILED, "main", ZONE, Redactor().redact)
    assert notice.title == "Nightly: failed"
    assert notice.needs_attention
    for part in (
        "nightly",
        "143",
        "4,200 created, 1 failed",
        "2026-05-28 16:26 to 16:31 (America/New_York)",
        "Zendesk refused the token.",
        "`fairlead sync run nightly --resume 143`",
        "paused until then",
    ):
        assert part in notice.body
    assert "lee.ng@desk.example" not in notice.body + notice.summary


@pytest.mark.parametrize("state", RunState)
@pytest.mark.parametrize("code", ["", "auth_lost", "forbidden", "offline", "bug"])
def test_run_mail_every_end_state_has_text(state: RunState, code: str) -> None:
    run = replace(FAILED, state=state, error_code=code)
    notice = build_run_notification(GOAL, run, "main", ZONE, lambda text: text)
    assert "{" not in notice.body
    assert ("What to do" in notice.body) == needs_attention(run)


RUNS = st.builds(
    Run,
    id=st.integers(1, 999).map(str),
    sync=st.just("nightly"),
    state=st.sampled_from([s for s in RunState if s is not RunState.RUNNING]),
    stage=st.just(RunStage.FINISH),
    trigger=st.sampled_from(["manual", "schedule", "retry"]),
    actor=st.just("Lee"),
    started_at=st.floats(1.7e9, 1.8e9),
    totals=st.dictionaries(st.sampled_from(RUN_OUTCOMES), st.integers(0, 5)),
    error_code=st.sampled_from(["", "auth_lost", "offline"]),
)


@given(RUNS, st.none() | RUNS, st.booleans(), st.booleans())
def test_run_mail_goes_to_chosen_recipients(
    run: Run, before: Run | None, on_run: bool, on_failure: bool
) -> None:
    told = should_notify(NotificationSettings(on_run=on_run, on_failure=on_failure), run, before)
    if on_run:
        assert told
    elif not on_failure or not needs_attention(run):
        assert not told
    elif run.trigger != "schedule" or before is None or not needs_attention(before):
        assert told


def test_run_mail_repeated_failure_is_sent_once_a_day() -> None:
    notify = NotificationSettings()
    runs = [replace(FAILED, started_at=FAILED.started_at + 300 * n) for n in range(600)]
    told = [
        run
        for before, run in zip([None, *runs], runs, strict=False)
        if should_notify(notify, run, before)
    ]
    assert len(told) == 3
    other = replace(runs[0], error_code="offline", started_at=runs[0].started_at + 300)
    assert should_notify(notify, other, runs[0])


# A real server.


def server_at(
    office: MailServer, security: SmtpSecurity = SmtpSecurity.NONE, **more: Any
) -> SmtpServer:
    given = {"user": USER, "password": PASSWORD, **more}
    return SmtpServer("127.0.0.1", office.port, security, USER, **given)


async def sent(
    server: SmtpServer, letter: OutgoingEmail, trusted: Path | None = None, **more: Any
) -> AppError | None:
    """What came of handing it in."""
    context = ssl.create_default_context(cafile=str(trusted) if trusted else None)
    try:
        await send_email(server, letter, context, now=1_780_000_000.0, **more)
    except AppError as error:
        return error
    return None


LETTER = OutgoingEmail(
    (LEE, "kim@desk.example"), "Größe: “Nightly”\r\nBcc: x@y.example", "Zeile\n“Ende”"
)


@pytest.mark.parametrize("at_once", [False, True])
async def test_mail_over_tls_arrives_complete(tmp_path: Path, at_once: bool) -> None:
    context, pem = make_server_tls_context(tmp_path)
    security = SmtpSecurity.TLS if at_once else SmtpSecurity.STARTTLS
    async with run_mail_server(context, at_once=at_once) as office:
        assert await sent(server_at(office, security), LETTER, pem) is None
        # A certificate nobody vouches for: nothing is said at all.
        refusal = await sent(server_at(office, security), LETTER)
    assert isinstance(refusal, ServiceUnreachable)
    assert "not safe" in refusal.title
    (letter,) = office.messages
    assert letter["Subject"] == "Größe: “Nightly” Bcc: x@y.example"
    assert letter["Bcc"] is None
    assert letter["From"] == USER
    assert letter.get_content().replace("\r", "") == "Zeile\n“Ende”\n"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert office.recipients == [[LEE, "kim@desk.example"]]
    assert office.signed_in == [(USER, PASSWORD)]
    assert office.encrypted == [True] or at_once


async def test_mail_without_encryption_is_loopback_only() -> None:
    async with run_mail_server() as office:
        assert await sent(server_at(office), LETTER) is None
        elsewhere = replace(server_at(office), host="198.51.100.7")
        assert isinstance(await sent(elsewhere, LETTER), InvalidInput)
        # Whoever was promised encryption does not go on without it.
        refusal = await sent(server_at(office, SmtpSecurity.STARTTLS), LETTER)
        assert isinstance(refusal, ValuesRejected)
    assert len(office.messages) == 1


async def test_mail_server_refusal_is_explained() -> None:
    async with run_mail_server() as office:
        wrong = await sent(server_at(office, password="wrong"), LETTER)
        assert isinstance(wrong, AuthenticationError)
        office.refused = {LEE}
        some = await sent(server_at(office), LETTER)
        assert isinstance(some, ValuesRejected)
        assert "1 of 2" in some.title
        office.refused |= {"kim@desk.example"}
        every = await sent(server_at(office), LETTER)
        assert isinstance(every, ValuesRejected)
        for error in (wrong, some, every):
            assert LEE not in str(error)
            assert PASSWORD not in str(error)
        port = office.port
    gone = await sent(SmtpServer("127.0.0.1", port, SmtpSecurity.NONE, USER), LETTER)
    assert isinstance(gone, ServiceUnreachable)


async def test_mail_server_silent_times_out() -> None:
    left = asyncio.Event()

    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()
        left.set()

    server = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    mute = SmtpServer("127.0.0.1", port, SmtpSecurity.NONE, USER)
    assert isinstance(await sent(mute, LETTER, limit_s=0.3), ResponseTimeout)
    # Nothing of ours stays connected.
    await asyncio.wait_for(left.wait(), 10)
    server.close()


# A house.


async def finished(house: WorkspaceServices, state: RunState = RunState.FAILED, **more: str) -> Run:
    now = house.context.clock.now()
    run = house.store.runs.begin.blocking("nightly", "schedule", "Lee", now)
    return house.store.runs.end.blocking(run.id, state, now, {"created": 2}, **more)


async def with_mail(house: WorkspaceServices, office: MailServer) -> None:
    house.session.change_settings(
        {"mail.host": "127.0.0.1", "mail.port": office.port, "mail.security": "none",
         "mail.user": USER}
    )  # fmt: skip
    await house.session.connection_config.vault.set(Secret.SMTP_PASSWORD, PASSWORD)


async def test_run_mail_refusal_is_shown_beside_run(services: WorkspaceServices) -> None:
    async with run_mail_server() as office:
        await with_mail(services, office)
        run = await finished(services, error="The token was refused.", error_code="auth_lost")
        assert await notify_run_ended(services, GOAL, run) == run
        (letter,) = office.messages
        assert letter["Subject"] == "Nightly: failed"
        assert "The token was refused." in letter.get_content()
        # Nobody asked to hear of one that went well.
        assert await notify_run_ended(services, GOAL, await finished(services, RunState.DONE))
        assert len(office.messages) == 1
        always = replace(GOAL, notify=NotificationSettings(on_run=True, email=(LEE,)))
        await notify_run_ended(services, always, await finished(services, RunState.DONE))
        assert [one["Subject"] for one in office.messages][1:] == ["Nightly: done"]
        await services.session.connection_config.vault.set(Secret.SMTP_PASSWORD, "another-pass")
        run = await finished(services, RunState.DONE)
        told = await notify_run_ended(services, always, run)
    assert told == services.store.runs.get.blocking(run.id)
    assert (told.state, told.totals, told.error_code) == (RunState.DONE, {"created": 2}, "")
    assert told.error.startswith("No e-mail was sent about it: The mail server refused the sign-in")
    assert LEE not in told.error


async def test_mail_password_is_not_sent_to_another_server(services: WorkspaceServices) -> None:
    desk = services.session.connection_config
    async with run_mail_server() as office, run_mail_server() as other:
        await with_mail(services, office)
        await send_test_email(desk, services.session.values, LEE)
        services.session.change_settings({"mail.port": other.port})
        with pytest.raises(SecretForOtherHost, match="is for another address"):
            await send_test_email(desk, services.session.values, LEE)
        assert other.messages == []
        await store_mail_password(desk, services.session.values, PASSWORD)
        await send_test_email(desk, services.session.values, LEE)
        assert len(other.messages) == 1


async def test_mail_password_of_an_older_version_is_bound_before_the_server_changes(
    services: WorkspaceServices,
) -> None:
    desk = services.session.connection_config
    async with run_mail_server() as office, run_mail_server() as other:
        await with_mail(services, office)
        await desk.bind_secrets_to_addresses(services.session.values)
        services.session.change_settings({"mail.port": other.port})
        with pytest.raises(SecretForOtherHost):
            await send_test_email(desk, services.session.values, LEE)
        assert other.messages == []


async def test_run_mail_without_server_or_password_is_explained(
    services: WorkspaceServices,
) -> None:
    desk = services.session.connection_config
    with pytest.raises(UserDecisionNeeded, match="no mail server"):
        await send_test_email(desk, services.session.values, LEE)
    services.session.change_settings({"mail.host": "127.0.0.1", "mail.user": "lee"})
    with pytest.raises(UserDecisionNeeded, match="sender"):
        await send_test_email(desk, services.session.values, LEE)
    services.session.change_settings({"mail.from": USER})
    with pytest.raises(UserDecisionNeeded, match="password"):
        await send_test_email(desk, services.session.values, LEE)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("mail.host", "smtp.example.com:25"),
        ("mail.host", "https://smtp.example.com"),
        ("mail.host", "a b"),
        ("mail.port", 0),
        ("mail.port", "25"),
        ("mail.security", "ssl3"),
        ("mail.from", "nobody"),
    ],
)
async def test_mail_setting_invalid_is_refused(
    services: WorkspaceServices, key: str, value: Any
) -> None:
    with pytest.raises(InvalidInput):
        services.session.change_settings({key: value})


def files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


# The command line: a process of its own, and everything it leaves behind.


async def test_mail_password_is_in_no_file_or_log(home: Path, sandbox: SandboxServers) -> None:
    command = FairleadCommand(home, sandbox.connection_document, keyring=False)
    environ = {"FAIRLEAD_LOG": "debug", "FAIRLEAD_SMTP_PASSWORD": PASSWORD}
    said: list[str] = []

    async def fairlead(*words: str) -> int:
        done = await asyncio.to_thread(command, "sync", *words, **environ)
        said.append(done.stdout + done.stderr)
        return done.exit_code

    async with run_mail_server() as office:
        where = ("--host", "127.0.0.1", "--port", str(office.port), "--security", "none")
        assert await fairlead("mail", *where, "--user", USER, "--test", LEE) == 0, said
        assert await fairlead("add", "--preset", "zendesk-to-sailthru", "--on") == 0, said
        told = ("notify", "zendesk-to-sailthru", "--run", "on", "--email", LEE)
        assert await fairlead(*told, "--desktop", "off") == 0, said
        await fairlead("run", "zendesk-to-sailthru")
        environ["FAIRLEAD_SMTP_PASSWORD"] = "another-" + PASSWORD
        assert await fairlead("mail", "--test", LEE) == 3, said
        await fairlead("run", "zendesk-to-sailthru", "--json")
    assert [letter["Subject"].split(":")[0] for letter in office.messages] == [
        "Fairlead",
        "Zendesk to Sailthru",
    ]
    assert "No e-mail was sent about it" in said[-1]
    for words in said:
        assert PASSWORD not in words
        assert "Traceback" not in words
    for path in files(home):
        assert PASSWORD.encode() not in path.read_bytes(), path
    assert "smtp" not in (home / "logs" / "fairlead.log").read_text().lower()
