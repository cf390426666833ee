// Behaviour of the shell. Everything is found by data- attributes on markup that works without it.

// htmx: the CSRF token travels in a header; its cookie is HttpOnly.
document.addEventListener("htmx:configRequest", (event) => {
  event.detail.headers["X-CSRFToken"] = document.querySelector('meta[name="csrf-token"]').content;
});
document.addEventListener("htmx:responseError", (event) => say(`That did not work (${event.detail.xhr.status}). Nothing was changed.`));
document.addEventListener("htmx:sendError", () => say("The server cannot be reached. Check the connection and try again."));

function say(text) {
  const box = document.getElementById("messages");
  if (!box) return;
  const notice = document.createElement("div");
  notice.className = "notice notice--error";
  notice.setAttribute("role", "alert");
  notice.textContent = text;
  box.replaceChildren(notice);
  notice.scrollIntoView({ block: "nearest" });
}

// Filters are folded on a phone alone; a browser without this selector (Firefox before 143) cannot know it from the style sheet.
if (!CSS.supports("selector(::details-content)")) {
  const wide = matchMedia("(min-width: 48rem)");
  const unfold = () => { for (const fold of document.querySelectorAll("details.filters")) if (wide.matches) fold.open = true; };
  wide.addEventListener("change", unfold);
  unfold();
}

// A swap takes away what had the focus. What bears the same name in the new part has it then, else what came in its place, else the part itself.
const controls = (part) => [...part.querySelectorAll("a[href], button, input:not([type=hidden]), select, textarea, summary")].filter((control) => !control.disabled && control.checkVisibility());
const nameOf = (control) => control.getAttribute("aria-label") ?? (control.id || control.textContent.trim());
const left = new Map();
document.addEventListener("htmx:beforeRequest", ({ detail: { target } }) => {
  const focused = document.activeElement;
  if (target.id && focused !== target && target.contains(focused)) left.set(target.id, [nameOf(focused), controls(target).indexOf(focused)]);
});
document.addEventListener("htmx:afterSettle", ({ detail: { target: { id } } }) => {
  const [name, place] = left.get(id) ?? [];
  left.delete(id);
  const part = document.getElementById(id);
  if (name === undefined || !part || (document.activeElement && document.activeElement !== document.body)) return;
  const found = controls(part);
  const next = part.querySelector("[aria-invalid=true]") ?? found.find((control) => nameOf(control) === name) ?? found[Math.min(place, found.length - 1)] ?? part;
  if (next === part) part.tabIndex = -1;
  next.focus({ preventScroll: true });
});

// Clicks ------------------------------------------------------------------
async function clicked(event) {
  const at = (selector) => event.target.closest(selector);
  const opener = at("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (dialog) {
      event.preventDefault();
      opener.closest("details[data-menu]")?.removeAttribute("open");
      dialog.showModal();
    }
  }
  if (at("[data-dialog-close]")) at("dialog")?.close();
  if (event.target.matches?.("dialog.dialog") && isOutside(event)) event.target.close();
  if (at("[data-notice-close]")) at("[data-notice]").remove();

  const toggle = at("[data-topbar-toggle]");
  if (toggle) {
    const open = toggle.closest("[data-topbar]").toggleAttribute("data-open");
    toggle.setAttribute("aria-expanded", String(open));
  }
  for (const menu of document.querySelectorAll("details[data-menu][open]")) if (!menu.contains(event.target)) menu.open = false;

  const copy = at("[data-copy]");
  if (copy) {
    const source = copy.dataset.copy.startsWith("#") ? document.querySelector(copy.dataset.copy) : null;
    const text = source ? (source.value ?? source.textContent) : copy.dataset.copy;
    const label = copy.querySelector("[data-copy-label]") ?? copy;
    const before = label.textContent;
    try {
      await navigator.clipboard.writeText(text);
      label.textContent = "Copied";
    } catch {
      source?.select?.();
      label.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { label.textContent = before; }, 1600);
  }

  const row = at("tr[data-href]");
  if (row && !at("a, button, input, select, textarea, label, summary") && !getSelection().toString()) location.assign(row.dataset.href);
}
document.addEventListener("click", clicked);
window.takeEarly("click").forEach(clicked);

function isOutside(event) {
  const box = event.target.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

// Keys ----------------------------------------------------------------------
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  }
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const field = document.querySelector("[data-search-key]");
    if (field?.offsetParent) {
      event.preventDefault();
      field.focus();
    }
  }
});

// Relative times: <time datetime data-relative>. The server's text stays in the title.
const steps = [["year", 31536000], ["month", 2592000], ["week", 604800], ["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  for (const [unit, size] of steps) if (Math.abs(seconds) >= size) return relative.format(Math.trunc(seconds / size), unit);
  return "just now";
}
function refreshTimes(root = document) {
  for (const time of root.querySelectorAll("time[data-relative]")) {
    time.title ||= time.textContent.trim();
    time.textContent = ago(new Date(time.dateTime));
  }
}
refreshTimes();
setInterval(refreshTimes, 60_000);
document.addEventListener("htmx:load", (event) => refreshTimes(event.detail.elt));
document.addEventListener("panel:loaded", (event) => refreshTimes(event.detail));
