"""Whole .rsa and .ano files: line ends, encodings, marks, emptiness. Not here: single lines, or which files go together."""

import gzip
from collections.abc import Iterator

from tests.support.corpus.mutation import Ground, mutation
from tests.support.corpus.parcel import Parcel
from tests.support.corpus.stays import RSA_YEARS, ano, chained, pair, rsa
from tests.support.rsa_lines import RSA_OF_YEAR

BOM = "\ufeff".encode()
UNKNOWN = "unknown_version_file"


def _lines(finess: str, year: int) -> list[bytes]:
    return [rsa(finess, year, rank) for rank in range(3)]


@mutation("file: every way to end a line", "lines", "every line is accepted")
def _line_ends(ground: Ground) -> Iterator[Parcel]:
    for year in RSA_YEARS[::2]:
        for end in (b"\n", b"\r\n"):
            for last, mark in ((end, b""), (b"", b""), (end, BOM), (b"", BOM)):
                finess = ground.finess()
                halves = [[make(finess, year, rank) for rank in range(3)] for make in (rsa, ano)]
                files = {f"a.{name}": mark + end.join(lines) + last for name, lines in zip(("rsa", "ano"), halves)}
                name = f"version {RSA_OF_YEAR[year]}, {end!r}, last {last!r}, mark {mark!r}"
                yield Parcel(name, finess, files, stays=chained(range(3)), lines={"a.rsa": 3, "a.ano": 3})


@mutation("file: line ends mixed or doubled", "lines", "good lines are accepted; what lies between them is quarantined under its reason")
def _mixed_ends(ground: Ground) -> Iterator[Parcel]:
    for name, ends, aside in (
        ("LF and CRLF", (b"\r\n", b"\n", b"\r\n"), {}),
        ("a blank line after each", (b"\n\n",) * 3, {2: "blank_line", 4: "blank_line", 6: "blank_line"}),
        ("CRLF doubled", (b"\r\n\r\n",) * 3, {2: "blank_line", 4: "blank_line", 6: "blank_line"}),
        ("ten blank lines at the end", (b"\n", b"\n", b"\n" * 11), dict.fromkeys(range(4, 14), "blank_line")),
        ("end of file mark", (b"\n", b"\n", b"\n\x1a"), {4: "forbidden_bytes"}),
        ("zeros at the end", (b"\n", b"\n", b"\n" + bytes(512)), {4: "forbidden_bytes"}),
        ("blanks at the end", (b"\n", b"\n", b"\n   "), {4: "line_too_short"}),
        ("a total at the end", (b"\n", b"\n", b"\n3 lines\n"), {4: "line_too_short"}),
    ):
        finess = ground.finess()
        content = b"".join(line + end for line, end in zip(_lines(finess, 2024), ends))
        lines = {"a.rsa": content.count(b"\n") + (not content.endswith(b"\n")), "a.ano": 3}
        places = {("a.rsa", line): {reason} for line, reason in aside.items()}
        yield Parcel(
            name, finess, {"a.rsa": content, "a.ano": pair(finess, 2024, range(3))[1]}, stays=chained(range(3)), aside=places, lines=lines
        )


@mutation("file: lines glued together", "lines", "one line, quarantined; every ANO line beside it too")
def _glued(ground: Ground) -> Iterator[Parcel]:
    for name, end, reason in (
        ("CR only", b"\r", "forbidden_bytes"),
        ("nothing", b"", "wrong_length"),
        ("NEL", b"\x85", "forbidden_bytes"),
        ("form feed", b"\x0c", "forbidden_bytes"),
    ):
        finess = ground.finess()
        aside = {("a.rsa", 1): {reason}} | {("a.ano", line): {"ano_without_rsa"} for line in (1, 2, 3)}
        files = {"a.rsa": end.join(_lines(finess, 2024)), "a.ano": pair(finess, 2024, range(3))[1]}
        yield Parcel(name, finess, files, aside=aside, lines={"a.rsa": 1, "a.ano": 3})
    finess = ground.finess()
    content = b"\n\r".join(_lines(finess, 2024)) + b"\n\r"
    aside = {("a.rsa", line): {"forbidden_bytes"} for line in (2, 3)} | {("a.ano", line): {"ano_without_rsa"} for line in (2, 3)}
    aside["a.rsa", 4] = {"blank_line"}
    yield Parcel(
        "LF CR",
        finess,
        {"a.rsa": content, "a.ano": pair(finess, 2024, range(3))[1]},
        stays=chained([0]),
        aside=aside,
        lines={"a.rsa": 4, "a.ano": 3},
    )


