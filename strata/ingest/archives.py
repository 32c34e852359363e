"""What lies in the landing folder, file by file, archive entries included, without ever extracting to disk.

Belongs here: walking the folder, opening zip archives under caps, streaming bytes, hashing content.
Not here: what a file is (recognise.py) or what it says (atih/mco.py, snds/stay_sets.py).
"""

import hashlib
import io
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, BinaryIO, TypeVar, cast

from strata.ingest.reasons import refusal

BLOCK_BYTES = 4 << 20
_EXTENSIONS = {"rsa", "ano", "tra", "rha", "sha", "ssrha", "rapss", "rpsa", "r3a", "txt"}
MAX_ENTRIES = 10_000  # an e-PMSI archive holds about 30
MAX_BYTES = 256 << 30  # of one archive, uncompressed: fifty times the largest hospital-year
MAX_RATIO = 200  # blank-heavy .ano files stay under 60
RATIO_FROM_BYTES = 1 << 20  # a smaller entry harms nobody
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}
_ZIP_MAGIC = (b"PK\x03\x04", b"PK\x05\x06")
# What zipfile raises on an archive that cannot be read whole.
BROKEN = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, RuntimeError, NotImplementedError, ValueError)
Read = TypeVar("Read")


@dataclass(frozen=True)
class Entry:
    """Where an archive entry lies. archive_sha256: of all the bytes of the archive, taken before its directory is read. rank: in there."""

    archive: Path
    archive_sha256: str
    rank: int


@dataclass
class SourceFile:
    """One file of the landing folder, or one entry of an archive in it.

    name: relative to landing, '/' between folders, `archive.zip!entry` for an entry; stable across platforms.
    size: bytes once uncompressed. path: the file on disk, None for an archive entry (stream it, or read it whole into memory).
    entry: of an archive that could be read from one end to the other, None otherwise.
    refused: None, or the reason (quarantine_reasons.csv) why it may not be opened: opening it then raises Refused.
    """

    name: str
    size: int
    path: Path | None = None
    refused: str | None = None
    _open: Callable[[], BinaryIO] | None = field(default=None, repr=False)
    entry: Entry | None = None
    known_sha256: str | None = field(default=None, repr=False)  # once it was read, or told by who read the same bytes before
    recognised: Any = None  # what it was recognised as (recognise.py), once somebody has asked

    @property
    def container(self) -> str:
        """What it came in: the archive's name, or the folder's ('' for landing itself)."""
        archive, mark, _ = self.name.rpartition("!")
        return archive if mark else self.name.rpartition("/")[0]

    @property
    def stem(self) -> str:
        """The file's own name without folders nor extensions (rsa, ano, txt…): what an .rsa and its .ano share."""
        parts = self.name.rpartition("!")[2].rpartition("/")[2].split(".")
        while len(parts) > 1 and parts[-1].lower() in _EXTENSIONS:
            parts.pop()
        return ".".join(parts)

    def open(self) -> BinaryIO:
        """A stream of its bytes from the start; Refused (a StrataError) when it cannot be read, now or while reading."""
        if self.refused or self._open is None:
            raise refusal(self.refused or "unreadable", self.name)
        return io.BufferedReader(_Guarded(self._open, self.name), 1 << 16)

    def head(self, size: int = 1 << 16) -> bytes:
        """Its first bytes."""
        with self.open() as stream:
            return stream.read(size)

    def blocks(self, size: int = BLOCK_BYTES) -> Iterator[bytes]:
        """All its bytes in blocks of `size`; once exhausted, sha256 is known without another reading."""
        digest = None if self.known_sha256 else hashlib.sha256()
        with self.open() as stream:
            while block := stream.read(size):
                if digest:
                    digest.update(block)
                yield block
        if digest:
            self.known_sha256 = digest.hexdigest()

    @property
    def sha256(self) -> str:
        """Hash of the content, not of the archive around it; '' when refused. Reads the whole file the first time."""
        if self.refused:
            return ""
        if self.known_sha256 is None:
            for _ in self.blocks():
                pass
        return self.known_sha256 or ""


class _Guarded(io.RawIOBase):
    """A stream whose every failure is a Refused, so that a damaged archive refuses itself and never shows a traceback."""

    def __init__(self, opener: Callable[[], BinaryIO], name: str) -> None:
        self._name = name
        self._stream: BinaryIO | None = None
        self._stream = self._guard(opener)

    def _guard(self, action: Callable[[], Read]) -> Read:
        try:
            return action()
        except BROKEN as error:
            raise refusal("corrupt_archive", self._name) from error
        except OSError as error:
            raise refusal("unreadable", self._name) from error

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:  # type: ignore[no-untyped-def]
        data = self._guard(lambda: self._stream.read(len(buffer)))  # type: ignore[union-attr]
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
        super().close()


