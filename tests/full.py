"""A database with rows in every table: the demo data, and one row for each table it leaves empty."""

from datetime import timedelta

from sqlalchemy import func, select

from sergio import seeds
from sergio.audit.actor import BY_SYSTEM, CONTACT, STAFF, Actor
from sergio.auth.document_links import DocumentLink
from sergio.auth.email_changes import EmailChange
from sergio.auth.invitation_runs import InvitationOutcome, InvitationRun
from sergio.auth.invitations import PortalInvitation
from sergio.auth.models import ApiToken, HandOver, MagicLink, SignIn
from sergio.auth.previews import Preview
from sergio.billing.models import Subscription, SubscriptionInvoice
from sergio.booking.calendars import BusyTime, CalendarFeed, OtherCalendar
from sergio.booking.change_requests import AppointmentChangeRequest
from sergio.booking.guarantees import AppointmentGuarantee
from sergio.booking.holds import BookingHold
from sergio.booking.models import Appointment, AppointmentMove
from sergio.booking.notes import AppointmentNote
from sergio.booking.photos import AppointmentPhoto
from sergio.booking.progress import AppointmentStep
from sergio.booking.reminders import AppointmentReminder
from sergio.booking.series import AppointmentSeries
from sergio.booking.services import ServiceStaff
from sergio.booking.visitors import BookingVisitor
from sergio.booking.waitlist import WaitlistEntry
from sergio.companies.portal_address import FormerSubdomain
from sergio.customers.address_changes import AddressChange
from sergio.customers.models import Contact
from sergio.customers.note import CustomerNote
from sergio.customers.unwanted_emails import UnwantedEmail
from sergio.extensions import db
from sergio.files.models import StoredFile
from sergio.imports.models import CustomerImport, ImportLine
from sergio.imports.statuses import ADD
from sergio.invoices.models import Invoice
from sergio.invoices.sending import InvoiceEmail
from sergio.jobs.models import Outage
from sergio.lib import clock
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.paused import PausedAddress
from sergio.outbox.wording import EmailWording
from sergio.payments.autopay import AutoPay
from sergio.payments.autopay_charges import AutoPayCharge
from sergio.payments.charge_outcomes import ChargeOutcome
from sergio.payments.mandates import DebitMandate
from sergio.payments.models import Dispute, Payment, PaymentAttempt, PaymentAttemptPart, Refund, StripeCustomer
from sergio.payments.moved_credit import MovedCredit
from sergio.payments.refund_requests import RefundRequest
from sergio.payments.saved import SavedMethod
from sergio.payments.stripe.events import EventCursor, StripeEvent
from sergio.payments.tries import PayLock, PaymentTry
from sergio.quotes.answer import QuoteAcceptance, QuoteAcceptanceUndone, QuoteChangeRequest, QuoteReply
from sergio.quotes.attachments import QuoteAttachment
from sergio.quotes.lines import QuotePackage
from sergio.quotes.looks import QuoteLook
from sergio.quotes.models import Quote
from sergio.quotes.reminders import QuoteReminder
from sergio.service_area.models import ServiceArea
from sergio.sign_up.founding import NewCompany
from sergio.sign_up.models import SignUp
from sergio.staff.models import StaffMember, TimeOff
from sergio.web.limits import RateLimitWindow
from sergio.widget.models import WidgetHost, WidgetScript


def fill_every_table():
    """Add the demo data and the rest. Commits."""
    seeds.add_demo_data()
    ana = db.session.scalars(select(Contact).order_by(Contact.id)).first()
    now = clock.now()
    company = ana.company
    with db.session.no_autoflush:
        db.session.add_all([*of_signing_in(ana, now), *of_money(company, ana, now), *of_work(company, ana, now)])
    db.session.flush()
    db.session.add_all([*of_answers(now), *of_charges()])
    db.session.commit()


