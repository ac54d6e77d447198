// A page of a word processor that is pasted into a text becomes Markdown on the server; its pictures are asked about one by one. What was
// pasted can be undone, with the button and with the browser's own key.
export async function paste(form, area, html, plain) {
  const status = said(area);
  const { selectionStart, selectionEnd } = area;
  const { page, pictures } = apart(html);
  area.readOnly = true; // nothing is typed into a text that is about to grow
  status.textContent = form.dataset.pasting;
  let told = { markdown: plain, message: form.dataset.plain };
  try {
    const answer = await fetch(form.dataset.paste, {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": form.elements.csrf_token.value },
      body: JSON.stringify({ html: page }),
    });
    const got = await answer.json();
    told = answer.ok ? got : { ...told, message: `${got.message || ""} ${told.message}` };
  } catch { /* the plain text it is */ }
  area.readOnly = false;
  area.setSelectionRange(selectionStart, selectionEnd);
  insert(area, apartFrom(area, told.markdown));
  status.textContent = told.message || (told.dropped.length ? form.dataset.dropped.replace("{what}", told.dropped.join(", ")) : form.dataset.cleaned);
  status.append(" ", undo(form, area, status));
  if (told.dropped) for (const [index, file] of pictures.entries()) await place(form, area, mark(index + 1), file);
}

// Pictures that lie within the page stand aside, with a mark where they were.
function apart(html) {
  const pictures = [];
  const page = html.replace(/<img\b[^>]*?\bsrc=["']data:(image\/([a-z]+)[^;"']*);base64,([^"']+)["'][^>]*>/gi, (image, type, ending, data) => {
    try {
      pictures.push(new File([Uint8Array.from(atob(data), (letter) => letter.charCodeAt(0))], `gambar.${ending}`, { type }));
    } catch { return image; } // no Base64: the server says that it is left out
    return `<p>${mark(pictures.length)}</p>`;
  });
  return { page, pictures };
}

// Ask what a picture shows, and put it where its mark stands; without an answer the mark goes.
async function place(form, area, text, file) {
  const dialog = form.parentElement.querySelector("dialog[data-picture]");
  if (dialog && area.value.includes(text)) {
    const closed = new Promise((done) => { dialog.addEventListener("close", done, { once: true }); });
    area.dispatchEvent(new CustomEvent("picture", { detail: { file, mark: text } }));
    if (dialog.open) await closed;
  }
  const at = area.value.indexOf(text);
  if (at < 0) return;
  area.setSelectionRange(at, at + text.length);
  insert(area, "");
}

// Several lines are blocks of their own, with an empty line before and behind.
function apartFrom(area, text) {
  if (!text.includes("\n")) return text;
  const before = area.value.slice(0, area.selectionStart);
  const behind = area.value.slice(area.selectionEnd);
  return `${!before || before.endsWith("\n\n") ? "" : "\n\n"}${text}${!behind || behind.startsWith("\n\n") ? "" : "\n\n"}`;
}

function mark(number) {
  return `⟦${number}⟧`;
}

function said(area) {
  const known = document.getElementById(`${area.id}-pasted`);
  if (known) return known;
  const status = Object.assign(document.createElement("p"), { id: `${area.id}-pasted`, className: "soft small" });
  status.setAttribute("role", "status");
  area.after(status);
  return status;
}

function undo(form, area, status) {
  const button = Object.assign(document.createElement("button"), { type: "button", className: "button quiet", textContent: form.dataset.undo });
  button.addEventListener("click", () => {
    area.focus();
    document.execCommand("undo");
    status.textContent = "";
  });
  return button;
}

// Text in place of what is selected, in a way that "undo" knows.
function insert(area, text) {
  area.focus();
  if (!document.execCommand("insertText", false, text)) area.setRangeText(text, area.selectionStart, area.selectionEnd, "end");
  area.dispatchEvent(new Event("input", { bubbles: true }));
}
