// The start page of a post-mortem: ticking a line of the checklist brings the new suggestion without a button.

const sizing = document.querySelector("[data-sizing]");
const form = sizing?.closest("form");
const isTouched = (name) => [...form.querySelectorAll(`input[name='${name}']`)].some((one) => one.checked !== one.defaultChecked);
let chosenByHand = Boolean(form) && isTouched("template");
let turn = 0;

function take(page) {
  const fresh = page.querySelector("[data-suggestion]");
  if (!fresh) return;
  sizing.querySelector("[data-suggestion]").replaceWith(fresh);
  hideButton();
  for (const radio of form.querySelectorAll("input[name='template']")) {
    const other = page.querySelector(`input[name='template'][value='${CSS.escape(radio.value)}']`);
    const name = radio.closest("label")?.querySelector("[data-name]");
    const otherName = other?.closest("label")?.querySelector("[data-name]");
    if (name && otherName) name.replaceWith(otherName.cloneNode(true));
    if (other && !chosenByHand) radio.checked = other.hasAttribute("checked");
  }
}

async function update() {
  const mine = ++turn;
  try {
    const answer = await fetch(sizing.dataset.sizing, { method: "POST", body: new FormData(form), headers: { "X-Requested-With": "fetch" } });
    const text = await answer.text();
    if (mine === turn && (answer.ok || answer.status === 409 || answer.status === 422)) take(new DOMParser().parseFromString(text, "text/html"));
  } catch {
    sizing.querySelector("[data-sizing-update]").hidden = false; // without a connection the button remains
  }
}

function hideButton() {
  const button = sizing.querySelector("[data-sizing-update]");
  if (button) button.hidden = true;
}

if (form) {
  hideButton();
  // One after the other, so that no answer of ours is taken for somebody else's.
  let queue = Promise.resolve();
  form.addEventListener("change", (event) => {
    if (event.target.name === "tick") queue = queue.then(update);
    if (event.target.name === "template") chosenByHand = true;
  });
  // A quick hand may have ticked before this file ran.
  if (isTouched("tick")) queue = queue.then(update);
}
