// Numbers on axes, in the units that src/underdog/report/say.py prints beside them.
const units = {
  percent: (x) => `${+(100 * x).toFixed(1)}\u00a0%`,
  points: (x) => `${x > 0 ? "+" : ""}${+(100 * x).toFixed(2)}`.replace("-", "\u2212"),
  count: d3.format(",~f"),
  dollars: (x) => `$${d3.format(",.9~f")(x)}`,
  seconds: (x) => scaled(x, "s"),
  joules: (x) => scaled(x, "J"),
};

function scaled(x, unit) {
  const said = d3.format("~s")(x);
  const prefix = said.match(/[^\d.]$/)?.[0] ?? "";
  return `${said.slice(0, said.length - prefix.length)}\u00a0${prefix}${unit}`;
}

const clip = (text, length) => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
