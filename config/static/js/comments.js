// Comments: sent without leaving the page, begun from selected words, and names offered after an @. Without this file the forms are forms.
(() => {
  const panel = document.querySelector("[data-comments-panel]");
  const form = document.getElementById("section-form");
  const area = form?.querySelector("[data-editor] textarea");

  // Beside the editor ---------------------------------------------------------
  async function post(sent, button) {
    if (sent.elements.quote && form) await saved(); // the words must be in the stored text
    const body = new FormData(sent, button);
    return fetch(sent.action, { method: "POST", body, headers: { "X-Panel": "1" }, redirect: "error" });
  }
  const saved = () => new Promise((done) => {
    if (form.dataset.dirty !== "true") return done();
    form.addEventListener("saved", done, { once: true });
    setTimeout(done, 8000); // the server then says that it does not know the words
    form.dispatchEvent(new Event("save-now"));
  });
  function show(html, focus = "") {
    panel.innerHTML = html; // rendered by the server, every text escaped
    ready();
    const word = panel.querySelector("[data-comment-word]");
    const text = word.textContent;
    word.textContent = "";
    setTimeout(() => { word.textContent = text; }, 50); // a status that changes is read aloud
    (document.getElementById(focus) ?? document.getElementById("comments-title")).focus();
  }
  function ready() {
    for (const button of panel.querySelectorAll("[data-comment-show]")) button.hidden = false;
    document.dispatchEvent(new CustomEvent("panel:loaded", { detail: panel }));
  }
  function passage(thread) {
    const { text, start } = thread.dataset;
    if (!text) return null;
    const from = [...area.value].slice(0, Number(start)).join("").length; // offsets count characters as Python does
    const at = area.value.startsWith(text, from) ? from : area.value.indexOf(text);
    return at < 0 ? null : [at, at + text.length];
  }
  if (panel && area) {
    panel.addEventListener("submit", async (event) => {
      const sent = event.target.closest("[data-comment-form]");
      if (!sent) return;
      event.preventDefault();
      if (sent.dataset.busy) return;
      sent.dataset.busy = "true";
      const error = sent.querySelector("[data-comment-error]");
      error.hidden = true;
      const thread = sent.closest("[data-thread]")?.id ?? "";
      try {
        const answer = await post(sent, event.submitter);
        if (answer.status === 422 || answer.status === 409) {
          error.textContent = (await answer.json()).errors.join(" ");
          error.hidden = false;
          return;
        }
        if (!answer.ok) throw new Error(String(answer.status));
        delete sent.dataset.dirty;
        show(await answer.text(), event.submitter?.value === "resolve" ? "" : thread);
      } catch {
        error.textContent = "It could not be sent. What you wrote is still here; try again.";
        error.hidden = false;
      } finally {
        delete sent.dataset.busy;
        delete sent.dataset.sent;
      }
    });
    panel.addEventListener("click", (event) => {
      const button = event.target.closest("[data-comment-show]");
      const found = button && passage(button.closest("[data-thread]"));
      if (!found) return;
      if (area.hidden) form.querySelector("[data-preview-toggle]")?.click();
      area.focus();
      area.setSelectionRange(...found);
    });

    // From selected words, in the text or in its preview
    const pane = form.querySelector("[data-preview-pane]");
    function selected() {
      if (!area.hidden) {
        const { selectionStart: start, selectionEnd: end, value } = area;
        return { quote: value.slice(start, end), near: [...value.slice(0, start)].length };
      }
      const selection = getSelection();
      if (!selection.rangeCount || !pane.contains(selection.anchorNode)) return { quote: "", near: 0 };
      const copy = selection.getRangeAt(0).cloneContents();
      for (const mark of copy.querySelectorAll?.(".cite") ?? []) mark.remove();
      return { quote: copy.textContent, near: 0 };
    }
    function begin() {
      const { quote, near } = selected();
      const box = panel.querySelector("[data-new-comment]");
      box.open = true;
      const fields = box.querySelector("form").elements;
      fields.quote.value = quote.trim().slice(0, 1000);
      fields.near.value = near;
      fields.body.focus();
      box.scrollIntoView({ block: "nearest" });
    }
    form.addEventListener("comment", begin);
    form.querySelector("[data-comment-selection]")?.addEventListener("mousedown", (event) => event.preventDefault()); // the selection stays
    form.querySelector("[data-comment-selection]")?.addEventListener("click", begin);

    // What others said meanwhile: presence.js tells that there is more; nothing is replaced under somebody's hands.
    document.addEventListener("comments:changed", async () => {
      const busy = panel.contains(document.activeElement) || [...panel.querySelectorAll("textarea")].some((one) => one.value !== one.defaultValue);
      if (busy) return;
      try {
        const answer = await fetch(panel.parentElement.dataset.comments, { redirect: "error" });
        if (answer.ok) { panel.innerHTML = await answer.text(); ready(); }
      } catch { /* the next sign tells again */ }
    });
    ready();
  }

  // @names ----------------------------------------------------------------------
  let box = null, owner = null, chosen = 0, asked = 0;
  function close() {
    box?.remove();
    for (const name of ["aria-activedescendant", "aria-controls"]) owner?.removeAttribute(name);
    box = owner = null;
  }
  const written = (field) => /(?:^|[\s(])@([\w.+-]*)$/.exec(field.value.slice(0, field.selectionStart))?.[1];
  function choose(number) {
    chosen = number;
    [...box.children].forEach((row, at) => row.setAttribute("aria-selected", String(at === chosen)));
    owner.setAttribute("aria-activedescendant", box.children[chosen].id);
  }
  function take(row) {
    const field = owner, part = written(field) ?? "";
    const at = field.selectionStart - part.length;
    field.setRangeText(`${row.dataset.name} `, at, field.selectionStart, "end");
    close();
    field.focus();
  }
  async function offer(field) {
    const part = written(field);
    const url = field.dataset.mentions || document.querySelector("[data-people]")?.dataset.people;
    if (part === undefined || !url) return close();
    const mine = ++asked;
    let people;
    try {
      const answer = await fetch(`${url}?q=${encodeURIComponent(part)}`, { redirect: "error" });
      people = (await answer.json()).people;
    } catch { return close(); }
    if (mine !== asked || written(field) === undefined || document.activeElement !== field) return;
    close();
    if (!people.length) return;
    owner = field;
    box = document.createElement("ul");
    box.className = "mentionbox";
    box.id = "mentionbox";
    box.setAttribute("role", "listbox");
    box.setAttribute("aria-label", "People");
    people.forEach((person, at) => {
      const row = document.createElement("li");
      row.id = `mention-${at}`;
      row.setAttribute("role", "option");
      row.dataset.name = person.username;
      row.append(person.name);
      if (person.name !== person.username) row.append(Object.assign(document.createElement("span"), { textContent: `@${person.username}` }));
      row.addEventListener("mousedown", (event) => { event.preventDefault(); take(row); });
      box.append(row);
    });
    field.after(box);
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", "mentionbox");
    choose(0);
  }
  document.addEventListener("input", (event) => { if (event.target.matches?.("textarea[data-mentions]")) offer(event.target); });
  if (document.activeElement?.matches("textarea[data-mentions]")) offer(document.activeElement);
  document.addEventListener("keydown", (event) => {
    if (!box || event.target !== owner) return;
    const rows = box.children;
    if (event.key === "ArrowDown") choose((chosen + 1) % rows.length);
    else if (event.key === "ArrowUp") choose((chosen + rows.length - 1) % rows.length);
    else if (event.key === "Enter" || event.key === "Tab") take(rows[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
  document.addEventListener("focusout", (event) => { if (event.target === owner) close(); });
})();
