// The administration: names and keys for what Django's scripts make without. They name things when the page has loaded, so this does too, after them.

window.addEventListener("load", () => {
  // The magnifier of a list to choose from is the only label of the field that filters it.
  for (const icon of document.querySelectorAll(".selector .help-tooltip[aria-label]")) icon.setAttribute("role", "img");
});

// Links that are buttons ("Add another") answer the space bar too, as buttons do.
document.addEventListener("keydown", (event) => {
  if (event.key !== " " || !event.target.matches('a[role="button"]')) return;
  event.preventDefault();
  event.target.click();
});
