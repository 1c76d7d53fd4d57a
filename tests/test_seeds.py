"""The demo data: no emails are sent, and other jobs are kept."""

from sqlalchemy import select

from sergio import jobs, seeds
from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.jobs.models import Job
from sergio.outbox.models import OutgoingEmail
from tests import factories


def test_adding_demo_data_deletes_its_own_emails_and_jobs_and_no_others(session):
    other = seeds.company("other", "Other Cleaning", seeds.FREE, "Otto Other", "#000000", "#000000")
    content = {"subject": "Still to be sent", "text": "Hello", "html": "<p>Hello"}
    email = OutgoingEmail(company=other, message_id="<1@sergio.test>", to="otto@example.com", **content)
    db.session.add(email)
    job = factories.job("payments.reconcile")
    db.session.commit()

    seeds.add_demo_data()

    assert session.scalars(select(OutgoingEmail.id)).all() == [email.id]
    assert session.scalars(select(Job.id).where(Job.lane != jobs.DOCUMENTS)).all() == [job.id]


def test_the_demo_datas_pdfs_are_kept(session, work):
    seeds.add_demo_data()
    work()
    names = {path.partition("/")[0] for path in session.scalars(select(StoredFile.path))}
    assert names == {"invoices", "quotes", "receipts"}
