"""Who views a page of the portal by a document link: the pages of that one document, and none besides."""

from flask import Response, g, request

from sergio.audit.actor import CONTACT, Actor
from sergio.auth.actors import origin
from sergio.auth.document_links import APPOINTMENT, INVOICE, OFFER, QUOTE, DocumentLink
from sergio.auth.requester import DOCUMENT_COOKIE
from sergio.auth.sessions import set_cookie
from sergio.auth.viewer import DOCUMENT_LINK, Viewer
from sergio.extensions import db
from sergio.lib import clock
from sergio.web.pages import go
from sergio.web.reader import chosen_language

MOST = 5
"""How many documents a browser keeps open: the tokens of their links, the latest first."""

PAGES = {
    QUOTE: (
        *("portal.quotes.show", "portal.quotes.total", "portal.quotes.preview", "portal.quotes.look"),
        *("portal.quotes.download", "portal.quotes.attachment", "portal.quotes.small_attachment"),
        *("portal.quotes.accept", "portal.quotes.decline", "portal.quotes.ask_for_changes"),
        "portal.quotes.pay_deposit",
    ),
    INVOICE: (
        *("portal.invoices.show", "portal.invoices.download"),
        *("portal.payments.new", "portal.payments.create", "portal.payments.show"),
    ),
    APPOINTMENT: (
        *("portal.appointments.show", "portal.appointments.confirmation", "portal.appointments.download"),
        *("portal.appointments.small_photo", "portal.appointments.large_photo"),
        *("portal.own_photos.index", "portal.own_photos.add", "portal.own_photos.remove"),
        *("portal.appointments.choose", "portal.appointments.withdraw", "portal.appointments.edit"),
        *("portal.appointments.review", "portal.appointments.reschedule", "portal.appointments.cancel"),
        *("portal.appointments.new_change_request", "portal.appointments.ask", "portal.deposits.pay"),
    ),
    OFFER: tuple(f"portal.waitlist.{view}" for view in ("offer", "accept", "decline", "leave")),
}
"""The pages of each kind of document; the number in their path is that of the document."""
KIND = {endpoint: kind for kind, endpoints in PAGES.items() for endpoint in endpoints}


def opened_document() -> DocumentLink | None:
    """The link, opened in this browser, to the document that this request is about."""
    kind = KIND.get(request.endpoint or "")
    tokens = tokens_of_browser()
    if not kind or not tokens:
        return None
    return DocumentLink.opened_by(g.company, tokens, kind, (request.view_args or {})["number"], clock.now())


def document_viewer(link: DocumentLink) -> Viewer:
    """The contact to whom a link was sent, as the portal's views take it."""
    company, contact = g.company, link.contact
    sent, opened = link.sent_at.isoformat(), link.opened_at and link.opened_at.isoformat()
    proof = {"document_link": link.id, "email": contact.email, "sent": sent, "opened": opened}
    about = {"language": chosen_language() or contact.reads, "time_zone": company.time_zone}
    by = Actor(CONTACT, contact.name, contact.id, **origin())
    document = (link.kind, link.number)
    return Viewer(company, contact.customer, contact, DOCUMENT_LINK, by, proof=proof, document=document, **about)


def go_to_another(viewer: Viewer, kind: str, number: int, path: str) -> Response:
    """Commit, and redirect to a page of another document. Who views one by a link gets it opened, too."""
    token = open_another(viewer, kind, number) if viewer.document else ""
    db.session.commit()
    response = go(path)
    if token:
        remember(response, token)
    return response


def open_another(viewer: Viewer, kind: str, number: int) -> str:
    """Open another document for who views one by a link, since that opens no other page; the token to `remember`,
    empty if this browser has it open already.
    """
    if DocumentLink.opened_by(viewer.company, tokens_of_browser(), kind, number, clock.now()):
        return ""
    token = DocumentLink.issue(viewer.contact, kind, number).rpartition("/")[2]
    db.session.scalars(DocumentLink.with_token(viewer.company, token)).one().open(by=viewer.by, at=clock.now())
    return token


def tokens_of_browser() -> list[str]:
    return [token for token in request.cookies.get(DOCUMENT_COOKIE, "").split(".")[:MOST] if token]


def remember(response: Response, token: str):
    """Keep the token in this browser, beside those of other documents."""
    others = [each for each in tokens_of_browser() if each != token]
    set_cookie(response, DOCUMENT_COOKIE, ".".join([token, *others][:MOST]))
