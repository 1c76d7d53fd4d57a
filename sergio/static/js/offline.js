// Has the browser keep a page for when there is no network; on the first page of the portal, the newest one.
const keepOffline = async () => {
  await navigator.serviceWorker.register("/portal/worker.js", { scope: "/portal/" })
  const { active } = await navigator.serviceWorker.ready
  if (location.pathname === "/portal/") active.postMessage("keep")
}

if ("serviceWorker" in navigator) keepOffline().catch(() => {})
