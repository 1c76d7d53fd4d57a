"""Photos of appointments, part of the models: staff's of the work, and customers' of what needs to be done.

A customer adds photos while booking, when there is no appointment yet: until there is, they belong to the hold. Staff's
files are in the folder of their appointment. A customer's are stored once a company, by their digest, so that nothing
is copied when a hold becomes an appointment; a file goes with the last photo that has it.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from hashlib import sha256

from sqlalchemy import CheckConstraint, ColumnElement, Index, String, UniqueConstraint, func, or_, select, update
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.database.checks import one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.database.locks import lock_until_commit
from sergio.extensions import Model, db
from sergio.files.models import StoredFile
from sergio.lib import tokens
from sergio.lib.images import Photo
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

BEFORE, AFTER, OTHER, CUSTOMER = KINDS = ("before", "after", "other", "customer")
LARGE, SMALL = SIZES = ("large", "small")
MOST_PHOTOS, MOST_OF_CUSTOMER = 30, 6
FOLDER, FOLDER_OF_CUSTOMERS = "appointments", "customer-photos"


class AppointmentPhoto(CompanyOwned, Model):
    """A photo of an appointment, or of a hold that may become one. Customers see those that are `public`, and their
    own: of the kind CUSTOMER, without a `staff_id`. `digest` is of its large file.
    """

    __table_args__ = (
        UniqueConstraint("company_id", "appointment_id", "digest"),
        UniqueConstraint("company_id", "hold_id", "digest"),
        *within_company(appointment_id="appointment", hold_id="booking_hold", staff_id="staff_member"),
        Index(None, "company_id", "digest"),
        one_of("kind", KINDS),
        CheckConstraint("(appointment_id IS NULL) = (hold_id IS NOT NULL)", name="of_one"),
        CheckConstraint(f"(kind = '{CUSTOMER}') = (staff_id IS NULL)", name="by_staff_or_a_customer"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int | None] = mapped_column()
    hold_id: Mapped[int | None] = mapped_column()
    staff_id: Mapped[int | None] = mapped_column()
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    caption: Mapped[str] = mapped_column(String(200), default="")
    public: Mapped[bool]
    digest: Mapped[str] = mapped_column(String(32))
    width: Mapped[int]
    height: Mapped[int]

    @classmethod
    def add(cls, appointment, photo: Photo, *, by: Actor, now: datetime, **columns) -> "AppointmentPhoto":
        """Keep a photo of staff; `columns` are its `kind`, `caption` and `public`. The same photo again is the same
        row.
        """
        appointment.lock()
        whose = {"company_id": appointment.company_id, "appointment_id": appointment.id}
        row, is_new = cls._keep(photo, whose, appointment.number, by=by, now=now, staff_id=by.id, **columns)
        if is_new:
            record(appointment, "added_photo", by=by, at=now, after=columns)
        return row

    @classmethod
    def add_of_customer(cls, appointment, photo: Photo, *, by: Actor, now: datetime):
        """Keep a photo that the customer adds to an appointment. Raises `Refused` once it has begun."""
        appointment.lock()
        if why := why_no_more(appointment, now):
            raise Refused(why)
        lock_files(appointment.company_id)
        whose = {"company_id": appointment.company_id, "appointment_id": appointment.id}
        _row, is_new = cls._keep(photo, whose, by=by, now=now, kind=CUSTOMER, public=False)
        if is_new:
            record(appointment, "added_photo", by=by, at=now, after={"kind": CUSTOMER})

    @classmethod
    def add_to_hold(cls, hold, photo: Photo, *, by: Actor, now: datetime):
        """Keep a photo for the appointment that a hold becomes. Call `holds.lock` before."""
        lock_files(hold.company_id)
        whose = {"company_id": hold.company_id, "hold_id": hold.id}
        cls._keep(photo, whose, by=by, now=now, kind=CUSTOMER, public=False)

    def change(self, appointment, *, by: Actor, now: datetime, **columns):
        before, after = changes(self, **columns)
        for name, value in after.items():
            setattr(self, name, value)
        if after:
            record(appointment, "changed_photo", by=by, at=now, before=before, after=after)

    def delete(self, appointment, *, by: Actor, now: datetime):
        """Delete it with its files. Customers may do so with their own, until the appointment begins."""
        if by.is_contact and (why := why_no_more(appointment, now)):
            raise Refused(why)
        facts = {"kind": self.kind, "caption": self.caption, "public": self.public}
        record(appointment, "deleted_photo", by=by, at=now, before=facts)
        if self.kind == CUSTOMER:
            delete_of_customer([self])
        else:
            StoredFile.delete_under(self.company_id, f"{self.folder(appointment.number)}/", ())
            db.session.delete(self)

    def folder(self, number: int) -> str:
        """Where its files are; `number` is that of its appointment, if it has one."""
        return folder_of(self.kind, number, self.digest)

    @classmethod
    def seen_by_customer(cls, *, shows_photos: bool) -> ColumnElement[bool]:
        """The condition for what customers see: their own, and where the company shows photos, the public ones."""
        return or_(cls.kind == CUSTOMER, cls.public) if shows_photos else cls.kind == CUSTOMER

    @classmethod
    def _keep(
        cls, photo: Photo, whose: dict[str, int], number: int = 0, *, by: Actor, now: datetime, kind: str, **columns
    ) -> tuple["AppointmentPhoto", bool]:
        """The row of the photo, and whether it is new. Raises `Refused` where there is no room for another one."""
        digest = sha256(photo.large).hexdigest()[:32]
        mine = [getattr(cls, name) == value for name, value in whose.items()]
        if there := db.session.scalar(select(AppointmentPhoto).where(*mine, cls.digest == digest)):
            if (there.kind == CUSTOMER) != (kind == CUSTOMER):
                raise Refused(there_already(kind))
            return there, False
        of_same = (cls.kind == CUSTOMER) == (kind == CUSTOMER)
        most, sentence = (MOST_OF_CUSTOMER, full_of_customer) if kind == CUSTOMER else (MOST_PHOTOS, full)
        if db.session.execute(select(func.count(cls.id)).where(*mine, of_same)).scalar_one() >= most:
            raise Refused(sentence())
        for size in SIZES:
            where = path(folder_of(kind, number, digest), size)
            StoredFile.store_once(whose["company_id"], where, getattr(photo, size), at=now)
        facts = {"digest": digest, "width": photo.width, "height": photo.height, "kind": kind, "by": by.name, "at": now}
        row = cls(**whose, **facts, **columns)
        db.session.add(row)
        db.session.flush()
        return row, True


def of_hold(hold) -> list[AppointmentPhoto]:
    return _in_order(AppointmentPhoto.company_id == hold.company_id, AppointmentPhoto.hold_id == hold.id)


def of_customer(appointment) -> list[AppointmentPhoto]:
    """What the customer has added to an appointment."""
    table = AppointmentPhoto
    mine = table.company_id == appointment.company_id, table.appointment_id == appointment.id
    return _in_order(*mine, table.kind == CUSTOMER)


def _in_order(*which: ColumnElement[bool]) -> list[AppointmentPhoto]:
    return list(db.session.scalars(select(AppointmentPhoto).where(*which).order_by(AppointmentPhoto.id)))


def give(hold, **owner: int | None):
    """Give the photos of a hold to the appointment that it becomes, or to another hold, by these columns."""
    table = AppointmentPhoto
    moved = update(table).where(table.company_id == hold.company_id, table.hold_id == hold.id).values(**owner)
    db.session.execute(moved, execution_options={"synchronize_session": False})


def delete_of_customer(photos: Sequence[AppointmentPhoto]):
    """Delete photos of customers of one company, with those of their files that no other photo has."""
    if not photos:
        return
    company_id, digests = photos[0].company_id, [each.digest for each in photos]
    lock_files(company_id)
    for each in photos:
        db.session.delete(each)
    db.session.flush()
    delete_unused(company_id, digests)


def digests_of(company_id: int, appointments: Collection[int], holds: Collection[int]) -> list[str]:
    """The digests of customers' photos of these appointments and holds (ids)."""
    table = AppointmentPhoto
    theirs = or_(table.appointment_id.in_(appointments), table.hold_id.in_(holds))
    mine = table.company_id == company_id, table.kind == CUSTOMER
    return list(db.session.scalars(select(table.digest).where(*mine, theirs).distinct()))


