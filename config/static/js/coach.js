// The blameless coach beside the editor: asks again when typing rests. Without this file its notes are those of the last save.
(() => {
  const WAIT = 1500; // rest after the last key before asking
  const panel = document.querySelector("[data-coach]");
  const form = document.getElementById("section-form");
  const area = form?.querySelector("[data-editor] textarea");
  if (!panel || !area) return;
  const place = panel.querySelector("[data-coach-notes]");
  let timer = 0, asked = texts(asServed()), running = null;

  function asServed() { // fields as the page brought them: a quick hand may have typed before this file ran
    const copy = form.cloneNode(true);
    copy.reset();
    return copy;
  }
  function texts(of = form) { // all that is in the editor: the text, and the cells of rows
    const data = new FormData(of);
    data.delete("version");
    return JSON.stringify([...data]);
  }
  const field = (note) => form.elements[note.dataset.place] ?? area;

  // Offsets count characters as Python does; where the text changed meanwhile, the words are looked for.
  function range(note) {
    const { text, start } = note.dataset;
    const { value } = field(note);
    const from = [...value].slice(0, Number(start)).join("").length;
    const at = value.startsWith(text, from) ? from : value.indexOf(text);
    return at < 0 ? null : [at, at + text.length];
  }
  function select(note) {
    const found = range(note);
    if (!found) return null;
    if (field(note) === area && area.hidden) form.querySelector("[data-preview-toggle]")?.click();
    field(note).focus();
    field(note).setSelectionRange(...found);
    return found;
  }
  function apply(note) {
    const found = select(note);
    if (!found) return;
    const place = field(note);
    let instead = note.dataset.rewrite, [start, end] = found;
    if (!instead) { // left out, with the space after it; what began the sentence hands on its capital
      const after = /^,? ?(.?)/u.exec(place.value.slice(end));
      end += after[0].length;
      instead = /^\p{Lu}/u.test(note.dataset.text) ? after[1].toUpperCase() : after[1];
    }
    place.setSelectionRange(start, end);
    // execCommand keeps the browser's undo; where it is gone the text is set.
    const done = instead ? document.execCommand("insertText", false, instead) : document.execCommand("delete");
    if (!done) { place.setRangeText(instead, start, end, "end"); place.dispatchEvent(new Event("input", { bubbles: true })); }
    ask();
  }

  function ready() {
    for (const button of place.querySelectorAll("[data-coach-show], [data-coach-apply]")) button.hidden = false;
  }
  function show(html) {
    const open = new Set([...place.querySelectorAll("details[open][data-coach-more]")].map((one) => one.dataset.coachMore));
    const status = place.querySelector("[data-coach-count]");
    const fresh = document.createElement("template");
    fresh.innerHTML = html; // rendered by the server, every text escaped
    const count = fresh.content.querySelector("[data-coach-count]");
    // The line that is read aloud stays the same element and changes only with its words.
    if (status.textContent !== count.textContent) status.textContent = count.textContent;
    count.replaceWith(status);
    for (const one of fresh.content.querySelectorAll("[data-coach-more]")) one.open = open.has(one.dataset.coachMore);
    place.replaceChildren(...fresh.content.childNodes);
    ready();
  }
  async function ask(decision = "") {
    clearTimeout(timer);
    const text = texts();
    if (!decision && text === asked) return;
    running?.abort();
    running = new AbortController();
    const body = new FormData(form);
    if (decision) body.set("coach", decision);
    try {
      const answer = await fetch(panel.dataset.coach, { method: "POST", body, redirect: "error", signal: running.signal });
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.text());
      asked = text;
      if (decision) panel.querySelector("h2").focus();
    } catch { /* advice can wait: the next rest asks again */ }
  }
  const soon = () => { clearTimeout(timer); timer = setTimeout(ask, WAIT); };

  form.addEventListener("input", soon);
  form.addEventListener("saved", soon);
  panel.addEventListener("toggle", (event) => { // one choice of reasons at a time
    if (event.target.open && event.target.matches(".note__keep")) for (const one of place.querySelectorAll(".note__keep[open]")) if (one !== event.target) one.open = false;
  }, true);
  panel.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    const note = button.closest("[data-note]");
    if ("coachShow" in button.dataset) select(note);
    else if ("coachApply" in button.dataset) apply(note);
    else if (button.name === "coach") { event.preventDefault(); ask(button.value); }
  });
  ready();
  if (texts() !== asked) soon();
})();
