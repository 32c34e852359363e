"""The territories that may be set side by side: ranked, drawn in one funnel, added up.

Belongs here: which of the published places count nobody twice, as places.csv of the publication says. Not here: their pages, which groups
of territories have too.
"""

from dashboards.sources.published import Published


def side_by_side(published: Published) -> dict[str, str]:
    """Names by id, in the order of the pages: the territories without the groups, which are made of territories that are published too."""
    return {territory_id: name for territory_id, name in published.territories.items() if territory_id in published.partition}
