const run = document.getElementById("run"), state = document.getElementById("state");
const say = text => { if (state.textContent !== text) state.textContent = text; }; // it is read out
const events = new EventSource("events");
events.addEventListener("run", news => {
  const open = [...run.querySelectorAll("details[open]")].map(part => part.closest("[id]").id);
  run.innerHTML = news.data;
  for (const id of open) document.getElementById(id)?.querySelector("details")?.setAttribute("open", "");
  say("The run goes on.");
});
events.addEventListener("end", () => {
  events.close();
  say("The run has ended.");
});
events.onerror = () => say("There is no news: stampede has gone, or the way to it.");
