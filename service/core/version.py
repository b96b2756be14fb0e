"""Which release this is."""

from importlib.metadata import PackageNotFoundError, version


def own_version() -> str:
    """Return the version of the installed distribution; `0` in a checkout that was never installed."""
    try:
        return version("claimwire")
    except PackageNotFoundError:
        return "0"
