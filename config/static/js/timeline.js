// The timeline's sheet, jumps to an entry that is already there, and times kept readable. Works without: plain links do the same.

// A fragment that lands in <dialog data-sheet> opens it.
document.addEventListener("htmx:afterSwap", (event) => {
  const sheet = event.target.closest?.("dialog[data-sheet]");
  if (!sheet) return;
  if (!sheet.open) sheet.showModal();
  (sheet.querySelector("[aria-invalid=true], textarea, input:not([type=hidden])") ?? sheet.querySelector("button"))?.focus();
});

// Closing links in the sheet stay on the page.
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog-close]");
  const sheet = link?.closest("dialog[data-sheet]");
  if (sheet) {
    event.preventDefault();
    sheet.close();
    return;
  }
  const jump = event.target.closest("a[data-jump]");
  const row = jump && document.getElementById(jump.dataset.jump);
  if (!row) return;
  event.preventDefault();
  reveal(row);
  history.replaceState(null, "", `#${jump.dataset.jump}`);
});

// A row may lie in a fold.
function reveal(row) {
  for (let fold = row.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
  row.scrollIntoView({ block: "center" });
  row.tabIndex = -1;
  row.focus({ preventScroll: true });
  row.classList.add("tl-row--found");
  setTimeout(() => row.classList.remove("tl-row--found"), 2500);
}
function revealHash() {
  const row = /^#e\d+$/.test(location.hash) && document.querySelector(location.hash);
  if (row) reveal(row);
}
addEventListener("hashchange", revealHash);
revealHash();
