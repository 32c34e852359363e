"""How a number is written: French or English, with the separators that Babel tells.

Belongs here: separators, decimals and signs of numbers, money, percentages, dates. Not here: which number is shown, nor any word.
"""

from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache

from babel.dates import format_date
from babel.numbers import get_decimal_symbol, get_group_symbol

LOCALES = {"fr": "fr_FR", "en": "en_GB"}
NO_BREAK = "\u00a0"
NARROW_NO_BREAK = "\u202f"
MINUS = "\u2212"
MILLION = 1_000_000.0


@dataclass(frozen=True)
class Numbers:
    """Writes numbers in one language ('fr' or 'en'). A minus sign is U+2212, a French group separator U+202F."""

    language: str

    def decimal(self, value: float, digits: int, signed: bool = False) -> str:
        """A number with exactly `digits` decimals; `signed` writes the plus sign too."""
        return _decimal(self.language, value, digits, signed)

    def count(self, value: float) -> str:
        """Persons, or expected persons, as a whole number."""
        return self.decimal(value, 0)

    def ratio(self, value: float) -> str:
        """Observed over expected, two decimals."""
        return self.decimal(value, 2)

    def bound(self, value: float) -> str:
        """An end of the interval of a ratio: with more decimals when two would write it as 1, which it is not."""
        digits = next((digits for digits in range(2, 7) if round(value, digits) != 1), 2)
        return self.decimal(value, digits)

    def by_size(self, value: float) -> str:
        """A number of any unit: whole from one hundred on (and zero), one decimal from ten on, else two."""
        return self.decimal(value, 0 if value == 0 or abs(value) >= 100 else 1 if abs(value) >= 10 else 2)

    def as_declared(self, value: float) -> str:
        """A threshold with the decimals it was declared with."""
        return self.decimal(value, len(str(value).partition(".")[2].rstrip("0")))

    def percent(self, share: float, digits: int = 2, signed: bool = False) -> str:
        """A share (0.0323) as a percentage (3,23 %)."""
        space = NARROW_NO_BREAK if self.language == "fr" else ""
        return f"{self.decimal(100 * share, digits, signed)}{space}%"

    def euros(self, value: float, signed: bool = False) -> str:
        """Euros: millions from one million on, cents below one hundred."""
        if abs(value) >= MILLION:
            return self._money(self.decimal(value / MILLION, 1, signed), "M€", "m")
        return self._money(self.decimal(value, 2 if abs(value) < 100 else 0, signed), "€", "")

    def exact_euros(self, value: float) -> str:
        """Euros to the unit, whatever their size: for numerators."""
        return self._money(self.decimal(value, 0), "€", "")

    def day(self, value: date) -> str:
        """A date in full: 31 décembre 2025."""
        return format_date(value, format="long", locale=LOCALES[self.language]).replace(" ", NO_BREAK)

    def _money(self, text: str, french_unit: str, english_suffix: str) -> str:
        if self.language == "fr":
            return f"{text}{NO_BREAK}{french_unit}"
        sign = text[0] if text[0] in f"+{MINUS}" else ""
        return f"{sign}€{text[len(sign) :]}{english_suffix}"


@lru_cache(maxsize=1 << 14)
def _decimal(language: str, value: float, digits: int, signed: bool) -> str:
    """Kept: every page of a site writes the numbers of all the territories again. As many as some pages hold: 4 MB."""
    rounded = round(value, digits) + 0.0
    text = f"{abs(rounded):,.{digits}f}".translate(_separators(language))
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return sign + text


@cache
def _separators(language: str) -> dict[int, str]:
    """What the language writes for the separators of Python. Babel's own `format_decimal` gives the same text, forty times slower."""
    locale = LOCALES[language]
    return str.maketrans({",": get_group_symbol(locale), ".": get_decimal_symbol(locale)})
