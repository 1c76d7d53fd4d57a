// Buttons that put a text into a field where its cursor is: <button hidden data-insert="{name}" data-into="the field's id">.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-insert]")
  if (!button) return
  const field = document.getElementById(button.dataset.into)
  field.setRangeText(button.dataset.insert, field.selectionStart, field.selectionEnd, "end")
  field.dispatchEvent(new Event("input", { bubbles: true }))
  field.focus()
})

const reveal = () => {
  for (const button of document.querySelectorAll("[data-insert][hidden]")) {
    button.hidden = false
    button.previousElementSibling.hidden = true
  }
}

reveal()
document.addEventListener("htmx:finally:request", reveal)
