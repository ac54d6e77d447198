// Uploads by tus: several files at once, piece by piece. A broken line or a reload costs the present piece; the same file goes on where it was.
const form = document.querySelector("[data-upload]");
const list = form.querySelector(".uploads");
const picker = form.elements.files;
const token = form.elements.csrf_token.value;
const PIECE = 512 * 1024;
const words = list.dataset;
let waiting = Promise.resolve();
form.classList.add("live");

const send = (address, method, headers = {}, body) =>
  fetch(address, { method, body, headers: { "Tus-Resumable": "1.0.0", "X-CSRF-Token": token, Accept: "application/json", ...headers } });
const put = (address, offset, piece) =>
  send(address, "PATCH", { "Upload-Offset": offset, "Content-Type": "application/offset+octet-stream" }, piece);
const pause = (seconds) =>
  new Promise((go) => {
    setTimeout(go, seconds * 1000);
    addEventListener("online", go, { once: true });
  });
const named = (name) => btoa(String.fromCharCode(...new TextEncoder().encode(name)));

function row(file) {
  const item = list.appendChild(document.createElement("li"));
  const [name, bar, said, stop] = ["b", "progress", "span", "button"].map((tag) => item.appendChild(document.createElement(tag)));
  [name.textContent, bar.max, bar.value, stop.textContent] = [file.name, file.size, 0, words.cancel];
  [stop.type, stop.className] = ["button", "button quiet"];
  bar.setAttribute("aria-label", file.name);
  return { item, bar, said, stop };
}

async function begin(file, key) {
  const known = localStorage.getItem(key);
  const found = known && (await send(known, "HEAD"));
  if (found?.ok) return [known, Number(found.headers.get("Upload-Offset"))];
  const made = await send(form.dataset.upload, "POST", { "Upload-Length": file.size, "Upload-Metadata": `filename ${named(file.name)}` });
  if (!made.ok) throw new Error(await made.text(), { cause: "refused" });
  const address = made.headers.get("Location");
  localStorage.setItem(key, address);
  return [address, 0];
}

async function upload(file, shown) {
  const key = `upload ${file.name} ${file.size} ${file.lastModified}`;
  const stopped = new AbortController();
  shown.stop.onclick = () => stopped.abort();
  for (let tries = 0; ; tries += 1) {
    try {
      let [address, offset] = await begin(file, key);
      while (offset < file.size && !stopped.signal.aborted) {
        const answer = await put(address, offset, file.slice(offset, offset + PIECE));
        if (!answer.ok) throw new Error(answer.status);
        offset = Number(answer.headers.get("Upload-Offset"));
        [tries, shown.bar.value, shown.said.textContent] = [0, offset, `${Math.floor((100 * offset) / file.size)} %`];
      }
      const told = stopped.signal.aborted ? await send(address, "DELETE") : await (await send(address, "GET")).json();
      if (told.digest === null && !told.refusal) {
        await put(address, offset); // all had come when the server was stopped
        continue;
      }
      localStorage.removeItem(key);
      return stopped.signal.aborted ? shown.item.remove() : end(shown, told);
    } catch (error) {
      if (error.cause === "refused") return end(shown, { refusal: error.message });
      if (stopped.signal.aborted) return shown.item.remove();
      shown.said.textContent = words.waiting;
      await pause(Math.min(30, 2 ** tries));
    }
  }
}

function end({ item, bar, said, stop }, { digest, refusal }) {
  bar.remove();
  stop.remove();
  said.textContent = refusal || words.done;
  said.className = refusal ? "error" : "";
  if (!digest) return;
  const link = item.appendChild(document.createElement("a"));
  [link.href, link.textContent] = [`/media/files/${digest}`, words.look];
}

function take(files) {
  for (const file of files) {
    const shown = row(file);
    waiting = waiting.then(() => upload(file, shown));
  }
}
picker.addEventListener("change", () => {
  take(picker.files);
  picker.value = "";
});
for (const name of ["dragover", "dragleave", "drop"])
  form.addEventListener(name, (event) => {
    event.preventDefault();
    form.classList.toggle("over", name === "dragover");
    if (name === "drop") take(event.dataTransfer.files);
  });
