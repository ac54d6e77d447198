// "Arrange" beside an editor: the list of links gives way to one that can be moved, until the tab is closed. Without this script the link
// leads to the module's page, where the same can be done.
const link = document.querySelector("[data-arrange]");
link.addEventListener("click", (event) => { event.preventDefault(); arrange(true); });
show();
if (sessionStorage.getItem("arrange")) arrange(false);

document.querySelector("[data-show]")?.addEventListener("click", () => { document.getElementById("panel-preview").checked = true; });

// A long outline begins where one is.
function show() {
  const rail = document.getElementById("outline");
  const here = rail.querySelector("[aria-current]");
  if (here) rail.scrollTop = here.getBoundingClientRect().top - rail.getBoundingClientRect().top - rail.clientHeight / 2;
}

async function arrange(asked) {
  try {
    const answer = await fetch(link.dataset.arrange, { headers: { Accept: "application/json" } });
    link.closest("[data-outline]").innerHTML = (await answer.json()).page;
    await import("./arrange.js");
    show();
    sessionStorage.setItem("arrange", "1");
    if (asked) document.querySelector("#outline-form .grip").focus();
  } catch {
    if (asked) location.assign(link.href);
  }
}
