// Attendance on devices: a roster that is kept without a signal, a code that is typed without one, the code on a screen. What is noted is stored
// on the device first and sent when there is a line; each note says where it is. Without this script the forms do the same with a signal.
import { bytes, number } from "./codes.js";
import { listen, openOutbox } from "./outbox.js";

export const STEP = 60;
const MOST = 60000; // milliseconds between two attempts to send
const find = (name, within = document) => within.querySelector(`[data-${name}]`);

export function codeAt(secret, moment) {
  return number(secret, `attend/${Math.floor(moment / 1000 / STEP)}`, 6);
}

const carried = find("carried");
const screen = find("screen");
const form = find("attend");
const rosters = find("rosters");
const able = globalThis.crypto?.subtle && globalThis.indexedDB;
if (carried && able) keep();
if (screen) show();
if (form) start(form, learner);
if (rosters) start(rosters, shelf);

async function keep() {
  const { bring } = await import("./carry.js");
  await bring(JSON.parse(carried.dataset.carried));
  if (!navigator.serviceWorker) return;
  navigator.serviceWorker.register("/sw.js").catch(() => {}); // a window that keeps nothing
  await navigator.serviceWorker.ready;
  carried.hidden = !(await caches.match("/meetings/offline"));
}

async function start(place, unfold) {
  const box = able ? await openOutbox() : null;
  if (!box) {
    find(place === form ? "nobody" : "none").hidden = false;
    if (place === form) form.hidden = true;
    return;
  }
  const words = JSON.parse(place.dataset.words);
  let wait = 1000;
  const say = (text, state = "waiting") => Object.assign(find("said"), { textContent: text }).setAttribute("data-state", state);
  async function send() {
    const told = await box.sync();
    if (told === "offline" || told === "busy") setTimeout(send, wait = Math.min(wait * 2, MOST));
    else wait = 1000;
    if (told === "signed-out" || told === "other") say(words.signedOut, "failed");
  }
  async function note(change) {
    try {
      await box.use(change);
      send();
      return true;
    } catch {
      say(words.full, "failed");
      return false;
    }
  }
  addEventListener("online", send);
  await unfold({ box, words, say, note });
  send();
}

// What is known of something that was noted at a moment: [state, words].
function standing({ ops, refused, docs }, words, doc, at) {
  const why = refused.find((each) => each.doc === doc && each.at === at)?.why;
  if (why) return ["failed", why];
  const op = ops.find((each) => each.body.doc === doc && each.at === at);
  if (op) return ["waiting", op.sent ? words.sent : words.device];
  const { at: when = "", code = "" } = docs[doc] || {};
  return ["saved", words.received.replace("{at}", when).replace("{code}", code)];
}

// -- a learner --------------------------------------------------------------------------------------------------------------------------------

async function learner({ box, words, say, note }) {
  const DOC = "attend";
  const typed = new URLSearchParams(location.search).get("c");
  if (typed) form.elements.code.value = typed;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const code = form.elements.code.value.replace(/\D/g, "");
    if (code.length !== 6) return say(words.digits, "failed");
    const at = Date.now();
    const kept = await note((log) => {
      const doc = Object.assign(log.doc(DOC), { title: document.querySelector("h1").textContent, home: "/attend/offline" });
      doc.made = [{ code, at }, ...(doc.made || [])].slice(0, 5);
      log.add("lms:attend", { doc: DOC, code }, at);
    });
    if (kept) form.reset();
  });
  async function draw() {
    const state = await box.read((log) => log.state);
    const made = state.docs[DOC]?.made || [];
    const time = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
    find("made").hidden = !made.length;
    find("made").replaceChildren(...made.map(({ code, at }) => {
      const [kind, text] = standing(state, words, DOC, at);
      const item = document.createElement("li");
      item.append(Object.assign(document.createElement("strong"), { textContent: code, className: "number" }), ` ${time.format(at)} · `);
      const said = item.appendChild(Object.assign(document.createElement("span"), { textContent: text, className: "saved" }));
      said.dataset.state = kind;
      return item;
    }));
  }
  listen(draw);
  await draw();
}

// -- who keeps the roster ---------------------------------------------------------------------------------------------------------------------

