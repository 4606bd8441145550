"use strict";
// Texts of strangers pass through this page: everything is written with textContent, never as HTML.

const EVERY = 5000;
const $ = (selector, within = document) => within.querySelector(selector);
const number = new Intl.NumberFormat("en");
const percent = (x) => (x === null ? "–" : (100 * x).toFixed(1) + " %");
const dollars = (x) => "$" + (x === 0 ? "0" : x < 0.01 ? x.toPrecision(2) : x.toFixed(2));
const time = (s) => (s < 1 ? (1000 * s).toFixed(s < 0.01 ? 2 : 0) + " ms" : s.toFixed(1) + " s");

const given = new URLSearchParams(location.hash.slice(1)).get("token");
if (given) {
  sessionStorage.setItem("token", given);
  history.replaceState(null, "", location.pathname);
}

async function call(path, body) {
  const headers = { "x-underdog-token": sessionStorage.getItem("token") || "" };
  if (body) headers["content-type"] = "application/json";
  const reply = await fetch(path, {
    method: body ? "POST" : "GET", headers, body: body && JSON.stringify(body), cache: "no-store",
  });
  const found = await reply.json();
  if (!reply.ok) throw new Error(found.error ? found.error.message : reply.status);
  return found;
}

function pairs(list, values) {
  list.replaceChildren(...values.map(([name, value, kind]) => {
    const box = document.createElement("div");
    const dt = document.createElement("dt");
    const dd = document.createElement("dd");
    dt.textContent = name;
    dd.textContent = value;
    if (kind) dd.className = kind;
    box.append(dt, dd);
    return box;
  }));
}

function rows(body, lines) {
  body.replaceChildren(...lines.map((cells) => {
    const tr = document.createElement("tr");
    for (const cell of cells) tr.insertCell().append(cell ?? "");
    return tr;
  }));
}

const NAMES = {
  upstream: "upstream", local: "small models", partly: "partly small models", cache: "repeats",
  model: "saved models, since the start",
  failed: "nothing: upstream failed", broken: "upstream, broken off",
};

function cardOf(name) {
  const link = document.createElement("a");
  link.href = "/underdog/card?model=" + encodeURIComponent(name);
  link.textContent = name;
  link.title = "Model card";
  return link;
}

function overview(found) {
  $("#mode").textContent = `Mode: ${found.mode}. Up for ${(found.up / 3600).toFixed(1)} hours.`;
  pairs($("#figures"), [
    ["Requests", number.format(found.requests)],
    ["Answered locally", percent(found.local), "good"],
    ["Paid to the upstream", dollars(found.paid)],
    ["Saved", dollars(found.saved), "good"],
    ["Time spent training", time(found.training_seconds)],
    ["Requests of unknown price", number.format(found.unpriced)],
    ...(found.near ? [["Near repeats compared, of which differed", `${found.near.compared}, ${found.near.wrong}`]] : []),
  ]);
  rows($("#by tbody"), found.by.map((row) => [
    NAMES[row.by] || row.by, number.format(row.requests), time(row.p50), time(row.p99),
    dollars(row.paid), dollars(row.saved),
  ]));
  const models = JSON.stringify(found.models);
  if ($("#models").dataset.shown !== models) { // else a link would lose the focus every time
    $("#models").dataset.shown = models;
    $("#models").hidden = !found.models.length;
    rows($("#models tbody"), found.models.map((one) => [
      cardOf(one.name), number.format(one.labels), one.problem || "–",
    ]));
  }
  $("#unlock").hidden = found.trusted;
}

const STATES = {
  learning: "Learning: every request goes to the upstream.",
  shadow: "Shadow: the small model is compared, and answers nothing.",
  canary: "Canary: the small model answers a tenth of what it may answer.",
  serving: "Serving: the small model answers what the guarantee allows.",
};
const POLICIES = { off: " Left alone by your decision.", pinned: " Always asked upstream by your decision." };

