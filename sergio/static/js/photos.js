// Photos are made smaller (smaller.js), then sent one by one, each with its progress. What fails stays in the field for another try.
const made = (tag, facts) => Object.assign(document.createElement(tag), facts)

const send = (form, file, name, bar) => new Promise((done) => {
  const fields = new FormData(form), request = new XMLHttpRequest()
  fields.set("files", file, name)
  request.open("POST", form.action)
  request.setRequestHeader("HX-Request", "true")
  request.upload.onprogress = ({ loaded, total }) => { bar.value = loaded / total }
  request.onloadend = () => {
    const answer = new DOMParser().parseFromString(request.responseText, "text/html")
    done(request.getResponseHeader("HX-Redirect") ? "" : answer.querySelector(".error, main > p")?.textContent || form.dataset.failed)
  }
  request.send(fields)
})

document.addEventListener("submit", async (event) => {
  const form = event.target, field = form.elements.files, left = new DataTransfer()
  if (form.id !== "photo-form" || !field.files.length) return
  event.preventDefault()
  const rows = [...field.files].map((file) => ({ file, row: made("li", { textContent: file.name }), bar: made("progress", { max: 1, value: 0, ariaLabel: file.name }) }))
  form.querySelector(".uploads").replaceChildren(...rows.map(({ row, bar }) => { row.append(bar); return row }))
  for (const { file, row, bar } of rows) {
    const failed = await send(form, await smaller(file), file.name, bar)
    if (failed) { left.items.add(file); row.append(made("p", { textContent: failed })) }
  }
  field.files = left.files
  left.files.length ? release(form) : location.reload()
})
