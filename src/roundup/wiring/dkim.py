"""Settings into the keys that sign mail."""

from pathlib import Path

from roundup import credentials
from roundup.errors import SettingsError
from roundup.sending.dkim import Signer
from roundup.settings import Settings
from roundup.words import say


def signers(directory: Path, settings: Settings) -> tuple[Signer, ...]:
    """Who signs, in the order of the settings. Raises `SettingsError` if a key is missing, or fit for nothing."""
    if not settings.dkim:
        return ()
    # Here, not above: it takes a tenth of a second, and only who signs needs it.
    from roundup.sending.dkim_keys import KeyFileError, read_key  # noqa: PLC0415

    found = []
    for each in settings.dkim:
        try:
            key = read_key(credentials.dkim_key(directory, each.key))
        except KeyFileError as error:
            raise SettingsError(
                say("[[dkim]] key: {name} {what}. Nothing was sent.", name=each.key, what=error)
            ) from None
        found.append(Signer(domain=each.signs_for(settings.newsletter.sender), selector=each.selector, key=key))
    return tuple(found)
