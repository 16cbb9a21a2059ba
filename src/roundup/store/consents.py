"""What people said of being mailed, in SQL: written with what it changes, in one transaction."""

from collections.abc import Mapping

from sqlalchemy import Connection, insert

from roundup.store.schema import consents
from roundup.subscribers import Consent


def write_consents(connection: Connection, said: Mapping[int, Consent]) -> None:
    """What people said, by their numbers."""
    rows = [
        {
            "subscriber_id": number,
            "at": consent.at,
            "what": consent.what.value,
            "wording": consent.wording,
            "source": consent.source,
            "network": consent.network,
        }
        for number, consent in said.items()
    ]
    connection.execute(insert(consents), rows)
