// The theme, the sortable leaderboard, the filter of disagreements, and the copy buttons.
const root = document.documentElement;
document.getElementById("theme").addEventListener("click", () => {
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
});

const leaderboard = document.getElementById("leaderboard");
document.getElementById("views")?.addEventListener("change", (event) => {
  leaderboard.dataset.view = event.target.value;
});

// A first click puts the best on top, a second one turns the order; unknown stays below.
leaderboard?.querySelectorAll("thead button").forEach((button) =>
  button.addEventListener("click", () => {
    const heading = button.closest("th");
    const rank = button.dataset.sort === "rank";
    const natural = rank || button.dataset.better === "low" ? "ascending" : "descending";
    const other = natural === "ascending" ? "descending" : "ascending";
    const order = heading.ariaSort === natural ? other : natural;
    for (const th of leaderboard.tHead.rows[0].cells) th.ariaSort = th === heading ? order : "none";
    const value = (row) => (rank ? row.dataset.rank : row.cells[button.dataset.sort].dataset.value);
    const key = (row) => (value(row) === "" ? NaN : Number(value(row)));
    const compare = order === "ascending" ? d3.ascending : d3.descending;
    const rows = d3.sort(leaderboard.tBodies[0].rows, (a, b) => compare(key(a), key(b)));
    leaderboard.tBodies[0].append(...rows);
  }),
);

const cases = [...document.querySelectorAll(".cases > li")];
const [find, wrong] = ["find", "wrong"].map((id) => document.getElementById(id));
function filter() {
  const words = find.value.trim().toLowerCase();
  document.getElementById("more")?.click(); // a filter searches all of them
  for (const item of cases)
    item.hidden = !item.textContent.toLowerCase().includes(words) || !(wrong.value === "" || item.dataset.wrong.includes(` ${wrong.value} `));
  document.getElementById("found").textContent = `${cases.filter((item) => !item.hidden).length} of ${cases.length} texts`;
}
document.getElementById("more")?.addEventListener("click", (event) => {
  document.querySelector(".cases").classList.remove("short");
  event.target.remove();
});
find?.addEventListener("input", filter);
wrong?.addEventListener("change", filter);

for (const button of document.querySelectorAll(".copy"))
  button.addEventListener("click", async () => {
    const done = await copied(button.dataset.copy);
    button.textContent = done ? "Copied" : "Press Ctrl+C";
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });

async function copied(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = document.createElement("textarea"); // where the clipboard is not offered to files
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
