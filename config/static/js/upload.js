// <form data-upload>: drop files, send each on its own with its progress, and show what came of it below the form.
// Without this script the same form sends everything at once and answers with a page.
const form = document.querySelector("form[data-upload]");
const zone = form?.querySelector("[data-drop]");
const input = form?.querySelector("input[type=file]");
const received = document.querySelector("[data-received]");
const list = document.querySelector("[data-uploads]");
let address = form?.action;
let queue = Promise.resolve();
let sending = 0;

if (form) {
  zone.querySelector("[data-drop-text]").hidden = false;
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.dataset.over = ""; });
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, (event) => { event.preventDefault(); delete zone.dataset.over; });
  zone.addEventListener("drop", (event) => send([...event.dataTransfer.files]));
  // A file that misses the zone must not replace the page.
  for (const name of ["dragover", "drop"]) window.addEventListener(name, (event) => { if (event.dataTransfer?.types.includes("Files")) event.preventDefault(); });
  input.addEventListener("change", () => send([...input.files]));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.elements.text;
    // Files are still there when they were chosen before this script had come.
    const files = sending ? [] : [...input.files];
    if (text.value.trim()) files.push(null);
    if (files.length) send(files);
    else if (!sending) input.click();
  });
  document.addEventListener("htmx:afterSettle", offerTimeline);
  offerTimeline();
}

// One after the other: the first may declare the incident that the others belong to. `null` stands for the pasted text.
function send(files) {
  const button = form.querySelector("[type=submit]");
  for (const file of files) {
    sending += 1;
    button.disabled = true;
    queue = queue.then(() => sendOne(file)).then(() => {
      sending -= 1;
      button.disabled = sending > 0;
      if (!sending) input.value = "";
    });
  }
}

function sendOne(file) {
  const body = new FormData();
  for (const [name, value] of new FormData(form)) if (!(value instanceof File) && name !== "text") body.append(name, value);
  if (file) body.append("file", file, file.name);
  else body.append("text", form.elements.text.value);
  const card = pending(file ? file.name : "Pasted text");
  return new Promise((resolve) => {
    const request = new XMLHttpRequest();
    request.open("POST", address);
    request.setRequestHeader("X-Upload", "1");
    request.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      card.bar.max = event.total;
      card.bar.value = event.loaded;
      card.label.textContent = event.loaded < event.total ? `${Math.floor((event.loaded / event.total) * 100)} % sent` : "Sent, being looked at";
    });
    request.addEventListener("load", () => { done(request, card, file); resolve(); });
    request.addEventListener("error", () => { failed(card, "The server cannot be reached. Check the connection and try again."); resolve(); });
    request.send(body);
  });
}

function pending(name) {
  const article = document.createElement("article");
  article.className = "card card__body stack stack--tight";
  const title = document.createElement("h3");
  title.className = "card__title";
  title.textContent = name;
  const row = document.createElement("div");
  row.className = "progress";
  const bar = document.createElement("progress");
  bar.setAttribute("aria-label", `Upload of ${name}`);
  const label = document.createElement("span");
  label.className = "progress__label";
  label.textContent = "Sending";
  row.append(bar, label);
  article.append(title, row);
  received.hidden = false;
  list.prepend(article);
  return { article, bar, label, row };
}

function done(request, card, file) {
  let answer = {};
  try { answer = JSON.parse(request.responseText); } catch { /* an error page */ }
  if (request.status !== 201) {
    failed(card, answer.error || (request.status === 413 ? "The file is too large." : `That did not work (${request.status}).`));
    return;
  }
  const holder = document.createElement("div");
  holder.innerHTML = answer.html;
  const articles = [...holder.children];
  card.article.replaceWith(...articles);
  for (const article of articles) window.htmx.process(article);
  address = answer.import;
  document.querySelector("[data-upload-open]").href = answer.incident;
  history.replaceState(null, "", answer.import);
  if (!file) form.elements.text.value = "";
  offerTimeline();
}

function failed(card, text) {
  const message = document.createElement("p");
  message.className = "field__error";
  message.setAttribute("role", "alert");
  message.textContent = text;
  card.row.replaceWith(message);
}

// The way on, once nothing runs any more and something is on the timeline.
function offerTimeline() {
  const states = [...list.querySelectorAll("[data-delivery]")].map((article) => article.dataset.delivery);
  const open = document.querySelector("[data-upload-open]");
  open.hidden = !open.hasAttribute("href") || !states.includes("imported") || states.some((state) => state === "received" || state === "importing");
}
