"""Malformed ATIH files and archives, one declared case each: no traceback, no good line lost, every line accounted for."""

import io
import stat
import struct
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from strata.ingest import archives
from strata.ingest.archives import open_sources
from strata.ingest.atih.mco import read_atih
from strata.ingest.extract import Extract
from strata.ingest.reasons import reasons, refusal
from strata.ingest.recognise import seen
from tests.support.rsa_lines import ano_line, layout, plain_ano, plain_stay, rsa_line

RSA, ANO = "228", "1103"
GOOD_RSA = [rsa_line(RSA, plain_stay(2024, number)).encode() for number in (1, 2, 3)]
GOOD_ANO = [ano_line(ANO, plain_ano(2024, number)).encode() for number in (1, 2, 3)]
Spoil = Callable[[bytes], bytes]


def rsa_field(name: str, text: bytes, zone: str = "fixed", after: int = 0) -> Spoil:
    """Overwrite a field, `after` bytes into the line."""
    return _field("mco_rsa", RSA, name, text, zone, after)


def ano_field(name: str, text: bytes) -> Spoil:
    return _field("mco_ano", ANO, name, text, "fixed", 0)


def _field(family: str, version: str, name: str, text: bytes, zone: str, after: int) -> Spoil:
    start, width, _ = layout(family, version, zone)[name]
    start += after
    return lambda line: line[:start] + text.ljust(width)[:width] + line[start + width :]


def account(extract: Extract) -> list[tuple[int, int, int, int]]:
    """(lines, accepted, quarantined, refused) of each file, checked to add up and to agree with the quarantine."""
    by_file = Counter(extract.quarantine.column("source_file").to_pylist())
    for file in extract.files:
        assert file.lines == file.accepted + file.quarantined + file.refused
        assert file.quarantined == by_file[file.source_file]
    assert set(extract.quarantine.column("reason").to_pylist()) <= set(reasons())
    return [(file.lines, file.accepted, file.quarantined, file.refused) for file in extract.files]


def read(folder: Path, rsa: bytes | None, ano: bytes | None) -> list[Extract]:
    for name, content in (("a.rsa", rsa), ("a.ano", ano)):
        if content is not None:
            (folder / name).write_bytes(content)
    return list(read_atih(open_sources(folder)))


