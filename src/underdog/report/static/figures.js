// Every figure: drawn to its width, redrawn when a control, a legend or the width changes.
const hidden = new Set(data.hidden); // numbers of the models that the reader switched off
const shown = (d) => !hidden.has(d.entry);
const figures = [...document.querySelectorAll("figure[data-chart]")];

function choice(figure) {
  const chosen = {};
  for (const field of figure.querySelectorAll("select, input[type=hidden], input:checked"))
    chosen[field.dataset.control ?? field.name] = field.value;
  return chosen;
}

function render(figure) {
  const place = figure.querySelector(".plot");
  const width = Math.floor(place.clientWidth);
  if (!width) return;
  const key = figure.dataset.chart;
  const numbers = data.charts[key];
  const none = figure.querySelector(".chip") && !numbers.points.some(shown);
  const made = none ? { missing: "All models are switched off." } : draw[key]({ data: numbers, choice: choice(figure), shown, width });
  const note = figure.querySelector(".missing");
  const off = [...figure.querySelectorAll('.chip[aria-pressed="false"] .name')].map((name) => name.textContent);
  note.textContent = [made.missing, off.length ? `Switched off (press a name to show it): ${off.join(", ")}.` : ""].filter(Boolean).join(" ");
  note.hidden = !note.textContent;
  if (!made.options) return place.replaceChildren();
  const svg = Plot.plot({ width, className: "drawn", style: { fontSize: "12px" }, ...made.options });
  label(svg, figure);
  place.replaceChildren(svg);
}

// A picture with a name and a description, whose points the arrow keys reach one by one.
function label(svg, figure) {
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", figure.querySelector("h3").textContent);
  svg.setAttribute("aria-description", figure.querySelector(".plot").dataset.alt);
  svg.setAttribute("tabindex", "0");
  svg.addEventListener("keydown", walk);
  svg.addEventListener("blur", () => svg.dispatchEvent(new PointerEvent("pointerleave", { pointerType: "mouse" })));
}

function walk(event) {
  const turn = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  const svg = event.currentTarget;
  const marks = svg.querySelectorAll("g[aria-label=dot] > *, g[aria-label=bar] > *, g[aria-label=cell]:not([fill=none]) > *");
  if (!turn || !marks.length) return;
  event.preventDefault();
  const centres = [...marks].map((mark) => mark.getBoundingClientRect()).map((b) => ({ x: b.x + b.width / 2, y: b.y + b.height / 2 }));
  const order = d3.sort(centres, (p) => p.x, (p) => p.y);
  svg.step = ((svg.step ?? (turn > 0 ? -1 : 0)) + turn + order.length) % order.length;
  const { x, y } = order[svg.step];
  svg.dispatchEvent(new PointerEvent("pointermove", { clientX: x, clientY: y, pointerType: "mouse", bubbles: true }));
  requestAnimationFrame(() => {
    document.getElementById("spoken").textContent = (svg.value?.tip ?? "").replaceAll("\n", ", ");
  });
}

const renderAll = () => figures.forEach(render);
for (const figure of figures) {
  figure.addEventListener("change", () => render(figure));
  let width = 0;
  new ResizeObserver(([entry]) => {
    const now = Math.floor(entry.contentRect.width);
    if (now !== width) requestAnimationFrame(() => render(figure));
    width = now;
  }).observe(figure.querySelector(".plot"));
}

for (const chip of document.querySelectorAll(".chip"))
  chip.addEventListener("click", () => {
    const number = Number(chip.dataset.entry);
    if (!hidden.delete(number)) hidden.add(number);
    for (const same of document.querySelectorAll(`.chip[data-entry="${number}"]`))
      same.setAttribute("aria-pressed", String(!hidden.has(number)));
    renderAll();
  });
