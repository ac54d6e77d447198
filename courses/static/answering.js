// Answering with the keyboard, and nothing typed is lost: what is written is kept on the server a moment after it was typed, sealed for the
// one who writes it. Without this script the button "keep for later" does the same.
import { single } from "../lms/desk.js";

const form = document.getElementById("answer");
const PAUSE = 1200;

if (form) start();

function start() {
  const words = form.dataset;
  const state = form.querySelector("[data-kept-state]");
  let timer = 0;
  let kept = values();
  let busy = false;
  let sent = false;

  form.addEventListener("input", () => { show("waiting", words.typing); later(PAUSE); });
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    clearTimeout(timer);
    addEventListener("pageshow", () => { sent = false; }, { once: true });
  });
  addEventListener("online", () => later(0));
  document.addEventListener("visibilitychange", () => { if (document.visibilityState === "hidden") keep(true); });
  addEventListener("beforeunload", (event) => { if (!sent && values() !== kept) event.preventDefault(); });
  document.addEventListener("keydown", pressed);

  function values() {
    return new URLSearchParams(new FormData(form)).toString();
  }

  function later(pause) {
    clearTimeout(timer);
    timer = setTimeout(keep, pause);
  }

  async function keep(leaving = false) {
    const now = values();
    if (sent || now === kept) return;
    if (busy && !leaving) return later(PAUSE);
    busy = true;
    try {
      const headers = { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" };
      const answer = await fetch(words.keep, { method: "POST", body: now, headers, keepalive: leaving });
      if (answer.status === 401 || answer.status === 400) return show("failed", words.signedOut);
      if (answer.status === 403 || answer.status === 404) return show("failed", words.closed);
      if (answer.status === 409) return show("failed", (await answer.json()).message);
      if (!answer.ok) throw new Error(answer.status);
      kept = now;
      if (values() === now) form.dispatchEvent(new Event("kept")); // this device need not keep it any more
      show("saved", words.kept.replace("{at}", (await answer.json()).at));
    } catch {
      show("failed", words.failed);
      later(8 * PAUSE);
    } finally {
      busy = false;
    }
  }

  function show(kind, text) {
    state.dataset.state = kind;
    state.textContent = text;
  }

  function pressed(event) {
    if (!single(event)) return;
    if (/^[0-4]$/.test(event.key)) choose(2 * Number(event.key), event);
    else if (event.key === "," || event.key === ".") choose(Number(form.elements.level?.value || 0) + 1, event);
  }

  function choose(halves, event) {
    const option = form.querySelector(`input[name=level][value="${Math.min(halves, 8)}"]`);
    if (!option) return;
    event.preventDefault();
    option.checked = true;
    option.focus();
    form.dispatchEvent(new Event("input"));
  }
}
