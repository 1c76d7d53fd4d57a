// The sandbox's Stripe.js: elements, the payment element in its own frame, confirmation, 3D Secure.
(() => {
  const base = new URL(document.currentScript.src).origin;

  window.Stripe = (key, options = {}) => {
    if (!String(key).startsWith("pk_test_")) throw new Error("The sandbox only accepts keys that start with pk_test_.");
    const session = { key, stripeAccount: options.stripeAccount, locale: options.locale };
    const confirm = (request) => confirmIntent(session, request);
    const retrieve = (clientSecret) => retrieveIntent(session, clientSecret);
    return {
      elements: (wishes = {}) => new Elements(session, wishes),
      confirmPayment: confirm,
      confirmSetup: confirm,
      retrievePaymentIntent: retrieve,
      retrieveSetupIntent: retrieve,
      handleNextAction: async ({ clientSecret }) => {
        const found = await retrieve(clientSecret);
        return found.error ? found : finish(session, clientSecret, found[nameOf(clientSecret)]);
      },
    };
  };

  class Elements {
    constructor(session, wishes) {
      if (wishes.paymentMethodTypes) {
        throw new Error("paymentMethodTypes was removed in Endive; use allowedPaymentMethodTypes.");
      }
      Object.assign(this, { session, wishes, element: null });
    }
    create(type, options = {}) {
      if (type !== "payment") throw new Error(`The sandbox only supports the payment element, not ${type}.`);
      this.element = new PaymentElement({ ...this.session, ...this.wishes, ...options });
      return this.element;
    }
    getElement(type) { return type === "payment" ? this.element : null; }
    update(wishes) {
      Object.assign(this.wishes, wishes);
      this.element?.update(wishes);
    }
    submit() { return this.element.ask("submit"); }
    async fetchUpdates() { return {}; }
  }

  class PaymentElement {
    constructor(wishes) { Object.assign(this, { wishes, listeners: {}, waiting: new Map(), asked: 0 }); }
    on(happening, listener) {
      (this.listeners[happening] ??= []).push(listener);
      return this;
    }
    once(happening, listener) {
      const first = (value) => (this.off(happening, first), listener(value));
      return this.on(happening, first);
    }
    off(happening, listener) {
      this.listeners[happening] = (this.listeners[happening] ?? []).filter((each) => listener && each !== listener);
      return this;
    }
    mount(target) {
      const place = typeof target === "string" ? document.querySelector(target) : target;
      if (!place) throw new Error(`There is no element ${target} to mount the payment element in.`);
      this.frame = document.createElement("iframe");
      Object.assign(this.frame, { title: "Secure payment input frame", src: `${base}/element`, name: "__privateStripeFrame1" });
      // The frame keeps 4 px inside for focus rings; the margin takes them back, so that boxes line up with the page.
      const look = { display: "block", border: "0", margin: "-4px", width: "calc(100% + 8px)", maxWidth: "none" };
      Object.assign(this.frame.style, { ...look, height: "240px" });
      this.frame.addEventListener("load", () => this.greet());
      place.replaceChildren(this.frame);
    }
    greet() {
      const { port1, port2 } = new MessageChannel();
      this.port = port1;
      this.port.onmessage = ({ data }) => this.hear(data);
      const wishes = JSON.parse(JSON.stringify(this.wishes));
      this.frame.contentWindow.postMessage({ start: wishes }, base, [port2]);
    }
    hear({ happening, value, answers }) {
      if (answers) this.waiting.get(answers)?.(value);
      else if (happening === "resize") this.frame.style.height = `${value}px`;
      else (this.listeners[happening] ?? []).forEach((listener) => listener({ elementType: "payment", ...value }));
    }
    ask(verb, value = {}) {
      const id = ++this.asked;
      this.port.postMessage({ id, verb, value });
      return new Promise((resolve) => this.waiting.set(id, resolve));
    }
    update(wishes) { if (this.port) this.ask("update", JSON.parse(JSON.stringify(wishes))); }
    focus() { this.frame?.focus(); }
    collapse() {}
    unmount() { this.frame?.remove(); }
    destroy() { this.unmount(); }
  }

  async function confirmIntent(session, { elements, clientSecret, confirmParams = {}, redirect = "always" }) {
    const secret = clientSecret ?? elements.wishes.clientSecret;
    const { error, intent } = await elements.element.ask("confirm", { clientSecret: secret, confirmParams });
    if (error) return { error };
    const outcome = await finish(session, secret, intent);
    if (outcome.error || redirect === "if_required") return outcome;
    return leaveFor(confirmParams.return_url, secret, outcome[nameOf(secret)]);
  }

  function leaveFor(address, clientSecret, intent) {
    const target = new URL(address);
    target.searchParams.set(intent.object, intent.id);
    target.searchParams.set(`${intent.object}_client_secret`, clientSecret);
    target.searchParams.set("redirect_status", intent.status === "succeeded" ? "succeeded" : "pending");
    location.assign(target);
    return new Promise(() => {});
  }

  async function finish(session, clientSecret, intent) {
    const waits = intent.next_action?.type === "verify_with_microdeposits";
    if (intent.status !== "requires_action" || waits) return { [nameOf(clientSecret)]: intent };
    const outcome = await askTheBank();
    const [ok, answer] = await call(session, "POST", `${pathOf(clientSecret)}/authentication`, {
      client_secret: clientSecret,
      outcome,
    });
    if (!ok) return { error: answer.error };
    const error = outcome === "complete" ? null : answer.last_payment_error ?? answer.last_setup_error;
    return error ? { error } : { [nameOf(clientSecret)]: answer };
  }

  async function retrieveIntent(session, clientSecret) {
    const [ok, answer] = await call(session, "GET", pathOf(clientSecret), { client_secret: clientSecret });
    return ok ? { [nameOf(clientSecret)]: answer } : { error: answer.error };
  }

  async function call(session, method, path, fields) {
    const form = new URLSearchParams({ key: session.key, ...fields });
    if (session.stripeAccount) form.set("_stripe_account", session.stripeAccount);
    const address = method === "GET" ? `${base}${path}?${form}` : `${base}${path}`;
    const answer = await fetch(address, { method, body: method === "GET" ? undefined : form });
    return [answer.ok, await answer.json()];
  }

  const isSetup = (clientSecret) => clientSecret.startsWith("seti_");
  const nameOf = (clientSecret) => (isSetup(clientSecret) ? "setupIntent" : "paymentIntent");
  const pathOf = (clientSecret) =>
    `/v1/${isSetup(clientSecret) ? "setup" : "payment"}_intents/${clientSecret.split("_secret_")[0]}`;

  // The dialog lives in a shadow root with a constructed sheet: the page's own styles and policy do not affect it.
  const LOOK = `
    dialog { border: 0; border-radius: 12px; padding: 28px; max-width: 22rem; width: calc(100% - 72px);
      font: 16px/1.5 system-ui, sans-serif; color: #1a1f36; background: #fff; box-shadow: 0 20px 60px #0006; }
    dialog::backdrop { background: #0a1628a6; }
    h2 { margin: 0 0 8px; font-size: 20px; line-height: 1.3; } p { margin: 0 0 20px; color: #4f566b; }
    div { display: flex; gap: 12px; } small { color: #4f566b; font-size: 13px; display: block; margin-bottom: 6px; }
    button { flex: 1; min-height: 44px; border-radius: 8px; border: 1px solid #c1c9d2; background: #fff; color: #1a1f36;
      font: 600 16px system-ui, sans-serif; cursor: pointer; }
    button[value=complete] { background: #0550ae; border-color: #0550ae; color: #fff; }
    button:focus-visible { outline: 3px solid #0550ae80; outline-offset: 2px; }
    @media (prefers-color-scheme: dark) {
      dialog { background: #1f2430; color: #f0f2f7; } p, small { color: #b4bccd; }
      button { background: #2c3342; color: #f0f2f7; border-color: #566076; }
      button[value=complete] { background: #8fbdff; border-color: #8fbdff; color: #08182f; } }`;
  const DIALOG = `<dialog aria-labelledby="title"><form method="dialog">
    <small>3D Secure, test mode</small><h2 id="title">Is this you?</h2>
    <p>Your bank would ask you to confirm the payment here. Choose how to respond.</p>
    <div><button value="complete" id="test-source-authorize-3ds">Complete</button>
    <button value="fail" id="test-source-fail-3ds">Fail</button></div></form></dialog>`;

  function askTheBank() {
    const host = document.createElement("div");
    const root = host.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(LOOK);
    root.adoptedStyleSheets = [sheet];
    root.innerHTML = DIALOG;
    document.body.append(host);
    const dialog = root.querySelector("dialog");
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => {
        host.remove();
        resolve(dialog.returnValue || "fail");
      });
    });
  }
})();
