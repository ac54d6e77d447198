// A piece of long work: asks how far it is, and shows the page anew when it has ended.
const bar = document.querySelector("#progress");
const said = document.querySelector("[data-done]");

async function look() {
  try {
    const answer = await fetch(location.pathname, { headers: { Accept: "application/json" } });
    const { state, done } = await answer.json();
    bar.value = done;
    said.textContent = done.toLocaleString(document.documentElement.lang);
    if (state === "done" || state === "failed") return location.reload();
  } catch {
    // no signal: the next look may succeed
  }
  setTimeout(look, 2000);
}
setTimeout(look, 1000);
