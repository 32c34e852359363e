"""The one way the product says that something is wrong.

Belongs here: the error a person reads, in four parts, French first. Not here: exit codes (pipelines/command.py) and
Python exceptions that mean a bug, which are left to show themselves.
"""

from dataclasses import dataclass, field


@dataclass(eq=False)
class StrataError(Exception):
    """A problem a person can act on.

    what: what is wrong; where: file, line, column or key; why: the cause as far as known; fix: what to do.
    Each is (French, English); where is one text, with where_en beside it when it holds words. No identifier and no cell content may
    appear in any part.
    is_usage: the configuration or the command is at fault (exit 2), not the data (exit 1).
    """

    what: tuple[str, str]
    where: str
    why: tuple[str, str]
    fix: tuple[str, str]
    is_usage: bool = field(default=False)
    where_en: str = field(default="")

    def __str__(self) -> str:
        return self.text("fr")

    def text(self, language: str) -> str:
        """The four parts as lines, in 'fr' or 'en'."""
        side = 0 if language == "fr" else 1
        names = (("Problème", "Où", "Cause", "Que faire"), ("Problem", "Where", "Why", "What to do"))[side]
        where = (self.where, self.where_en or self.where)[side]
        parts = (self.what[side], where, self.why[side], self.fix[side])
        return "\n".join(f"{name} : {part}" if side == 0 else f"{name}: {part}" for name, part in zip(names, parts))
