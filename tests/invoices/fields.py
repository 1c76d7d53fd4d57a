"""The fields of a form on a page, as a browser would send them."""

from html.parser import HTMLParser


class Fields(HTMLParser):
    """Collects name and value of every field of the forms on a page; for checkboxes and options the chosen ones."""

    def __init__(self):
        super().__init__()
        self.values, self.select, self.text, self.template = {}, None, None, 0

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        self.template += tag == "template"
        if self.template:
            return
        if tag == "select":
            self.select = given["name"]
        elif tag == "option" and (self.select not in self.values or "selected" in given):
            self.values[self.select] = given.get("value", "")
        elif tag == "textarea":
            self.text = given["name"]
            self.values[self.text] = ""
        elif tag == "input" and "name" in given:
            self.keep(given)

    def keep(self, given):
        kind, name, value = given.get("type"), given["name"], given.get("value", "")
        if kind in ("checkbox", "radio") and "checked" not in given:
            return
        if name in ("line", "reminder_days"):
            self.values.setdefault(name, []).append(value)
        else:
            self.values[name] = value

    def handle_data(self, data):
        if self.text and not self.template:
            self.values[self.text] += data.removeprefix("\n")

    def handle_endtag(self, tag):
        self.template -= tag == "template"
        if tag == "textarea":
            self.text = None
        if tag == "select":
            self.select = None


def fields_of(page) -> dict:
    """The fields of the page that a response has."""
    parser = Fields()
    parser.feed(page.text)
    return {name: value for name, value in parser.values.items() if name != "csrf_token"}
