// Latency: a stroke for each sampled answer, the percentiles on top.
const name = (points, which, textAnchor, dx) =>
  Plot.text(points, { x: "seconds", y: "entry", text: "words", filter: (d) => d.name === which, textAnchor, dx, dy: 21, fontSize: 10 });

draw.latency = ({ data, width }) => {
  const { rows, samples, points } = data; // every row is named, so none is switched off
  const every = [...samples, ...points].map((d) => d.seconds);
  const domain = [d3.min(every) / 1.3, d3.max(every) * 1.3];
  return {
    missing: data.missing,
    options: {
      height: 66 + 68 * rows.length,
      marginLeft: 12, marginRight: 24, marginBottom: 44, insetBottom: 14,
      x: { type: "log", domain, label: "seconds for one answer (log) →", tickFormat: units.seconds, ticks: rounds(domain, width), grid: true },
      y: { type: "band", domain: rows.map((d) => d.entry), axis: null, paddingInner: 0.6, paddingOuter: 0.4, align: 0.7 },
      marks: [
        Plot.tickX(samples, { x: "seconds", y: "entry", stroke: colour, strokeOpacity: 0.3 }),
        Plot.text(rows, { frameAnchor: "left", y: "entry", text: (d) => clip(d.label, Math.floor(width / 7) - 4), dy: -24, textAnchor: "start", fontWeight: 600 }),
        Plot.dot(points, { x: "seconds", y: "entry", r: 4.5, fill: colour, stroke: "var(--paper)", strokeWidth: 1.5 }),
        name(points, "p50", "end", 6),
        name(points, "p99", "start", -6),
        tips(points, "seconds", "entry"),
      ],
    },
  };
};
