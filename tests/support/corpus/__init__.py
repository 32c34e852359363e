"""The corpus of malformed input: seeded, named by class of mutation, with what must become of each case.

Belongs here: making bad files and saying what must happen (mutation.py keeps the table), and judging what did (judge.py).
Not here: pytest (tests/faults/test_corpus.py). Nothing of strata is used to make a file: lines are counted by the maker's own means.
"""