UM, DA, ACT = 262, 262 + 61, 262 + 61 + 12
RSA_CASES: dict[str, tuple[Spoil, str]] = {
    "empty": (lambda line: b"", "blank_line"),
    "blanks only": (lambda line: b" " * len(line), "unknown_version"),
    "one letter": (lambda line: b"x", "line_too_short"),
    "end of file mark": (lambda line: b"\x1a", "forbidden_bytes"),
    "cut before the version": (lambda line: line[:9], "line_too_short"),
    "cut in the fixed part": (lambda line: line[:261], "line_too_short"),
    "cut after the fixed part": (lambda line: line[:262], "wrong_length"),
    "cut in the unit": (lambda line: line[: UM + 30], "wrong_length"),
    "cut after the units": (lambda line: line[:DA], "wrong_length"),
    "cut in a diagnosis": (lambda line: line[: DA + 3], "wrong_length"),
    "cut in an act": (lambda line: line[: ACT + 30], "wrong_length"),
    "cut by one byte": (lambda line: line[:-1], "wrong_length"),
    "one byte too many": (lambda line: line + b" ", "wrong_length"),
    "two lines in one": (lambda line: line + line, "wrong_length"),
    "over a megabyte": (lambda line: line + b"x" * (1 << 20), "line_too_long"),
    "NUL in a code": (rsa_field("DP", b"I50\x00"), "forbidden_bytes"),
    "tab in a code": (rsa_field("DP", b"I50\t"), "forbidden_bytes"),
    "delete character": (rsa_field("DP", b"I50\x7f"), "forbidden_bytes"),
    "latin-1 letter": (rsa_field("DP", b"I50\xe9"), "forbidden_bytes"),
    "utf-8 letter": (rsa_field("DP", b"I50\xc3\xa9"), "forbidden_bytes"),
    "carriage return inside": (rsa_field("DP", b"I50\r"), "forbidden_bytes"),
    "foreign byte in a field nobody reads": (rsa_field("FILLER6", b"\xe9"), "forbidden_bytes"),
    "future version": (rsa_field("NOVRSA", b"230"), "unknown_version"),
    "version of letters": (rsa_field("NOVRSA", b"ABC"), "unknown_version"),
    "blank version": (rsa_field("NOVRSA", b""), "unknown_version"),
    "version of another year": (lambda line: rsa_line("224", plain_stay(2018, 2)).encode(), "mixed_version"),
    "letters in the age": (rsa_field("AGEAN", b"7A1"), "not_a_number"),
    "minus sign": (rsa_field("AGEAN", b"-71"), "not_a_number"),
    "number to the left": (rsa_field("AGEAN", b"71"), "not_a_number"),
    "letters in the nights": (rsa_field("DUREE", b"00O3"), "not_a_number"),
    "letters in a supplement": (rsa_field("NBSUPREA", b"x"), "not_a_number"),
    "letters in the month": (rsa_field("MOISSOR", b"JN"), "not_a_number"),
    "letters in the year": (rsa_field("ANSOR", b"2O24"), "not_a_number"),
    "letters in the count of diagnoses": (rsa_field("NDAS", b"000x"), "not_a_number"),
    "letters in the diagnoses of a unit": (rsa_field("NBDIAGAS", b"x2", "um", UM), "not_a_number"),
    "letters in the nights of a unit": (rsa_field("DUREESEJPART", b"x", "um", UM), "not_a_number"),
    "letters in the delay of an act": (rsa_field("DELAI", b"x", "actes", ACT), "not_a_number"),
    "letters in the executions of an act": (rsa_field("NBEXEC", b"x1", "actes", ACT), "not_a_number"),
    "no finess": (rsa_field("NOFINESS", b""), "missing_value"),
    "no stay number": (rsa_field("CLE_RSA", b""), "missing_value"),
    "no month": (rsa_field("MOISSOR", b""), "missing_value"),
    "no year": (rsa_field("ANSOR", b""), "missing_value"),
    "month 00": (rsa_field("MOISSOR", b"00"), "invalid_month"),
    "month 13": (rsa_field("MOISSOR", b"13"), "invalid_month"),
    "year before the version": (rsa_field("ANSOR", b"2022"), "year_outside_version"),
    "year after the version": (rsa_field("ANSOR", b"2031"), "year_outside_version"),
    "another year of the version": (rsa_field("ANSOR", b"2023"), "other_year"),
    "another hospital": (rsa_field("NOFINESS", b"990000031"), "other_finess"),
    "number already used": (rsa_field("CLE_RSA", b"0000000001"), "duplicate_stay"),
    "the same line twice": (lambda line: GOOD_RSA[0], "duplicate_stay"),
    "no unit": (rsa_field("NBRUM", b"00"), "no_unit"),
    "one unit too many announced": (rsa_field("NBRUM", b"02"), "wrong_length"),
    "one diagnosis too many announced": (rsa_field("NDAS", b"0003"), "wrong_length"),
    "9 999 diagnoses announced": (rsa_field("NDAS", b"9999"), "wrong_length"),
    "one act too few announced": (rsa_field("NA", b"00001"), "wrong_length"),
    "99 999 acts announced": (rsa_field("NA", b"99999"), "wrong_length"),
    "an authorisation announced": (rsa_field("NBAUTPGV", b"1"), "wrong_length"),
    "diagnoses of the unit disagree": (rsa_field("NBDIAGAS", b"01", "um", UM), "das_count_disagrees"),
    "acts of the unit disagree": (rsa_field("NBACTE", b"009", "um", UM), "procedure_count_disagrees"),
    "counts exchanged, length kept": (lambda line: rsa_field("NDAS", b"0006")(rsa_field("NA", b"00001")(line)), "das_count_disagrees"),
}

