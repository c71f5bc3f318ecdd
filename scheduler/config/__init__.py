"""The configuration: config.toml and what overrides it, read once into one frozen `Config`."""

from scheduler.config.effective import Config
from scheduler.config.loading import load
from scheduler.config.settings import (
    Database,
    Feeds,
    Languages,
    Mail,
    Operator,
    Privacy,
    Reminders,
    Replies,
    Security,
    Server,
)
from scheduler.config.vocabulary import (
    TABLES,
    Community,
    Country,
    Kind,
    Marker,
    Names,
    Programme,
    RegistrationMode,
    Shape,
    Term,
    Visibility,
)

__all__ = [
    "TABLES",
    "Community",
    "Config",
    "Country",
    "Database",
    "Feeds",
    "Kind",
    "Languages",
    "Mail",
    "Marker",
    "Names",
    "Operator",
    "Privacy",
    "Programme",
    "RegistrationMode",
    "Reminders",
    "Replies",
    "Security",
    "Server",
    "Shape",
    "Term",
    "Visibility",
    "load",
]
