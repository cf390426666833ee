// Runs before the first paint: the person's choice of theme, if any, wins over the system's.
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const names = ["system", "light", "dark"];
  const stored = () => {
    try { return localStorage.getItem("theme"); } catch { return null; }
  };
  const apply = (name) => {
    if (name === "light" || name === "dark") root.dataset.theme = name;
    else delete root.dataset.theme;
    for (const label of document.querySelectorAll("[data-theme-label]")) label.textContent = `Theme: ${name}`;
  };
  const current = () => (names.includes(stored()) ? stored() : "system");
  apply(current());
  document.addEventListener("DOMContentLoaded", () => apply(current()));
  document.addEventListener("click", (event) => {
    if (!event.target.closest("[data-theme-toggle]")) return;
    const next = names[(names.indexOf(current()) + 1) % names.length];
    try { localStorage.setItem("theme", next); } catch { /* private window: for this page only */ }
    apply(next);
  });
})();
