// What people do without a connection: forms that are kept on the device and sent later, and the list of what waits.
import { listen, openOutbox } from "./outbox.js";

const MOST = 60000; // milliseconds between two attempts
const list = document.querySelector("[data-outbox]");
let wait = 1000;

start();

async function start() {
  const box = await openOutbox();
  if (!box) return;
  addEventListener("submit", (event) => { if (event.target.dataset.operation) keep(box, event); });
  addEventListener("online", () => send(box));
  if (list) {
    list.querySelector("[data-send]").addEventListener("click", () => send(box));
    listen(() => show(box));
    await show(box);
  }
  send(box);
}

async function keep(box, event) {
  event.preventDefault();
  const form = event.target;
  const { operation, cohort, module, activity, next } = form.dataset;
  const fields = {};
  for (const [name, value] of new FormData(form, event.submitter)) (fields[name] ||= []).push(value);
  const doc = `${cohort}/${module}/${activity}`;
  await box.use((log) => {
    log.doc(doc).title = document.querySelector("h1").textContent;
    log.add(operation, { doc, id: crypto.randomUUID(), cohort: Number(cohort), module, activity, fields }, Date.now());
  });
  form.dispatchEvent(new Event("kept", { bubbles: true }));
  if (next) location.href = next;
  else send(box);
}

async function send(box) {
  const told = await box.sync();
  if (list) {
    const words = JSON.parse(list.dataset.words);
    list.querySelector("[data-state]").textContent = { "signed-out": words.signedOut, other: words.signedOut, offline: words.offline }[told] || "";
  }
  wait = told === "offline" ? Math.min(wait * 2, MOST) : 1000;
  if (told === "offline") setTimeout(() => send(box), wait);
}

async function show(box) {
  const words = JSON.parse(list.dataset.words);
  const { ops, refused, docs } = await box.read((log) => log.state);
  const time = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", timeStyle: "short" });
  list.querySelector("[data-list]").replaceChildren(...[...ops, ...refused].map((each) => {
    const item = list.querySelector("template").content.firstElementChild.cloneNode(true);
    const doc = each.doc || each.body.doc;
    const link = item.querySelector("a");
    link.href = docs[doc]?.home || `/learn/${doc}`;
    link.textContent = docs[doc]?.title || words.kinds[each.kind] || each.kind;
    item.querySelector("[data-about]").textContent = `${words.kinds[each.kind] || ""} · ${time.format(each.at)}`;
    item.querySelector("[data-standing]").textContent = each.why || (each.sent ? words.sent : words.device);
    item.querySelector("[data-text]").textContent = each.why ? Object.values(each.texts || {}).join("\n\n") : "";
    return item;
  }));
  list.hidden = !ops.length && !refused.length;
  list.querySelector("[data-send]").hidden = !ops.length;
}
