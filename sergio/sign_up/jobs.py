"""After the response: email the link, and delete what has expired."""

from flask import current_app

from sergio.companies.current import host_of
from sergio.companies.portal_address import FormerSubdomain
from sergio.extensions import db
from sergio.jobs import SIGN_IN, SMTP, job
from sergio.lib import clock
from sergio.lib.email_addresses import on_the_wire
from sergio.lib.language import lazy_gettext as _l
from sergio.sign_up import emails
from sergio.sign_up.models import SignUp


@job("sign_up.send_link", lane=SIGN_IN, server=SMTP, label=_l("Sending a sign-up email"))
def send_link(sign_up_id: int):
    """Email the link. No transaction is open meanwhile; a crash sends the same email and link again."""
    row = db.session.get(SignUp, sign_up_id)
    if row is None or row.sent_at or not row.is_valid(clock.now()):
        return
    if on_the_wire(row.email) is None:
        row.refusal = "This is not a valid email address."
        return
    config = current_app.config["SERGIO"]
    url = f"{config.scheme}://{config.root_domain}/sign-up/{row.token(current_app.config['SECRET_KEY'])}"
    about = {"message_id": row.message_id, "created_at": row.requested_at}
    to, host = row.email, host_of(row.subdomain, config)
    db.session.commit()
    refusal = emails.confirm(to, url=url, host=host, **about)
    row = db.session.get_one(SignUp, sign_up_id)
    row.sent_at, row.refusal = (None, refusal[:500]) if refusal else (clock.now(), "")


@job("sign_up.delete_expired", label=_l("Deleting old sign-ups"))
def delete_expired():
    """Delete requests a week after they expired, and subdomains that are no longer kept for who left them."""
    now = clock.now()
    for statement in (SignUp.delete_expired(now), FormerSubdomain.delete_expired(now)):
        db.session.execute(statement.execution_options(synchronize_session=False))
