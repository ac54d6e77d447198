// A question of a merge with the keyboard: a number chooses, Ctrl+Enter keeps the answer, N and P lead to the next and the previous one. They
// count while the focus is in the question and not in a text. What is written chooses "What I write here". Without this script, links and the
// form do the same.
const part = document.getElementById("conflict");
const form = document.getElementById("answer");
const choices = [...form.querySelectorAll("input[name='choice']")];
const text = form.elements.text;

form.querySelector("[data-keys]").hidden = false;
part.addEventListener("keydown", pressed);
text?.addEventListener("input", () => { choices.at(-1).checked = true; });
if (!form.querySelector("[aria-invalid]")) part.querySelector("h1").focus({ preventScroll: true });

function pressed(event) {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    form.requestSubmit();
  } else if (event.ctrlKey || event.altKey || event.metaKey || event.target.matches("textarea")) {
    return;
  } else if (/^[1-9]$/.test(event.key) && choices[event.key - 1]) {
    event.preventDefault();
    const choice = choices[event.key - 1];
    choice.checked = true;
    (choice.value === "own" ? text : choice).focus();
  } else if (/^[np]$/i.test(event.key)) {
    part.querySelector(`[rel='${event.key.toLowerCase() === "n" ? "next" : "prev"}']`)?.click();
  }
}
