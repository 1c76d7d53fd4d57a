// The service area on a map. #map has in data-map what there is to draw; `shape.js` draws one more.
const box = document.getElementById("map")
const drawn = JSON.parse(box.dataset.map)
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()
box.hidden = false
const map = L.map(box, { zoomSnap: 0.5, worldCopyJump: false, attributionControl: false }).setView(drawn.home ?? [39.5, -98.35], drawn.home ? 9 : 4)

// A border is [latitude, longitude, then differences …] in thousandths of a degree.
const points = (line) => {
  let [y, x] = [0, 0]
  return Array.from({ length: line.length / 2 }, (_, at) => [(y += line[2 * at]) / 1000, (x += line[2 * at + 1]) / 1000])
}

const border = async (url, weight) => {
  const lines = await (await fetch(url)).json()
  L.polyline(lines.map(points), { color: color("--edge"), weight, interactive: false, pmIgnore: true }).addTo(map).bringToBack()
}

if (drawn.tiles) {
  L.control.attribution({ prefix: false }).addTo(map)
  L.tileLayer(drawn.tiles, { maxZoom: 18, attribution: drawn.credit }).addTo(map)
}
drawn.outlines.forEach((url, at) => border(url, at ? 0.6 : 1.4))

const look = { color: color("--brand-edge"), weight: 2, fillOpacity: 0.2 }
const label = (layer, name) => layer.bindTooltip(document.createTextNode(name).wholeText.replace(/[&<>]/g, (c) => `&#${c.charCodeAt()};`), { sticky: true })
const all = L.featureGroup(drawn.shapes.map((shape) => label(shape.rings ? L.polygon(shape.rings, look) : L.circle(shape.center, { ...look, radius: shape.radius }), shape.name))).addTo(map)
if (drawn.home) L.circleMarker(drawn.home, { radius: 6, color: color("--ink"), fillColor: color("--card"), fillOpacity: 1 }).addTo(all)
if (drawn.home && drawn.radius) L.circle(drawn.home, { ...look, radius: drawn.radius, dashArray: "6 6", fillOpacity: 0.08 }).addTo(all)
if (drawn.asked) {
  const status = { in: "--good", out: "--warn" }[drawn.asked.status] ?? "--calm"
  L.circleMarker(drawn.asked.at, { radius: 8, color: color("--card"), fillColor: color(status), fillOpacity: 1 }).addTo(all)
}
if (all.getLayers().length > 1 || drawn.radius) map.fitBounds(all.getBounds().pad(0.2), { maxZoom: 12 })
