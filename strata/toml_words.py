"""What is wrong with a TOML file, in both languages: tomllib speaks English only.

Belongs here: its messages. Not here: reading a file (config.py, definitions/text.py).
"""

import re
import tomllib

_FRENCH = (
    (r"Invalid value", "valeur illisible"),
    (r"Invalid statement", "ligne illisible"),
    (r"Cannot overwrite a value", "cette clé est donnée deux fois"),
    (r"Cannot declare \('?(.*?)'?,?\) twice", r"la table \1 est déclarée deux fois"),
    (r"Duplicate inline table key '(.*)'", r"la clé \1 est deux fois dans la table"),
    (r"Unclosed array", "la liste n'est pas fermée par ]"),
    (r"Unclosed inline table", "la table n'est pas fermée par }"),
    (r"Unterminated string", "le texte n'est pas fermé par un guillemet"),
    (r"Unescaped '\\' in a string", r"une barre \\ seule dans un texte : l'écrire \\\\, ou /"),
    (r"Illegal character .*", "caractère interdit"),
    (r"Expected '=' after a key in a key/value pair", "un = est attendu après la clé"),
    (r"Expected newline or end of document after a statement", "rien n'est attendu après la valeur, sur la même ligne"),
    (r"Expected '?(.*?)'? at the end of a table declaration", r"\1 est attendu à la fin du nom de la table"),
    (r"Expected (.*)", r"\1 est attendu"),
)
_PLACE = re.compile(r"(?P<said>.*) \(at (?:line (?P<line>\d+), column (?P<column>\d+)|end of document)\)", re.DOTALL)


def said(error: tomllib.TOMLDecodeError) -> tuple[tuple[str, str], int | None]:
    """((French, English), line): what is wrong and in which column; no line when it is the end of the file. An unknown message is left out
    of the French."""
    found = _PLACE.fullmatch(str(error))
    if found is None:
        return ("il ne se lit pas", str(error)), None
    french = next(
        (re.sub(pattern, words, found["said"]) for pattern, words in _FRENCH if re.fullmatch(pattern, found["said"])), "il ne se lit pas"
    )
    if found["line"] is None:
        return (f"{french} (fin du fichier)", f"{found['said']} (end of the file)"), None
    return (f"{french} (colonne {found['column']})", f"{found['said']} (column {found['column']})"), int(found["line"])
