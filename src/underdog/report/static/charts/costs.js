// Quality against cost, the deferral curves, and the learning curve.
const accuracyAxis = (label, values) => ({ label: `↑ ${label}`, domain: shares(values), tickFormat: units.percent, grid: true, ticks: 6, nice: false });

draw.tradeoff = ({ data, choice, shown, width }) => {
  const [x, y] = [choice.x, choice.y];
  const points = data.points.filter((d) => shown(d) && d[x] != null && d[y] != null);
  const costs = points.map((d) => d[x]).filter((c) => c > 0);
  const least = costs.length ? d3.min(costs) : 1;
  const floor = least / 10; // what costs nothing has no place on a log axis: one decade to the left
  const at = (d) => (d[x] > 0 ? d[x] : floor);
  const free = points.some((d) => !(d[x] > 0));
  const front = data.frontiers[`${x}/${y}`].map((n) => points.find((d) => d.entry === n)).filter(Boolean);
  const most = costs.length ? d3.max(costs) : 1;
  const room = most / least < 4 ? 3.2 : 1.8; // a decade at least
  const domain = [(free ? floor : least) / room, most * room];
  return {
    missing: [data.missing[x], free ? "What costs nothing stands at the left edge." : ""].filter(Boolean).join(" "),
    options: {
      height: Math.min(460, Math.max(320, width * 0.5)),
      marginLeft: 56, marginRight: 24, marginBottom: 44,
      x: { type: "log", domain, label: `${data.axes[x].title} (log) →`, tickFormat: units[x], ticks: rounds(domain, width), grid: true },
      y: accuracyAxis(data.metrics[y], points.flatMap((d) => [d[y], d[`${y}_low`], d[`${y}_high`]])),
      marks: [
        Plot.line(front, { x: at, y, curve: "step-after", stroke: "currentColor", strokeOpacity: 0.5, strokeDasharray: "4 4" }),
        Plot.ruleX(points, { x: at, y1: `${y}_low`, y2: `${y}_high`, stroke: colour, strokeWidth: 2, strokeOpacity: 0.55 }),
        ...numbered(points, at, y),
        tips(points, at, y),
      ],
    },
  };
};

draw.deferral = ({ data, shown, width }) => {
  const points = data.points.filter((d) => shown(d) && d.dollars != null && d.accuracy != null);
  const log = points.every((d) => d.dollars > 0);
  const lines = d3.sort(points, (d) => d.dollars);
  const [low, high] = d3.extent(points, (d) => d.dollars);
  const domain = log ? [low / 1.3, high * 1.3] : padded([low, high]);
  return {
    options: {
      height: Math.min(420, Math.max(300, width * 0.45)),
      marginLeft: 56, marginRight: 30, marginBottom: 44,
      x: { type: log ? "log" : "linear", domain, label: "dollars per 1,000 answers →", tickFormat: units.dollars, ticks: log ? rounds(domain, width) : 5, grid: true },
      y: accuracyAxis("Accuracy", points.map((d) => d.accuracy)),
      marks: [
        Plot.line(lines, { x: "dollars", y: "accuracy", z: "entry", stroke: colour, strokeWidth: 1.5 }),
        Plot.dot(points, { x: "dollars", y: "accuracy", r: 5, stroke: colour, strokeWidth: 2, fill: (d) => (d.certified ? colour(d) : "var(--paper)") }),
        ...numbered(ends(points, "dollars"), "dollars", "accuracy", 8, { hollow: (d) => !d.certified }),
        tips(points, "dollars", "accuracy"),
      ],
    },
  };
};

draw.curve = ({ data, shown, width }) => {
  const points = data.points.filter(shown);
  const lines = d3.sort(points, (d) => d.examples);
  const banded = lines.filter((d) => d.low != null && d.high != null);
  const f = data.forecast;
  const furthest = d3.max([...points.map((d) => d.examples), f?.needed, f?.high]);
  const least = d3.min(points, (d) => d.examples);
  const own = f && points.filter((d) => d.entry === f.entry);
  const last = own?.length ? d3.greatest(own, (d) => d.examples) : null;
  const goal = last && f.needed > last.examples ? [{ ...f, examples: f.needed, accuracy: f.target }] : [];
  const domain = [least / 1.15, furthest * 1.2];
  const range = goal.length && f.low != null ? [{ ...f, high: f.high ?? domain[1] }] : [];
  const ticks = [...new Set([...points, ...goal].map((d) => d.examples))].sort(d3.ascending).filter((n, i, all) => !i || n / all[i - 1] > 1.2);
  return {
    options: {
      height: Math.min(420, Math.max(300, width * 0.45)),
      marginLeft: 56, marginRight: 30, marginBottom: 44,
      x: { type: "log", base: 2, domain, label: "labels (log) →", ticks: ticks.slice(-9), tickFormat: units.count },
      y: accuracyAxis("Accuracy", [...points.flatMap((d) => [d.low, d.high, d.accuracy]), f?.target]),
      marks: [
        f ? Plot.ruleY([f.target], { stroke: "currentColor", strokeDasharray: "4 4", strokeOpacity: 0.6 }) : null,
        f ? Plot.text([f], { frameAnchor: "left", y: "target", text: "words", dy: -8, dx: 6, textAnchor: "start", fill: "currentColor" }) : null,
        Plot.areaY(banded, { x: "examples", y1: "low", y2: "high", z: "entry", fill: colour, fillOpacity: 0.12 }),
        Plot.line(lines, { x: "examples", y: "accuracy", z: "entry", stroke: colour, strokeWidth: 2 }),
        goal.length ? Plot.link(goal, { x1: last.examples, y1: last.accuracy, x2: "examples", y2: "accuracy", stroke: colour, strokeDasharray: "2 4", strokeWidth: 2 }) : null,
        Plot.ruleY(range, { x1: "low", x2: "high", y: "target", stroke: colour, strokeWidth: 6, strokeOpacity: 0.3 }),
        ...numbered(points, "examples", "accuracy", 8),
        ...numbered(goal, "examples", "accuracy", 8, { hollow: () => true }),
        tips([...points, ...goal], "examples", "accuracy"),
      ],
    },
  };
};
