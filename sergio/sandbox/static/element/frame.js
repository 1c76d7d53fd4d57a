// The frame for card numbers, which it sends to the API; the page around it never sees them.

import { brandOf, digitsOf, problemOf, retype } from "./card.js";
import { wordsFor } from "./words.js";

const $ = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const REFUSALS = { incorrect_cvc: "cvc", expired_card: "expiry", invalid_expiry_year: "expiry", invalid_expiry_month: "expiry" };

let port, words;
let wishes = {};
let kind = "card";

addEventListener("message", ({ source, data, ports }) => {
  if (source !== parent || !data.start || port) return;
  [port] = ports;
  port.onmessage = ({ data: asked }) => hear(asked);
  start(data.start);
});

async function start(given) {
  wishes = given;
  dress(given.appearance ?? {});
  speak(given.locale);
  const [intent, saved] = await Promise.all([intentOrNothing(), savedMethods()]);
  if (intent.error) return tell("loaderror", { error: intent.error });
  drawKinds(intent.payment_method_types ?? given.allowedPaymentMethodTypes ?? ["card"]);
  drawSaved(saved.payment_methods);
  $("#save").hidden = !saved.save || isSetup();
  document.body.hidden = false;
  new ResizeObserver(() => tell("resize", Math.ceil(document.documentElement.getBoundingClientRect().height)))
    .observe(document.documentElement);
  tell("ready", {});
}

async function hear({ id, verb, value }) {
  const answer = await { submit, confirm, update }[verb](value);
  port.postMessage({ answers: id, value: answer });
}

const tell = (happening, value) => port.postMessage({ happening, value });

function submit() {
  const wrong = shownFields().filter((input) => show(input, problem(input)));
  wrong[0]?.focus();
  if (!wrong.length) return { selectedPaymentMethod: chosen()?.type ?? kind };
  const word = problem(wrong[0]);
  return { error: { type: "validation_error", code: word, message: words[word] } };
}

async function confirm({ clientSecret, confirmParams }) {
  const { error } = submit();
  if (error) return { error };
  const secret = clientSecret.split("_secret_")[0];
  const path = `/v1/${secret.startsWith("seti_") ? "setup" : "payment"}_intents/${secret}/confirm`;
  const [ok, answer] = await call("POST", path, { client_secret: clientSecret, return_url: confirmParams.return_url, ...payment() });
  if (ok) return { intent: answer };
  const field = $(`[name=${REFUSALS[answer.error.code] ?? "number"}]`);
  if (kind === "card" && !chosen() && answer.error.type === "card_error") show(field, "", answer.error.message);
  return { error: answer.error };
}

function update(changed) {
  Object.assign(wishes, changed);
  if (changed.appearance) dress(changed.appearance);
  if (changed.locale) speak(changed.locale);
  return {};
}

function payment() {
  const method = chosen();
  if (method) return { payment_method: method.id };
  const save = $("#save input").checked;
  const details = { type: kind, allow_redisplay: save ? "always" : "limited", ...(kind === "card" ? card() : account()) };
  return { payment_method_data: details, ...(save && !isSetup() ? { setup_future_usage: wishes.saveUsage ?? "off_session" } : {}) };
}

function card() {
  const [month, year] = value("expiry").split("/").map((part) => part.trim());
  const typed = { number: digitsOf(value("number")), exp_month: month, exp_year: year, cvc: value("cvc") };
  return { card: typed, billing_details: { address: { postal_code: value("postal") } } };
}

function account() {
  const typed = { routing_number: value("routing"), account_number: value("account"), account_holder_type: "individual" };
  return { us_bank_account: typed, billing_details: { name: value("holder") } };
}

const value = (name) => $(`[name=${name}]`).value.trim();
const isSetup = () => (wishes.clientSecret ?? "").startsWith("seti_") || wishes.mode === "setup";
const shownFields = () => (chosen() ? [] : all(`[data-kind=${kind}] input`));
const problem = (input) => problemOf(input.name, input.value, value("number"));

function show(input, word, message = word && words[word]) {
  const place = $(`#${input.name}-problem`);
  if (!place) return false;
  place.textContent = message;
  place.hidden = !message;
  input.setAttribute("aria-invalid", String(Boolean(message)));
  return Boolean(message);
}

function chosen() {
  const radio = $("#saved input:checked");
  return radio?.value ? { id: radio.value, type: radio.dataset.type } : null;
}

