"""Zip archives made byte by byte where the standard library would refuse to: wrong flags, wrong sizes, 100 000 entries.

Belongs here: making archives, the same bytes every time. Not here: what is wrong with them (archive_mutations.py).
"""

import io
import struct
import warnings
import zipfile
from collections.abc import Iterable

Entry = tuple[str | zipfile.ZipInfo, bytes]
_CENTRAL = b"PK\x01\x02"


def zipped(entries: Iterable[Entry], method: int = zipfile.ZIP_STORED) -> bytes:
    """An archive; a name may come twice. Stored by default: what deflate gives depends on its version."""
    buffer = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(buffer, "w", method) as archive:
        warnings.filterwarnings("ignore", "Duplicate name")
        for name, content in entries:
            info = name if isinstance(name, zipfile.ZipInfo) else zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, content)
    return buffer.getvalue()


def patched(content: bytes, offset: int, form: str, *values: int) -> bytes:
    """The last central record with the fields at `offset` replaced (struct form)."""
    changed = bytearray(content)
    struct.pack_into(form, changed, content.rindex(_CENTRAL) + offset, *values)
    return bytes(changed)


def renamed(content: bytes, old: bytes, new: bytes) -> bytes:
    """Every entry name `old` replaced by `new`, of the same length: names that no tool would write."""
    assert len(old) == len(new) and old in content
    return content.replace(old, new)


def crowd(count: int) -> bytes:
    """An archive of `count` empty entries."""
    local, central = bytearray(), bytearray()
    for rank in range(count):
        name = f"{rank:06d}.rsa".encode()
        central += _CENTRAL + struct.pack("<HHHHHHIIIHHHHHII", 20, 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0, 0, 0, 0, 0, len(local)) + name
        local += b"PK\x03\x04" + struct.pack("<HHHHHIIIHH", 20, 0, 0, 0, 33, 0, 0, 0, len(name), 0) + name
    end64 = b"PK\x06\x06" + struct.pack("<QHHIIQQQQ", 44, 45, 45, 0, 0, count, count, len(central), len(local))
    locator = b"PK\x06\x07" + struct.pack("<IQI", 0, len(local) + len(central), 1)
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 0xFFFF, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF, 0)
    return bytes(local + central) + end64 + locator + end
