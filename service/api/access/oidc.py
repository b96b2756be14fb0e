"""OpenID Connect bearer tokens: JWTs of one issuer, for one audience, verified against its published keys."""

import asyncio
import json
import time
import urllib.parse
from typing import Any, Final

import jwt

from service.api.access.auth import Scope, scopes_of
from service.core.errors import ConfigurationError
from service.http_client import opener_without_redirects
from service.telemetry.logs import logger

# Only signatures with a public key: with HS256 in the list, anyone could sign with the issuer's public key as secret.
ALGORITHMS: Final = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
KEYS_LIFE: Final = 300.0  # seconds; a key that the issuer takes back holds at most this long
RETRY: Final = (
    10.0  # seconds between two fetches, however many unknown key ids come: no one can make us hammer the issuer
)
LEEWAY: Final = 30  # seconds that clocks may differ
_TIMEOUT: Final = 5.0  # seconds
_MOST_BYTES: Final = 1_048_576

log = logger("claimwire.api")


class OidcVerifier:
    """Verifies tokens. Keys are fetched when first needed, and kept."""

    def __init__(self, *, issuer: str, audience: str, scope_prefix: str) -> None:
        """Trust `issuer` for tokens meant for `audience`.

        Raises:
            ConfigurationError: the issuer is not an https address (http is taken on loopback only).

        """
        parts = urllib.parse.urlsplit(issuer)
        if parts.scheme != "https" and not (
            parts.scheme == "http" and parts.hostname in ("127.0.0.1", "::1", "localhost")
        ):
            raise ConfigurationError("The OIDC issuer must be an https address.")
        self._issuer = issuer
        self._audience = audience
        self._prefix = scope_prefix
        self._keys: dict[str | None, jwt.PyJWK] = {}
        self._fetched = self._tried = float("-inf")
        self._lock = asyncio.Lock()

    async def verify(self, credentials: str) -> tuple[str, frozenset[Scope]] | None:
        """Return the token's subject and scopes, or None if the token does not hold."""
        try:
            header = jwt.get_unverified_header(credentials)
        except jwt.InvalidTokenError:
            return None
        key = await self._key(header.get("kid"))
        if key is None or header.get("alg") not in ALGORITHMS:
            return None
        try:
            claims: dict[str, Any] = jwt.decode(
                credentials,
                key,
                algorithms=[header["alg"]],
                audience=self._audience,
                issuer=self._issuer,
                leeway=LEEWAY,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.InvalidTokenError:
            return None
        return f"oidc:{claims['sub']}", scopes_of(claims, self._prefix)

    async def _key(self, kid: str | None) -> jwt.PyJWK | None:
        async with self._lock:
            now = time.monotonic()
            stale = now - self._fetched > KEYS_LIFE
            if (stale or kid not in self._keys) and now - self._tried > RETRY:
                self._tried = now
                try:
                    self._keys = await asyncio.to_thread(self._fetch)
                    self._fetched = now
                except (OSError, ValueError, KeyError, jwt.PyJWTError) as error:
                    log.warning("oidc.keys_unreachable", error=type(error).__name__)
                    if stale:
                        self._keys = {}  # rather no key than a revoked one
            return self._keys.get(kid)

    def _fetch(self) -> dict[str | None, jwt.PyJWK]:
        """Fetch the keys by discovery (OpenID Connect Discovery 1.0, section 4)."""
        document = _get(self._issuer.rstrip("/") + "/.well-known/openid-configuration")
        if document["issuer"] != self._issuer:
            raise ValueError("the discovery document is of another issuer")
        address = document["jwks_uri"]
        if urllib.parse.urlsplit(address).scheme != urllib.parse.urlsplit(self._issuer).scheme:
            raise ValueError("the keys' address has another scheme than the issuer's")
        found: dict[str | None, jwt.PyJWK] = {}
        for entry in _get(address)["keys"]:
            if entry.get("use", "sig") == "sig" and entry.get("kty") in ("RSA", "EC", "OKP"):
                found[entry.get("kid")] = jwt.PyJWK.from_dict(entry)
        return found


_opener: Final = opener_without_redirects()


def _get(address: str) -> dict[str, Any]:
    with _opener.open(address, timeout=_TIMEOUT) as answer:
        document: dict[str, Any] = json.loads(answer.read(_MOST_BYTES))
    return document
