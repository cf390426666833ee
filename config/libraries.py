"""Pure. The native libraries that WeasyPrint loads, and the packages that bring them. Imports nothing but the standard library: the set-up asks before Django runs."""

import ctypes
import sys

#: Debian's package -> the file names to try, Linux first
LIBRARIES = {
    "libpango-1.0-0": ("libpango-1.0.so.0", "libpango-1.0.dylib"),
    "libpangoft2-1.0-0": ("libpangoft2-1.0.so.0", "libpangoft2-1.0.dylib"),
    "libharfbuzz-subset0": ("libharfbuzz-subset.so.0", "libharfbuzz-subset.0.dylib"),
}
#: without it PDFs are made, three times slower and larger
OPTIONAL = {"libharfbuzz-subset0"}


def loads(names: tuple[str, ...]) -> bool:
    """Say whether the first of these libraries that is there can be loaded."""
    folders = ("", "/opt/homebrew/lib/", "/usr/local/lib/") if sys.platform == "darwin" else ("",)
    for folder in folders:
        for name in names:
            try:
                ctypes.CDLL(f"{folder}{name}")
            except OSError:
                continue
            return True
    return False


def missing() -> list[str]:
    """Return the packages whose library cannot be loaded."""
    return [package for package, names in LIBRARIES.items() if not loads(names)]


def install_line(packages: list[str]) -> str:
    """Return the line that a person types to get the packages."""
    if sys.platform == "darwin":
        return "brew install pango harfbuzz"
    return f"sudo apt-get update && sudo apt-get install -y {' '.join(packages)}"
