// Citing: a picker over the incident's timeline, for the editor's Cite button and Ctrl+Shift+E; and Escape closes a citation's note.
(() => {
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector(".cite:hover, .cite:focus-within");
    open?.classList.add("cite--closed");
    open?.addEventListener("mouseleave", () => open.classList.remove("cite--closed"), { once: true });
    open?.addEventListener("focusout", () => open.classList.remove("cite--closed"), { once: true });
  });

  const dialog = document.getElementById("picker");
  const form = document.getElementById("section-form");
  if (!dialog || !form) return;
  const search = dialog.querySelector("input"), list = dialog.querySelector("[data-picker-list]"), status = dialog.querySelector("[data-picker-status]");
  let rows = [], chosen = -1, timer = 0, asked = 0, place = 0;

  const editor = form.querySelector("[data-editor]"), area = editor.querySelector("textarea");
  function open() {
    if (area.hidden) form.querySelector("[data-preview-toggle]")?.click();
    place = area.selectionEnd; // a text under a modal dialog forgets its selection
    dialog.showModal();
    search.select();
    ask();
  }
  async function ask() {
    const mine = ++asked;
    let found;
    try {
      const answer = await fetch(`${dialog.dataset.picker}?q=${encodeURIComponent(search.value)}`, { redirect: "error" });
      if (!answer.ok) throw new Error(String(answer.status));
      found = (await answer.json()).entries;
    } catch {
      if (mine === asked) status.textContent = "The timeline cannot be reached just now.";
      return;
    }
    if (mine === asked) show(found);
  }
  function show(found) {
    rows = found.map((entry, at) => {
      const row = document.createElement("li");
      row.className = "citepick__row";
      row.id = `picker-${at}`;
      row.dataset.mark = entry.mark;
      row.setAttribute("role", "option");
      const when = Object.assign(document.createElement("span"), { className: "citepick__when", textContent: `${entry.moment}${entry.from ? ` · ${entry.from}` : ""}${entry.key ? " · key moment" : ""}` });
      row.append(when, entry.text);
      row.addEventListener("click", () => take(row));
      return row;
    });
    list.replaceChildren(...rows);
    status.textContent = rows.length ? `${rows.length} ${rows.length === 1 ? "entry" : "entries"}` : "No entry with these words.";
    choose(rows.length ? 0 : -1);
  }
  function choose(at) {
    chosen = at;
    rows.forEach((row, number) => row.setAttribute("aria-selected", String(number === at)));
    if (at < 0) return search.removeAttribute("aria-activedescendant");
    search.setAttribute("aria-activedescendant", rows[at].id);
    rows[at].scrollIntoView({ block: "nearest" });
  }
  function take(row) {
    dialog.close();
    area.focus();
    area.setSelectionRange(place, place);
    const before = area.value.slice(0, place);
    editor.dispatchEvent(new CustomEvent("editor:insert", { detail: `${/(^|\s|\]\])$/.test(before) ? "" : " "}${row.dataset.mark}` }));
  }
  search.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && rows.length) choose((chosen + 1) % rows.length);
    else if (event.key === "ArrowUp" && rows.length) choose((chosen + rows.length - 1) % rows.length);
    else if (event.key === "Enter") { if (chosen >= 0) take(rows[chosen]); }
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("close", () => area.focus());
  form.addEventListener("cite", open);
  const button = form.querySelector("[data-cite]");
  button?.addEventListener("click", open);
})();
