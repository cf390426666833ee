// Comments: sent without leaving the page, begun from selected words, and names offered after an @. Without this file the forms are forms.
(() => {
  const panel = document.querySelector("[data-comments-panel]");
  const form = document.getElementById("section-form");
  const area = form?.querySelector("[data-editor] textarea");

  // Beside the editor ---------------------------------------------------------
  async function post(sent, button) {
    if (sent.elements.quote && form) { // the words, or the row, must be in the stored text
      await saved();
      if (begun) await settled(sent.elements);
    }
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
    begun = null;
    if (form) marks();
    document.dispatchEvent(new CustomEvent("panel:loaded", { detail: panel }));
  }

  // Fields, rows, factors and action items -------------------------------------
  const rowOf = (element) => element.closest("[data-rows-list] > li");
  const cells = (row) => [...row.querySelectorAll("textarea, input:not([type=hidden]), select")];
  const isFilled = (row) => cells(row).some((one) => (one.type === "checkbox" ? one.checked : one.value.trim()));
  let begun = null; // the row that the new comment is about, wherever it is moved until then
  function placeOf(row) { // among the rows that are stored: those that hold something
    return [...row.parentElement.children].filter(isFilled).indexOf(row);
  }
  function settled(fields) {
    const words = cells(begun).find((one) => one.matches("textarea, input[type=text]") && one.value.trim());
    choosePart(fields, `row:${Math.max(placeOf(begun), 0)}`, "The row");
    fields.quote.value = words ? words.value.trim().slice(0, 1000) : "";
  }
  function choosePart(fields, key, label) {
    const select = fields.part;
    let option = [...select.options].find((one) => one.value === key && !one.dataset.live);
    if (!option) { // a row that was moved or added since the list was made
      option = select.querySelector("[data-live]") ?? select.appendChild(new Option());
      option.dataset.live = "true";
      option.value = key;
      option.textContent = label;
    }
    select.value = key;
    select.closest(".field").hidden = false;
    quoteShown(fields);
  }
  function quoteShown(fields) {
    fields.quote.closest("[data-comment-quote]").hidden = Boolean(fields.part?.value);
  }
  function beginOn(mark) {
    const row = rowOf(mark), opener = panel.querySelector("[data-new-comment]");
    if (row && !isFilled(row)) return cells(row)[0]?.focus(); // there is nothing to speak of yet
    begun = row;
    opener.open = true;
    const fields = opener.querySelector("form").elements;
    const name = mark.querySelector("[data-part-comment]").getAttribute("aria-label").replace(/^Comment on /, "");
    if (row) choosePart(fields, `row:${placeOf(row)}`, `Row ${[...row.parentElement.children].indexOf(row) + 1}`);
    else choosePart(fields, mark.dataset.partMark, name);
    fields.quote.value = "";
    fields.body.focus();
    opener.scrollIntoView({ block: "nearest" });
  }
  function marks() { // the panel knows more than the page did when it was loaded
    const threads = [...panel.querySelectorAll("[data-thread][data-part]")];
    for (const mark of document.querySelectorAll("[data-part-mark]")) {
      const row = rowOf(mark), key = row ? (isFilled(row) ? `row:${placeOf(row)}` : "") : mark.dataset.partMark;
      const here = threads.filter((one) => key && one.dataset.part === key);
      const count = mark.querySelector("[data-part-count]");
      count.hidden = !here.length;
      if (here.length) count.href = `#${here[0].id}`;
      mark.querySelector("[data-part-number]").textContent = here.length;
      mark.querySelector("[data-part-comment]").hidden = false;
    }
  }
  function partOf(thread) { // the element that a thread is about
    const key = thread.dataset.part;
    if (!key) return null;
    if (!key.startsWith("row:")) return document.querySelector(`[data-part-mark="${CSS.escape(key)}"]`)?.parentElement;
    return [...document.querySelectorAll("[data-rows-list] > li")].filter(isFilled)[Number(key.slice(4))] ?? null;
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
      const part = button && partOf(button.closest("[data-thread]"));
      if (part) {
        part.scrollIntoView({ block: "center" });
        return part.querySelector("textarea, input:not([type=hidden]), select, a")?.focus({ preventScroll: true });
      }
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
    document.addEventListener("click", (event) => {
      const button = event.target.closest("[data-part-comment]");
      if (button) beginOn(button.closest("[data-part-mark]"));
    });
    panel.addEventListener("change", (event) => {
      if (!event.target.matches("[data-comment-part]")) return;
      begun = null;
      quoteShown(event.target.form.elements);
    });
    form.addEventListener("saved", marks);
    document.querySelector("[data-rows-list]")?.addEventListener("input", (event) => { if (event.target.matches("ol")) marks(); });
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
