"""Payment methods that customers save at Stripe, on the account of their company."""

from typing import Any

from sergio import jobs
from sergio.payments.stripe.answers import decline_code, kept_method, verification
from sergio.payments.stripe.gateway import METHOD_OPTIONS, Gateway
from sergio.payments.stripe.types import KeptMethod, MethodSetup, SetupRequest

WITH_METHOD = {"expand": ["payment_method"]}


class Methods:
    """Calls on one account, within the budget of one `Gateway`."""

    def __init__(self, gateway: Gateway):
        self.gateway, self.account = gateway, gateway.account
        self._options = {"stripe_account": self.account} if self.account else {}

    def create_customer(self, key: str, name: str, email: str, metadata: dict[str, str]) -> str:
        """The id of a customer, the same for the same key."""
        params = {"name": name, "metadata": metadata, **({"email": email} if email else {})}
        options = {**self._options, "idempotency_key": f"{key}-customer"}
        return self.gateway.run(lambda v1: v1.customers.create(params, options).id)

    def set_up(self, wanted: SetupRequest) -> MethodSetup:
        """Begin to save a method that can be charged without the customer; the same for the same key."""
        options = METHOD_OPTIONS[wanted.method] if wanted.method != "card" else {}
        params = {
            "customer": wanted.customer,
            "allowed_payment_method_types": [wanted.method],
            "usage": "off_session",
            "metadata": wanted.metadata,
            **({"payment_method_options": {wanted.method: options}} if options else {}),
            **WITH_METHOD,
        }
        keyed = {**self._options, "idempotency_key": wanted.key}
        jobs.confirm_lease()
        return self.gateway.run(lambda v1: self._setup(v1.setup_intents.create(params, keyed)))

    def read_setup(self, setup: str) -> MethodSetup:
        return self.gateway.run(lambda v1: self._setup(v1.setup_intents.retrieve(setup, WITH_METHOD, self._options)))

    def cancel_setup(self, setup: str):
        """Let nobody save a method by this SetupIntent. `Rejected` if it is over."""
        jobs.confirm_lease()
        self.gateway.run(lambda v1: v1.setup_intents.cancel(setup, {}, self._options))

    def read(self, method: str) -> KeptMethod | None:
        return self.gateway.run(lambda v1: kept_method(v1.payment_methods.retrieve(method, {}, self._options)))

    def detach(self, method: str):
        """Have Stripe remove a method, for good. `Rejected` if it is not a customer's any more."""
        jobs.confirm_lease()
        self.gateway.run(lambda v1: v1.payment_methods.detach(method, {}, self._options))

    def _setup(self, found: Any) -> MethodSetup:
        error = found.last_setup_error
        return MethodSetup(
            id=found.id,
            status=found.status,
            secret=found.client_secret or "",
            account=self.account,
            metadata=found.metadata.to_dict(),
            livemode=found.livemode,
            decline=decline_code(error) if error else "",
            kept=kept_method(found.payment_method) if found.status == "succeeded" else None,
            verify=verification(found.next_action),
        )
