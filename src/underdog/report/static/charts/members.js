// What each further member brings an ensemble.
draw.growth = ({ data, shown, width }) => {
  const points = data.points.filter(shown);
  const most = d3.max(points, (d) => d.members);
  const [low, high] = d3.extent(points, (d) => d.accuracy); // no picture of less than a point: that is rounding
  return {
    options: {
      height: Math.min(360, Math.max(260, width * 0.35)),
      marginLeft: 56, marginRight: 30, marginBottom: 44,
      x: { domain: [0.7, most + 0.3], label: "members →", ticks: d3.range(1, most + 1, Math.ceil(most / 12)), tickFormat: units.count },
      y: accuracyAxis("Accuracy", [low - 0.005, high + 0.005]),
      marks: [
        Plot.line(points, { x: "members", y: "accuracy", z: "entry", stroke: colour, strokeWidth: 2 }),
        Plot.dot(points, { x: "members", y: "accuracy", r: 3.5, fill: colour }),
        ...numbered(ends(points, "members"), "members", "accuracy", 8),
        tips(points, "members", "accuracy"),
      ],
    },
  };
};
