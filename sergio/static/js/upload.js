// The form of the logo shows how much of it is sent. `tell` and `wordsOf` are those of messages.js, `release` of busy.js.
const finish = (request, form) => {
  const path = request.getResponseHeader("HX-Redirect")
  if (path) return location.assign(path)
  const answer = new DOMParser().parseFromString(request.responseText, "text/html").getElementById("logo")
  if (!answer) return location.reload()
  document.getElementById("logo").replaceWith(answer)
  htmx.process(answer)
  answer.querySelector("[aria-invalid]")?.focus()
}

document.addEventListener("submit", (event) => {
  const form = event.target
  if (form.id !== "logo-form") return
  event.preventDefault()
  const request = new XMLHttpRequest()
  request.open("POST", form.action)
  request.setRequestHeader("HX-Request", "true")
  request.upload.addEventListener("progress", ({ loaded, total }) => { form.querySelector("progress").value = loaded / total })
  request.addEventListener("load", () => (request.status < 400 || request.status === 422 ? finish(request, form) : tell(wordsOf(request.responseText))))
  request.addEventListener("error", () => tell())
  request.addEventListener("loadend", () => {
    document.getElementById("upload-progress").hidden = true
    release(form)
  })
  document.getElementById("upload-progress").hidden = false
  request.send(new FormData(form))
})
