"""Running the product day after day: what each run did, who is told, is there room, what is wrong, what is removed.

Not here: what a run does (runner.py, assets.py), the words of a command (commands).
"""