function task(found, open) {
  const card = $("#task").content.cloneNode(true).firstElementChild;
  card.dataset.id = found.id;
  $("h3", card).textContent = found.name;
  $(".state", card).textContent =
    (STATES[found.state] || found.state) + (POLICIES[found.policy] || "");
  // only local answers are audited: less agreement than is guaranteed of all is no fault
  const kept = found.agreement !== null && found.agreement >= 1 - found.risk ? "good" : "";
  pairs($("dl", card), [
    ["Replies heard", number.format(found.heard)],
    ["Answered locally", number.format(found.local)],
    ["Audited", number.format(found.audited)],
    ["Agreement on the audit", percent(found.agreement), kept],
    ["Lower bound of it", percent(found.agreement_bound)],
    ["Differ at most, of those allowed", `${number.format(found.differ_at_most)} of ${number.format(found.differ_allowed)}`,
      found.differ_at_most > found.differ_allowed ? "bad" : ""],
    ["Guaranteed at most", percent(found.risk)],
    ["Saved", dollars(found.saved)],
  ]);
  if (found.repeated) {
    const list = document.createElement("dl");
    const again = `${found.same} of ${found.repeated} texts asked again`;
    pairs(list, [["Upstream agrees with itself", again]]);
    $("dl", card).append(...list.children);
  }
  if (found.gold.judged) {
    const gold = found.gold;
    const lines = [
      ["Small model right", `${gold.small_right} of ${gold.small_known} judged`],
      ["Upstream right", `${gold.large_right} of ${gold.large_known} judged`],
    ];
    if (gold.both) {
      const shown = gold.p <= 0.05 ? "yes" : "not yet";
      lines.push([`Shown to be at most ${percent(gold.margin)} worse`, `${shown} (p = ${gold.p.toFixed(3)})`]);
    }
    const list = document.createElement("dl");
    pairs(list, lines);
    $("dl", card).append(...list.children);
  }
  const alarm = found.alarms.at(-1);
  const wrong = found.problem || (alarm && `After ${number.format(alarm.after)} texts: ${alarm.what}.`);
  if (wrong) {
    $(".problem", card).hidden = false;
    $(".problem", card).textContent = wrong;
  }
  shown(card, ".certificate", found.certificate);
  shown(card, ".what", found.about.instructions);
  if (found.latest.length) {
    $(".latest", card).hidden = false;
    rows($(".latest tbody", card), found.latest.map((row) => [row.text, row.local, row.upstream, ""]));
    $(".latest tbody", card).querySelectorAll("tr").forEach((tr, i) => {
      const why = document.createElement("button");
      why.textContent = "Why";
      why.addEventListener("click", () => explain(card, found.id, found.latest[i].text));
      tr.lastElementChild.append(why);
    });
  }
  if (Array.isArray(found.labels)) actions(card, found);
  for (const name of open) if ($(name, card)) $(name, card).open = true;
  return card;
}

function shown(card, selector, text) {
  if (!text) return;
  $(selector, card).hidden = false;
  $("pre", $(selector, card)).textContent = text;
}

function actions(card, found) {
  $(".actions", card).hidden = false;
  for (const button of card.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.dataset.state === found.policy));
    button.addEventListener("click", () => change({ task: found.id, state: button.dataset.state }));
  }
  const name = $(".name", card);
  name.value = found.name;
  name.addEventListener("change", () => change({ task: found.id, name: name.value }));
  trial(card, found.id);
}

const TRIED = {};

function trial(card, id) {
  const input = $(".try input", card);
  $(".try", card).hidden = false;
  if (TRIED[id]) said(card, TRIED[id]);
  input.addEventListener("change", () => explain(card, id, input.value));
}

async function explain(card, id, text) {
  $(".try", card).open = true;
  said(card, { text, sentence: "…" });
  try {
    const found = await call("/underdog/explain", { task: id, text });
    const who = found.local ? "Answered locally" : "Passed on";
    TRIED[id] = { ...found, text, sentence: `${who}: ${found.because}.` };
  } catch (error) {
    TRIED[id] = { text, sentence: error.message };
  }
  said($(`article[data-id="${id}"]`) || card, TRIED[id]);
}

function said(card, found) {
  $(".try input", card).value = found.text;
  $(".said", card).textContent = found.sentence;
  const words = (found.words || []).map(([piece, shade, adds]) => {
    const part = document.createElement(shade ? "mark" : "span");
    part.textContent = piece;
    if (shade) Object.assign(part, { className: shade, title: adds });
    return part;
  });
  $(".words", card).replaceChildren(...words);
  $(".words", card).hidden = !words.length;
  const measured = found.measured ? `Measured: ${found.measured}.` : "";
  $(".measured", card).textContent = [found.method, measured].filter(Boolean).join(". ");
}

async function change(what) {
  try {
    await call("/underdog/tasks", what);
    await refresh();
  } catch (error) {
    $("#mode").textContent = `Not changed: ${error.message}`;
  }
}

const typing = () => document.activeElement && document.activeElement.matches("article input");

async function refresh() {
  if (typing()) return;
  try {
    overview(await call("/underdog/overview"));
    const found = (await call("/underdog/tasks")).tasks;
    if (typing()) return; // begun meanwhile: new cards would take away what was typed
    $("#none").hidden = found.length > 0;
    const open = {};
    for (const card of document.querySelectorAll("article")) {
      open[card.dataset.id] = [...card.querySelectorAll("details[open]")].map((d) => "." + d.className);
    }
    $("#tasks").replaceChildren(...found.map((one) => task(one, open[one.id] || [])));
  } catch (error) {
    $("#mode").textContent = `The gateway does not answer: ${error.message}`;
  }
}

$("#unlock").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem("token", $("#token").value.trim());
  refresh();
});
refresh();
setInterval(refresh, EVERY);
