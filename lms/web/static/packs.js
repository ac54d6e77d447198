// Modules on this device: saves packs for use without a signal, tells how far that is, updates by difference, deletes; says in time when
// there is no room, or when the browser has thrown something away. Chunks on their way are in IndexedDB, whole files in Cache Storage.
import { assemble, chunksOf, fetchMissing, missingOf, sumOf } from "./pack.js";

const SPARE = 20e6; // room that should be left when everything is saved
const SMALL = 150e6; // what private windows allow is less
const place = document.querySelector("[data-packs]");
const words = place && JSON.parse(place.dataset.words);
const brief = place && "brief" in place.dataset;
const rows = new Map();

for (const note of document.querySelectorAll("[data-elsewhere]")) note.hidden = location.pathname === "/offline";
if (place) start();
const waiting = document.querySelector("[data-outbox]");
if (waiting) import(waiting.dataset.outbox); // what waits to be sent comes after what is shown

async function start() {
  const unable = () => brief || say("gold", words.unable);
  if (!navigator.serviceWorker || !globalThis.caches || !globalThis.indexedDB || !crypto.subtle) return unable();
  let base;
  try {
    base = await open();
  } catch {
    return unable();
  }
  const records = await all(base, "packs");
  const known = new Map(records.map((record) => [record.name, record]));
  for (const [name, record] of remembered()) if (!known.has(name)) known.set(name, { ...record, name, gone: true });
  for (const record of known.values()) if (record.saved && !(await caches.has(record.name))) record.gone = true;
  if (brief && !known.size) return;
  navigator.serviceWorker.register("/sw.js").catch(unable);
  const offers = await offered();
  if (place.dataset.packs) {
    for (const offer of offers || []) await show(base, `pack:${place.dataset.user}:${place.dataset.cohort}:${offer.module}`, offer, known);
    if (!offers) for (const record of known.values()) if (record.cohort === place.dataset.cohort) await show(base, record.name, null, known);
  } else {
    for (const record of known.values()) await show(base, record.name, null, known);
    place.querySelector("[data-none]").hidden = known.size > 0;
  }
  const more = place.querySelector("[data-more]");
  if (more) more.hidden = !known.size;
  if (brief) return news();
  place.querySelector("[data-list]").hidden = !rows.size;
  await look();
}

// One sentence for all modules of a course, with a link to where they can be saved.
function news() {
  const found = [...rows.values()];
  const changes = found.map((row) => row.change).filter(Boolean);
  const files = changes.reduce((sum, change) => sum + change.files, 0);
  const bytes = changes.reduce((sum, change) => sum + change.bytes, 0);
  place.hidden = !files && !found.some((row) => row.record?.gone);
  if (place.hidden) return;
  say("gold", files ? counted(files, bytes) : words.gone);
  place.querySelector("p").append(" ", Object.assign(document.createElement("a"), { href: `/learn/${place.dataset.cohort}#luring`, textContent: words.look }));
}

function counted(files, bytes) {
  return fill(files === 1 ? words.newOne : words.new, { n: files, size: size(bytes) });
}

