// Lines of a quote or an invoice are added, copied, moved and removed in the page. Without script, the buttons post the form.
const list = () => document.getElementById("line-list")
const fieldsOf = (row) => [...row.querySelectorAll("[id]:is(input, select, textarea)")]
const nameOf = (field) => field.name.split("-")[0]
const textsOf = (row) => Object.fromEntries(fieldsOf(row).map((field) => [nameOf(field), field.value]))
const isBlank = (row) => !textsOf(row).description && !textsOf(row).unit_price
const focus = (row, name = "description") => fieldsOf(row).find((field) => nameOf(field) === name).focus()

const add = (texts, next = null) => {
  const key = Math.random().toString(36).slice(2, 10)
  const made = document.getElementById("line-template").innerHTML.replaceAll("_new_", key)
  const row = document.createRange().createContextualFragment(made).querySelector("li")
  const last = list().lastElementChild
  if (last && !next && isBlank(last)) last.remove()
  list().insertBefore(row, next)
  for (const field of fieldsOf(row)) field.value = texts[nameOf(field)] ?? field.value
  return row
}

const acts = {
  add: (row, button) => focus(add(button.dataset), button.dataset.description ? "unit_price" : "description"),
  item: (row, button) => add(button.dataset),
  copy: (row) => focus(add(textsOf(row), row.nextElementSibling)),
  up: (row) => row.previousElementSibling?.before(row),
  down: (row) => row.nextElementSibling?.after(row),
  remove: (row) => {
    focus(row.nextElementSibling ?? row.previousElementSibling ?? add({}))
    row.remove()
  },
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[name=do]")
  const act = list() && acts[button?.value.split("-")[0]]
  if (!act) return
  event.preventDefault()
  act(button.closest("#line-list > li"), button)
  if (/^(up|down)/.test(button.value)) button.focus()
  for (const type of ["input", "change"]) list().dispatchEvent(new Event(type, { bubbles: true }))
})
