"""A network without internet for the browser and whatever it talks to: a namespace that holds the loopback only.

Belongs here: making it, and saying where the machine does not allow it. Not here: what the browser does in it.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Holds the namespace open until its standard input ends. The loopback of a new namespace is down:
# 0x8914 is SIOCSIFFLAGS, 0x41 is up and running.
_HOLDER = """
import fcntl, socket, struct, sys
with socket.socket() as any_socket:
    fcntl.ioctl(any_socket, 0x8914, struct.pack("16sH14x", b"lo", 0x41))
print("ready", flush=True)
sys.stdin.read()
"""


@contextmanager
def closed_network() -> Iterator[list[str]]:
    """What to put before a command so that it runs there; empty where the machine has no namespaces (not Linux, or forbidden)."""
    if not (shutil.which("unshare") and shutil.which("nsenter")):
        yield []
        return
    command = ["unshare", "--map-root-user", "--net", sys.executable, "-c", _HOLDER]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as holder:
        is_ready = holder.stdout is not None and holder.stdout.readline() == "ready\n"
        inside = ["nsenter", "--target", str(holder.pid), "--user", "--net", "--preserve-credentials", "--"]
        yield inside if is_ready else []
        if holder.stdin is not None:
            holder.stdin.close()


def interfaces(inside: list[str]) -> set[str]:
    """The network interfaces that a command sees there."""
    listing = subprocess.run([*inside, "cat", "/proc/net/dev"], check=True, capture_output=True, text=True).stdout
    return {line.partition(":")[0].strip() for line in listing.splitlines() if ":" in line}


def wrapped(program: str, inside: list[str], folder: Path) -> str:
    """A program that runs in the closed network and takes the same arguments: itself when there is none."""
    if not inside:
        return program
    script = folder / "chromium-without-internet"
    script.write_text(f'#!/bin/sh\nexec {" ".join(inside)} "{program}" "$@"\n', encoding="utf-8")
    script.chmod(0o700)
    return str(script)
