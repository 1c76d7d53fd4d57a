// A form is sent once: while it is being sent, its button says so and a second press does nothing.
const sent = new Set()

const release = (form) => {
  sent.delete(form)
  form.querySelectorAll("[aria-busy]").forEach((button) => button.removeAttribute("aria-busy"))
}

document.addEventListener("submit", (event) => {
  const form = event.target
  if (form.method !== "post") return
  if (sent.has(form)) {
    event.preventDefault()
    event.stopImmediatePropagation()
    return
  }
  sent.add(form)
  event.submitter?.setAttribute("aria-busy", "true")
}, { capture: true })

document.addEventListener("htmx:finally:request", (event) => {
  if (sent.has(event.target)) release(event.target)
})

window.addEventListener("pageshow", () => sent.forEach(release))
