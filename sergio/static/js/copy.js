// Buttons that copy a field: <button hidden data-copy="the field's id" data-done="Copied">.
const prepare = () => {
  for (const button of document.querySelectorAll("[data-copy][hidden]")) {
    const label = button.textContent
    button.hidden = false
    button.setAttribute("aria-live", "polite")
    button.addEventListener("click", async () => {
      const field = document.getElementById(button.dataset.copy)
      field.select()
      await navigator.clipboard.writeText(field.value)
      button.textContent = button.dataset.done
      setTimeout(() => { button.textContent = label }, 2000)
    })
  }
}
prepare()
document.addEventListener("htmx:after:process", prepare)
