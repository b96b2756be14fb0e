"""Who asks, and what they may do: API keys or OIDC bearer tokens, both as `Authorization: Bearer …`.

A key reads `cw_{id}_{secret}`. What is stored is one line per key, `id:scopes:salt:sha256`, with `:expires` (a
date) behind it where it expires. The secret has 256 random bits, so one salted SHA-256 is enough: there is nothing to
guess that a slow hash would guard.
"""

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Protocol

from fastapi import Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.api.access.rates import Rates
from service.api.problems import ProblemError
from service.core.errors import ConfigurationError
from service.telemetry.logs import logger

KEY_PREFIX: Final = "cw_"
_LINE: Final = re.compile(
    r"(?P<id>[a-z0-9-]{1,64}):(?P<scopes>[a-z,]+):(?P<salt>[0-9a-f]{16,128}):(?P<digest>[0-9a-f]{64})(?::(?P<expires>\d{4}-\d\d-\d\d))?"
)
_CHALLENGE: Final = {"WWW-Authenticate": 'Bearer realm="claimwire"'}

log = logger("claimwire.api")


class Scope(StrEnum):
    """What a caller may be allowed."""

    WRITE = "write"
    READ = "read"
    METRICS = "metrics"
    WATCH = "watch"  # have what is read sent elsewhere


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """Who asks. `name` is the key's id or the token's subject; it goes into no log."""

    name: str
    scopes: frozenset[Scope]
    rates: Rates | None = field(default=None, repr=False)

    def spend(self, articles: int) -> None:
        """Count articles against the day's quota.

        Raises:
            ProblemError: `quota-exceeded`.

        """
        if self.rates is not None:
            self.rates.spend(self.name, articles)


ANYBODY: Final = Principal(name="anybody", scopes=frozenset(Scope))
"""Who asks where nothing is configured; the service listens on loopback only then."""


class Verifier(Protocol):
    """Knows one kind of credentials."""

    async def verify(self, credentials: str) -> tuple[str, frozenset[Scope]] | None:
        """Return name and scopes of whom the credentials belong to, or None."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """What is kept of one key."""

    scopes: frozenset[Scope]
    salt: bytes
    digest: bytes
    expires: date | None


def new_key(key_id: str, scopes: frozenset[Scope], *, expires: date | None = None) -> tuple[str, str]:
    """Return a new key, to be shown once, and the line to store."""
    secret, salt = secrets.token_urlsafe(32), secrets.token_bytes(16)
    line = f"{key_id}:{','.join(sorted(scopes))}:{salt.hex()}:{_digest(salt, secret).hex()}"
    line += f":{expires.isoformat()}" if expires else ""
    parse_keys(line)
    return f"{KEY_PREFIX}{key_id}_{secret}", line


def parse_keys(text: str) -> dict[str, list[StoredKey]]:
    """Read the stored lines; empty ones and those that begin with `#` are passed over. An id may have several keys.

    Raises:
        ConfigurationError: a line is of another form. The message has the line's number, not the line.

    """
    keys: dict[str, list[StoredKey]] = {}
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        found = _LINE.fullmatch(line)
        try:
            if found is None:
                raise ValueError(line)  # noqa: TRY301  # one message for every way to be wrong
            expires = found["expires"]
            key = StoredKey(
                scopes=frozenset(Scope(scope) for scope in found["scopes"].split(",")),
                salt=bytes.fromhex(found["salt"]),
                digest=bytes.fromhex(found["digest"]),
                expires=date.fromisoformat(expires) if expires else None,
            )
        except ValueError:
            raise ConfigurationError(
                f"API keys, line {number}: not of the form id:scopes:salt:sha256[:date]."
            ) from None
        keys.setdefault(found["id"], []).append(key)
    return keys


class KeyRing:
    """API keys out of a setting and a file; the file is read again whenever it changes."""

    def __init__(self, *, text: str = "", file: Path | None = None) -> None:
        self._fixed = parse_keys(text)
        self._file = file
        self._seen: tuple[int, int, int] | None = None
        self._keys = dict(self._fixed)
        self._refresh(first=True)

    async def verify(self, credentials: str) -> tuple[str, frozenset[Scope]] | None:
        """Return the key's id and scopes, or None. Compares in constant time, also where the id is not known."""
        if not credentials.startswith(KEY_PREFIX):
            return None
        self._refresh()
        key_id, _, secret = credentials.removeprefix(KEY_PREFIX).partition("_")
        verified: frozenset[Scope] | None = None
        for key in self._keys.get(key_id, (_NOBODY,)):
            same = hmac.compare_digest(_digest(key.salt, secret), key.digest)
            if same and (key.expires is None or datetime.now(UTC).date() <= key.expires):
                verified = key.scopes
        return None if verified is None else (key_id, verified)

    def _refresh(self, *, first: bool = False) -> None:
        """Read the file if it is another than before. A broken file keeps the keys that hold, and says so."""
        if self._file is None:
            return
        try:
            stat = self._file.stat()
            seen = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
            if seen == self._seen:
                return
            self._seen = seen
            keys = parse_keys(self._file.read_text())
        except (OSError, UnicodeDecodeError, ConfigurationError) as error:
            if first:
                raise ConfigurationError(f"The file of API keys cannot be read: {error}") from error
            log.error("keys.unreadable", error=type(error).__name__)  # noqa: TRY400  # the text may quote the file
            return
        self._keys = {
            key_id: [*self._fixed.get(key_id, []), *keys.get(key_id, [])] for key_id in self._fixed.keys() | keys.keys()
        }
        if not first:
            log.info("keys.read", keys=len(self._keys))


