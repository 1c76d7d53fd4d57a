// "/" moves the focus to the page's search field, unless somebody is typing.
addEventListener("keydown", (event) => {
  const field = document.querySelector("search input[type=search]")
  const typing = event.target.closest("input, textarea, select, [contenteditable]")
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || typing || !field) return
  event.preventDefault()
  field.focus()
  field.select()
})
