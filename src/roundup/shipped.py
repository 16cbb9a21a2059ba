"""Where the files lie that ship with roundup: the templates and the example magazine."""

from pathlib import Path

_HERE = Path(__file__).resolve().parent
#: In an installed wheel they lie in the package; in a checkout at its top.
_INSTALLED = _HERE / "shipped_files"
_CHECKOUT = _HERE.parent.parent


def templates() -> Path:
    """The folder of the shipped templates."""
    return _INSTALLED / "templates" if _INSTALLED.is_dir() else _CHECKOUT / "templates"


def example() -> Path:
    """The folder of the example magazine."""
    return _INSTALLED / "magazine" if _INSTALLED.is_dir() else _CHECKOUT / "examples" / "magazine"
