// Calibration, and accuracy on the texts a model is most confident about.
draw.reliability = ({ data, shown, width }) => {
  const points = data.points.filter(shown);
  const lines = d3.sort(points, (d) => d.confidence);
  const side = Math.min(width, 480);
  const low = Math.max(0, d3.min(points, (d) => Math.min(d.confidence, d.accuracy)) - 0.05) || 0;
  return {
    options: {
      width: side, height: side * 0.9,
      marginLeft: 56, marginRight: 24, marginBottom: 44,
      x: { domain: [low, 1], label: "confidence →", tickFormat: units.percent, ticks: 5, grid: true },
      y: { domain: [low, 1.005], label: "↑ share right", tickFormat: units.percent, ticks: 6, grid: true },
      r: { range: [2, 9] },
      marks: [
        Plot.link([{}], { x1: low, y1: low, x2: 1, y2: 1, stroke: "currentColor", strokeOpacity: 0.6, strokeDasharray: "4 4" }),
        Plot.line(lines, { x: "confidence", y: "accuracy", z: "entry", stroke: colour, strokeWidth: 2 }),
        Plot.dot(points, { x: "confidence", y: "accuracy", r: "count", fill: colour, stroke: "var(--paper)" }),
        ...numbered(ends(points, "confidence"), "confidence", "accuracy", 8),
        tips(points, "confidence", "accuracy"),
      ],
    },
  };
};

draw.coverage = ({ data, shown, width }) => {
  const points = data.points.filter(shown);
  const side = Math.min(width, 640);
  return {
    options: {
      width: side, height: Math.min(side, 480) * 0.9,
      marginLeft: 56, marginRight: 24, marginBottom: 44,
      x: { domain: [0, 1.02], label: "share of texts answered →", tickFormat: units.percent, ticks: 5, grid: true },
      y: { ...accuracyAxis("Accuracy on them", points.map((d) => d.accuracy)) },
      marks: [
        Plot.line(d3.sort(points, (d) => d.coverage), { x: "coverage", y: "accuracy", z: "entry", stroke: colour, strokeWidth: 2 }),
        Plot.dot(points, { x: "coverage", y: "accuracy", r: 2.5, fill: colour }),
        ...numbered(ends(points, "coverage"), "coverage", "accuracy", 8),
        tips(points, "coverage", "accuracy"),
      ],
    },
  };
};
