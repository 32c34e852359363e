"""Who asks: the three modes of access, the file of users, passwords, lock-out.

Belongs here: from a request to a reader. Not here: what a reader may see (store.py), which route asks for a reader (server.py).
"""

import csv
import hashlib
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Request, session

from dashboards.sources.published import ALL
from strata.errors import StrataError

COLUMNS = ("user", "territories", "password_hash")
EVERY, BETWEEN = "*", "|"
MOST_FAILURES, LOCKED_SECONDS = 10, 15 * 60
LEAST_PASSWORD, LEAST_SECRET = 12, 32
NAME, STAMP = "reader", "stamp"  # what a session holds


@dataclass(frozen=True)
class Reader:
    """Somebody who reads. territories: those they may see; None, every one. The whole extract is always visible."""

    name: str
    territories: frozenset[str] | None

    def may_read(self, territory_id: str) -> bool:
        """Whether the territory, or the whole, is theirs to see."""
        return territory_id == ALL or self.territories is None or territory_id in self.territories


@dataclass(frozen=True)
class User:
    """A line of the file of users. password_hash is empty where a proxy signs people in."""

    reader: Reader
    password_hash: str

    @property
    def stamp(self) -> str:
        """Changes with the password: sessions opened before it end."""
        return hashlib.sha256(self.password_hash.encode()).hexdigest()[:16]


class Access(Protocol):
    """A mode of access. signs_in: it has a page where people sign in."""

    signs_in: bool

    def reader(self, request: Request) -> Reader | None:
        """Who asks; None when nobody that is known."""
        ...


@dataclass(frozen=True)
class Open:
    """No sign-in, this machine only: a page elsewhere that borrows a name for 127.0.0.1 is not answered."""

    signs_in = False

    def reader(self, request: Request) -> Reader | None:
        """Whoever sits at this machine."""
        host = (request.host or "").rsplit(":", 1)[0].strip("[]")
        return Reader("local", None) if is_loopback(host) else None


@dataclass(frozen=True)
class Header:
    """Another program signs people in and names them in a header; only its address is believed."""

    users: dict[str, User]
    proxy: str
    header: str
    signs_in = False

    def reader(self, request: Request) -> Reader | None:
        """The user named by the proxy, when the file of users has them."""
        if request.remote_addr != self.proxy:
            return None
        named = request.headers.getlist(self.header)
        user = self.users.get(named[0]) if len(named) == 1 else None
        return user.reader if user else None


@dataclass
class Local:
    """Names and passwords of a file, a signed session, ten failures and a quarter of an hour shut. now: seconds, for the tests."""

    users: dict[str, User]
    now: Callable[[], float] = time.monotonic
    hasher: PasswordHasher = field(default_factory=PasswordHasher)
    signs_in = True
    _failures: dict[str, list[float]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        self._nobody = self.hasher.hash("nobody")

    def reader(self, request: Request) -> Reader | None:
        """The user of the session, while their line and their password stand."""
        user = self.users.get(str(session.get(NAME, "")))
        return user.reader if user and session.get(STAMP) == user.stamp else None

    def sign_in(self, name: str, password: str) -> User | None:
        """The user, or None: unknown name, wrong password and locked name look the same. One at a time: a hash takes 64 MB."""
        with self._lock:
            user = self.users.get(name)
            if user and self._is_locked(name):
                return None
            is_right = _matches(self.hasher, user.password_hash if user else self._nobody, password)
            if user is None:
                return None
            if not is_right:
                self._failures.setdefault(name, []).append(self.now())
                return None
            self._failures.pop(name, None)
            return user

    def _is_locked(self, name: str) -> bool:
        recent = [at for at in self._failures.get(name, []) if self.now() - at < LOCKED_SECONDS]
        self._failures[name] = recent
        return len(recent) >= MOST_FAILURES


def _matches(hasher: PasswordHasher, password_hash: str, password: str) -> bool:
    try:
        return hasher.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def is_loopback(host: str) -> bool:
    """This machine, and no other."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def read_users(path: Path, *, with_passwords: bool) -> dict[str, User]:
    """Read users.csv (user;territories;password_hash): territories joined by |, or * for all. StrataError naming the line, never a cell."""
    users: dict[str, User] = {}
    with path.open(encoding="utf-8-sig", newline="") as handle:
        reader = csv.DictReader(handle, delimiter=";")
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise _refused(path, ("colonnes attendues : " + ";".join(COLUMNS), "columns expected: " + ";".join(COLUMNS)))
        for row in reader:
            where = f"{path}, {reader.line_num}"
            name, held = (row[column] or "" for column in ("user", "territories"))
            if not name or name in users or not held or None in row:
                raise _refused(where, ("un nom, une seule fois, et ses territoires", "one name, once, and its territories"))
            if with_passwords and not (row["password_hash"] or "").startswith("$argon2id$"):
                raise _refused(where, ("aucun mot de passe (argon2id) pour ce nom", "no password (argon2id) for this name"))
            territories = None if held == EVERY else frozenset(held.split(BETWEEN))
            users[name] = User(Reader(name, territories), row["password_hash"] or "")
    return users


def user_line(name: str, territories: str, password: str) -> dict[str, str]:
    """A line of the file of users. StrataError for a password under twelve characters, or a name that would not be read back."""
    if len(password) < LEAST_PASSWORD:
        raise _refused("password", ("douze caractères au moins", "at least twelve characters"))
    if not name.isprintable() or not name.strip() or any(letter in name + territories for letter in ';"') or not territories.isprintable():
        raise _refused(
            "user", ("ce nom ou ces territoires ne s'écrivent pas sur une ligne", "this name or list cannot be written on a line")
        )
    return dict(zip(COLUMNS, (name, territories, PasswordHasher().hash(password))))


def _refused(where: Path | str, why: tuple[str, str]) -> StrataError:
    return StrataError(
        what=("Ce fichier d'utilisateurs ne convient pas", "This file of users is not sound"),
        where=str(where),
        why=why,
        fix=("strata dashboard user NOM --territories …", "strata dashboard user NAME --territories …"),
        is_usage=True,
    )
