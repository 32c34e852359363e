"""Archives that are damaged, dangerous or odd, declared one by one. Not here: their lines, and drawn damage (drawn_archives.py)."""

import gzip
import io
import stat
import tarfile
import zipfile
from collections.abc import Iterator

from tests.support.corpus.mutation import Ground, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import chained, pair
from tests.support.corpus.zips import Entry, crowd, patched, renamed, zipped

YEAR = 2024
_WHOLE = "refused whole under its reason; the archive beside it is read"
_ENTRY = "the entry is refused under its reason; the other entries are read"


def entries(finess: str, stem: str = "h") -> list[Entry]:
    """The good pair of a hospital, three stays."""
    rsa, ano = pair(finess, YEAR, range(3))
    return [(f"{stem}.rsa", rsa), (f"{stem}.ano", ano)]


def beside(name: str, finess: str, content: bytes, reason: str, file: str = "bad.zip") -> Parcel:
    """A bad archive next to a good one of the same hospital: the good one is read."""
    files = {file: content, "good.zip": zipped(entries(finess))}
    return Parcel(name, finess, files, stays=chained(range(3)), refused={file: {reason}}, lines={"good.zip!h.rsa": 3, "good.zip!h.ano": 3})


def with_entry(name: str, finess: str, content: bytes, entry: str, reasons: set[str]) -> Parcel:
    """An archive with a good pair and one entry that must be refused."""
    return Parcel(
        name,
        finess,
        {"a.zip": content},
        stays=chained(range(3)),
        refused={f"a.zip!{entry}": reasons},
        lines={"a.zip!h.rsa": 3, "a.zip!h.ano": 3},
    )


@mutation("archive: truncated", "archives", _WHOLE)
def _truncated(ground: Ground) -> Iterator[Parcel]:
    for kept in (0, 1, 2, 3, 4, 10, 29, 30, 40, 500, -5000, -500, -100, -23, -22, -21, -10, -2, -1):
        finess = ground.finess()
        yield beside(f"first {kept} bytes", finess, zipped(entries(finess))[:kept], "corrupt_archive")


@mutation("archive: not a zip", "archives", _WHOLE)
def _not_a_zip(ground: Ground) -> Iterator[Parcel]:
    tar = io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w"):
        pass
    others = {
        "text": b"to do",
        "HTML": b"<!DOCTYPE html><html>403</html>",
        "PDF": b"%PDF-1.7\n%\xe2\xe3",
        "gzip": gzip.compress(b"x", mtime=0),
        "7z": b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(40),
        "rar": b"Rar!\x1a\x07\x01\x00" + bytes(40),
        "tar": tar.getvalue(),
        "zeros": bytes(2000),
        "ones": b"\xff" * 2000,
        "only a first signature": b"PK\x03\x04" * 300,
        "an end in letters": b"PK\x05\x06" + b"z" * 40,
        "an RSA": pair("990000001", YEAR, range(3))[0],
        "a first part of several": b"PK\x07\x08PK\x03\x04" + bytes(200),
    }
    for name, content in others.items():
        yield beside(name, ground.finess(), content, "corrupt_archive")


@mutation("archive: empty", "archives", "said to be empty by name; the archive beside it is read")
def _empty(ground: Ground) -> Iterator[Parcel]:
    for name, content in {"no entry": zipped([]), "folders only": zipped([("a/", b""), ("a/b/", b"")])}.items():
        yield beside(name, ground.finess(), content, "empty_archive")


@mutation("archive: over a cap", "archives", _WHOLE)
def _over_caps(ground: Ground) -> Iterator[Parcel]:
    for count in (10_001, 100_000):
        yield beside(f"{count} entries", ground.finess(), crowd(count), "too_many_entries")
    finess = ground.finess()
    vast = zipped([(f"{rank}.rsa", b"x") for rank in range(80)])
    at = -1
    while (at := vast.find(b"PK\x01\x02", at + 1)) >= 0:
        vast = vast[: at + 24] + b"\xfe\xff\xff\xff" + vast[at + 28 :]
    yield beside("320 GB announced", finess, vast, "too_many_bytes")


@mutation("archive: directory damaged", "archives", _WHOLE)
def _directory(ground: Ground) -> Iterator[Parcel]:
    finess = ground.finess()
    good = zipped(entries(finess))
    end, central = good.rindex(b"PK\x05\x06"), good.index(b"PK\x01\x02")
    damaged = {
        "directory too long": good[: end + 12] + b"\xff\xff\xff\x00" + good[end + 16 :],
        "directory signature": good[:central] + b"PK\x09\x09" + good[central + 4 :],
        "directory cut out": good[:central] + good[end:],
    }
    for name, content in damaged.items():
        yield beside(name, ground.finess(), content, "corrupt_archive")


