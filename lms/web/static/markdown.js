// Writes Markdown for who does not know it: the buttons above a long text, their keys, pictures that are pasted or dropped. What is
// selected and "undo" stay the browser's own. The simple marks are GitHub's markdown-toolbar-element.
import "./vendor/markdown-toolbar-element-2.2.3/index.js";

const KEYS = { b: "bold", i: "italic", k: "link" };
const SIDE = 1600; // pixels at most

export function help(form, bar, area) {
  if (bar.dataset.ready) return;
  bar.dataset.ready = "yes";
  const dialog = form.parentElement.querySelector("dialog[data-picture]");
  let chosen = null; // the picture that is to be sent
  let spot = ""; // the mark in the text where it belongs, when it does not go where one writes

  bar.addEventListener("click", (event) => {
    const button = event.target.closest("[data-put]");
    const link = event.target.closest("[data-snippets]");
    if (link) {
      event.preventDefault();
      import("./snippets.js").then(({ choose }) => choose(link, put)).catch(() => { location.href = link.href; });
    }
    if (button && "picture" in button.dataset && dialog) ask(null);
    else if (button) put(button.dataset.put.replaceAll("\\n", "\n"));
  });
  area.addEventListener("keydown", (event) => {
    const name = (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && KEYS[event.key.toLowerCase()];
    if (!name) return;
    event.preventDefault();
    bar.querySelector(`[data-md-button=${name}]`).click();
  });
  area.addEventListener("paste", (event) => {
    const [file] = pictures(event.clipboardData);
    if (file && dialog && !event.clipboardData.getData("text/plain")) {
      event.preventDefault();
      ask(file);
    }
  });
  area.addEventListener("picture", (event) => ask(event.detail.file, event.detail.mark)); // one that came with a page that was pasted
  area.addEventListener("dragover", (event) => { if (dialog && event.dataTransfer.types.includes("Files")) event.preventDefault(); });
  area.addEventListener("drop", (event) => {
    const [file] = pictures(event.dataTransfer);
    if (!file || !dialog) return;
    event.preventDefault();
    ask(file);
  });
  if (dialog) prepare();

  // Text in place of what is selected, in a way that "undo" knows.
  function insert(text) {
    area.focus();
    if (!document.execCommand("insertText", false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
    area.dispatchEvent(new Event("input", { bubbles: true }));
  }

  // A block of its own: what is selected goes where the bar stands, each line as far in as the first.
  function put(pattern) {
    const [head, tail] = pattern.split("|~|");
    const { value, selectionStart: from, selectionEnd: to } = area;
    const before = value.slice(0, from);
    const fresh = !before || before.endsWith("\n\n") ? "" : before.endsWith("\n") ? "\n" : "\n\n";
    const inner = value.slice(from, to).split("\n").join(head.endsWith("    ") ? "\n    " : "\n");
    insert(fresh + head + inner + (tail || ""));
    const start = from + fresh.length + head.length;
    area.setSelectionRange(start, start + inner.length);
  }

  function pictures(data) {
    return [...data.files].filter((file) => file.type.startsWith("image/"));
  }

  function headers(more) {
    return { Accept: "application/json", "X-CSRF-Token": form.elements.csrf_token.value, ...more };
  }

  // -- pictures -------------------------------------------------------------------------------------------------------------------

  function prepare() {
    const inner = dialog.querySelector("form");
    inner.elements.file.addEventListener("change", () => { [chosen] = inner.elements.file.files; show(); });
    inner.addEventListener("submit", (event) => { event.preventDefault(); take(inner).catch(() => tell(dialog.dataset.offline)); });
    dialog.querySelector("[data-cancel]").addEventListener("click", () => dialog.close());
    dialog.addEventListener("close", () => area.focus());
  }

  async function ask(file, mark = "") {
    const inner = dialog.querySelector("form");
    inner.reset();
    chosen = file;
    spot = mark;
    tell("");
    show();
    dialog.showModal();
    const list = inner.querySelector("[data-known]");
    const known = await fetch(form.dataset.pictures, { headers: headers() }).then((answer) => answer.json(), () => ({ pictures: [] }));
    list.hidden = !known.pictures.length;
    inner.elements.known.replaceChildren(new Option("", ""), ...known.pictures.map((name) => new Option(name.replace("figures/", ""), name)));
  }

  function show() {
    dialog.querySelector("[data-chosen]").textContent = chosen?.name || "";
  }

  function tell(words) {
    dialog.querySelector("[role=alert]").textContent = words;
  }

  async function take(inner) {
    const { known, alt, caption } = inner.elements;
    if (!alt.value.trim()) { tell(dialog.dataset.alt); return alt.focus(); }
    let name = known.value;
    if (chosen) {
      tell(dialog.dataset.sending);
      const data = new FormData();
      data.append("picture", await shrink(chosen));
      const answer = await fetch(form.dataset.pictures, { method: "POST", headers: headers(), body: data });
      const told = await answer.json();
      if (!answer.ok) return tell(told.message);
      name = told.name;
    }
    if (!name) return tell(dialog.dataset.file);
    dialog.close();
    const at = spot ? area.value.indexOf(spot) : -1;
    if (at >= 0) {
      area.setSelectionRange(at, at + spot.length);
      insert("");
      area.setSelectionRange(at, at);
    }
    const words = alt.value.trim().replace(/\s+/g, " ").replace(/[[\]]/g, "");
    const title = caption.value.trim().replaceAll('"', "”");
    put(`![${words}](${name}${title ? ` "${title}"` : ""})\n\n`);
    return undefined;
  }
}

// Small enough for a thin line, drawn anew so that place, time and all else in the file stay behind; drawings and what moves as they are.
export async function shrink(file) {
  if (/svg|gif/.test(file.type)) return file;
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.round(picture.width * scale);
  canvas.height = Math.round(picture.height * scale);
  const pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0, canvas.width, canvas.height);
  const stem = file.name.replace(/\.[^.]*$/, "") || "gambar";
  for (const [type, suffix] of [["image/webp", "webp"], ["image/jpeg", "jpg"]]) {
    if (suffix === "jpg") { // which knows nothing of what is transparent
      pen.globalCompositeOperation = "destination-over";
      pen.fillStyle = "#fff";
      pen.fillRect(0, 0, canvas.width, canvas.height);
    }
    const blob = await new Promise((done) => { canvas.toBlob(done, type, 0.82); });
    if (blob?.type === type) return new File([blob], `${stem}.${suffix}`, { type });
  }
  return file;
}
