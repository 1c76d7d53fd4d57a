// The card form: Stripe's frame in our colors, our sentences for declines. The form's data- attributes have the rest.
const form = document.getElementById("card-form")
const { key, account, secret, back, locale } = form.dataset
const words = JSON.parse(form.dataset.words)
const button = form.querySelector("button")
const refusal = document.getElementById("refusal")
const dark = matchMedia("(prefers-color-scheme: dark)")

const appearance = () => {
  const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
  return { theme: dark.matches ? "night" : "stripe", variables: {
    colorPrimary: color("--brand-edge"), colorBackground: color("--card"), colorText: color("--ink"),
    colorTextSecondary: color("--muted"), colorDanger: color("--bad"), borderRadius: "10px", fontSizeBase: "16px" } }
}

const say = (text) => {
  refusal.querySelector("p").textContent = text
  if (!(refusal.hidden = !text)) refusal.focus()
}

if (!window.Stripe) say(words.unreachable)
else {
  const stripe = Stripe(key, { stripeAccount: account || undefined, locale })
  const elements = stripe.elements({ clientSecret: secret, appearance: appearance() })
  const card = elements.create("payment")
  card.on("ready", () => { button.disabled = false }).on("loaderror", () => say(words.unreachable))
  form.hidden = false
  card.mount("#card")
  dark.addEventListener("change", () => elements.update({ appearance: appearance() }))
  form.addEventListener("submit", async (event) => {
    event.preventDefault()
    if (button.getAttribute("aria-busy")) return
    say("")
    button.setAttribute("aria-busy", "true")
    const { error } = await stripe[secret.startsWith("seti_") ? "confirmSetup" : "confirmPayment"]({ elements, confirmParams: { return_url: back }, redirect: "if_required" })
    if (!error || ["succeeded", "processing"].includes(error.payment_intent?.status)) return location.assign(back)
    button.removeAttribute("aria-busy")
    say(words[error.decline_code] ?? words[error.code] ?? (error.type === "validation_error" ? error.message : words.other))
  })
}
