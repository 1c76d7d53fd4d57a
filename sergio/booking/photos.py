"""Photos of an appointment: the rows, and their files, which are encrypted like all stored files."""

from datetime import datetime
from hashlib import sha256

from sqlalchemy import String, UniqueConstraint, func, select
from sqlalchemy.orm import Mapped, mapped_column

from sergio.audit.actor import Actor
from sergio.audit.models import changes, record
from sergio.booking.models import Appointment
from sergio.database.checks import one_of
from sergio.database.company_scope import CompanyOwned, within_company
from sergio.extensions import Model, db
from sergio.files.models import StoredFile
from sergio.lib.images import Photo
from sergio.lib.language import gettext as _
from sergio.lib.refused import Refused

BEFORE, AFTER, OTHER = KINDS = ("before", "after", "other")
LARGE, SMALL = SIZES = ("large", "small")
MOST_PHOTOS = 30
FOLDER = "appointments"


class AppointmentPhoto(CompanyOwned, Model):
    """A photo of an appointment; customers see it if it is `public`. `digest` is of its large file."""

    __table_args__ = (
        UniqueConstraint("company_id", "appointment_id", "digest"),
        *within_company(appointment_id="appointment", staff_id="staff_member"),
        one_of("kind", KINDS),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    appointment_id: Mapped[int] = mapped_column()
    staff_id: Mapped[int] = mapped_column()
    by: Mapped[str] = mapped_column(String(120))
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    caption: Mapped[str] = mapped_column(String(200), default="")
    public: Mapped[bool]
    digest: Mapped[str] = mapped_column(String(32))
    width: Mapped[int]
    height: Mapped[int]

    @classmethod
    def add(cls, appointment: Appointment, photo: Photo, *, by: Actor, now: datetime, **columns) -> "AppointmentPhoto":
        """Keep a photo; `columns` are its `kind`, `caption` and `public`. The same photo again is the same row."""
        digest = sha256(photo.large).hexdigest()[:32]
        db.session.refresh(appointment, with_for_update={"of": Appointment})
        table = AppointmentPhoto
        mine = table.company_id == appointment.company_id, table.appointment_id == appointment.id
        if there := db.session.scalar(select(table).where(*mine, table.digest == digest)):
            return there
        if db.session.execute(select(func.count(table.id)).where(*mine)).scalar_one() >= MOST_PHOTOS:
            raise Refused(full())
        for name in SIZES:
            where = path(appointment.number, digest, name)
            StoredFile.store_once(appointment.company_id, where, getattr(photo, name), at=now)
        whose = {"company_id": appointment.company_id, "appointment_id": appointment.id, "at": now}
        size = {"width": photo.width, "height": photo.height}
        row = table(**whose, **size, digest=digest, staff_id=by.id, by=by.name, **columns)
        db.session.add(row)
        record(appointment, "added_photo", by=by, at=now, after=columns)
        return row

    def change(self, appointment: Appointment, *, by: Actor, now: datetime, **columns):
        before, after = changes(self, **columns)
        for name, value in after.items():
            setattr(self, name, value)
        if after:
            record(appointment, "changed_photo", by=by, at=now, before=before, after=after)

    def delete(self, appointment: Appointment, *, by: Actor, now: datetime):
        """Delete it with its files."""
        facts = {"kind": self.kind, "caption": self.caption, "public": self.public}
        record(appointment, "deleted_photo", by=by, at=now, before=facts)
        StoredFile.delete_under(self.company_id, f"{FOLDER}/{appointment.number}/{self.digest}/", ())
        db.session.delete(self)


def content_of(photo: AppointmentPhoto, number: int, size: str) -> bytes | None:
    """The file of a photo of the appointment with that number; raises `encryption.Unreadable`."""
    file = db.session.scalar(StoredFile.at(photo.company_id, path(number, photo.digest, size)))
    return file.content if file else None


def path(number: int, digest: str, size: str) -> str:
    return f"{FOLDER}/{number}/{digest}/{size}.jpg"


def full() -> str:
    return _("An appointment can have up to %(most)s photos.", most=MOST_PHOTOS)