@mutation("file: another encoding", "lines", "refused whole, its ANO with it, every line counted")
def _encodings(ground: Ground) -> Iterator[Parcel]:
    for encoding in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "cp500", "utf-7", "base64", "gzip"):
        finess = ground.finess()
        text = pair(finess, 2024, range(3))[0]
        if encoding in ("base64", "gzip"):
            content = gzip.compress(text, mtime=0) if encoding == "gzip" else b"QUJDREVG\n" * 40
        else:
            content = text.decode().encode(encoding)
        if encoding == "utf-7":  # the same bytes as ASCII
            yield Parcel(encoding, finess, {"a.rsa": content, "a.ano": pair(finess, 2024, range(3))[1]}, stays=chained(range(3)))
            continue
        lines = {"a.rsa": content.count(b"\n") + (not content.endswith(b"\n")), "a.ano": 3}
        files = {"a.rsa": content, "a.ano": pair(finess, 2024, range(3))[1]}
        yield Parcel(encoding, finess, files, refused={"a.rsa": {UNKNOWN}, "a.ano": {"pair_refused"}}, lines=lines)


@mutation("file: nothing in it", "files", "refused by name, its ANO with it")
def _empty(ground: Ground) -> Iterator[Parcel]:
    for name, content in (
        ("empty", b""),
        ("a mark only", BOM),
        ("a newline", b"\n"),
        ("CRLF", b"\r\n"),
        ("blanks", b"   "),
        ("newlines", b"\n" * 50),
        ("zeros", bytes(600)),
        ("end of file", b"\x1a"),
    ):
        finess = ground.finess()
        lines = {"a.rsa": len(content.removeprefix(BOM).splitlines()) if content != BOM else 0, "a.ano": 3}
        files = {"a.rsa": content, "a.ano": pair(finess, 2024, range(3))[1]}
        yield Parcel(f"RSA: {name}", finess, files, refused={"a.rsa": {UNKNOWN}, "a.ano": {"pair_refused"}}, lines=lines)
        finess = ground.finess()
        files = {"a.rsa": pair(finess, 2024, range(3))[0], "a.ano": content}
        yield Parcel(
            f"ANO: {name}", finess, files, refused={"a.rsa": {"pair_refused"}, "a.ano": {"unknown_length_file"}}, lines={"a.rsa": 3}
        )


@mutation("file: something else under its name", "files", "refused by name, its ANO with it")
def _something_else(ground: Ground) -> Iterator[Parcel]:
    others = {
        "text": b"to do\nand more\n",
        "CSV": b"ETA;RSA\n1;2\n",
        "HTML": b"<html>\n403\n</html>\n",
        "PDF": b"%PDF-1.7\n",
        "JSON": b'{"a": 1}\n',
        "binary": bytes(range(256)) * 4,
    }
    for name, content in others.items():
        finess = ground.finess()
        files = {"a.rsa": content, "a.ano": pair(finess, 2024, range(3))[1]}
        yield Parcel(name, finess, files, refused={"a.rsa": {UNKNOWN}, "a.ano": {"pair_refused"}}, lines={"a.ano": 3})


@mutation("file: unknown version throughout", "files", "refused whole by the name of the version, its ANO with it")
def _unknown(ground: Ground) -> Iterator[Parcel]:
    for version in (b"216", b"222", b"223", b"230", b"231", b"299"):
        finess = ground.finess()
        text = b"".join(line[:9] + version + line[12:] + b"\n" for line in _lines(finess, 2024))
        files = {"a.rsa": text, "a.ano": pair(finess, 2024, range(3))[1]}
        yield Parcel(
            version.decode(), finess, files, refused={"a.rsa": {UNKNOWN}, "a.ano": {"pair_refused"}}, lines={"a.rsa": 3, "a.ano": 3}
        )
    for more in (1, 7, 200):
        finess = ground.finess()
        good, text = pair(finess, 2024, range(3))
        files = {"a.rsa": good, "a.ano": text.replace(b"\r\n", b" " * more + b"\r\n")}
        yield Parcel(
            f"ANO longer by {more}",
            finess,
            files,
            refused={"a.rsa": {"pair_refused"}, "a.ano": {"unknown_length_file"}},
            lines={"a.rsa": 3, "a.ano": 3},
        )
