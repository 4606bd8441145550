// The forest of differences, recall by label, and the confusion matrix.
draw.versus = ({ data, shown }) => {
  const points = data.points.filter(shown);
  const [low, high] = padded([0, data.margin == null ? 0 : -data.margin, ...points.flatMap((d) => [d.low, d.high, d.difference])], 0.08);
  return {
    options: {
      height: 70 + 40 * points.length,
      marginLeft: 30, marginRight: 20, marginBottom: 44, marginTop: 20,
      x: { domain: [low, high], label: `accuracy minus the ${data.reference}'s, in points →`, tickFormat: units.points, grid: true, ticks: 6 },
      y: { type: "band", domain: points.map((d) => d.entry), axis: null },
      marks: [
        data.margin == null ? null : Plot.rectX([{}], { x1: -data.margin, x2: high, fill: "var(--accent)", fillOpacity: 0.09 }),
        data.margin == null ? null : Plot.ruleX([-data.margin], { stroke: "var(--accent)", strokeDasharray: "4 4" }),
        data.margin == null ? null : Plot.text([{}], { x: -data.margin, frameAnchor: "top", dy: -12, text: () => "margin", fill: "var(--accent)" }),
        Plot.ruleX([0], { stroke: "currentColor" }),
        Plot.ruleY(points, { x1: "low", x2: "high", y: "entry", stroke: colour, strokeWidth: 2.5 }),
        ...numbered(points, "difference", "entry", 9, { hollow: (d) => !d.fine }),
        tips(points, "difference", "entry"),
      ],
    },
  };
};

draw.recall = ({ data, shown, width }) => {
  const points = data.points.filter(shown);
  const longest = d3.max(data.labels, (label) => label.length);
  const room = Math.min(Math.floor(width * 0.36), 16 + 7 * longest);
  const [low, high] = padded([0, ...points.map((d) => d.difference)], 0.1);
  const entries = d3.groups(points, (d) => d.entry); // each in its own lane, so that none hides another
  const lane = 8;
  const dy = (i) => lane * (i - (entries.length - 1) / 2);
  return {
    options: {
      height: 60 + (20 + lane * entries.length) * data.labels.length,
      marginLeft: room, marginRight: 20, marginBottom: 44,
      x: { domain: [low, high], label: `recall minus the ${data.reference}'s, in points →`, tickFormat: units.points, grid: true, ticks: 5 },
      y: { type: "band", domain: data.labels, label: null, tickSize: 0, tickFormat: (d) => clip(d, Math.floor(room / 7) - 1) },
      marks: [
        Plot.ruleY(data.labels, { stroke: "currentColor", strokeOpacity: 0.1 }),
        Plot.ruleX([0], { stroke: "currentColor" }),
        ...entries.flatMap(([, own], i) => numbered(own, "difference", "label", 6.5, { dy: dy(i) })),
        tips(points, "difference", "label"),
      ],
    },
  };
};

draw.confusion = ({ data, choice, width }) => {
  const { matrix, pairs } = data.models[choice.model];
  return matrix && choice.view !== "pairs" ? square(matrix, width) : confused(pairs, width);
};

function square({ labels, columns, cells }, width) {
  const letters = Math.min(16, d3.max(labels, (label) => label.length));
  const left = Math.min(width * 0.34, 24 + 7 * letters);
  const cell = Math.min(104, (width - left - 8) / columns.length);
  const shown = Math.floor(left / 7) - 2;
  const steep = columns.some((c) => clip(c, 12).length * 7 > cell);
  return {
    options: {
      width: left + cell * columns.length + 8,
      height: 24 + (steep ? 92 : 40) + Math.min(cell, 48) * labels.length,
      marginLeft: left, marginTop: steep ? 104 : 44, marginBottom: 8, marginRight: 8,
      x: { type: "band", domain: columns, axis: "top", label: "answered →", labelAnchor: "left", tickRotate: steep ? -55 : 0, tickFormat: (d) => clip(d, 12), tickSize: 0, padding: 0.04 },
      y: { type: "band", domain: labels, label: null, tickFormat: (d) => clip(d, shown), tickSize: 0, padding: 0.04 },
      marks: [
        Plot.cell(cells, { x: "answer", y: "gold", fill: "var(--accent)", fillOpacity: (d) => 0.05 + 0.9 * d.share, rx: 2 }),
        Plot.cell(cells.filter((d) => d.gold === d.answer), { x: "answer", y: "gold", stroke: "currentColor", strokeOpacity: 0.35, fill: "none", rx: 2 }),
        cell < 24 ? null : Plot.text(cells.filter((d) => d.count), {
          x: "answer", y: "gold", text: (d) => units.count(d.count), fontSize: cell < 34 ? 9.5 : 12,
          fill: (d) => (d.share > 0.5 ? "var(--on-accent)" : "currentColor"),
        }),
        tips(cells, "answer", "gold"),
      ],
      opacity: { type: "identity" },
    },
  };
}

function confused(pairs, width) {
  if (!pairs.length) return { missing: "No mistakes." };
  const inside = width < 560; // no room for names beside the bars: they go above them
  const left = inside ? 8 : Math.min(width * 0.45, 24 + 7 * d3.max(pairs, (d) => d.pair.length));
  const short = (d) => clip(d, Math.floor((inside ? width : left) / 7.2) - 2);
  return {
    options: {
      height: 58 + (inside ? 38 : 24) * pairs.length,
      marginLeft: left, marginRight: 40, marginTop: 44,
      x: { axis: "top", label: "texts →", labelOffset: 34, grid: true, tickFormat: units.count, ticks: 4 },
      y: { type: "band", domain: pairs.map((d) => d.pair), label: null, tickSize: 0, tickFormat: short, axis: inside ? null : "left", padding: inside ? 0.5 : 0.2 },
      marks: [
        Plot.barX(pairs, { x: "count", y: "pair", fill: "var(--accent)", rx: 2 }),
        Plot.text(pairs, { x: "count", y: "pair", text: (d) => units.count(d.count), dx: 6, textAnchor: "start" }),
        inside ? Plot.text(pairs, { x: 0, y: "pair", text: (d) => short(d.pair), dy: -16, textAnchor: "start" }) : null,
        tips(pairs, "count", "pair"),
      ],
    },
  };
}
