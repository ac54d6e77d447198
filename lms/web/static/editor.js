// The editor's live preview, 600 ms after the last key; a few buttons for who does not know Markdown; a word before leaving what is not
// saved. Without this script the buttons of the form do the same, one page at a time.
const form = document.getElementById("editor");
const frame = document.querySelector(".studio-preview iframe");
const state = document.querySelector("[data-preview-state]");
const PAUSE = 600;
let timer = 0;
let asked = new AbortController();
let dirty = false;

form.addEventListener("input", () => { dirty = true; later(PAUSE); });
form.addEventListener("submit", () => { dirty = false; });
form.querySelector("[data-show]").addEventListener("click", (event) => {
  event.preventDefault();
  draw();
  document.getElementById("preview").scrollIntoView();
});
addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
addEventListener("keydown", (event) => {
  if (event.key === "s" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
});
if (!frame.srcdoc) later(0);
for (const bar of form.querySelectorAll("[data-tools]")) tools(bar, document.getElementById(bar.dataset.tools));

function later(pause) {
  clearTimeout(timer);
  timer = setTimeout(draw, pause);
}

async function draw() {
  clearTimeout(timer);
  asked.abort();
  asked = new AbortController();
  try {
    const answer = await fetch(form.dataset.preview, {
      method: "POST",
      headers: { Accept: "application/json" },
      body: new URLSearchParams(new FormData(form)),
      signal: asked.signal,
    });
    const { page, problems, message } = await answer.json();
    state.textContent = message || (problems.length ? `${form.dataset.waits} ${problems.join(" ")}` : "");
    if (page) put(page);
  } catch (error) {
    if (error.name !== "AbortError") state.textContent = form.dataset.offline;
  }
}

// The first page fills the frame; later ones change its content only, so that it neither blinks nor jumps.
function put(page) {
  document.querySelector("[data-preview-wait]")?.remove();
  frame.hidden = false;
  if (!frame.srcdoc) frame.srcdoc = page;
  else frame.contentDocument.body.replaceChildren(...new DOMParser().parseFromString(page, "text/html").body.childNodes);
}

// Buttons above a long text: what is selected goes where the bar stands.
function tools(bar, area) {
  bar.hidden = false;
  bar.addEventListener("click", (event) => {
    const pattern = event.target.closest("[data-put]")?.dataset.put.replaceAll("\\n", "\n");
    if (!pattern) return;
    const [head, tail] = pattern.split("|");
    const chosen = area.value.slice(area.selectionStart, area.selectionEnd);
    const before = area.value.slice(0, area.selectionStart);
    const fresh = !before || head.startsWith("**") || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    const join = head === "- " ? "\n- " : head.endsWith("    ") ? "\n    " : "\n";
    const start = area.selectionStart + fresh.length + head.length;
    area.focus();
    document.execCommand("insertText", false, fresh + head + chosen.split("\n").join(join) + tail); // keeps "undo"
    area.setSelectionRange(start, start + chosen.split("\n").join(join).length);
  });
}
