"""Imports of customers: the file, what its columns are, and a row for each of its lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    ColumnElement,
    Delete,
    Index,
    Select,
    String,
    UniqueConstraint,
    Update,
    and_,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from sergio import jobs
from sergio.audit.actor import STAFF, Actor
from sergio.audit.models import record
from sergio.companies.models import Company
from sergio.database.checks import at_least, one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.files.models import StoredFile
from sergio.imports.statuses import (
    ACTIONS,
    ADD,
    AT_WORK,
    CHECKED,
    CHECKING,
    DISCARDED,
    FINISHED,
    NOT_STARTED,
    OVER,
    RUNNING,
    SKIP,
    STATUSES,
    STOPPED,
    TO_DO,
    UNDOING,
    UNDONE,
    UNDONE_TO,
    UPDATE,
    UPLOADED,
)
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused
from sergio.staff.models import StaffMember

KEPT_FOR = timedelta(days=7)
"""How long an import can be undone, and how long one that is not started is kept."""
SKIP_MATCHES, UPDATE_MATCHES = MATCHES = ("skip", "update")
"""What happens to a line about a customer who is there already."""
LONGEST_NAME = 120
LONGEST_REASON = 500


class CustomerImport(CompanyOwned, Model):
    """One file with customers, from its upload to its report.

    `name` is the file's, `rows` how many it has, `first_row` and `samples` are values to recognize its columns by, and
    `columns` what each is (`imports.columns`). `revision` rises each time the lines are checked anew; `counts` are the
    lines by what becomes of them. `reached` is the last line that was imported, `done` how many the job at work has
    dealt with. The file is stored until the import is over, the lines until `kept_until`; then `deleted_at` is set.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "number"),
        UniqueConstraint("company_id", "id"),
        Index(None, "company_id", "uploaded_at"),
        *within_company(staff_id="staff_member"),
        at_least("number", 1),
        one_of("status", STATUSES),
        one_of("matches", MATCHES),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int]
    staff_id: Mapped[int] = mapped_column()
    name: Mapped[str] = mapped_column(String(LONGEST_NAME))
    status: Mapped[str] = mapped_column(String(20), default=UPLOADED)
    rows: Mapped[int]
    has_headings: Mapped[bool]
    first_row: Mapped[list]
    samples: Mapped[list]
    columns: Mapped[list]
    matches: Mapped[str] = mapped_column(String(10), default=SKIP_MATCHES)
    revision: Mapped[int] = mapped_column(default=0)
    reached: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict] = mapped_column(default=dict)
    uploaded_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    kept_until: Mapped[datetime]
    deleted_at: Mapped[datetime | None]

    staff: Mapped[StaffMember] = relationship(foreign_keys=staff_id)

    @classmethod
    def upload(
        cls, company: Company, content: bytes, name: str, *, facts: Mapping, by: Actor, at: datetime
    ) -> "CustomerImport":
        """Keep a file; `facts` are the columns that say what is in it."""
        number = company.next_number("import")
        row = cls(company=company, number=number, staff_id=by.id, name=name, uploaded_at=at, **facts)
        row.kept_until = at + KEPT_FOR
        db.session.add(row)
        db.session.flush()
        StoredFile.store_once(company.id, row.path, content, at=at)
        record(row, "uploaded", by=by, at=at, after={"file": name, "lines": row.lines})
        return row

    @classmethod
    def numbered(cls, company: Company, number: int) -> Select:
        return select(cls).where(cls.company_id == company.id, cls.number == number)

    @classmethod
    def expired(cls, now: datetime) -> Select:
        """The ids of the imports whose files and lines are to be deleted."""
        return select(cls.id).where(cls.kept_until <= now, cls.deleted_at.is_(None), cls.status.not_in(AT_WORK))

    @property
    def folder(self) -> str:
        return f"imports/{self.id}/"

    @property
    def path(self) -> str:
        return f"{self.folder}file.csv"

    @property
    def content(self) -> bytes:
        """The file."""
        return db.session.scalars(StoredFile.at(self.company_id, self.path)).one().content

    @property
    def actor(self) -> Actor:
        """Who imports, for what the jobs do."""
        return Actor(STAFF, self.staff.name, self.staff_id)

    @property
    def lines(self) -> int:
        """How many lines can become customers."""
        return self.rows - int(self.has_headings)

    @property
    def headings(self) -> list[str]:
        """What the file calls its columns, else "Column 3"."""
        cells = self.first_row if self.has_headings else [""] * len(self.first_row)
        return [cell or _("Column %(number)s", number=number) for number, cell in enumerate(cells, 1)]

    @property
    def in_all(self) -> int:
        """How many lines the job at work has to deal with."""
        return self.lines if self.status == CHECKING else sum(self.counts.get(action, 0) for action in TO_DO)

    @property
    def is_at_work(self) -> bool:
        return self.status in AT_WORK

    @property
    def can_be_changed(self) -> bool:
        return self.status in NOT_STARTED

    def can_be_undone(self, now: datetime) -> bool:
        return self.status in OVER and self.deleted_at is None and now < self.kept_until

    def lock(self):
        """Keep others waiting until the commit, and read the row as it is now."""
        itself = select(CustomerImport).where(
            CustomerImport.company_id == self.company_id, CustomerImport.id == self.id
        )
        db.session.scalars(itself.with_for_update().execution_options(populate_existing=True)).one()

    def check(self, columns: Sequence[str], *, has_headings: bool, matches: str):
        """Have the lines checked, with what each column is, and what happens to customers who are there already. Needs
        the lock.
        """
        self._require(*NOT_STARTED)
        self.columns, self.has_headings, self.matches = [*columns], has_headings, matches
        self.status, self.done, self.counts = CHECKING, 0, {}
        self.revision += 1
        jobs.enqueue("imports.check", company=self.company, import_id=self.id, revision=self.revision)

    def note_checked(self):
        """Every line was checked: see `ImportLine`."""
        self.status, self.counts = CHECKED, self.counted()

    def start(self, *, by: Actor, at: datetime):
        """Import the lines as they were checked."""
        self.lock()
        self._require(CHECKED)
        self.status, self.done, self.started_at = RUNNING, 0, at
        record(self, "started", by=by, at=at, after={"file": self.name, **self.counts})
        jobs.enqueue("imports.run", company=self.company, import_id=self.id)

    def stop(self, *, by: Actor, at: datetime):
        """Discard it before it was started; afterwards, leave what is imported by now."""
        self.lock()
        self._require(*NOT_STARTED, RUNNING)
        record(self, "canceled", by=by, at=at, after={"file": self.name})
        if self.status == RUNNING:
            self._skip_the_rest()
            self._end(STOPPED, at)
        else:
            self.status = DISCARDED
            self.delete_content(at)

    def finish(self, *, at: datetime):
        self._end(FINISHED, at)
        record(self, "imported", by=self.actor, at=at, after={"file": self.name, **self.counts})

    def _end(self, status: str, at: datetime):
        """The report is kept, and the file is not."""
        self.status, self.counts, self.ended_at, self.kept_until = status, self.counted(), at, at + KEPT_FOR
        StoredFile.delete_under(self.company_id, self.folder, ())

    def _skip_the_rest(self):
        left = self.owns(), ImportLine.line > self.reached, ImportLine.action.in_(TO_DO)
        skipped = {"action": SKIP, "reason": _("Not imported, because the import was stopped.")}
        run(update(ImportLine).where(*left).values(**skipped, customer_id=None))

    def undo(self, *, by: Actor, now: datetime):
        """Remove the customers that it added, and give those it updated their former values, as far as nothing was done
        with them since.
        """
        self.lock()
        if not self.can_be_undone(now):
            raise Refused(_("This import can no longer be undone."))
        self.status, self.done = UNDOING, 0
        record(self, "undo_started", by=by, at=now, after={"file": self.name})
        jobs.enqueue("imports.undo", company=self.company, import_id=self.id, by=by.name, staff_id=by.id)

    def note_undone(self, *, by: Actor, at: datetime):
        self.status = UNDONE
        done = select(ImportLine.undone, func.count().label("lines")).where(self.owns(), ImportLine.undone != "")
        rows = db.session.execute(done.where(ImportLine.action.in_((ADD, UPDATE))).group_by(ImportLine.undone))
        self.counts = self.counts | {row.undone: row.lines for row in rows}
        record(self, "undone", by=by, at=at, after={"file": self.name, **self.counts})

    def delete_content(self, at: datetime):
        """Delete the file and the lines; what was imported stays."""
        StoredFile.delete_under(self.company_id, self.folder, ())
        self.delete_lines()
        self.deleted_at = at

    def expire(self, now: datetime):
        """Delete the content of an import that cannot be undone any more, or that nobody started."""
        if self.can_be_changed:
            self.status = DISCARDED
        self.delete_content(now)

    def delete_lines(self):
        run(delete(ImportLine).where(self.owns()))

    def owns(self) -> ColumnElement[bool]:
        """The condition for its lines."""
        return and_(ImportLine.company_id == self.company_id, ImportLine.import_id == self.id)

    def added_among(self, customer_ids: Sequence[int]) -> set[int]:
        """Those of these customers whom it has added."""
        added = self.owns(), ImportLine.action == ADD, ImportLine.customer_id.in_(customer_ids)
        return {each for each in db.session.scalars(select(ImportLine.customer_id).where(*added)) if each}

    def counted(self) -> dict[str, int]:
        """How many lines there are of each action."""
        rows = select(ImportLine.action, func.count().label("lines")).where(self.owns()).group_by(ImportLine.action)
        return {row.action: row.lines for row in db.session.execute(rows)}

    def _require(self, *statuses: str):
        if self.status not in statuses:
            raise Refused(_("Someone else just did that. Here is where it stands."))


class ImportLine(CompanyOwned, Model):
    """A line of an imported file: what becomes of it, and why.

    `content` is its `Entry`, or of an `ERROR` its cells. `leader` is the earlier line that is about the same customer.
    `customer_id` is the customer it added or changed, `changed` what undoing has to take back, `digest` stands for the
    customer it added as it was left by the import, and `undone` says what undoing did.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "import_id", "line"),
        Index(None, "company_id", "customer_id"),
        *within_company(import_id="customer_import", customer_id="customer"),
        one_of("action", ACTIONS),
        one_of("undone", UNDONE_TO),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    import_id: Mapped[int] = mapped_column()
    line: Mapped[int]
    action: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str] = mapped_column(String(LONGEST_REASON), default="")
    content: Mapped[dict]
    leader: Mapped[int | None]
    customer_id: Mapped[int | None] = mapped_column()
    changed: Mapped[list] = mapped_column(default=list)
    digest: Mapped[str] = mapped_column(String(64), default="")
    undone: Mapped[str] = mapped_column(String(10), default="")


def run(statement: Delete | Update):
    """Run a statement that changes no row of the session."""
    db.session.execute(statement, execution_options={"synchronize_session": False})
