// The meeting: the clock of the current block, and notes that save themselves. The server keeps the time; a reload goes on where it was.

const card = document.querySelector("[data-clock]");
const elapsed = card?.querySelector("[data-elapsed]");
if (elapsed) {
  const planned = Number(elapsed.dataset.planned);
  const bar = card.querySelector("[data-bar]");
  const used = card.querySelector("[data-used]");
  const announce = card.querySelector("[data-announce]");
  const runs = card.dataset.since !== "";
  const loaded = performance.now();
  const spent = Number(elapsed.dataset.spent);
  let told = spent >= planned ? 2 : spent >= planned - 120 ? 1 : 0;

  // The seconds since the page came, on top of what the server had counted: this computer's clock may be wrong.
  const show = () => {
    const seconds = spent + (runs ? Math.floor((performance.now() - loaded) / 1000) : 0);
    elapsed.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
    if (bar) bar.value = seconds;
    if (used) used.textContent = String(Math.round((100 * seconds) / planned));
    card.toggleAttribute("data-over", seconds > planned);
    if (seconds >= planned && told < 2) {
      told = 2;
      announce.textContent = "The time of this block is used.";
    } else if (planned > 240 && seconds >= planned - 120 && told < 1) {
      told = 1;
      announce.textContent = "Two minutes left for this block.";
    }
  };
  show();
  if (runs) setInterval(show, 1000);
}

// Two screens in one room: what one moves on, the other learns of. Its notes may be half written, so it is told and not reloaded.
if (card?.dataset.asks) {
  const ask = async () => {
    if (document.hidden) return;
    try {
      const answer = await fetch(card.dataset.asks, { redirect: "error" });
      if (answer.ok) card.querySelector("[data-moved]").hidden = (await answer.json()).at === card.dataset.at;
    } catch { /* the next time tells */ }
  };
  setInterval(ask, 10_000);
  document.addEventListener("visibilitychange", ask);
}

// Notes: saved a moment after the last key, and when the field is left.
const notes = [...document.querySelectorAll("form[data-notes]")].map((form) => {
  const field = form.elements.notes;
  const state = form.querySelector("[data-notes-state]");
  let timer;
  let running;
  let stored = field.defaultValue; // as the page brought it: a quick hand may have typed before this file ran
  const isStored = () => field.value === stored;

  async function send() {
    clearTimeout(timer);
    while (!isStored()) { // what was typed meanwhile follows
      const sent = field.value;
      try {
        const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { "X-Autosave": "1" } });
        const said = answer.headers.get("Content-Type")?.startsWith("application/json") ? await answer.json() : {};
        if (!answer.ok || !said.version) {
          state.textContent = said.problem ?? "Not saved. Press Save notes.";
          return;
        }
        stored = sent;
        form.elements.version.value = said.version;
        state.textContent = "Saved";
        if (isStored()) form.dispatchEvent(new Event("saved"));
      } catch {
        state.textContent = "Not saved: the server cannot be reached.";
        return;
      }
    }
  }
  const save = () => (running ??= send().finally(() => { running = undefined; }));
  const soon = () => {
    state.textContent = "";
    clearTimeout(timer);
    timer = setTimeout(save, 1500);
  };
  field.addEventListener("input", soon);
  field.addEventListener("blur", save);
  if (!isStored()) soon();
  return { isStored, save };
});

// The next block, a pause: whatever leads to another page waits for the words that are on their way, so that nobody is asked whether to lose them.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("[data-notes], [hx-post]") || notes.every((note) => note.isStored())) return;
  event.preventDefault();
  event.stopPropagation();
  const button = event.submitter;
  await Promise.all(notes.map((note) => note.save()));
  if (notes.every((note) => note.isStored())) form.requestSubmit(button);
}, true);
