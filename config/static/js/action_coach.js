// Questions of the coach about an action item while it is typed. Without this file they are those of the last save.
(() => {
  const WAIT = 900; // rest after the last key before asking
  const timers = new WeakMap(), running = new WeakMap();

  async function ask(form, place) {
    running.get(place)?.abort();
    const stop = new AbortController();
    running.set(place, stop);
    if (!form.elements.title.value.trim()) { place.replaceChildren(); return; }
    try {
      const answer = await fetch(place.dataset.actionCoach, { method: "POST", body: new FormData(form), redirect: "error", signal: stop.signal });
      if (!answer.ok) return;
      const fresh = document.createElement("template");
      fresh.innerHTML = await answer.text(); // rendered by the server, every text escaped
      // Read aloud only when something is said anew.
      if (place.textContent.replace(/\s+/g, " ").trim() !== fresh.content.textContent.replace(/\s+/g, " ").trim()) place.replaceChildren(...fresh.content.childNodes);
    } catch { /* advice can wait: the next rest asks again */ }
  }
  // On the document: the form of a section is replaced whenever an item was added.
  for (const name of ["input", "change"]) document.addEventListener(name, (event) => {
    const form = event.target.closest("form"), place = form?.querySelector("[data-action-coach]");
    if (!place) return;
    clearTimeout(timers.get(place));
    timers.set(place, setTimeout(ask, WAIT, form, place));
  });
  // A quick hand may have typed before this file ran.
  for (const place of document.querySelectorAll("[data-action-coach]")) {
    const form = place.closest("form");
    if ([...form.elements].some((one) => one.defaultValue !== undefined && one.value !== one.defaultValue)) ask(form, place);
  }
})();
