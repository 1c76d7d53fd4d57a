"""No name, subject or address can add a header or a recipient, or break the email (RFC 5322)."""

import pytest

from sergio import outbox
from sergio.lib import clock
from sergio.outbox.compose import one_line
from sergio.outbox.models import OutgoingEmail
from sergio.outbox.wording import Words

WORDS = Words("Hello", "Hello,")
EVIL = [
    "Sparkle\r\nBcc: evil@example.com",
    "Sparkle\nX-Evil: 1",
    "Sparkle\r\n\r\n<h1>body</h1>",
    "Sparkle\x01\x0b\x0c\x85\u2028\u2029Bcc: evil@example.com",
    "Sparkle, Sons & Co <evil@example.com>",
    '"Sparkle" \\" <evil@example.com>,',
    "\u202eelkrapS\u202c \u2066x\u2069",
    "Größe 清掃 🧽 " * 10,
    "x" * 119,
    "a, b; c: d",
    "=?utf-8?q?evil?=",
]


@pytest.fixture
def send(session, sparkle, work):
    def put(to="ana@example.com", subject="Hello"):
        outbox.send(sparkle, to, "auth/email/sign_in", subject, words=WORDS, link="", code="", until=clock.now())
        session.commit()
        work()

    return put


@pytest.mark.parametrize("name", EVIL)
def test_a_company_name_stays_a_name(mailbox, sparkle, send, name):
    sparkle.name = name
    send()
    (came,) = mailbox.emails()
    assert (came["Bcc"], came["X-Evil"], came["To"]) == (None, None, "ana@example.com")
    (sender,) = came["From"].addresses
    assert sender.addr_spec == "portal@localhost"


@pytest.mark.parametrize("subject", [*EVIL, "y" * 2000])
def test_a_subject_stays_one_header(mailbox, send, subject):
    send(subject=subject)
    (came,) = mailbox.emails()
    assert (came["Bcc"], came["X-Evil"], came["To"]) == (None, None, "ana@example.com")
    assert came["Subject"] == one_line(subject) or subject.startswith("=?")


def test_no_line_is_longer_than_servers_must_accept(mailbox, sparkle, send):
    sparkle.name = "x" * 119
    send(subject="y" * 2000)
    (file,) = mailbox.folder.glob("*.eml")
    assert max(map(len, file.read_bytes().splitlines())) <= 998


@pytest.mark.parametrize(
    "address",
    [
        "a@b.example,c@d.example",
        "a@b.example\r\nBcc: c@d.example",
        "Ana <ana@example.com>",
        "ana",
        "",
        "a b@c.example",
        "größe@example.com",
    ],
)
def test_text_that_is_not_one_address_gets_no_email(mailbox, send, session, sparkle, address):
    send(to=address)
    assert mailbox.emails() == []
    assert session.scalars(OutgoingEmail.undelivered(sparkle.id)).one().refusal == "This is not a valid email address."


def test_an_international_domain_is_sent_in_ascii(mailbox, send):
    send(to="ana@größe.example")
    assert mailbox.emails()[0]["To"] == "ana@xn--gre-6ka8i.example"


def test_the_companys_own_address_cannot_add_headers(mailbox, sparkle, send, session):
    sparkle.email = "hello@sparkle.example\r\nBcc: evil@example.com"
    send()
    assert all(came["Bcc"] is None for came in mailbox.emails())
