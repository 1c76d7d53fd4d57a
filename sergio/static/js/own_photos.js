// A customer's photos are made smaller (smaller.js) and sent as soon as they are chosen, and removed in place. What is typed stays.
// `wordsOf` is that of messages.js.
const replaceSection = async (form, path, files) => {
  const section = document.getElementById("own-photos"), status = section.querySelector("[role=status]")
  const fields = new FormData(form)
  fields.delete("files")
  for (const file of files) fields.append("files", await smaller(file), file.name)
  section.setAttribute("aria-busy", "true")
  form.querySelectorAll("button").forEach((button) => { button.disabled = true })
  const answer = await fetch(path, { method: "POST", body: fields }).then((response) => response.text()).catch(() => "")
  const page = new DOMParser().parseFromString(answer, "text/html"), shown = page.getElementById("own-photos")
  if (shown) {
    section.replaceWith(shown)
    document.getElementById("flashes").replaceChildren(...page.getElementById("flashes").children)
    form.elements.csrf_token.value = page.querySelector("[name=csrf_token]").value
    document.getElementById("files")?.focus()
  } else {
    status.hidden = false
    status.textContent = wordsOf(answer) || section.dataset.failed
    section.removeAttribute("aria-busy")
  }
  form.querySelectorAll("button").forEach((button) => { button.disabled = false })
}

document.addEventListener("change", ({ target: field }) => {
  const button = field.form?.querySelector("[data-photos]")
  if (field.name !== "files" || !button || !field.files.length) return
  const status = document.querySelector("#own-photos [role=status]")
  status.hidden = false
  status.textContent = status.closest("section").dataset.sending
  replaceSection(field.form, button.formAction, [...field.files])
})

document.addEventListener("click", (event) => {
  const button = event.target.closest("#own-photos [formaction*='/removal']")
  if (!button) return
  event.preventDefault()
  replaceSection(button.form, button.formAction, [])
})
