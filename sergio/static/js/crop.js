// The part of a picture to keep, as fractions in the field `crop`: of a chosen file, or of the picture at data-url.
let cropper

const keep = () => {
  const { x, y, width, height } = cropper.getData()
  const { naturalWidth, naturalHeight } = cropper.getImageData()
  const shares = [x / naturalWidth, y / naturalHeight, width / naturalWidth, height / naturalHeight]
  document.getElementById("crop").value = shares.map((share) => Math.min(Math.max(share, 0), 1).toFixed(5)).join(",")
}

const crop = (url) => {
  const [cropping, picture] = ["cropping", "cropped"].map((id) => document.getElementById(id))
  cropper?.destroy()
  document.getElementById("crop").value = ""
  cropping.hidden = !url
  picture.onload = () => {
    picture.onload = null
    const fixed = { zoomable: false, rotatable: false, scalable: false, checkOrientation: false, checkCrossOrigin: false }
    cropper = new Cropper(picture, { viewMode: 2, autoCropArea: 1, dragMode: "none", background: false, crop: keep, ...fixed })
  }
  if (url) picture.src = url
}

document.addEventListener("change", ({ target }) => {
  if (target.id !== "picture") return
  const [file] = target.files
  target.setCustomValidity(file?.size > target.dataset.largest ? target.dataset.tooLarge : "")
  crop(file && target.reportValidity() ? URL.createObjectURL(file) : "")
})

document.addEventListener("keydown", (event) => {
  const [right, down] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? []
  if (right === undefined || !cropper || !event.target.closest("#cropping")) return
  event.preventDefault()
  const { x, y, width, height } = cropper.getData()
  const step = cropper.getImageData().naturalWidth / 50
  cropper.setData(event.shiftKey ? { x, y, width: width + right * step, height: height + down * step } : { x: x + right * step, y: y + down * step, width, height })
})

if (document.getElementById("cropping").dataset.url) crop(document.getElementById("cropping").dataset.url)
