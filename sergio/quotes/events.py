"""The events of a quote, for its page in the office."""

from sergio.lib.language import gettext as _


def events(quote) -> list[tuple]:
    """Events for `ui.timeline`, newest first: (formatted time, title, the customer's words, kind, path or None).

    The path leads to the version that was sent.
    """
    happened = [] if quote.version else [(quote.created_at, _("Created"), "", "draft", None)]
    for version in quote.versions if quote.version else ():
        number = version.version
        sent = _("Sent") if number == 1 else _("Version %(version)s sent", version=number)
        happened.append((version.sent_at, sent, "", "sent", f"{quote.office_path}?version={number}"))
    for request in quote.change_requests:
        title = _("%(name)s requested changes", name=request.name)
        happened.append((request.at, title, request.message, "changes-requested", None))
    for decline in quote.declines:
        title = _("%(name)s declined", name=decline.name)
        happened.append((decline.at, title, decline.reason, "declined", None))
    if proof := quote.acceptance:
        happened.append((proof.at, _("%(name)s accepted", name=proof.name), "", "accepted", None))
    if quote.withdrawn_at:
        happened.append((quote.withdrawn_at, _("Withdrawn"), "", "withdrawn", None))
    happened.sort(key=lambda event: event[0], reverse=True)
    moment = quote.company.format_moment
    return [(moment(at), what, words or None, kind, path) for at, what, words, kind, path in happened]
