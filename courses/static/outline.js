// "Arrange" beside an editor: the list of links gives way to one that can be moved, until the tab is closed. Fetched when it is asked for;
// without scripts the link leads to the module's page, where the same can be done.
export async function arrange(asked) {
  const link = document.querySelector("[data-arrange]");
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

// A long outline begins where one is.
function show() {
  const rail = document.getElementById("outline");
  const here = rail.querySelector("[aria-current]");
  if (here) rail.scrollTop = here.getBoundingClientRect().top - rail.getBoundingClientRect().top - rail.clientHeight / 2;
}
