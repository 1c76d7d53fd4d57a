// New emails appear by themselves: the list is fetched again every two seconds.
setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch(location.href).catch(() => null);
  if (!answer?.ok) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of ["#emails", "#emails + p"]) {
    const [now, fresh] = [document.querySelector(part), page.querySelector(part)];
    if (now.innerHTML !== fresh.innerHTML) now.replaceChildren(...fresh.childNodes);
  }
}, 2000);
