// Lets the customer's bank ask about a payment that a saved card started: at once, and again by the button.
const button = document.getElementById("confirm")
const { key, account, secret, back, locale } = button.dataset
const words = JSON.parse(button.dataset.words)
const refusal = document.getElementById("refusal")

const say = (text) => {
  refusal.querySelector("p").textContent = text
  if (!(refusal.hidden = !text)) refusal.focus()
}

const ask = async () => {
  if (button.getAttribute("aria-busy")) return
  say("")
  button.setAttribute("aria-busy", "true")
  const { error } = await stripe.handleNextAction({ clientSecret: secret })
  if (!error) return location.assign(back)
  button.removeAttribute("aria-busy")
  button.hidden = true
  say(words[error.decline_code] ?? words[error.code] ?? words.other)
}

const stripe = window.Stripe?.(key, { stripeAccount: account || undefined, locale })
if (!stripe) say(words.unreachable)
else {
  button.addEventListener("click", ask)
  ask()
}
