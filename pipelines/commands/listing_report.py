"""A listing in tables that a person reads.

Belongs here: the words and the order of `strata list`. Not here: what is found (strata/ingest/listing/folder.py).
"""

import re
from collections import Counter, defaultdict
from pathlib import PurePosixPath

from pipelines.commands.terminal import Terminal
from pipelines.pages.quality_tables import in_words, what_to_do
from strata.ingest.listing.listed import Finding, Listing, PersonTable, Transmission, Unread, findings
from strata.ingest.listing.rules import ranges

_SNDS = re.compile("^T_(MCO|SSR|HAD|RIP)aa")  # what every SNDS table of a field begins with
_FINESS, _FIELD, _YEAR, _TO_DO = ("finess", "finess"), ("champ", "field"), ("année", "year"), ("que faire", "what to do")
_HELD = (
    *(_FINESS, _FIELD, _YEAR, ("forme", "form"), ("familles", "families"), ("mois", "months")),
    *(("séjours", "stays"), ("transmis le", "sent on"), ("état", "status")),
)
_ODD = (_FINESS, _FIELD, _YEAR, ("constat", "finding"), ("détail", "detail"), _TO_DO)
_IDLE = (("fichier", "file"), ("famille", "family"), ("motif", "reason"), _TO_DO)
_PERSONS = (
    ("table", "table"),
    ("fichiers", "files"),
    ("lignes", "lines"),
    ("mois de flux", "months of flow"),
    ("par exemple", "for instance"),
)
_UNKNOWN = (("extension", "extension"), ("fichiers", "files"), ("par exemple", "for instance"))
_STATUS = {
    "later_month": ("remplacée, mois ultérieur : {by}", "replaced, later month: {by}"),
    "correction": ("corrigée par {by}", "corrected by {by}"),
    "same_content": ("même contenu que {by}", "same content as {by}"),
}


def print_listing(listing: Listing, speaker: Terminal) -> None:
    """What is held, what is missing or odd, what brings nothing, what is not recognised, and one line of totals."""
    held = [_transmission(one, speaker) for one in listing.transmissions]
    speaker.table(("Ce que contient le dossier", "What the folder holds"), _HELD, held)
    speaker.table(("Ce qui manque ou surprend", "What is missing or odd"), _ODD, [_finding(one, speaker) for one in listing.findings])
    speaker.table(("Tables sur les personnes", "Tables about persons"), _PERSONS, _of_persons(listing.persons))
    idle = [_idle(one, speaker) for one in listing.unread if one.reason]
    speaker.table(("Fichiers qui n'apportent rien", "Files that bring nothing"), _IDLE, idle)
    speaker.table(("Fichiers non reconnus", "Files not recognised"), _UNKNOWN, _unrecognised(listing.unread))
    kept = [one for one in listing.transmissions if one.status == "kept"]
    hospitals, years = {one.finess for one in kept if one.finess}, ranges({one.year for one in kept if one.year}) or "-"
    stays = sum(one.stays for one in kept)
    speaker.say(
        f"\nHôpitaux : {len(hospitals)} ; années : {years} ; séjours à lire : {stays}",
        f"\nHospitals: {len(hospitals)}; years: {years}; stays to read: {stays}",
    )


def _transmission(one: Transmission, speaker: Terminal) -> list[str]:
    sent = f"{one.sent:%Y-%m-%d %H:%M}" if one.sent else "-"
    status = speaker.choose("retenue", "kept")
    if one.status == "refused":
        status = speaker.choose("refusée : ", "refused: ") + in_words(one.reason or "", speaker.choose)
    elif one.reason:
        status = speaker.choose(*_STATUS[one.reason]).format(by=(one.by or "").partition("!")[0])
    months = ranges(one.months) or "-"
    return [one.finess or "?", one.field, str(one.year or "?"), one.form, _families(one), months, str(one.stays), sent, status]


def _families(one: Transmission) -> str:
    """'rsa 228, ano 1103' or 'A B C D UM VALO csv': families by version; '?' after one that no source confirms."""
    versions: dict[str, list[str]] = defaultdict(list)
    for part in one.parts:
        version = f"{part.version or ''}?" if part.is_unverified or not part.version else part.version
        versions[version].append(_SNDS.sub("", part.family.removeprefix(f"{one.field}_")))
    return ", ".join(f"{' '.join(dict.fromkeys(families))} {version}" for version, families in versions.items())


def _finding(one: Finding, speaker: Terminal) -> list[str]:
    row = findings()[one.finding]
    place = [one.finess or "-", one.field, str(one.year or "?")]
    return [*place, speaker.choose(*row.label), one.detail, speaker.choose(*row.fix)]


def _idle(one: Unread, speaker: Terminal) -> list[str]:
    if one.same_as:
        return [
            one.file,
            one.family,
            speaker.choose(*_STATUS["same_content"]).format(by=one.same_as),
            what_to_do("already_in", speaker.choose),
        ]
    return [one.file, one.family, in_words(one.reason or "", speaker.choose), what_to_do(one.reason or "", speaker.choose)]


def _of_persons(tables: list[PersonTable]) -> list[list[str]]:
    """By table: they are no stays, so they are in no transmission, and they are read all the same."""
    rows = []
    for family in sorted({one.family for one in tables}):
        own = [one for one in tables if one.family == family]
        months = sorted({month for one in own for month in one.months})
        span = f"{months[0]} - {months[-1]}" if months else "-"
        rows.append([family, str(len(own)), str(sum(one.lines for one in own)), span, own[0].file])
    return rows


def _unrecognised(unread: list[Unread]) -> list[list[str]]:
    """By extension: an archive holds a dozen files that are of no use here."""
    names = [one.file for one in unread if one.reason is None]
    counts = Counter(PurePosixPath(name).suffix.lower() for name in names)
    first = {PurePosixPath(name).suffix.lower(): name for name in reversed(names)}
    return [[suffix or "-", str(count), first[suffix]] for suffix, count in sorted(counts.items())]
