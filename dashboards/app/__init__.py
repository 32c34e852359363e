"""The pages on a server: the same page objects, with an address for each state, and readers who see their own territories.

access.py who asks · store.py what they may read · question.py what is asked · pages.py the answer · explore.py the Dash callbacks ·
server.py all of it behind one guard. Nothing here reads anything but a publication.
"""
