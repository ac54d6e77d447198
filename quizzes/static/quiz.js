// Saves answers as they are given and shows their receipts. What is not acknowledged stays on this device, locked with a key that only
// its owner's pages carry: it survives a reload, a dead session and signing out. Without this script the buttons of the form do the same.
import { openDrawer } from "../lms/vault.js";

const form = document.getElementById("question");
const TYPING = 1000;
const LONGEST = 30000;
const HEARTBEAT = 45000;

if (form) start();

async function start() {
  const words = form.dataset;
  const drawer = await openDrawer(words.vault, `peduli.quiz.${words.attempt}.`);
  const box = new Map(); // slot: what the server has not acknowledged
  for (const { value } of drawer.found) for (const [slot, kept] of Object.entries(value)) if (!box.has(slot)) box.set(slot, kept);
  const moved = box.size && await keep().then(() => true, () => false); // a device that is full keeps them where they are
  if (moved) for (const { own, drop } of drawer.found) if (!own) await drop();
  for (const kept of box.values()) delete kept.refused; // once more
  const opened = performance.now();
  const clock = form.querySelector("b[data-clock]");
  let tick = words.tick;
  let ticked = performance.now();
  let left = words.left === "" ? null : Number(words.left);
  let wait = TYPING;
  let busy = false;
  let timer = 0;
  let handing = false;
  let alone = false; // one answer a request

  document.documentElement.dataset.quiz = "on";
  for (const part of parts()) restore(part);
  form.addEventListener("input", (event) => changed(event, TYPING));
  form.addEventListener("change", (event) => changed(event, 0));
  form.addEventListener("submit", () => clearTimeout(timer));
  addEventListener("online", () => later(0));
  addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") flush(); });
  for (const other of document.querySelectorAll("form[data-hand-in]")) other.addEventListener("submit", handIn);
  for (const part of parts()) if (!box.has(part.dataset.slot)) early(part);
  if (box.size) later(0);
  if (left !== null) { run(); setInterval(run, 1000); setInterval(ask, HEARTBEAT); }

  function parts() {
    return [...form.querySelectorAll("[data-slot]")];
  }

  function fieldsOf(part) {
    return [...part.querySelectorAll("input, select, textarea")].filter((field) => field.name && !["file", "hidden"].includes(field.type));
  }

  function values(part) {
    return fieldsOf(part).filter((field) => (field.type !== "radio" && field.type !== "checkbox") || field.checked).map((field) => [field.name, field.value]);
  }

  // What was answered before this script was there.
  function early(part) {
    const touched = fieldsOf(part).find((field) => {
      if (field.options) return field.selectedIndex !== Math.max(0, [...field.options].findIndex((option) => option.defaultSelected));
      return /^(radio|checkbox)$/.test(field.type) ? field.checked !== field.defaultChecked : field.value !== field.defaultValue;
    });
    if (touched) changed({ target: touched, type: "change" }, 0);
  }

  function changed(event, pause) {
    const part = event.target.closest("[data-slot]");
    if (!part || event.target.type === "file" || (event.type === "input" && /^(radio|checkbox)$/.test(event.target.type))) return;
    const slot = part.dataset.slot;
    const now = performance.now();
    const before = Number(part.dataset.since || opened);
    const seconds = (box.get(slot)?.seconds || 0) + Math.round((now - before) / 1000);
    part.dataset.since = now;
    box.set(slot, { fields: values(part), base: part.querySelector("[name$='-base']").value, tick, elapsed: Math.round(now - ticked), seconds });
    keep();
    show(part, "waiting", words.sending);
    later(pause);
  }

  function keep() {
    return box.size ? drawer.put(Object.fromEntries(box)) : drawer.drop();
  }

  // What stands on this device and not yet on the server comes back into the page.
  function restore(part) {
    const kept = box.get(part.dataset.slot);
    if (!kept) return;
    if (kept.theirs) return conflict(part, part.dataset.slot);
    for (const field of fieldsOf(part)) {
      const mine = kept.fields.filter(([key]) => key === field.name).map(([, value]) => value);
      if (field.type === "radio" || field.type === "checkbox") field.checked = mine.includes(field.value);
      else if (mine.length) [field.value] = mine;
    }
    show(part, "waiting", words.sending);
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(flush, pause);
  }

  function body(slots) {
    const data = new URLSearchParams({ csrf_token: form.elements.csrf_token.value });
    for (const slot of slots) {
      const kept = box.get(slot);
      data.append("slot", slot);
      for (const [key, value] of kept.fields) data.append(key, value);
      data.append(`q${slot}-base`, kept.base);
      data.append(`q${slot}-tick`, kept.tick);
      data.append(`q${slot}-elapsed`, kept.elapsed);
      data.append(`q${slot}-seconds`, kept.seconds);
    }
    return data;
  }

  async function flush() {
    const slots = waiting().slice(0, alone ? 1 : undefined);
    if (busy || !slots.length) return;
    const sent = new Map(slots.map((slot) => [slot, box.get(slot)]));
    busy = true;
    try {
      const answer = await fetch(form.action, { method: "POST", headers: { Accept: "application/json" }, body: body(slots) });
      if (answer.status === 401) return again(words.signedOut, "failed");
      if (answer.status === 400) return (await renew()) ? later(0) : again(words.signedOut, "failed");
      if (answer.status === 404 || answer.status === 409) return refused(slots, await answer.json().catch(() => ({})));
      if (!answer.ok) throw new Error(answer.status);
      for (const saved of await answer.json()) acknowledged(saved, sent.get(String(saved.slot)));
      wait = TYPING;
      await keep();
      if (waiting().length) later(0);
      else alone = false;
    } catch {
      again(words.offline, "waiting");
    } finally {
      busy = false;
    }
  }

  function acknowledged(saved, sent) {
    const slot = String(saved.slot);
    const part = form.querySelector(`[data-slot="${slot}"]`);
    rebase(saved);
    if (saved.theirs) {
      box.set(slot, { ...box.get(slot), theirs: true, base: saved.base });
      return part ? conflict(part, slot) : undefined;
    }
    if (box.get(slot) === sent) box.delete(slot);
    else if (box.has(slot)) box.get(slot).base = saved.base;
    if (!part) return;
    part.querySelector("[name$='-base']").value = saved.base;
    for (const link of document.querySelectorAll(`.palette [data-number="${slot}"]`)) link.classList.toggle("answered", sent.fields.some(([key, value]) => value && !key.endsWith("-flag")));
    const text = (saved.counts ? (saved.late ? words.late : words.saved) : words.aside).replace("{at}", saved.at).replace("{code}", saved.code);
    show(part, saved.counts ? "saved" : "failed", text);
  }

  // Two windows: neither wins in silence.
  function conflict(part, slot) {
    const state = show(part, "failed", words.conflict);
    for (const [text, act] of [[words.mine, () => { delete box.get(slot).theirs; keep(); later(0); }], [words.theirs, async () => { box.delete(slot); await keep(); location.reload(); }]]) {
      const button = Object.assign(document.createElement("button"), { type: "button", className: "button second small", textContent: text });
      button.addEventListener("click", act);
      state.append(" ", button);
    }
  }

  // One answer that cannot be taken must not keep the others back, nor be thrown away: it stays here until it is changed.
  async function refused(slots, answer) {
    alone = slots.length > 1;
    if (alone) return later(0);
    box.get(slots[0]).refused = true;
    await keep();
    for (const part of parts()) if (slots.includes(part.dataset.slot)) show(part, "failed", answer.message || words.refused);
    if (waiting().length) later(0);
  }

  // What can be sent now: not what waits for a choice between two answers, nor what was refused.
  function waiting() {
    return [...box.keys()].filter((slot) => !box.get(slot).theirs && !box.get(slot).refused);
  }

  function again(text, state) {
    for (const part of parts()) if (box.has(part.dataset.slot)) show(part, state, text);
    wait = Math.min(wait * 2, LONGEST);
    later(wait);
  }

  // The page was open in a session that ended; signed in again elsewhere, a new token is all it needs.
  async function renew() {
    const page = await fetch(location.href);
    const found = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("#question [name=csrf_token]");
    if (!found || found.value === form.elements.csrf_token.value) return false;
    for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = found.value;
    return true;
  }

  function show(part, state, text) {
    const place = part.querySelector("[data-saved-state]");
    place.dataset.state = state;
    place.textContent = text;
    return place;
  }

  function rebase(saved) {
    if (saved.tick) { tick = saved.tick; ticked = performance.now(); }
    if (saved.left !== undefined && saved.left !== null) { left = saved.left; words.left = left; }
  }

  async function ask() {
    try {
      const answer = await fetch(words.clock, { headers: { Accept: "application/json" } });
      if (answer.ok) rebase(await answer.json());
    } catch { /* the clock of this device goes on */ }
  }

  function run() {
    const rest = Math.max(0, left - (performance.now() - ticked) / 1000);
    const minutes = Math.ceil(rest / 60);
    const text = rest > 90 ? words.minutes.replace("{n}", minutes) : words.seconds.replace("{n}", Math.floor(rest));
    if (clock.textContent !== text && (rest > 90 || rest < 1 || Math.floor(rest) % 15 === 0)) clock.textContent = text;
    if (rest <= 0 && !handing) finish();
  }

  async function finish() {
    handing = true;
    await flush();
    document.querySelector("form[data-hand-in]")?.requestSubmit();
  }

  // What is still here travels with the hand-in itself.
  function handIn(event) {
    for (const [key, value] of body([...box.keys()].filter((slot) => !box.get(slot).refused))) {
      if (key !== "csrf_token") event.target.append(Object.assign(document.createElement("input"), { type: "hidden", name: key, value }));
    }
  }
}
