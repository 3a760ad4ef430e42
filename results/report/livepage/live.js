const run = document.getElementById("run"), state = document.getElementById("state");
const events = new EventSource("events");
events.addEventListener("run", news => {
  const open = [...run.querySelectorAll("details[open]")].map(part => part.closest("[id]").id);
  run.innerHTML = news.data;
  for (const id of open) document.getElementById(id)?.querySelector("details")?.setAttribute("open", "");
  state.textContent = "The run goes on.";
});
events.addEventListener("end", () => {
  events.close();
  state.textContent = "The run has ended.";
});
events.onerror = () => { state.textContent = "There is no news: stampede has gone, or the way to it."; };
