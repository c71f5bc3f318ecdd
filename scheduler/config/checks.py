"""What has to fit together between values that are each right on their own."""

import ipaddress
import re
import zoneinfo
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from babel import Locale, UnknownLocaleError

from scheduler.config.layers import suggestion
from scheduler.config.overlay import Overlay
from scheduler.config.replies import check_replies
from scheduler.config.rules import is_rule
from scheduler.config.settings import Languages, Mail, Reminders, Security, Server
from scheduler.config.ways_out import check_ways_out

ADDRESS = re.compile(r"[^@\s,;:<>\"()\[\]\\]{1,64}@(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+")
DOMAIN = re.compile(r"(?:[A-Za-z0-9-]+\.)*[A-Za-z0-9-]+")
LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "::1"})
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104  # refused here, not listened on
SHORTEST_KEY = 32

Sections = Mapping[str, Any]
Tables = Mapping[str, Mapping[str, Any]]


def check(overlay: Overlay, sections: Sections, tables: Tables) -> None:
    """Note every contradiction and every value that only looks right."""
    _check_printable(overlay, sections)
    _check_server(overlay, sections["server"])
    _check_database(overlay, sections["database"].url, sections["server"].workers)
    _check_mail(overlay, sections["mail"])
    check_ways_out(overlay, sections["mail"], sections["server"].heartbeat_url)
    check_replies(overlay, sections["replies"], sections["server"].workers)
    _check_reminders(overlay, sections["reminders"], sections["mail"].timeout_seconds, tables)
    _check_security(overlay, sections["security"])
    _check_languages(overlay, sections["languages"])
    _check_address(overlay, "operator.contact", sections["operator"].contact)
    _check_zone(overlay, "operator.timezone", sections["operator"].timezone)
    _check_countries(overlay, tables)
    _check_names(overlay, sections, tables)


def _check_printable(overlay: Overlay, sections: Sections) -> None:
    """No line breaks or control characters: many of these values end up in headers and addresses."""
    for section, struct in sections.items():
        for name in struct.__struct_fields__:
            value = getattr(struct, name)
            texts: Iterable[Any] = value.values() if isinstance(value, dict) else (value,)
            if any(isinstance(text, str) and not text.isprintable() for text in texts):
                overlay.add(f"{section}.{name}", "holds a line break or a control character.")


def _check_server(overlay: Overlay, server: Server) -> None:
    example = 'public_url = "https://agenda.example.org"'
    try:
        url = urlsplit(server.public_url)
        _ = url.port
    except ValueError as error:
        overlay.add("server.public_url", f"is not an address: {error}.", example)
        return
    if url.scheme not in {"http", "https"} or not url.hostname:
        overlay.add("server.public_url", "has to begin with http:// or https:// and a host.", example)
    elif url.hostname in EVERYWHERE:
        overlay.add("server.public_url", f"{url.hostname} is no address that others can open.", example)
    elif url.path.strip("/") or url.query or url.fragment or url.username:
        overlay.add("server.public_url", "is only scheme, host and port: no path, query or user name.", example)
    for proxy in server.trusted_proxies:
        try:
            ipaddress.ip_network(proxy, strict=False)
        except ValueError:
            detail = f"“{proxy}” is neither an IP address nor a network."
            overlay.add("server.trusted_proxies", detail, 'trusted_proxies = ["127.0.0.1", "10.0.0.0/8"]')


def _check_database(overlay: Overlay, url: str, workers: int) -> None:
    example = 'url = "sqlite:///data/enspired.sqlite3" or url = "postgresql://user@host/enspired"'
    if not re.match(r"sqlite:///[^?#]|postgresql://[^/?#]*/.", url):
        overlay.add("database.url", "is not a SQLite file or a PostgreSQL database.", example)
    elif ":memory:" in url:
        overlay.add("database.url", "a database in memory forgets what it promised; name a file.", example)
    elif url.startswith("sqlite:") and workers > 1:
        detail = f"{workers} workers need PostgreSQL; a SQLite file has one process."
        overlay.add("server.workers", detail, "workers = 1")


def _check_mail(overlay: Overlay, mail: Mail) -> None:
    _check_address(overlay, "mail.from_address", mail.from_address, required=True)
    _check_address(overlay, "mail.reply_to", mail.reply_to)
    if mail.message_id_domain and not DOMAIN.fullmatch(mail.message_id_domain):
        overlay.add("mail.message_id_domain", "is not a domain.", 'message_id_domain = "example.org"')
    if mail.transport == "folder":
        return
    if not DOMAIN.fullmatch(mail.host) and not _is_ip(mail.host):
        overlay.add("mail.host", "is not the name or address of a server.", 'host = "smtp.example.org"')
    if bool(mail.username) != bool(mail.password):
        overlay.add("mail.username", "needs a password beside it, and the other way round.")
    if mail.username and mail.security == "none" and mail.host not in LOCAL_HOSTS:
        overlay.add("mail.security", "the password would travel unprotected.", 'security = "starttls"')
    if mail.from_address.endswith("@localhost") and mail.host not in LOCAL_HOSTS:
        detail = "nobody can answer or trust this sender; use an address of your own domain."
        overlay.add("mail.from_address", detail, 'from_address = "agenda@example.org"')


