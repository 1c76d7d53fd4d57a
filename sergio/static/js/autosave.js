// A draft is saved as it is written. A request that waited for another one takes the revision that one made.
document.addEventListener("htmx:before:request", ({ detail: { ctx } }) => {
  const revision = document.getElementById("revision")
  if (revision && ctx.request.body?.has?.("revision")) ctx.request.body.set("revision", revision.value)
})
