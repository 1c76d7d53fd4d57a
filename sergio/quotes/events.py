"""The events of a quote, for its page in the office."""

from collections.abc import Iterable

from sergio.lib.language import gettext as _
from sergio.quotes.timeline import LOOK, REMINDER, REPLY, UNDONE, Happened


def events(quote, happenings: Iterable[Happened] = ()) -> list[tuple]:
    """Events for `ui.timeline`, newest first: (formatted time, title, somebody's words, kind, path or None).

    The path leads to the version that was sent.
    """
    happened = [] if quote.version else [(quote.created_at, _("Created"), "", "draft", None)]
    for version in quote.versions if quote.version else ():
        number = version.version
        sent = _("Sent") if number == 1 else _("Version %(version)s sent", version=number)
        happened.append((version.sent_at, sent, "", "sent", f"{quote.office_path}?version={number}"))
    happened += answers(quote)
    happened += [event for each in happenings if each.kind in SENTENCES for event in also(each)]
    if quote.withdrawn_at:
        happened.append((quote.withdrawn_at, _("Withdrawn"), "", "withdrawn", None))
    happened.sort(key=lambda event: event[0], reverse=True)
    moment = quote.company.format_moment
    return [(moment(at), what, words or None, kind, path) for at, what, words, kind, path in happened]


def answers(quote) -> list[tuple]:
    """What the customer answered."""
    happened = []
    for request in quote.change_requests:
        title = _("%(name)s requested changes", name=request.name)
        happened.append((request.at, title, request.message, "changes-requested", None))
    for decline in quote.declines:
        title = _("%(name)s declined", name=decline.name)
        happened.append((decline.at, title, decline.reason, "declined", None))
    if proof := quote.acceptance:
        happened.append((proof.at, _("%(name)s accepted", name=proof.name), "", "accepted", None))
    return happened


def also(event: Happened) -> list[tuple]:
    """Other events; a look is one for the first time and one for the last."""
    words = event.text if event.kind in (REPLY, UNDONE) else ""
    first = (event.at, SENTENCES[event.kind](event), words, None, None)
    if event.last_at is None or event.last_at == event.at:
        return [first]
    return [first, (event.last_at, _("%(name)s looked at it again", name=event.name), "", None, None)]


SENTENCES = {
    REPLY: lambda event: _("%(name)s answered", name=event.name),
    LOOK: lambda event: _("%(name)s looked at version %(version)s", name=event.name, version=event.number),
    REMINDER: lambda event: _("Reminder sent"),
    UNDONE: lambda event: _("%(name)s undid the acceptance", name=event.name),
}
