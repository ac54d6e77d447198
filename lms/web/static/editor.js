// The editor's live preview, 600 ms after the last key; a word before leaving what is not saved, where nothing saves by itself. Without this
// script the buttons of the form do the same, one page at a time. What writes Markdown (markdown.js) is fetched with the first touch.
const form = document.getElementById("editor");
const frame = document.querySelector(".studio-preview iframe");
const state = document.querySelector("[data-preview-state]");
const PAUSE = 600;
const FORMATTED = /<(h[1-6]|table|ul|ol|b|strong|em|i|a)[\s>]|mso-list|font-(weight|style)/i;
let timer = 0;
let asked = new AbortController();
let dirty = false;

form.addEventListener("input", () => { dirty = true; later(PAUSE); });
form.addEventListener("submit", () => { dirty = false; });
form.addEventListener("click", (event) => {
  if (!event.target.closest("[data-show]")) return;
  event.preventDefault();
  draw();
  document.getElementById("preview").scrollIntoView();
});
form.addEventListener("refreshed", () => { bars(); later(0); }); // others have saved something
form.addEventListener("paste", (event) => { // pages of a word processor become Markdown
  const html = event.clipboardData.getData("text/html");
  if (!form.dataset.paste || event.defaultPrevented || !event.target.matches(".studio-text textarea:not(.code)") || !FORMATTED.test(html)) return;
  event.preventDefault();
  const plain = event.clipboardData.getData("text/plain");
  import("./paste.js").then(({ paste }) => paste(form, event.target, html, plain), () => event.target.setRangeText(plain));
});
addEventListener("beforeunload", (event) => { if (dirty && !form.dataset.vault) event.preventDefault(); });
addEventListener("keydown", (event) => {
  if (event.key === "s" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); form.requestSubmit(); }
});
if (!frame.srcdoc) later(0);
bars();

// Help that is fetched when it is opened; until then, and without a connection, a link stands there.
for (const help of document.querySelectorAll("details[data-fetch]")) {
  help.addEventListener("toggle", async () => {
    const answer = await fetch(help.dataset.fetch, { headers: { "X-Part": "1" } }).catch(() => null);
    if (answer?.ok) help.append(...new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes);
  }, { once: true });
}

// The buttons above long texts; what they do is fetched when one is touched.
function bars() {
  for (const bar of form.querySelectorAll("[data-tools]")) {
    const area = document.getElementById(bar.getAttribute("for"));
    const ready = () => import("./markdown.js").then(({ help }) => help(form, bar, area));
    bar.hidden = false;
    for (const part of [bar, area]) part.addEventListener("focusin", () => ready().catch(() => {}));
    bar.addEventListener("click", (event) => { if (!bar.dataset.ready) ready().then(() => event.target.closest("button")?.click()).catch(() => {}); });
  }
}

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
