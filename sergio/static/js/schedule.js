// Appointments that can be dragged to another time or person: dropping one submits the form #move.
let [dragged, grabbed] = [null, 0]

const begin = () => {
  document.querySelectorAll(".entry[data-sequence]").forEach((entry) => { entry.draggable = true })
  document.getElementById("move")?.removeAttribute("hidden")
}
const cellOf = (event) => dragged && event.target.closest?.("[data-staff]")
const quarterOf = (cell, { clientY: y }) => cell.rowSpan ? Math.floor((y - cell.getBoundingClientRect().top) / cell.offsetHeight * cell.rowSpan) : 0
const timeAt = (cell, event) => {
  if (cell.dataset.day) return { day: cell.dataset.day, starts_at: dragged.dataset.starts }
  const at = new Date(Date.parse(cell.dataset.at) + (quarterOf(cell, event) - grabbed) * 900000)
  return { day: "", starts_at: `${at.toISOString().slice(0, 16)}Z` }
}
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".entry[draggable=true]")
  if (!dragged) return
  event.dataTransfer.effectAllowed = "move"
  grabbed = quarterOf(dragged.closest("[data-staff]"), event)
})

document.addEventListener("dragover", (event) => {
  document.querySelector("[data-over]")?.removeAttribute("data-over")
  const cell = cellOf(event)
  if (cell) event.preventDefault()
  if (cell) cell.dataset.over = cell.matches(".busy") && !cell.contains(dragged) ? "taken" : "free"
})

document.addEventListener("drop", (event) => {
  const [cell, form] = [cellOf(event), document.getElementById("move")]
  if (!cell) return
  event.preventDefault()
  const values = { ...timeAt(cell, event), staff: cell.dataset.staff, sequence: dragged.dataset.sequence }
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value
  form.action = `${dragged.getAttribute("href")}/move`
  form.requestSubmit()
})

document.addEventListener("htmx:after:process", begin)
begin()
