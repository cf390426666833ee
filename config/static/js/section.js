// The section editor: toolbar, preview, autosave. Without this file the form is a form.
(() => {
  const WAIT = 2000; // rest after the last key before saving
  const RETRIES = [2000, 5000, 10000, 20000, 30000];

  // Editor ----------------------------------------------------------------
  for (const editor of document.querySelectorAll("[data-editor]")) {
    const area = editor.querySelector("textarea");
    const pane = editor.querySelector("[data-preview-pane]");
    const toggle = editor.querySelector("[data-preview-toggle]");
    const form = editor.closest("form");
    // Some tools are other scripts': by this event all have come.
    document.addEventListener("DOMContentLoaded", () => { editor.querySelector("[data-tools]").hidden = false; });

    const replace = (start, end, text, from, to) => {
      area.focus();
      area.setSelectionRange(start, end);
      // execCommand keeps the browser's undo; where it is gone the text is set.
      if (!document.execCommand("insertText", false, text)) area.setRangeText(text, start, end, "end");
      area.setSelectionRange(from, to);
      area.dispatchEvent(new Event("input", { bubbles: true }));
    };
    editor.addEventListener("editor:insert", (event) => { // from the pickers of js/citing.js and js/pictures.js
      const end = area.selectionEnd, after = end + event.detail.length;
      replace(end, end, event.detail, after, after);
    });
    // Questions that help: one becomes a heading where the cursor is, to be answered below it.
    for (const button of form.matches("[data-section]") ? document.querySelectorAll("[data-question]") : []) {
      button.hidden = false;
      button.addEventListener("click", () => {
        if (area.hidden) return;
        const at = area.selectionEnd || area.value.length; // nobody has put the cursor anywhere yet: behind all there is
        const before = area.value.slice(0, at);
        area.setSelectionRange(at, at);
        const lead = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
        editor.dispatchEvent(new CustomEvent("editor:insert", { detail: `${lead}### ${button.dataset.question}\n\n` }));
      });
    }
    const wrap = (mark) => {
      const { selectionStart: start, selectionEnd: end, value } = area;
      replace(start, end, mark + value.slice(start, end) + mark, start + mark.length, end + mark.length);
    };
    const prefix = (mark) => {
      const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
      const end = area.selectionEnd;
      const text = area.value.slice(start, end).split("\n").map((line) => (line.startsWith(mark) ? line : mark + line)).join("\n");
      replace(start, end, text, start + text.length, start + text.length);
    };
    const link = () => {
      const { selectionStart: start, selectionEnd: end, value } = area;
      const text = value.slice(start, end) || "text";
      replace(start, end, `[${text}](https://)`, start + text.length + 3, start + text.length + 11);
    };
    const preview = async (show) => {
      toggle.setAttribute("aria-pressed", String(show));
      area.hidden = show;
      pane.hidden = !show;
      if (!show) return area.focus();
      const body = new FormData(form);
      try {
        const answer = await fetch(form.dataset.preview || "/postmortems/preview/", { method: "POST", body, headers: { "X-Requested-With": "fetch" } });
        if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
        pane.innerHTML = await answer.text(); // cleaned by the server
      } catch {
        pane.textContent = "The preview needs the server, and it cannot be reached just now.";
      }
    };
    editor.addEventListener("click", (event) => {
      const button = event.target.closest("button");
      if (!button) return;
      if (button === toggle) preview(pane.hidden);
      else if (button.dataset.wrap) wrap(button.dataset.wrap);
      else if (button.dataset.prefix) prefix(button.dataset.prefix);
      else if ("link" in button.dataset) link();
    });
    area.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey) {
        const mark = { b: "**", i: "_" }[event.key.toLowerCase()];
        if (mark) { event.preventDefault(); wrap(mark); }
      }
      // A list goes on by itself; an empty item ends it.
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing && area.selectionStart === area.selectionEnd) {
        const start = area.value.lastIndexOf("\n", area.selectionStart - 1) + 1;
        const item = /^(\s*[-*] )(.*)$/.exec(area.value.slice(start, area.selectionStart));
        if (!item) return;
        event.preventDefault();
        const at = area.selectionStart;
        if (item[2]) replace(at, at, `\n${item[1]}`, at + 1 + item[1].length, at + 1 + item[1].length);
        else replace(start, at, "\n", start + 1, start + 1);
      }
    });
  }

  // On a phone the list of sections would push the text away.
  const sections = document.querySelector(".writing__sections");
  if (sections && matchMedia("(max-width: 55.99rem)").matches) sections.open = false;

  // Autosave ------------------------------------------------------------------
  const form = document.querySelector("form[data-section]");
  if (!form) return;
  const state = form.querySelector("[data-savestate]");
  const slot = `debrief:section:${form.dataset.key}`;
  const version = form.elements.version;
  let timer, sending = false, tries = 0, stopped = false;
  let pending = null; // what was sent and not yet answered; it is repeated word for word, so that a lost answer does no harm
  let savedText = "unsaved" in form.dataset ? "" : snapshot(asServed()); // what the server refused counts as unsaved
  let waiting = null; // the button pressed while a save was under way

  function asServed() { // fields as the page brought them: a quick hand may have typed before this file ran
    const copy = form.cloneNode(true);
    copy.reset();
    return copy;
  }
  function snapshot(of = form) {
    const data = new FormData(of);
    for (const name of ["csrfmiddlewaretoken", "version", "continue"]) data.delete(name);
    const row = (name) => /^row-\d+-/.exec(name)?.[0];
    const filled = new Set([...data].filter(([name, value]) => value && !name.endsWith("-depth")).map(([name]) => row(name)));
    return JSON.stringify([...data].filter(([name]) => !row(name) || filled.has(row(name)))); // an empty row says nothing yet
  }
  function say(text, kind = "") {
    state.textContent = text;
    state.dataset.kind = kind;
  }
  function keep(submitted = false) {
    try { sessionStorage.setItem(slot, JSON.stringify({ version: version.value, text: snapshot(), submitted })); } catch { /* full or forbidden: the guard still asks */ }
  }
  function forget() {
    try { sessionStorage.removeItem(slot); } catch { /* as above */ }
  }
  function fill(text) {
    form.dispatchEvent(new CustomEvent("fill", { detail: JSON.parse(text) })); // js/rows.js brings the rows
    for (const [name, value] of JSON.parse(text)) {
      const field = form.elements[name];
      if (field) field.value = value; // a RadioNodeList takes a value as well
    }
  }
  function schedule(delay) {
    clearTimeout(timer);
    timer = setTimeout(save, delay);
  }
  function changed() {
    if (stopped) return keep();
    keep();
    if (tries === 0) { say("Not saved yet"); schedule(WAIT); }
  }
  function failed(reason) {
    keep();
    const delay = RETRIES[Math.min(tries++, RETRIES.length - 1)];
    say(`Not saved: ${reason}. Trying again; your words are kept in this browser.`, "error");
    schedule(delay);
  }

  async function save() {
    clearTimeout(timer);
    if (sending || stopped) return;
    const text = pending ? pending.text : snapshot();
    if (!pending && text === savedText) return;
    pending ??= { text, version: version.value };
    const body = new FormData();
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    body.set("version", pending.version);
    for (const [name, value] of JSON.parse(pending.text)) body.append(name, value);
    sending = true;
    say("Saving…");
    let answer, answered = {};
    try {
      answer = await fetch(location.pathname, { method: "POST", body, headers: { "X-Autosave": "1", Accept: "application/json" }, redirect: "manual", signal: AbortSignal.timeout(20_000) });
      if (answer.headers.get("content-type")?.includes("json")) answered = await answer.json();
    } catch {
      sending = false;
      return failed(navigator.onLine ? "the server cannot be reached" : "you are offline");
    }
    sending = false;
    if (answer.ok && answered.version) return done(answered);
    if (answer.status === 409) return conflict(answered);
    if (answer.status === 422) {
      pending = null;
      if (waiting) return form.requestSubmit(waiting); // the page of the answer says what is wrong, field by field
      return say(`Not saved: ${answered.reason}`, "error");
    }
    if (answer.status >= 500 || answer.status === 429) return failed("the server is busy");
    stopped = true; // signed out, or no longer allowed: trying again changes nothing
    keep();
    if (answered.reason) return say(`Not saved: ${answered.reason}. Your words are kept in this browser.`, "error");
    say("Not saved: you seem to be signed out. Sign in again in another tab, then reload; your words are kept in this browser.", "error");
  }

  function done(answered) {
    tries = 0;
    savedText = pending.text;
    pending = null;
    version.value = answered.version;
    const time = new Date(answered.at).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    say(`Saved ${time}`, "ok");
    show(answered);
    if (waiting) return form.requestSubmit(waiting);
    if (snapshot() === savedText) {
      forget();
      form.dispatchEvent(new Event("saved"));
    } else {
      keep();
      schedule(WAIT);
    }
  }
  function show(answered) {
    const mark = document.querySelector("[data-state-mark] .state");
    if (mark) mark.className = `state state--${answered.state}`;
    const gaps = document.querySelector("[data-gaps]");
    if (gaps) {
      gaps.hidden = !answered.gaps.length;
      gaps.querySelector("ul").replaceChildren(...answered.gaps.map((gap) => Object.assign(document.createElement("li"), { textContent: gap })));
    }
    const progress = document.querySelector("[data-progress]");
    if (progress) progress.textContent = progress.textContent.replace(/^\d+/, answered.done);
  }
  function conflict(answered) {
    stopped = true;
    pending = waiting = null;
    const box = form.querySelector("[data-conflict]");
    box.querySelector("[data-conflict-text]").textContent = `${answered.by} saved this section at ${answered.at}, while you were writing.`;
    box.querySelector("[data-conflict-link]").href = answered.url;
    box.hidden = false;
    box.scrollIntoView({ block: "nearest" });
    say("Not taken over: two texts", "error");
  }

  // Words typed after the conflict must reach the server too: they are sent once more, as another lost text, on the way out.
  form.querySelector("[data-conflict-link]").addEventListener("click", async (event) => {
    event.preventDefault();
    const body = new FormData(form);
    let target = event.target.href;
    try {
      const answer = await fetch(location.pathname, { method: "POST", body, headers: { "X-Autosave": "1" }, redirect: "manual" });
      if (answer.status === 409) target = (await answer.json()).url;
      else if (!answer.ok) throw new Error(String(answer.status));
      forget();
    } catch { keep(); }
    form.dispatchEvent(new Event("saved"));
    location.assign(target);
  });

  form.addEventListener("input", changed);
  form.addEventListener("save-now", save); // somebody else needs the stored text, such as a comment on it
  form.addEventListener("focusout", () => { if (tries === 0) save(); });
  form.addEventListener("submit", (event) => {
    clearTimeout(timer);
    if (sending || pending) { // one after the other: else the form would race its own autosave
      event.preventDefault();
      waiting = event.submitter;
      return sending ? undefined : save();
    }
    keep(true);
    stopped = true;
  });
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "s") { event.preventDefault(); save(); }
  });
  addEventListener("online", () => { if (pending) { tries = 0; save(); } });
  addEventListener("pagehide", () => { if (snapshot() !== savedText && !stopped) keep(); });

  // Words of an earlier visit that never reached the server ------------------------
  const box = form.querySelector("[data-recovered]");
  try {
    const kept = JSON.parse(sessionStorage.getItem(slot));
    const arrived = kept?.submitted && Number(version.value) > Number(kept.version);
    if (kept && !arrived && kept.text !== snapshot()) {
      box.hidden = false;
      box.querySelector("[data-recover]").addEventListener("click", () => {
        fill(kept.text);
        version.value = kept.version; // the version they were based on: whatever was saved since is not overwritten
        box.hidden = true;
        form.dataset.dirty = "true";
        changed();
        save();
      });
      box.querySelector("[data-forget]").addEventListener("click", () => { forget(); box.hidden = true; });
    } else forget();
  } catch { forget(); }

  if (!("unsaved" in form.dataset) && snapshot() !== savedText) {
    form.dataset.dirty = "true";
    changed();
  }
})();
