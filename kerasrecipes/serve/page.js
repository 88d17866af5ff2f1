"use strict";
// The page asks the server that it came from and no other; it keeps nothing.
const at = (id) => document.getElementById(id);
const asked = new URLSearchParams(location.search);
const token = asked.get("token");
// Inside of another page of the server's the head is that page's; explained is what it asks for.
document.body.classList.toggle("inside", asked.has("inside"));
const headers = token ? { authorization: `Bearer ${token}` } : {};
let models = [], model = null, files = [], drawn = false;

function show(id, visible) { at(id).hidden = !visible; }

function element(tag, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(tag), attributes);
  made.append(...children);
  return made;
}

async function start() {
  const response = await fetch("models", { headers });
  const found = await response.json();
  if (!response.ok) { at("title").textContent = found.error; return; }
  models = found;
  at("model").append(...models.map((one) => element("option", { value: one.name, textContent: one.name })));
  show("chooser", models.length > 1);
  choose(models[0]);
}

function choose(chosen) {
  model = chosen;
  files = [];
  at("title").textContent = model.name;
  at("summary").textContent = `${model.summary}.`;
  at("result").textContent = model.result;
  const takes = model.takes;
  show("drawing", takes === "image");
  show("drop", takes !== "nothing" && takes !== "text");
  show("text", takes === "text");
  show("recording", takes === "sound");
  show("cells", takes === "table");
  at("hint").textContent = {
    image: "Drop images, or click to choose some.", table: "Or drop a CSV file.", sound: "Drop a WAV file.",
  }[takes] || "Drop a file, or click to choose one.";
  at("file").accept = { image: "image/*", table: ".csv,text/csv", sound: "audio/*" }[takes] || "";
  at("ask").textContent = takes === "nothing" ? "Make" : "Answer";
  at("cells").replaceChildren(...model.columns.flatMap((name, number) => [
    element("label", { htmlFor: `cell-${number}`, textContent: name }),
    element("input", { id: `cell-${number}`, type: "text", name }),
  ]));
  at("options").replaceChildren(...model.options.flatMap(control));
  show("more", model.options.length > 0);
  at("answers").replaceChildren(element("p", { id: "empty", textContent: "Answers appear here." }));
  at("state").textContent = "";
  clear();
}

// A label and a field for an option; where it is left empty the model's own default holds.
function control(option) {
  const id = `option-${option.name}`;
  const label = element("label", { htmlFor: id, textContent: option.name.replaceAll("_", " "), title: option.help });
  const words = option.kind.split("|");
  let field;
  if (option.kind.includes("bool") || option.kind === "true|false") {
    field = element("input", { id, type: "checkbox", checked: option.default === true || (option.name === "explain" && asked.has("explain")) });
  } else if (words.length > 1 && !words.includes("int") && !words.includes("float")) {
    field = element("select", { id }, ...words.map((word) => element("option", { value: word, textContent: word, selected: word === option.default })));
  } else {
    field = element("input", { id, type: "text", placeholder: option.default === null ? "" : String(option.default) });
  }
  field.dataset.option = option.name;
  return [label, field];
}

function options() {
  const given = {};
  for (const field of at("options").querySelectorAll("[data-option]")) {
    const option = model.options.find((one) => one.name === field.dataset.option);
    const value = field.type === "checkbox" ? field.checked : field.value.trim();
    if (value !== "" && value !== option.default) given[option.name] = value;
  }
  return given;
}

// Drawing: thick round strokes, as a pen on paper makes them.
const canvas = at("canvas"), pen = canvas.getContext("2d", { willReadFrequently: true });
function clear() {
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, canvas.width, canvas.height);
  drawn = false;
}
function place(event) {
  const box = canvas.getBoundingClientRect();
  return [(event.clientX - box.left) * canvas.width / box.width, (event.clientY - box.top) * canvas.height / box.height];
}
canvas.addEventListener("pointerdown", (event) => {
  canvas.setPointerCapture(event.pointerId);
  pen.lineWidth = 20; pen.lineCap = pen.lineJoin = "round"; pen.strokeStyle = "#111";
  pen.beginPath();
  pen.moveTo(...place(event));
  pen.lineTo(...place(event));
  pen.stroke();
  drawn = true;
  files = [];
});
canvas.addEventListener("pointermove", (event) => {
  if (!event.buttons) return;
  pen.lineTo(...place(event));
  pen.stroke();
});
canvas.addEventListener("pointerup", () => { if (drawn) ask(); });
at("clear").addEventListener("click", clear);

