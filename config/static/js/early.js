// Notes what is done before the other scripts have come, so that nothing of it is lost: js/app.js and js/forms.js take it up where they begin.
(() => {
  const seen = { click: [], input: [], change: [] };
  function note(event) {
    // What opens a question must not act without it.
    if (event.type === "click" && event.target.closest?.("[data-dialog]")) event.preventDefault();
    seen[event.type].push(event);
  }
  for (const kind of Object.keys(seen)) addEventListener(kind, note, true);
  window.takeEarly = (kind) => {
    removeEventListener(kind, note, true);
    return seen[kind].splice(0).filter((event) => event.target.isConnected);
  };
})();
