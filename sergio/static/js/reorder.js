// Rows that are dragged, whole or by a handle: a drop submits the row's form with its place, or tells the form around it.
const rowOf = (event) => event.target.closest?.("[data-sortable] > li")
let dragged = null

document.addEventListener("dragstart", (event) => {
  dragged = rowOf(event)
  if (!dragged) return
  event.dataTransfer.effectAllowed = "move"
  event.dataTransfer.setDragImage(dragged, 0, 0)
  dragged.dataset.dragged = ""
})

document.addEventListener("dragover", (event) => {
  const over = dragged && rowOf(event)
  if (!over || over.parentNode !== dragged.parentNode) return
  event.preventDefault()
  const box = over.getBoundingClientRect()
  if (over !== dragged) over[event.clientY > box.top + box.height / 2 ? "after" : "before"](dragged)
})

document.addEventListener("dragend", () => {
  if (!dragged) return
  delete dragged.dataset.dragged
  const place = [...dragged.parentNode.children].indexOf(dragged) + 1
  const button = dragged.querySelector("button[name=to]")
  if (!button) for (const type of ["input", "change"]) dragged.dispatchEvent(new Event(type, { bubbles: true }))
  else if (place !== Number(dragged.dataset.place)) {
    button.value = place
    button.click()
  }
  dragged = null
})

const begin = () => document.querySelectorAll("[data-sortable] > li:not([draggable], :has([draggable]))").forEach((row) => {
  row.draggable = true
  row.dataset.place = [...row.parentNode.children].indexOf(row) + 1
})

document.addEventListener("htmx:after:process", begin)
begin()
