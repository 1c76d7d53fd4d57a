"""The mailbox of the demo and the tests: an SMTP server that stores emails, and pages to read them."""

from sergio.sandbox.mailbox.messages import html_of, links_of, text_of
from sergio.sandbox.mailbox.pages import make_mailbox
from sergio.sandbox.mailbox.sink import Mailbox, running_mailbox

__all__ = ["Mailbox", "html_of", "links_of", "make_mailbox", "running_mailbox", "text_of"]
