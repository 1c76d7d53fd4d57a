// <sergio-login>: a button that opens a company's customer portal. It needs no other file, sets no cookie, and leaves
// the page around it as it is: no global, no style outside of its shadow root, no object whose prototype others changed.
((portal, palette, texts, usual) => {
  if (customElements.get("sergio-login")) return

  const sheet = new CSSStyleSheet()
  sheet.replaceSync(`
    :host { all: initial !important; display: inline-block !important; max-width: 100% !important }
    :host([hidden]) { display: none !important }
    * { box-sizing: border-box; font: inherit }
    div { font: medium/1.4 system-ui, Roboto, Arial, sans-serif; color: #1b1f23 }
    .small { font-size: .875em } .large { font-size: 1.125em }
    form { display: grid; gap: .6em; max-width: 22em; padding: 1em; border-radius: .7em;
      border: 1px solid #767c83; background: #fff }
    label, .button { font-weight: 600 }
    input { width: 100%; min-height: 44px; padding: .5em .7em; border: 1px solid #767c83; border-radius: .5em;
      background: #fff; color: #1b1f23 }
    input[aria-invalid] { border-color: #b3261e }
    .button { display: inline-block; min-height: 44px; padding: .65em 1.3em; border: 1px solid transparent;
      border-radius: .6em; background: var(--back); color: var(--ink); text-align: center; text-decoration: none;
      cursor: pointer; box-shadow: 0 0 0 1px #ffffff40 }
    .button:hover { background: var(--hover) }
    .button[aria-disabled] { opacity: .6 }
    .small .button { min-height: 36px; padding: .5em 1em }
    .plain { color: inherit; padding: .4em 0 }
    p { margin: 0 }
    p:empty { display: none }
    :focus-visible { outline: 3px solid #fff; box-shadow: 0 0 0 6px #1b1f23 }`)

  const create = Document.prototype.createElement
  const add = (parent, name, attributes, text) => {
    const node = create.call(document, name)
    for (let i = 0; i < attributes.length; i += 2) node.setAttribute(attributes[i], attributes[i + 1])
    node.textContent = text || ""
    parent.appendChild(node)
    return node
  }

  // Black or white, whichever has more contrast on the color (WCAG 2.2, relative luminance).
  const inkOn = (color) => {
    let light = 0
    for (let i = 0; i < 3; i++) {
      const share = parseInt(color.slice(1 + 2 * i, 3 + 2 * i), 16) / 255
      light += [0.2126, 0.7152, 0.0722][i] * (share > 0.04045 ? ((share + 0.055) / 1.055) ** 2.4 : share / 12.92)
    }
    return light > 0.179 ? "#000000" : "#ffffff"
  }

  const colorsOf = (name) => /^#[0-9a-f]{6}$/i.test(name) ? [name, inkOn(name), name] : palette[name] || palette.brand

  customElements.define("sergio-login", class extends HTMLElement {
    static observedAttributes = ["data-label", "data-language", "data-size", "data-color", "data-show", "data-email"]

    connectedCallback() { this.#draw() }

    attributeChangedCallback() { if (this.shadowRoot) this.#draw() }

    #draw() {
      const root = this.shadowRoot || this.attachShadow({ __proto__: null, mode: "open" })
      const option = (name) => this.getAttribute(`data-${name}`) || ""
      const language = texts[option("language")] ? option("language") : usual
      const text = texts[language]
      const book = option("show") === "book"
      const asks = this.hasAttribute("data-email") && !book
      root.adoptedStyleSheets = [sheet]
      root.textContent = ""
      const box = add(root, "div", ["lang", language, "dir", "auto", "class", option("size")])
      const [back, ink, hover] = colorsOf(option("color"))
      box.style.setProperty("--back", back)
      box.style.setProperty("--ink", ink)
      box.style.setProperty("--hover", hover)
      const form = asks ? add(box, "form", ["novalidate", ""]) : box
      if (asks) this.#ask(form, option("label"), text)
      add(form, "a", [
        "href", `${portal}${book ? "book" : ""}?from=widget`, "target", "_top", "rel", "noopener noreferrer",
        "referrerpolicy", "no-referrer", "part", asks ? "link" : "button", "class", asks ? "plain" : "button",
      ], asks ? text.open : option("label") || text[book ? "book" : "login"])
    }

    #ask(form, label, text) {
      add(form, "label", ["for", "email"], text.email)
      const field = add(form, "input", ["id", "email", "type", "email", "autocomplete", "email",
        "aria-describedby", "said", "part", "field"])
      const button = add(form, "button", ["class", "button", "part", "button"], label || text.send)
      const said = add(form, "p", ["id", "said", "role", "status"])
      form.addEventListener("submit", async (event) => {
        event.preventDefault()
        if (button.hasAttribute("aria-disabled")) return
        button.setAttribute("aria-disabled", "true")
        field.removeAttribute("aria-invalid")
        const status = await request(field.value)
        button.removeAttribute("aria-disabled")
        if (!status) return form.lastElementChild.click()
        said.textContent = status === 202 ? text.sent : status === 429 ? text.wait : text.wrong
        if (status === 422) {
          field.setAttribute("aria-invalid", "true")
          field.focus()
        }
      })
    }
  })

  // The status of the answer; 0 where the page's own policy or the network allows none: then the portal itself opens.
  const request = async (email) => {
    try {
      const answer = await fetch(`${portal}widget/link`, {
        __proto__: null, method: "POST", credentials: "omit", referrerPolicy: "no-referrer",
        body: new URLSearchParams(`email=${encodeURIComponent(email)}`),
      })
      return answer.status
    } catch {
      return 0
    }
  }
})