async function offered() {
  if (!place.dataset.packs) return null;
  try {
    const answer = await fetch(place.dataset.packs, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null; // no signal
  }
}

// -- what people see --------------------------------------------------------------------------------------------------------------------

async function show(base, name, offer, known) {
  const item = place.querySelector("template").content.firstElementChild.cloneNode(true);
  const row = { base, name, offer, record: known.get(name), item, part: (part) => item.querySelector(`[data-${part}]`) };
  const title = offer?.title || row.record.title;
  if (row.record && !row.record.gone) row.part("title").append(Object.assign(document.createElement("a"), { href: row.record.home, textContent: title }));
  else row.part("title").textContent = title;
  row.part("act").addEventListener("click", () => act(row));
  row.part("drop").addEventListener("click", () => drop(row));
  place.querySelector("[data-list]").append(item);
  rows.set(name, row);
  if (row.record?.saved && offer && offer.version !== row.record.manifest.version && !row.record.gone) await compare(row);
  if (row.record && !row.record.saved) row.left = sumOf(row.record.manifest, await missingOf(row.record.manifest, await device(row))).bytes;
  draw(row);
}

// What an update would bring.
async function compare(row) {
  try {
    row.next = await manifestOf(row);
    row.change = sumOf(row.next, await missingOf(row.next, await device(row)));
  } catch { /* no signal: what is saved stays as it is */ }
}

function draw(row, state = "") {
  const { record, offer } = row;
  const saved = record?.saved && !record.gone;
  const total = row.goal ?? record?.manifest.sent ?? offer.sent;
  const left = row.left ?? total;
  const date = saved && new Intl.DateTimeFormat(words.language, { day: "numeric", month: "long" }).format(new Date(record.saved));
  const change = row.change && counted(row.change.files, row.change.bytes);
  const text = state
    || (row.running && fill(words.loading, { done: size(total - left), size: size(total) }))
    || (record?.gone && words.gone)
    || (saved && [fill(words.saved, { date, size: size(record.manifest.bytes) }), change].filter(Boolean).join(" "))
    || (record && fill(words.paused, { done: size(total - left), size: size(total) }))
    || words.absent;
  const label = row.running ? words.pause
    : record?.gone ? fill(words.again, { size: size(total) })
    : saved ? row.change && fill(words.update, { size: size(row.change.bytes) })
    : record ? fill(words.resume, { size: size(left) }) : fill(words.save, { size: size(total) });
  row.part("state").textContent = text;
  row.part("act").textContent = label || "";
  row.part("act").hidden = !label || (!row.running && !offer);
  row.part("drop").textContent = words.drop;
  row.part("drop").hidden = !record || row.running;
  row.part("bar").hidden = !row.running;
  Object.assign(row.part("bar"), { max: total || 1, value: total - left, ariaLabel: row.part("title").textContent });
}

function say(kind, text) {
  const note = Object.assign(document.createElement("div"), { className: `notice ${kind}` });
  note.append(Object.assign(document.createElement("p"), { textContent: text }));
  place.querySelector("[data-notice]").replaceChildren(note);
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function size(bytes) {
  const number = (value, digits) => new Intl.NumberFormat(words.language, { maximumFractionDigits: digits }).format(value);
  return bytes < 1e6 ? `${number(Math.ceil(bytes / 1000), 0)} KB` : `${number(bytes / 1e6, 1)} MB`;
}

// Says while there is still a signal what would go wrong without one.
async function look() {
  const { quota = Infinity, usage = 0 } = (await navigator.storage?.estimate?.()) || {};
  if (quota < SMALL) return say("gold", words.small);
  if (quota - usage < SPARE) say("gold", fill(words.nearly, { size: size(Math.max(0, quota - usage)) }));
}

// -- what they do -----------------------------------------------------------------------------------------------------------------------

async function act(row) {
  if (row.running) {
    row.paused = true;
    return;
  }
  const line = navigator.connection;
  if ((line?.saveData || line?.type === "cellular") && !row.agreed) {
    const travels = size(row.change?.bytes ?? row.left ?? row.offer.sent);
    row.agreed = true;
    draw(row, fill(words.metered, { size: travels }));
    row.part("act").textContent = fill(words.anyway, { size: travels });
    return;
  }
  Object.assign(row, { running: true, paused: false, agreed: false });
  let said = "";
  try {
    navigator.storage?.persist?.();
    await save(row).catch((error) => {
      if (error.message !== "changed") throw error;
      row.next = null; // the module was published anew meanwhile
      return save(row);
    });
  } catch (error) {
    said = error.name === "QuotaExceededError" ? words.full : error.message === "damaged" ? words.damaged : error.message === "closed" ? words.closed : words.failed;
  }
  row.running = false;
  draw(row, said);
}

async function save(row) {
  const manifest = row.next || (await manifestOf(row));
  const tools = await device(row);
  const { room, bytes } = sumOf(manifest, await missingOf(manifest, tools));
  await tryRoom(room * 2); // chunks on their way and whole files
  const title = row.offer.title;
  const before = row.record?.saved && !row.record.gone ? row.record : null;
  row.record = before || { name: row.name, title, cohort: place.dataset.cohort, home: manifest.home, manifest, saved: 0 };
  row.goal = before ? bytes : manifest.sent;
  await put(row.base, "packs", row.record);
  while (!(await tries(row, manifest, tools))) if (row.paused) return;
  await finish(row, manifest, tools, title);
}

// Chromium says that there are 10 GB whatever the disk holds; so as much is written as will be needed, and taken away again.
async function tryRoom(bytes) {
  const cache = await caches.open("room");
  try {
    await cache.put("/room", new Response(new Uint8Array(bytes)));
  } finally {
    await caches.delete("room");
  }
}

// Fetches until everything is there or somebody pauses; a dead line is waited for.
async function tries(row, manifest, tools) {
  try {
    return await fetchMissing(manifest, tools, (missing) => {
      row.left = sumOf(manifest, missing).bytes;
      draw(row);
    });
  } catch (error) {
    if (!(error instanceof TypeError)) throw error; // fetch throws a TypeError when there is no line
    draw(row, words.waiting);
    await new Promise((go) => {
      const timer = setInterval(() => { if (row.paused) done(); }, 300);
      const later = setTimeout(done, 15000);
      function done() { clearInterval(timer); clearTimeout(later); removeEventListener("online", done); go(); }
      addEventListener("online", done);
    });
    return false;
  }
}

async function finish(row, manifest, tools, title) {
  const cache = await caches.open(row.name);
  const kept = new Set();
  for (const file of manifest.files) {
    const bytes = await assemble(file, tools);
    await cache.put(file.url, new Response(bytes, { headers: { ...manifest.headers, "Content-Type": file.type } }));
    kept.add(file.url);
  }
  for (const request of await cache.keys()) if (!kept.has(new URL(request.url).pathname)) await cache.delete(request);
  row.record = { name: row.name, title, cohort: place.dataset.cohort, home: manifest.home, manifest, saved: Date.now() };
  await put(row.base, "packs", row.record);
  await clear(row.base, chunksOf(manifest).map(([digest]) => digest));
  remember(row.name, { title, home: manifest.home, cohort: place.dataset.cohort, saved: row.record.saved, manifest: { bytes: manifest.bytes, sent: manifest.sent } });
  if (place.dataset.drafts) await (await import(place.dataset.carry)).carry(fill(place.dataset.drafts, { module: row.offer.module }));
  Object.assign(row, { change: null, next: null, left: undefined, goal: undefined });
  row.part("title").replaceChildren(Object.assign(document.createElement("a"), { href: manifest.home, textContent: title }));
}

async function drop(row) {
  const button = row.part("drop");
  if (button.textContent !== words.dropSure) {
    button.textContent = words.dropSure;
    return;
  }
  await caches.delete(row.name);
  await clear(row.base, chunksOf(row.record.manifest.files ? row.record.manifest : { files: [] }).map(([digest]) => digest));
  await request(row.base.transaction("packs", "readwrite").objectStore("packs").delete(row.name));
  remember(row.name, null);
  Object.assign(row, { record: null, change: null, next: null, left: undefined, goal: undefined });
  if (row.offer) return draw(row);
  row.item.remove();
}

// -- where things are -------------------------------------------------------------------------------------------------------------------

async function manifestOf(row) {
  const answer = await fetch(row.offer.url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error("closed");
  return answer.json();
}

// What static/pack.js needs: chunks are where they arrived, or inside files that are saved already, of this module or of another.
async function device(row) {
  const inside = new Map();
  for (const record of await all(row.base, "packs")) {
    for (const file of (record.saved && record.manifest.files) || []) {
      let at = 0;
      for (const [digest, length] of file.chunks) {
        inside.set(digest, [record.name, file.url, at, length]);
        at += length;
      }
    }
  }
  const tools = {
    async get(digest) {
      const arrived = await request(row.base.transaction("chunks").objectStore("chunks").get(digest));
      if (arrived) return new Uint8Array(arrived);
      const [name, url, at, length] = inside.get(digest) || [];
      const answer = name && (await caches.has(name)) && (await (await caches.open(name)).match(url));
      if (!answer) return null;
      const bytes = new Uint8Array(await answer.arrayBuffer()).slice(at, at + length);
      return (await tools.digest(bytes)) === digest ? bytes : null;
    },
    async has(digest) { return Boolean(await tools.get(digest)); },
    keep: (digest, bytes) => put(row.base, "chunks", bytes.buffer, digest),
    async digest(bytes) {
      const letters = String.fromCharCode(...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
      return btoa(letters).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    },
    async fetch(digests) {
      const answer = await fetch(`${row.offer.parts}?want=${digests.join(",")}`, { cache: "no-store" });
      if (answer.status > 499) throw new TypeError("busy");
      if (!answer.ok) throw new Error(answer.status === 409 ? "changed" : "closed");
      return answer.arrayBuffer();
    },
    paused: () => row.paused,
  };
  return tools;
}

function open() {
  const asked = indexedDB.open("peduli-packs", 1);
  asked.onupgradeneeded = () => {
    asked.result.createObjectStore("chunks");
    asked.result.createObjectStore("packs", { keyPath: "name" });
  };
  return request(asked);
}

function request(asked) {
  return new Promise((tell, fail) => {
    asked.onsuccess = () => tell(asked.result);
    asked.onerror = () => fail(asked.error);
  });
}

function all(base, store) {
  return request(base.transaction(store).objectStore(store).getAll());
}

// Done when it is on the disk: a full one says so only then.
function put(base, store, value, key) {
  return new Promise((tell, fail) => {
    const work = base.transaction(store, "readwrite");
    work.objectStore(store).put(value, key);
    work.oncomplete = tell;
    work.onabort = () => fail(work.error || new DOMException("no room", "QuotaExceededError"));
  });
}

async function clear(base, digests) {
  const store = base.transaction("chunks", "readwrite").objectStore("chunks");
  for (const digest of digests) store.delete(digest);
}

// A short list that browsers keep when they throw the rest away: so it can be said what is gone.
function remembered() {
  return Object.entries(JSON.parse(localStorage.getItem("peduli.packs") || "{}"));
}

function remember(name, what) {
  const list = Object.fromEntries(remembered());
  if (what) list[name] = what;
  else delete list[name];
  localStorage.setItem("peduli.packs", JSON.stringify(list));
}