ANO_CASES: dict[str, tuple[Spoil, str]] = {
    "empty": (lambda line: b"", "blank_line"),
    "cut by one byte": (lambda line: line[:-1], "line_too_short"),
    "length of another layout": (lambda line: line[:946], "line_too_short"),
    "one byte too many": (lambda line: line + b" ", "wrong_length"),
    "NUL in the pseudonym": (ano_field("NOANON", b"P\x00"), "forbidden_bytes"),
    "latin-1 in the finess": (ano_field("NOFINESS", b"99000001\xe9"), "forbidden_bytes"),
    "30 February": (ano_field("DTENT", b"30022024"), "invalid_date"),
    "29 February of a common year": (ano_field("DTENT", b"29022023"), "invalid_date"),
    "month 13": (ano_field("DTSORT", b"05132024"), "invalid_date"),
    "day 00": (ano_field("DTSORT", b"00062024"), "invalid_date"),
    "letters in a date": (ano_field("DTENT", b"O2062024"), "invalid_date"),
    "half a date": (ano_field("DTENT", b"0206"), "invalid_date"),
    "year 0000": (ano_field("DTENT", b"02060000"), "invalid_date"),
    "exit before entry": (ano_field("DTENT", b"06062024"), "exit_before_entry"),
    "exit in another month than announced": (ano_field("MOISSORT", b"07"), "date_disagrees"),
    "announced month 13": (ano_field("MOISSORT", b"13"), "invalid_month"),
    "announced month of letters": (ano_field("MOISSORT", b"xx"), "not_a_number"),
    "no announced year": (ano_field("ANNEESORT", b""), "missing_value"),
    "no stay number": (ano_field("CLE_RSA", b""), "missing_value"),
    "year outside the layout": (
        lambda line: ano_field("DTSORT", b"05062021")(ano_field("ANNEESORT", b"2021")(line)),
        "year_outside_version",
    ),
    "another hospital": (ano_field("NOFINESS", b"990000031"), "other_finess"),
    "number already used": (ano_field("CLE_RSA", b"0000000001"), "duplicate_stay"),
    "stay that is not there": (ano_field("CLE_RSA", b"0000000009"), "ano_without_rsa"),
}


@pytest.mark.parametrize("name", RSA_CASES)
def test_a_bad_rsa_line_is_quarantined_alone(name: str, tmp_path: Path) -> None:
    spoil, reason = RSA_CASES[name]
    (extract,) = read(tmp_path, b"\n".join([GOOD_RSA[0], spoil(GOOD_RSA[1]), GOOD_RSA[2]]) + b"\n", b"\n".join(GOOD_ANO))
    assert account(extract) == [(3, 2, 1, 0), (3, 2, 1, 0)]
    assert extract.quarantine.to_pylist()[0] == {"source_file": "a.rsa", "source_line": 2, "reason": reason}
    assert extract.quarantine.column("reason").to_pylist()[1] == "ano_without_rsa"
    assert extract.tables["stay"].column("line").to_pylist() == [1, 3]
    for name in ("stay", "unit", "diagnosis", "procedure"):
        assert set(extract.tables[name].column("line").to_pylist()) == {1, 3}


@pytest.mark.parametrize("name", ANO_CASES)
def test_a_bad_ano_line_is_quarantined_alone_and_its_stay_is_kept_unchained(name: str, tmp_path: Path) -> None:
    spoil, reason = ANO_CASES[name]
    (extract,) = read(tmp_path, b"\n".join(GOOD_RSA), b"\n".join([GOOD_ANO[0], spoil(GOOD_ANO[1]), GOOD_ANO[2]]))
    assert account(extract) == [(3, 3, 0, 0), (3, 2, 1, 0)]
    assert extract.quarantine.to_pylist() == [{"source_file": "a.ano", "source_line": 2, "reason": reason}]
    stay = extract.tables["stay"]
    assert [value is None for value in stay.column("pseudonym").to_pylist()] == [False, True, False]
    assert stay.column("chaining_codes").to_pylist() == ["0" * 9, " " * 9, "0" * 9]


BLOCKS_OF_LINES = {
    "LF": b"\n".join(GOOD_RSA) + b"\n",
    "CRLF": b"\r\n".join(GOOD_RSA) + b"\r\n",
    "no final newline": b"\n".join(GOOD_RSA),
    "CRLF, no final newline": b"\r\n".join(GOOD_RSA),
    "byte order mark": b"\xef\xbb\xbf" + b"\n".join(GOOD_RSA),
    "LF and CRLF": GOOD_RSA[0] + b"\r\n" + GOOD_RSA[1] + b"\n" + GOOD_RSA[2],
}


@pytest.mark.parametrize("name", BLOCKS_OF_LINES)
def test_every_way_to_end_a_line_is_accepted(name: str, tmp_path: Path) -> None:
    (extract,) = read(tmp_path, BLOCKS_OF_LINES[name], b"\n".join(GOOD_ANO))
    assert account(extract) == [(3, 3, 0, 0), (3, 3, 0, 0)]


