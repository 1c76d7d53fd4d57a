// The Enter key in the lines of a quote or an invoice: in the search of the price list it takes the first item found, in
// a line it goes on to the next one.
const find = () => document.getElementById("find")
let taking = false

document.addEventListener("keydown", (event) => {
  const { key, target } = event
  if (key !== "Enter" || !target.matches("#find, #line-list input")) return
  event.preventDefault()
  if (target === find()) {
    taking = true
    target.dispatchEvent(new Event("pick"))
    return
  }
  const next = target.closest("li").nextElementSibling
  if (next) next.querySelector("[name^=description]").focus()
  else document.querySelector(".add-line > button[value=add]").click()
})

document.addEventListener("htmx:after:swap", () => {
  const typed = find()?.value.trim().replace(/\s+/g, " ")
  if (!taking || document.getElementById("found").dataset.text !== typed) return
  taking = false
  document.querySelector("#found button")?.click()
})

document.addEventListener("click", (event) => {
  if (!event.target.closest("#found button[value^=item]")) return
  find().value = ""
  find().focus()
})
