// The color picker and its field are one; the preview follows both, without entries in the browser's history.
const HEX = /^#[0-9a-f]{6}$/i
let waiting

const preview = () => {
  const values = ["brand", "accent"].map((id) => document.getElementById(id).value)
  if (!values.every((value) => HEX.test(value))) return
  const [brand, accent] = values
  const scheme = new FormData(document.getElementById("view")).get("scheme")
  const frame = document.getElementById("portal-preview")
  const url = new URL(frame.src)
  url.search = new URLSearchParams({ brand, accent, scheme })
  if (url.href === frame.dataset.shown) return
  frame.dataset.shown = url.href
  frame.contentWindow.location.replace(url)
}

const pickersShown = () => document.querySelectorAll("[data-twin][hidden]").forEach((picker) => { picker.hidden = false })

const put = (field, value) => {
  field.value = value
  field.dispatchEvent(new Event("input", { bubbles: true }))
}

document.addEventListener("input", ({ target }) => {
  const twin = document.getElementById(target.dataset.twin)
  if (twin && HEX.test(target.value) && twin.value.toLowerCase() !== target.value.toLowerCase()) put(twin, target.value.toLowerCase())
  clearTimeout(waiting)
  waiting = setTimeout(preview, 150)
})

document.addEventListener("click", (event) => {
  const offered = event.target.closest("[data-shade]")
  if (!offered) return
  event.preventDefault()
  put(document.getElementById(offered.dataset.of), offered.dataset.shade)
})

document.addEventListener("htmx:after:process", pickersShown)
pickersShown()