def _check_reminders(overlay: Overlay, reminders: Reminders, timeout: int, tables: Tables) -> None:
    _check_rules(overlay, "reminders.default", reminders.default, "default")
    for table in ("programmes", "kinds"):
        for key, entry in tables[table].items():
            _check_rules(overlay, f"{table}.{key}", entry.reminders or (), "reminders")
    if reminders.quiet_from == reminders.quiet_until:
        detail = "is the same as quiet_from, so that no time of the day would be left."
        overlay.add("reminders.quiet_until", detail, 'quiet_from = "off"')
    if reminders.lease_seconds <= timeout:
        detail = f"has to be longer than mail.timeout_seconds ({timeout}), else a slow mail goes out twice."
        overlay.add("reminders.lease_seconds", detail, f"lease_seconds = {timeout + 5}")


def _check_rules(overlay: Overlay, key: str, rules: tuple[str, ...], name: str) -> None:
    for rule in rules:
        if not is_rule(rule):
            detail = f"“{rule}” is not a duration of at most 366 days (with days, “@” and a clock time may follow)."
            overlay.add(key, detail, f'{name} = ["P7D", "P1D@17:00", "PT1H"]')
    if len(set(rules)) < len(rules):
        overlay.add(key, "names the same reminder twice.")


def _check_security(overlay: Overlay, security: Security) -> None:
    if security.secret_key and len(security.secret_key) < SHORTEST_KEY:
        detail = f"is shorter than {SHORTEST_KEY} characters; make it with a random generator or leave it out."
        overlay.add("security.secret_key", detail)


def _check_languages(overlay: Overlay, languages: Languages) -> None:
    if languages.default not in languages.offered:
        offered = ", ".join(languages.offered)
        overlay.add("languages.default", f"“{languages.default}” is not among the offered ones ({offered}).")
    if len(set(languages.offered)) < len(languages.offered):
        overlay.add("languages.offered", "names a language twice.")
    for tag in languages.offered:
        try:
            Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError):
            overlay.add("languages.offered", f"“{tag}” is not a language.", 'offered = ["en", "nl"]')


def _check_countries(overlay: Overlay, tables: Tables) -> None:
    regions, countries = tables["regions"], tables["countries"]
    for code, country in countries.items():
        if country.region not in regions:
            hint = suggestion(country.region, regions)
            overlay.add(f"countries.{code}", f"region “{country.region}” is not in [[regions]].{hint}")
        for zone in country.zones:
            _check_zone(overlay, f"countries.{code}", zone)
    for code, community in tables["communities"].items():
        if community.country not in countries:
            overlay.add(f"communities.{code}", f"country “{community.country}” is not in [[countries]].")


def _check_zone(overlay: Overlay, key: str, zone: str) -> None:
    try:
        zoneinfo.ZoneInfo(zone)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        hint = suggestion(zone, zoneinfo.available_timezones())
        overlay.add(key, f"“{zone}” is not an IANA time zone.{hint}", "Europe/Brussels")


def _check_names(overlay: Overlay, sections: Sections, tables: Tables) -> None:
    default = sections["languages"].default
    _check_texts(overlay, "feeds.names", sections["feeds"].names, default)
    for table, entries in tables.items():
        for key, entry in entries.items():
            _check_texts(overlay, f"{table}.{key}", entry.names, "" if table == "countries" else default)


def _check_texts(overlay: Overlay, key: str, names: Mapping[str, str], default: str) -> None:
    """Names need a language that everybody falls back to; a country has Unicode CLDR behind it."""
    for tag, text in names.items():
        if not LANGUAGE.fullmatch(tag):
            overlay.add(key, f"“{tag}” is not a language tag.", 'names = { en = "Workshop", nl = "Workshop" }')
        if not text.isprintable():
            overlay.add(key, f"the name in “{tag}” holds a line break or a control character.")
    if default and not names.keys() & {default, "en"}:
        detail = f"has no name in “{default}”, the default language."
        overlay.add(key, detail, f'names = {{ {default} = "..." }}')


def _check_address(overlay: Overlay, key: str, address: str, *, required: bool = False) -> None:
    if not address and not required:
        return
    if len(address) > 254 or not ADDRESS.fullmatch(address):
        name = key.partition(".")[2]
        overlay.add(key, "is not one plain mail address.", f'{name} = "agenda@example.org"')


def _is_ip(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True
