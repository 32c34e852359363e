"""The account of an ATIH file that is not taken: every line of it is refused.

Belongs here: counting its lines, whatever its family. Not here: deciding why (the readers: atih_mco, atih_field, local_reading).
"""

from strata.ingest.atih.found import Found
from strata.ingest.extract import FileSeen
from strata.ingest.lines.fixed_width import line_blocks
from strata.ingest.local.files import LocalFile
from strata.ingest.reasons import Refused


def refused_file(file: Found | LocalFile, reason: str, year: int | None = None) -> FileSeen:
    """The lines of the file, all refused for `reason`; of a file that breaks, those before the break, for the reason of the break."""
    lines, sha256 = 0, ""
    try:
        for block in line_blocks(file.source.blocks()):
            lines += len(block.starts)
        sha256 = file.source.sha256
    except Refused as refused:
        reason = refused.code
    seen = FileSeen(file.source.name, sha256, file.family, file.recognised.version, file.finess, year)
    seen.lines, seen.refused, seen.reason = lines, lines, reason
    return seen
