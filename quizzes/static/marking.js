// Marking with the keyboard: a number chooses a level of the first criterion that has none (or of the one in which the focus is),
// Ctrl+Enter saves, and a sentence goes into the comment without a new page. Without this script every button does the same.
import { single } from "../lms/desk.js";

const form = document.getElementById("mark");

if (form) start();

function start() {
  const comment = form.elements.comment;
  const rows = [...form.querySelectorAll("[data-levels]")];
  form.addEventListener("click", insert);
  form.addEventListener("submit", once);
  document.addEventListener("keydown", pressed);

  function insert(event) {
    const button = event.target.closest("button[name='insert']");
    if (!button) return;
    event.preventDefault();
    comment.value = [comment.value.trim(), button.dataset.text].filter(Boolean).join("\n");
    comment.focus();
  }

  // Two presses are one: the second would only be told that the mark is there.
  function once(event) {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    addEventListener("pageshow", () => delete form.dataset.sent, { once: true });
  }

  function pressed(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !event.defaultPrevented) {
      event.preventDefault();
      form.requestSubmit(document.getElementById("save"));
    } else if (/^[1-9]$/.test(event.key) && single(event)) {
      choose(Number(event.key), event);
    }
  }

  function choose(number, event) {
    const row = event.target.closest?.("[data-levels]") || rows.find((one) => !one.querySelector(":checked"));
    const level = row?.querySelectorAll("input")[number - 1];
    if (!level) return;
    event.preventDefault();
    level.checked = true;
    const next = rows.find((one) => !one.querySelector(":checked"));
    (next?.querySelector("input") || comment).focus();
  }
}