async function shelf({ box, words, say, note }) {
  addEventListener("hashchange", () => location.reload());
  const docs = await box.read((log) => { log.forget(Date.now()); return log.state.docs; });
  box.use(() => {}).catch(() => {}); // what is over is dropped for good
  const known = Object.entries(docs).filter(([, doc]) => doc.meeting).sort(([, a], [, b]) => a.meeting.starts - b.meeting.starts);
  const wanted = location.hash.slice(1);
  const [key, chosen] = known.find(([, { meeting }]) => String(meeting.id) === wanted) || (known.length === 1 && known[0]) || [];
  find("none").hidden = known.length > 0;
  find("list").hidden = known.length < 2;
  find("list").append(...known.map(([, doc]) => {
    const item = find("make-row").content.firstElementChild.cloneNode(true);
    Object.assign(item.querySelector("a"), { href: doc.home, textContent: doc.title });
    item.querySelector("span").textContent = doc.meeting.when;
    return item;
  }));
  if (chosen) roster({ box, words, say, note }, key, chosen);
}

async function roster({ box, words, say, note }, key, { title, meeting, ahead = 0 }) {
  find("one").hidden = false;
  find("title").textContent = title;
  find("when").textContent = meeting.when;
  find("online").href = meeting.url;
  const secret = bytes(meeting.secret);
  const clock = async () => {
    const now = Date.now() + ahead; // this device's clock may be wrong; codes go by the server's
    find("code").textContent = await codeAt(secret, now);
    find("left").textContent = words.seconds.replace("{n}", STEP - (Math.floor(now / 1000) % STEP));
  };
  clock();
  setInterval(clock, 1000);
  const rows = meeting.people.map(([id, name, unit]) => {
    const item = find("make-person").content.firstElementChild.cloneNode(true);
    const [label, select, reason] = ["label", "select", "input"].map((part) => item.querySelector(part));
    label.htmlFor = select.id = `state-${id}`;
    label.prepend(name);
    label.querySelector("span").textContent = unit;
    select.addEventListener("change", () => {
      reason.hidden = select.value !== "excused";
      if (select.value === "excused" && reason.value.trim().length < 3) reason.focus(), say(words.why);
      else if (select.value) mark(id, select.value, "");
    });
    reason.addEventListener("change", () => { if (reason.value.trim().length > 2) mark(id, "excused", reason.value.trim()); });
    return [id, item, select];
  });
  find("people").append(...rows.map(([, item]) => item));
  async function mark(id, state, reason) {
    const at = Date.now();
    await note((log) => {
      (log.doc(key).marks ||= {})[id] = { state, at };
      log.state.refused = log.state.refused.filter((each) => each.doc !== key || each.enrolment !== id);
      log.add("lms:note", { doc: key, meeting: meeting.id, enrolment: id, state, reason }, at);
    });
  }
  async function draw() {
    const state = await box.read((log) => log.state);
    const marks = state.docs[key]?.marks || {};
    let there = 0;
    for (const [id, item, select] of rows) {
      const before = meeting.people.find(([number]) => number === id)[3];
      const value = marks[id]?.state || before;
      if (document.activeElement !== select) select.value = value;
      if (value === "present" || value === "late") there += 1;
      const said = find("state", item);
      const [kind, text] = marks[id] ? standing(state, words, key, marks[id].at) : ["", ""];
      said.dataset.state = kind;
      said.textContent = text;
    }
    find("count").textContent = `${there}/${rows.length}`;
    say("");
  }
  listen(draw);
  await draw();
}

// -- the code on a screen ---------------------------------------------------------------------------------------------------------------------

// Each minute the page is fetched anew; without a connection the code goes on by itself, and the picture, which cannot be made here, is hidden.
function show() {
  const words = JSON.parse(screen.dataset.words);
  const secret = bytes(screen.dataset.screen);
  let step = Math.floor(Date.now() / 1000 / STEP);
  setInterval(async () => {
    const now = Date.now();
    const next = Math.floor(now / 1000 / STEP);
    find("left").textContent = `${STEP - (Math.floor(now / 1000) % STEP)} s ·`;
    if (next === step) return;
    step = next;
    try {
      const answer = await fetch(location.href, { cache: "no-store" });
      if (!answer.ok || answer.redirected) throw new Error(answer.status);
      const fresh = find("screen", new DOMParser().parseFromString(await answer.text(), "text/html"));
      if (!fresh) return location.reload(); // check-in is over
      for (const name of ["picture", "code", "there"]) find(name).replaceChildren(...find(name, fresh).childNodes);
    } catch {
      find("picture").replaceChildren();
      find("there").textContent = words.offline;
      if (able) find("code").textContent = await codeAt(secret, now);
    }
  }, 1000);
}
