// The form of a contributing factor: the catalogue can be searched, tells about each kind and suggests some; the timeline entries can be searched.
const form = document.querySelector("form[data-factor]");
const select = form?.querySelector("[data-leafpicker] select");
const details = JSON.parse(document.getElementById("leaf-details")?.textContent ?? "{}");

function fill(parent, parts) {
  parent.replaceChildren(...parts.filter(([, text]) => text).map(([label, text]) => {
    const line = document.createElement("p");
    if (label) line.append(Object.assign(document.createElement("b"), { textContent: label }), " ");
    line.append(text);
    return line;
  }));
}
function about() {
  const leaf = details[select.value];
  fill(form.querySelector("[data-leaf-about]"), leaf ? [["", leaf.use_when], ["Ask:", leaf.question]] : []);
}
function field(label, id) {
  const box = document.createElement("div");
  box.className = "field";
  const input = Object.assign(document.createElement("input"), { type: "search", id, autocomplete: "off" });
  box.append(Object.assign(document.createElement("label"), { htmlFor: id, textContent: label }), input);
  return [box, input];
}
const matches = (words, text) => words.every((word) => text.toLowerCase().includes(word));
const wordsOf = (input) => input.value.toLowerCase().split(/\s+/).filter(Boolean);

if (select) {
  // The options are taken out and put back rather than hidden: not every browser hides an option.
  const groups = [...select.querySelectorAll("optgroup")].map((group) => [group, [...group.children]]);
  const [box, search] = field("Search the catalogue", "leaf-search");
  const count = Object.assign(document.createElement("p"), { className: "field__hint", role: "status" });
  box.append(count);
  form.querySelector("[data-leafpicker]").prepend(box);
  search.addEventListener("input", (event) => {
    event.stopPropagation(); // it is no change of the form
    const words = wordsOf(search);
    let found = 0;
    for (const [group, options] of groups) {
      const shown = options.filter((option) => option.selected || matches(words, `${group.label} ${option.textContent} ${details[option.value]?.use_when ?? ""}`));
      found += shown.length;
      group.replaceChildren(...shown);
      if (shown.length) select.append(group); else group.remove();
    }
    count.textContent = words.length ? `${found} kind${found === 1 ? "" : "s"} below` : "";
  });
  search.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") {
      event.preventDefault();
      select.focus();
      select.showPicker?.();
    }
  });
  select.addEventListener("change", about);
  about();

  const place = form.querySelector("[data-suggestions]");
  const withButtons = () => {
    for (const button of place.querySelectorAll("[data-use-leaf]")) {
      button.hidden = false;
      button.parentElement.querySelector("[data-leaf-name]").hidden = true;
    }
  };
  place.addEventListener("click", (event) => {
    const button = event.target.closest("[data-use-leaf]");
    if (!button) return;
    search.value = "";
    search.dispatchEvent(new Event("input"));
    select.value = button.dataset.useLeaf;
    select.dispatchEvent(new Event("change", { bubbles: true }));
    select.focus();
    place.replaceChildren();
  });
  withButtons();
  let rest;
  const statement = form.querySelector("[name=statement]");
  const suggest = () => {
    clearTimeout(rest);
    rest = setTimeout(async () => {
      if (select.value) return;
      try {
        const answer = await fetch(form.dataset.suggest, { method: "POST", headers: { "X-CSRFToken": document.querySelector('meta[name="csrf-token"]').content }, body: new URLSearchParams({ statement: statement.value }) });
        if (!answer.ok || answer.redirected || select.value) return;
        place.innerHTML = await answer.text(); // the server's own fragment, escaped there
        withButtons();
      } catch { /* no connection: there are no suggestions then */ }
    }, 600);
  };
  statement.addEventListener("input", suggest);
  if (statement.value !== statement.defaultValue) suggest(); // a quick hand may have typed before this file ran
}

for (const picker of document.querySelectorAll("[data-picker]")) {
  const rows = [...picker.querySelectorAll(".picker__row")];
  const count = picker.querySelector("[data-picker-count]");
  const tell = () => { count.textContent = `${picker.querySelectorAll("input:checked").length} chosen`; };
  picker.addEventListener("change", tell);
  tell();
  if (rows.length < 8) continue;
  const [box, search] = field("Search the entries", "entry-search");
  picker.querySelector(".picker__head").after(box);
  search.addEventListener("input", (event) => {
    event.stopPropagation();
    for (const row of rows) row.hidden = !(row.querySelector("input").checked || matches(wordsOf(search), row.textContent));
  });
}
