// Photos as large as their pages show them, so that they are sent quickly; what cannot be read stays as it is.
const smaller = async (file) => {
  try {
    const picture = await createImageBitmap(file)
    const scale = Math.min(1, 2000 / Math.max(picture.width, picture.height))
    const canvas = new OffscreenCanvas(Math.round(picture.width * scale), Math.round(picture.height * scale))
    canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height)
    const blob = await canvas.convertToBlob({ type: "image/jpeg", quality: 0.85 })
    return blob.size < file.size ? blob : file
  } catch { return file }
}
