// The slider of the bill: every sum again for another number of texts a month.
const bill = JSON.parse(document.getElementById("data").textContent).bill;
const volume = document.getElementById("volume");
if (bill && volume) {
  const money = (x) =>
    (x < 0 ? "\u2212$" : "$") + Math.abs(x).toLocaleString("en", x && Math.abs(x) < 1000 ? { minimumFractionDigits: 2, maximumFractionDigits: 2 } : { maximumFractionDigits: 0 });
  const rows = [...document.querySelectorAll("#ways tbody tr")];
  const set = (row, cells) => cells.forEach((text, i) => (row.cells[i + 1].textContent = text));
  const { large, seconds, machine_hour: hour } = bill.job;
  volume.value = Math.log10(bill.job.volume);
  volume.addEventListener("input", () => {
    const texts = Math.round(Number((10 ** volume.value).toPrecision(3)));
    document.getElementById("volume-shown").textContent = texts.toLocaleString("en");
    set(rows[0], [money(texts * large)]);
    bill.ways.forEach((way, i) => {
      const needed = Math.max(1, Math.ceil((bill.peak * texts * seconds) / (bill.hours * 3600)));
      const more = way.machines ? (needed - way.machines) * bill.hours * hour : 0;
      const total = way.fixed + more + way.per_text * texts;
      set(rows[i + 1], [money(total), money(texts * large - total)]);
    });
  });
}