def of_answers(now):
    """What follows from answers to quotes."""
    request = db.session.scalars(select(QuoteChangeRequest).order_by(QuoteChangeRequest.id)).first()
    about = {"company": request.company, "quote_id": request.quote_id}
    mine = {**about, "version": request.version, "at": now}
    yield QuoteReply(**mine, request_id=request.id, name="Olga", message="On Friday.")
    yield QuoteReminder(**mine, kind="unanswered")
    seen = {"version": request.version, "first_at": now, "last_at": now}
    yield QuoteLook(**about, contact_id=request.contact_id, **seen)
    attached = {"file_name": "plan.pdf", "media_type": "application/pdf", "size": 1, "digest": "0" * 64}
    yield QuoteAttachment(**about, after_version=0, added_at=now, **attached)
    yield QuotePackage(**about, position=0, name="Basic")
    accepted = db.session.scalars(select(QuoteAcceptance).order_by(QuoteAcceptance.id)).first()
    undone = {"times_undone": accepted.times_undone, "at": now, "name": "Olga", "reason": "A mistake."}
    yield QuoteAcceptanceUndone(company=accepted.company, quote_id=accepted.quote_id, **undone)


def of_charges():
    attempt = db.session.scalars(select(PaymentAttempt).order_by(PaymentAttempt.id)).first()
    yield ChargeOutcome(company=attempt.company, attempt_id=attempt.id, charge="ch_1")


def of_signing_in(ana: Contact, now):
    MagicLink.request(ana.company, "portal", ana.email, nonce="one browser", next_path="", now=now)
    signed_in = SignIn.start(ana, browser="a test", by=BY_SYSTEM, now=now)[0]
    yield signed_in
    olga = SignIn.start(
        db.session.scalars(select(StaffMember).order_by(StaffMember.id)).first(),
        browser="a test",
        by=BY_SYSTEM,
        now=now,
    )[0]
    yield Preview.start(olga, None, by=BY_SYSTEM, now=now)[0]
    DocumentLink.issue(ana, "quote", 1)
    EmailChange.ask(signed_in, "new@example.com", by=BY_SYSTEM, at=now)
    AddressChange.ask(ana, {"street": "1 New Street"}, by=BY_SYSTEM, at=now)
    yield from of_inviting(ana, olga.staff, now)
    yield WidgetHost(company=ana.company, host="sparkle.example", seen_on=now.date())
    yield WidgetScript(company=ana.company, digest="0" * 16, content="", served_on=now.date())
    yield RateLimitWindow(key="0" * 64, hits=1, expires_at=now)
    yield ApiToken.make(ana.company, "bookkeeping", by=BY_SYSTEM, now=now)[0]
    facts = {"owner_name": "Wanda", "email": "wanda@bright.example", "nonce": "one", "key": "a key", "now": now}
    SignUp.request(NewCompany("Bright", "bright", "US", "America/New_York", "USD"), **facts).company_id = ana.company_id
    HandOver.start(db.session.scalars(select(StaffMember).order_by(StaffMember.id)).first(), next_path="", now=now)
    yield FormerSubdomain(
        company=ana.company, subdomain="shine", look="shine", left_at=now, left_by="Olga", kept_until=now
    )
    StoredFile.store_once(ana.company_id, "a test", b"PDF", at=now)
    note = {"text": "Two dogs", "written_by": "Olga", "written_at": now}
    yield CustomerNote(company=ana.company, customer=ana.customer, **note)
    yield of_importing(ana, now)
    yield from of_emails(ana, now)


def of_emails(ana: Contact, now):
    company = ana.company
    yield OutgoingEmail(company=company, message_id="<1@a.test>", to=ana.email, subject="Hello", text="", html="")
    yield UnwantedEmail(company=company, contact_id=ana.id, kind="work_done", since=now)
    yield EmailWording(company=company, kind="quote_sent", subject="Your quote", opening="Hi", changed_at=now)
    yield PausedAddress(company=company, email_key="gone@example.com", paused_at=now, reason="550 no such user")


