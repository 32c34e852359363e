"""A server of the made-up publication, in this process, with readers of several rights."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flask.testing import FlaskClient

from dashboards.app.access import Access, Local, Open, Reader, User
from dashboards.app.server import Options, make_server
from dashboards.app.store import Store

HOST = "http://127.0.0.1:8050"
SECRET = "a secret of the tests, thirty-two characters"
# Each role, and what it may read: None is every territory.
ROLES: dict[str, frozenset[str] | None] = {
    "one": frozenset({"T01"}),
    "two": frozenset({"T02", "T05"}),
    "gone": frozenset({"T99"}),
    "all": None,
}


@dataclass
class Served:
    """A server and what it logged."""

    client: FlaskClient
    store: Store
    logged: list[dict[str, Any]] = field(default_factory=list)

    @property
    def app(self) -> Any:
        return self.client.application

    def get(self, address: str, **more: Any) -> Any:
        return self.client.get(address, base_url=HOST, **more)

    def callback(self, output: str, inputs: list[Any], state: list[Any], **more: Any) -> Any:
        body = {"output": output, "inputs": inputs, "state": state, "changedPropIds": []}
        name, _, prop = output.partition(".")
        body["outputs"] = {"id": name, "property": prop}
        return self.client.post("/_dash-update-component", json=body, base_url=HOST, **more)


def serve(run_folder: Path, access: Access | None = None, language: str = "fr") -> Served:
    """The server of a run folder."""
    logged: list[dict[str, Any]] = []
    store = Store(lambda: run_folder)
    server = make_server(store, access or Open(), Options(language, lambda **what: logged.append(what), SECRET))
    return Served(server.test_client(), store, logged)


@dataclass
class As:
    """A mode of access for the tests: whoever `reader` says."""

    who: Reader | None = None
    signs_in: bool = False

    def reader(self, _request: Any) -> Reader | None:
        return self.who


def as_role(name: str) -> Reader | None:
    """A reader of ROLES; None for anybody else."""
    return Reader(name, ROLES[name]) if name in ROLES else None


def local(passwords: dict[str, str], **more: Any) -> Local:
    """The local mode with these readers; cheap hashes, as the tests make many."""
    from argon2 import PasswordHasher

    hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    users = {name: User(Reader(name, ROLES.get(name)), hasher.hash(password)) for name, password in passwords.items()}
    return Local(users, hasher=hasher, **more)


def at(name: str, value: object, prop: str = "value") -> dict[str, Any]:
    """One input or state of a callback."""
    return {"id": name, "property": prop, "value": value}


def search_of(territory: str, **more: str) -> dict[str, Any]:
    """The state `url.search` of a callback."""
    query = "&".join(f"{name}={value}" for name, value in ({"territory": territory} | more).items())
    return at("url", f"?{query}", "search")
