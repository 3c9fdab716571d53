// Keeps the page of one request up to date. The server says that something
// happened; the page then asks for itself again and takes over the parts marked
// data-live. Without this script the page reloads itself.
"use strict";
(() => {
  const root = document.querySelector("[data-events]");
  if (!root) return;
  let asking = false;
  let again = false;

  const renew = async () => {
    if (asking) { again = true; return; }
    asking = true;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch { /* the server is away for a moment: the next beat asks again */ }
    asking = false;
    if (again) { again = false; renew(); }
  };

  const take = (fresh) => {
    for (const part of document.querySelectorAll("[data-live]")) {
      const now = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
      if (now && now.innerHTML !== part.innerHTML) part.replaceChildren(...now.childNodes);
    }
    document.title = fresh.title;
    if (!fresh.querySelector("[data-events]")) stop();
  };

  const beat = setInterval(renew, 10000);
  const source = new EventSource(root.dataset.events);
  const stop = () => { clearInterval(beat); source.close(); };
  for (const name of ["change", "member"]) source.addEventListener(name, renew);
})();