class Gate:
    """Decides on each request. Without verifiers everybody may do everything."""

    def __init__(self, verifiers: tuple[Verifier, ...], rates: Rates) -> None:
        self._verifiers = verifiers
        self._rates = rates

    @property
    def is_open(self) -> bool:
        """Whether nothing is configured."""
        return not self._verifiers

    async def admit(self, credentials: str | None, scope: Scope) -> Principal:
        """Return who asks.

        Raises:
            ProblemError: `unauthorized`, `forbidden` or `rate-limited`.

        """
        if self.is_open:
            return ANYBODY
        found = await self._verify(credentials) if credentials else None
        if found is None:
            raise ProblemError("unauthorized", headers=_CHALLENGE)
        name, scopes = found
        self._rates.take(name)
        if scope not in scopes:
            raise ProblemError("forbidden", f"The scope {scope} is needed.")
        return Principal(name=name, scopes=scopes, rates=self._rates)

    async def _verify(self, credentials: str) -> tuple[str, frozenset[Scope]] | None:
        for verifier in self._verifiers:
            if found := await verifier.verify(credentials):
                return found
        return None


_bearer = HTTPBearer(auto_error=False, description="An API key (`cw_…`) or an OIDC access token.")


def require(scope: Scope) -> Callable[..., Coroutine[Any, Any, Principal]]:
    """Return the dependency that admits only callers with the scope."""

    async def admitted(
        request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]
    ) -> Principal:
        gate: Gate = request.app.state.gate
        return await gate.admit(sent.credentials if sent else None, scope)

    return admitted


def has(scope: Scope) -> Callable[..., Coroutine[Any, Any, bool]]:
    """Return the dependency that says whether the caller has the scope, without refusing anybody."""
    admitted = require(scope)

    async def known(request: Request, sent: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]) -> bool:
        try:
            await admitted(request, sent)
        except ProblemError:
            return False
        return True

    return known


def scopes_of(claims: Mapping[str, object], prefix: str) -> frozenset[Scope]:
    """Return our scopes in a token's `scope` (RFC 8693) or `scp`."""
    granted = claims.get("scope", claims.get("scp", ()))
    words = granted.split() if isinstance(granted, str) else granted if isinstance(granted, list) else ()
    return frozenset(scope for scope in Scope if f"{prefix}{scope}" in words)


def _digest(salt: bytes, secret: str) -> bytes:
    return hashlib.sha256(salt + secret.encode(errors="replace")).digest()


_NOBODY: Final = StoredKey(scopes=frozenset(), salt=bytes(16), digest=bytes(32), expires=date.min)
