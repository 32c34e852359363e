"""What a listing says of a hospital's own files: the parts they add to a transmission, and the grouped RSS that is one by itself.

Belongs here: counting their lines, and the stays of an RSS. No identity is looked at: listing needs no secret.
Not here: .rsa and .ano (listing/folder.py), which files go together (files.py).
"""

from dataclasses import replace

from strata.ingest.atih.staged_file import private_database
from strata.ingest.atih.transmission import announced
from strata.ingest.atih.transmissions import Pair
from strata.ingest.lines.fixed_width import line_blocks
from strata.ingest.listing.listed import Finding, Listing, Part, Transmission, Unread
from strata.ingest.local.files import LocalFile
from strata.ingest.local.staged_rss import stage_rss
from strata.ingest.reasons import Refused


def parts_beside(listing: Listing, files: list[LocalFile]) -> tuple[Part, ...]:
    """A part for each file that can be read; the others become unread."""
    parts = []
    for file in files:
        try:
            if not file.why_not:
                lines = sum(len(block.starts) for block in line_blocks(file.source.blocks()))
                parts.append(Part(file.source.name, file.family, file.recognised.version, lines, file.source.sha256))
                continue
            reason = file.why_not
        except Refused as refused:
            reason = refused.code
        listing.unread.append(unread(file, reason))
    return tuple(parts)


def unread(file: LocalFile, reason: str) -> Unread:
    """A local file that brings nothing."""
    return Unread(file.source.name, file.source.size, file.family, reason)


def add_local(listing: Listing, pair: Pair) -> None:
    """A grouped RSS as the transmission of its hospital and year (without VID-HOSP, without persons), or files that go with nothing."""
    listing.unread += [unread(file, file.why_not or reason) for file, reason in pair.left]
    rss, parts = pair.rss, parts_beside(listing, pair.local)
    if rss is None or rss.layout is None or not any(part.family == rss.family for part in parts):
        return
    year, said = int(rss.year) if rss.year else None, announced(rss.source.name)
    with private_database(None) as connection:
        staged = stage_rss(connection, rss, None)
    parts = (replace(parts[0], stays=staged.stays), *parts[1:])
    listing.transmissions.append(Transmission("atih", rss.finess, "mco", year, staged.months, said.sent if said else None, parts))
    named = {part.family for part in parts}
    missing = ["rss_without_cost"] + ([] if "vid_hosp" in named else ["identity_missing"])
    listing.findings += [Finding(finding, rss.finess, "mco", year, "", (rss.source.name,)) for finding in missing]
