"""What happened to a quote, for the people in the office."""

from flask_babel import gettext as _


def events(quote) -> list[tuple]:
    """What happened, newest first: (moment, what, their words, kind, address or none), as `ui.timeline` takes it.

    Each sending leads to the version that was sent.
    """
    happened = [] if quote.version else [(quote.created_at, _("Created"), "", "draft", None)]
    for version in quote.versions if quote.version else ():
        number = version.version
        sent = _("Sent") if number == 1 else _("Version %(version)s sent", version=number)
        happened.append((version.sent_at, sent, "", "sent", f"{quote.office_path}?version={number}"))
    for request in quote.change_requests:
        asked = _("%(name)s requested changes", name=request.name)
        happened.append((request.at, asked, request.message, "changes-requested", None))
    for no in quote.declines:
        happened.append((no.at, _("%(name)s declined", name=no.name), no.reason, "declined", None))
    if proof := quote.acceptance:
        happened.append((proof.at, _("%(name)s accepted", name=proof.name), "", "accepted", None))
    if quote.withdrawn_at:
        happened.append((quote.withdrawn_at, _("Withdrawn"), "", "withdrawn", None))
    happened.sort(key=lambda event: event[0], reverse=True)
    moment = quote.company.format_moment
    return [(moment(at), what, words or None, kind, path) for at, what, words, kind, path in happened]
