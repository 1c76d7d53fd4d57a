"""Addresses: which are well formed, and which spellings reach one mailbox."""

import pytest

from sergio.lib.email_addresses import mailbox, masked, on_the_wire, well_formed


@pytest.mark.parametrize(
    "spelling",
    [
        "ana.ruiz@gmail.com",
        "ANA.RUIZ@GMAIL.COM",
        "anaruiz@gmail.com",
        "a.n.a.r.u.i.z@googlemail.com",
        "ana.ruiz+invoices@gmail.com",
        "Ana.Ruiz+a+b@GoogleMail.com",
        "ａｎａruiz@gmail.com",
        "anaruiz@ｇmail.com",
    ],
)
def test_all_spellings_of_a_gmail_mailbox_are_one(spelling):
    assert mailbox(spelling) == "anaruiz@gmail.com"


@pytest.mark.parametrize("spelling", ["info+x@café.example", "Info@CAFÉ.example", "info@xn--caf-dma.example"])
def test_an_international_domain_and_its_ascii_form_are_one(spelling):
    assert mailbox(spelling) == "info@xn--caf-dma.example"


def test_dots_tell_mailboxes_apart_where_they_count():
    assert mailbox("a.b@example.com") != mailbox("ab@example.com")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ana",
        "ana@",
        "@example.com",
        "a b@example.com",
        "a@b@c.example",
        "a@b,c@d.example",
        "ana@example",
        "ana@exam\nple.com",
        "Ana <ana@example.com>",
    ],
)
def test_an_invalid_address_is_none(text):
    assert (well_formed(text), on_the_wire(text)) == (None, None)


def test_a_masked_address_is_recognized_only_by_its_owner():
    assert masked("ana@example.com") == "a***@example.com"


def test_text_longer_than_an_address_is_not_parsed(monkeypatch):
    monkeypatch.setattr("email_validator.validate_email", lambda *args, **kwargs: pytest.fail("looked at"))
    assert well_formed("a" * 250 + "@b.example") is None
