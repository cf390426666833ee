// Fields that only some types of incidents have are shown when one of those is chosen. Hidden ones are sent all the same, so nothing is lost.

function show(select) {
  for (const one of select.form.querySelectorAll("[data-for-types]")) {
    one.hidden = !one.dataset.forTypes.split(" ").includes(select.value) && !isFilled(one);
  }
}

// What holds something stays in sight, whatever the type.
function isFilled(one) {
  return [...one.querySelectorAll("input, select, textarea")].some((input) => (input.type === "checkbox" ? input.checked : input.value !== ""));
}

function showAll() {
  document.querySelectorAll("select[name=type]").forEach((select) => { if (select.form?.querySelector("[data-for-types]")) show(select); });
}

document.addEventListener("change", (event) => { if (event.target.matches("select[name=type]")) show(event.target); });
document.addEventListener("htmx:afterSwap", showAll);
showAll();