def delete_unused(company_id: int, digests: Collection[str]):
    """Delete those of the customers' files that no photo of the company has any more. Call `lock_files` before."""
    table = AppointmentPhoto
    mine = table.company_id == company_id, table.kind == CUSTOMER
    used = select(table.digest).where(*mine, table.digest.in_(digests))
    for digest in set(digests) - set(db.session.scalars(used)):
        StoredFile.delete_under(company_id, f"{folder_of(CUSTOMER, 0, digest)}/", ())


def lock_files(company_id: int):
    """Until the commit, nobody else stores or deletes files of customers' photos of the company."""
    lock_until_commit(db.session, tokens.digest(f"customer photos of {company_id}"))


def content_of(photo: AppointmentPhoto, number: int, size: str) -> bytes | None:
    """The file of a photo of the appointment with that number; raises `encryption.Unreadable`."""
    file = db.session.scalar(StoredFile.at(photo.company_id, path(photo.folder(number), size)))
    return file.content if file else None


def folder_of(kind: str, number: int, digest: str) -> str:
    return f"{FOLDER_OF_CUSTOMERS}/{digest}" if kind == CUSTOMER else f"{FOLDER}/{number}/{digest}"


def path(folder: str, size: str) -> str:
    return f"{folder}/{size}.jpg"


def why_no_more(appointment, now: datetime) -> str:
    """Why the customer can no longer add or delete photos; empty while they can."""
    if why := appointment.why_over(now):
        return why
    return "" if now < appointment.starts_at else _("You can change your photos until the appointment starts.")


def there_already(kind: str) -> str:
    """To a customer, or to staff: the other side has added the same photo."""
    return _("We already have this photo.") if kind == CUSTOMER else _("The customer has already added this photo.")


def full() -> str:
    return _("An appointment can have up to %(most)s photos.", most=MOST_PHOTOS)


def full_of_customer() -> str:
    return _("You can add up to %(most)s photos. Remove one to add another.", most=MOST_OF_CUSTOMER)
