// The administration: names for what Django's scripts make without a role. They run when the page has loaded, so this does too, after them.

window.addEventListener("load", () => {
  // The magnifier of a list to choose from is the only label of the field that filters it.
  for (const icon of document.querySelectorAll(".selector .help-tooltip[aria-label]")) icon.setAttribute("role", "img");
});
