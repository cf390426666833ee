// After a word on a finding or a pair, the one that took its place has the focus: a list can be gone through by keys.
const items = () => [...document.querySelectorAll(".findings > li, .pairs > li, .clocks > li")].filter((item) => !item.closest("details:not([open])"));
let place = 0;
document.addEventListener("htmx:beforeRequest", (event) => { place = Math.max(0, items().indexOf(event.target.closest?.("li"))); });
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.target.id !== "reconstruction") return;
  const next = items()[Math.min(place, items().length - 1)];
  ([...(next?.querySelectorAll("button, summary") ?? [])].find((control) => control.checkVisibility()) ?? document.querySelector("#reconstruction a"))?.focus({ preventScroll: true });
});
