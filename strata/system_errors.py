"""What the operating system refuses, in the words of a person: a right, a path, a disk.

Belongs here: the words for its error numbers, and the four parts made of them. Not here: what DuckDB refuses
(strata/ingest/warehouse/tables.py).
"""

import errno
import os
import re

from strata.errors import StrataError

_FULL = ("le disque est plein", "the disk is full")
_WORDS = {
    errno.EACCES: ("droit refusé", "permission denied"),
    errno.EPERM: ("droit refusé", "permission denied"),
    errno.ENOENT: ("ce chemin n'existe pas", "there is no such path"),
    errno.ENOTDIR: ("ce chemin passe par un fichier, non par un dossier", "this path goes through a file, not a folder"),
    errno.EEXIST: ("un fichier porte déjà ce nom", "a file has this name already"),
    errno.ENOSPC: _FULL,
    errno.EDQUOT: ("le quota de ce compte est atteint", "the quota of this account is reached"),
    errno.EFBIG: ("un fichier ne peut pas y être aussi grand", "no file may be that large there"),
    errno.EROFS: ("le disque est en lecture seule", "the disk is read only"),
}
# How libraries quote a full disk: POSIX, Windows.
_QUOTED_FULL = ("no space left", "not enough space", "disk full")


def words_of(error: OSError) -> tuple[str, str]:
    """Why the system refused, in French and in English; its own words where it is a rare reason. They hold no cell."""
    named = error.strerror or type(error).__name__
    return _WORDS.get(error.errno or 0, (named, named))


def quotes_full_disk(error: Exception) -> bool:
    """Whether a library says, in an error of its own, that the disk is full."""
    said = str(error).lower()
    return any(words in said for words in _QUOTED_FULL)


def quoted(error: Exception) -> OSError | None:
    """The refusal of the system that a library quotes in an error of its own; None when it quotes none."""
    if quotes_full_disk(error):
        return OSError(errno.ENOSPC, _FULL[1])
    found = re.search(r"\(os error (\d+)\)", str(error))
    return OSError(int(found[1]), os.strerror(int(found[1]))) if found else None


def no_file(error: OSError) -> StrataError:
    """A missing right, a full disk: the machine is at fault, not the data nor the program."""
    return StrataError(
        what=("Un fichier ou un dossier ne peut pas être lu ou écrit", "A file or a folder cannot be read or written"),
        where=str(error.filename or "—"),
        why=words_of(error),
        fix=("Vérifier le chemin, les droits et la place sur le disque", "Check the path, the permissions and the room on the disk"),
        is_usage=True,
    )