WHOLE_FILES: dict[str, tuple[bytes | None, bytes | None, list[tuple[int, int, int, int]], list[str | None]]] = {
    "empty RSA": (b"", None, [(0, 0, 0, 0)], ["unknown_version_file: ?; 224 225 226 227 228 229"]),
    "unknown version": (
        b"\n".join(rsa_field("NOVRSA", b"230")(line) for line in GOOD_RSA),
        b"\n".join(GOOD_ANO),
        [(3, 0, 0, 3), (3, 0, 0, 3)],
        ["unknown_version_file: 230; 224 225 226 227 228 229", "pair_refused"],
    ),
    "utf-16": (
        "\n".join(line.decode() for line in GOOD_RSA).encode("utf-16"),
        None,
        [(3, 0, 0, 3)],
        ["unknown_version_file: ?; 224 225 226 227 228 229"],
    ),
    "carriage returns only": (b"\r".join(GOOD_RSA), None, [(1, 0, 1, 0)], [None]),
    "no RSA file": (None, b"\n".join(GOOD_ANO), [(3, 0, 0, 3)], ["ano_file_without_rsa"]),
    "no ANO file": (b"\n".join(GOOD_RSA), None, [(3, 3, 0, 0)], [None]),
    "unknown ANO length": (
        b"\n".join(GOOD_RSA),
        b"\n".join(line + b" " for line in GOOD_ANO),
        [(3, 0, 0, 3), (3, 0, 0, 3)],
        ["pair_refused", "unknown_length_file: 1104; 794 869 914 946 1103"],
    ),
    "ANO of another hospital": (
        b"\n".join(GOOD_RSA),
        b"\n".join(ano_field("NOFINESS", b"990000031")(line) for line in GOOD_ANO),
        [(3, 3, 0, 0), (3, 0, 3, 0)],
        [None, None],
    ),
    "every line bad": (b"\n".join(line[:-1] for line in GOOD_RSA), b"\n".join(GOOD_ANO), [(3, 0, 3, 0), (3, 0, 3, 0)], [None, None]),
    "blank lines at the end": (b"\n".join(GOOD_RSA) + b"\n\n\n", b"\n".join(GOOD_ANO), [(5, 3, 2, 0), (3, 3, 0, 0)], [None, None]),
    "bad first line": (b"x\n" + b"\n".join(GOOD_RSA), b"\n".join(GOOD_ANO), [(4, 3, 1, 0), (3, 3, 0, 0)], [None, None]),
}


@pytest.mark.parametrize("name", WHOLE_FILES)
def test_a_whole_file_at_fault_is_accounted_for(name: str, tmp_path: Path) -> None:
    rsa, ano, accounts, refusals = WHOLE_FILES[name]
    (extract,) = read(tmp_path, rsa, ano)
    assert account(extract) == accounts
    assert [file.reason for file in extract.files] == refusals


def test_a_refusal_names_the_version_and_the_known_ones() -> None:
    error = refusal("unknown_version_file: 230; 224 225 226 227 228 229", "a.rsa")
    for language in ("fr", "en"):
        assert "230" in error.text(language) and "229" in error.text(language) and "a.rsa" in error.text(language)


