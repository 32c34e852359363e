"""Office files whose bytes depend on their content alone: no clock in the archive, nor in the files it holds.

Belongs here: dates of ZIP archives and of their core properties. Not here: any content.
"""

import io
import re
import zipfile
from datetime import date

EPOCH = (1980, 1, 1, 0, 0, 0)
STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(</dcterms:)")


def without_clock(content: bytes, day: date) -> bytes:
    """The same archive with fixed dates: `day` in its properties; workbooks inside it are treated alike."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type, entry.external_attr = zipfile.ZIP_DEFLATED, 0
            target.writestr(entry, _fixed(name, source.read(name), day))
    return out.getvalue()


def _fixed(name: str, content: bytes, day: date) -> bytes:
    if name.endswith(".xlsx"):
        return without_clock(content, day)
    if name == "docProps/core.xml":
        return STAMP.sub(rb"\g<1>" + f"{day.isoformat()}T00:00:00Z".encode() + rb"\2", content)
    return content
