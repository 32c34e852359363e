"""A Python process as a user's machine starts it: the sources are compiled once, and found compiled by every process after.

Belongs here: what such a process is given. Not here: what it measures.
"""

import os


def environment() -> dict[str, str]:
    """This process's, without what forbids to leave compiled sources behind: the first process leaves them, only those after it count."""
    return {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