def of_importing(ana: Contact, now) -> ImportLine:
    facts = {"rows": 1, "has_headings": False, "first_row": ["Ana"], "samples": [["Ana"]], "columns": ["name"]}
    olga = db.session.scalars(select(StaffMember).order_by(StaffMember.id)).first()
    by = Actor(STAFF, olga.name, olga.id)
    row = CustomerImport.upload(ana.company, b"Ana", "customers.csv", facts=facts, by=by, at=now)
    line = {"line": 1, "action": ADD, "content": {}, "customer_id": ana.customer_id}
    return ImportLine(company=ana.company, import_id=row.id, **line)


def of_inviting(ana: Contact, olga: StaffMember, now):
    facts = {"number": 1, "who": "never", "total": 1, "started_at": now}
    run = InvitationRun(company=ana.company, staff=olga, **facts)
    db.session.add(run)
    db.session.flush()
    yield InvitationOutcome(company=ana.company, run_id=run.id, contact_id=ana.id, outcome="sent")
    sent = {"email": ana.email_key, "digest": "0" * 64, "sent_at": now, "expires_at": now, "sent_by": olga.name}
    yield PortalInvitation(company=ana.company, contact=ana, **sent)


def of_money(company, ana: Contact, now):
    payment = db.session.scalars(select(Payment).order_by(Payment.id)).first()
    attempt = {"contact": ana, "created_at": now, "checked_at": now}
    attempt |= {"started_by_kind": CONTACT, "started_by_name": ana.name}
    tried = PaymentAttempt.of_parts([PaymentAttemptPart.of(payment.invoice, 1)], **attempt)
    yield tried
    agreed = {"consent_version": "1", "consent_text": "Yes", "consented_at": now, "consent_name": ana.name}
    agreed |= {"consent_ip": "", "consent_browser": "", "company": company, "customer": ana.customer, "contact": ana}
    mandate = {name: value for name, value in agreed.items() if name not in ("customer", "contact")}
    yield DebitMandate(attempt=tried, **mandate)
    auto_pay = AutoPay(method=SavedMethod(**agreed), cap=1, currency="USD", notice_days=3, **agreed)
    planned = {"planned_on": now.date(), "next_on": now.date(), "told_at": now}
    yield AutoPayCharge(company=company, auto_pay=auto_pay, invoice=payment.invoice, amount=1, **planned)
    yield Refund(company=company, payment=payment, stripe_id="re_1", amount=1, at=now)
    asked = {"reason": "other", "by_kind": STAFF, "by_name": "Olga", "status": "by_hand", "method": "cash", "at": now}
    about = {"customer_id": ana.customer_id, "payment": payment, "amount": 1, "currency": "USD"}
    yield RefundRequest(company=company, **about, **asked)
    other = db.session.scalars(select(Invoice).where(Invoice.id != payment.invoice_id).order_by(Invoice.id)).first()
    moved = {"source": payment.invoice, "target": other, "amount": 1, "currency": "USD", "at": now, "by_name": "Olga"}
    yield MovedCredit(company=company, customer_id=ana.customer_id, **moved)
    tried = {"company": company, "contact_id": ana.id}
    yield PaymentTry(**tried, kind="started", source="one press", at=now)
    seen = {"cards": 5, "declines": 5, "answered": 1}
    yield PayLock(**tried, reason="cards", **seen, started_at=now, ends_at=now + timedelta(hours=1))
    yield Dispute(company=company, payment=payment, stripe_id="dp_1", amount=1, at=now)
    sent = {"kind": "invoice", "name": ana.name, "to": ana.email, "at": now, "sent_by": "Olga"}
    yield InvoiceEmail(company=company, invoice_id=payment.invoice_id, **sent)
    yield StripeCustomer(company=company, customer=ana.customer, account="acct_sparkle", stripe_id="cus_1")
    plan = Subscription(company=company, key="a key", plan="starter", amount=2_900, currency="USD", status="active")
    plan.created_at = plan.checked_at = now
    yield plan
    invoice = {"stripe_id": "in_1", "amount": 2_900, "currency": "USD", "status": "paid", "at": now}
    yield SubscriptionInvoice(company=company, subscription=plan, **invoice)
    yield EventCursor(company=company, account="acct_sparkle", read_until=now)
    yield StripeEvent(event="evt_1", type="charge.refunded", livemode=False, received_at=now)


