"""The ledger of what has been seen (`roundup.memory`), in SQL."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, and_, delete, insert, select, update

from roundup.memory import RememberedPiece, Shelf, SourceRecord, SourceReport, SourceState
from roundup.model import Bookmark, Defect, Picture, Piece, Published
from roundup.store.database import Database
from roundup.store.newsletter import change_newsletter, newsletter_row
from roundup.store.schema import pieces, sources

#: How long a piece is remembered that its source no longer lists.
_REMEMBERED_FOR = timedelta(days=400)


class SqlMemory:
    """Implements `roundup.memory.Memory`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def sources(self) -> Mapping[str, SourceRecord]:
        """See `Memory`."""
        with self._database.reading() as connection:
            rows = connection.execute(select(sources).order_by(sources.c.name)).mappings().all()
        return {row["name"]: _source(row) for row in rows}

    def pieces(self, source: str) -> Sequence[RememberedPiece]:
        """See `Memory`."""
        statement = select(pieces).where(pieces.c.source == source).order_by(pieces.c.first_seen, pieces.c.id)
        with self._database.reading() as connection:
            return [_remembered(row) for row in connection.execute(statement).mappings()]

    def record(self, shelves: Sequence[Shelf], *, at: datetime) -> None:
        """See `Memory`."""
        with self._database.writing() as connection:
            for shelf in shelves:
                _record_source(connection, shelf.record)
                _record_pieces(connection, shelf, at)
            change_newsletter(connection, gathered_at=at)

    def mark(self, source: str, *, muted: bool | None = None, accepted: bool | None = None) -> None:
        """See `Memory`."""
        marks: dict[str, Any] = {
            name: value for name, value in (("muted", muted), ("accepted", accepted)) if value is not None
        }
        if muted:
            marks |= {"state": SourceState.MUTED.value, "trouble": ""}
        ours = sources.c.name == source
        with self._database.writing() as connection:
            if muted is False:
                # What held it is settled; why it could not be read, if it could not, is not.
                settled = sources.c.state.in_([SourceState.MUTED.value, SourceState.HELD.value])
                well = {"state": SourceState.OK.value, "trouble": ""}
                connection.execute(update(sources).where(ours, settled).values(well))
            changed = connection.execute(update(sources).where(ours).values(marks))
            if changed.rowcount == 0:
                state = SourceState.MUTED if muted else SourceState.OK
                row = _source_row(SourceRecord(name=source, muted=bool(muted), accepted=bool(accepted), state=state))
                connection.execute(insert(sources).values(row))

    def began(self) -> datetime | None:
        """See `Memory`."""
        return newsletter_row(self._database).began

    def begin(self, at: datetime) -> None:
        """See `Memory`."""
        # The earliest: a trial with --at in the future must not make the present "before the beginning".
        began = self.began()
        if began is None or at < began:
            with self._database.writing() as connection:
                change_newsletter(connection, began=at)

    def tidied_at(self) -> datetime | None:
        """See `Memory`."""
        return newsletter_row(self._database).tidied_at

    def tidied(self, at: datetime) -> None:
        """See `Memory`."""
        with self._database.writing() as connection:
            change_newsletter(connection, tidied_at=at)

    def gathered_at(self) -> datetime | None:
        """See `Memory`."""
        return newsletter_row(self._database).gathered_at


def _record_source(connection: Connection, record: SourceRecord) -> None:
    """Write a source down. What a large folder holds is megabytes, and mostly the same: it is written if it changed."""
    row, contents = _source_row(record), record.bookmark.contents
    ours = sources.c.name == record.name
    before = connection.execute(select(sources.c.contents).where(ours)).one_or_none()
    if before is None:
        connection.execute(insert(sources).values(**row, contents=contents))
    elif before.contents == contents:
        connection.execute(update(sources).where(ours).values(row))
    else:
        connection.execute(update(sources).where(ours).values(**row, contents=contents))


