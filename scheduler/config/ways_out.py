"""What has to fit together for the addresses that this service itself calls: tokens for the relay, the heartbeat."""

from urllib.parse import urlsplit

from scheduler.config.overlay import Overlay
from scheduler.config.settings import Mail

_NEEDED = ("username", "oauth_token_url", "oauth_client_id")
_EXAMPLE = 'oauth_token_url = "https://oauth2.googleapis.com/token"'
_OWN_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})


def check_ways_out(overlay: Overlay, mail: Mail, heartbeat_url: str) -> None:
    """Note what is missing for OAuth 2.0, and addresses that are none."""
    if heartbeat_url and not _is_address(heartbeat_url):
        example = 'heartbeat_url = "https://watch.example.org/ping/agenda"'
        overlay.add("server.heartbeat_url", "has to begin with http:// or https:// and a host.", example)
    if mail.auth != "xoauth2" or mail.transport != "smtp":
        return
    for name in _NEEDED:
        if not getattr(mail, name):
            overlay.add(f"mail.{name}", 'is needed with auth = "xoauth2".', f'{name} = "..."')
    if not mail.oauth_client_secret and not mail.oauth_refresh_token:
        detail = 'is needed with auth = "xoauth2", or a refresh token.'
        overlay.add("mail.oauth_client_secret", detail, 'oauth_client_secret_file = "/etc/enspired/client-secret"')
    if mail.oauth_token_url and not _is_address(mail.oauth_token_url):
        overlay.add("mail.oauth_token_url", "has to begin with https:// and a host.", _EXAMPLE)
    elif mail.oauth_token_url and not _is_guarded(mail.oauth_token_url):
        overlay.add("mail.oauth_token_url", "would send the secret unencrypted.", _EXAMPLE)
    if mail.security == "none" and mail.host not in _OWN_MACHINE:
        overlay.add("mail.security", "would send the token unencrypted.", 'security = "starttls"')


def _is_address(text: str) -> bool:
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        return False
    return url.scheme in {"http", "https"} and bool(url.hostname) and all("!" <= sign <= "~" for sign in text)


def _is_guarded(text: str) -> bool:
    url = urlsplit(text)
    return url.scheme == "https" or url.hostname in _OWN_MACHINE
