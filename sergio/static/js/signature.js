// Writes a signature drawn by hand as JSON strokes into the hidden field beside its canvas.
const begin = (box) => {
  const [canvas, strokes, clear] = ["canvas", "input", "button"].map((name) => box.querySelector(name))
  const pad = new SignaturePad(canvas)
  box.dataset.ready = ""
  box.hidden = false

  const keep = () => { strokes.value = pad.isEmpty() ? "" : JSON.stringify(pad.toData()) }
  const fit = () => {
    const scale = Math.max(devicePixelRatio, 1)
    canvas.width = canvas.offsetWidth * scale
    canvas.height = canvas.offsetHeight * scale
    canvas.getContext("2d").scale(scale, scale)
    pad.clear()
    if (strokes.value) pad.fromData(JSON.parse(strokes.value))
  }

  pad.addEventListener("endStroke", keep)
  clear.addEventListener("click", () => { pad.clear(); keep() })
  new ResizeObserver(fit).observe(canvas)
}

const beginAll = () => document.querySelectorAll(".signature:not([data-ready])").forEach(begin)

document.addEventListener("htmx:after:process", beginAll)
beginAll()