function drawKinds(kinds) {
  const known = kinds.filter((each) => words[each]);
  $("#kinds").replaceChildren(...known.map((each) => {
    const button = $("#kind").content.firstElementChild.cloneNode(true);
    button.textContent = words[each];
    button.value = each;
    button.addEventListener("click", () => choose(each));
    return button;
  }));
  $("#kinds").dataset.single = String(known.length < 2);
  choose(known[0] ?? "card");
}

function choose(each) {
  kind = each;
  $("#kinds").hidden = Boolean(chosen()) || $("#kinds").dataset.single === "true";
  all("#kinds button").forEach((button) => button.setAttribute("aria-pressed", String(button.value === each)));
  all("[data-kind]").forEach((part) => (part.hidden = Boolean(chosen()) || part.dataset.kind !== each));
  $("#save").classList.toggle("off", Boolean(chosen()));
  changed();
}

function drawSaved(methods) {
  $("#saved").hidden = !methods.length;
  if (!methods.length) return;
  const rows = [...methods.map(describe), { id: "", type: kind, text: words.new_method }];
  $("#saved").replaceChildren(...rows.map(({ id, type, text }, place) => {
    const row = $("#method").content.firstElementChild.cloneNode(true);
    row.querySelector("span").textContent = text;
    Object.assign(row.querySelector("input"), { value: id, checked: place === 0 });
    row.querySelector("input").dataset.type = type;
    row.querySelector("input").addEventListener("change", () => choose(id ? type : $("#kinds button").value));
    return row;
  }));
  choose(rows[0].type);
}

function describe({ id, type, card: plastic, us_bank_account: bank }) {
  if (!plastic) return { id, type, text: `${bank.bank_name} •••• ${bank.last4}` };
  const brand = plastic.brand[0].toUpperCase() + plastic.brand.slice(1);
  const expiry = `${String(plastic.exp_month).padStart(2, "0")} / ${plastic.exp_year % 100}`;
  return { id, type, text: `${brand} •••• ${plastic.last4} (${expiry})` };
}

function speak(locale) {
  const found = wordsFor(locale);
  words = found.words;
  document.documentElement.lang = found.language;
  all("[data-word]").forEach((part) => (part.textContent = words[part.dataset.word]));
  $("[name=expiry]").placeholder = words.expiry_hint;
  $("[name=cvc]").placeholder = words.cvc_hint;
}

function dress({ theme = "stripe", variables = {} }) {
  const root = document.documentElement;
  root.dataset.theme = theme;
  for (const [name, text] of Object.entries(variables)) {
    root.style.setProperty(`--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`, text);
  }
}

function changed() {
  const complete = shownFields().every((input) => !problem(input));
  const empty = !chosen() && shownFields().every((input) => !input.value);
  tell("change", { complete, empty, collapsed: false, value: { type: chosen()?.type ?? kind } });
}

document.addEventListener("input", ({ target }) => {
  if (target.type === "checkbox" || target.type === "radio") return;
  retype(target);
  if (target.getAttribute("aria-invalid") === "true") show(target, problem(target));
  if (target.name === "number") $("#brand").textContent = brandOf(target.value);
  changed();
});
document.addEventListener("focusout", ({ target }) => target.value && target.form && show(target, problem(target)));
document.addEventListener("submit", (event) => event.preventDefault());

async function intentOrNothing() {
  if (!wishes.clientSecret) return {};
  const id = wishes.clientSecret.split("_secret_")[0];
  const path = `/v1/${isSetup() ? "setup" : "payment"}_intents/${id}`;
  return (await call("GET", path, { client_secret: wishes.clientSecret }))[1];
}

async function savedMethods() {
  const nothing = { payment_methods: [], save: false };
  const secret = wishes.customerSessionClientSecret;
  if (!secret || isSetup()) return nothing;
  const [ok, answer] = await call("GET", "/v1/elements/session", { customer_session_client_secret: secret });
  if (ok) wishes.saveUsage = answer.save_usage;
  return ok ? answer : nothing;
}

async function call(method, path, fields) {
  const form = new URLSearchParams(flat({ key: wishes.key, _stripe_account: wishes.stripeAccount, ...fields }));
  try {
    const answer = await fetch(method === "GET" ? `${path}?${form}` : path, { method, body: method === "GET" ? undefined : form });
    return [answer.ok, await answer.json()];
  } catch {
    const message = "We are experiencing issues connecting to our payments provider. Please try again.";
    return [false, { error: { type: "api_connection_error", message } }];
  }
}

function flat(fields, path = "") {
  return Object.entries(fields).flatMap(([name, value]) => {
    const whole = path ? `${path}[${name}]` : name;
    return value === undefined || value === null ? [] : typeof value === "object" ? flat(value, whole) : [[whole, value]];
  });
}
