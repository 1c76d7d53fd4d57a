"""The mailbox: emails stored and shown, and faults on command."""

import smtplib
from email.message import EmailMessage

import pytest

from sergio.sandbox.mailbox import links_of, make_mailbox

LINK = "http://sparkle.localhost:8000/portal/sign-in?token=a_b-c"


def new_email(to="Ana Ruiz <ana@example.com>", subject="Your link – schön"):
    message = EmailMessage()
    message["From"] = '"Sparkle, Sons & Co" <portal@sergio.example>'
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = "<1@sergio.example>"
    message.set_content(f"Hello Ana <b>,\npress {LINK}.\n")
    message.add_alternative(f'<p>Hello</p><script>alert(1)</script><a href="{LINK}">Sign in</a>', subtype="html")
    message.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="invoice ä.pdf")
    return message


@pytest.fixture
def send(mailbox):
    def hand_over(message=None, timeout=2):
        with smtplib.SMTP(mailbox.host, mailbox.port, timeout=timeout) as server:
            server.send_message(message or new_email())

    return hand_over


@pytest.fixture
def page(mailbox):
    return make_mailbox(mailbox.folder).test_client()


def test_an_email_is_stored_as_a_file_and_read_back(mailbox, send):
    send()
    (kept,) = mailbox.emails()
    assert (kept["Subject"], kept["To"].addresses[0].display_name) == ("Your link – schön", "Ana Ruiz")
    assert links_of(kept) == [LINK]
    assert [file.suffix for file in mailbox.folder.iterdir()] == [".eml"]
    mailbox.clear()
    assert mailbox.emails() == []


def test_letters_are_found_by_recipient_oldest_first(mailbox, send):
    for number, whom in enumerate(("ana@example.com", "ben@example.com", "ana@example.com")):
        send(new_email(whom, f"Email {number}"))
    assert [each["Subject"] for each in mailbox.wait_for(2, to="ANA@")] == ["Email 0", "Email 2"]
    with pytest.raises(AssertionError, match="1 of 2"):
        mailbox.wait_for(2, to="ben", seconds=0.1)


@pytest.mark.parametrize("code", [451, 550])
def test_a_refused_letter_is_not_kept(mailbox, send, code):
    mailbox.refuse(code)
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        send()
    assert refused.value.recipients["ana@example.com"][0] == code
    mailbox.work()
    send()
    assert len(mailbox.emails()) == 1


def test_a_stalled_server_never_responds(mailbox, send):
    mailbox.stall()
    with pytest.raises(smtplib.SMTPServerDisconnected, match="timed out"):
        send(timeout=0.2)
    assert (mailbox.emails(), mailbox.connections) == ([], 1)


def test_a_server_that_drops_stores_the_email_without_a_reply(mailbox, send):
    mailbox.drop()
    with pytest.raises(smtplib.SMTPServerDisconnected):
        send()
    mailbox.work()
    send()
    assert [each["Message-ID"] for each in mailbox.emails()] == ["<1@sergio.example>"] * 2


def test_the_page_lists_the_newest_first_and_filters(send, page):
    for whom, subject in (("ana@example.com", "First"), ("ben@example.com", "Second")):
        send(new_email(whom, subject))
    text = page.get("/").text
    assert text.index("Second") < text.index("First")
    assert "Second" not in page.get("/?to=Ana").text


def test_an_email_is_shown_with_links_and_without_scripts(mailbox, send, page):
    send()
    name = next(mailbox.folder.glob("*.eml")).name
    shown = page.get(f"/messages/{name}")
    assert f'press <a href="{LINK}" target="_blank" rel="noopener">{LINK}</a>.' in shown.text
    assert "&lt;b&gt;" in shown.text
    assert "script-src 'self'" in shown.headers["Content-Security-Policy"]
    framed = page.get(f"/messages/{name}/html").headers["Content-Security-Policy"]
    assert "sandbox allow-popups" in framed
    assert "script" not in framed


def test_attachments_are_downloaded(mailbox, send, page):
    send()
    name = next(mailbox.folder.glob("*.eml")).name
    got = page.get(f"/messages/{name}/attachments/0")
    assert (got.data, got.content_type) == (b"%PDF-1.7", "application/pdf")
    assert got.headers["Content-Disposition"].endswith("filename*=UTF-8''invoice%20%C3%A4.pdf")
    assert page.get(f"/messages/{name}/attachments/1").status_code == 404


@pytest.mark.parametrize("name", ["..%2Fsecret.eml", "x.eml", "1234567890123456789-1.eml"])
def test_only_emails_are_shown(mailbox, page, name):
    mailbox.folder.mkdir()
    for other in (mailbox.folder.parent / "secret.eml", mailbox.folder / "x.eml"):
        other.write_text("Subject: no email of ours\n\n")
    assert page.get(f"/messages/{name}").status_code == 404
