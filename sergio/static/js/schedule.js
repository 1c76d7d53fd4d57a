// Appointments that can be dragged to another time or person: dropping one submits the form #move.
let [dragged, grabbed] = [null, 0]

const begin = () => {
  document.querySelectorAll(".entry[data-sequence]").forEach((entry) => { entry.draggable = true })
  document.getElementById("move")?.removeAttribute("hidden")
}
const cellOf = ({ target }) => dragged && target.closest?.(".week-grid .cell, .day-grid td:not(.off, .blank)")
const placeOf = (cell) => cell.dataset.staff ? cell.dataset
  : Object.fromEntries(new URL(cell.querySelector("a[href*='/new?']").href).searchParams)
const quarterOf = (cell, y) => Math.floor((y - cell.getBoundingClientRect().top) / cell.offsetHeight * cell.rowSpan) || 0
const timeAt = (cell, y) => {
  const { on, starts_at: start, staff } = placeOf(cell)
  const at = start && new Date(Date.parse(start) + (quarterOf(cell, y) - grabbed) * 900000)
  return { day: on ?? "", starts_at: at ? `${at.toISOString().slice(0, 16)}Z` : "", staff, sequence: dragged.dataset.sequence }
}
document.addEventListener("dragstart", (event) => {
  dragged = event.target.closest?.(".entry[draggable=true]")
  if (!dragged) return
  event.dataTransfer.effectAllowed = "move"
  grabbed = quarterOf(cellOf(event), event.clientY)
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
  for (const [name, value] of Object.entries(timeAt(cell, event.clientY))) form.elements[name].value = value
  form.action = `${dragged.getAttribute("href")}/move`
  form.requestSubmit()
})
document.addEventListener("htmx:after:process", begin)
begin()
