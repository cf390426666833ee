// Pictures: pasted, dropped or chosen, described in a dialog, and put in where the cursor is. Without this file the page of pictures does it.
(() => {
  const dialog = document.getElementById("picture");
  const form = document.getElementById("section-form");
  if (!dialog || !form) return;
  const editor = form.querySelector("[data-editor]"), area = editor.querySelector("textarea");
  const asked = dialog.querySelector("form"), error = dialog.querySelector("[data-picture-error]");
  let place = 0;

  const picture = (list) => [...(list ?? [])].find((file) => /^image\/(png|jpeg|gif|webp)$/.test(file.type));
  function open(file) {
    place = area.selectionEnd; // a text under a modal dialog forgets its selection
    asked.reset();
    error.hidden = true;
    if (file) {
      const chosen = new DataTransfer();
      chosen.items.add(file);
      asked.elements.file.files = chosen.files;
    }
    dialog.showModal();
    (file ? asked.elements.alt : asked.elements.file).focus();
  }
  function refuse(text) {
    error.textContent = text;
    error.hidden = false;
  }
  asked.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (asked.dataset.busy) return;
    asked.dataset.busy = "true";
    error.hidden = true;
    const body = new FormData(asked);
    body.set("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
    try {
      const answer = await fetch(dialog.dataset.pictures, { method: "POST", body, headers: { "X-Autosave": "1" }, redirect: "error" });
      if (answer.status === 422) return refuse((await answer.json()).errors.join(" "));
      if (!answer.ok) throw new Error(String(answer.status));
      const { markdown } = await answer.json();
      dialog.close();
      area.focus();
      area.setSelectionRange(place, place);
      const before = area.value.slice(0, place);
      const lead = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
      editor.dispatchEvent(new CustomEvent("editor:insert", { detail: `${lead}${markdown}\n\n` }));
    } catch {
      refuse("The picture could not be sent. Try again.");
    } finally {
      delete asked.dataset.busy;
      delete asked.dataset.sent;
    }
  });
  area.addEventListener("paste", (event) => {
    const file = picture(event.clipboardData?.files);
    if (!file || event.clipboardData.types.includes("text/plain")) return; // a table from a sheet comes as both: the text is meant
    event.preventDefault();
    open(file);
  });
  area.addEventListener("dragover", (event) => { if (event.dataTransfer.types.includes("Files")) event.preventDefault(); });
  area.addEventListener("drop", (event) => {
    const file = picture(event.dataTransfer.files);
    if (!event.dataTransfer.types.includes("Files")) return;
    event.preventDefault(); // else the browser would leave the page for the file
    if (file) open(file);
  });
  form.querySelector("[data-picture]")?.addEventListener("click", () => open());
})();
