"""Definitions as documents: a definition read whole (whole.py), what it says, for people (document.py) and for other programs (export.py),
and back (restore.py).

Belongs here: reading the folder of a condition for others than the engine. Not here: what is refused (strata/definitions), the page
(pipelines/templates/definition.html.j2).
"""

from strata.documents.document import Document, document
from strata.documents.export import SCHEMA, as_export, compile_export
from strata.documents.restore import is_export, lay_exports
from strata.documents.whole import Whole, read_whole

__all__ = ["SCHEMA", "Document", "Whole", "as_export", "compile_export", "document", "is_export", "lay_exports", "read_whole"]
