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

from dashboards.app.access import Reader
from dashboards.app.question import Question, Unknown
from dashboards.model.measures import Writer
from dashboards.pages.territory import writer_of
from dashboards.site import Brought
from dashboards.sources.published import ALL, Published, in_front, read_published

MOST_WRITERS = 48
MOST_PUBLICATIONS = 2  # the last one, and an earlier one that somebody looks at
MOST_ANSWER_BYTES = 48 * 2**20


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
            writer = self._writers.get(key) or self._open(published, reader, question)
            self._writers[key] = writer
            self._writers.move_to_end(key)
            while len(self._writers) > MOST_WRITERS:
                self._writers.popitem(last=False)
        return writer

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
        """The writers of a publication that is let go."""
        for key in [key for key, writer in self._writers.items() if writer.published.folder == published.folder]:
            del self._writers[key]

    def _open(self, published: Published, reader: Reader, question: Question) -> Writer:
        if question.year:
            published = in_front(published, published.folder, question.year)
        brought = self.brought
        entries = tuple(entry for entry in brought.entries if reader.may_read(entry.territory_id))
        return writer_of(narrowed(published, reader), question.language, brought.atlas, entries)

    def key(self, reader: Reader, writer: Writer, *asked: Hashable) -> Hashable:
        """The name of an answer: the run, what the reader may see, what was asked. No two readers who see different things share one."""
        return (writer.published.run_id, reader.territories, *asked)


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
