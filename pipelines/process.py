"""What a run does with the process it has: when Python looks for dead objects, how it is stopped, how it leaves.

Belongs here: what is true of any run and says nothing of its tables. Not here: choosing the command and its exit code (command.py).

The libraries of a run are half a million objects that live as long as it does. To look through them for rings of dead ones, again and
again, and to free them one by one before leaving, was a sixth of the processor time of a month's refresh.
"""

import gc
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NoReturn

# Objects made between two searches (700 as Python comes). What is part of no ring, as tables are, is freed at once, without a search.
_NEW_OBJECTS = 100_000


@contextmanager
def few_searches() -> Iterator[None]:
    """Python seldom looks for rings of dead objects. Not for a process that stays, as a server does: they would wait in memory."""
    before = gc.get_threshold()
    gc.set_threshold(_NEW_OBJECTS)
    try:
        yield
    finally:
        gc.set_threshold(*before)


def stop_when_asked() -> None:
    """An end asked for by the system (systemctl stop, a machine that shuts down) is an interruption like Ctrl-C: a run ends on record."""
    signal.signal(signal.SIGTERM, _interrupt)  # Windows ends a process without asking


def _interrupt(_number: int, _frame: object) -> NoReturn:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # asked once; ending is at work
    raise KeyboardInterrupt


def answer_nobody() -> None:
    """Whoever read our output left (`| head`): what is still said goes nowhere, and is no error."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def leave(code: int) -> NoReturn:
    """End the process with this exit code; the system frees its memory at once.

    Nothing is run at exit and no thread is waited for: a command closes what it opens, in blocks of its own, and starts no thread that
    outlives it.
    """
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:  # a process without a console has neither
            with suppress(OSError):  # command.main has told it
                stream.flush()
    os._exit(code)
