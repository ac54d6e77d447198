// Autosave for visits and journals. What is typed is kept on this device until the server has acknowledged it; small changes travel as
// small changes. Without this script the buttons of the form do the same, one page at a time.
import { openVault } from "../lms/vault.js";

const form = document.getElementById("writing");
const player = document.querySelector("[data-place]");
const key = `peduli.${player?.dataset.user}.${location.pathname}`;
const PAUSE = 1500;

if (form && !form.querySelector("textarea:disabled")) start();
else localStorage.removeItem(key); // handed in: the server has it

async function start() {
  const words = form.dataset;
  const vault = await openVault(words.vault);
  const areas = [...form.querySelectorAll("textarea")];
  const state = form.querySelector("[data-saved-state]");
  const count = form.querySelector("[data-count]");
  const device = localStorage.getItem("peduli.device") || crypto.randomUUID();
  let acknowledged = texts();
  let base = Number(form.elements.base.value);
  let timer = 0;
  let wait = PAUSE;
  let busy = false;

  localStorage.setItem("peduli.device", device);
  await restore();
  recount();
  form.addEventListener("input", () => { keep(); recount(); later(PAUSE); });
  form.addEventListener("submit", () => clearTimeout(timer));
  addEventListener("online", () => later(0));
  addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") later(0); });

  function texts() {
    return Object.fromEntries(areas.map((area) => [area.name.slice(5), area.value]));
  }

  function keep() {
    vault.put(key, { base, texts: texts() });
    show("waiting", words.typing);
  }

  async function restore() {
    const kept = await vault.get(key);
    if (!kept) return;
    if (kept.saved > base) {
      // Saved while this page was on its way here: the page is older than what the server has.
      await vault.drop(key);
      return location.reload();
    }
    if (!kept.texts || same(kept.texts, acknowledged)) return vault.drop(key);
    for (const area of areas) area.value = kept.texts[area.name.slice(5)] ?? area.value;
    base = kept.base;
    acknowledged = {}; // the whole text goes; the server puts it beside another one if that was saved meanwhile
    keep();
    later(0);
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(save, pause);
  }

  async function save() {
    const now = texts();
    const changed = Object.keys(now).filter((name) => now[name] !== acknowledged[name]);
    if (busy) return later(PAUSE);
    if (!changed.length) return;
    busy = true;
    try {
      const known = changed.length === 1 && acknowledged[changed[0]] !== undefined;
      let answer = await send(known ? splice(changed[0], acknowledged[changed[0]], now[changed[0]]) : { texts: now });
      if (answer.status === 409) answer = await send({ texts: now });
      if (answer.status === 401 || answer.status === 400) return show("failed", words.signedOut);
      if (!answer.ok) throw new Error(answer.status);
      const saved = await answer.json();
      acknowledged = now;
      base = saved.version;
      form.elements.base.value = base;
      form.elements.entry.value = saved.entry;
      wait = PAUSE;
      if (saved.conflict) return show("waiting", words.conflict);
      if (same(texts(), now)) {
        await vault.put(key, { saved: base });
        show("saved", words.saved.replace("{at}", saved.at).replace("{code}", saved.code));
      } else later(PAUSE);
    } catch {
      show("waiting", words.offline);
      wait = Math.min(wait * 2, 60000);
      later(wait);
    } finally {
      busy = false;
    }
  }

  function send(change) {
    return fetch(words.draft, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": form.elements.csrf_token.value },
      body: JSON.stringify({ entry: form.elements.entry.value, base, device, ...change }),
    });
  }

  function show(name, text) {
    state.dataset.state = name;
    state.textContent = text;
  }

  function recount() {
    const total = areas.filter((area) => area.name !== "text-catatan-kilat").reduce((sum, area) => sum + (area.value.match(/[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*/gu) || []).length, 0);
    if (Number(words.minimum)) count.textContent = words.words.replace("{n}", total).replace("{m}", words.minimum);
  }
}

function same(a, b) {
  return Object.keys(a).every((name) => a[name] === b[name]);
}

// The smallest change from one text to another, counted in characters (not in UTF-16 units: the server counts characters).
function splice(field, before, after) {
  const a = [...before];
  const b = [...after];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  return { field, start, drop: a.length - start - end, insert: b.slice(start, b.length - end).join(""), length: b.length };
}
