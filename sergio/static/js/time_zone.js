// The browser's time zone, from which the sign-up guesses country and currency; htmx sends it when it starts after this.
{
  const zone = document.getElementById("browser_zone")
  zone.value ||= Intl.DateTimeFormat().resolvedOptions().timeZone ?? ""
}