// Files, dropped or chosen.
const drop = at("drop");
drop.addEventListener("click", () => at("file").click());
drop.addEventListener("keydown", (event) => { if (event.key === "Enter" || event.key === " ") at("file").click(); });
for (const name of ["dragenter", "dragover"]) {
  document.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
}
for (const name of ["dragleave", "drop"]) {
  document.addEventListener(name, (event) => { event.preventDefault(); drop.classList.remove("over"); });
}
document.addEventListener("drop", (event) => take(event.dataTransfer.files));
at("file").addEventListener("change", (event) => { take(event.target.files); event.target.value = ""; });
function take(given) {
  if (!given.length) return;
  files = [...given].map((file) => ({ name: file.name, content: file }));
  ask();
}

// Sound: recorded in whatever form the browser has, and sent as WAV.
let recorder = null;
at("record").addEventListener("click", async () => {
  if (recorder) { recorder.stop(); return; }
  const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
  const pieces = [];
  recorder = new MediaRecorder(stream);
  recorder.ondataavailable = (event) => pieces.push(event.data);
  recorder.onstop = async () => {
    stream.getTracks().forEach((track) => track.stop());
    recorder = null;
    at("record").textContent = "Record";
    const context = new AudioContext();
    const sound = await context.decodeAudioData(await new Blob(pieces).arrayBuffer());
    files = [{ name: "recording.wav", content: wav(sound.getChannelData(0), sound.sampleRate) }];
    ask();
  };
  recorder.start();
  at("record").textContent = "Stop";
});
function wav(samples, rate) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samples.length));
  const write = (offset, text) => [...text].forEach((letter, i) => view.setUint8(offset + i, letter.charCodeAt(0)));
  write(0, "RIFF"); view.setUint32(4, 36 + 2 * samples.length, true); write(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, rate, true); view.setUint32(28, 2 * rate, true);
  view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  write(36, "data"); view.setUint32(40, 2 * samples.length, true);
  samples.forEach((value, i) => view.setInt16(44 + 2 * i, Math.max(-1, Math.min(1, value)) * 32767, true));
  return new Blob([view], { type: "audio/wav" });
}

// Asking.
async function inputs() {
  if (files.length) return files;
  if (model.takes === "image" && drawn) {
    const content = await new Promise((done) => canvas.toBlob(done, "image/png"));
    return [{ name: "drawing", content }];
  }
  return [];
}

async function ask() {
  const form = new FormData(), given = await inputs();
  let body = form, kind = {};
  given.forEach((one) => form.append("file", one.content, one.name));
  const cells = Object.fromEntries([...at("cells").querySelectorAll("input")].map((field) => [field.name, field.value]));
  if (model.takes === "text") {
    body = JSON.stringify({ inputs: [at("text").value] });
  } else if (model.takes === "table" && !given.length) {
    body = JSON.stringify({ inputs: [cells] });
  } else if (!given.length) {
    body = JSON.stringify({ inputs: [] });
  }
  if (typeof body === "string") kind = { "content-type": "application/json" };
  const query = new URLSearchParams({ ...options(), shown: "true", model: model.name });
  at("ask").disabled = true;
  at("state").textContent = "…";
  const began = performance.now();
  try {
    const response = await fetch(`predict?${query}`, { method: "POST", headers: { ...headers, ...kind }, body });
    const found = await response.json();
    if (!response.ok) throw new Error(found.error);
    at("state").textContent = `${Math.round(performance.now() - began)} ms`;
    render(found.answers, given);
  } catch (error) {
    at("state").textContent = "";
    at("answers").replaceChildren(element("div", { className: "answer" }, element("p", { className: "wrong", textContent: error.message })));
  }
  at("ask").disabled = false;
}

function render(answers, given) {
  const named = answers.length === given.length ? given : [];
  at("answers").replaceChildren(...answers.map((answer, number) => {
    const card = element("div", { className: "answer" });
    if (named[number]) {
      card.append(element("h2", { textContent: named[number].name }));
      if (model.takes === "image") {
        const source = URL.createObjectURL(named[number].content);
        const image = element("img", { className: "asked", src: source, alt: "what was asked" });
        image.onload = () => URL.revokeObjectURL(source);
        card.append(image);
      }
    }
    // The server escapes all that came from outside; see Answer.page.
    const shown = element("div", { className: answer.content ? "made" : "" });
    if (answer.error) shown.append(element("p", { className: "wrong", textContent: answer.error }));
    else shown.innerHTML = answer.shown;
    card.append(shown);
    return card;
  }));
}

at("ask").addEventListener("click", ask);
at("text").addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) ask(); });
at("model").addEventListener("change", () => choose(models.find((one) => one.name === at("model").value)));
start();
