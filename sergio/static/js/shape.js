// A polygon drawn on the map of `map.js`, in step with its corners in the field #corners.
const corners = document.getElementById("corners")
const kinds = document.querySelectorAll("[name=kind]")
let polygon

const written = (layer) => layer.getLatLngs()[0].map(({ lat, lng }) => `${lat.toFixed(5)}, ${lng.toFixed(5)}`).join("\n")

const keep = (layer) => {
  polygon = layer
  layer.on("pm:edit pm:dragend", () => (corners.value = written(layer)))
  layer.on("pm:remove", () => (corners.value = ""))
}

const read = () => {
  const numbers = corners.value.split("\n").map((line) => line.split(/[\s,;]+/).filter(Boolean).map(Number))
  const points = numbers.filter((pair) => pair.length === 2 && pair.every(Number.isFinite))
  polygon?.remove()
  if (points.length < 3) return
  keep(L.polygon(points, look).addTo(map))
  map.fitBounds(polygon.getBounds().pad(0.2), { maxZoom: 13 })
}

const only = (kind) => {
  for (const name of ["polygon", "circle"]) document.querySelector(`.of-${name}`).hidden = name !== kind
  map.invalidateSize()
}

const left = { drawMarker: false, drawCircleMarker: false, drawPolyline: false, drawCircle: false, drawText: false, cutPolygon: false, rotateMode: false }
map.pm.addControls({ position: "topleft", ...left })
map.pm.setPathOptions(look)
document.querySelectorAll(".leaflet-pm-toolbar .button-container").forEach((tool) => (tool.querySelector("a").ariaLabel = tool.title))
map.on("pm:create", ({ layer }) => {
  polygon?.remove()
  keep(layer)
  corners.value = written(layer)
})
corners.addEventListener("change", read)
kinds.forEach((kind) => kind.addEventListener("change", () => only(kind.value)))
only(document.querySelector("[name=kind]:checked")?.value ?? "polygon")
read()
