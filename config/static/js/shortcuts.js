// Keys of the section's page, and the dialog that lists them. No key of a browser's or a screen reader's own is taken but while one writes.
(() => {
  const form = document.getElementById("section-form");
  const help = document.getElementById("shortcuts");
  if (!form || !help) return;
  const area = form.querySelector("[data-editor] textarea");
  const isMac = /mac|iphone|ipad/i.test(navigator.userAgentData?.platform ?? navigator.platform);
  if (isMac) for (const key of help.querySelectorAll("kbd")) key.textContent = { Ctrl: "⌘", Alt: "⌥" }[key.textContent] ?? key.textContent;

  async function turn(rel) {
    const link = document.querySelector(`.writing__turn a[rel=${rel}]`);
    if (!link) return;
    if (form.dataset.dirty === "true") {
      await new Promise((done) => {
        form.addEventListener("saved", done, { once: true });
        setTimeout(done, 4000);
        form.dispatchEvent(new Event("save-now"));
      });
    }
    location.assign(link.href); // what could not be saved makes the browser ask
  }
  const press = (selector) => form.querySelector(selector)?.click();

  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || document.querySelector("dialog[open]") || event.getModifierState("AltGraph")) return;
    const key = event.key.toLowerCase();
    const control = isMac ? event.metaKey : event.ctrlKey;
    const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
    const inText = event.target === area;
    const did = () => {
      if (control && event.altKey && event.code === "KeyM") form.dispatchEvent(new Event("comment"));
      else if (control && event.shiftKey && event.code === "KeyE") form.dispatchEvent(new Event("cite"));
      else if (inText && control && event.shiftKey && event.code === "Digit8") press("[data-prefix^='- ']");
      else if (inText && control && !event.shiftKey && !event.altKey && key === "k") press("[data-link]");
      else if (control && !event.altKey && key === "/") help.showModal();
      else if (!typing && !control && !event.altKey && key === "?") help.showModal();
      else if (event.altKey && !control && !event.shiftKey && key === "pagedown") turn("next");
      else if (event.altKey && !control && !event.shiftKey && key === "pageup") turn("prev");
      else return false;
      return true;
    };
    if (did()) event.preventDefault();
  });
})();
