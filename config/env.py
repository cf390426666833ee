"""Readers of environment variables: typed, with one clear error that names the variable and the mend."""

import os
import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    """Return the variable, stripped; `default` when it is absent or empty."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    """Return a yes/no variable. Raises ImproperlyConfigured for any other word."""
    value = os.environ.get(name)
    if value is None:
        return default
    word = value.strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no; use 1 or 0.")


def integer(name: str, default: int, least: int = 0, most: int = 10**9) -> int:
    """Return a whole number from `least` to `most`. Raises ImproperlyConfigured when it is none."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None
    if not least <= number <= most:
        raise ImproperlyConfigured(f"{name}={value} is not a number from {least} to {most}.")
    return number


def one_of(name: str, default: str, choices: set[str]) -> str:
    """Return one of the choices, in capitals. Raises ImproperlyConfigured for any other word."""
    word = text(name, default).upper()
    if word not in choices:
        raise ImproperlyConfigured(f"{name}={word!r} is none of {', '.join(sorted(choices))}.")
    return word


def words(name: str, default: str = "") -> list[str]:
    """Return a comma-separated list, blanks dropped."""
    return [word.strip() for word in os.environ.get(name, default).split(",") if word.strip()]


def secret(name: str) -> str:
    """Return the secret from `NAME`, or from the file that `NAME_FILE` names; empty when neither is set.

    Raises ImproperlyConfigured when both are set or the file cannot be read.
    """
    value, path = os.environ.get(name, ""), os.environ.get(f"{name}_FILE", "")
    if value and path:
        raise ImproperlyConfigured(f"Set {name} or {name}_FILE, not both.")
    if not path:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: cannot read {path}: {error.strerror}.") from error


def address(name: str, schemes: set[str]) -> str:
    """Return a secret that is an address, empty when it is not set. Raises ImproperlyConfigured, without the secret, for a scheme that is none of these."""
    value = secret(name)
    if value and value.partition(":")[0] not in schemes:
        raise ImproperlyConfigured(f"{name} begins with none of {', '.join(f'{scheme}:' for scheme in sorted(schemes))}.")
    return value


def generated(path: Path) -> str:
    """Return the secret kept in `path`, made on first use and readable by the owner only (mode 0600).

    Raises ImproperlyConfigured when the data directory, where it lies, cannot be used.
    """
    try:
        return made_once(path)
    except OSError as error:
        raise ImproperlyConfigured(f"DEBRIEF_DATA_DIR: cannot use {path}: {error.strerror}.") from error


def made_once(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        pass
    path.parent.mkdir(parents=True, exist_ok=True)
    value = secrets.token_urlsafe(64)
    # Two processes may start at once: the first to link its file wins, the other reads that one.
    mine = path.with_name(f"{path.name}.{os.getpid()}")
    with open(os.open(mine, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(value)
    try:
        os.link(mine, path)
    except FileExistsError:
        return path.read_text(encoding="utf-8")
    finally:
        mine.unlink()
    return value
