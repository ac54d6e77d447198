// Visits and journals: what is typed is stored on this device at once, sent when there is a connection, and called received when the server has
// said so. Without this script the buttons of the form do the same, one page at a time.
import { listen, openOutbox } from "../lms/outbox.js";

const form = document.getElementById("writing");
const STORE = 250; // milliseconds after the last key
const SEND = 1500;
const MOST = 60000;
const LOST = new Set(["signed-out", "other", "full"]);

if (form && !form.querySelector("textarea:disabled")) start();

async function start() {
  const words = form.dataset;
  const contact = words.contact ? JSON.parse(words.contact) : null; // a page from this device's own store has none
  const areas = [...form.querySelectorAll("textarea")];
  const readers = [...form.querySelectorAll("select[name^=audience-]")];
  for (const area of areas) area.readOnly = true; // nothing is typed into a text that is about to be another
  for (const each of readers) each.disabled = true;
  const box = await openOutbox(contact ? { user: contact.user, key: words.vault } : {});
  if (!box) return [...areas, ...readers].forEach((each) => Object.assign(each, { readOnly: false, disabled: false }));
  const { doc, type } = words;
  const early = areas.filter((area) => area.value !== area.defaultValue); // typed before this script was there
  const shown = (each) => each.querySelector("[selected]").value;
  const eager = readers.filter((each) => each.value !== shown(each)).map((each) => [each.name, each.value]); // and what was chosen
  const state = form.querySelector("[data-saved-state]");
  const count = form.querySelector("[data-count]");
  let storing = 0;
  let sending = 0;
  let wait = SEND;
  let line = ""; // what came of sending
  let problem = ""; // why it could not be handed in; stands until something is typed

  if (contact) await take();
  else await bring();
  if (eager.length) await box.use((log) => log.choose(doc, type, Object.fromEntries(eager), Date.now()));
  await restoreReaders();
  recount();
  offerReview();
  form.addEventListener("input", () => { problem = ""; recount(); clearTimeout(storing); storing = setTimeout(store, STORE); });
  form.addEventListener("change", choose);
  form.addEventListener("submit", submit);
  addEventListener("online", () => later(0));
  addEventListener("pagehide", store);
  addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") store().then(() => later(0)); });
  listen(show);
  await show();
  if (early.length) await store();
  later(0);

  // The server's page: what this device has beyond it comes back into the form.
  async function take() {
    const others = (words.others || "").split(" ").filter(Boolean).map((id) => ({ id, texts: { "": id } }));
    const shown = Object.fromEntries(areas.map((area) => [area.name.slice(5), area.defaultValue]));
    const heads = words.heads.split(" ").filter(Boolean).map((id) => ({ id, texts: shown }));
    const told = await box.use((log) => {
      log.doc(doc).handedIn = false; // this page says so itself
      return log.pull(doc, [...heads, ...others], contact, Date.now());
    });
    if (told === "stale" && !early.length) location.reload(); // this page is older than what the server has
    else if (told !== "theirs") await restore();
    if (told !== "stale") await box.use(look);
  }

  // What the page says beside the texts; what was chosen or ticked here and is still on its way counts before it.
  function look(log) {
    const kept = log.doc(doc);
    kept.audiences = { ...Object.fromEntries(readers.map((each) => [each.name, shown(each)])), ...log.chosen(doc) };
    if (!document.querySelector(".gate") || log.state.ops.some((op) => op.body.doc === doc && op.kind === "courses:tick")) return;
    kept.ticks = [...document.querySelectorAll(".gate [name=tick]:checked")].map((each) => each.value);
    kept.day = document.getElementById("happened_on").value;
  }

  async function restoreReaders() {
    const known = (await box.read((log) => log.doc(doc).audiences)) || {};
    for (const each of readers) each.value = known[each.name] || each.value;
  }

  async function restore() {
    const kept = await box.read((log) => log.doc(doc).texts);
    for (const area of areas) {
      const mine = kept[area.name.slice(5)];
      if (mine !== undefined) area.value = early.includes(area) ? both(mine, area.value) : mine;
    }
  }

  // What was typed early stands behind what this device has kept, unless one holds the other.
  function both(kept, typed) {
    if (kept.includes(typed)) return kept;
    return typed.startsWith(kept) ? typed : `${kept}\n\n${typed}`;
  }

  // The device's own page: everything that is somebody's comes from the device.
  async function bring() {
    await box.use((log) => { log.doc(doc).handedIn = false; });
    await restore();
    const gate = document.querySelector("[data-gate]");
    const record = document.querySelector("[data-record]");
    const note = document.querySelector("[data-note]");
    const known = await box.read((log) => ({ mine: log.doc(doc), visit: note && log.doc(note.dataset.note).texts["catatan-kilat"] }));
    if (note && known.visit) {
      note.hidden = false;
      note.querySelector("p").textContent = known.visit;
    }
    if (!gate) return;
    const boxes = [...gate.elements.tick.length ? gate.elements.tick : [gate.elements.tick]];
    for (const each of boxes) each.checked = known.mine.ticks?.includes(each.value) || false;
    gate.elements.happened_on.value = known.mine.day || "";
    const open = () => { record.hidden = !boxes.every((each) => each.checked); };
    open();
    gate.addEventListener("change", async () => {
      open();
      const ticks = boxes.filter((each) => each.checked).map((each) => each.value);
      await box.use((log) => log.tick(doc, type, ticks, gate.elements.happened_on.value, Date.now()));
      later(SEND);
    });
  }

  function texts() {
    return Object.fromEntries(areas.map((area) => [area.name.slice(5), area.value]));
  }

  async function store() {
    clearTimeout(storing);
    try {
      await box.use((log) => {
        log.state.refused = log.state.refused.filter((each) => !isRefused(each));
        if (!log.doc(doc).handedIn) log.write(doc, type, texts(), Date.now()); // else this form shows what is handed in already
      });
      later(SEND);
      return true;
    } catch {
      say("failed", words.full);
      return false;
    }
  }

  function later(pause) {
    clearTimeout(sending);
    sending = setTimeout(send, pause);
  }

  async function send() {
    line = await box.sync().catch(() => "full");
    wait = line === "offline" ? Math.min(wait * 2, MOST) : SEND;
    if (line === "offline" || line === "busy") later(wait);
    if (line === "done") await settle();
    await show();
    return line;
  }

  // The server has it: the page that says so is the server's.
  async function settle() {
    if (!contact || !(await box.read((log) => log.doc(doc).handedIn))) return;
    location.reload();
  }

  async function submit(event) {
    const button = event.submitter;
    event.preventDefault();
    if (button?.name === "join") await box.use((log) => log.join(doc, type, texts(), Date.now()));
    else if (!(await store())) return;
    if (button && "handIn" in button.dataset) return handIn();
    if ((await send()) === "done" && contact) location.reload();
  }

  async function choose({ target }) {
    if (!readers.includes(target)) return;
    await box.use((log) => log.choose(doc, type, { [target.name]: target.value }, Date.now()));
    later(SEND);
  }

  // What could tell who a citizen is: looked for on this device before anything is handed in. The finder is fetched when it is needed.
  function lookFor() {
    return import(words.review);
  }

  function offerReview() {
    const now = form.querySelector("[data-review-now]");
    now.hidden = false;
    now.addEventListener("click", async () => (await lookFor()).review(form, areas, true));
    form.addEventListener("input", () => lookFor().catch(() => {}), { once: true });
  }

  async function handIn() {
    if ((await lookFor().then(({ review }) => review(form, areas), () => "go")) !== "go" || !(await store())) return;
    const missing = Math.max(1, words.minimum) - total();
    if (missing > 0) {
      problem = words.short.replace("{n}", missing);
      return show();
    }
    await box.use((log) => log.handIn(doc, type, Date.now()));
    await send();
  }

  function isRefused(each) {
    return each.doc === doc && each.kind === "courses:hand_in";
  }

  async function show() {
    const { standing, kept, queued, refused } = await box.read((log) => ({
      standing: log.standing(doc),
      kept: log.doc(doc),
      queued: log.state.ops.find((op) => op.body.doc === doc && op.kind === "courses:hand_in"),
      refused: log.state.refused.find(isRefused),
    }));
    for (const area of areas) area.readOnly = Boolean(queued);
    for (const each of readers) each.disabled = Boolean(queued);
    for (const button of form.querySelectorAll(".actions .button")) button.disabled = Boolean(queued);
    if (queued) say("waiting", words.queued.replace("{at}", new Date(queued.at).toLocaleTimeString(document.documentElement.lang).slice(0, 5)));
    else if (problem) say("failed", problem);
    else if (refused) say("failed", words.refused.replace("{why}", refused.why));
    else if (standing !== "received" && LOST.has(line)) say("failed", line === "full" ? words.full : words.signedOut);
    else if (standing !== "received") say("waiting", line === "offline" ? words.offline : standing === "sent" ? words.sent : words.typing);
    else if (kept.beside && contact) say("waiting", words.conflict);
    else if (kept.code) say("saved", words.saved.replace("{at}", kept.at).replace("{code}", kept.code));
  }

  function say(name, text) {
    state.dataset.state = name;
    state.textContent = text;
  }

  function total() {
    const counted = areas.filter((area) => area.name !== "text-catatan-kilat");
    return counted.reduce((sum, area) => sum + (area.value.match(/[\p{L}\p{N}]+(?:[-'’][\p{L}\p{N}]+)*/gu) || []).length, 0);
  }

  function recount() {
    if (Number(words.minimum)) count.textContent = words.words.replace("{n}", total()).replace("{m}", words.minimum);
  }
}
