"""An ATIH file found in the landing folder: what it was recognised as, and whose its first lines are.

Belongs here: that object. Not here: recognising (recognise.py), which files go together (transmissions.py, by_content.py).
"""

from dataclasses import dataclass

from strata.ingest.archives import SourceFile
from strata.ingest.lines.layouts import Layout
from strata.ingest.recognise import Recognised


@dataclass(frozen=True)
class Found:
    """A source recognised as an ATIH file. layout: None when its version is unknown; finess, year: of its first lines."""

    source: SourceFile
    recognised: Recognised
    layout: Layout | None
    finess: str | None
    year: str | None

    @property
    def hospital_year(self) -> tuple[str | None, str | None]:
        return self.finess, self.year

    @property
    def family(self) -> str:
        return self.recognised.family

    @property
    def is_verified(self) -> bool:
        """Whether a source confirms the layout it is read by, and the code of the version is one of that layout."""
        return self.layout is None or (self.layout.is_verified and self.recognised.code in (None, *self.layout.codes))
