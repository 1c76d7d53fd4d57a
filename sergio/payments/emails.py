"""Letters about money that came and money that went back."""

from flask_babel import gettext as _

from sergio import outbox


def receipt(payment):
    """To the person who paid: it has arrived, and here is the receipt."""
    company, contact = payment.company, payment.attempt.contact
    if contact.left_at is None:
        subject = _(
            "Your payment of %(amount)s to %(company)s", amount=company.money(payment.amount), company=company.name
        )
        outbox.send(company, contact.email, "payments/email/receipt", subject, payment=payment, contact=contact)


def paid(payment):
    """To the office: somebody has paid."""
    company, invoice = payment.company, payment.invoice
    amount = company.money(payment.amount)
    subject = _("%(name)s paid %(amount)s", name=invoice.customer.name, amount=amount)
    outbox.to_office(company, "payments/email/paid", subject, payment=payment)


def refunded(refund):
    """To the office: money went back to a customer."""
    company, payment = refund.company, refund.payment
    amount, name = company.money(refund.amount), payment.invoice.customer.name
    subject = _("%(amount)s refunded to %(name)s", amount=amount, name=name)
    outbox.to_office(company, "payments/email/refunded", subject, refund=refund)


def disputed(dispute):
    """To the office: a customer's bank asks for a payment back, or has decided."""
    company, payment = dispute.company, dispute.payment
    amount, name = company.money(dispute.amount), payment.invoice.customer.name
    subject = _("%(name)s disputes a payment of %(amount)s", name=name, amount=amount)
    outbox.to_office(company, "payments/email/disputed", subject, dispute=dispute)


def overpaid(payment):
    """To the office: more has come in than the invoice asks for, and what to do."""
    company, invoice = payment.company, payment.invoice
    amount, name = company.money(invoice.surplus), invoice.customer.name
    subject = _("%(name)s paid %(amount)s too much", name=name, amount=amount)
    outbox.to_office(company, "payments/email/overpaid", subject, payment=payment)
