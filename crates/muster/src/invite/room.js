// Keeps a room up to date: asks for what is new, again and again, and sends what is written. Without it the page works by
// its forms.
"use strict";

const said = document.getElementById("said");
const form = document.getElementById("write");
const fault = document.getElementById("fault");
const present = document.getElementById("present");
const path = location.pathname;
const json = { Accept: "application/json" };
// How long is waited after a failure, in milliseconds.
const PAUSE = 3000;

const pause = (millis) => new Promise((done) => setTimeout(done, millis));

function tell(text) {
  fault.textContent = text;
  fault.hidden = text === "";
}

function element(name, text, className) {
  const made = document.createElement(name);
  made.textContent = text;
  if (className) made.className = className;
  return made;
}

function line(message) {
  const item = element("li", "", message.from);
  item.append(element("b", message.name));
  if (message.alone) item.append(element("i", message.alone));
  item.append(element("p", message.text));
  if (message.link) {
    const link = element("a", message.link);
    link.href = message.link;
    link.rel = "noopener noreferrer nofollow";
    link.target = "_blank";
    item.append(link);
  }
  const time = element("time", "");
  time.dateTime = message.at;
  item.append(time);
  return item;
}

function localTimes(within) {
  for (const time of within.querySelectorAll("time")) {
    time.textContent = new Date(time.dateTime).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  }
}

function show(news) {
  const atEnd = said.scrollHeight - said.scrollTop - said.clientHeight < 80;
  for (const message of news.messages) {
    const item = line(message);
    localTimes(item);
    said.append(item);
  }
  said.dataset.after = news.after;
  present.textContent = news.present.join(", ");
  if (atEnd && news.messages.length > 0) said.scrollTop = said.scrollHeight;
}

async function listen() {
  for (;;) {
    try {
      const answer = await fetch(`${path}/messages?wait=1&after=${said.dataset.after}`, { headers: json, cache: "no-store" });
      if (answer.status >= 400 && answer.status < 500 && answer.status !== 429) {
        tell((await answer.json()).message);
        form.hidden = true;
        return;
      }
      if (!answer.ok) throw new Error(answer.statusText);
      const news = await answer.json();
      show(news);
      await pause(news.pause);
    } catch {
      await pause(PAUSE);
    }
  }
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = form.elements.text;
  const text = field.value;
  if (text.trim() === "") return;
  field.value = "";
  try {
    const body = new URLSearchParams({ text });
    const answer = await fetch(form.action, { method: "POST", headers: json, body });
    tell(answer.ok ? "" : (await answer.json()).message);
    if (!answer.ok) field.value = text;
  } catch {
    tell(form.dataset.unsent);
    field.value = text;
  }
  field.focus();
});

form.elements.text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

localTimes(said);
said.scrollTop = said.scrollHeight;
listen();
