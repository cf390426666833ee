// The page of two texts: choices put the result together at once. Without this file the button does, by loading the page anew.
(() => {
  const choices = document.querySelector("[data-merge-choices]");
  const form = document.querySelector("form[data-merge]");
  if (!choices || !form) return;
  const parts = JSON.parse(document.getElementById("merge-parts").textContent);
  const area = form.elements.body, note = form.querySelector("[data-merge-edited]");
  let made = area.defaultValue; // as the page brought it: a quick hand may have typed or chosen before this file ran

  const chosen = (number) => choices.querySelector(`[name=o${number}]:checked`)?.value ?? "both";
  function together() {
    let number = 0;
    return parts.map((part) => (typeof part === "string" ? part : part[chosen(number++)])).join("");
  }
  function put() {
    area.value = made = together();
    note.hidden = true;
    form.dataset.dirty = "true";
  }
  const apply = choices.querySelector("[data-merge-apply]");
  if (apply) apply.hidden = true;
  function changed() {
    if (area.value.replaceAll("\r", "") === made.replaceAll("\r", "")) put();
    else note.hidden = false; // what was typed is not overwritten unasked
  }
  choices.addEventListener("change", changed);
  choices.addEventListener("click", (event) => {
    const every = event.target.closest("[data-choose-all]");
    if (!every) return;
    event.preventDefault();
    for (const one of choices.querySelectorAll(`[value=${every.dataset.chooseAll}]`)) one.checked = true;
    choices.dispatchEvent(new Event("change"));
  });
  choices.addEventListener("submit", (event) => { event.preventDefault(); put(); });
  form.querySelector("[data-merge-again]").addEventListener("click", () => { put(); area.focus(); });
  if ([...choices.querySelectorAll("input")].some((one) => one.checked !== one.defaultChecked)) changed();
})();
