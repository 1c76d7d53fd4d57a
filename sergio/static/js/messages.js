// Messages can be closed; a failed request shows a message, the server's own if it sent an error page.
const region = document.getElementById("flashes")

const tell = (words) => {
  const message = document.getElementById("request-failed").content.cloneNode(true)
  if (words) message.querySelector("span").textContent = words
  region.replaceChildren(message)
}

const wordsOf = (page) => new DOMParser().parseFromString(page, "text/html").querySelector("main > p")?.textContent

const offerClose = () => region.querySelectorAll("button").forEach((button) => { button.hidden = false })

region.addEventListener("click", (event) => {
  if (event.target.closest("button[type=button]")) event.target.closest(".notice").remove()
})

document.addEventListener("htmx:error", (event) => { if (event.detail.ctx) tell() })

document.addEventListener("htmx:response:error", ({ detail: { ctx } }) => {
  const spoken = ctx.response.status === 422 || ctx.hx.redirect || ctx.text.includes("hx-swap-oob")
  if (!spoken) tell(wordsOf(ctx.text))
})

new MutationObserver(offerClose).observe(region, { childList: true })
offerClose()
