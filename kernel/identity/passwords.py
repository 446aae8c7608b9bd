"""Password rules and hashing (argon2id). Hashing costs 64 MiB, so only a few run at once."""

from __future__ import annotations

import threading

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from kernel.errors import Invalid
from kernel.web.i18n import gettext as _

MIN_LENGTH = 10
MAX_LENGTH = 128
_HASHER = PasswordHasher()
_AT_ONCE = threading.BoundedSemaphore(2)
_COMMON = frozenset({"password", "12345678", "qwertyui", "shoushi", "huaibei", "admin123"})


def check_rules(password: str, username: str, field: str = "password") -> None:
    """Raise Invalid unless the password is long, mixed and does not contain the user name."""
    kinds = sum(
        any(test(c) for c in password)
        for test in (str.islower, str.isupper, str.isdigit, lambda c: not c.isalnum())
    )
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise Invalid.field(
            field, _("密码长度应为%(least)s至%(most)s位。", least=MIN_LENGTH, most=MAX_LENGTH)
        )
    if kinds < 3:
        raise Invalid.field(field, "密码应至少包含大写字母、小写字母、数字、符号中的三类。")
    low = password.lower()
    if username.lower() in low or any(word in low for word in _COMMON):
        raise Invalid.field(field, "密码不能包含用户名或常见口令。")


def hash_password(password: str) -> str:
    """Return the argon2id hash."""
    with _AT_ONCE:
        return _HASHER.hash(password)


_DUMMY = "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA$9sTbMj1sQJ4uOBxKxYNFlQpbXK3bUCwOQ2X4t1a6S9o"


def matches(password: str, stored: str | None) -> bool:
    """Whether the password fits; takes as long for people who don't exist."""
    with _AT_ONCE:
        try:
            return _HASHER.verify(stored or _DUMMY, password) and stored is not None
        except (VerificationError, InvalidHashError):
            return False
