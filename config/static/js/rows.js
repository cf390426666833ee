// Rows of a section: add, move, remove and nest them at once. Without this file each button submits the form and does the same.
(() => {
  const box = document.querySelector("[data-rows]");
  if (!box) return;
  const list = box.querySelector("[data-rows-list]");
  const blank = box.querySelector("[data-rows-blank]");
  const said = box.querySelector("[data-rows-said]");
  const undo = box.querySelector("[data-rows-undo]");
  const form = box.closest("form");
  const area = form.querySelector("[data-editor] textarea");
  const isTree = box.dataset.shape === "tree", name = box.dataset.row, most = Number(box.dataset.most);
  const DEEPEST = 8;
  const LIST = /^ {0,3}(?:[-*+•]|\d{1,3}[.)])[ \t]+\S/m;
  let nextKey = Math.max(-1, ...rows().map((row) => Number(row.dataset.key))) + 1;
  let taken = null; // what a press of "Undo" puts back: the rows as they were

  function rows() { return [...list.children]; }
  const isFixed = (row) => "fixed" in row.dataset;
  const depth = (row) => Number(row.dataset.depth || 0);
  const block = (row) => { // the row with all that hangs on it
    const all = rows(), start = all.indexOf(row);
    let end = start + 1;
    while (isTree && end < all.length && depth(all[end]) > depth(row)) end += 1;
    return all.slice(start, end);
  };
  function setDepth(row, value) {
    const bounded = Math.max(0, Math.min(value, DEEPEST));
    row.dataset.depth = bounded;
    const input = row.querySelector('input[name$="-depth"]');
    if (input) input.value = bounded;
  }
  function levelled() { // none is more than one deeper than the one before
    let before = -1;
    for (const row of rows()) { if (depth(row) > before + 1) setDepth(row, before + 1); before = depth(row); }
  }
  function say(text, canUndo = false) {
    said.textContent = text;
    undo.hidden = !canUndo;
    if (!canUndo) taken = null;
  }
  const where = (row) => `${name[0].toUpperCase()}${name.slice(1)} ${rows().indexOf(row) + 1} of ${rows().length}`;
  const changed = () => list.dispatchEvent(new Event("input", { bubbles: true }));
  const first = (row) => row?.querySelector("textarea, input:not([type=hidden]), select");

  function make(key = nextKey) {
    nextKey = Math.max(nextKey, Number(key) + 1);
    const copy = document.createElement("template");
    copy.innerHTML = blank.innerHTML.replaceAll("__key__", key); // from the page itself
    return copy.content.firstElementChild;
  }
  function add(after, level) {
    if (rows().length >= most) return say(`There are ${most} rows already.`);
    const row = make(), before = after ? block(after).at(-1) : rows().at(-1);
    if (before) before.after(row); else list.append(row);
    setDepth(row, level);
    first(row).focus();
    say(`${where(row)} added.`);
  }
  function move(row, step) {
    const here = block(row), all = rows();
    const other = step < 0
      ? all.slice(0, all.indexOf(row)).reverse().find((one) => depth(one) <= depth(row))
      : all[all.indexOf(here.at(-1)) + 1];
    if (!other || isFixed(other) || depth(other) !== depth(row)) return;
    // The others are moved around it, so that the focus stays where it is.
    if (step < 0) here.at(-1).after(...block(other)); else row.before(...block(other));
    changed();
    say(`${where(row)}.`);
  }
  function nest(row, step) {
    const all = rows(), place = all.indexOf(row), level = depth(row) + step;
    if (!isTree || level < 0 || level > DEEPEST || (step > 0 && (!place || depth(all[place - 1]) < depth(row)))) return;
    for (const one of block(row)) setDepth(one, depth(one) + step);
    levelled();
    changed();
    say(`${where(row)}, level ${level + 1}.`);
  }
  function remove(row) {
    const before = rows().map((one) => [one, depth(one)]);
    const all = rows(), next = all[all.indexOf(row) + 1] ?? all[all.indexOf(row) - 1];
    const wasEmpty = ![...row.querySelectorAll("textarea, input:not([type=hidden]), select")].some((one) => one.value);
    for (const one of block(row).slice(1)) setDepth(one, depth(one) - 1);
    row.remove();
    if (!rows().length) add(null, 0);
    (first(next?.isConnected ? next : rows()[0]) ?? box.querySelector("[data-rows-add]")).focus();
    changed();
    say(`${name[0].toUpperCase()}${name.slice(1)} removed.`, !wasEmpty);
    taken = before;
  }
  undo.addEventListener("click", () => {
    if (!taken) return;
    list.replaceChildren(...taken.map(([row]) => row));
    for (const [row, level] of taken) setDepth(row, level);
    say("It is back.");
    changed();
  });

  function act(verb, row) {
    if (verb === "ask") add(row, Math.min(depth(row) + 1, DEEPEST));
    else if (verb === "up") move(row, -1);
    else if (verb === "down") move(row, 1);
    else if (verb === "deeper") nest(row, 1);
    else if (verb === "shallower") nest(row, -1);
    else if (verb === "remove") remove(row);
  }
  box.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button?.dataset.rowsVerb) { event.preventDefault(); act(button.dataset.rowsVerb, button.closest("li")); }
    else if (button && "rowsAdd" in button.dataset) { event.preventDefault(); add(null, 0); }
  });
  box.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-rows-list] > li");
    if (!row || event.isComposing) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "Enter") { event.preventDefault(); return add(isFixed(row) ? null : row, depth(row)); }
    const verb = { ArrowUp: "up", ArrowDown: "down", ArrowLeft: "shallower", ArrowRight: "deeper" }[event.key];
    if (event.altKey && event.shiftKey && verb && !isFixed(row)) { event.preventDefault(); act(verb, row); }
    // In a line of text the enter key would submit the form.
    else if (event.key === "Enter" && event.target.matches("input")) event.preventDefault();
  });

  // Words of an earlier visit come back with as many rows as they had, in their order.
  form.addEventListener("fill", (event) => {
    const keys = [...new Set(event.detail.map(([field]) => /^row-(\d+)-/.exec(field)?.[1]).filter(Boolean))];
    const known = new Map(rows().map((row) => [row.dataset.key, row]));
    list.replaceChildren(...keys.map((key) => known.get(key) ?? make(key)));
    for (const [field, value] of event.detail) {
      const found = /^row-(\d+)-depth$/.exec(field);
      if (found) setDepth(list.querySelector(`[data-key="${found[1]}"]`), Number(value));
    }
    if (!rows().length) list.append(make());
  });

  const take = box.querySelector("[data-rows-take]");
  const offer = () => { if (take) take.hidden = !LIST.test(area.value); };
  area?.addEventListener("input", offer);
  if (area && area.value !== area.defaultValue) offer();
  box.querySelector("[data-rows-keys]").hidden = false;
  first(document.getElementById("row-new"))?.focus();
})();
