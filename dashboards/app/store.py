"""What a reader may read: the one way from a question to published numbers, and what was already made of them.

Belongs here: authorisation, per territory, and the two memories (publications, answers). Not here: who asks (access.py), any page.
"""

import hashlib
import json
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from threading import RLock
from typing import TypeVar

from dashboards.app.access import Reader
from dashboards.app.question import Question, Unknown
from dashboards.model.measures import Writer
from dashboards.pages.territory import writer_of
from dashboards.site import Brought
from dashboards.sources.published import ALL, Published, in_front, read_published

MOST_WRITERS = 24
MOST_VIEWS = 8  # of readers of some territories only: each holds its own list of rows
MOST_PUBLICATIONS = 2  # the last one, and an earlier one that somebody looks at
MOST_ANSWER_BYTES = 16 * 2**20
Name = TypeVar("Name")
Held = TypeVar("Held")


class Denied(Exception):
    """The reader may not see what is asked, whether it exists or not."""


@dataclass
class Memory:
    """Answers already made, the least lately asked forgotten first once they hold more than `most` bytes."""

    most: int
    _held: OrderedDict[Hashable, bytes] = field(default_factory=OrderedDict)
    _bytes: int = 0
    _lock: RLock = field(default_factory=RLock)

    def find(self, key: Hashable) -> bytes | None:
        """What was kept under the key."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
            return self._held.get(key)

    def keep(self, key: Hashable, answer: bytes) -> bytes:
        """Keep an answer; gives it back."""
        with self._lock:
            self._bytes += len(answer) - len(self._held.pop(key, b""))
            self._held[key] = answer
            while self._bytes > self.most:
                _, gone = self._held.popitem(last=False)
                self._bytes -= len(gone)
        return answer


@dataclass
class Store:
    """The publications. find: the folder of the run in front, asked at each request: a new publication is seen at once.

    An edition made before it, beside it, is asked for by its run id; one made after it was taken back, and is not served.
    """

    find: Callable[[], Path]
    brought: Brought = field(default_factory=Brought)
    answers: Memory = field(default_factory=lambda: Memory(MOST_ANSWER_BYTES))
    _held: OrderedDict[Path, Published] = field(default_factory=OrderedDict)
    _views: OrderedDict[tuple[Path, frozenset[str]], Published] = field(default_factory=OrderedDict)
    _writers: OrderedDict[Hashable, Writer] = field(default_factory=OrderedDict)
    _lock: RLock = field(default_factory=RLock)

    def writer(self, reader: Reader, question: Question) -> Writer:
        """The numbers this reader may see, in the language and with the year that are asked.

        Denied: the territory is not theirs. Unknown: no such edition, or no such territory, condition or year in it.
        """
        if not reader.may_read(question.territory):
            raise Denied
        published = self._publication(question.run)
        if question.territory not in (ALL, *published.territories) or question.year not in (0, *published.years):
            raise Unknown
        if question.condition and question.condition not in {one.condition for one in published.definitions}:
            raise Unknown
        key = (published.run_id, reader.territories, question.year, question.language)
        with self._lock:
            return _kept(self._writers, key, self._writers.get(key) or self._open(published, reader, question), MOST_WRITERS)

    def editions(self) -> tuple[str, ...]:
        """The run ids that can be asked for, the last first: folders whose name their own receipt says. They sort by their time."""
        last = self.find()
        names = (path.name for path in last.parent.iterdir() if path.name <= last.name and _run_of(path) == path.name)
        return tuple(sorted(names, reverse=True))

    def _publication(self, run: str) -> Published:
        last = self.find()
        if run and run != last.name and run not in self.editions():
            raise Unknown
        folder = last.parent / run if run else last
        with self._lock:
            published = self._held.get(folder) or read_published(folder)
            self._held[folder] = published
            self._held.move_to_end(folder)
            while len(self._held) > MOST_PUBLICATIONS:
                gone = next(path for path in self._held if path not in (folder, last))
                self._forget(self._held.pop(gone))
            return published

    def _forget(self, published: Published) -> None:
        """The views and the writers of a publication that is let go."""
        for view in [view for view in self._views if view[0] == published.folder]:
            del self._views[view]
        for key in [key for key, writer in self._writers.items() if writer.published.folder == published.folder]:
            del self._writers[key]

    def _open(self, published: Published, reader: Reader, question: Question) -> Writer:
        published, brought = self._view(published, reader), self.brought
        if question.year:
            published = in_front(published, question.year)
        entries = tuple(entry for entry in brought.entries if reader.may_read(entry.territory_id))
        return writer_of(published, question.language, brought.atlas, entries)

    def _view(self, published: Published, reader: Reader) -> Published:
        """What the reader sees of a publication: every year and language of theirs shares it."""
        if reader.territories is None:
            return published
        key = (published.folder, reader.territories)
        return _kept(self._views, key, self._views.get(key) or narrowed(published, reader), MOST_VIEWS)

    def key(self, reader: Reader, writer: Writer, *asked: Hashable) -> Hashable:
        """The name of an answer: the run, what the reader may see, what was asked. No two readers who see different things share one."""
        return (writer.published.run_id, reader.territories, *asked)


def _kept(held: OrderedDict[Name, Held], name: Name, one: Held, most: int) -> Held:
    """Keep it as the last used, let go the least lately used beyond `most`; gives it back."""
    held[name] = one
    held.move_to_end(name)
    while len(held) > most:
        held.popitem(last=False)
    return one


@lru_cache
def _run_of(folder: Path) -> str:
    """The run that the receipt of a folder names; '' without one. A publication never changes, so it is read once."""
    receipt = folder / "receipt.json"
    return str(json.loads(receipt.read_text(encoding="utf-8")).get("run_id", "")) if receipt.is_file() else ""


def narrowed(published: Published, reader: Reader) -> Published:
    """The publication with the rows of the reader's territories and of the whole, and no other: what is not here is on no page."""
    if reader.territories is None:
        return published
    return replace(
        published,
        rows={key: row for key, row in published.rows.items() if reader.may_read(row.territory_id)},
        groups={key: rows for key, rows in published.groups.items() if reader.may_read(key[2])},
        details={key: row for key, row in published.details.items() if reader.may_read(row.territory_id)},
        calibrations={key: lines for key, lines in published.calibrations.items() if reader.may_read(key[1])},
        territories={key: name for key, name in published.territories.items() if reader.may_read(key)},
    )


def digest(body: bytes) -> str:
    """A name for what was sent."""
    return hashlib.sha256(body).hexdigest()
