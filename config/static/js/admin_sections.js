// The admin's form of a template: sections move up and down, and a button on top leads to a new one. Without this script their numbers do the
// same, and the button leads to the empty one at the end.

const SECTIONS = ".inline-related:not(.empty-form)";

function listOf(section) {
  return [...section.parentElement.querySelectorAll(SECTIONS)];
}

function titleOf(section) {
  return section.querySelector(".inline_label")?.textContent.trim() ?? "section";
}

function number(sections) {
  sections.forEach((section, place) => {
    const position = section.querySelector("input[name$='-position']");
    const title = section.querySelector("input[name$='-title']");
    if (position && (position.value !== "" || title?.value)) position.value = place + 1;
  });
}

function move(section, step) {
  const sections = listOf(section);
  const other = sections[sections.indexOf(section) + step];
  if (other && step < 0) other.before(section);
  else if (other) other.after(section);
  const moved = listOf(section);
  number(moved);
  status.textContent = `${titleOf(section)} is number ${moved.indexOf(section) + 1} of ${moved.length}.`;
}

function button(words, section, step) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = step < 0 ? "↑" : "↓";
  made.title = words;
  made.setAttribute("aria-label", `${words}: ${titleOf(section)}`);
  made.addEventListener("click", () => {
    move(section, step);
    made.focus(); // the section took its place in the page with it, out of the keyboard's hands
  });
  return made;
}

function equip(section) {
  const head = section.querySelector("h3");
  if (!head || head.querySelector("[data-move]")) return;
  const place = document.createElement("span");
  place.dataset.move = "";
  place.append(" ", button("Move up", section, -1), " ", button("Move down", section, 1));
  head.append(place);
}

// Where a screen reader hears what became of a move.
const status = document.createElement("p");
status.className = "visually-hidden";
status.setAttribute("role", "status");

function added() {
  const group = document.querySelector("#sections-group");
  const last = () => [...group.querySelectorAll(SECTIONS)].at(-1);
  const isEmpty = (section) => section && !section.matches(".has_original") && !section.querySelector("input[name$='-title']").value;
  if (!isEmpty(last())) group.querySelector(".add-row a").click();
  return last();
}

document.addEventListener("click", (event) => {
  if (!event.target.matches("[data-add-section]")) return;
  event.preventDefault();
  const section = added();
  section.scrollIntoView({ block: "center" });
  section.querySelector("input[name$='-key']").focus({ preventScroll: true });
});

document.addEventListener("DOMContentLoaded", () => {
  document.querySelector("#sections-group")?.append(status);
  document.querySelectorAll(`#sections-group ${SECTIONS}`).forEach(equip);
});
document.addEventListener("formset:added", (event) => equip(event.target));
