"""Backups taken apart: `TarFile.extract` asks for a filter from Python 3.12 on, and knows none before 3.11.4."""

import tarfile
from pathlib import Path


def unpack(archive: tarfile.TarFile, room: Path, *names: str) -> None:
    """Write the files of an archive into a folder: those that are named, or all."""
    for member in archive.getmembers():
        content = archive.extractfile(member)
        if content is not None and (not names or member.name in names):
            path = room / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
