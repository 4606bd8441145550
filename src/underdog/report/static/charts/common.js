// What the plots share: colours, numbered points, and the words beside the pointer.
const data = JSON.parse(document.getElementById("data").textContent);
const colour = (d) => `var(--c${data.colours[d.entry] ?? 0})`;
const draw = {}; // chart key -> ({data, choice, shown, width}) => Plot options, or null

// Models differ by their number as well as by their colour.
function numbered(points, x, y, radius = 9, { hollow = () => false, dy = 0 } = {}) {
  const fill = (d) => (hollow(d) ? "var(--paper)" : colour(d));
  return [
    Plot.dot(points, { x, y, dy, r: radius, fill, stroke: (d) => (hollow(d) ? colour(d) : "var(--paper)"), strokeWidth: 1.5 }),
    Plot.text(points, {
      x, y, dy, text: (d) => String(d.entry), fontSize: radius + 2, fontWeight: 600,
      fill: (d) => (hollow(d) ? colour(d) : "var(--paper)"),
    }),
  ];
}

function tips(points, x, y) {
  return Plot.tip(points, Plot.pointer({ x, y, title: "tip", lineWidth: 28, lineHeight: 1.35, textPadding: 9, pathFilter: "none", maxRadius: 60 }));
}

// Round numbers for a log axis, dense enough for its width.
function rounds([low, high], width) {
  const decades = d3.range(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)) + 1);
  const steps = decades.length < 3 ? [1, 2, 5] : [1];
  const every = decades.flatMap((e) => steps.map((s) => Number(`${s}e${e}`))).filter((v) => v >= low && v <= high);
  const stride = Math.ceil(every.length / Math.max(2, Math.floor(width / 100)));
  return every.filter((_, i) => i % stride === 0);
}

// The last point of each model's line carries its number.
const ends = (points, x) => d3.groups(points, (d) => d.entry).map(([, own]) => d3.greatest(own, (d) => d[x]));

function padded(values, pad = 0.06) {
  const [low, high] = d3.extent(values.filter((v) => v != null));
  const room = (high - low || Math.abs(high) * 0.1 || 0.1) * pad;
  return [low - room, high + room];
}

// The part of a scale of shares that holds the data; it never shows shares below 0 or above 1.
function shares(values) {
  const [low, high] = padded(values);
  return [Math.max(0, low), Math.min(1.005, high)];
}
