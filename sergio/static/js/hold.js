// How long a time is still held: the minutes that are left, and a sentence once it is over.
const held = document.getElementById("held")
const heldEnd = performance.now() + Number(held?.dataset.seconds) * 1000

const countDown = () => {
  const minutes = Math.ceil((heldEnd - performance.now()) / 60000)
  if (minutes <= 0) {
    held.textContent = held.dataset.over
    return
  }
  const left = new Intl.NumberFormat(document.documentElement.lang, { style: "unit", unit: "minute", unitDisplay: "long" })
  held.lastElementChild.textContent = held.dataset.left.replace("{}", left.format(minutes))
  setTimeout(countDown, 10000)
}

if (heldEnd > performance.now()) countDown()
