// What is typed into a form stays on this device, locked with its owner's key, until the server has taken it. The name of what is kept changes
// with each text that was taken, so an old one never comes back. Without this script the form works the same; it only forgets when it is left.
import { openVault } from "../lms/vault.js";

const PAUSE = 300;
const FIRST = "peduli.typed.";

for (const place of document.querySelectorAll("[data-keep]")) start(place);

async function start(place) {
  const { keep, round, vault, kept } = place.dataset;
  const mine = `${FIRST}${keep}.`;
  const name = mine + round;
  for (const old of Object.keys(localStorage)) if (old.startsWith(mine) && old !== name) localStorage.removeItem(old);
  if (!vault) return; // nothing can be written any more: only tidied
  const box = await openVault(vault);
  const state = place.querySelector("[data-keep-state]");
  const fields = [...place.querySelectorAll("textarea, input[type=text], input[type=radio]")];
  let timer = 0;
  let touched = false; // a page in which nobody has typed changes nothing: another window may
  restore((await box.get(name)) || {});
  place.addEventListener("input", () => { touched = true; clearTimeout(timer); timer = setTimeout(store, PAUSE); });
  addEventListener("visibilitychange", () => { if (touched && document.visibilityState === "hidden") store(); });

  function restore(texts) {
    const chosen = new Set(fields.filter((field) => field.checked).map((field) => field.name));
    for (const field of fields) {
      const text = texts[field.name];
      if (!text) continue;
      if (field.type === "radio") field.checked ||= !chosen.has(field.name) && field.value === text;
      else if (field.value === field.defaultValue && !field.matches("[aria-invalid]")) field.value = text;
    }
  }

  async function store() {
    clearTimeout(timer);
    const texts = {};
    for (const field of fields) {
      const said = field.type === "radio" ? field.checked : field.value !== field.defaultValue || field.matches("[aria-invalid]");
      if (said && field.value) texts[field.name] = field.value;
    }
    try {
      await (Object.keys(texts).length ? box.put(name, texts) : box.drop(name));
      if (state) state.textContent = Object.keys(texts).length ? kept : "";
    } catch {
      if (state) state.textContent = "";
    }
  }
}