def of_work(company, ana: Contact, now):
    appointment, quote = (
        db.session.scalars(select(table).order_by(table.id)).first() for table in (Appointment, Quote)
    )
    yield AppointmentMove(company=company, appointment_id=appointment.id, old=now, new=now, by="Olga", at=now)
    mine = {"company": company, "appointment_id": appointment.id, "at": now, "by": "Theo"}
    mine["staff_id"] = appointment.staff_id
    yield AppointmentStep(**mine, kind="on_way", minutes=15)
    reminded = {"company": company, "appointment_id": appointment.id, "starts_at": appointment.starts_at, "at": now}
    yield AppointmentReminder(**reminded, kind="days_before")
    asked = {"company": company, "appointment_id": appointment.id, "at": now, "by": ana.name}
    yield AppointmentChangeRequest(**asked, message="Can you come at noon?")
    names = ("customer_id", "contact_id", "property_id", "service_id", "staff_id")
    series = {name: getattr(appointment, name) for name in names} | {"starts_on": now.date(), "made_until": now.date()}
    yield AppointmentSeries(company=company, **series, minutes=60, weeks=2, minute=540, created_at=now)
    yield AppointmentNote(**mine, text="The filter is new.", public=True)
    yield AppointmentPhoto(**mine, kind="before", public=True, digest="0" * 32, width=40, height=30)
    yield ServiceStaff(company=company, service_id=appointment.service_id, staff_id=appointment.staff_id)
    feed = {"company": company, "staff_id": appointment.staff_id}
    yield CalendarFeed(**feed, digest="0" * 64, created_at=now)
    calendar = OtherCalendar(**feed, url="https://calendar.example/1.ics", added_at=now, next_at=now)
    yield BusyTime(**feed, calendar=calendar, starts_at=now, ends_at=now + timedelta(hours=1))
    yield ServiceArea(company=company, cities=[["Portland", "ME"]], radius=40_000)
    yield BookingVisitor(
        company=company, digest="0" * 64, network="0" * 64, service_id=appointment.service_id, street="1 Elm Street"
    )
    held = {"contact_id": ana.id, "service_id": appointment.service_id, "property_id": appointment.property_id}
    held |= {"staff_id": appointment.staff_id, "starts_at": now, "free_at": now + timedelta(hours=1)}
    yield BookingHold(company=company, **held, held_until=None, created_at=now)
    needed = {"appointment_id": appointment.id, "kind": "card", "due_at": now, "given_at": now}
    yield AppointmentGuarantee(company=company, **needed)
    waits = {"customer": ana.customer, "contact": ana, "service_id": appointment.service_id}
    yield WaitlistEntry(company=company, **waits, property_id=appointment.property_id, until_on=now.date())
    yield Outage(server="smtp", since=now, next_at=now, reason="It does not answer.")
    yield TimeOff(company=company, staff_id=appointment.staff_id, starts_at=now, ends_at=now + timedelta(days=1))
    request = {"version": 1, "at": now, "name": ana.name, "message": "Sooner, please."}
    yield QuoteChangeRequest(company=company, quote_id=quote.id, contact_id=ana.id, **request)


def counts(connection) -> dict[str, int]:
    """How many rows each table has."""
    return {
        table.name: connection.scalar(select(func.count()).select_from(table)) for table in db.metadata.sorted_tables
    }
