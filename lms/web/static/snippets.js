// Pieces of text, chosen from a menu and put where one writes. The page that lists them, which also works without a script, says what there is.
let known = null;

export async function choose(link, put) {
  const page = known || new DOMParser().parseFromString(await (await fetch(link.href)).text(), "text/html");
  known = page;
  const dialog = Object.assign(document.createElement("dialog"), { className: "card" });
  dialog.setAttribute("aria-label", link.textContent);
  const form = Object.assign(document.createElement("form"), { method: "dialog", className: "row" });
  for (const each of page.querySelectorAll("[data-snippet]")) form.append(button(each.dataset.snippet, each.textContent.trim()));
  form.append(button(link.dataset.cancel, ""));
  form.lastChild.classList.replace("second", "quiet");
  dialog.append(form);
  document.body.append(dialog);
  dialog.addEventListener("close", () => {
    dialog.remove();
    if (dialog.returnValue) put(`${dialog.returnValue}\n\n|~|`);
    else link.focus();
  });
  dialog.showModal();
}

function button(words, value) {
  return Object.assign(document.createElement("button"), { className: "button second", textContent: words, value });
}
