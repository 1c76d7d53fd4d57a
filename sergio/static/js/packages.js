// A package that is renamed has its new name in the menus of the lines at once; the server writes the same on saving.
document.addEventListener("input", ({ target }) => {
  const key = target.name?.match(/^package_name-(.+)$/)?.[1]
  if (!key) return
  const { menu, unnamed } = target.closest(".packages").dataset
  const text = menu.replace("{}", () => target.value.trim() || unnamed)
  const lines = [document.getElementById("line-list"), document.getElementById("line-template").content]
  for (const part of lines) {
    for (const option of part.querySelectorAll(`option[value="${CSS.escape(key)}"]`)) option.textContent = text
  }
})