def open_sources(landing: Path) -> Iterator[SourceFile]:
    """Every file under `landing` (or that one file), in the order of its name, archives replaced by their entries.

    An archive or entry that breaks a cap or a rule comes as a SourceFile with `refused`: nothing is skipped in silence.
    """
    base = landing.parent if landing.is_file() else landing
    found = [landing] if landing.is_file() else landing.rglob("*")
    for path in sorted((path for path in found if path.is_file()), key=lambda path: path.relative_to(base).as_posix()):
        name = _plain(path.relative_to(base).as_posix())
        try:
            is_archive = _is_archive(path)
        except OSError:
            yield SourceFile(name, 0, path, "unreadable")
            continue
        if is_archive:
            yield from _entries(path, name)
        else:
            yield loose(path, name)


def loose(path: Path, name: str) -> SourceFile:
    """A file that lies on disk by itself."""

    def opened() -> BinaryIO:
        return path.open("rb")

    return SourceFile(name, path.stat().st_size, path, None, opened)


def _is_archive(path: Path) -> bool:
    with path.open("rb") as handle:
        return handle.read(4) in _ZIP_MAGIC or path.suffix.lower() == ".zip"


def sha256_of(path: Path) -> str | None:
    """Hash of a file as it lies on disk; None when it cannot be read to its end."""
    try:
        with path.open("rb") as handle:
            return hashlib.file_digest(handle, "sha256").hexdigest()
    except OSError:
        return None


def _entries(path: Path, name: str) -> Iterator[SourceFile]:
    archive_sha256 = sha256_of(path)
    try:
        with zipfile.ZipFile(path) as archive:
            infos = archive.infolist()
    except (*BROKEN, OSError):
        yield SourceFile(name, 0, path, "corrupt_archive")
        return
    if refused := _over_caps(infos):
        yield SourceFile(name, 0, path, refused)
        return
    files = [(info, rank) for rank, info in enumerate(infos) if not info.is_dir() or info.file_size]
    if not files:
        yield SourceFile(name, 0, path, "empty_archive")
    seen: set[str] = set()
    for info, rank in sorted(files, key=lambda file: file[0].filename):
        reason = "duplicate_entry" if info.filename in seen else _refused_entry(info)
        seen.add(info.filename)
        entry = Entry(path, archive_sha256, rank) if archive_sha256 else None
        yield SourceFile(f"{name}!{_plain(info.filename)}", info.file_size, None, reason, _opener(path, info), entry)


def _over_caps(infos: Iterable[zipfile.ZipInfo]) -> str | None:
    infos = list(infos)
    if len(infos) > MAX_ENTRIES:
        return "too_many_entries"
    return "too_many_bytes" if sum(info.file_size for info in infos) > MAX_BYTES else None


def _refused_entry(info: zipfile.ZipInfo) -> str | None:
    checks = {
        "folder_with_bytes": info.is_dir(),
        "unsafe_path": _is_unsafe(info.orig_filename) or _is_unsafe(info.filename),
        "symbolic_link": stat.S_ISLNK(info.external_attr >> 16),
        "encrypted_entry": bool(info.flag_bits & 0x1),
        "unsupported_compression": info.compress_type not in _METHODS,
        "nested_archive": info.filename.lower().endswith((".zip", ".7z", ".rar", ".tar", ".gz", ".tgz", ".bz2", ".xz")),
        "compression_ratio": info.file_size > RATIO_FROM_BYTES and info.file_size > MAX_RATIO * max(info.compress_size, 1),
    }
    return next((reason for reason, is_met in checks.items() if is_met), None)


def _is_unsafe(name: str) -> bool:
    windows = PureWindowsPath(name)
    return bool(windows.drive or windows.root or name.startswith("/") or ".." in windows.parts or ".." in PurePosixPath(name).parts)


def _plain(name: str) -> str:
    """A name that can be printed on one line and stored: what is no letter is escaped, each its own way."""
    return "".join(letter if letter.isprintable() else letter.encode("unicode_escape").decode("ascii") for letter in name)


def _opener(path: Path, info: zipfile.ZipInfo) -> Callable[[], BinaryIO]:
    def opened() -> BinaryIO:
        with zipfile.ZipFile(path) as archive:  # the entry keeps the file open until it is closed itself: no handle outlives a reading
            return cast(BinaryIO, archive.open(info))

    return opened
