"""Is a process at work, and since when: a number alone says little, the system gives it to another process once the first has ended.

Belongs here: asking the system. Not here: what is made of the answer (lock.py).
"""

import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_START = 19  # of what follows the name of the program in /proc/PID/stat: clock ticks between the start of the machine and of the process
# Windows
_QUERY_LIMITED_INFORMATION, _STILL_ACTIVE, _ACCESS_DENIED = 0x1000, 259, 5


def start_of(pid: int) -> str:
    """When a process began, in the system's own words: they are equal for one process and differ for two. '' where it does not tell."""
    if sys.platform == "win32":
        return _start_on_windows(pid)
    try:
        ticks = (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()[_START]
        return f"{(_PROC / 'sys/kernel/random/boot_id').read_text(encoding='ascii').strip()} {ticks}"
    except (OSError, IndexError):
        return ""


def is_running(pid: int) -> bool:
    """False only when there is surely no such process."""
    if sys.platform == "win32":
        return _is_running_on_windows(pid)
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def has_surely_ended(host: str, pid: int, started: str) -> bool:
    """Whether a process, known by machine, number and start_of it, is surely there no more. That of another machine cannot be asked.

    The number of one that died may have been given to another process, even to ours, which began at another time.
    """
    if host != socket.gethostname():
        return False
    if started and (begun := start_of(pid)):
        return started != begun
    return pid == os.getpid() or not is_running(pid)


def _is_running_on_windows(pid: int) -> bool:
    """os.kill would end the process on Windows: ask for a handle instead. One that is refused is that of another account, alive."""
    import ctypes

    with _opened(pid) as (kernel, handle):
        if not handle:
            return bool(ctypes.get_last_error() == _ACCESS_DENIED)  # type: ignore[attr-defined, unused-ignore]
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        return code.value == _STILL_ACTIVE


def _start_on_windows(pid: int) -> str:
    """Its creation time: 100 nanoseconds since 1601."""
    import ctypes

    created, *others = (ctypes.c_ulonglong() for _ in range(4))
    with _opened(pid) as (kernel, handle):
        if not handle or not kernel.GetProcessTimes(handle, ctypes.byref(created), *map(ctypes.byref, others)):
            return ""
        return str(created.value)


@contextmanager
def _opened(pid: int) -> Iterator[tuple[Any, Any]]:
    """The functions of the system, and a handle on a process; a false one when it gives none."""
    import ctypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined, unused-ignore]
    handle = kernel.OpenProcess(_QUERY_LIMITED_INFORMATION, False, pid)
    try:
        yield kernel, handle
    finally:
        if handle:
            kernel.CloseHandle(handle)
