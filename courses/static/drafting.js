// Assignments: what is typed is on this device at once, locked, and on the server a moment later; only what differs is sent. Another device or tab
// that writes at the same time gets a text of its own, beside this one. Without this script the buttons of the form do the same.
import { openDrawer } from "../lms/vault.js";

const form = document.getElementById("drafting");
const PAUSE = 1200; // milliseconds after the last key
const LONGEST = 30000;
const REFUSED = new Set([403, 404, 409, 413, 422]); // it will not be taken as it is
const MOST_LEAVING = 60000; // what a browser sends after the page has gone

if (form) start();

async function start() {
  const words = form.dataset;
  const areas = [...form.querySelectorAll("textarea")];
  const state = form.querySelector("[data-saved-state]");
  const version = Number(form.elements.version.value);
  let device = newName();
  let turn = 0;
  // The last state that the server has; without a mark it has none, and the whole is sent.
  let base = { mark: form.elements.on.value, texts: read((area) => area.defaultValue), whole: false };
  let beside = Number(words.beside);
  let busy = false;
  let handing = false;
  let stopped = false;
  let timer = 0;
  let wait = PAUSE;

  import(words.help).then(({ help }) => help(form, areas));
  const drawer = await openDrawer(words.vault, `peduli.text.${words.user}.${words.save}.`);
  const others = await takeBack();
  form.addEventListener("input", ({ target }) => {
    if (!areas.includes(target)) return;
    keep();
    if (!stopped) say("waiting", words.typing);
    later(PAUSE);
  });
  form.addEventListener("submit", () => {
    form.elements.on.value = base.mark;
    handing = true;
    clearTimeout(timer);
    addEventListener("pageshow", () => { handing = false; }, { once: true });
  });
  addEventListener("online", () => later(0));
  addEventListener("pagehide", () => save(true));
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") save(true); });
  if (!same(read(), base.texts)) { keep(); later(0); } // also what was typed before this script was there
  await deliver(others);

  // What this device kept and no server has acknowledged: on top of what the page shows it comes back into the form; anything else is returned.
  async function takeBack() {
    const shown = read((area) => area.defaultValue);
    for (const kept of drawer.found) if (same(kept.value.texts, shown)) await kept.drop();
    const left = drawer.found.filter(({ value }) => !same(value.texts, shown));
    const mine = left.find(({ value }) => value.on === base.mark && value.version === version);
    const others = [];
    // What is typed from now on goes into the own drawer: what stands there and does not come into the form makes room for it.
    for (const kept of left.filter((other) => other !== mine)) others.push(kept.own ? await drawer.aside(kept).catch(() => kept) : kept);
    if (mine) for (const area of areas) if (area.value === area.defaultValue) area.value = mine.value.texts[name(area)] || "";
    if (mine && await keep() && !mine.own) await mine.drop();
    return others;
  }

  // What was written on top of something else is sent to stand beside.
  async function deliver(others) {
    for (const { value, drop } of others) {
      const body = { mark: `${newName()}.1`, on: "", version: value.version, whole: value.texts };
      const answer = await post(body).catch(() => null);
      if (answer?.ok) await drop(); // else next time
    }
  }

  function keep() {
    return drawer.put({ on: base.mark, version, texts: read() }).then(() => true, () => say("failed", words.full));
  }

  function later(pause) {
    clearTimeout(timer);
    if (!stopped) timer = setTimeout(save, pause);
  }

  async function save(leaving) {
    clearTimeout(timer);
    const texts = read();
    if (busy || handing || stopped || same(texts, base.texts)) return;
    busy = true;
    turn += 1;
    const mark = `${device}.${turn}`;
    const what = base.mark && !base.whole ? { cuts: cuts(base.texts, texts) } : { whole: texts };
    try {
      await told(await post({ mark, on: base.mark, version, ...what }, leaving === true), mark, texts);
      wait = PAUSE;
    } catch {
      wait = Math.min(wait * 2, LONGEST);
      say("waiting", words.offline);
      later(wait);
    } finally {
      busy = false;
    }
  }

  function post(body, leaving = false) {
    const text = JSON.stringify(body);
    const headers = { Accept: "application/json", "Content-Type": "application/json", "X-CSRF-Token": form.elements.csrf_token.value };
    return fetch(words.save, { method: "POST", headers, body: text, keepalive: leaving && text.length < MOST_LEAVING });
  }

  async function told(answer, mark, sent) {
    const said = await answer.json().catch(() => ({}));
    if (answer.status === 409 && said.whole) {
      base.whole = true;
      return later(0);
    }
    if (answer.status === 400 && await renew()) return later(0);
    if (answer.status === 400 || answer.status === 401) {
      say("failed", words.signedOut);
      return later(LONGEST);
    }
    if (REFUSED.has(answer.status)) {
      stopped = answer.status === 403 || answer.status === 404;
      say("failed", words.refused.replace("{why}", said.message || answer.status));
      return later(LONGEST);
    }
    if (!answer.ok) throw new Error(answer.status);
    base = { mark, texts: sent, whole: false };
    form.elements.on.value = mark;
    if (same(read(), sent)) await drawer.drop();
    else later(PAUSE);
    const apart = said.beside > beside;
    say(apart ? "waiting" : "saved", apart ? words.apart : words.saved.replace("{at}", said.at));
    return undefined;
  }

  // The page was open in a session that ended; signed in again elsewhere, a new token is all it needs.
  async function renew() {
    const page = new DOMParser().parseFromString(await (await fetch(location.href, { cache: "no-store" })).text(), "text/html");
    const found = page.querySelector("#drafting [name=csrf_token]");
    if (!found || found.value === form.elements.csrf_token.value) return false;
    for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = found.value;
    return true;
  }

  function read(value = (area) => area.value) {
    return Object.fromEntries(areas.map((area) => [name(area), value(area)]));
  }

  function say(kind, text) {
    state.dataset.state = kind;
    state.textContent = text;
  }
}

function name(area) {
  return area.name.slice("part-".length);
}

function newName() {
  return `${Date.now().toString(36)}${Math.random().toString(36).slice(2, 12)}`;
}

function same(one, other) {
  return [...new Set([...Object.keys(one), ...Object.keys(other)])].every((key) => (one[key] || "") === (other[key] || ""));
}

// [field, kept, dropped, put, length of the old text] in characters, not in halves of them.
function cuts(before, after) {
  const found = [];
  for (const key of Object.keys(after)) {
    const [old, text] = [[...(before[key] || "")], [...after[key]]];
    const least = Math.min(old.length, text.length);
    let start = 0;
    let end = 0;
    while (start < least && old[start] === text[start]) start += 1;
    while (end < least - start && old[old.length - 1 - end] === text[text.length - 1 - end]) end += 1;
    if (start < old.length || start < text.length) found.push([key, start, old.length - start - end, text.slice(start, text.length - end).join(""), old.length]);
  }
  return found;
}
