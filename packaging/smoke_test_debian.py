"""Installs, uses, upgrades and removes the `.deb` in a bare Debian 12 root made by debootstrap.

Needs root, and the packages debootstrap, xvfb, dbus and gnome-keyring's from Debian's mirror.
"""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

RELEASE = "bookworm"
# Who uses Fairlead in the root: an ordinary person with a home of their own.
USER, USER_ID = "kim", 1000
DISPLAY = ":97"
INSTALLED = "fairlead --version > /dev/null && dpkg-query -W -f '${Version}' fairlead"
APT = "DEBIAN_FRONTEND=noninteractive apt-get -o Dpkg::Use-Pty=0"
LOOK_UP = """
set -e
cd; umask 022
fairlead sandbox --customers 5 --port 47990 > keys.json &
sandbox=$!
# Where its port is taken it has ended, and nobody would write the file.
while [ ! -s keys.json ]; do kill -0 $sandbox; sleep 0.2; done
{setup}
fairlead lookup maria@lopez.example | grep -q 'Maria Lopez'
fairlead doctor | grep '^ok  Keyring'
kill $sandbox
wait $sandbox || true
"""
SESSION = "printf pw | gnome-keyring-daemon --unlock --components=secrets > /dev/null 2>&1; sh s.sh"


def smoke_test(package: Path, upgrade: Path, say: Callable[[str], None] = print) -> None:
    """Go with both packages through what an admin and a person do; `upgrade` is the newer one.

    Raises RuntimeError with what was said at the step that failed.
    """
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="fl-root-"))
        root = Path(folder)
        root.chmod(0o755)
        run("debootstrap", "--variant=minbase", "--include=ca-certificates", RELEASE, folder)
        stack.enter_context(mounted("proc", root / "proc", "-t", "proc"))
        chroot(root, f"useradd --create-home --uid {USER_ID} {USER}")
        chroot(root, "useradd --no-create-home --uid 1001 homeless")
        for number, file in enumerate((package, upgrade)):
            shutil.copyfile(file, root / f"tmp/{number}.deb")
        say("a bare root is there")

        chroot(root, f"{APT} update -qq && {APT} install -y --no-install-recommends /tmp/0.deb")
        before = chroot(root, INSTALLED)
        person(root, "QT_QPA_PLATFORM=offscreen fairlead --exit-after-first-paint")
        say(f"installed {before}, its window opens offscreen")
        with x_server(root):
            person(root, f"DISPLAY={DISPLAY} fairlead --exit-after-first-paint")
        say("its window opens on an X server")

        chroot(root, f"{APT} install -y --no-install-recommends dbus gnome-keyring")
        setup = "fairlead setup --from keys.json > /dev/null"
        person(root, in_session(LOOK_UP.format(setup=setup)))
        say("set up and looked up on the sandbox, with the keys in the system's keyring")

        chroot(root, f"{APT} install -y /tmp/1.deb")
        after = chroot(root, INSTALLED)
        if after == before:
            raise RuntimeError(f"The upgrade left {before} installed.")
        person(root, in_session(LOOK_UP.format(setup="")))
        say(f"upgraded to {after}; settings and keys are kept")

        home = root / "home" / USER
        chroot(root, f"{APT} purge -y fairlead")
        if not (home / ".config/fairlead").is_dir():
            raise RuntimeError("Removing the package took somebody's settings along.")
        leftovers = [p for p in (root / "usr").rglob("*fairlead*") if "share/doc" not in str(p)]
        if leftovers:
            raise RuntimeError(f"Removing the package left {leftovers[:5]}.")
        say("removed; everybody's data is kept")
        answer = "echo 'fairlead fairlead/delete-data boolean true' | debconf-set-selections"
        chroot(root, f"{APT} install -y /tmp/1.deb && {answer} && {APT} purge -y fairlead")
        kept = [p for p in home.rglob("fairlead") if p.is_dir()]
        if kept:
            raise RuntimeError(f"Told to delete the data, the package left {kept}.")
        say("removed again with the data, as answered")


def in_session(script: str) -> str:
    """Wrap a shell script into a D-Bus session with an unlocked Secret Service."""
    start = f'dbus-run-session -- sh -c "{SESSION}"'
    return f"cat > s.sh <<'EOF'\n{script}\nEOF\n{start}"


def chroot(root: Path, command: str) -> str:
    """Run a shell command as root in the root; returns what it said. Raises RuntimeError."""
    return run("chroot", str(root), "sh", "-c", command)


def person(root: Path, command: str) -> str:
    """Run a shell command as the person in the root; returns what it said. Raises RuntimeError."""
    spec = f"--userspec={USER_ID}:{USER_ID}"
    return run(
        "chroot", spec, str(root), "env", "-i", f"HOME=/home/{USER}", f"USER={USER}",
        "PATH=/usr/bin:/bin", "LANG=C.UTF-8", "sh", "-c", f"cd && {command}",
    )  # fmt: skip


@contextmanager
def mounted(what: str, where: Path, *options: str) -> Iterator[None]:
    """Mount something below the root, for the time of the test alone."""
    where.mkdir(parents=True, exist_ok=True)
    run("mount", *options, what, str(where))
    try:
        yield
    finally:
        run("umount", "--lazy", str(where))


@contextmanager
def x_server(root: Path) -> Iterator[None]:
    """Run an X server whose socket programs in the root reach."""
    sockets = Path("/tmp/.X11-unix")  # noqa: S108 - where X has them
    sockets.mkdir(mode=0o1777, exist_ok=True)
    command = ["Xvfb", DISPLAY, "-screen", "0", "1280x900x24", "-nolisten", "tcp"]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        with mounted(str(sockets), root / "tmp/.X11-unix", "--bind"):
            while not (sockets / f"X{DISPLAY[1:]}").exists() and server.poll() is None:
                time.sleep(0.05)
            yield
    finally:
        server.terminate()
        server.wait(10)


def run(*command: str) -> str:
    """Run a command and return its output, stripped. Raises RuntimeError with what it said."""
    done = subprocess.run(
        command, env=os.environ | {"LC_ALL": "C.UTF-8"}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)[-300:]}\n{(done.stdout + done.stderr)[-2000:]}")
    return done.stdout.strip()
