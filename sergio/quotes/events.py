"""What happened to a quote, for the people in the office."""

from flask_babel import gettext as _


def events(quote) -> list[tuple]:
    """What happened, newest first: (moment, what, their words, kind, None), as `ui.timeline` takes it."""
    happened = []
    if not quote.sent_at:
        happened.append((quote.created_at, _("Written"), "", "draft"))
    else:
        sent = _("Sent") if quote.version == 1 else _("Version %(version)s sent", version=quote.version)
        happened.append((quote.sent_at, sent, "", "sent"))
    for wish in quote.change_requests:
        happened.append((wish.at, _("%(name)s asked for changes", name=wish.name), wish.message, "changes-requested"))
    for no in quote.declines:
        happened.append((no.at, _("%(name)s declined", name=no.name), no.reason, "declined"))
    if quote.acceptance:
        happened.append((quote.acceptance.at, _("%(name)s accepted", name=quote.acceptance.name), "", "accepted"))
    if quote.withdrawn_at:
        happened.append((quote.withdrawn_at, _("Taken back"), "", "withdrawn"))
    happened.sort(key=lambda event: event[0], reverse=True)
    return [(quote.company.format_moment(at), what, words or None, kind, None) for at, what, words, kind in happened]
