"""The tables. Migrations make them; a test proves that all migrations together make exactly these."""

from datetime import UTC, datetime

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData()


class Instant(TypeDecorator[datetime]):
    """An aware instant, stored in UTC. SQLite keeps no zone, so it is put on and taken off here."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Into the database. Raises ValueError for an instant without a zone."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value} has no time zone")
        return value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Out of the database."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


#: A text that things are told apart by. Compared octet by octet, as SQLite does: an index in a language's order breaks
#: silently when the server's system learns another order (glibc's did in 2018), and then lets an address in twice.
KeyText = Text().with_variant(Text(collation="C"), "postgresql")

#: One row: what is true of the newsletter as a whole.
newsletter = Table(
    "newsletter",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("began", Instant),
    Column("gathered_at", Instant),
    Column("followed_digest", String(64), nullable=False, server_default=""),
    Column("list_trouble", Text, nullable=False, server_default=""),
    Column("tidied_at", Instant),
)

sources = Table(
    "sources",
    metadata,
    Column("name", KeyText, primary_key=True),
    Column("etag", Text),
    Column("modified", Text),
    Column("location", Text),
    Column("read_well_at", Instant),
    Column("found", Integer, nullable=False, server_default="0"),
    Column("muted", Boolean, nullable=False, server_default="0"),
    Column("accepted", Boolean, nullable=False, server_default="0"),
    Column("state", String(16), nullable=False),
    Column("trouble", Text, nullable=False, server_default=""),
    Column("contents", LargeBinary),
    Column("not_before", Instant),
    Column("report", JSON),
)

pieces = Table(
    "pieces",
    metadata,
    Column("source", KeyText, primary_key=True),
    Column("id", KeyText, primary_key=True),
    Column("title", Text, nullable=False),
    Column("link", Text, nullable=False),
    Column("published_at", Instant, nullable=False),
    Column("published_latest", Instant, nullable=False),
    Column("published_day", Date),
    Column("dated", Boolean, nullable=False),
    Column("excerpt", Text, nullable=False),
    Column("authors", JSON, nullable=False),
    Column("comments", Integer),
    Column("tags", JSON, nullable=False),
    Column("picture", JSON),
    Column("first_seen", Instant, nullable=False),
    Column("young", Boolean, nullable=False),
    Column("listed", Boolean, nullable=False),
    Column("withdrawn", Boolean, nullable=False, server_default="0"),
    Column("counted_at", Instant),
    Column("link_is_shared", Boolean, nullable=False, server_default="0"),
    Column("former", JSON),
    Column("offered", JSON),
    Column("language", Text, nullable=False, server_default=""),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("day", Date, nullable=False),
    Column("edition", String(32), nullable=False),
    Column("state", String(16), nullable=False),
    Column("instant", Instant, nullable=False),
    Column("hold", Text, nullable=False, server_default=""),
    Column("told", String(32), nullable=False, server_default=""),
    Column("because", Text, nullable=False, server_default=""),
    Column("looked_at", Instant, nullable=False),
    Column("frozen_at", Instant),
    Column("closed_at", Instant),
    Column("subject", Text, nullable=False, server_default=""),
    Column("preheader", Text, nullable=False, server_default=""),
    Column("html", Text, nullable=False, server_default=""),
    Column("text", Text, nullable=False, server_default=""),
    Column("nonce", String(16), nullable=False, server_default=""),
    Column("fingerprint", String(64), nullable=False, server_default=""),
    Column("explanation", Text, nullable=False, server_default=""),
    Column("candidates", Integer, nullable=False, server_default="0"),
    Column("excluded", JSON),
    Column("lease", Integer, nullable=False, server_default="0"),
    Column("given_back", Boolean, nullable=False, server_default="0"),
    #: The sums of its deliveries, once their rows are erased.
    Column("outcomes", JSON),
    #: How many reports said that mail servers refused it because of the newsletter, and whether that was told.
    Column("about_us", Integer, nullable=False, server_default="0"),
    Column("about_us_told", Boolean, nullable=False, server_default="0"),
    #: Whether `hold` is a firm one.
    Column("firm", Boolean, nullable=False, server_default="0"),
    #: Why nobody claims more of it until the next run; empty: whoever is to send it does.
    Column("rest", Text, nullable=False, server_default=""),
    UniqueConstraint("day", "edition", name="one_issue_per_day_and_edition"),
)

#: What readers of some sections have in place of the whole issue: a row for each choice that anybody made.
renderings = Table(
    "renderings",
    metadata,
    Column("issue_id", Integer, ForeignKey("issues.id"), primary_key=True),
    #: From 1; 0 is the whole issue, which stands in `issues`.
    Column("variant", Integer, primary_key=True),
    Column("sections", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("preheader", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
)

#: Issues that were stored for their editor to look at, before anybody was to get them. What they would carry stands in
#: `carried`, given back as long as they wait.
approvals = Table(
    "approvals",
    metadata,
    Column("issue_id", Integer, ForeignKey("issues.id"), primary_key=True),
    #: Of all that the editor can change; another makes it out of date.
    Column("digest", String(64), nullable=False),
    Column("proposed_at", Instant, nullable=False),
    Column("prepared_at", Instant, nullable=False),
    #: When the mail about this very rendering was accepted.
    Column("mailed_at", Instant),
    Column("trouble", Text, nullable=False, server_default=""),
    Column("approved_at", Instant),
)

#: What an issue carries: a row for every identity. Deleted when the issue gives its pieces back.
carried = Table(
    "carried",
    metadata,
    Column("issue_id", Integer, ForeignKey("issues.id"), primary_key=True),
    Column("identity", KeyText, primary_key=True),
)

subscribers = Table(
    "subscribers",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("email", Text, nullable=False),
    Column("compared", KeyText, nullable=False, unique=True),
    Column("name", Text, nullable=False, server_default=""),
    Column("status", String(16), nullable=False),
    Column("cadence", String(16), nullable=False),
    Column("sections", Text, nullable=False, server_default=""),
    Column("key", LargeBinary(8), nullable=False, unique=True),
    Column("origin", Text, nullable=False),
    Column("since", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("paused_until", Date),
    #: They chose cadence and sections themselves.
    Column("chose", Boolean, nullable=False, server_default="0"),
    #: What they were when they left by a page, since when, and until when they paused: what they have if they take it
    #: back. Empty for everybody else, also for who left in another way.
    Column("was", String(16)),
    Column("was_since", Instant),
    Column("was_paused_until", Date),
)

#: Who asked to be put on the list, and what has become of that.
signups = Table(
    "signups",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked_at", Instant, nullable=False),
    Column("network", Text, nullable=False),
    Column("wording", Text, nullable=False),
    Column("source", Text, nullable=False),
    #: When its mail was offered last, accepted or not.
    Column("sent_at", Instant),
    #: How often it was offered.
    Column("tries", Integer, nullable=False, server_default="0"),
    #: When it was confirmed, or another one of the same person's: then it is settled by that.
    Column("confirmed_at", Instant),
    Column("trouble", Text, nullable=False, server_default=""),
)
Index("signups_of_a_person", signups.c.subscriber_id)
Index("signups_by_time", signups.c.asked_at, signups.c.network)
Index("signups_by_state", signups.c.state, signups.c.network, signups.c.asked_at)

#: What people said of being mailed, and when: the proof of it. Never changed; erased with the person.
consents = Table(
    "consents",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("what", String(16), nullable=False),
    Column("wording", Text, nullable=False, server_default=""),
    Column("source", Text, nullable=False, server_default=""),
    Column("network", Text, nullable=False, server_default=""),
)
Index("consents_of_a_person", consents.c.subscriber_id)
Index("consents_by_time", consents.c.at)

#: All that is kept of who asked to be forgotten: the keyed hash of an address.
suppressions = Table(
    "suppressions",
    metadata,
    Column("hash", LargeBinary(32), primary_key=True),
    Column("at", Instant, nullable=False),
)

#: Returned mail that was read: its name in the mailbox and its octets' SHA-256, and nothing of what it said.
returned = Table(
    "returned",
    metadata,
    Column("name", KeyText, primary_key=True),
    Column("digest", LargeBinary(32), nullable=False),
    Column("what", String(16), nullable=False),
    Column("ours", Boolean, nullable=False),
    Column("read_at", Instant, nullable=False),
)
Index("returned_by_digest", returned.c.digest)
Index("returned_by_time", returned.c.read_at)

#: What the editor and others are to be told, and whether they were.
notices = Table(
    "notices",
    metadata,
    Column("name", KeyText, primary_key=True),
    Column("way", String(16), primary_key=True),
    Column("at", Instant, nullable=False),
    Column("subject", Text, nullable=False, server_default=""),
    Column("content", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("tried_at", Instant),
    Column("told_at", Instant),
    Column("trouble", Text, nullable=False, server_default=""),
)
Index("notices_by_time", notices.c.at)

#: One row per issue and subscriber, planned with the freeze: kept small, for there are millions. Times are whole
#: seconds since 1970.
deliveries = Table(
    "deliveries",
    metadata,
    Column("issue_id", Integer, ForeignKey("issues.id"), primary_key=True),
    Column("subscriber_id", Integer, ForeignKey("subscribers.id"), primary_key=True),
    Column("state", String(16), nullable=False),
    #: Which taking over of the issue claimed it: whoever holds an older one writes nothing more. -1: nobody claims it
    #: again, because it is in doubt and a person has let it be.
    Column("lease", Integer, nullable=False, server_default="0"),
    Column("offered", Integer, nullable=False, server_default="0"),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("doubts", Integer, nullable=False, server_default="0"),
    #: How many of the doubts were followed by another offer: each may be an extra copy.
    Column("resent", Integer, nullable=False, server_default="0"),
    Column("next_try", BigInteger),
    Column("code", Integer),
    Column("reply", Text),
    Column("changed_at", BigInteger),
    #: Which rendering of the issue they have; 0: the whole.
    Column("variant", Integer, nullable=False, server_default="0"),
    sqlite_with_rowid=False,
)
#: Only who waits is in it, so that the many who do not cost nothing.
Index(
    "deliveries_that_wait",
    deliveries.c.issue_id,
    deliveries.c.next_try,
    sqlite_where=deliveries.c.next_try.is_not(None),
    postgresql_where=deliveries.c.next_try.is_not(None),
)

#: Ranges of an issue's deliveries, each for one worker at a time. They lie side by side, and hold all.
batches = Table(
    "batches",
    metadata,
    Column("issue_id", Integer, ForeignKey("issues.id"), primary_key=True),
    #: The first and the last subscriber in it.
    Column("first", Integer, primary_key=True),
    Column("last", Integer, nullable=False),
    #: Which taking up of the issue it is taken up by: whoever holds an older one claims nothing more.
    Column("lease", Integer, nullable=False, server_default="0"),
    #: Who took it up last, and what went wrong there.
    Column("worker", Text, nullable=False, server_default=""),
    Column("trouble", Text, nullable=False, server_default=""),
    #: How many of its deliveries were answered so far, as its workers told.
    Column("answered", Integer, nullable=False, server_default="0"),
)

#: One row: until when, in microseconds since 1970 by the database's clock, sending is given away to workers.
pace = Table(
    "pace",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("given_until", BigInteger, nullable=False),
)
