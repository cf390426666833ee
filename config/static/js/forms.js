// Forms: filters that submit themselves, a guard for unsaved words, buttons that cannot be pressed twice.

// <form data-auto-submit>: submit on change; typed text after a short rest.
let rest;
function changed(event) {
  const form = event.target.closest("form[data-auto-submit]");
  if (form && !event.target.matches("input[type=search], input[type=text]")) form.requestSubmit();
}
function typed(event) {
  const form = event.target.closest("form[data-auto-submit]");
  if (!form || !event.target.matches("input[type=search], input[type=text]")) return;
  clearTimeout(rest);
  rest = setTimeout(() => form.requestSubmit(), 500);
}
document.addEventListener("change", changed);
document.addEventListener("input", typed);
// Empty filters stay out of the address.
document.addEventListener("formdata", (event) => {
  if (!event.target.matches("form[data-auto-submit], form[role=search]")) return;
  for (const [key, value] of [...event.formData]) if (value === "") event.formData.delete(key);
});

// <form data-guard>: ask before leaving with unsaved changes. Autosave calls form.dispatchEvent(new Event("saved")).
const isDirty = (form) => form.dataset.dirty === "true";
function unsaved(event) {
  const form = event.target.closest("form[data-guard]");
  if (form) form.dataset.dirty = "true";
}
document.addEventListener("input", unsaved);
document.addEventListener("saved", (event) => { delete event.target.dataset.dirty; }, true);
document.addEventListener("submit", (event) => { delete event.target.dataset.dirty; });
addEventListener("beforeunload", (event) => {
  if ([...document.querySelectorAll("form[data-guard]")].some(isDirty)) event.preventDefault();
});

// A plain POST is sent once, however often the button is pressed.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || form.matches("[hx-post], [data-many]") || event.defaultPrevented) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "true";
  setTimeout(() => delete form.dataset.sent, 4000);
});
addEventListener("pageshow", () => { for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent; });

// What was typed and chosen before this file had come.
for (const event of window.takeEarly("input")) { typed(event); unsaved(event); }
const choices = window.takeEarly("change");
choices.forEach(changed);
document.addEventListener("DOMContentLoaded", () => { // by now htmx has looked at the page
  for (const { target } of choices) {
    const asking = target.closest("[hx-trigger~=change]");
    if (asking) window.htmx.trigger(asking, "change");
  }
});

// The first thing to mend gets the focus, unless somebody writes already.
if (document.activeElement === document.body) document.querySelector("[aria-invalid=true]")?.focus();
