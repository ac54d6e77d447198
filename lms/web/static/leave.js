// "Leave quickly" puts the other page in the place of this one, so that the back button does not lead here again. Escape does the same.
// Without this script it is a plain link.
const leave = document.getElementById("leave");
leave.addEventListener("click", (event) => { event.preventDefault(); location.replace(leave.href); });
addEventListener("keydown", (event) => { if (event.key === "Escape") location.replace(leave.href); });
