"""The statuses of a quote, and what is allowed in each."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, update

from sergio.audit.actor import BY_SYSTEM
from sergio.lib.refused import Refused
from sergio.quotes import outcome_check
from sergio.quotes.evidence import TotalChanged, lines_with, preselected
from sergio.quotes.models import MOST_REQUESTS, Quote, QuoteLine
from tests.factories import by
from tests.quotes.builders import SIGNED, draft, lines, sent, total

MONDAY = datetime(2026, 11, 2, 15, tzinfo=UTC)
LAST_DAY = date(2026, 11, 16)
LAST_MINUTE = datetime(2026, 11, 17, 4, 59, 59, tzinfo=UTC)  # one second to midnight in New York
TOO_LATE = LAST_MINUTE + timedelta(seconds=1)


@pytest.fixture
def offer(session, ana):
    """A quote sent on a Monday, good for two weeks."""
    return sent(ana, at=MONDAY, valid_until=LAST_DAY)


def accept(quote, person, at=MONDAY, **more):
    chosen = more.pop("chosen", [])
    seen = {"version": quote.version, "shown": total(quote, chosen)}
    quote.accept(person, SIGNED, chosen, **{**seen, "by": by(person), "at": at, **more})


def test_a_draft_gets_a_number_the_companys_terms_and_a_price_with_preselected_lines(session, sparkle, ana):
    sparkle.terms = "Be kind."
    quote = Quote.draft(ana.customer, "Fence", lines(), valid_until=LAST_DAY, by=BY_SYSTEM, at=MONDAY)
    assert (quote.number, quote.terms, quote.currency, quote.total) == (1, "Be kind.", "USD", 120_000 + 12_000 + 4_550)
    assert quote.status(LAST_DAY) == "draft"


def test_the_total_has_the_required_and_the_chosen_lines(session, offer):
    _fence, gate, lamp = offer.lines
    offered = offer.newest.facts["lines"]
    assert [line["description"] for line in lines_with({"lines": offered}, [gate.id], None)] == ["Fence", "Gate"]
    assert preselected(offered) == [lamp.id]


def test_a_choice_below_zero_is_not_accepted(session, ana):
    rows = [
        QuoteLine(description="Visit", unit_price=5_000),
        QuoteLine(description="Deep clean", unit_price=50_000, optional=True),
        QuoteLine(description="Both together", unit_price=-10_000, optional=True),
    ]
    quote = Quote.draft(ana.customer, "Clean", rows, valid_until=LAST_DAY, by=BY_SYSTEM, at=MONDAY)
    quote.send(by=BY_SYSTEM, at=MONDAY)
    clean, less = quote.lines[1].id, quote.lines[2].id
    with pytest.raises(Refused, match="below zero"):
        accept(quote, ana, chosen=[less])
    accept(quote, ana, chosen=[clean, less])
    assert quote.acceptance.total == 45_000


def test_a_quote_is_sent_once(session, offer):
    assert offer.status(LAST_DAY) == "sent"
    with pytest.raises(Refused, match="already been sent"):
        offer.send(by=BY_SYSTEM, at=MONDAY)


def test_a_quote_whose_last_day_has_passed_is_not_sent(session, ana):
    with pytest.raises(Refused, match="expiration date"):
        sent(ana, at=TOO_LATE, valid_until=LAST_DAY)


def test_a_quote_without_a_contact_is_not_sent(session, ana):
    ana.left_at = MONDAY
    with pytest.raises(Refused, match="no contact"):
        sent(ana, at=MONDAY, valid_until=LAST_DAY)


def test_a_quote_can_be_accepted_until_midnight_in_the_companys_time_zone(session, ana, offer):
    accept(offer, ana, at=LAST_MINUTE)
    assert offer.status(LAST_DAY) == "accepted"


def test_after_midnight_it_has_expired(session, ana, offer):
    with pytest.raises(Refused, match="expired"):
        accept(offer, ana, at=TOO_LATE)
    with pytest.raises(Refused, match="expired"):
        offer.decline(ana, "", version=1, by=by(ana), at=TOO_LATE)
    assert offer.status(LAST_DAY + timedelta(days=1)) == "expired"


def test_a_quote_is_accepted_once(session, ana, offer):
    accept(offer, ana)
    with pytest.raises(Refused, match="Ana Ruiz already accepted"):
        accept(offer, ana)
    with pytest.raises(Refused, match="already accepted"):
        offer.decline(ana, "", version=1, by=by(ana), at=MONDAY)
    with pytest.raises(Refused, match="already accepted"):
        offer.ask_for_changes(ana, "Blue, please.", version=1, by=by(ana), at=MONDAY)


def test_an_accepted_quote_is_neither_changed_nor_withdrawn(session, ana, offer):
    accept(offer, ana)
    with pytest.raises(Refused, match="new quote"):
        offer.revise(lines(), by=BY_SYSTEM, at=MONDAY)
    with pytest.raises(Refused, match="not open"):
        offer.withdraw(by=BY_SYSTEM, at=MONDAY)


def test_a_declined_quote_is_not_accepted_afterwards(session, ana, offer):
    offer.decline(ana, "Too dear", version=1, by=by(ana), at=MONDAY)
    assert offer.status(LAST_DAY) == "declined"
    with pytest.raises(Refused, match="declined"):
        accept(offer, ana)


def test_a_withdrawn_quote_is_not_accepted(session, ana, offer):
    offer.withdraw(by=BY_SYSTEM, at=MONDAY)
    assert offer.status(LAST_DAY) == "withdrawn"
    with pytest.raises(Refused, match="was withdrawn"):
        accept(offer, ana)


def test_only_an_open_quote_is_withdrawn(session, ana, offer):
    with pytest.raises(Refused, match="Quote 2 is not open, so it cannot be withdrawn"):
        draft(ana).withdraw(by=BY_SYSTEM, at=MONDAY)
    with pytest.raises(Refused, match="not open"):
        offer.withdraw(by=BY_SYSTEM, at=TOO_LATE)
    offer.withdraw(by=BY_SYSTEM, at=MONDAY)
    with pytest.raises(Refused, match="not open"):
        offer.withdraw(by=BY_SYSTEM, at=MONDAY + timedelta(hours=1))
    assert offer.withdrawn_at == MONDAY


def test_a_declined_quote_is_not_withdrawn(session, ana, offer):
    offer.decline(ana, "Too expensive", version=1, by=by(ana), at=MONDAY)
    with pytest.raises(Refused, match="not open"):
        offer.withdraw(by=BY_SYSTEM, at=MONDAY)
    assert offer.status(LAST_DAY) == "declined"


@pytest.mark.parametrize("shown", [None, 0, 131_999, 165_000])
def test_only_the_total_that_was_shown_is_accepted(session, ana, offer, shown):
    with pytest.raises(TotalChanged, match=r"The total is now \$1,320.00"):
        accept(offer, ana, shown=shown)
    assert offer.acceptance is None
    accept(offer, ana, shown=132_000)
    assert offer.acceptance.total == 132_000


def test_a_draft_is_not_accepted(session, ana):
    with pytest.raises(Refused, match="not been sent"):
        accept(draft(ana), ana, version=1)


def test_a_changed_quote_is_a_new_version_that_needs_a_new_acceptance(session, ana, offer):
    offer.decline(ana, "Too dear", version=1, by=by(ana), at=MONDAY)
    offer.revise(
        [QuoteLine(description="A lower fence", unit_price=90_000)], title="Lower fence", by=BY_SYSTEM, at=MONDAY
    )
    assert (offer.version, offer.total, offer.title, offer.status(LAST_DAY)) == (2, 90_000, "Lower fence", "sent")
    for version in (1, None, 3):
        with pytest.raises(Refused, match="Review it again"):
            accept(offer, ana, version=version)
    accept(offer, ana, version=2)
    assert offer.acceptance.version == 2


def test_a_revision_sends_a_quote_that_was_withdrawn_or_expired(session, ana, offer):
    offer.withdraw(by=BY_SYSTEM, at=MONDAY)
    offer.revise(lines(), valid_until=LAST_DAY + timedelta(days=30), by=BY_SYSTEM, at=TOO_LATE)
    assert offer.status(LAST_DAY + timedelta(days=1)) == "sent"


def test_changes_can_be_requested_several_times_and_the_quote_stays_open(session, ana, offer):
    for _ in range(MOST_REQUESTS):
        offer.ask_for_changes(ana, "Blue, please.", version=1, by=by(ana), at=MONDAY)
    assert offer.status(LAST_DAY) == "changes-requested"
    with pytest.raises(Refused, match="have your messages"):
        offer.ask_for_changes(ana, "Green, please.", version=1, by=by(ana), at=MONDAY)
    accept(offer, ana)


def test_a_change_request_is_about_the_version_that_was_shown(session, ana, offer):
    offer.revise(lines(), by=BY_SYSTEM, at=MONDAY)
    offer.ask_for_changes(ana, "Blue, please.", version=1, by=by(ana), at=MONDAY)
    session.flush()
    (request,) = offer.change_requests
    assert (request.version, request.offered.version) == (1, 1)
    assert offer.status(LAST_DAY) == "sent"


@pytest.mark.parametrize("version", [None, 0, 2])
def test_a_change_request_about_no_version_is_refused(session, ana, offer, version):
    with pytest.raises(Refused, match="changed while you had it open"):
        offer.ask_for_changes(ana, "Blue, please.", version=version, by=by(ana), at=MONDAY)
    assert offer.change_requests == []


def test_a_new_quote_can_be_requested_after_the_last_day(session, ana, offer):
    offer.ask_for_changes(ana, "Please send me a new quote.", version=1, by=by(ana), at=TOO_LATE)
    assert [request.message for request in offer.requests_now] == ["Please send me a new quote."]
    assert offer.status(LAST_DAY + timedelta(days=1)) == "expired"


def status_by_answers(quote, on) -> str:
    """The status by what was sent and answered, without the columns that repeat it."""
    if quote.acceptance or quote.withdrawn_at or quote.newest is None:
        return "accepted" if quote.acceptance else "withdrawn" if quote.withdrawn_at else "draft"
    if any(decline.version == quote.version for decline in quote.declines):
        return "declined"
    if quote.newest.valid_until < on:
        return "expired"
    asked = any(request.version == quote.version for request in quote.change_requests)
    return "changes-requested" if asked else "sent"


def test_the_status_in_sql_is_the_status_in_python(session, ana):
    """Every combination of what can happen to a quote, on its last day and after."""
    happen = {
        "sent": lambda quote: None,
        "accepted": lambda quote: accept(quote, ana),
        "declined": lambda quote: quote.decline(ana, "", version=quote.version, by=by(ana), at=MONDAY),
        "asked": lambda quote: quote.ask_for_changes(ana, "Blue", version=quote.version, by=by(ana), at=MONDAY),
        "withdrawn": lambda quote: quote.withdraw(by=BY_SYSTEM, at=MONDAY),
        "revised": lambda quote: quote.revise(lines(), by=BY_SYSTEM, at=MONDAY),
    }
    draft(ana, valid_until=LAST_DAY)
    for first in happen:
        for second in happen:
            quote = sent(ana, at=MONDAY, valid_until=LAST_DAY)
            for event in (first, second):
                try:
                    happen[event](quote)
                except Refused:
                    continue
    session.flush()
    assert list(outcome_check.differences()) == []
    session.expire_all()
    seen = set()
    for on in (LAST_DAY, LAST_DAY + timedelta(days=1)):
        in_sql = dict(session.execute(select(Quote.id, Quote.status(on))).all())
        quotes = session.scalars(Quote.whole(), {"company_id": ana.company_id}).unique().all()
        assert in_sql == {quote.id: quote.status(on) for quote in quotes}
        assert in_sql == {quote.id: status_by_answers(quote, on) for quote in quotes}
        seen |= set(in_sql.values())
    assert seen == {"draft", "sent", "changes-requested", "accepted", "declined", "expired", "withdrawn"}


@pytest.mark.parametrize(
    ("tampered", "said"),
    [
        ({"outcome": "declined", "open_until": None}, f"it is declined, its answers say sent until {LAST_DAY}"),
        ({"open_until": LAST_DAY + timedelta(days=1)}, f"its answers say sent until {LAST_DAY}"),
    ],
)
def test_the_doctor_finds_a_row_that_differs_from_the_answers(session, ana, tampered, said):
    quote = sent(ana, at=MONDAY, valid_until=LAST_DAY)
    session.flush()
    session.execute(update(Quote).where(Quote.company_id == ana.company_id).values(tampered))
    [difference] = outcome_check.differences()
    assert difference.startswith(f"sparkle, quote {quote.number}: ")
    assert difference.endswith(said)


def test_emails_are_sent_about_each_event(session, ana, offer, outbox):
    offer.ask_for_changes(ana, "Blue, please.", version=1, by=by(ana), at=MONDAY)
    offer.revise(lines(), by=BY_SYSTEM, at=MONDAY)
    accept(offer, ana)
    session.commit()
    assert [(message.to, message.subject) for message in outbox.emails] == [
        ("ana@example.com", "Quote 1: Garden fence"),
        ("hello@sparkle.example", "Ana Ruiz requested changes to quote 1"),
        ("ana@example.com", "Quote 1 was updated: Garden fence"),
        ("ana@example.com", "You accepted quote 1: Garden fence"),
        ("hello@sparkle.example", "Ana Ruiz accepted quote 1"),
    ]
    offered, asked, _updated, copy, told = outbox.emails
    for message in (offered, copy):
        assert "https://sparkle.sergio.test/d/" in message.text
        assert 'href="https://sparkle.sergio.test/d/' in message.html
    assert "Blue, please." in asked.text
    assert "Half is due before we begin." in copy.text
    assert "$1,320.00" in copy.text
    assert "/office/quotes/1" in told.text


def test_the_office_gets_the_reason_for_declining(session, ana, offer, outbox):
    offer.decline(ana, "We found somebody nearer.", version=1, by=by(ana), at=MONDAY)
    session.commit()
    assert outbox.subjects[-1] == "Ana Ruiz declined quote 1"
    assert "We found somebody nearer." in outbox.emails[-1].text


def test_an_email_goes_to_the_contact_of_the_quote(session, ana, ben, outbox):
    ben.customer = ana.customer
    session.flush()
    sent(ana, contact=ben)
    session.commit()
    assert outbox.emails[-1].to == "ben@example.com"