UNSAFE = (
    "../out.rsa",
    "a/../../out.rsa",
    "a/../out.rsa",
    "..\\out.rsa",
    "a\\..\\..\\out.rsa",
    "/etc/out.rsa",
    "//server/share/out.rsa",
    "\\out.rsa",
    "\\\\server\\share\\out.rsa",
    "C:/out.rsa",
    "C:\\out.rsa",
    "C:out.rsa",
    "z:/out.rsa",
    "\\\\?\\C:\\out.rsa",
    "\\\\.\\COM1",
    "..",
    "../../../../../../etc/passwd",
    "a/..",
    "file://../x",
)


@mutation("entry: unsafe path", "archives", _ENTRY)
def _unsafe(ground: Ground) -> Iterator[Parcel]:
    for name in UNSAFE:
        finess = ground.finess()
        yield with_entry(name, finess, zipped([*entries(finess), (name, b"x")]), zipfile.ZipInfo(name).filename, {"unsafe_path"})


@mutation("entry: symbolic link", "archives", _ENTRY)
def _links(ground: Ground) -> Iterator[Parcel]:
    for target in (b"/etc/passwd", b"../../x", b"h.rsa", b""):
        finess, info = ground.finess(), zipfile.ZipInfo("link.rsa")
        info.create_system, info.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
        yield with_entry(f"to {target!r}", finess, zipped([*entries(finess), (info, target)]), "link.rsa", {"symbolic_link"})


@mutation("entry: encrypted or unknown compression", "archives", _ENTRY)
def _encrypted(ground: Ground) -> Iterator[Parcel]:
    for flags in (0x1, 0x41, 0x801):
        finess = ground.finess()
        content = patched(zipped([*entries(finess), ("x.rsa", b"x")]), 8, "<H", flags)
        yield with_entry(f"flags {flags:#x}", finess, content, "x.rsa", {"encrypted_entry"})
    for method in (1, 6, 9, 19, 97, 98, 99, 65535):
        finess = ground.finess()
        content = patched(zipped([*entries(finess), ("x.rsa", b"x")]), 10, "<H", method)
        yield with_entry(f"method {method}", finess, content, "x.rsa", {"unsupported_compression"})


@mutation("entry: half of the pair encrypted", "archives", "both halves are refused: half a transmission must not replace a whole one")
def _half(ground: Ground) -> Iterator[Parcel]:
    for half, other in (("rsa", "ano"), ("ano", "rsa")):
        finess = ground.finess()
        last = sorted(entries(finess), key=lambda entry: str(entry[0]).endswith(half))
        refused = {f"a.zip!h.{half}": {"encrypted_entry"}, f"a.zip!h.{other}": {"pair_refused"}}
        yield Parcel(f"the .{half}", finess, {"a.zip": patched(zipped(last), 8, "<H", 1)}, refused=refused, lines={f"a.zip!h.{other}": 3})


@mutation("entry: archive inside", "archives", _ENTRY)
def _nested(ground: Ground) -> Iterator[Parcel]:
    for suffix in ("zip", "ZIP", "7z", "rar", "tar", "gz", "tgz", "tar.gz", "bz2", "xz"):
        finess = ground.finess()
        content = zipped([*entries(finess), (f"inner.{suffix}", zipped(entries(finess)))])
        yield with_entry(suffix, finess, content, f"inner.{suffix}", {"nested_archive"})


@mutation("entry: compression bomb", "archives", _ENTRY)
def _bombs(ground: Ground) -> Iterator[Parcel]:
    for name, byte, method in (("zeros", b"\0", 8), ("blanks", b" ", 8), ("bzip2", b" ", 12), ("lzma", b" ", 14), ("newlines", b"\n", 8)):
        finess = ground.finess()
        content = zipped([*entries(finess), ("bomb.rsa", byte * (4 << 20))], method)
        yield with_entry(f"1000 to 1 of {name}", finess, content, "bomb.rsa", {"compression_ratio"})
    finess = ground.finess()
    liar = patched(zipped([*entries(finess), ("bomb.rsa", b" " * (4 << 20))], 8), 24, "<I", 1000)
    yield with_entry("that lies about its size", finess, liar, "bomb.rsa", {"corrupt_archive"})


@mutation("entry: damaged", "archives", "the entry is refused as damaged; the other entries are read")
def _damaged(ground: Ground) -> Iterator[Parcel]:
    for name, offset, form, value in (
        ("check sum", 16, "<I", 0x12345678),
        ("size too small", 24, "<I", 7),
        ("compressed size too small", 20, "<I", 3),
        ("place beyond the end", 42, "<I", 0x00FFFFFF),
        ("place of another entry", 42, "<I", 0),
        ("method of another entry", 10, "<H", 8),
    ):
        finess = ground.finess()
        content = patched(zipped([*entries(finess), ("x.rsa", b"x" * 300)]), offset, form, value)
        yield with_entry(name, finess, content, "x.rsa", {"corrupt_archive"})
    for method, name in ((8, "deflate"), (12, "bzip2"), (14, "lzma")):
        finess = ground.finess()
        content = bytearray(zipped([*entries(finess), ("x.rsa", bytes(range(250)) * 4)], method))
        start = content.rindex(b"x.rsa", 0, content.index(b"PK\x01\x02")) + 5
        content[start + 10 : start + 40] = b"\xff" * 30
        yield with_entry(f"{name} stream", finess, bytes(content), "x.rsa", {"corrupt_archive", "unreadable"})


