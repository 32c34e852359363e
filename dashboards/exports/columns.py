"""How wide the columns of an exported table are: by the words they hold, so that few rows need a second line.

Belongs here: shares of a width, lines of a row. Not here: drawing tables (deck.py, programme.py).
"""

import math

from dashboards.model.blocks import Table

NARROWEST, WIDEST = 13, 32  # letters: a number with its unit; a label, which may take two lines
WIDE = 29  # letters: a value with its interval
PADDING = 3  # letters: the edges of a cell


def column_shares(table: Table, letters: int = 0) -> list[float]:
    """The share of the table's width that each column takes; they add up to 1.

    letters: how many the table is wide, when the column of names may take what the others leave.
    """
    heads = [max(len(word) for word in head.split()) + 2 if head else 0 for head in table.heads]  # bold, hence wider; never broken
    longest = [max(head, *(len(row[rank].text) for row in table.rows)) for rank, head in enumerate(heads)]
    weights = [min(max(length + PADDING, NARROWEST), WIDE if letters else WIDEST) for length in longest]
    weights[0] = max(weights[0], min(longest[0] + PADDING, letters - sum(weights[1:])))
    return [weight / sum(weights) for weight in weights]


def lines_of(words: list[str], shares: list[float], letters: int) -> int:
    """The lines that a row takes in a table `letters` wide."""
    return max(math.ceil(len(word) / max(share * letters - PADDING, 1)) for word, share in zip(words, shares, strict=True)) or 1
