"""How uvicorn is run: what it may take from a client before our code sees the request, and where it may listen."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, Final

from service.api.connections import GuardedProtocol
from service.core.errors import ConfigurationError
from service.settings import ApiSettings

HEADER_BYTES: Final = 32_768  # request line and header fields together; beyond it the server answers 400 and closes
KEEP_ALIVE: Final = 15  # seconds that an idle connection stays open
GRACE: Final = 10  # seconds that requests may take to end after a stop


def uvicorn_options(settings: ApiSettings) -> Mapping[str, Any]:
    """Return the options of `uvicorn.Config`.

    Raises:
        ConfigurationError: no keys are configured and the address is not loopback.

    """
    if not has_auth(settings) and not is_loopback(settings.host):
        raise ConfigurationError(
            f"No API keys and no OIDC issuer are configured, so the service listens on loopback only, not on "
            f"{settings.host}. Set CLAIMWIRE_API__AUTH__KEYS_FILE, or CLAIMWIRE_API__HOST=127.0.0.1."
        )
    return {
        "host": settings.host,
        "port": settings.port,
        "http": GuardedProtocol,
        "h11_max_incomplete_event_size": HEADER_BYTES,
        "ws": "none",
        "timeout_keep_alive": KEEP_ALIVE,
        "timeout_graceful_shutdown": GRACE,
        "limit_concurrency": settings.queue + settings.subscribers + settings.analyze_waiting + 256,
        "access_log": False,  # addresses hold article ids; the metrics count
        "server_header": False,
        "log_config": None,
        "proxy_headers": False,
    }


def has_auth(settings: ApiSettings) -> bool:
    """Return whether keys or an issuer are configured."""
    auth = settings.auth
    return bool(auth.keys or auth.keys_file or auth.oidc_issuer)


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches the address."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