@mutation("entry: pair damaged", "archives", "both halves are refused, every line that could be counted with them")
def _pair_damaged(ground: Ground) -> Iterator[Parcel]:
    for half, other in (("rsa", "ano"), ("ano", "rsa")):
        for stays in (3, 300):
            finess = ground.finess()
            rsa, ano = pair(finess, YEAR, range(stays))
            content = zipped([(f"h.{other}", ano if half == "rsa" else rsa), (f"h.{half}", rsa if half == "rsa" else ano)])
            refused = {f"a.zip!h.{half}": {"corrupt_archive"}, f"a.zip!h.{other}": {"pair_refused"}}
            lines = {f"a.zip!h.{other}": stays}
            yield Parcel(f".{half} of {stays} lines", finess, {"a.zip": patched(content, 16, "<I", 1)}, refused=refused, lines=lines)


@mutation("entry: name twice", "archives", "the first is read, the others are refused under their reason")
def _twice(ground: Ground) -> Iterator[Parcel]:
    for more in (1, 2, 5):
        finess = ground.finess()
        content = zipped([*entries(finess), *[("h.rsa", b"x")] * more])
        files = {"a.zip": content}
        yield Parcel(f"{more} more", finess, files, stays=chained(range(3)), refused={"a.zip!h.rsa": {"", "duplicate_entry"}})


STEMS = (
    "Établissement 2024",
    "E\u0301tablissement",
    "données patients",
    "日本語",
    "مستشفى",
    "\u202egnp",
    "👩‍⚕️",
    "h h  h",
    "h..h",
    ".h",
    "a!b",
    "a;b,c",
    "a'b\"c",
    "%s{0}",
    "$HOME",
    "h" * 200,
    "CON",
    "NUL.2024",
    "-rf",
    "~",
    "a/b/c/d/e/f",
    "h\tq",
    "h\nq",
    "h\x1b[31m",
    "\ufeffh",
    "x.rsa.ano",
    "<b>h</b>",
    "=1+1",
    "nbsp\u00a0",
)


@mutation("entry: odd names", "archives", "read like any other; the name in the account is printable")
def _names(ground: Ground) -> Iterator[Parcel]:
    for stem in STEMS:
        finess = ground.finess()
        yield Parcel(repr(stem), finess, {"a.zip": zipped(entries(finess, stem))}, stays=chained(range(3)))
    for name, old, new in (("old DOS letters", b"hhhh", b"\x82t\x82q"), ("no UTF-8 though flagged", b"hh\xc3\xa9", b"hh\xff\xfe")):
        finess = ground.finess()
        content = renamed(zipped(entries(finess, old.decode())), old, new)
        is_read = name == "old DOS letters"
        refused = {} if is_read else {"a.zip": {"corrupt_archive"}}
        yield Parcel(name, finess, {"a.zip": content}, stays=chained(range(3) if is_read else []), refused=refused, is_exact=not is_read)


@mutation("archive: odd but whole", "archives", "read like any other")
def _odd(ground: Ground) -> Iterator[Parcel]:
    for name, method in (("deflate", 8), ("bzip2", 12), ("lzma", 14)):
        finess = ground.finess()
        yield Parcel(name, finess, {"a.zip": zipped(entries(finess), method)}, stays=chained(range(3)))
    shapes = {
        "bytes in front": lambda good: b"#!/bin/sh\n" * 20 + good,
        "a comment": lambda good: good[:-2] + b"\x05\x00hello",
        "upper case": lambda good: good,
        "blank bytes in front": lambda good: bytes(100) + good,
        "another zip in front": lambda good: zipped([("z", b"z")]) + good,
    }
    for name, shape in shapes.items():
        finess = ground.finess()
        yield Parcel(name, finess, {"A.ZIP" if name == "upper case" else "a.zip": shape(zipped(entries(finess)))}, stays=chained(range(3)))
    for file in ("a.txt", "a", "a.rsa", "a.out", "a.docx"):
        finess = ground.finess()
        yield Parcel(f"named {file}", finess, {file: zipped(entries(finess))}, stays=chained(range(3)))


@mutation("entry: folder that holds bytes", "archives", "listed as refused, not passed over")
def _folder_with_bytes(ground: Ground) -> Iterator[Parcel]:
    finess = ground.finess()
    yield with_entry(
        "h2.rsa/", finess, zipped([*entries(finess), ("h2.rsa/", pair(finess, YEAR, range(3, 6))[0])]), "h2.rsa/", {"folder_with_bytes"}
    )
