"""One file per command of `strata`: its arguments, what it calls, what it prints.

Belongs here: the words a person reads at the terminal. Not here: the work itself (strata/, runner.py).
"""
