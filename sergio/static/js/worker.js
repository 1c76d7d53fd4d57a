// Shows one page while there is no network. It keeps that page, with what it needs to look right, and no other page:
// the server puts the next appointment of whoever is signed in into it, and takes it out again.
const PAGE = "/portal/offline"
const SHOWN = /^\/(static\/|brand\.css|logo\/)/
const NEEDED = /(?:href|src)="(\/(?:static\/|brand\.css|logo\/)[^"#]*)/g

const keep = async () => {
  const answer = await fetch(PAGE, { cache: "no-store" })
  if (!answer.ok || answer.redirected) return
  const html = await answer.clone().text()
  const kept = await caches.open("offline")
  await kept.put(PAGE, answer)
  const needed = [...html.matchAll(NEEDED)].map((found) => found[1].replaceAll("&amp;", "&"))
  for (const old of await kept.keys()) {
    const { pathname, search } = new URL(old.url)
    if (pathname !== PAGE && !needed.includes(pathname + search)) await kept.delete(old)
  }
  await Promise.all(needed.map(async (path) => await kept.match(path) || kept.add(path)))
}

const fromNetwork = async (event) => {
  const { request } = event
  try {
    const answer = await fetch(request)
    if (new URL(request.url).pathname.startsWith("/portal/sign-in")) event.waitUntil(keep().catch(() => {}))
    return answer
  } catch (error) {
    return await caches.match(request.mode === "navigate" ? PAGE : request) || Response.error()
  }
}

self.addEventListener("install", (event) => event.waitUntil(keep().then(() => self.skipWaiting())))
self.addEventListener("message", (event) => event.waitUntil(keep().catch(() => {})))
self.addEventListener("fetch", (event) => {
  const { request } = event
  const shown = request.mode === "navigate" || SHOWN.test(new URL(request.url).pathname)
  if (request.method === "GET" && shown) event.respondWith(fromNetwork(event))
})
