"""Password hashes: Argon2id by pwdlib (RFC 9106), with the same work for an account that does not exist."""

from __future__ import annotations

import secrets
import threading
from functools import cache

from pwdlib import PasswordHash

from api.errors import UnusableAccount

SHORTEST = 12  # shorter falls to guessing within the sign-in limits
LONGEST = 256  # longer only makes the hash slow

_AT_ONCE = threading.BoundedSemaphore(4)  # each takes 64 MB; more lets sign-ins fill the memory
_hasher = PasswordHash.recommended()


def make_hash(password: str) -> str:
    """The Argon2id hash of a password. Raises UnusableAccount when it is too short or too long."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise UnusableAccount(f"A password has {SHORTEST} to {LONGEST} characters.", "Choose another one.")
    return _hasher.hash(password)


def matches(password: str, password_hash: str | None) -> bool:
    """Whether the password belongs to the hash; None (no such account) takes as long and is False."""
    known = password_hash is not None
    with _AT_ONCE:
        right = _hasher.verify(password[:LONGEST], password_hash if password_hash is not None else _nobody())
    return right and known


def invent() -> str:
    """A random password that a person can type: 96 bits in six groups."""
    return "-".join(secrets.token_hex(2) for _ in range(6))


@cache
def _nobody() -> str:
    return _hasher.hash(secrets.token_hex(16))
