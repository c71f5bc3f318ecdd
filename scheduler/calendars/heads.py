"""What a feed says of itself: its name, and how often to ask."""

from datetime import timedelta

from feeds.write import Head
from scheduler.config import Config
from scheduler.model.feed_options import FeedQuery

_TABLES = {
    "programme": "programmes",
    "kind": "kinds",
    "country": "countries",
    "level": "levels",
    "area": "key_areas",
    "audience": "audiences",
    "theme": "themes",
}


def head_of(query: FeedQuery, config: Config, own_name: str = "") -> Head:
    """The head of a selection's calendar; `own_name` is that of a subscription."""
    language = query.options.language
    names = config.feeds.names
    name = next(names[tag] for tag in (*config.fallbacks(language), *names) if tag in names)
    chosen = ", ".join(_chosen_names(query, config))
    programmes = query.chosen.values("programme")
    return Head(
        name=own_name or (f"{name}: {chosen}" if chosen else name),
        description=config.operator.name,
        refresh=timedelta(minutes=config.feeds.refresh_minutes),
        hex_color=config.programmes[programmes[0]].colour if len(programmes) == 1 else "",
    )


def _chosen_names(query: FeedQuery, config: Config) -> list[str]:
    language = query.options.language
    return [
        config.name(_TABLES[facet], value, language) if facet in _TABLES else value
        for facet, values in query.chosen.facets
        for value in values
    ]
