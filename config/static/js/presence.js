// Who else is here: a sign every twenty seconds while the page is seen, and what the answer tells. Without this file nobody is shown.
(() => {
  const EVERY = 20_000;
  const box = document.querySelector("[data-presence]");
  if (!box) return;
  const form = document.getElementById("section-form");
  let typed = form?.dataset.dirty === "true", comments = null, told = "";

  function body(state) {
    const data = new FormData();
    data.set("csrfmiddlewaretoken", document.querySelector("[name=csrfmiddlewaretoken]").value);
    data.set("state", state);
    return data;
  }
  async function sign() {
    if (document.hidden) return;
    try {
      const sent = form ? { method: "POST", body: body(typed ? "typing" : "reading") } : {};
      const answer = await fetch(box.dataset.presence, { ...sent, redirect: "error" });
      if (!answer.ok) return;
      typed = false;
      show(await answer.json());
    } catch { /* the next sign tries again */ }
  }
  function show(answer) {
    const words = form ? [...answer.here, ...answer.words.filter((one) => !answer.here.includes(one))].slice(0, 4) : answer.words.slice(0, 6);
    let text = words.join(". ");
    if (form && answer.version > Number(form.elements.version.value) && form.dataset.dirty !== "true") text = `${text ? `${text}. ` : ""}${answer.by} saved a newer text: reload the page to read it`;
    if (text !== told) { // read aloud only when it changes
      told = text;
      box.textContent = text ? `${text}.` : "";
      box.dataset.anybody = String(Boolean(text));
    }
    for (const place of document.querySelectorAll("[data-presence-of]")) place.textContent = (answer.sections[place.dataset.presenceOf] ?? []).join(", ");
    if (answer.comments !== undefined) {
      if (comments !== null && comments !== answer.comments) document.dispatchEvent(new Event("comments:changed"));
      comments = answer.comments;
    }
  }
  if (form) {
    form.addEventListener("input", () => {
      const first = !typed;
      typed = true;
      if (first && form.dataset.announced !== "true") { form.dataset.announced = "true"; sign(); }
    });
    addEventListener("pagehide", () => navigator.sendBeacon(box.dataset.presence, body("left")));
  }
  document.addEventListener("visibilitychange", sign);
  sign();
  setInterval(sign, EVERY);
})();