def _record_pieces(connection: Connection, shelf: Shelf, at: datetime) -> None:
    """Write what is new or changed of a shelf, and forget what nobody will ask for again."""
    ours = pieces.c.source == shelf.record.name
    before = {
        each.recorded_as: each for each in map(_remembered, connection.execute(select(pieces).where(ours)).mappings())
    }
    new = [_piece_row(each) for each in shelf.pieces if each.recorded_as is None]
    if new:
        connection.execute(insert(pieces), new)
    for each in shelf.pieces:
        if each.recorded_as is not None and before.get(each.recorded_as) != each:
            which = and_(ours, pieces.c.id == each.recorded_as)
            connection.execute(update(pieces).where(which).values(_piece_row(each)))
    # What a carried piece is known by stays in the archive; this is only the feed's own memory.
    old = and_(pieces.c.listed.is_(False), pieces.c.first_seen < at - _REMEMBERED_FOR)
    connection.execute(delete(pieces).where(ours, old))


def _source(row: RowMapping) -> SourceRecord:
    return SourceRecord(
        name=row["name"],
        bookmark=Bookmark(
            etag=row["etag"], modified=row["modified"], location=row["location"], contents=row["contents"]
        ),
        read_well_at=row["read_well_at"],
        found=row["found"],
        muted=row["muted"],
        accepted=row["accepted"],
        state=SourceState(row["state"]),
        trouble=row["trouble"],
        not_before=row["not_before"],
        report=_report(row["name"], row["report"] or {}),
    )


def _report(source: str, told: Mapping[str, Any]) -> SourceReport:
    defects = tuple(Defect(source=source, where=where, what=what) for where, what in told.get("defects", ()))
    return SourceReport(
        new=told.get("new", 0),
        left_out=told.get("left_out", {}),
        counted=told.get("counted", 0),
        defects=defects,
        more_defects=told.get("more_defects", 0),
    )


def _source_row(record: SourceRecord) -> dict[str, Any]:
    return {
        "name": record.name,
        "etag": record.bookmark.etag,
        "modified": record.bookmark.modified,
        "location": record.bookmark.location,
        "read_well_at": record.read_well_at,
        "found": record.found,
        "muted": record.muted,
        "accepted": record.accepted,
        "state": record.state.value,
        "trouble": record.trouble,
        "not_before": record.not_before,
        "report": {
            "new": record.report.new,
            "left_out": dict(record.report.left_out),
            "counted": record.report.counted,
            "defects": [[defect.where, defect.what] for defect in record.report.defects],
            "more_defects": record.report.more_defects,
        },
    }


def _remembered(row: RowMapping) -> RememberedPiece:
    published = Published(at=row["published_at"], latest=row["published_latest"], day=row["published_day"])
    piece = Piece(
        id=row["id"],
        source=row["source"],
        title=row["title"],
        link=row["link"],
        published=published if row["dated"] else None,
        excerpt=row["excerpt"],
        authors=tuple(row["authors"]),
        comments=row["comments"],
        tags=tuple(row["tags"]),
        picture=_picture(row["picture"]),
        link_is_shared=row["link_is_shared"],
        language=row["language"],
    )
    return RememberedPiece(
        piece=piece,
        published=published,
        first_seen=row["first_seen"],
        young=row["young"],
        listed=row["listed"],
        withdrawn=row["withdrawn"],
        counted_at=row["counted_at"],
        recorded_as=row["id"],
        former=frozenset(row["former"] or ()),
        offered=_picture(row["offered"]),
    )


def _piece_row(remembered: RememberedPiece) -> dict[str, Any]:
    piece, published = remembered.piece, remembered.published
    return {
        "source": piece.source,
        "id": piece.id,
        "title": piece.title,
        "link": piece.link,
        "published_at": published.at,
        "published_latest": published.latest,
        "published_day": published.day,
        "dated": piece.published is not None,
        "excerpt": piece.excerpt,
        "authors": list(piece.authors),
        "comments": piece.comments,
        "tags": list(piece.tags),
        "picture": _picture_row(piece.picture),
        "first_seen": remembered.first_seen,
        "young": remembered.young,
        "listed": remembered.listed,
        "withdrawn": remembered.withdrawn,
        "counted_at": remembered.counted_at,
        "link_is_shared": piece.link_is_shared,
        "former": sorted(remembered.former) or None,
        "offered": _picture_row(remembered.offered),
        "language": piece.language,
    }


def _picture(row: Mapping[str, Any] | None) -> Picture | None:
    # Those that were written down before sizes were known have none.
    return None if row is None else Picture(**row)


def _picture_row(picture: Picture | None) -> dict[str, Any] | None:
    return None if picture is None else asdict(picture)
