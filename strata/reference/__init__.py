"""What the country would expect.

Belongs here: the national cells, the pack that carries them, how territories lie around them. Not here: the expected numbers of a territory
(sql/indicators).
"""