def _zip(**entries: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return buffer.getvalue()


PAIR = {"h.2024.12.rsa": b"\n".join(GOOD_RSA), "h.2024.12.ano": b"\n".join(GOOD_ANO)}


def _link() -> zipfile.ZipInfo:
    info = zipfile.ZipInfo("link.rsa")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


def _with(info: zipfile.ZipInfo | str, content: bytes = b"x") -> bytes:
    buffer = io.BytesIO(_zip(**PAIR))
    with zipfile.ZipFile(buffer, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(info, content)
    return buffer.getvalue()


def _flagged(offset_in_entry: int, value: int) -> bytes:
    """The last entry's central record with one 16-bit field replaced."""
    content = bytearray(_with("last.rsa"))
    record = content.rindex(b"PK\x01\x02")
    struct.pack_into("<H", content, record + offset_in_entry, value)
    return bytes(content)


ENTRIES = {
    "leaves the archive": (_with("../out.rsa"), "unsafe_path"),
    "leaves by a folder": (_with("a/../../out.rsa"), "unsafe_path"),
    "leaves, Windows style": (_with("..\\out.rsa"), "unsafe_path"),
    "absolute": (_with("/etc/out.rsa"), "unsafe_path"),
    "with a drive": (_with("C:/out.rsa"), "unsafe_path"),
    "symbolic link": (_with(_link(), b"/etc/passwd"), "symbolic_link"),
    "encrypted": (_flagged(8, 1), "encrypted_entry"),
    "unknown compression": (_flagged(10, 99), "unsupported_compression"),
    "archive in the archive": (_with("inner.zip", _zip(**PAIR)), "nested_archive"),
    "1000 to 1": (_with("bomb.rsa", b" " * (2 << 20)), "compression_ratio"),
}


@pytest.mark.parametrize("name", ENTRIES)
def test_a_dangerous_entry_is_refused_and_the_others_are_read(name: str, tmp_path: Path) -> None:
    content, reason = ENTRIES[name]
    (tmp_path / "h.2024.12.out.zip").write_bytes(content)
    sources = list(open_sources(tmp_path))
    assert [source.refused for source in sources if source.refused] == [reason]
    (bad,) = [seen(source) for source in sources if source.refused]
    assert (bad.family, bad.reason, bad.sha256) == ("unknown", reason, "")
    (extract,) = read_atih(sources)
    assert account(extract) == [(3, 3, 0, 0), (3, 3, 0, 0)]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["h.2024.12.out.zip"]


@pytest.mark.parametrize("kept", (0, 4, 30, 200, -30, -1))
def test_a_truncated_archive_refuses_itself_and_not_the_run(kept: int, tmp_path: Path) -> None:
    content = _zip(**PAIR)
    (tmp_path / "bad.zip").write_bytes(content[:kept])
    (tmp_path / "good.zip").write_bytes(content)
    sources = list(open_sources(tmp_path))
    assert [(source.name, source.refused) for source in sources if source.refused] == [("bad.zip", "corrupt_archive")]
    (extract,) = read_atih(sources)
    assert account(extract) == [(3, 3, 0, 0), (3, 3, 0, 0)]


def test_a_damaged_entry_refuses_its_pair(tmp_path: Path) -> None:
    """Bad check sum found only at the end of the .ano: half a transmission must not replace a whole one."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name, content in PAIR.items():
            archive.writestr(name, content)
    content = bytearray(buffer.getvalue())
    content[content.index(b"P0000000000000003")] ^= 1
    (tmp_path / "bad.zip").write_bytes(bytes(content))
    (extract,) = read_atih(open_sources(tmp_path))
    assert [file.reason for file in extract.files] == ["pair_refused", "corrupt_archive"]
    assert account(extract)[0] == (3, 0, 0, 3)
    assert extract.tables["stay"].num_rows == 0


def test_damage_found_only_at_the_end_of_a_large_entry_refuses_its_pair(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("h.rsa", PAIR["h.2024.12.rsa"])
        archive.writestr("h.ano", b"\n".join(ano_line(ANO, plain_ano(2024, number)).encode() for number in range(1, 200)))
    content = bytearray(buffer.getvalue())
    content[content.index(b"P0000000000000180")] ^= 1
    (tmp_path / "bad.zip").write_bytes(bytes(content))
    (extract,) = read_atih(open_sources(tmp_path))
    assert [file.reason for file in extract.files] == ["pair_refused", "corrupt_archive"]
    account(extract)


def test_an_encrypted_ano_refuses_its_rsa(tmp_path: Path) -> None:
    content = bytearray(_zip(**PAIR))
    struct.pack_into("<H", content, content.rindex(b"PK\x01\x02") + 8, 1)
    (tmp_path / "a.zip").write_bytes(bytes(content))
    (extract,) = read_atih(open_sources(tmp_path))
    assert [file.reason for file in extract.files] == ["pair_refused", "encrypted_entry"]
    assert account(extract) == [(3, 0, 0, 3), (0, 0, 0, 0)]


def test_caps_refuse_the_archive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.zip").write_bytes(_zip(**PAIR))
    monkeypatch.setattr(archives, "MAX_ENTRIES", 1)
    assert [source.refused for source in open_sources(tmp_path)] == ["too_many_entries"]
    monkeypatch.setattr(archives, "MAX_ENTRIES", 2)
    monkeypatch.setattr(archives, "MAX_BYTES", 10)
    assert [source.refused for source in open_sources(tmp_path)] == ["too_many_bytes"]


def test_a_name_twice_in_an_archive_is_refused_the_second_time(tmp_path: Path) -> None:
    with pytest.warns(UserWarning, match="Duplicate name"):
        content = _with("h.2024.12.rsa", GOOD_RSA[0])
    (tmp_path / "a.zip").write_bytes(content)
    assert [source.refused for source in open_sources(tmp_path)] == [None, None, "duplicate_entry"]


def test_no_reason_is_left_without_a_text_and_none_is_unused() -> None:
    ingest = Path(archives.__file__).parent
    data = [ingest.parent / "formats" / name for name in ("raw_checks.csv", "raw_tables.csv")]
    source = "".join(path.read_text(encoding="utf-8") for path in [*ingest.rglob("*.py"), *ingest.rglob("*.sql"), *data])
    for name, reason in reasons().items():
        assert all((*reason.label, *reason.fix)) and reason.scope in ("line", "file", "entry")
        assert name in source or name.endswith("_count_disagrees"), name
